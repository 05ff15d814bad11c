"""Where a session that needs a source goes."""

from collections import Counter

from headframe.routing.placement import place


def fill(weights, sessions):
    counts = Counter()
    for _ in range(sessions):
        counts[place(weights, counts)] += 1
    return dict(counts)


def test_sessions_follow_the_weights():
    assert fill({"home": 70, "away": 30}, 100) == {"home": 70, "away": 30}


def test_a_single_source_takes_all():
    assert fill({"home": 5}, 10) == {"home": 10}


def test_no_weight_no_session():
    assert fill({"home": 1, "off": 0}, 10) == {"home": 10}
    assert place({"off": 0}, {}) is None
    assert place({}, {}) is None


def test_ties_go_to_the_heavier_source_then_to_the_earlier_name():
    assert place({"b": 10, "a": 10, "c": 20}, {}) == "c"
    assert place({"b": 10, "a": 10}, {}) == "a"


def test_a_source_that_comes_back_is_filled_up_first():
    assert place({"home": 50, "away": 50}, {"home": 10, "away": 2}) == "away"
