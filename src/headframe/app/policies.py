"""The policies that there are to choose from.

Responsible for: what each needs and whether it has it, how the one in force decides, what another would decide now.
Not responsible for: deciding (`app.autobalance`), changing the setting (`app.desk`), words (`web`).
Read next: `app.autobalance`.

Trying a policy asks its feeds once. Bound: one try at a time, and what came of each policy is given again for REUSE_S.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from headframe.app import parts
from headframe.app.autobalance import AutoBalance, Outcome
from headframe.config import Config, NodeSource
from headframe.config.routing import POLICY_NEEDS
from headframe.net.clock import Clock
from headframe.service.balance_views import BalanceView, PolicyNeed, PolicyOption, PolicyTrial, TierBalance
from headframe.service.refusals import NotFound

REUSE_S = 10.0
OF_NODES = frozenset({"difficulty", "reward", "blocks"})
"""What an own node knows of its chain."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of a try, while that is the configuration and its time is not over."""

    config: Config
    at: float
    trial: PolicyTrial


class Policies:
    """See the module. `config` gives what is in force. One owner: the house."""

    def __init__(self, clock: Clock, balance: AutoBalance, config: Callable[[], Config]) -> None:
        self._clock = clock
        self._balance = balance
        self._config = config
        self._trying = asyncio.Lock()
        self._tried: dict[str, _Tried] = {}
        """By policy, of which there are few."""

    def view(self) -> BalanceView:
        config, outcome = self._config(), self._balance.outcome()
        policy = config.routing.policy
        return BalanceView(
            policy=policy,
            chains=_chains(config),
            base=parts.base_weights(config),
            weights=outcome.weights,
            tiers=_tiers(outcome),
            options=tuple(option(config, name, outcome if name == policy else None) for name in POLICY_NEEDS),
        )

    async def trial(self, policy: str) -> PolicyTrial:
        """What this one would decide now; that in force decides nothing else than it did. Raises NotFound."""
        if policy not in POLICY_NEEDS:
            raise NotFound(f"there is no policy {policy[:64]!r}", f"choose one of {', '.join(POLICY_NEEDS)}")
        async with self._trying:
            config, now, last = self._config(), self._clock.monotonic(), self._tried.get(policy)
            if last is None or last.config is not config or now - last.at > REUSE_S:
                last = self._tried[policy] = _Tried(config, now, await self._try(config, policy))
            return last.trial

    async def _try(self, config: Config, policy: str) -> PolicyTrial:
        base = parts.base_weights(config)
        settings = parts.balance_settings(_with(config, policy))
        if policy == config.routing.policy:
            outcome = self._balance.outcome()
        elif settings is None or not option(config, policy).able:
            return PolicyTrial(option(config, policy), base, ())
        else:
            outcome = await self._balance.trial(settings, base)
        return PolicyTrial(option(config, policy, outcome), outcome.weights, _tiers(outcome))


def option(config: Config, policy: str, outcome: Outcome | None = None) -> PolicyOption:
    """What a policy needs; with an outcome, whether it has it too."""
    chains = _chains(config)
    found = [_need(config, chain, what, outcome) for chain in chains for what in POLICY_NEEDS[policy]]
    able = policy == "weights" or (len(chains) > 1 and all(need.by for need in found))
    return PolicyOption(policy, able, tuple(found))


def _need(config: Config, chain: str, what: str, outcome: Outcome | None) -> PolicyNeed:
    by = "feed" if any((feed.chain, feed.what) == (chain, what) for feed in config.routing.feed) else ""
    if what in OF_NODES and any(isinstance(one, NodeSource) and one.chain == chain for one in config.source):
        by = "node"
    if outcome is None:
        return PolicyNeed(chain, what, by)
    known = (chain, what) in outcome.known
    return PolicyNeed(chain, what, by, known, "" if known else outcome.failing.get((chain, what), ""))


def _tiers(outcome: Outcome) -> tuple[TierBalance, ...]:
    made = []
    for one in outcome.tiers:
        decision = one.decision
        over: Mapping[str, float] = decision.over
        made.append(TierBalance(one.tier, decision.standing.value, decision.missing, dict(over)))
    return tuple(made)


def _chains(config: Config) -> tuple[str, ...]:
    return tuple(sorted({source.chain for source in config.source}))


def _with(config: Config, policy: str) -> Config:
    return config.model_copy(update={"routing": config.routing.model_copy(update={"policy": policy})})
