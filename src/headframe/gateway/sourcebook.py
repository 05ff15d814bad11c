"""The sources as the hub sees them.

Responsible for: which sources exist, how they are to be used, whether each can work, its current work by lane, how many
sessions it has, and what of a session fits all of them.
Not responsible for: what a source does (`sources`), who mines where (`gateway.dispatch`).
Read next: `gateway.dispatch`.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.jobmaker import VERSION_MASK
from headframe.mining.layout import fits, layout_for
from headframe.routing.moves import SourceInput
from headframe.sources.base import Work, WorkSource


@dataclass(frozen=True, slots=True)
class Usage:
    """How the operator wants a source to be used. `cap_hashes_per_s` None: no cap."""

    weight: int = 100
    tier: int = 1
    paused: bool = False
    cap_hashes_per_s: float | None = None
    chain: str = "btc"


MAX_RETIRED = 64


class SourceSeat:
    """One source's place at the table."""

    __slots__ = ("fresh_at", "sessions", "source", "terms", "up", "usage", "work_at", "works")

    def __init__(self, source: WorkSource, usage: Usage) -> None:
        self.source = source
        self.usage = usage
        self.up = False
        self.works: dict[str, Work] = {}
        """Current work by lane."""
        self.work_at = 0.0
        self.fresh_at: float | None = None
        self.sessions = 0
        self.terms = (source.extranonce_room, source.version_mask)

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def can_work(self) -> bool:
        return self.up and bool(self.works)

    def suits(self, layout: ExtranonceLayout, rolled_mask: int) -> bool:
        """Whether a session of this layout, promised these bits, can mine here. One that rolls bits which a pool does
        not grant would only be refused there."""
        return fits(layout, self.source.extranonce_room) and not rolled_mask & ~self.source.version_mask

    def input(self) -> SourceInput:
        """As the router wants it told. A source that is up but whose first work is on its way counts as able: a private
        connection is made when a session leases it."""
        usage = self.usage
        return SourceInput(
            self.name, usage.weight, usage.tier, self.up, usage.paused, usage.cap_hashes_per_s, self.fresh_at
        )


class SourceBook:
    """See the module."""

    def __init__(self, wanted_extranonce2: int | None = None) -> None:
        self._seats: dict[str, SourceSeat] = {}
        self._wanted_extranonce2 = wanted_extranonce2
        self._retired: deque[WorkSource] = deque(maxlen=MAX_RETIRED)
        self.has_work = False

    def add(self, source: WorkSource, usage: Usage) -> None:
        self._seats[source.name] = SourceSeat(source, usage)

    def remove(self, name: str) -> None:
        """It gives no work any more; blocks of its last jobs still go to it (`takers`)."""
        seat = self._seats.pop(name, None)
        if seat is not None:
            self._retired.appendleft(seat.source)
        self._update()

    def takers(self, name: str) -> Iterator[WorkSource]:
        """Who may take a share of a job of this source: the source, then those of that name that were removed."""
        seat = self._seats.get(name)
        if seat is not None:
            yield seat.source
        yield from [source for source in self._retired if source.name == name]

    def use_extranonce2(self, wanted: int | None) -> None:
        """The operator's size for sessions that subscribe from now on; None: what fits the sources."""
        self._wanted_extranonce2 = wanted

    def use(self, name: str, usage: Usage) -> None:
        """Use it differently from now on."""
        self._seats[name].usage = usage

    def get(self, name: str) -> SourceSeat | None:
        return self._seats.get(name)

    def all(self) -> list[SourceSeat]:
        return list(self._seats.values())

    def inputs(self) -> list[SourceInput]:
        return [seat.input() for seat in self._seats.values()]

    def works(self, name: str) -> bool:
        found = self._seats.get(name)
        return found is not None and found.can_work

    def gives(self, name: str) -> bool:
        """Whether it works and may be mined for."""
        found = self._seats.get(name)
        return found is not None and found.can_work and not found.usage.paused

    @property
    def layout(self) -> ExtranonceLayout:
        """The extranonce of sessions that subscribe now: it fits every source, as far as is known."""
        return layout_for((seat.source.extranonce_room for seat in self._seats.values()), self._wanted_extranonce2)

    @property
    def version_mask(self) -> int:
        """The bits that sessions of now may roll: those that every source grants. A source that grants none at all is
        left out of account (it serves miners that do not roll), or it would cost all others their rolling."""
        mask = VERSION_MASK
        for seat in self._seats.values():
            mask &= seat.source.version_mask or VERSION_MASK
        return mask

    def shares_wanted(self) -> Mapping[str, float]:
        """The part of the work that each source that can work should get now."""
        able = [seat for seat in self._seats.values() if seat.can_work and not seat.usage.paused and seat.usage.weight]
        first = min((seat.usage.tier for seat in able), default=0)
        weights = {seat.name: seat.usage.weight for seat in able if seat.usage.tier == first}
        whole = sum(weights.values())
        return {name: weight / whole for name, weight in weights.items()}

    def assign(self, name: str) -> None:
        self._seats[name].sessions += 1

    def unassign(self, name: str) -> None:
        found = self._seats.get(name)
        if found is not None:
            found.sessions -= 1

    def went_up(self, name: str) -> None:
        self._seats[name].up = True
        self._update()

    def went_down(self, name: str) -> None:
        self._seats[name].up = False
        self._update()

    def has(self, name: str, work: Work, now: float) -> None:
        """This source has new work."""
        seat = self._seats[name]
        seat.works[work.lane], seat.work_at = work, now
        if work.clean:
            seat.fresh_at = now
        self._update()

    def terms_changed(self, name: str) -> bool:
        """Whether the room or the bits that this source grants are others than when last asked."""
        seat = self._seats[name]
        before, seat.terms = seat.terms, (seat.source.extranonce_room, seat.source.version_mask)
        return seat.terms != before

    def lost(self, name: str, lane: str) -> None:
        """This lane of the source has no work any more."""
        self._seats[name].works.pop(lane, None)
        self._update()

    def _update(self) -> None:
        self.has_work = any(seat.can_work for seat in self._seats.values())
