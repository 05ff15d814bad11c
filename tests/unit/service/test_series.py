"""Buckets become steps: nothing is lost, and nothing is said of what cannot be known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.ledger.rollup import Level
from headframe.service.history_views import RANGES
from headframe.service.refusals import Invalid
from headframe.service.series import Steps, counted, steps_of, summed, work_by
from headframe.store.answers import RollupRow

NOW_MS = 1_700_000_123_456


def row(start_s: int, work: int = 1, source: str = "home", best: bytes = b"", worker: int = 1) -> RollupRow:
    return RollupRow(start_s, source, work, 1, 2, best, worker)


@pytest.mark.parametrize("span", RANGES)
def test_the_steps_of_a_range_reach_back_all_of_it_and_the_last_one_holds_now(span: str) -> None:
    seconds, step_s = RANGES[span]
    steps = steps_of(span, NOW_MS)
    assert steps.from_s % step_s == 0
    assert steps.from_s <= NOW_MS // 1000 - seconds
    last = steps.from_s + (steps.count - 1) * step_s
    assert last <= NOW_MS / 1000 < last + step_s
    assert step_s % steps.level == 0


def test_levels_are_the_coarsest_that_make_the_step() -> None:
    levels = {span: steps_of(span, NOW_MS).level for span in RANGES}
    minute, hour, day = Level
    assert levels == {"1h": minute, "24h": minute, "7d": hour, "30d": hour, "1y": day}


def test_a_range_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(Invalid, match="24h"):
        steps_of("2h", NOW_MS)


def steps(count: int = 3, now_s: float = 1_000_150.0) -> Steps:
    return Steps(Level.MINUTE, 60, 1_000_000, count, int(now_s * 1000))


def test_a_whole_step_is_divided_by_its_length_and_the_running_one_by_what_is_over_of_it() -> None:
    assert steps().rates([600, 0, 300], 0) == (10.0, 0.0, 10.0)


def test_before_the_first_start_nothing_is_known_and_its_step_is_divided_by_what_was_left_of_it() -> None:
    assert steps().rates([0, 300, 300], 1_000_090_000) == (None, 10.0, 10.0)
    assert steps().rates([0, 0, 0], None) == (None, None, None)


def test_the_first_seconds_of_the_running_step_say_nothing() -> None:
    assert steps(now_s=1_000_129.0).rates([600, 600, 90], 0) == (10.0, 10.0, None)
    assert steps(now_s=1_000_130.0).rates([600, 600, 100], 0) == (10.0, 10.0, 10.0)


def test_the_best_of_a_step_is_the_lowest_hash_and_whose_it_was() -> None:
    low, high = bytes(31) + b"\x01", bytes(31) + b"\x02"
    sums = summed(steps(), [row(1_000_000, best=high, worker=1), row(1_000_030, best=low, worker=2)])
    assert sums[0].best is not None
    assert (sums[0].best.best, sums[0].best.worker_id) == (low, 2)
    assert sums[1].best is None


rows = st.lists(
    st.builds(
        row, st.integers(999_000, 1_000_400), st.integers(0, 2**200), st.sampled_from(["home", "pool"]), st.just(b"")
    ),
    max_size=30,
)


@given(rows)
def test_steps_sources_and_rates_hold_exactly_what_the_buckets_do(some: list[RollupRow]) -> None:
    known = [each for each in some if each.start_s >= 1_000_000]
    over = steps(now_s=1_000_180.0)
    sums = summed(over, some)
    assert sum(each.work for each in sums) == sum(each.work for each in known)
    assert sum(each.accepted for each in sums) == len(known)
    assert sum(each.rejected for each in sums) == 2 * len(known)
    by_source = work_by(over, some, lambda each: each.source)
    assert sum(sum(each) for each in by_source.values()) == sum(each.work for each in known)
    for place, each in enumerate(sums):
        assert sum(work[place] for work in by_source.values()) == each.work
    rates = over.rates([each.work for each in sums], 0)
    assert sum(60 * rate for rate in rates if rate is not None) == pytest.approx(sum(each.work for each in known))
    refused = counted(over, [(each.start_s, "stale", 2) for each in some])
    assert sum(sum(each) for each in refused.values()) == 2 * len(known)
