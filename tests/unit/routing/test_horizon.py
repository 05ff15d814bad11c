"""How much work each source was given."""

import pytest

from headframe.routing.horizon import Horizon


def test_work_counts_for_a_horizon_and_then_no_more():
    horizon = Horizon(horizon_s=3600, steps=60)
    horizon.add(0, "a", 10)
    horizon.add(1800, "b", 5)
    assert horizon.totals(3600) == {"a": 10, "b": 5}
    assert horizon.totals(3660) == {"b": 5}
    assert horizon.totals(10_000) == {}
    assert horizon.sums == {"a": 10, "b": 5}


def test_shares_are_parts_of_the_whole():
    horizon = Horizon()
    assert horizon.shares(0) == {}
    horizon.add(0, "a", 30)
    horizon.add(0, "b", 10)
    assert horizon.shares(1) == {"a": 0.75, "b": 0.25}


def test_totals_are_exact_however_large_the_work():
    horizon = Horizon(horizon_s=60, steps=6)
    for second in range(500):
        horizon.add(second, "a", 2**200 + second)
    assert horizon.totals(499) == {"a": sum(2**200 + second for second in range(430, 500))}


def test_it_holds_no_more_than_its_steps():
    horizon = Horizon(horizon_s=60, steps=6)
    for second in range(5000):
        horizon.add(second, f"source {second}", 1)
    assert len(horizon._rows) <= 7
    assert len(horizon.totals(4999)) <= 70


def test_time_that_goes_back_counts_as_the_latest():
    horizon = Horizon()
    horizon.add(7200, "a", 1)
    horizon.add(10, "a", 1)
    assert horizon.totals(7200 + 3600) == {"a": 2}


def test_a_source_that_is_gone_is_forgotten():
    horizon = Horizon()
    horizon.add(0, "a", 1)
    horizon.forget("a")
    horizon.forget("never known")
    assert horizon.sums == {}


@pytest.mark.parametrize(("horizon_s", "steps"), [(0, 60), (-1, 60), (float("inf"), 60), (3600, 0)])
def test_a_horizon_has_a_length(horizon_s, steps):
    with pytest.raises(ValueError, match="horizon"):
        Horizon(horizon_s, steps)
