"""Tables that name workers, and what commands mean for them.

Responsible for: from a decision on some workers to the text that the file should have, with those left out that it cannot be
made for.
Not responsible for: whom an entry is for when it runs (`app.workers`), writing the file (`app.desk`).
Read next: `app.desk_plans`.

Pure. However many workers: one edit, so that a file with ten thousand entries is read through once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headframe.app.desk_document import Edit
from headframe.app.desk_plans import in_text, of_environment, refused
from headframe.app.desk_values import Tree
from headframe.app.workers import name_of
from headframe.mining.identity import User, parse_user
from headframe.service.refusals import Conflict, NotFound, Refused
from headframe.service.steering import Worker


@dataclass(frozen=True, slots=True)
class Decision:
    """One of the tables: its name, the key that says what is decided, and words for refusals."""

    table: str
    key: str
    nobody: str
    by_name: str


PIN: Final = Decision("pin", "source", "a miner without a name cannot be pinned", 'every worker called "{}" is pinned')
DIFFICULTY: Final = Decision(
    "fixed_difficulty",
    "difficulty",
    "the difficulty of a miner without a name cannot be fixed",
    'the difficulty of every worker called "{}" is fixed',
)


def decided(
    text: str, tree: Tree, decision: Decision, workers: Sequence[Worker], value: Any
) -> tuple[str, Mapping[Worker, Refused]]:
    """The decision made for these workers, or (None) taken back; and why not, for whom it cannot be."""
    found = of_environment((decision.table,), tree)
    if found is not None:
        raise refused([found], tree)
    entries = tree.entries(decision.table)
    named = [parse_user(str(entry.get("worker", ""))) for entry in entries]
    index = {user: number for number, user in enumerate(named)}  # of two for one worker the later holds
    free: set[User] = set()
    why: dict[Worker, Refused] = {}
    for identity, worker in workers:
        own = index.get(User(identity, worker))
        trouble = _trouble(decision, identity, worker, index, value)
        if trouble is not None:
            why[identity, worker] = trouble
        elif value is None:
            free.add(User(identity, worker))
        elif own is not None:
            entries[own] = {**entries[own], decision.key: value}
        else:
            index[User(identity, worker)] = len(entries)
            entries.append({"worker": name_of(identity, worker), decision.key: value})
    if len(workers) == 1:
        for refusal in why.values():
            raise refusal
    # All entries of a worker go, lest an earlier one comes into force; those that were added last are of others.
    left = [entry for number, entry in enumerate(entries) if number >= len(named) or named[number] not in free]
    if left == tree.entries(decision.table):
        return text, why
    return in_text(text, [Edit((decision.table,), left)]), why


def _trouble(
    decision: Decision, identity: str, worker: str, index: Mapping[User, int], value: Any
) -> NotFound | Conflict | None:
    if not identity and not worker:
        return NotFound(decision.nobody, "give it a worker name in its own settings")
    if value is None and worker and User(worker, "") in index:
        return Conflict(
            decision.by_name.format(worker), "take that entry out of the settings, if it is meant for none of them"
        )
    return None
