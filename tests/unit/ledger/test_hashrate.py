"""Hashrate is honest for old, young, idle and returning miners."""

import random

import pytest

from headframe.ledger.hashrate import Meter, Meters
from headframe.ledger.rollup import Level

T0_MS = 1_700_000_000_000
RATE = 10**12


def steady(meter: Meter | Meters, seconds: int, *, start_ms: int = T0_MS, every_ms: int = 1000) -> int:
    """Work at RATE, one share per `every_ms`; returns the time of the last one."""
    at = start_ms
    for at in range(start_ms, start_ms + seconds * 1000 + 1, every_ms):
        meter.add(at, RATE * every_ms // 1000)
    return at


def test_nothing_is_zero() -> None:
    assert Meter().rate(60, T0_MS) == 0.0


@pytest.mark.parametrize("window_s", [60, 300])
def test_a_steady_miner_shows_its_rate(window_s: int) -> None:
    meter = Meter()
    now = steady(meter, 600)
    for late_ms in (0, 300, 999):
        assert meter.rate(window_s, now + late_ms) == pytest.approx(RATE, rel=0.03)


def test_twenty_seconds_are_not_divided_by_sixty() -> None:
    meter = Meter()
    now = steady(meter, 20)
    assert meter.rate(60, now) == pytest.approx(RATE, rel=0.06)
    assert meter.rate(300, now) == pytest.approx(RATE, rel=0.06)


def test_the_first_share_alone_does_not_look_like_a_fleet() -> None:
    meter = Meter()
    meter.add(T0_MS, RATE)
    assert meter.rate(60, T0_MS) == RATE / 10


def test_who_stops_fades_out() -> None:
    meter = Meter()
    now = steady(meter, 600)
    assert 0.3 * RATE < meter.rate(60, now + 35_000) < 0.6 * RATE
    assert meter.rate(60, now + 71_000) == 0.0
    assert meter.rate(300, now + 71_000) > 0.5 * RATE
    assert not meter.idle(now + 300_000)
    assert meter.idle(now + 320_000)


def test_a_clock_that_steps_back_does_no_harm() -> None:
    meter = Meter()
    now = steady(meter, 60)
    meter.add(now - 3_600_000, RATE)
    assert meter.rate(60, now) == pytest.approx(RATE, rel=0.1)
    assert meter.rate(60, now - 3_600_000) >= 0.0


def test_shares_by_chance_give_the_rate_on_average() -> None:
    """Poisson arrivals: no window is biased once it is full, nor young data by more than its first share."""
    dice = random.Random(7)
    young, full = [], []
    for _ in range(300):
        meter, at = Meter(), float(T0_MS)
        while at < T0_MS + 400_000:
            at += dice.expovariate(1 / 4_000)
            if at > T0_MS + 40_000 and len(young) == len(full):
                young.append(meter.rate(60, T0_MS + 40_000))
            meter.add(int(at), RATE * 4)
        full.append(meter.rate(300, int(at)))
    assert sum(full) / len(full) == pytest.approx(RATE, rel=0.05)
    assert RATE <= sum(young) / len(young) < 1.2 * RATE


def test_all_windows_of_a_week() -> None:
    meters = Meters()
    now = steady(meters, 7 * 86_400 + 7_200, every_ms=30_000)
    rates = meters.rates(now)
    for each in (rates.h1m, rates.h5m, rates.h1h, rates.h24h, rates.h7d):
        assert each == pytest.approx(RATE, rel=0.5 if each is rates.h1m else 0.12)


def test_after_a_restart_the_long_windows_go_on() -> None:
    meters = Meters()
    start_s = T0_MS // 1000 - T0_MS // 1000 % 3_600
    for hour in range(48):
        meters.restore(Level.HOUR, start_s + hour * 3_600, RATE * 3_600)
    for minute in range(60):
        meters.restore(Level.MINUTE, start_s + 47 * 3_600 + minute * 60, RATE * 60)
    meters.known_since(start_s * 1000)
    rates = meters.rates((start_s + 48 * 3_600) * 1000)
    assert (rates.h1m, rates.h5m) == (0.0, 0.0)
    assert (rates.h1h, rates.h24h, rates.h7d) == (RATE, RATE, RATE)


def test_memory_is_bounded() -> None:
    meter = Meter()
    steady(meter, 3_600)
    assert len(meter._steps) == 31
