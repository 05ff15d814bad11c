"""Whole miners, placed to fit."""

import pytest

from headframe.routing.balance import balance, edge_price, price, relieve
from headframe.routing.fleet import Fleet
from headframe.routing.moves import Reason, SessionInput, SourceInput
from headframe.routing.split import split

A, B, C = SourceInput("a", 50), SourceInput("b", 50), SourceInput("c", 50)


def fleet_of(*sources, now=1000.0, since=0.0, **sizes):
    sessions = [
        SessionInput(f"{name}{number}", name, float(size), since)
        for name, fleet in sizes.items()
        for number, size in enumerate(fleet)
    ]
    return Fleet(now, 60.0, sources, frozenset(source.name for source in sources), sessions)


def balanced(fleet, tolerance=1.0, eager=0.25):
    wanted = split(fleet.total, fleet.force, {})
    balance(fleet, wanted, tolerance, Reason.BALANCE, eager=eager)
    return {move.key: move.to for move in fleet.moves()}


@pytest.mark.parametrize(
    ("excess", "sizes", "cost"),
    [(0, [], 0), (0, [5], 0), (10, [10], 0), (10, [20], 5), (10, [40, 20, 5], 5), (10, [5], 10), (10, [], 10)],
)
def test_the_price_is_how_fast_the_debt_swings(excess, sizes, cost):
    assert price(excess, sizes) == cost


def test_the_price_of_a_boundary_is_paid_where_there_is_too_much():
    fleet = fleet_of(A, B, a=[30], b=[50])
    assert edge_price(fleet, {"a": 40, "b": 40}, 0) == pytest.approx(10 * (1 - 10 / 50))


def test_one_move_that_fits_is_made():
    assert balanced(fleet_of(A, B, a=[50, 30, 20], b=[60])) == {"a2": "b"}


def test_two_miners_are_exchanged_if_that_fits():
    assert balanced(fleet_of(A, B, a=[500, 450], b=[400, 350])) == {"a0": "b", "b0": "a"}


def test_what_is_good_enough_stays():
    assert balanced(fleet_of(A, B, a=[51], b=[50])) == {}


def test_a_miner_that_can_be_sliced_cheaply_is_not_moved_about():
    assert balanced(fleet_of(A, B, a=[100, 21], b=[80]), tolerance=3.0, eager=0.0) == {}


def test_many_miners_move_the_largest_that_fit_first():
    moves = balanced(fleet_of(A, B, a=[10.0] * 30 + [100.0], b=[10.0] * 20))
    assert moves == {"a30": "b"} or len(moves) <= 6
    fleet = fleet_of(A, B, a=[1.0] * 60, b=[1.0] * 40)
    assert len(balanced(fleet)) in (9, 10)


def test_among_many_the_source_with_most_gives_to_the_one_that_lacks_most():
    fleet = fleet_of(A, B, C, a=[1.0] * 20, b=[1.0] * 60, c=[1.0] * 40)
    moves = balanced(fleet)
    assert set(moves.values()) == {"a"}
    assert fleet.loads["a"] >= 38


@pytest.mark.parametrize("count", [4, 60])
def test_a_cap_is_respected(count):
    capped = SourceInput("b", 50, cap_hashes_per_s=count / 4 + 0.5)
    fleet = fleet_of(A, capped, a=[1.0] * count, b=[])
    wanted = {"a": count / 2, "b": count / 2}
    balance(fleet, wanted, 0.1, Reason.BALANCE, eager=0.25)
    assert 0 < fleet.loads["b"] <= count / 4 + 0.5


def test_miners_within_their_dwell_stay():
    assert balanced(fleet_of(A, B, a=[50, 30, 20], b=[60], since=990.0)) == {}


def test_relief_is_the_smallest_miner_that_is_enough():
    capped = SourceInput("a", 50, cap_hashes_per_s=80)
    fleet = fleet_of(capped, B, a=[50, 30, 20], b=[60], since=990.0)
    relieve(fleet)
    assert [(move.key, move.to, move.reason) for move in fleet.moves()] == [("a2", "b", Reason.CAP)]


def test_relief_takes_several_if_none_is_enough_and_stops_when_others_are_full():
    capped, full = SourceInput("a", 50, cap_hashes_per_s=30), SourceInput("b", 50, cap_hashes_per_s=45)
    fleet = fleet_of(capped, full, a=[20] * 5, b=[])
    relieve(fleet)
    assert fleet.loads == {"a": 60, "b": 40}
