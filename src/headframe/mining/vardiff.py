"""How hard the shares of one session should be.

Responsible for: following a miner's hashrate, up and down, so that its shares come at the rate the policy asks for;
floors and fixed difficulties; saying when a change should not wait for the next job.
Not responsible for: what is known before the first share (`mining.devices`), reading wishes (`mining.identity`,
`stratum`), offering jobs, sweeping, remembering difficulties across connections (`gateway`).
Read next: docs/decisions/0006-vardiff.md, `mining.devices`.

Pure: time is an argument (monotonic seconds). A target takes effect only by being issued with a job (`issue`), and the
session judges every share by the target of its job, so a change never condemns work in flight.

The evidence. A share counts by the work it was asked for, in shares of the target last issued: a share of an easier
job that was still in flight counts as the fraction it is. It is kept in slots of (shares expected, shares seen), fine
for the last seconds and ever coarser before; every review asks of each run of slots up to now, the last seconds, the
last minute, the last hour, how surprising its count is if the target were right, and follows the most surprising run.
So a sudden change is found from the shares since it happened, a small lasting error from an hour of them.

The gate. Surprise is Chernoff's bound of the Poisson tail in nats: with mean m, the chance of a count as far from m as
n, on n's side, is at most exp(-(n ln(n/m) - n + m)). See `_asked_nats` for how much is asked.

Targets, which decide, are integers; the evidence is an estimate and made of floats.
"""

from array import array
from dataclasses import dataclass
from math import log

import msgspec

from headframe.bitcoin.target import (
    DIFFICULTY_1_TARGET,
    MAX_TARGET,
    difficulty_of_target,
    target_of_difficulty,
    work_of_target,
)
from headframe.mining.units import Target

SETTLED_SHARES = 12
"""A target under which this many shares came without surprise is no longer a guess."""

MEMORY_SHARES = 180
"""Evidence older than between one and two times this many expected shares (30 to 60 minutes at 6 a minute) is dropped:
the smallest lasting error that is acted upon (about 20 %) follows from it."""

URGENT_RATIO = 4.0
"""A target that is wrong by this factor is replaced at once; anything else waits for the next job, because Antminers
show false rejects when the difficulty changes often."""

DUE_SHARES = 3.0
"""A review is due after so many shares since the last one: how soon a flood is noticed."""

LARGEST_STEP_DOWN = 1 / 8
"""For a miner that has shown itself: silence is never so long that more is known. A false alarm then costs a second of
too many shares."""

BLIND_STEP = 1 / 32
"""The step down while not one share has come: nothing at all is known of such a miner, and too easy is soon put right
(a few shares) while too hard is not (silence)."""

WEAK_FLOOR_RATIO = 4.0
"""A floor that was merely suggested gives way to a miner that is slower than this fraction of it: firmware suggests a
constant (AxeOS: 1000), and a device that cannot find such shares would never be seen."""

EASIEST_TARGET = target_of_difficulty(1e-6)
HARDEST_TARGET = target_of_difficulty(1e12)

_FIRST_NATS = 3.3
_GUESS_NATS = log(200)
_SETTLED_NATS = log(1_000_000)
_QUANTUM_SETTLED, _QUANTUM_GUESS = 0.5, 0.025


