"""The sources as the hub sees them.

Responsible for: which sources exist, their weights, whether each can work, its current work, how many sessions it has,
and choosing one for a session.
Not responsible for: what a source does (`sources`), the rule of choice (`routing.placement`).
Read next: `routing.placement`.
"""

from headframe.routing.placement import place
from headframe.sources.base import Work, WorkSource


class SourceSeat:
    """One source's place at the table."""

    __slots__ = ("sessions", "source", "up", "weight", "work_at", "works")

    def __init__(self, source: WorkSource, weight: int) -> None:
        self.source = source
        self.weight = weight
        self.up = False
        self.works: dict[str, Work] = {}
        """Current work by lane."""
        self.work_at = 0.0
        self.sessions = 0

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def can_work(self) -> bool:
        return self.up and bool(self.works)


class SourceBook:
    """See the module."""

    def __init__(self) -> None:
        self._seats: dict[str, SourceSeat] = {}
        self.has_work = False

    def add(self, source: WorkSource, weight: int) -> None:
        self._seats[source.name] = SourceSeat(source, weight)

    def get(self, name: str) -> SourceSeat | None:
        return self._seats.get(name)

    def all(self) -> list[SourceSeat]:
        return list(self._seats.values())

    def works(self, name: str) -> bool:
        found = self._seats.get(name)
        return found is not None and found.can_work

    def choose(self) -> SourceSeat | None:
        """Where a session that needs a source goes."""
        working = [seat for seat in self._seats.values() if seat.can_work]
        name = place({seat.name: seat.weight for seat in working}, {seat.name: seat.sessions for seat in working})
        return self._seats[name] if name is not None else None

    def assign(self, name: str) -> None:
        self._seats[name].sessions += 1

    def unassign(self, name: str) -> None:
        found = self._seats.get(name)
        if found is not None:
            found.sessions -= 1

    def went_up(self, name: str) -> None:
        self._seats[name].up = True

    def went_down(self, name: str) -> None:
        self._seats[name].up = False
        self._update()

    def has(self, name: str, work: Work, now: float) -> None:
        """This source has new work."""
        seat = self._seats[name]
        seat.works[work.lane], seat.work_at = work, now
        self._update()

    def lost(self, name: str, lane: str) -> None:
        """This lane of the source has no work any more."""
        self._seats[name].works.pop(lane, None)
        self._update()

    def _update(self) -> None:
        self.has_work = any(seat.can_work for seat in self._seats.values())
