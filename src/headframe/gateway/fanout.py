"""New work to many sessions without making anyone wait.

Responsible for: offering the current work of a lane to its seats in slices, with a turn of the loop between slices in
which submissions are answered.
Not responsible for: what is offered (`Hub.offer`).
Read next: `gateway.hub`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headframe.gateway.hub import Hub
    from headframe.gateway.seat import Seat

SLICE = 250
"""Sessions per slice: about 2.5 ms of sends, so a submission waits no longer than that."""


class Fanout:
    """One walk over the seats; a newer one cancels it, since then all get the newer work."""

    __slots__ = ("_call_soon", "_cancelled", "_hub", "_position", "_seats", "_since", "lane")

    def __init__(
        self,
        hub: "Hub",
        lane: str,
        seats: Sequence["Seat"],
        since: float,
        call_soon: Callable[[Callable[[], None]], object],
    ) -> None:
        """`since`: when the news reached the hub (monotonic seconds)."""
        self._hub = hub
        self.lane = lane
        self._seats = seats
        self._since = since
        self._call_soon = call_soon
        self._position = 0
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True
        self._seats = ()

    def step(self) -> None:
        """One slice, then the next after the loop has turned."""
        if self._cancelled:
            return
        end = self._position + SLICE
        self._offer(self._seats[self._position : end])
        self._position = end
        self._call_soon(self.step if end < len(self._seats) else self._finish)

    def _offer(self, seats: Sequence["Seat"]) -> None:
        """Like `Hub.offer` for each, but seats that are alike and stay on their lane share the way to the job:
        a microsecond each, ten thousand times while miners wait."""
        hub = self._hub
        now = hub.now()
        lane = self.lane
        job = payout = layout = None
        for seat in seats:
            try:
                if (
                    job is not None
                    and seat.payout is payout
                    and seat.layout is layout
                    and seat.lane == lane
                    and seat.last_seq < job.seq
                    and not seat.gone
                ):
                    seat.give(job, now)
                    if seat.asked_shares:
                        hub.turn.mark(seat)  # its verdicts wait for the journal, and their order stays
                    else:
                        seat.speak()
                elif hub.offer(seat, now):
                    hub.turn.mark(seat)
                    if seat.lane == lane:
                        job, payout, layout = seat.last_job, seat.payout, seat.layout
            except Exception as error:
                hub.broke(seat, error)

    def _finish(self) -> None:
        if not self._cancelled:
            self._hub.fanned_out(self, self._hub.now() - self._since)
