"""What one session delivered to which source, whatever its moves were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.gateway.spread import SPREAD_S, STEPS, Spread

turns = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(1.0, 300.0), st.integers(0, 10**15)), min_size=1, max_size=40
)


def everything(source):
    return True


@given(turns, st.floats(1.0, 1e15), st.sets(st.sampled_from("abc")))
def test_the_parts_add_up_to_the_whole_rate_and_only_working_sources_have_any(turns, rate, works):
    now, credited = 1000.0, 0
    spread = Spread(now, "a", now - 60.0, 1e9, credited)
    for source, seconds, work in turns:
        now, credited = now + seconds, credited + work
        spread.book(now, source, credited)
        divided = spread.divide(rate, now, works.__contains__)
        assert divided.keys() <= works
        assert all(part >= 0 for part in divided.values())
        if divided:
            assert sum(divided.values()) == pytest.approx(rate)
        else:
            assert not works & spread.sources(now)


@given(turns)
def test_parts_are_those_of_the_work_of_the_last_ten_minutes(turns):
    now, credited, done = 1000.0, 0, []
    spread = Spread(now, "a", now, 0.0, credited)
    for source, seconds, work in turns:
        now, credited = now + seconds, credited + work
        spread.book(now, source, credited)
        done.append((now, source, work))
    found = spread.divide(1.0, now, everything)
    for span in (SPREAD_S, SPREAD_S + SPREAD_S / STEPS):
        late = [(source, work) for at, source, work in done if at > now - span]
        whole = sum(work for _, work in late)
        exact = {source: sum(work for of, work in late if of == source) / whole for source, _ in late} if whole else {}
        exact = {source: part for source, part in exact.items() if part}
        least = {source: part for source, part in found.items() if part}
        if span == SPREAD_S:
            assert exact.keys() <= least.keys()
        else:
            assert least.keys() <= exact.keys()


@given(st.floats(0.0, 5000.0), st.floats(0.0, 1e15))
def test_what_was_before_the_first_move_is_its_hashrate_over_that_time_at_most_ten_minutes(stayed, rate):
    now = 10_000.0
    spread = Spread(now, "a", now - stayed, rate, 0)
    told = min(stayed, SPREAD_S)
    spread.book(now, "b", int(1e15 * 600))
    parts = spread.divide(1.0, now, everything)
    expected = rate * told / (rate * told + 1e15 * 600)
    assert parts.get("a", 0.0) == pytest.approx(expected, rel=1e-3, abs=1e-9)
