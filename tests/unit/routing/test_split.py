"""How much hashrate each source should have."""

import pytest

from headframe.routing.moves import SourceInput
from headframe.routing.split import CAP_ROOM, split


def test_in_proportion_to_the_weights():
    assert split(200, [SourceInput("a", 70), SourceInput("b", 30)], {}) == {"a": 140, "b": 60}
    assert split(200, [SourceInput("a", 1)], {}) == {"a": 200}
    assert split(200, [], {}) == {}


def test_a_full_source_leaves_the_rest_to_the_others_in_proportion():
    sources = [SourceInput("a", 50, cap_hashes_per_s=10), SourceInput("b", 30), SourceInput("c", 20)]
    rest = 100 - 10 * CAP_ROOM
    assert split(100, sources, {}) == pytest.approx({"a": 10 * CAP_ROOM, "b": rest * 0.6, "c": rest * 0.4})


def test_when_all_are_full_what_is_too_much_goes_by_weight():
    sources = [SourceInput("a", 50, cap_hashes_per_s=10), SourceInput("b", 50, cap_hashes_per_s=20)]
    parts = split(100, sources, {})
    assert sum(parts.values()) == pytest.approx(100)
    assert parts["b"] - parts["a"] == pytest.approx(10 * CAP_ROOM)


def test_what_is_pinned_counts_for_its_source_and_against_the_others_only_when_it_is_more_than_their_part():
    sources = [SourceInput("a", 50), SourceInput("b", 25), SourceInput("c", 25)]
    assert split(100, sources, {"a": 40}) == {"a": 50, "b": 25, "c": 25}
    assert split(100, sources, {"a": 80}) == pytest.approx({"a": 80, "b": 10, "c": 10})


def test_a_pin_is_stronger_than_a_cap():
    sources = [SourceInput("a", 50, cap_hashes_per_s=10), SourceInput("b", 50)]
    assert split(100, sources, {"a": 60}) == pytest.approx({"a": 60, "b": 40})
