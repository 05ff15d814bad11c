"""How often somebody may ask."""

from hypothesis import given
from hypothesis import strategies as st

from headframe.web.limits import MAX_BUCKETS, Buckets


def test_a_burst_then_a_steady_rate() -> None:
    buckets = Buckets(2.0, 3)
    assert [buckets.take("a", 0.0) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert buckets.take("a", 0.5) == 0
    assert buckets.take("a", 0.5) == 1
    assert [buckets.take("a", 100.0) for _ in range(4)] == [0, 0, 0, 1]


def test_it_says_when_to_come_back() -> None:
    buckets = Buckets(0.1, 1)
    assert buckets.take("a", 0.0) == 0
    wait = buckets.take("a", 0.0)
    assert buckets.take("a", wait - 0.5) > 0
    assert buckets.take("a", float(wait)) == 0


def test_there_is_a_bound_and_the_one_that_asked_longest_ago_goes() -> None:
    buckets = Buckets(1.0, 1)
    for number in range(MAX_BUCKETS + 10):
        buckets.take(str(number), 0.0)
    assert len(buckets) == MAX_BUCKETS
    assert buckets.take(str(MAX_BUCKETS), 0.0) == 1
    assert buckets.take("0", 0.0) == 0


@given(st.lists(st.floats(0, 10), max_size=60), st.floats(0.5, 20), st.integers(1, 20))
def test_never_more_than_the_burst_and_the_rate_together(steps: list[float], per_s: float, burst: int) -> None:
    buckets, now, taken = Buckets(per_s, burst), 0.0, 0
    for step in steps:
        now += step
        taken += buckets.take("a", now) == 0
    assert taken <= burst + now * per_s + 1e-6
