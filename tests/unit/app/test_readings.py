"""What counts as a number of a chain, and how old it may be."""

from typing import Any

import pytest

from headframe.app.readings import MAX_BLOCKS, Readings, blocks_of, number_of
from headframe.routing.policies import Block, Economics


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1.0), (61250.5, 61250.5), ("61250.50", 61250.5), ("4.6e-10", 4.6e-10)]
)
def test_a_number_may_also_be_written_as_text(value: object, number: float) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        True,
        None,
        [],
        {},
        "",
        "abc",
        "NaN",
        "inf",
        "-3",
        "1_000",
        float("nan"),
        float("inf"),
        10**400,
        1e31,
        1e-31,
    ],
    ids=repr,
)
def test_what_cannot_be_a_price_is_none(value: object) -> None:
    assert number_of(value) is None


def test_a_bad_answer_leaves_the_number_before_and_its_age() -> None:
    readings = fed()
    for bad in (None, -1, "NaN", {}, 10**400):
        assert readings.of_feed("btc", "price", bad, 500.0, 0.0)
    assert readings.economics(500.0, 900.0)["btc"].price == 60_000.0
    assert readings.economics(500.0, 900.0)["btc"].at == 100.0


def test_a_reward_in_coins_is_not_taken_for_sats() -> None:
    for wrong in (3.125, "3.125", 21_000_001 * 10**8):
        assert "sats" in Readings().of_feed("btc", "reward", wrong, 1.0, 0.0)


def test_a_chain_is_known_when_all_three_are_and_as_old_as_the_oldest() -> None:
    readings = fed()
    assert readings.economics(200.0, 900.0) == {"btc": Economics(100.0, 312_500_000, 60_000.0, 1e14)}
    readings.of_feed("btc", "price", 61_000, 180.0, 0.0)
    assert readings.economics(200.0, 900.0)["btc"].at == 100.0
    readings.of_feed("bch", "price", 500, 180.0, 0.0)
    assert set(readings.economics(200.0, 900.0)) == {"btc"}


def test_our_own_node_is_preferred_until_it_has_nothing_fresh() -> None:
    readings = fed()
    readings.of_node("btc", 2e14, 320_000_000, at=50.0)
    assert readings.economics(200.0, 900.0)["btc"].difficulty == 2e14
    assert readings.economics(951.0, 900.0)["btc"].difficulty == 1e14


def test_other_feeds_begin_anew_and_leave_what_our_node_said() -> None:
    readings = fed()
    readings.of_node("btc", 2e14, 320_000_000, at=50.0)
    readings.forget_fed()
    assert readings.economics(200.0, 900.0) == {}
    readings.of_feed("btc", "price", 1, 190.0, 0.0)
    assert readings.economics(200.0, 900.0)["btc"].difficulty == 2e14


def test_blocks_have_time_or_timestamp_and_difficulty() -> None:
    told = [{"time": 1_700_000_000, "difficulty": "1.5"}, {"timestamp": 1_700_000_600, "difficulty": 2, "more": []}]
    assert blocks_of(told) == (Block(1_700_000_000, 1.5), Block(1_700_000_600, 2.0))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        "x",
        [1],
        [{"time": 1}],
        [{"difficulty": 1}],
        [{"time": -1, "difficulty": 1}],
        [{"time": 2**32, "difficulty": 1}],
        [{"time": 1, "difficulty": float("nan")}],
        [{"time": 1, "difficulty": 1}] * (MAX_BLOCKS + 1),
    ],
    ids=range(11),
)
def test_blocks_that_are_none_are_refused_as_a_whole(value: Any) -> None:
    assert isinstance(blocks_of(value), str)
    readings = Readings()
    assert readings.of_feed("bch", "blocks", value, 1.0, 2.0)
    assert readings.recent_blocks(1.0, 900.0) == {}


def test_blocks_carry_when_they_were_asked_for() -> None:
    readings = Readings()
    assert readings.of_feed("bch", "blocks", [{"time": 5, "difficulty": 1}], 7.0, 8.0) == ""
    readings.blocks_of_node("btc", [Block(3, 1.0)], at=9.0, unix_s=10.0)
    found = readings.recent_blocks(20.0, 900.0)
    assert (found["bch"].at, found["bch"].now_unix_s, found["bch"].blocks) == (7.0, 8.0, (Block(5, 1.0),))
    assert (found["btc"].at, found["btc"].now_unix_s) == (9.0, 10.0)


def fed() -> Readings:
    readings = Readings()
    for what, value in (("price", 60_000), ("difficulty", 1e14), ("reward", 312_500_000)):
        assert readings.of_feed("btc", what, value, 100.0, 0.0) == ""
    return readings
