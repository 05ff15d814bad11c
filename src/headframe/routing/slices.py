"""The remainder, which is less than a miner.

Responsible for: at each boundary between two sources, the one miner that changes sides so that the work comes out right.
Not responsible for: placing whole miners (`routing.balance`).
Read next: docs/decisions/0010-router.md.

The sources in force stand in a row, by name. A boundary divides the row; all that is left of it is owed some work
(positive or negative), and at present gets more or less than it should. While a debt grows and has left its band, the
boundary's miner crosses to the side that is owed; the debt then shrinks, passes zero, and leaves the band on the other
side. How wide the band is follows from the dwell, from the size of the miner and from how many moves the fleet may have.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from headframe.routing.fleet import Fleet
from headframe.routing.moves import Reason, SessionInput, SessionKey


@dataclass(frozen=True, slots=True)
class SlicePolicy:
    """moves_per_hour  per free session, in fleets of `small_fleet` and more, that may be spent; an hour's worth is saved up
    small_fleet        below it only the dwell limits moves
    scarce             the band is widened up to so many times as less than half an hour's worth of moves is left
    band_s             debt, in seconds of the whole fleet's work, that a single miner may run up; falls with the square
                       root of their number, as the noise of shares does
    least_band_s       and never below this
    fresh_s            a clean job is fresh for so long
    early              part of the band at which a move is made while its target has a fresh clean job
    pay_s              a debt is paid back over so long
    another            another miner is taken when the boundary's own is on the right side already and the debt is still
                       growing, at so many times the band
    """

    moves_per_hour: float = 1.7
    small_fleet: int = 5
    scarce: float = 2.5
    band_s: float = 27.0
    least_band_s: float = 2.0
    fresh_s: float = 3.0
    early: float = 0.6
    pay_s: float = 600.0
    another: float = 2.0


class Slices:
    """See the module. Bound: one miner for each boundary."""

    __slots__ = ("_budget", "_budget_at", "_policy", "_sliced")

    def __init__(self, policy: SlicePolicy) -> None:
        self._policy = policy
        self._sliced: dict[tuple[str, str], SessionKey] = {}
        self._budget = 0.0
        self._budget_at: float | None = None

    @property
    def sliced(self) -> Mapping[tuple[str, str], SessionKey]:
        """The miner of each boundary (left source, right source), where there is one."""
        return self._sliced

    def cut(self, fleet: Fleet, wanted: Mapping[str, float], owed: Mapping[str, float]) -> None:
        """Let the miner of each boundary cross where it should now."""
        names = [source.name for source in fleet.force]
        edges = list(itertools.pairwise(names))
        if self._sliced.keys() - set(edges):
            self._sliced = {edge: key for edge, key in self._sliced.items() if edge in edges}
        total, count = fleet.total, fleet.free_count
        if total <= 0 or not count:
            return
        band = max(self._policy.least_band_s, self._policy.band_s / count**0.5) * self._scarcity(fleet.now, count)
        debt = 0.0
        for index, edge in enumerate(edges):
            debt += owed[edge[0]]
            if abs(debt) >= band * total * self._policy.early:
                self._cross(fleet, wanted, owed, index, edge, debt, band * total)

    def _scarcity(self, now: float, count: int) -> float:
        """How many times wider the band is for want of moves: 1 while there are enough."""
        policy = self._policy
        if count < policy.small_fleet:
            return 1.0
        hourly = policy.moves_per_hour * count
        since = 3600.0 if self._budget_at is None else now - self._budget_at
        self._budget_at = now
        self._budget = min(self._budget + hourly * since / 3600.0, hourly)
        return 1.0 + (policy.scarce - 1.0) * min(1.0, max(0.0, 1.0 - 2.0 * self._budget / hourly))

    def _cross(
        self,
        fleet: Fleet,
        wanted: Mapping[str, float],
        owed: Mapping[str, float],
        index: int,
        edge: tuple[str, str],
        debt: float,
        band: float,
    ) -> None:
        """One boundary whose left side is owed `debt` hashes, more than may be."""
        leftwards = debt > 0
        surplus = fleet.surplus(wanted, index + 1)
        need = debt / self._policy.pay_s - surplus
        if (need > 0) != leftwards:
            return  # the debt is shrinking already
        session = self._choose(fleet, index, edge, abs(need), leftwards)
        if session is None:
            return
        hashrate = fleet.hashrate(session)
        own = self._sliced.get(edge)
        saturated = own is not None and own != session.key and own in fleet.keys_beside(index, leftwards)
        drift = abs(surplus + (hashrate if leftwards else -hashrate))
        taker = self._taker(fleet, owed, index, leftwards)
        allowed = max(band, drift * fleet.dwell_s / 2)
        if not session.can_go(taker):
            return
        fresh_at = fleet.sources[taker].fresh_at
        if fresh_at is not None and fleet.now - fresh_at <= self._policy.fresh_s:
            allowed *= self._policy.early
        if saturated:
            allowed *= self._policy.another
        if abs(debt) < allowed or hashrate > fleet.room(taker):
            return
        fleet.move(session, taker, Reason.SLICE)
        self._budget = max(self._budget - 1.0, 0.0)
        self._sliced[edge] = session.key

    def _choose(
        self, fleet: Fleet, index: int, edge: tuple[str, str], need: float, leftwards: bool
    ) -> SessionInput | None:
        """The boundary's own miner if it is on the giving side and large enough; else the smallest that is, else the
        largest there is."""
        force = fleet.force
        givers = force[index + 1 :] if leftwards else force[index::-1]
        to = force[index] if leftwards else force[index + 1]
        for giver in givers:
            here = fleet.candidates(giver.name, to.name, settled=False)
            if not here:
                continue  # fewer miners than sources
            own = self._sliced.get(edge)
            for session in here:
                if session.key == own and fleet.hashrate(session) >= need / 2:
                    return session if session.since <= fleet.now - fleet.dwell_s else None
            ready = [session for session in here if session.since <= fleet.now - fleet.dwell_s]
            enough = [session for session in ready if fleet.hashrate(session) >= need]
            return enough[-1] if enough else (ready[0] if ready else None)
        return None

    def _taker(self, fleet: Fleet, owed: Mapping[str, float], index: int, leftwards: bool) -> str:
        """The neighbour; with fewer miners than sources, whoever on that side is owed most."""
        side = fleet.force[index::-1] if leftwards else fleet.force[index + 1 :]
        if fleet.free_count >= len(fleet.force):
            return side[0].name
        return max(side, key=lambda source: (owed[source.name], source.name)).name
