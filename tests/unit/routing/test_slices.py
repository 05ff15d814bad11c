"""The remainder, which is less than a miner."""

import pytest

from headframe.routing.fleet import Fleet
from headframe.routing.moves import Reason, SessionInput, SourceInput
from headframe.routing.slices import SlicePolicy, Slices

A, B = SourceInput("a", 50), SourceInput("b", 50)
WANTED = {"a": 150.0, "b": 150.0}


def fleet_at(now, *sessions, force=(A, B)):
    told = [SessionInput(key, source, float(size), since) for key, source, size, since in sessions]
    return Fleet(now, 60.0, force, frozenset(source.name for source in force), told)


def cut(slices, fleet, owed_to_a, wanted=WANTED):
    slices.cut(fleet, wanted, {"a": owed_to_a, "b": -owed_to_a})
    return [(move.key, move.to, move.reason) for move in fleet.moves()]


@pytest.fixture
def slices():
    return Slices(SlicePolicy(band_s=20, least_band_s=2))


TWO = [("big", "a", 200, 0.0), ("small", "b", 100, 0.0)]


def test_a_growing_debt_beyond_its_band_moves_a_miner(slices):
    assert cut(slices, fleet_at(1000, ("big", "b", 200, 0.0), ("small", "a", 100, 0.0)), 9000) == [
        ("big", "a", Reason.SLICE)
    ]
    assert slices.sliced == {("a", "b"): "big"}


def test_a_debt_within_its_band_moves_nobody(slices):
    assert cut(slices, fleet_at(1000, *TWO), -1000) == []


def test_a_debt_that_shrinks_already_moves_nobody(slices):
    assert cut(slices, fleet_at(1000, *TWO), 9000) == []


def test_the_smallest_miner_that_turns_the_drift_is_chosen(slices):
    many = [("x", "a", 160, 0.0), ("y", "a", 30, 0.0), ("z", "b", 110, 0.0)]
    assert cut(slices, fleet_at(1000, *many), -6000) == [("x", "b", Reason.SLICE)]
    many = [("x", "a", 90, 0.0), ("y", "a", 70, 0.0), ("z", "b", 140, 0.0)]
    assert cut(Slices(SlicePolicy()), fleet_at(1000, *many), -6000) == [("y", "b", Reason.SLICE)]


def test_a_miner_within_its_dwell_is_waited_for(slices):
    slices._sliced[("a", "b")] = "x"
    many = [("x", "a", 90, 950.0), ("y", "a", 100, 0.0), ("z", "b", 110, 0.0)]
    assert cut(slices, fleet_at(1000, *many), -9000) == []
    assert cut(slices, fleet_at(1010, *many), -9000) == [("x", "b", Reason.SLICE)]


def test_another_miner_is_taken_only_when_the_boundarys_own_is_not_enough(slices):
    slices._sliced[("a", "b")] = "own"
    helped = [("own", "b", 30, 0.0), ("x", "a", 160, 0.0), ("y", "b", 110, 0.0)]
    assert cut(slices, fleet_at(1000, *helped), -5000) == []
    assert cut(slices, fleet_at(1000, *helped), -9000) == [("x", "b", Reason.SLICE)]


def test_a_cap_is_not_passed_even_for_a_while(slices):
    capped = (A, SourceInput("b", 50, cap_hashes_per_s=250))
    assert cut(slices, fleet_at(1000, *TWO, force=capped), -20_000) == []


def test_few_moves_left_make_the_band_wider():
    slices = Slices(SlicePolicy(moves_per_hour=1.0, scarce=3.0))
    fleet = fleet_at(0.0, *[(f"s{n}", "ab"[n % 2], 60, -100.0) for n in range(5)])
    wide = []
    for _ in range(6):
        wide.append(slices._scarcity(0.0, fleet.free_count))
        slices._budget = max(0.0, slices._budget - 1)
    assert wide == pytest.approx([1.0, 1.0, 1.0, 1.4, 2.2, 3.0])
    assert slices._scarcity(7200.0, 5) == 1.0, "an hour later there are moves again"
    assert slices._scarcity(7200.0, 4) == 1.0, "a small fleet is not limited"


def test_boundaries_that_are_gone_are_forgotten(slices):
    slices._sliced[("a", "z")] = "x"
    cut(slices, fleet_at(1000, *TWO), 0)
    assert slices.sliced == {}
