"""Weights that follow the world."""

import pytest

from headframe.routing.policies import (
    BaseWeight,
    Block,
    Bounds,
    Economics,
    RecentBlocks,
    Windows,
    expected_value,
    hashrate_of,
    network_hashrate,
)

BASE = [BaseWeight("node", "btc", 40), BaseWeight("pool", "btc", 20), BaseWeight("cash", "bch", 40)]
BTC = Economics(at=0, reward_sats=312_500_000, price=100_000, difficulty=1e14)
EVEN = Economics(at=0, reward_sats=312_500_000, price=500, difficulty=5e11)
"""Another chain that pays the same for a hash."""
BOUNDS = Bounds(max_deviation=0.1, gain=5, smooth_s=1800, fresh_s=900, hold_s=3600)


def economics(at, better=1.0, of=EVEN):
    return Economics(at, of.reward_sats, of.price * better, of.difficulty)


def both(at, better):
    return {"btc": economics(at, of=BTC), "bch": economics(at, better)}


def test_chains_that_pay_the_same_keep_their_base_weights():
    decision = expected_value(0, BASE, {"btc": BTC, "bch": EVEN}, None, BOUNDS)
    assert decision.weights == {"node": 40, "pool": 20, "cash": 40}
    assert "no step worth making" in decision.reason


def test_the_chain_that_pays_more_gets_more_and_the_others_share_the_loss_in_proportion():
    decision = expected_value(0, BASE, both(0, 1.05), None, BOUNDS)
    assert decision.weights == {"node": 36, "pool": 18, "cash": 46}
    assert "bch +3.0 %" in decision.reason


def test_the_base_is_never_left_further_than_allowed():
    assert expected_value(0, BASE, both(0, 100), None, BOUNDS).weights["cash"] == 50
    assert expected_value(0, BASE, both(0, 0.01), None, BOUNDS).weights["cash"] == 30


def test_a_chain_with_a_weight_keeps_one():
    base = [BaseWeight("a", "btc", 99), BaseWeight("b", "bch", 1)]
    wide = Bounds(max_deviation=1)
    assert expected_value(0, base, both(0, 0.01), None, wide).weights == {"a": 99, "b": 1}


def test_a_jump_is_smoothed():
    tilt = expected_value(0, BASE, both(0, 1.0), None, BOUNDS).tilt
    soon = expected_value(60, BASE, both(60, 1.10), tilt, BOUNDS)
    later = expected_value(1800, BASE, both(1800, 1.10), tilt, BOUNDS)
    settled = expected_value(60, BASE, both(60, 1.10), None, BOUNDS)
    assert soon.weights["cash"] == 40
    assert 40 < later.weights["cash"] < settled.weights["cash"]


def test_small_steps_are_not_made():
    tilt = expected_value(0, BASE, both(0, 1.05), None, BOUNDS).tilt
    again = expected_value(60, BASE, both(60, 1.052), tilt, BOUNDS)
    assert again.weights["cash"] == 46
    assert "no step worth making" in again.reason


def test_without_fresh_data_the_weights_are_held_and_then_the_base_holds():
    good = expected_value(0, BASE, both(0, 1.05), None, BOUNDS)
    assert expected_value(900, BASE, both(0, 1.05), good.tilt, BOUNDS).tilt.at == 900
    held = expected_value(901, BASE, both(0, 1.5), good.tilt, BOUNDS)
    assert held.weights == good.weights
    assert "held" in held.reason
    assert "bch, btc" in held.reason
    assert expected_value(3600, BASE, {"btc": BTC}, held.tilt, BOUNDS).weights == good.weights
    given_up = expected_value(3601, BASE, {"btc": BTC}, held.tilt, BOUNDS)
    assert given_up.weights == {"node": 40, "pool": 20, "cash": 40}
    assert given_up.reason.startswith("base weights")


@pytest.mark.parametrize(
    "absurd",
    [
        Economics(0, 0, 500, 5e11),
        Economics(0, 2**63, 500, 5e11),
        Economics(0, 10**400, 500, 5e11),
        Economics(0, 312_500_000, float("nan"), 5e11),
        Economics(0, 312_500_000, float("inf"), 5e11),
        Economics(0, 312_500_000, -1.0, 5e11),
        Economics(0, 312_500_000, 500, 0.0),
        Economics(1, 312_500_000, 500, 5e11),
    ],
)
def test_absurd_data_is_no_data(absurd):
    decision = expected_value(0, BASE, {"btc": BTC, "bch": absurd}, None, BOUNDS)
    assert decision.weights == {"node": 40, "pool": 20, "cash": 40}
    assert decision.reason == "base weights: no usable data of bch"


