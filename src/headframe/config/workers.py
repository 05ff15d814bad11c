"""What the operator decides of single miners, as settings.

Responsible for: pins, fixed difficulties; what stands against their entries.
Not responsible for: which session an entry is for (`app.workers`), changing them in the cockpit (`app.desk_workers`).
Read next: `config.checks`.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from pydantic import Field

from headframe.config.kinds import Number
from headframe.config.problems import Problem, nearest
from headframe.config.section import Section
from headframe.mining.identity import User, parse_user

if TYPE_CHECKING:
    from headframe.config.model import Config

MAX_OF_WORKERS = 10_000
"""Entries of each table."""

_NAME = "The worker's name, of whatever identity; or identity.worker for that one alone."


class Pin(Section):
    """A worker that always mines for one source: one [[pin]] each. While that source is down it mines as the others do."""

    worker: str = Field(min_length=1, max_length=192, description=_NAME)
    source: str = Field(description="The name of the source.")


class FixedDifficulty(Section):
    """A worker whose difficulty stays where it is put: one [[fixed_difficulty]] each, stronger than what its firmware or its
    password asks for. No job is ever harder than its source asks, all the same."""

    worker: str = Field(min_length=1, max_length=192, description=_NAME)
    difficulty: Number = Field(gt=0, le=1e15, description="From difficulty.min to difficulty.max.")


class _OfWorker(Protocol):
    @property
    def worker(self) -> str: ...


def check(config: "Config") -> Iterator[Problem]:
    """Every contradiction found, in the order of the file."""
    yield from _pins(config)
    yield from _difficulties(config)


def doubts(config: "Config") -> Iterator[Problem]:
    """What is allowed, yet hardly meant: pins have always been taken when only their texts differ, and the later one holds.
    Without the miner's name, because doubts are told to whoever changes anything."""
    yield from _workers("pin", config.pin, "this worker is pinned already, and the later one holds")


def _pins(config: "Config") -> Iterator[Problem]:
    sources = {source.name.lower(): source.name for source in config.source}
    for index, pin in enumerate(config.pin):
        if pin.source.lower() not in sources:
            near = nearest(pin.source, sources)
            remedy = f"did you mean {sources[near]}?" if near else f"there are: {', '.join(sources.values()) or 'none'}"
            yield Problem(("pin", index, "source"), f'no source is called "{pin.source}"', remedy)
    yield from _written_twice(config)


def _written_twice(config: "Config") -> Iterator[Problem]:
    seen: set[str] = set()
    for index, pin in enumerate(config.pin):
        if pin.worker in seen:
            yield Problem(("pin", index, "worker"), f'"{pin.worker}" is pinned already', "keep one of the two")
        seen.add(pin.worker)


def _difficulties(config: "Config") -> Iterator[Problem]:
    least, most = config.difficulty.min, config.difficulty.max
    for index, fixed in enumerate(config.fixed_difficulty):
        if not least <= fixed.difficulty <= most:
            yield Problem(
                ("fixed_difficulty", index, "difficulty"),
                f"{fixed.difficulty:g} is not between difficulty.min and max, {least:g} and {most:g}",
                "choose another, or change [difficulty] min and max",
            )
    yield from _workers("fixed_difficulty", config.fixed_difficulty, '"{}" has a fixed difficulty already')


def _workers(table: str, entries: Sequence[_OfWorker], already: str) -> Iterator[Problem]:
    """Names that two entries have, as miners send them, or that no miner can have."""
    seen: set[User] = set()
    for index, entry in enumerate(entries):
        user = parse_user(entry.worker)
        if user == User("", ""):
            yield Problem((table, index, "worker"), "is no name", "write a worker's name, or identity.worker")
        elif user in seen:
            yield Problem((table, index, "worker"), already.format(entry.worker), "keep one of the two")
        seen.add(user)
