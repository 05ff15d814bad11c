"""How a made-up house balances.

Responsible for: one sample of `service.balance_views`, for whichever policy.
Not responsible for: being true.
Read next: `testing.scripted_world`.
"""

from collections.abc import Mapping

from headframe.service.balance_views import BalanceView, PolicyNeed, PolicyOption, TierBalance

STEP = 5
"""So much more the second source gets while a policy decides."""


def sample_balance(policy: str, weights: Mapping[str, int]) -> BalanceView:
    """Expected value has all that it needs, network hashrate lacks the blocks of one chain."""
    wanted = dict(weights)
    tiers: tuple[TierBalance, ...] = ()
    if policy == "expected_value" and len(wanted) > 1:
        first, second = list(wanted)[:2]
        wanted |= {first: wanted[first] - STEP, second: wanted[second] + STEP}
        tiers = (TierBalance(0, "moved", (), {"bch": 1.8, "btc": -0.8}),)
    elif policy == "network_hashrate":
        tiers = (TierBalance(0, "base", ("bch",), {}),)
    return BalanceView(policy, ("bch", "btc"), dict(weights), wanted, tiers, _options(policy))


def _options(policy: str) -> tuple[PolicyOption, ...]:
    value = tuple(
        PolicyNeed(chain, what, "node" if chain == "btc" and what != "price" else "feed", True)
        for chain in ("bch", "btc")
        for what in ("price", "difficulty", "reward")
    )
    blocks = (PolicyNeed("bch", "blocks", ""), PolicyNeed("btc", "blocks", "node"))
    return (
        PolicyOption("weights", True, ()),
        PolicyOption("expected_value", True, value),
        PolicyOption("network_hashrate", False, blocks),
    )
