"""Which session mines for which source.

Responsible for: the moves that bring delivered work to the weights, at once where a source is lost, otherwise few.
Not responsible for: carrying them out (`gateway`), measuring (`routing.horizon`), weights that change by themselves
(`routing.policies`).
Read next: docs/flows/move.md, docs/decisions/0010-router.md.

Pure: the same calls give the same moves, in whatever order sources and sessions are told. One owner, which calls `plan`
about once a second and at once when a source comes or goes, has a clean job, or the weights change. A plan that finds
nothing to do costs one pass over the sessions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from headframe.routing.balance import balance, relieve
from headframe.routing.debt import Debts
from headframe.routing.fleet import Fleet
from headframe.routing.horizon import Horizon
from headframe.routing.moves import Move, Reason, SessionInput, SessionKey, SourceInput, order
from headframe.routing.slices import SlicePolicy, Slices
from headframe.routing.split import split
from headframe.routing.standing import Standing, TrustPolicy


@dataclass(frozen=True, slots=True)
class RouterPolicy:
    """min_dwell_s        a session stays so long on a source (not when that cannot work)
    debt_bound_s       debts are at most so many seconds of the whole fleet's work
    tolerance          whole miners are moved when a boundary's price (`routing.balance`) is above this part of the fleet;
    settled_every_s    looked at so often
    unsettled_s        for so long after a change of weights or sources
    close              the fit is made closer, within this part of the fleet,
    unsettled_every_s  and looked at more often,
    eager              and this much of an excess is not left to slicing
    """

    min_dwell_s: float = 60.0
    debt_bound_s: float = 150.0
    tolerance: float = 0.04
    settled_every_s: float = 300.0
    unsettled_s: float = 300.0
    unsettled_every_s: float = 10.0
    close: float = 0.01
    eager: float = 0.25
    trust: TrustPolicy = field(default_factory=TrustPolicy)
    slicing: SlicePolicy = field(default_factory=SlicePolicy)


class Router:
    """See the module. Bounds: what it remembers is one record per source, per boundary and per session told."""

    def __init__(self, policy: RouterPolicy | None = None, horizon_s: float = 3600.0) -> None:
        self._policy = policy or RouterPolicy()
        self._standing = Standing(self._policy.trust)
        self._debts = Debts(horizon_s, self._policy.debt_bound_s)
        self._slices = Slices(self._policy.slicing)
        self._homes: dict[SessionKey, str] = {}
        self._weights: dict[str, int] | None = None
        self._told: dict[str, int] = {}
        self._met: set[str] = set()
        self._missed: set[str] = set()
        self._unsettled_until = float("-inf")
        self._why = Reason.BALANCE
        self._balanced_at = float("-inf")
        self._loads: dict[str, float] = {}
        self._pinned: dict[str, float] = {}
        self._average = 1.0

    @property
    def sliced(self) -> dict[tuple[str, str], SessionKey]:
        """The miner that is sliced at each boundary."""
        return dict(self._slices.sliced)

    def plan(
        self, now: float, sources: Sequence[SourceInput], sessions: Sequence[SessionInput], horizon: Horizon
    ) -> list[Move]:
        """The moves to make now; at most one for each session, none twice in a row once it was made.

        With no source that can work there are none: sessions keep the source they have.
        """
        self._debts.settle(now, horizon.sums)
        force, usable = self._standing.observe(now, sources)
        if not force and not usable:
            return []
        fleet = Fleet(now, self._policy.min_dwell_s, force, usable, sessions)
        self._note_changes(now, force, sources)
        if fleet.strays:
            self._place_strays(fleet, {source.name: source for source in sources}, usable)
        wanted = split(fleet.total, force, fleet.pinned)
        self._debts.put_in_force(wanted, known=fleet.known)
        if len(force) > 1:
            relieve(fleet)
            self._go_home(fleet, wanted)
            self._balance(fleet, wanted)
            if fleet.known:
                self._slices.cut(fleet, wanted, self._debts.owed)
        self._remember(fleet, sessions)
        return fleet.moves()

    def place_new(
        self, now: float, sources: Sequence[SourceInput], *, hashrate: float = 0.0, pinned: str | None = None
    ) -> str | None:
        """Where a session that comes now goes, as the next `plan` would say; None: nothing can work."""
        force, usable = self._standing.observe(now, sources)
        if pinned is not None and pinned in usable:
            return pinned
        if not force:
            return None
        hashrate = hashrate if hashrate > 0 else self._average
        loads = {source.name: self._loads.get(source.name, 0.0) for source in force}
        name = self._seat(force, loads, self._pinned, hashrate)
        self._loads[name] = loads[name] + hashrate
        return name

    # -- at once ------------------------------------------------------------------------------------------------

    def _place_strays(self, fleet: Fleet, known: dict[str, SourceInput], usable: frozenset[str]) -> None:
        """Sessions that cannot stay, the largest first."""
        strays = sorted(fleet.strays, key=lambda session: (-fleet.hashrate(session), order(session.key)))
        for session in strays:
            if session.pinned is not None and session.pinned in usable and session.can_go(session.pinned):
                fleet.move(session, session.pinned, Reason.PIN)
        for session in strays:
            if fleet.moved(session.key) or not fleet.force:
                continue
            reason = _reason(session.source, known, usable, self._why)
            if reason in (Reason.RETURN, Reason.BALANCE) and fleet.now - session.since < self._policy.min_dwell_s:
                continue
            home = self._homes.get(session.key)
            if home is None or home not in fleet.sources or not session.can_go(home):
                able = [source for source in fleet.force if session.can_go(source.name)]
                if not able:
                    continue
                home = self._seat(able, fleet.loads, fleet.pinned, fleet.hashrate(session))
            if reason is Reason.FAILOVER:
                self._homes.setdefault(session.key, session.source)
            fleet.move(session, home, reason)

    def _seat(
        self, force: Sequence[SourceInput], loads: dict[str, float], pinned: dict[str, float], hashrate: float
    ) -> str:
        """The source that would lack most with this session counted, among those with room for it."""
        wanted = split(sum(loads[source.name] for source in force) + hashrate, force, pinned)
        roomy = [s for s in force if s.cap_hashes_per_s is None or loads[s.name] + hashrate <= s.cap_hashes_per_s]
        return max(
            roomy or force,
            key=lambda source: (wanted[source.name] - loads[source.name], source.weight, source.name),
        ).name

    def _note_changes(self, now: float, force: Sequence[SourceInput], sources: Sequence[SourceInput]) -> None:
        """Whether there is anything new to fit to, and why: only a source that had worked and then could not returns."""
        weights = {source.name: source.weight for source in force}
        before, told, missed = self._weights, self._told, self._missed
        self._told = {source.name: source.weight for source in sources}
        self._met = (self._met | weights.keys()) & {source.name for source in sources}
        self._missed = {
            source.name
            for source in sources
            if source.name in self._met
            and source.name not in weights
            and (source.name in missed or not source.can_work or source.paused)
        }
        if weights == before:
            return
        self._weights = weights
        if before is not None:
            same = all(told[name] == weight for name, weight in self._told.items() if name in told)
            back = not missed.isdisjoint(weights)
            self._why = Reason.WEIGHT if not same else Reason.RETURN if back else Reason.BALANCE
            self._unsettled_until = now + self._policy.unsettled_s
            self._balanced_at = float("-inf")

    # -- by and by ----------------------------------------------------------------------------------------------

    def _go_home(self, fleet: Fleet, wanted: dict[str, float]) -> None:
        """A source that is back gets the sessions that it lost, as far as it lacks them."""
        if not self._homes or fleet.now >= self._unsettled_until:
            return
        for source in fleet.force:
            name = source.name
            lost = {key for key, home in self._homes.items() if home == name}
            for other in fleet.force if lost else ():
                for session in fleet.candidates(other.name, name, among=lost) if other is not source else ():
                    lacking = wanted[name] - fleet.loads[name]
                    if fleet.hashrate(session) <= min(lacking * 4 / 3, fleet.room(name)):
                        fleet.move(session, name, Reason.RETURN)

    def _balance(self, fleet: Fleet, wanted: dict[str, float]) -> None:
        policy, now = self._policy, fleet.now
        unsettled = now < self._unsettled_until
        if now - self._balanced_at < (policy.unsettled_every_s if unsettled else policy.settled_every_s):
            return
        self._balanced_at = now
        tolerance = fleet.total * (policy.close if unsettled else policy.tolerance)
        reason = self._why if unsettled else Reason.BALANCE
        balance(fleet, wanted, tolerance, reason, eager=policy.eager if unsettled else 0.0)

    def _remember(self, fleet: Fleet, sessions: Sequence[SessionInput]) -> None:
        self._loads, self._pinned, self._average = fleet.loads, fleet.pinned, fleet.average
        homes = self._homes
        if homes and ((fleet.now >= self._unsettled_until and not fleet.strays) or len(homes) > 2 * len(sessions) + 64):
            present = {session.key for session in sessions}
            down = {key: home for key, home in homes.items() if key in present and home not in fleet.loads}
            self._homes = down


def _reason(source: str, known: dict[str, SourceInput], usable: frozenset[str], why: Reason) -> Reason:
    """Why a session cannot stay there; `why` is what changed last among the sources in force."""
    if not source:
        return Reason.ASSIGN
    told = known.get(source)
    if told is not None and told.paused:
        return Reason.PAUSE
    if told is None or not told.can_work or source not in usable:
        return Reason.FAILOVER
    if told.weight <= 0:
        return Reason.WEIGHT
    return Reason.RETURN if why is Reason.RETURN else Reason.BALANCE
