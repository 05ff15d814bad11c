"""What one session delivered to which source, lately.

Responsible for: the parts of its work of the last SPREAD_S that went to each source, for a session that was moved.
Not responsible for: how much it delivers in all (`Seat.measure`), why it was moved (`routing`).
Read next: `gateway.census`, docs/flows/cockpit-numbers.md.

Only a session that was moved within SPREAD_S has one, and nothing is done for a share: work is booked when the session is
moved, when it is measured, and when somebody looks. Bound: STEPS + 1 steps, in each the sources that it was on.
"""

from collections.abc import Callable, Set

from headframe.mining.units import Work
from headframe.routing.horizon import Horizon

SPREAD_S = 600.0
"""As long as a session's hashrate remembers."""
STEPS = 10


class Spread:
    """See the module. `credited` is always the session's credited work so far."""

    __slots__ = ("_booked", "_horizon")

    def __init__(self, now: float, source: str, since: float, hashrate: float, credited: Work) -> None:
        """It leaves `source`, where it was `since` then: what it did there is its hashrate over that time."""
        self._horizon = Horizon(SPREAD_S, STEPS)
        self._booked = credited
        span = min(max(0.0, now - since), SPREAD_S)
        pieces = int(span * STEPS / SPREAD_S) + 1
        work = int(hashrate * span / pieces)
        if work:
            for piece in range(pieces):
                self._horizon.add(now - span + span * piece / pieces, source, work)

    def book(self, now: float, source: str, credited: Work) -> None:
        """What was credited since it was last booked was for `source`."""
        if credited > self._booked:
            self._horizon.add(now, source, credited - self._booked)
        self._booked = credited

    def sources(self, now: float) -> Set[str]:
        """Those that got any."""
        return self._horizon.totals(now).keys()

    def divide(self, rate: float, now: float, gives: Callable[[str], bool]) -> dict[str, float]:
        """The rate by source. Those that give no work any more are left out, and others have theirs, so that a failure is seen
        at once and not ten minutes later; {} when there is no other."""
        works = {source: work for source, work in self._horizon.totals(now).items() if gives(source)}
        whole = sum(works.values())
        return {source: rate * (work / whole) for source, work in works.items()} if whole else {}
