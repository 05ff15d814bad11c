"""Miners that something is to be done to, one or many.

Responsible for: whom the keys of miners mean, who is left out and why, and what is said of it in the end.
Not responsible for: permission and audit (`service.commands`), doing it (`service.steering`, `service.floor`).
Read next: `service.commands`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from headframe.service.miner_views import WireLog
from headframe.service.refusals import Invalid, NotFound, ProblemView, Refused
from headframe.service.settings_views import ChangeResult, LeftOut, ManyResult
from headframe.service.steering import Worker
from headframe.service.veil_text import shown

MAX_AT_ONCE: Final = 200
"""Miners of one act: its entry in the audit must stay readable."""
NAMED: Final = 3


class Floor(Protocol):
    """What lives: sessions and miners. Answers at once; raises NotFound for what is not there."""

    def workers_of(self, keys: Sequence[str]) -> Mapping[str, Worker]:
        """By the keys of miners; those that nobody has are left out."""
        ...

    def disconnect(self, session_id: str) -> str:
        """Returns what it was, in words."""
        ...

    def disconnect_all(self, identity: str, worker: str) -> Sequence[str]:
        """Every session of a miner."""
        ...

    def addresses_of(self, identity: str, worker: str) -> Sequence[str]:
        """From where a miner is connected, as they can be banned; raises Conflict for one that is never banned."""
        ...

    def bannable(self, address: str) -> str:
        """As it is banned: an IPv6 address by its /64. Raises Invalid, Conflict where it is never banned."""
        ...

    def pardon(self, address: str) -> bool:
        """Lift a ban for misbehaviour; False if there is none."""
        ...

    def watch(self, session_id: str) -> WireLog:
        """Begins or goes on; ends by itself after 5 minutes."""
        ...


class Chosen:
    """Miners by their keys, each once. `left_out` may be added to while something is done."""

    def __init__(self, floor: Floor, keys: Sequence[str]) -> None:
        """Raises Invalid for none and too many; NotFound where a single one is not there."""
        keys = tuple(dict.fromkeys(keys))
        if not 1 <= len(keys) <= MAX_AT_ONCE:
            text = f"from 1 to {MAX_AT_ONCE} miners can be chosen at once"
            raise Invalid(text, "do it in parts", (ProblemView("keys", text, "do it in parts"),))
        found = floor.workers_of(keys)
        self.keys: dict[Worker, str] = {found[key]: key for key in keys if key in found}
        self.left_out: dict[str, Refused] = {
            key: NotFound("there is no such miner", "look at the list of miners again")
            for key in keys
            if key not in found
        }
        self._alone = len(keys) == 1
        if self._alone:
            self.raise_if_none()

    @property
    def workers(self) -> tuple[Worker, ...]:
        return tuple(self.keys)

    @property
    def title(self) -> str:
        """For the audit: names, as many as can be read at a glance."""
        names = [name(*worker) or "?" for worker in self.workers[:NAMED]]
        more = len(self.keys) - len(names)
        return ", ".join([*names, f"+{more}"] if more else names)

    def raise_if_none(self) -> None:
        """What is done to one miner alone is done or refused."""
        if self._alone:
            for refusal in self.left_out.values():
                raise refusal

    def leave_out(self, why: Mapping[Worker, Refused]) -> None:
        for worker, refusal in why.items():
            self.left_out[self.keys[worker]] = refusal

    def each(self, act: Callable[[str, str], Sequence[str]]) -> dict[str, list[str]]:
        """Do this to one after the other; what it returned, by name. Whom it refuses is left out."""
        told: dict[str, list[str]] = {}
        for worker, key in self.keys.items():
            try:
                told[name(*worker)] = list(act(*worker))
            except Refused as refusal:
                self.left_out[key] = refusal
        self.raise_if_none()
        return told

    @property
    def done(self) -> tuple[str, ...]:
        """The keys of all others."""
        return tuple(key for key in self.keys.values() if key not in self.left_out)

    @property
    def refused(self) -> dict[str, str]:
        """For the audit: why not, by name."""
        names = {key: name(*worker) for worker, key in self.keys.items()}
        return {names.get(key, key): refusal.text for key, refusal in self.left_out.items()}

    def result(self, change: ChangeResult | None = None) -> ManyResult:
        names = {key: shown(name(*worker)) for worker, key in self.keys.items()}
        return ManyResult(
            done=self.done,
            left_out=tuple(
                LeftOut(key, names.get(key, ""), refusal.code, refusal.text, refusal.remedy)
                for key, refusal in self.left_out.items()
            ),
            change=change,
        )


def name(identity: str, worker: str) -> str:
    """As it is written in the file."""
    return ".".join(part for part in (identity, worker) if part)