def test_new_base_weights_are_a_new_start():
    tilt = expected_value(0, BASE, both(0, 1.05), None, BOUNDS).tilt
    other = [BaseWeight("node", "btc", 50), BaseWeight("cash", "bch", 50)]
    assert expected_value(60, other, {"btc": BTC}, tilt, BOUNDS).weights == {"node": 50, "cash": 50}


def test_a_source_or_a_chain_without_weight_gets_none():
    base = [
        BaseWeight("a", "btc", 50),
        BaseWeight("off", "btc", 0),
        BaseWeight("b", "bch", 50),
        BaseWeight("x", "xec", 0),
    ]
    weights = expected_value(0, base, both(0, 1.05), None, BOUNDS).weights
    assert weights["off"] == weights["x"] == 0
    assert weights["b"] > 50


def test_one_chain_leaves_nothing_to_balance():
    decision = expected_value(0, BASE[:2], {}, None, BOUNDS)
    assert decision.weights == {"node": 40, "pool": 20}


# -- network hashrate -----------------------------------------------------------------------------------------------

DAY = 86400


def chain(*, spacing_s=600, late_s=600, difficulty=1e12, of_late=6 * 3600, days=20):
    """Blocks every `spacing_s` until `of_late` seconds ago, every `late_s` since; now is 0."""
    old = [Block(time, difficulty) for time in range(-days * DAY, -of_late, spacing_s)]
    return [*old, *(Block(time, difficulty) for time in range(-of_late, 0, late_s))]


def reading(blocks, at=0.0):
    return RecentBlocks(at, 0, blocks)


def test_hashrate_is_work_over_time():
    assert hashrate_of(chain(), 0, DAY) == pytest.approx(1e12 * 2**32 / 600, rel=0.01)


def test_each_block_counts_with_its_own_difficulty():
    blocks = [Block(-7200, 1.0), *(Block(-60 * n, 3.0 if n % 2 else 1.0) for n in range(59, 0, -1))]
    assert hashrate_of(blocks, 0, 3600) == pytest.approx((30 * 3 + 29) * 2**32 / 3600, rel=1e-4)


def test_a_network_that_stands_still_has_less_hashrate_every_minute():
    blocks = [Block(time, 1.0) for time in range(-8000, -1000, 100)]
    assert hashrate_of(blocks, 0, 3600) < hashrate_of(blocks, -1000, 3600)


def test_blocks_from_the_future_count_as_now():
    assert hashrate_of([Block(-4000, 1.0), Block(90, 1.0)], 0, 3600) == pytest.approx(2**32 / 3600, rel=1e-4)


def test_blocks_that_do_not_reach_back_say_nothing():
    assert hashrate_of([Block(-3000, 1.0)], 0, 3600) is None
    assert hashrate_of([], 0, 3600) is None
    assert hashrate_of([Block(-4000, float("nan")), Block(-10, 1.0)], 0, 3600) is None


def test_the_chain_that_its_miners_left_gets_more():
    told = {"btc": reading(chain()), "bch": reading(chain(late_s=2400))}
    decision = network_hashrate(0, BASE, told, None, BOUNDS)
    assert decision.weights["cash"] == 50
    crowded = {"btc": reading(chain()), "bch": reading(chain(late_s=150))}
    assert network_hashrate(0, BASE, crowded, None, BOUNDS).weights["cash"] == 30


def test_a_difficulty_that_followed_the_hashrate_is_seen_through():
    """Blocks come every ten minutes all the same, at a quarter of the difficulty: the hashrate is a quarter."""
    fallen = [Block(b.time_unix_s, 1e12 if b.time_unix_s < -6 * 3600 else 0.25e12) for b in chain()]
    assert (
        network_hashrate(0, BASE, {"btc": reading(chain()), "bch": reading(fallen)}, None, BOUNDS).weights["cash"] == 50
    )


def test_a_few_blocks_more_or_less_are_luck():
    told = {"btc": reading(chain()), "bch": reading(chain(late_s=700))}
    assert network_hashrate(0, BASE, told, None, BOUNDS).weights["cash"] == 40
    no_luck = Windows(noise=0)
    assert network_hashrate(0, BASE, told, None, BOUNDS, no_luck).weights["cash"] > 40


def test_a_chain_without_a_block_for_the_whole_window_is_wanted_and_no_error():
    silent = [block for block in chain() if block.time_unix_s < -7 * 3600]
    assert (
        network_hashrate(0, BASE, {"btc": reading(chain()), "bch": reading(silent)}, None, BOUNDS).weights["cash"] == 50
    )


def test_stale_blocks_are_no_data():
    told = {"btc": reading(chain()), "bch": reading(chain(late_s=2400), at=-901.0)}
    assert "no usable data of bch" in network_hashrate(0, BASE, told, None, BOUNDS).reason