@dataclass(frozen=True, slots=True)
class VardiffPolicy:
    """What holds for a kind of miner; shared by all its sessions.

    easiest_target, hardest_target            bound what is chosen here for such a miner
    easiest_wish_target, hardest_wish_target  bound floors and fixed targets: whoever asks for one knows better than we
                                              what the miner is, so only the operator's own bounds hold for it

    Above all of them: no job is ever issued harder than its source asks (`Vardiff.issue`).
    """

    easiest_target: Target = EASIEST_TARGET
    hardest_target: Target = HARDEST_TARGET
    shares_per_minute: float = 6.0
    easiest_wish_target: Target = EASIEST_TARGET
    hardest_wish_target: Target = HARDEST_TARGET

    def __post_init__(self) -> None:
        for hardest, easiest in (
            (self.hardest_target, self.easiest_target),
            (self.hardest_wish_target, self.easiest_wish_target),
        ):
            if not 0 < hardest <= easiest <= MAX_TARGET:
                raise ValueError("the hardest target must not be easier than the easiest")
        if not 0 < self.shares_per_minute < float("inf"):
            raise ValueError("shares per minute must be a positive number")

    @property
    def seconds_per_share(self) -> float:
        return 60.0 / self.shares_per_minute

    def bounded(self, target: Target) -> Target:
        """The nearest target that may be chosen for such a miner."""
        return min(max(target, self.hardest_target), self.easiest_target)

    def bounded_wish(self, target: Target) -> Target:
        """The nearest target that may be asked for, of a whole difficulty if that is above 1."""
        return whole_target(min(max(target, self.hardest_wish_target), self.easiest_wish_target))

    def target_for_hashrate(self, hashes_per_s: float) -> Target:
        """The target that gives a miner of this hashrate the rate of shares asked for."""
        work = max(1, round(hashes_per_s * self.seconds_per_share))
        return self.bounded(round_target(min(MAX_TARGET, 2**256 // work)))


class Change(msgspec.Struct, frozen=True, gc=False):
    """The next job should carry `target`; `urgent`: make that job now."""

    target: Target
    urgent: bool


class Vardiff:
    """The difficulty of one session. Mutable, one owner, about a kilobyte."""

    __slots__ = (
        "_blind",
        "_due",
        "_expected",
        "_fixed",
        "_floor",
        "_floor_binds",
        "_guessed",
        "_policy",
        "_proven",
        "_seen",
        "_settled",
        "_since",
        "_slots_expected",
        "_slots_seen",
        "_target",
        "_wanted",
        "_weighed",
        "_weight",
    )
    _target: Target
    _wanted: Target
    _weighed: Target
    _weight: float
    _since: float
    _settled: bool
    _expected: float
    _seen: float
    _due: float
    _slots_expected: "array[float]"
    _slots_seen: "array[float]"

    def __init__(
        self,
        policy: VardiffPolicy,
        *,
        start: Target,
        floor: Target | None = None,
        fixed: Target | None = None,
        now: float,
    ) -> None:
        self._policy = policy
        self._floor = None if floor is None else policy.bounded_wish(floor)
        self._floor_binds = True
        self._fixed = None if fixed is None else policy.bounded_wish(fixed)
        self._blind = True
        self._guessed: Target | None = None
        self._proven: Target | None = None
        self._wanted = self._bounded(round_target(start))
        self._commit(now)

    # -- what jobs carry ----------------------------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """What the next job should carry, if its source allows."""
        return self._wanted

    @property
    def proven(self) -> Target | None:
        """The last target that shares have confirmed: what to remember of this worker. None if there is none yet."""
        return self._proven

    @property
    def fixed(self) -> Target | None:
        """Where it is fixed; None while it follows the miner."""
        return self._fixed

    def issue(self, source_target: Target, now: float) -> Target:
        """The target of a job that is offered now: the wanted one, but never harder than its source's.

        Evidence starts anew when the wanted target is issued for the first time. A source that is easier than the
        miner deserves changes nothing about what is wanted, so the difficulty is right at once when it goes back.
        """
        wanted = self._wanted
        if wanted != self._target:
            self._commit(now)
        return wanted if wanted >= source_target else whole_target(source_target)

    # -- what is known ------------------------------------------------------------------------------------------

    def credited(self, target: Target, now: float) -> bool:
        """One accepted share, judged by `target`. True when a review is due. The hot path."""
        if target != self._weighed:
            self._weigh(target)
        if self._blind:
            # The clock starts here: the way of the first job to the miner and of its first share back says nothing.
            self._blind = False
            self._restart(now)
            return False
        seen = self._seen = self._seen + self._weight
        return seen >= self._due

    def review(self, now: float, source_target: Target) -> Change | None:
        """Weigh the evidence. Call when a share made it due, and every few seconds without: that is how a miner that
        fell silent is noticed. None when jobs of this source would carry what they were going to carry anyway."""
        if self._fixed is not None:
            return None
        if now > self._since:
            self._expected += (now - self._since) / self._policy.seconds_per_share
            self._since = now
        ratio = self._find_ratio()
        self._turn_slots()
        if ratio == 1.0 and self._wanted == self._target:
            return None
        # Also when nothing is surprising (any more): then what waits for the next job is given up, but for a floor.
        wanted = self._bounded(scaled_target(self._target, ratio))
        if ratio != 1.0 and wanted == self._target:
            # A bound or a floor has its way. What is known is used up, or it would hide what changes from here.
            settled = self._settled
            self._restart(self._since)
            self._settled = settled
        return self._want(wanted, source_target)

    def pause(self, now: float) -> None:
        """Call instead of `review` while the miner has no work: this time is not evidence."""
        self._since = now

    # -- what was wished ----------------------------------------------------------------------------------------

    def guess(self, start: Target, source_target: Target) -> Change | None:
        """A better start (a password, a suggestion, what the worker had last time). Ignored once shares have
        come, and when it is said again."""
        if not self._blind or start == self._guessed:
            return None  # NerdMiners suggest the same every 30 s, be it right or not
        self._guessed = start
        change = self._want(self._bounded(round_target(start)), source_target)
        self._commit(self._since)
        return change

    def set_floor(self, floor: Target | None, source_target: Target, *, binding: bool = True) -> Change | None:
        """Never be easier than `floor`. One that does not bind (a suggestion) gives way to a much slower miner, and
        does not replace one that binds (a password)."""
        if not binding and self._floor is not None and self._floor_binds:
            return None
        self._floor, self._floor_binds = None if floor is None else self._policy.bounded_wish(floor), binding
        return self._want(self._bounded(self._wanted), source_target)

    def fix(self, fixed: Target | None, source_target: Target, *, bounded: bool = True) -> Change | None:
        """Stay exactly at `fixed`, whatever the shares say; None to follow the miner again. `bounded` False: whoever says so
        has seen to the bounds, which may be others than when this began."""
        if fixed is not None:
            fixed = self._policy.bounded_wish(fixed) if bounded else whole_target(fixed)
        self._fixed = fixed
        self._restart(self._since)
        return self._want(self._bounded(self._wanted), source_target)

    # -- inside -------------------------------------------------------------------------------------------------

    def _want(self, wanted: Target, source_target: Target) -> Change | None:
        before, self._wanted = max(self._wanted, source_target), wanted
        after = max(wanted, source_target)
        if after == before:
            return None
        issued = max(self._target, source_target)
        urgent = after >= URGENT_RATIO * issued or issued >= URGENT_RATIO * after
        return Change(after if after == wanted else whole_target(after), urgent)

    def _bounded(self, target: Target) -> Target:
        if self._fixed is not None:
            return self._fixed
        target, floor = self._policy.bounded(target), self._floor
        if floor is not None and target > floor and (self._floor_binds or target < WEAK_FLOOR_RATIO * floor):
            return floor
        return target

    def _commit(self, now: float) -> None:
        """The wanted target is in force; what was seen before was evidence about another one."""
        self._target = self._wanted
        self._restart(now)

    def _restart(self, now: float) -> None:
        """Begin to gather evidence."""
        self._weighed = self._target
        self._weight = 1.0
        self._since = now
        self._settled = False
        self._expected = 0.0
        self._seen = 0.0
        self._due = self._next_due()
        self._slots_expected = array("d")
        self._slots_seen = array("d")

    def _weigh(self, target: Target) -> None:
        """What a share of `target` counts. A share that was asked for under a harder target counts as one, not as the
        several it is worth: it is a single event, and one lucky arrival must not look like ten."""
        self._weighed = target
        self._weight = min(1.0, work_of_target(target) / work_of_target(self._target))

    def _find_ratio(self) -> float:
        """Seen over expected shares of the most surprising run of slots up to now; 1.0 when nothing is surprising."""
        least_nats, one_share_nats = self._asked_nats()
        slots_expected, slots_seen = self._slots_expected, self._slots_seen
        expected, seen = max(self._expected, _QUANTUM_SETTLED if self._settled else _QUANTUM_GUESS), self._seen
        best, best_expected, best_seen = 0.0, 1.0, 1.0
        index = len(slots_seen)
        while True:
            log_expected = log(expected)
            surprise = expected if seen <= 0.0 else seen * (log(seen) - log_expected - 1.0) + expected
            asked = one_share_nats - log_expected
            excess = surprise - (asked if asked > least_nats else least_nats)
            if excess > best:
                best, best_expected, best_seen = excess, expected, seen
            if not index:
                break
            index -= 1
            expected += slots_expected[index]
            seen += slots_seen[index]
        if best == 0.0:
            if seen >= SETTLED_SHARES:
                self._settled, self._proven = True, self._target
            return 1.0
        if self._blind:
            return BLIND_STEP
        if best_seen > best_expected:
            # The share that ended the run is not evidence of its rate: n shares show n - 1 gaps.
            return (best_seen - 1.0) / best_expected
        return max(LARGEST_STEP_DOWN, (best_seen + 0.5) / best_expected)

    def _asked_nats(self) -> tuple[float, float]:
        """How surprising a run must be before it is believed: at least the first number, and the second less the
        logarithm of the shares expected in it.

        The target of a new connection is a guess: a two-sided 1 % in truth (the bound itself says e**-3.3). After a
        change it is an estimate from few shares: 1 in 200. Once it is settled, a run is asked more the shorter it is,
        for the shorter it is the more often a day tries it: a run worth 1 share 1 in a million, one worth 10 (100 s
        at 6 a minute) 1 in 100,000, one worth 180 (half an hour) 1 in 5,500; never less than 1 in 200.
        """
        if self._settled:
            return _GUESS_NATS, _SETTLED_NATS
        return (_FIRST_NATS if self._proven is None else _GUESS_NATS), float("-inf")

    def _turn_slots(self) -> None:
        """Close the open slot if it is long enough; join older ones; forget the oldest.

        Neighbours are joined when together they are no longer than everything newer, so a run can start within a
        factor of two of any age and the number of slots grows with the logarithm of the memory (at most 40).
        """
        quantum = _QUANTUM_SETTLED if self._settled else _QUANTUM_GUESS
        if self._expected >= quantum:
            self._slots_expected.append(self._expected)
            self._slots_seen.append(self._seen)
            self._expected = self._seen = 0.0
            self._join_slots()
        self._due = self._next_due()

    def _next_due(self) -> float:
        """At how many shares of the open slot to look again; never where no answer to a flood is left."""
        if self._fixed is not None or self._wanted <= self._policy.hardest_target:
            return float("inf")
        return self._seen + DUE_SHARES

    def _join_slots(self) -> None:
        expected, seen = self._slots_expected, self._slots_seen
        newer = 0.0
        for index in range(len(expected) - 1, 0, -1):
            if expected[index] + expected[index - 1] <= newer:
                expected[index - 1] += expected.pop(index)
                seen[index - 1] += seen.pop(index)
            else:
                newer += expected[index]
        if newer >= MEMORY_SHARES:
            del expected[0], seen[0]


def round_target(target: Target) -> Target:
    """The target of the nearest difficulty that people and firmware take well: two significant digits, and whole from
    1 on (ESP-Miner up to 2.13 cuts fractions off)."""
    difficulty = float(f"{difficulty_of_target(target):.1e}")
    if difficulty < 0.95:
        return target_of_difficulty(difficulty)
    return max(1, DIFFICULTY_1_TARGET // max(1, round(difficulty)))


def whole_target(target: Target) -> Target:
    """This target, or the next easier one whose difficulty is whole if that is above 1: a device that cuts fractions
    off and we then mean the same."""
    difficulty = DIFFICULTY_1_TARGET // target
    return DIFFICULTY_1_TARGET // difficulty if difficulty >= 1 else target


def scaled_target(target: Target, ratio: float) -> Target:
    """The round target of a difficulty `ratio` times as high; the very same for a ratio of 1."""
    if ratio == 1.0:
        return target
    numerator, denominator = ratio.as_integer_ratio()
    return round_target(max(1, min(MAX_TARGET, target * denominator // numerator)))
