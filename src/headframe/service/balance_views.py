"""What a face may see of how weights are decided.

Responsible for: these shapes.
Not responsible for: deciding (`routing.policies`), choosing a policy (a setting like any other: `service.commands`).
Read next: docs/operating/auto-balance.md.
"""

import msgspec

from headframe.service.settings_views import WeightPreview


class PolicyNeed(msgspec.Struct, frozen=True):
    """A number that a policy must have of a chain: price, difficulty, reward or blocks. `by`: node, feed, or "" where
    nothing that is configured knows it. `known`: whether there is a fresh one; None while nobody was asked. `reason`: what
    was wrong with the last answer."""

    chain: str
    what: str
    by: str
    known: bool | None = None
    reason: str = ""


class TierBalance(msgspec.Struct, frozen=True):
    """How the weights of a tier were decided. `state`: moved, kept (no step is worth making), held (numbers are missing,
    the last decision holds for a while), base (numbers are missing, the operator's own weights hold), one_chain. `missing`:
    chains of which too little is known. `over`: by how many percent a chain's value is above the mean of all."""

    tier: int
    state: str
    missing: tuple[str, ...]
    over: dict[str, float]


class PolicyOption(msgspec.Struct, frozen=True):
    """A policy that can be chosen. `able`: all that it needs is configured, for two chains or more."""

    name: str
    able: bool
    needs: tuple[PolicyNeed, ...]


class BalanceView(msgspec.Struct, frozen=True):
    """The policy in force; the operator's own weights (`base`) and those that hold now, by source; `tiers` is empty while
    weights alone decide."""

    policy: str
    chains: tuple[str, ...]
    base: dict[str, int]
    weights: dict[str, int]
    tiers: tuple[TierBalance, ...]
    options: tuple[PolicyOption, ...]


def no_balance() -> BalanceView:
    """Where nothing decides."""
    return BalanceView("weights", (), {}, {}, (), ())


class PolicyTrial(msgspec.Struct, frozen=True):
    """What a policy would decide now. `option` says of each need whether it was met."""

    option: PolicyOption
    weights: dict[str, int]
    tiers: tuple[TierBalance, ...]


class PolicyPreview(msgspec.Struct, frozen=True):
    """The same with what it would move."""

    trial: PolicyTrial
    plan: WeightPreview
