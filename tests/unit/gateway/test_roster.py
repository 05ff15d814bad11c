"""Seats, leases and coming back."""

from itertools import count

from headframe.gateway.roster import RESUME_S, Parked, Roster
from headframe.mining.extranonce import ExtranonceLayout

LAYOUT = ExtranonceLayout(4, 8)


def roster(max_parked=100):
    ids = count(1)
    return Roster(new_id=lambda: f"s{next(ids)}", seed=5, max_parked=max_parked)


def test_no_two_sessions_share_an_extranonce():
    desk = roster()
    assert len({desk.seat(LAYOUT, 0.0)[1] for _ in range(1000)}) == 1000


def test_a_session_that_comes_back_in_time_finds_what_it_left():
    desk = roster()
    session_id, extranonce1 = desk.seat(LAYOUT, 0.0)
    left = Parked(session_id, extranonce1, 12345, 10.0, "memory", 7)
    desk.park(left)
    assert desk.resume(session_id, LAYOUT, 10.0 + RESUME_S - 1) is left


def test_a_session_is_resumed_once():
    desk = roster()
    session_id, extranonce1 = desk.seat(LAYOUT, 0.0)
    desk.park(Parked(session_id, extranonce1, 1, 0.0))
    assert desk.resume(session_id, LAYOUT, 1.0) is not None
    assert desk.resume(session_id, LAYOUT, 1.0) is None


def test_after_ten_minutes_or_with_another_layout_it_starts_anew():
    desk = roster()
    session_id, extranonce1 = desk.seat(LAYOUT, 0.0)
    desk.park(Parked(session_id, extranonce1, 1, 0.0))
    assert desk.resume(session_id, ExtranonceLayout(2, 2), 1.0) is None
    assert desk.resume(session_id, LAYOUT, RESUME_S) is None


def test_a_parked_extranonce_is_not_given_to_anybody_else():
    desk = Roster(new_id=lambda: "s", seed=0, max_parked=10)
    small = ExtranonceLayout(1, 2)
    session_id, extranonce1 = desk.seat(small, 0.0)
    desk.park(Parked(session_id, extranonce1, 1, 0.0))
    others = {desk.seat(small, 1.0)[1] for _ in range(254)}
    assert extranonce1 not in others
    assert len(others) == 254


def test_parked_sessions_are_bounded_and_the_oldest_goes():
    desk = roster(max_parked=2)
    for name in ("a", "b", "c"):
        _, extranonce1 = desk.seat(LAYOUT, 0.0)
        desk.park(Parked(name, extranonce1, 1, 0.0))
    assert [one.session_id for one in desk.parked()] == ["b", "c"]


def test_sessions_survive_a_restart_with_their_extranonce():
    before = roster()
    session_id, extranonce1 = before.seat(LAYOUT, 0.0)
    after = roster()
    after.restore([Parked(session_id, extranonce1, 77, 0.0)])
    fresh = {after.seat(LAYOUT, 1.0)[1] for _ in range(50)}
    assert extranonce1 not in fresh
    assert after.resume(session_id, LAYOUT, 1.0).extranonce1 == extranonce1
