"""Hearing one session: both sides, in lines, without passwords, and only as long as somebody asks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.gateway.watch import (
    MAX_CHARACTERS,
    MAX_HELD_BYTES,
    MAX_LINES,
    MAX_WATCHES,
    WATCH_S,
    TooManyWatches,
    shown,
)
from headframe.testing.hub_rig import House, Miner


@pytest.fixture
def house(work):
    house = House()
    house.source()
    house.work(work(7))
    return house


def watched(house, miner=None):
    miner = miner or Miner(house)
    miner.joins()
    session_id = house.hub.seats and next(s.session_id for s in house.hub.seats if s.wire is miner)
    return miner, house.hub.watches.watch(session_id, house.hub.seat_of(session_id))


def texts(watch, *, from_miner):
    return [line.text for line in watch.lines if line.from_miner is from_miner]


def test_both_sides_are_heard_and_the_session_goes_on(house):
    miner, watch = watched(house)
    share = miner.solve()
    (reply,) = [line for line in miner.says(share) if line.get("id") == 9]
    assert [json.loads(text) for text in texts(watch, from_miner=True)] == [share]
    assert reply in [json.loads(text) for text in texts(watch, from_miner=False)]
    assert [line.number for line in watch.lines] == list(range(1, len(watch.lines) + 1))


def test_lines_that_come_in_pieces_are_put_together(house):
    miner, watch = watched(house)
    for piece in (b'{"id": 5, "method": "min', b'ing.ping", "params": []}', b"\n"):
        miner.sends(piece)
    assert texts(watch, from_miner=True) == ['{"id": 5, "method": "mining.ping", "params": []}']


def test_a_password_is_stars(house):
    miner, watch = watched(house)
    miner.says({"id": 3, "method": "mining.authorize", "params": ["rig.two", "d=5,hunter2", "more"]})
    (said,) = texts(watch, from_miner=True)
    assert json.loads(said)["params"] == ["rig.two", "***", "***"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"method": "mining.authorize", "params": ["u", "hunter2"]}',
        b'{"method": "mining.\\u0061uthorize", "params": ["u", "hunter2"]}',
        b'{"method": "mining.authorize", "params": {"p": "hunter2"}}',
        b'{"method": "mining.authorize", "params": ["u", "hunter2"',
        b'{"method": "mining.\\u0061uthorize", "params": ["u", "hunter2"',
        b'["mining.authorize", "hunter2"]',
        b'{"params": ["u", "hunter2"], "method": "mining.authorize", "params": ["u", "x"]}',
    ],
)
def test_no_spelling_shows_a_password(line):
    assert "hunter2" not in shown(line)


@given(st.binary(max_size=3000))
def test_whatever_comes_is_printable_and_bounded(line):
    text = shown(line)
    assert text.isprintable()
    assert len(text) <= MAX_CHARACTERS + 6


def test_bytes_that_are_no_text_are_shown_escaped():
    assert shown(b"\xff\x00\x1b[2J") == "\\xff\\x00\\x1b[2J"


def test_a_line_without_end_is_shown_once_and_held_no_further(house):
    miner, watch = watched(house)
    for _ in range(40):
        miner.sends(b"x" * 1000)
    miner.sends(b"\n" + b'{"id": 1, "method": "mining.ping", "params": []}\n')
    said = texts(watch, from_miner=True)
    assert len(said) == 2
    assert said[0].startswith("x")
    assert len(said[0]) <= MAX_CHARACTERS + 12
    assert "mining.ping" in said[1]
    assert MAX_HELD_BYTES < 40_000


def test_only_the_last_lines_are_kept(house):
    miner, watch = watched(house)
    for _ in range(MAX_LINES):
        miner.says({"id": 5, "method": "mining.ping", "params": []})
    assert len(watch.lines) == MAX_LINES
    assert watch.lines[-1].number == 2 * MAX_LINES


def test_asking_again_goes_on_and_a_watch_that_nobody_asks_for_ends(house):
    miner, watch = watched(house)
    session_id = watch.session_id
    house.clock.at += WATCH_S - 1
    assert house.hub.watches.watch(session_id, house.hub.seat_of(session_id)) is watch
    house.clock.at += WATCH_S - 1
    house.hub.sweep(1.0)
    assert len(house.hub.watches) == 1
    house.clock.at += 2
    house.hub.sweep(1.0)
    assert len(house.hub.watches) == 0
    seat = house.hub.seat_of(session_id)
    assert miner.endpoint is seat
    assert seat.wire is miner
    count = len(watch.lines)
    miner.says({"id": 5, "method": "mining.ping", "params": []})
    assert len(watch.lines) == count


def test_more_sessions_than_allowed_are_not_watched(house):
    for _ in range(MAX_WATCHES):
        watched(house)
    with pytest.raises(TooManyWatches):
        watched(house)


def test_what_was_heard_stays_when_the_miner_goes_and_goes_on_when_it_resumes(house):
    miner, watch = watched(house)
    seat = house.hub.seat_of(watch.session_id)
    miner.endpoint.closed("peer closed")
    assert seat.wire is miner
    assert watch.lines[-1].text == "[connection over: peer closed]"
    assert house.hub.watches.watch(watch.session_id, None) is watch
    again = Miner(house)
    again.joins(session=watch.session_id)
    count = len(watch.lines)
    again.says({"id": 5, "method": "mining.ping", "params": []})
    assert len(watch.lines) == count + 2


def test_a_session_that_is_not_there_is_not_watched(house):
    assert house.hub.watches.watch("nobody", None) is None


def test_our_own_close_is_heard(house):
    _, watch = watched(house)
    house.hub.seat_of(watch.session_id).wire.close("because")
    assert watch.lines[-1].text == "[closed by us: because]"
