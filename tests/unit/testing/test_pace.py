"""Difficulty of the demo's chain: watchable on whatever machine it runs."""

import random

import pytest

from headframe.bitcoin.target import target_of_bits, work_of_target
from headframe.testing.pace import REGTEST_BITS, FixedBits, PacedBits


def work(bits: int) -> int:
    return work_of_target(target_of_bits(bits))


def test_fixed_bits_stay() -> None:
    assert FixedBits().bits_after(REGTEST_BITS, 0) == REGTEST_BITS


def test_a_block_on_time_changes_nothing_much_an_early_one_makes_harder_a_late_one_easier() -> None:
    pace = PacedBits()
    bits = pace.first_bits
    assert work(pace.bits_after(bits, 9)) == pytest.approx(work(bits), rel=1e-4)
    assert work(bits) < work(pace.bits_after(bits, 0)) < 2 * work(bits)
    assert work(bits) > work(pace.bits_after(bits, 18)) > work(bits) // 2
    assert work(pace.bits_after(bits, 36)) == pytest.approx(work(bits) / 2, rel=1e-4)


def test_a_night_of_sleep_counts_no_more_than_a_few_blocks() -> None:
    pace = PacedBits()
    hard = pace.first_bits
    for _ in range(20):
        hard = pace.bits_after(hard, 0)
    assert pace.bits_after(hard, 8 * 3_600) == pace.bits_after(hard, 36)
    assert pace.bits_after(hard, -50) == pace.bits_after(hard, 0)


def test_it_never_gets_easier_than_its_floor() -> None:
    pace = PacedBits()
    bits = pace.first_bits
    for _ in range(50):
        bits = pace.bits_after(bits, 1_000)
    assert work(bits) == pytest.approx(pace.easiest_work, rel=1e-3)


@pytest.mark.parametrize("hashrate", [30_000, 1_000_000, 100_000_000])
def test_simulated_miners_see_a_first_block_soon_and_then_one_every_few_seconds(hashrate: int) -> None:
    rng = random.Random(5)
    pace, times, now = PacedBits(), [0.0], 0.0
    bits = pace.first_bits
    for _ in range(300):
        now += rng.expovariate(hashrate / work(bits))
        times.append(now)
        if len(times) > 2:
            bits = pace.bits_after(bits, int(times[-1]) - int(times[-2]))
    assert times[1] < 10
    settled = times[60:]
    mean = (settled[-1] - settled[0]) / (len(settled) - 1)
    assert 6 < mean < 13


def test_the_first_block_within_ten_seconds_is_practically_certain_even_on_a_slow_machine() -> None:
    # Chance of no block in eight seconds at 100 kH/s: e**-6, at 300 kH/s e**-18.
    assert 8 * 100_000 / work(PacedBits().first_bits) > 6
