"""Where a session's difficulty starts, and what is remembered of it.

Responsible for: putting together all that is known before the first share (device class, what this worker had last time,
the password, a suggestion) and what the operator fixed, and telling vardiff; keeping proven difficulties for the next time.
Not responsible for: following the hashrate (`mining.vardiff`), device classes (`mining.devices`).
Read next: `mining.devices`, docs/flows/difficulty.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from headframe.bitcoin.target import target_of_difficulty
from headframe.gateway.worker_memory import WorkerMemory
from headframe.ledger.facts import Account
from headframe.mining.devices import UNKNOWN, DeviceClass, policy_for, start_target
from headframe.mining.identity import PasswordOptions
from headframe.mining.units import Target
from headframe.mining.vardiff import Change, Vardiff, VardiffPolicy

Fixed: TypeAlias = Callable[[str, str], float | None]
"""(identity, worker) -> the difficulty that the operator fixed it at."""


def nobody_fixed(identity: str, worker: str) -> float | None:
    """All are automatic."""
    return None


@dataclass(slots=True)
class Wishes:
    """What a miner asked for before or besides mining; owned by its seat."""

    suggested: Target | None = None
    suggested_binds: bool = False
    suggestions: int = 0
    options: PasswordOptions = field(default_factory=PasswordOptions)
    device: DeviceClass = field(default=UNKNOWN)
    resumed: bool = False
    decreed: float | None = None
    """What the operator fixed the connection at, by the first of its workers that has such an entry."""


class DifficultyDesk:
    """See the module. `unix_ms` is asked for the age of remembered difficulties."""

    def __init__(self, configured: VardiffPolicy, start: Target, memory: WorkerMemory) -> None:
        self._configured = configured
        self._start = start
        self._memory = memory
        self._fixed: Fixed = nobody_fixed

    def use_fixed(self, fixed: Fixed) -> None:
        """What the operator fixes from now on. Who mines already is to be asked to `obey`."""
        self._fixed = fixed

    def fixed_at(self, identity: str, worker: str) -> float | None:
        """The difficulty that the operator fixed a worker at."""
        return self._fixed(identity, worker)

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
        accounts: Sequence[Account],
        source_target: Target,
        now_ms: int,
    ) -> Change | None:
        """What the first worker's name and password add, and the operator's word on any of them. Returns the last change
        that came of it."""
        options, account = wishes.options, accounts[0]
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
        wishes.decreed = self._decreed(accounts)
        if wishes.decreed is not None or options.fixed_difficulty is not None:
            change = _fix(vardiff, wishes, source_target) or change
        if options.floor_difficulty is not None and options.fixed_difficulty is None:
            change = vardiff.set_floor(target_of_difficulty(options.floor_difficulty), source_target) or change
        return change

    def obey(
        self, vardiff: Vardiff, wishes: Wishes, accounts: Sequence[Account], source_target: Target
    ) -> Change | None:
        """The operator's word on the workers of a connection, which may be another than it was. Taken back, what the password
        asks for holds again."""
        decreed = self._decreed(accounts)
        if decreed == wishes.decreed:
            return None
        wishes.decreed = decreed
        return _fix(vardiff, wishes, source_target)

    def _decreed(self, accounts: Sequence[Account]) -> float | None:
        """A connection has one difficulty: the first of its workers that the operator fixed rules it."""
        for account in accounts:
            fixed = self._fixed(account.identity, account.worker)
            if fixed is not None:
                return fixed
        return None

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


def _fix(vardiff: Vardiff, wishes: Wishes, source_target: Target) -> Change | None:
    """The operator's word, else the password's, else automatic."""
    if wishes.decreed is not None:
        return vardiff.fix(target_of_difficulty(wishes.decreed), source_target, bounded=False)
    wished = wishes.options.fixed_difficulty
    return vardiff.fix(None if wished is None else target_of_difficulty(wished), source_target)
