"""Compact bits against Bitcoin Core's own cases (arith_uint256_tests), real headers, and the edges."""

import pytest

from headframe.bitcoin.target import (
    DIFFICULTY_1_TARGET,
    MAX_TARGET,
    bits_of_target,
    difficulty_of_target,
    target_of_bits,
    target_of_difficulty,
    work_of_target,
)

# bits, target, bits that Core gives back for the target
CORE_CASES = [
    (0x01123456, 0x12, 0x01120000),
    (0x02123456, 0x1234, 0x02123400),
    (0x03123456, 0x123456, 0x03123456),
    (0x04123456, 0x12345600, 0x04123456),
    (0x05009234, 0x92340000, 0x05009234),
    (0x20123456, 0x123456 << 232, 0x20123456),
    (0x02008000, 0x80, 0x02008000),
    (0x0200FFFF, 0xFF, 0x0200FF00),
    (0x1D00FFFF, DIFFICULTY_1_TARGET, 0x1D00FFFF),
    (0x207FFFFF, 0x7FFFFF << 232, 0x207FFFFF),
    (0x2100FFFF, 0xFFFF << 240, 0x2100FFFF),
    (0x220000FF, 0xFF << 248, 0x2100FF00),
]


@pytest.mark.parametrize(("bits", "target", "canonical"), CORE_CASES)
def test_compact_bits_mean_what_bitcoin_core_says(bits: int, target: int, canonical: int) -> None:
    assert target_of_bits(bits) == target
    assert bits_of_target(target) == canonical
    assert target_of_bits(canonical) == target


@pytest.mark.parametrize(
    "bits",
    [0, 0x00123456, 0x01003456, 0x02000056, 0x03000000, 0x04000000, 0x00923456, 0x01803456, 0x20000000],
)
def test_bits_that_mean_zero_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="target in bits"):
        target_of_bits(bits)


@pytest.mark.parametrize("bits", [0x01FEDCBA, 0x04923456, 0x1D80FFFF])
def test_negative_bits_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="negative target in bits"):
        target_of_bits(bits)


@pytest.mark.parametrize("bits", [0xFF123456, 0x21010000, 0x22000100, 0x23000001])
def test_bits_beyond_256_bits_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="impossible target in bits"):
        target_of_bits(bits)


@pytest.mark.parametrize("target", [0, -1, MAX_TARGET + 1])
def test_a_target_outside_256_bits_has_no_bits(target: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        bits_of_target(target)


def test_a_target_is_rounded_down_never_up() -> None:
    assert target_of_bits(bits_of_target(0x12345678)) == 0x12345600
    assert target_of_bits(bits_of_target(MAX_TARGET)) == 0xFFFF << 240


def test_work_of_the_known_networks() -> None:
    assert work_of_target(target_of_bits(0x1D00FFFF)) == 0x100010001
    assert work_of_target(target_of_bits(0x207FFFFF)) == 2
    assert work_of_target(MAX_TARGET) == 1
    assert work_of_target(0) == 2**256


def test_difficulty_of_real_bits() -> None:
    assert difficulty_of_target(target_of_bits(0x1D00FFFF)) == 1.0
    # As block explorers show them for heights 200000 and 481824.
    assert round(difficulty_of_target(target_of_bits(0x1A05DB8B)), 4) == 2864140.5078
    assert round(difficulty_of_target(target_of_bits(0x18013CE9)), 1) == 888171856257.3


def test_a_difficulty_below_one_widens_the_target_up_to_the_whole_range() -> None:
    assert target_of_difficulty(0.5) == 2 * DIFFICULTY_1_TARGET
    assert target_of_difficulty(1e-6) == DIFFICULTY_1_TARGET * 2**72 // int(1e-6 * 2**72)
    assert target_of_difficulty(5e-324) == MAX_TARGET
    assert target_of_difficulty(1.7e308) == 1


@pytest.mark.parametrize("difficulty", [0.0, -1.0, float("nan"), float("inf"), float("-inf")])
def test_a_difficulty_that_is_no_positive_number_is_refused(difficulty: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        target_of_difficulty(difficulty)
