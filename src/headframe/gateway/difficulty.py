"""Where a session's difficulty starts, and what is remembered of it.

Responsible for: putting together all that is known before the first share (device class, what this worker had last time,
the password, a suggestion) and telling vardiff; keeping proven difficulties for the next time.
Not responsible for: following the hashrate (`mining.vardiff`), device classes (`mining.devices`).
Read next: `mining.devices`, docs/flows/difficulty.md.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from headframe.bitcoin.target import target_of_difficulty
from headframe.gateway.worker_memory import WorkerMemory
from headframe.ledger.facts import Account
from headframe.mining.devices import UNKNOWN, DeviceClass, policy_for, start_target
from headframe.mining.identity import PasswordOptions
from headframe.mining.units import Target
from headframe.mining.vardiff import Change, Vardiff, VardiffPolicy

MAX_DECREES = 10_000
"""Workers whose difficulty the operator fixed; beyond it the earliest is forgotten."""


@dataclass(slots=True)
class Wishes:
    """What a miner asked for before or besides mining; owned by its seat."""

    suggested: Target | None = None
    suggested_binds: bool = False
    suggestions: int = 0
    options: PasswordOptions = field(default_factory=PasswordOptions)
    device: DeviceClass = field(default=UNKNOWN)
    resumed: bool = False


class DifficultyDesk:
    """See the module. `unix_ms` is asked for the age of remembered difficulties."""

    def __init__(self, configured: VardiffPolicy, start: Target, memory: WorkerMemory) -> None:
        self._configured = configured
        self._start = start
        self._memory = memory
        self._decrees: OrderedDict[tuple[str, str], Target] = OrderedDict()
        """What the operator fixed, by (identity, worker)."""

    def use(self, configured: VardiffPolicy, start: Target) -> None:
        """For sessions that begin now; those that mine keep the policy they began with."""
        self._configured = configured
        self._start = start

    def begin(self, wishes: Wishes, now: float, *, resumed: Target | None) -> Vardiff:
        """The vardiff of a session that has subscribed."""
        policy = policy_for(wishes.device, self._configured)
        wishes.resumed = resumed is not None
        start = resumed
        if start is None:
            start = start_target(policy, wishes.device, self._start, suggested=wishes.suggested)
        vardiff = Vardiff(policy, start=start, now=now)
        if wishes.suggested is not None:
            vardiff.set_floor(wishes.suggested, 0, binding=wishes.suggested_binds)
        return vardiff

    def named(
        self,
        vardiff: Vardiff,
        wishes: Wishes,
        account: Account,
        source_target: Target,
        now_ms: int,
    ) -> Change | None:
        """What the first worker's name and password add. Returns the last change that came of it."""
        options = wishes.options
        change = None
        if not wishes.resumed:
            remembered = self._memory.recall(account.identity, account.worker)
            start = start_target(
                policy_for(wishes.device, self._configured),
                wishes.device,
                self._start,
                remembered=remembered[0] if remembered is not None else None,
                away_s=max(0.0, (now_ms - remembered[1]) / 1000) if remembered is not None else 0.0,
                hashrate=options.hashrate_ths * 1e12 if options.hashrate_ths is not None else None,
                suggested=wishes.suggested,
            )
            change = vardiff.guess(start, source_target)
        fixed = self._decrees.get((account.identity, account.worker)) or _wished(options)
        if fixed is not None:
            change = vardiff.fix(fixed, source_target) or change
        if options.floor_difficulty is not None and options.fixed_difficulty is None:
            change = vardiff.set_floor(target_of_difficulty(options.floor_difficulty), source_target) or change
        return change

    def fix(
        self,
        vardiff: Vardiff,
        wishes: Wishes,
        account: Account | None,
        fixed: Target | None,
        source_target: Target,
    ) -> Change | None:
        """The operator's word on a session, and on this worker's later ones of this run; None takes it back, and what the
        password asks for holds again."""
        if account is not None:
            key = (account.identity, account.worker)
            self._decrees.pop(key, None)
            if fixed is not None:
                self._decrees[key] = fixed
                if len(self._decrees) > MAX_DECREES:
                    self._decrees.popitem(last=False)
        return vardiff.fix(fixed if fixed is not None else _wished(wishes.options), source_target)

    def wish_bounds(self, wishes: Wishes) -> tuple[Target, Target]:
        """(hardest, easiest) target that may be fixed for this device."""
        policy = policy_for(wishes.device, self._configured)
        return policy.hardest_wish_target, policy.easiest_wish_target

    @property
    def seconds_per_share(self) -> float:
        """How often a share should come."""
        return self._configured.seconds_per_share

    def suggested(
        self, vardiff: Vardiff | None, wishes: Wishes, target: Target, source_target: Target, *, binding: bool
    ) -> Change | None:
        """The device suggests an easiest target: a start if nothing is known yet, and a floor. Before the subscription
        (`vardiff` None) it is remembered for it."""
        if wishes.suggested == target:
            return None
        wishes.suggested, wishes.suggested_binds = target, binding
        if vardiff is None:
            return None
        change = None if wishes.resumed else vardiff.guess(target, source_target)
        return vardiff.set_floor(target, source_target, binding=binding) or change

    def keep(self, vardiff: Vardiff, account: Account, now_ms: int) -> None:
        """Remember what shares have proven of this worker."""
        if vardiff.proven is not None:
            self._memory.remember(account.identity, account.worker, vardiff.proven, now_ms)


def _wished(options: PasswordOptions) -> Target | None:
    return None if options.fixed_difficulty is None else target_of_difficulty(options.fixed_difficulty)
