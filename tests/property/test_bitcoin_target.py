"""Targets, bits, work and difficulty hold together for any value."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.bitcoin.target import (
    DIFFICULTY_1_TARGET,
    MAX_TARGET,
    bits_of_target,
    difficulty_of_target,
    target_of_bits,
    target_of_difficulty,
    work_of_target,
)

fixed = settings(derandomize=True, deadline=None, database=None)
# Targets of every size: choosing the length first reaches the small ones.
targets = st.integers(1, 256).flatmap(lambda size: st.integers(2 ** (size - 1), 2**size - 1))


@fixed
@given(targets)
def test_bits_keep_the_first_two_or_three_bytes_and_round_down(target: int) -> None:
    bits = bits_of_target(target)
    kept = target_of_bits(bits)
    size = bits >> 24
    assert not bits & 0x00800000
    assert kept <= target < kept + 256 ** max(0, size - 3)
    assert bits_of_target(kept) == bits


@fixed
@given(st.integers(0, 2**32 - 1))
def test_any_32_bits_are_a_target_in_range_or_a_clear_refusal(bits: int) -> None:
    mantissa, exponent = bits & 0x007FFFFF, bits >> 24
    exact = Fraction(mantissa) * Fraction(256) ** (exponent - 3)
    if bits & 0x00800000 or not 1 <= int(exact) <= MAX_TARGET:
        with pytest.raises(ValueError, match="target in bits"):
            target_of_bits(bits)
    else:
        assert target_of_bits(bits) == int(exact)


@fixed
@given(targets)
def test_work_is_the_expected_number_of_hashes(target: int) -> None:
    work = work_of_target(target)
    assert work >= 1
    assert work * (target + 1) <= 2**256 < (work + 1) * (target + 1)


@fixed
@given(targets, targets)
def test_a_harder_target_never_has_less_work(first: int, second: int) -> None:
    harder, easier = sorted((first, second))
    assert work_of_target(harder) >= work_of_target(easier)
    assert difficulty_of_target(harder) >= difficulty_of_target(easier)


@fixed
@given(st.floats(1e-6, 1e15))
def test_difficulty_to_target_and_back_is_the_same_to_the_last_digits(difficulty: float) -> None:
    target = target_of_difficulty(difficulty)
    assert target == min(MAX_TARGET, int(DIFFICULTY_1_TARGET / Fraction(difficulty)))
    assert difficulty_of_target(target) == pytest.approx(difficulty, rel=1e-15, abs=0)


@fixed
@given(st.floats(allow_nan=False))
def test_any_positive_finite_difficulty_has_a_target_in_range(difficulty: float) -> None:
    if 0 < difficulty < float("inf"):
        assert 1 <= target_of_difficulty(difficulty) <= MAX_TARGET
    else:
        with pytest.raises(ValueError, match="positive"):
            target_of_difficulty(difficulty)
