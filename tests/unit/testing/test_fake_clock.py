"""The clock that tests move."""

import pytest

from headframe.net.clock import Clock
from headframe.testing.fake_clock import FakeClock


def test_both_times_stand_still_and_move_together() -> None:
    fake = FakeClock(monotonic_s=5.0, unix_ms=1_000)
    clock: Clock = fake
    assert (clock.monotonic(), clock.unix_ms()) == (5.0, 1_000)
    fake.advance(0.25)
    fake.advance(1)
    assert (clock.monotonic(), clock.unix_ms()) == (6.25, 2_250)


def test_it_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        FakeClock().advance(-0.5)


def test_many_small_steps_do_not_drift_apart() -> None:
    clock = FakeClock(monotonic_s=0.0, unix_ms=0)
    for _ in range(10_000):
        clock.advance(0.001)
    assert (clock.monotonic(), clock.unix_ms()) == (10.0, 10_000)
