"""Which seat mines for which source, and the way from one to another.

Responsible for: placing seats, carrying out moves, keeping leases, waiting for a lane that has no work yet, counting
moves, and asking the router once a second.
Not responsible for: deciding (`routing`), what a seat is offered then (`Hub.offer`).
Read next: `routing.router`, docs/flows/move.md.

A move is at most one `set_difficulty` and one clean `notify` in one write. Where the new lane has no work yet (a private
upstream connection is being made) the seat goes on with what it has, and moves when the lane's first work comes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from headframe.gateway.sourcebook import SourceBook, SourceSeat
from headframe.routing.horizon import Horizon
from headframe.routing.moves import Reason, SessionInput, SessionKey
from headframe.routing.router import Router

if TYPE_CHECKING:
    from headframe.gateway.seat import Seat


Pins: TypeAlias = Callable[[str, str], str | None]
"""(identity, worker) -> the source it is pinned to."""


def no_pins(identity: str, worker: str) -> str | None:
    """Nobody is pinned."""
    return None


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a seat is on its way to."""

    source: str
    lane: str
    reason: str


class Dispatch:
    """See the module. One owner: the hub. `offer` gives a seat the current work of where it is now; `moved` is told
    (seat, from, to, reason) of each move that was carried out."""

    def __init__(
        self,
        sources: SourceBook,
        router: Router,
        horizon: Horizon,
        offer: Callable[["Seat"], bool],
        moved: Callable[["Seat", str, str, str], None],
        now: Callable[[], float],
    ) -> None:
        self._sources = sources
        self._offer = offer
        self._moved = moved
        self._now = now
        self._waiting: dict[str, dict[Seat, None]] = {}
        """Lane without work -> who waits for it. Bounded by the number of seats."""
        self._router = router
        self.horizon = horizon
        self._pins: Pins = no_pins
        self.counts: dict[tuple[str, str, str], int] = {}
        """Moves by (from, to, reason). Bounded by sources squared times reasons."""

    def source_of(self, seat: "Seat", now: float) -> SourceSeat | None:
        """Where this seat mines; chosen now if that is nowhere, or cannot work while something else can."""
        current = self._sources.get(seat.source)
        if current is not None and current.can_work:
            return current
        chosen = self._choose(seat, now)
        if chosen is None:
            return current
        self._enter(seat, chosen, Reason.ASSIGN if current is None else Reason.FAILOVER)
        return self._sources.get(seat.source)

    def plan(self, now: float, seats: Iterable["Seat"]) -> int:
        """Ask the router, carry its moves out; how many they were. With one source there is nothing to ask."""
        if len(self._sources.all()) < 2:
            return 0
        by_key: dict[SessionKey, Seat] = {}
        told = []
        for seat in seats:
            if seat.last_job is None or not seat.source:
                continue
            seat.measure(now)
            by_key[seat.session_id] = seat
            told.append(
                SessionInput(
                    key=seat.session_id,
                    source=seat.heading.source if seat.heading is not None else seat.source,
                    hashrate=seat.hashrate,
                    since=seat.source_since,
                    pinned=self._pin_of(seat),
                    suits=self._suited(seat),
                )
            )
        done = 0
        for move in self._router.plan(now, self._sources.inputs(), told, self.horizon):
            seat = by_key[move.key]
            target = self._sources.get(move.to)
            if target is not None and self._suits(seat, target) and self.move(seat, move.to, move.reason):
                done += 1
        return done

    def use_pins(self, pins: Pins) -> None:
        """Which source a worker always mines for."""
        self._pins = pins

    def pinned_to(self, identity: str, worker: str) -> str | None:
        """The source that a worker is pinned to."""
        return self._pins(identity, worker)

    def use_router(self, router: Router, horizon: Horizon) -> None:
        """Another policy from now on; what was delivered is measured anew."""
        self._router = router
        self.horizon = horizon

    def _choose(self, seat: "Seat", now: float) -> SourceSeat | None:
        """Where the router would put it; where that does not suit it, the heaviest that does."""
        able = [source for source in self._sources.all() if source.can_work and self._suits(seat, source)]
        name = self._router.place_new(
            now, [source.input() for source in able], hashrate=seat.hashrate, pinned=self._pin_of(seat)
        )
        if name is not None:
            return self._sources.get(name)
        return None

    def _pin_of(self, seat: "Seat") -> str | None:
        account = seat.first_account
        return None if account is None else self._pins(account.identity, account.worker)

    def _suits(self, seat: "Seat", source: SourceSeat) -> bool:
        return source.suits(seat.layout, seat.session.rolled_mask)

    def _suited(self, seat: "Seat") -> frozenset[str] | None:
        """The sources it can mine for; None: all."""
        sources = self._sources.all()
        names = [source.name for source in sources if self._suits(seat, source)]
        return None if len(names) == len(sources) else frozenset(names)

    def move(self, seat: "Seat", to: str, reason: str) -> bool:
        """Let the seat mine for another source. False when there is no such source, or it is on its way there."""
        target = self._sources.get(to)
        heading = seat.heading.source if seat.heading is not None else seat.source
        if target is None or seat.gone or heading == to:
            return False
        self._turn_back(seat)
        if seat.source != to:
            self._enter(seat, target, reason)
            if seat.heading is None:
                self._offer(seat)  # not only with the next job there: that may be half a minute away
        return True

    def leave(self, seat: "Seat") -> None:
        """The seat is gone, or must start anew: its leases are given back."""
        self._turn_back(seat)
        seat.departs(self._now())
        current = self._sources.get(seat.source)
        if current is not None:
            current.source.release(seat.session_id)
            self._sources.unassign(seat.source)
        seat.source = seat.lane = ""

    def lane_ready(self, lane: str) -> None:
        """A lane has work: those who waited for it come over."""
        for seat in self._waiting.pop(lane, {}):
            heading, seat.heading = seat.heading, None
            if heading is not None and not seat.gone:
                self._settle(seat, heading)
                self._offer(seat)

    def lane_lost(self, lane: str, seats: Iterable["Seat"]) -> None:
        """A lane ended: who waited for it stays where it is, who was on it needs another place."""
        for seat in list(self._waiting.get(lane, {})):
            self._turn_back(seat)
        for seat in [seat for seat in seats if seat.lane == lane]:
            self.leave(seat)
            self._offer(seat)

    def turn_out(self, source: str, seats: Iterable["Seat"]) -> None:
        """The source grants less than it did: sessions that it does not suit any more need another place."""
        target = self._sources.get(source)
        if target is None:
            return
        for seat in seats:
            if seat.source == source and not self._suits(seat, target):
                self.leave(seat)

    def forget(self, source: str) -> None:
        """A source is removed: nobody is on it or on the way to it any more."""
        for waiting in list(self._waiting.values()):
            for seat in list(waiting):
                if seat.heading is not None and seat.heading.source == source:
                    self._turn_back(seat)
        self.horizon.forget(source)

    def _enter(self, seat: "Seat", target: SourceSeat, reason: str) -> None:
        if seat.heading is not None and seat.heading.source == target.name:
            return
        self._turn_back(seat)
        heading = Heading(target.name, target.source.lease(seat.session_id), reason)
        if heading.lane in target.works:
            self._settle(seat, heading)
        else:
            seat.heading = heading
            self._waiting.setdefault(heading.lane, {})[seat] = None

    def _settle(self, seat: "Seat", heading: Heading) -> None:
        before = seat.source
        if before:
            seat.departs(self._now())
            self._sources.unassign(before)
            current = self._sources.get(before)
            if current is not None:
                current.source.release(seat.session_id)
        seat.source, seat.lane = heading.source, heading.lane
        seat.source_since = self._now()
        self._sources.assign(heading.source)
        key = (before, heading.source, heading.reason)
        self.counts[key] = self.counts.get(key, 0) + 1
        self._moved(seat, before, heading.source, heading.reason)

    def _turn_back(self, seat: "Seat") -> None:
        """Give up a move that waits for its lane."""
        heading, seat.heading = seat.heading, None
        if heading is None:
            return
        waiting = self._waiting.get(heading.lane)
        if waiting is not None:
            waiting.pop(seat, None)
            if not waiting:
                del self._waiting[heading.lane]
        target = self._sources.get(heading.source)
        if target is not None:
            target.source.release(seat.session_id)
