"""What is earned and what may be expected: exact where it is money, unknown where something is unknown."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.ledger.upstream import Passed
from headframe.service.earning_views import Earned, Expected, ExpectedOfSource
from headframe.service.earnings import (
    MOST_SATS,
    Prospect,
    accepted_part,
    earned,
    expected,
    needed_of,
    sats_per_day,
)
from headframe.store.answers import RewardSum, SourceSums, UpstreamSums

REWARD = 312_512_345
NEEDED = 86_400 * 10**12
"""So that one TH/s finds a block a day."""


def told(accepted: int, refused: int = 0, lost: int = 0) -> SourceSums:
    shares = {"accepted": Passed(1, accepted), "refused": Passed(1, refused), "lost": Passed(1, lost)}
    return SourceSums(upstream=UpstreamSums(shares, {}))


# -- found blocks ---------------------------------------------------------------------------------------------------


def test_rewards_are_summed_by_what_became_of_the_blocks_and_what_was_lost_pays_nothing() -> None:
    sums = [
        RewardSum("home", "matured", 2, 0, 2 * REWARD),
        RewardSum("spare", "matured", 1, 0, 1),
        RewardSum("home", "accepted", 1, 0, REWARD),
        RewardSum("home", "pending", 1, 0, 7),
        *(RewardSum("home", outcome, 1, 0, REWARD) for outcome in ("orphaned", "stale", "rejected")),
    ]
    (btc,) = earned(sums, {"home": "btc", "spare": "btc"})
    assert (btc.spendable_sats, btc.maturing_sats, btc.pending_sats) == (2 * REWARD + 1, REWARD, 7)
    assert (btc.spendable, btc.maturing, btc.pending, btc.unknown) == (3, 1, 1, 0)


def test_sats_of_different_chains_and_of_sources_that_are_gone_are_never_added_up() -> None:
    sums = [RewardSum(source, "matured", 1, 0, sats) for source, sats in (("a", 1), ("b", 2), ("gone", 4))]
    found = earned(sums, {"a": "btc", "b": "bch"})
    assert [(each.chain, each.spendable_sats) for each in found] == [("", 4), ("bch", 2), ("btc", 1)]


def test_a_block_without_a_reward_on_record_adds_nothing_and_is_told() -> None:
    """Such as one that a miner found for a pool."""
    (found,) = earned([RewardSum("ocean", "accepted", 3, 2, REWARD)], {"ocean": "btc"})
    assert found == Earned("btc", 0, REWARD, 0, maturing=3, unknown=2)


def test_without_any_block_there_are_no_sums() -> None:
    assert earned([], {"home": "btc"}) == ()
    assert earned([RewardSum("home", "orphaned", 1, 0, REWARD)], {"home": "btc"}) == ()


# -- what may be expected -------------------------------------------------------------------------------------------


def test_an_own_node_brings_its_part_of_the_blocks_of_a_day() -> None:
    """One TH/s here finds one block a day: it is expected to bring one reward."""
    prospects = {"home": Prospect("node", "btc", NEEDED, REWARD)}
    assert expected({"home": 1e12}, prospects, {}) == (
        Expected("btc", REWARD, True, (ExpectedOfSource("home", "node", 1e12, REWARD),)),
    )
    (half,) = expected({"home": 0.5e12}, prospects, {})
    assert half.sats_per_day == REWARD // 2


def test_at_a_pool_the_work_that_it_accepted_counts() -> None:
    prospects = {"ocean": Prospect("pool", "btc", NEEDED, 1000)}
    (found,) = expected({"ocean": 1e12}, prospects, {"ocean": told(90, 9, 1)})
    assert found.by_source == (ExpectedOfSource("ocean", "pool", 0.9e12, 900),)


@pytest.mark.parametrize("sums", [{}, {"ocean": SourceSums()}, {"ocean": told(0)}])
def test_before_a_pool_has_answered_what_it_brings_is_unknown(sums: dict[str, SourceSums]) -> None:
    prospects = {"ocean": Prospect("pool", "btc", NEEDED, 1000)}
    assert expected({"ocean": 1e12}, prospects, sums) == (
        Expected("btc", None, False, (ExpectedOfSource("ocean", "pool", 1e12, None),)),
    )


def test_a_pool_that_refuses_everything_brings_nothing() -> None:
    (found,) = expected({"ocean": 1e12}, {"ocean": Prospect("pool", "btc", NEEDED, 1000)}, {"ocean": told(0, 5)})
    assert (found.sats_per_day, found.complete) == (0, True)


@pytest.mark.parametrize(("needed", "reward"), [(None, REWARD), (NEEDED, None), (None, None)])
def test_without_difficulty_or_reward_it_is_unknown_and_the_sum_says_that_it_is_not_whole(
    needed: int | None, reward: int | None
) -> None:
    prospects = {
        "ocean": Prospect("pool", "bch", needed, reward),
        "home": Prospect("node", "btc", NEEDED, REWARD),
        "spare": Prospect("node", "btc", NEEDED, REWARD),
    }
    rates = {"ocean": 1e12, "home": 1e12}
    bch, btc = expected(rates, prospects, {"ocean": told(1)})
    assert (bch.chain, bch.sats_per_day, bch.complete) == ("bch", None, False)
    assert (btc.chain, btc.sats_per_day, btc.complete) == ("btc", REWARD, True)


def test_our_own_node_is_believed_before_what_a_pools_job_says_of_the_same_chain() -> None:
    """A pool could promise an easy network."""
    prospects = {"ocean": Prospect("pool", "btc", 1, 10**12), "home": Prospect("node", "btc", NEEDED, 1000)}
    (found,) = expected({"ocean": 1e12}, prospects, {"ocean": told(1)})
    assert found.sats_per_day == 1000


def test_what_was_not_mined_for_in_the_last_hour_is_left_out() -> None:
    prospects = {"home": Prospect("node", "btc", NEEDED, REWARD), "spare": Prospect("node", "btc", NEEDED, REWARD)}
    assert expected({"home": 0.0}, prospects, {}) == ()
    (found,) = expected({"home": 1e12, "spare": 0.0, "removed": 1e12}, prospects, {})
    assert [each.source for each in found.by_source] == ["home"]


def test_more_than_all_there_will_ever_be_is_no_estimate() -> None:
    assert sats_per_day(1e12, 2, 5_000_000_000) is None
    assert sats_per_day(1.0, 86_400, MOST_SATS) == MOST_SATS


def test_less_than_a_sat_is_none_and_not_unknown() -> None:
    assert sats_per_day(1.0, NEEDED, REWARD) == 0


def test_only_our_own_sources_look_for_blocks() -> None:
    prospects = {
        "home": Prospect("node", "btc", NEEDED, REWARD),
        "dark": Prospect("node", "btc", None, None),
        "ocean": Prospect("pool", "btc", NEEDED, REWARD),
    }
    assert needed_of(prospects) == {"home": NEEDED}


@given(st.floats(0, 1e21), st.integers(2**32, 2**90), st.integers(1, 10**10))
def test_an_estimate_is_whole_sats_and_never_more_than_the_exact_one(rate: float, needed: int, reward: int) -> None:
    exact = Fraction(rate) * 86_400 * reward / needed
    found = sats_per_day(rate, needed, reward)
    assert found is None if exact >= MOST_SATS + 1 else found == exact.__floor__()


@given(st.integers(0, 2**90), st.integers(0, 2**90), st.integers(0, 2**90))
def test_the_accepted_part_is_one_of_a_whole(accepted: int, refused: int, lost: int) -> None:
    part = accepted_part(told(accepted, refused, lost))
    assert part is None if not accepted + refused + lost else 0 <= (part or 0) <= 1
