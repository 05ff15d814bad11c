"""The fleet as one plan sees it."""

from itertools import permutations

import msgspec

from headframe.routing.fleet import Fleet
from headframe.routing.moves import Reason, SessionInput, SourceInput

A, B = SourceInput("a", 50), SourceInput("b", 50, cap_hashes_per_s=100)


def fleet_of(*sessions, now=1000.0):
    return Fleet(now, 60.0, [A, B], frozenset("ab"), sessions)


def on(source, key, hashrate=10.0, **more):
    return SessionInput(key, source, hashrate, **more)


def test_loads_do_not_depend_on_the_order_of_sessions():
    sessions = [on("a", n, hashrate) for n, hashrate in enumerate([1e16, 0.1, 0.3, 1e-3, 1.0, 0.0])]
    assert len({(fleet_of(*told).loads["a"], fleet_of(*told).total) for told in permutations(sessions)}) == 1


def test_what_is_pinned_is_part_of_the_load_and_cannot_be_moved():
    fleet = fleet_of(on("a", 1, pinned="a"), on("a", 2), on("a", 3, pinned="gone"))
    assert fleet.loads == {"a": 30, "b": 0}
    assert fleet.pinned == {"a": 10, "b": 0}
    assert [session.key for session in fleet.candidates("a", "b")] == [2, 3]
    assert fleet.free_count == 2


def test_strays_are_those_that_must_go_and_can():
    told = [on("", 1), on("gone", 2), on("gone", 3, movable=False), on("a", 4, pinned="b"), on("a", 5)]
    assert [session.key for session in fleet_of(*told).strays] == [1, 2, 4]


def test_candidates_come_largest_first_then_by_key_numbers_before_names():
    told = [on("a", "x"), on("a", 7), on("a", "b"), on("a", 3), on("a", "big", 50.0), on("a", "stuck", movable=False)]
    assert [session.key for session in fleet_of(*told).candidates("a", "b")] == ["big", 3, 7, "b", "x"]


def test_candidates_have_been_there_for_their_dwell():
    told = [on("a", 1, since=940.0), on("a", 2, since=941.0)]
    assert [session.key for session in fleet_of(*told).candidates("a", "b")] == [1]
    assert [session.key for session in fleet_of(*told).candidates("a", "b", settled=False)] == [1, 2]
    assert [session.key for session in fleet_of(*told).candidates("a", "b", settled=False, among={2})] == [2]


def test_a_move_changes_loads_room_and_candidates():
    fleet = fleet_of(on("a", 1, 30.0), on("b", 2, 20.0))
    fleet.move(fleet.candidates("a", "b")[0], "b", Reason.BALANCE)
    assert fleet.loads == {"a": 0, "b": 50}
    assert (fleet.room("a"), fleet.room("b")) == (float("inf"), 50)
    assert fleet.candidates("a", "b") == []
    assert [msgspec.structs.astuple(move) for move in fleet.moves()] == [(1, "b", Reason.BALANCE)]


def test_who_leaves_for_a_pin_was_in_no_load_and_takes_nothing_away_from_where_it_was():
    fleet = fleet_of(on("a", 1, 10.0), on("a", 2, 4.0, pinned="b"))
    (leaving,) = fleet.strays
    assert fleet.loads == {"a": 10.0, "b": 0.0}
    fleet.move(leaving, "b", Reason.PIN)
    assert fleet.loads == {"a": 10.0, "b": 4.0}
