"""Which sources may be given sessions now."""

import msgspec
import pytest

from headframe.routing.moves import SourceInput
from headframe.routing.standing import Standing, TrustPolicy

UP = SourceInput("a", 50)
DOWN = msgspec.structs.replace(UP, can_work=False)
OTHER = SourceInput("b", 50)


@pytest.fixture
def standing():
    return Standing(TrustPolicy(first_s=15, longest_s=100, calm_s=3600))


def names(standing, now, *sources):
    return [source.name for source in standing.observe(now, sources)[0]]


def fall(standing, now):
    """Down and up again at once; returns how long it takes to be trusted."""
    standing.observe(now, [DOWN, OTHER])
    for second in range(5000):
        if names(standing, now + second, UP, OTHER) == ["a", "b"]:
            return second
    raise AssertionError("never trusted again")


def test_sources_stand_by_name_whatever_the_order(standing):
    assert names(standing, 0, OTHER, UP) == ["a", "b"]


def test_a_source_that_never_fell_is_trusted_at_once(standing):
    assert names(standing, 0, DOWN, OTHER) == ["b"]
    assert names(standing, 1, UP, OTHER) == ["a", "b"]


def test_a_source_that_fell_is_on_probation_which_doubles_up_to_a_bound(standing):
    standing.observe(0, [UP, OTHER])
    assert [fall(standing, 1000 * number) for number in range(1, 6)] == [15, 30, 60, 100, 100]


def test_a_long_time_without_a_fall_clears_the_account(standing):
    standing.observe(0, [UP, OTHER])
    assert fall(standing, 10) == 15
    assert fall(standing, 1000) == 30
    assert fall(standing, 1000 + 3600) == 15


def test_who_is_needed_works_at_once_and_stays(standing):
    standing.observe(0, [UP, OTHER])
    standing.observe(1, [DOWN, OTHER])
    gone = msgspec.structs.replace(OTHER, can_work=False)
    assert names(standing, 2, UP, gone) == ["a"]
    assert names(standing, 3, UP, OTHER) == ["a"], "the other one is on probation now"


def test_a_higher_tier_works_only_while_no_lower_one_can(standing):
    reserve = SourceInput("r", 1, tier=2)
    assert names(standing, 0, UP, OTHER, reserve) == ["a", "b"]
    gone = msgspec.structs.replace(OTHER, can_work=False)
    assert names(standing, 1, DOWN, gone, reserve) == ["r"]
    assert names(standing, 2, UP, gone, reserve) == ["r"], "the first tier is on probation, the reserve is good"
    assert names(standing, 20, UP, gone, reserve) == ["a"]


def test_a_tier_of_paused_and_weightless_sources_gives_way(standing):
    idle = [SourceInput("p", 5, paused=True), SourceInput("z", 0), SourceInput("r", 1, tier=2)]
    assert names(standing, 0, *idle) == ["r"]


def test_pause_is_no_fall(standing):
    standing.observe(0, [UP, OTHER])
    assert names(standing, 1, msgspec.structs.replace(UP, paused=True), OTHER) == ["b"]
    assert names(standing, 2, UP, OTHER) == ["a", "b"]


def test_pins_may_use_what_is_up_and_trusted_whatever_its_weight_or_tier(standing):
    sources = [UP, SourceInput("z", 0), SourceInput("r", 1, tier=2), SourceInput("p", 5, paused=True)]
    assert standing.observe(0, sources)[1] == {"a", "z", "r"}


def test_sources_that_are_gone_are_forgotten(standing):
    standing.observe(0, [UP, OTHER])
    standing.observe(1, [OTHER])
    assert set(standing._records) == {"b"}
