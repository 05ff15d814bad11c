"""Difficulty as the SV1 wire writes it."""

import pytest

from headframe.bitcoin.target import DIFFICULTY_1_TARGET, MAX_TARGET, target_of_bits, target_of_difficulty
from headframe.stratum.v1.difficulty import decimal_of_target, target_of_hex, target_of_suggestion


@pytest.mark.parametrize(
    ("difficulty", "text"),
    [(1, "1"), (1024, "1024"), (3, "3"), (0.5, "0.5"), (1000.5, "1000.5"), (1e-6, "0.000001"), (1e12, "1000000000000")],
)
def test_it_is_the_number_that_was_set_without_exponent(difficulty, text):
    assert decimal_of_target(target_of_difficulty(difficulty)) == text


def test_the_regtest_target_is_written_so_that_no_miner_takes_it_for_an_easier_one():
    text = decimal_of_target(target_of_bits(0x207FFFFF))
    assert text == "0.000000000465654237390693"
    assert float(text) >= 4.656542373906925e-10


@pytest.mark.parametrize("target", [1, 2, MAX_TARGET, MAX_TARGET - 1, DIFFICULTY_1_TARGET - 1, DIFFICULTY_1_TARGET + 1])
def test_the_ends_of_the_scale_are_plain_decimals(target):
    assert set(decimal_of_target(target)) <= set("0123456789.")


@pytest.mark.parametrize("value", [512, 512.0, "512", " 512 ", "5.12e2"])
def test_a_suggestion_is_a_number_in_or_without_quotes(value):
    assert target_of_suggestion(value) == target_of_difficulty(512)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -1,
        float("nan"),
        float("inf"),
        "",
        "x",
        "nan",
        "inf",
        "1_0",
        "٣",
        [1],
        {},
        10**400,
        "1" * 33,
    ],
)
def test_a_senseless_suggestion_is_none(value):
    assert target_of_suggestion(value) is None


def test_an_absurd_suggestion_ends_at_the_ends_of_the_scale():
    assert target_of_suggestion(1e-300) == MAX_TARGET
    assert target_of_suggestion(1e300) == 1


def test_a_suggested_target_is_big_endian_hex():
    assert target_of_hex("00000000ffff" + "0" * 52) == DIFFICULTY_1_TARGET
    assert target_of_hex("Ff") == 255


@pytest.mark.parametrize("value", [None, 1, "", "0", "0x10", "-1", " 1", "1_0", "g", "f" * 65, "é"])
def test_a_senseless_target_is_none(value):
    assert target_of_hex(value) is None
