"""Which seat mines for which source, and the way from one to another."""

from headframe.gateway.dispatch import Dispatch
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.jobmaker import VERSION_MASK
from headframe.routing.horizon import Horizon
from headframe.routing.router import Router


class Source:
    """A source whose lanes are named by the test."""

    version_mask = VERSION_MASK

    def __init__(self, name, *, private=False, room=12):
        self.name = name
        self.extranonce_room = room
        self.private = private
        self.leased = []

    def lease(self, session_id):
        self.leased.append(session_id)
        return f"{self.name}#{session_id}" if self.private else self.name

    def release(self, session_id):
        if session_id in self.leased:
            self.leased.remove(session_id)


class Work:
    def __init__(self, lane):
        self.lane = lane
        self.clean = True


class Session:
    rolled_mask = VERSION_MASK


class Seat:
    first_account = None
    hashrate = 0.0
    layout = ExtranonceLayout(4, 8)
    session = Session()

    def __init__(self, session_id):
        self.session_id = session_id
        self.source = self.lane = ""
        self.heading = None
        self.gone = False

    def departs(self, now):
        pass


class Floor:
    def __init__(self, *sources):
        self.book = SourceBook()
        self.offered, self.moves = [], []
        self.sources = {source.name: source for source in sources}
        for source in sources:
            self.book.add(source, Usage(100))
            self.book.went_up(source.name)
        self.dispatch = Dispatch(
            self.book,
            Router(),
            Horizon(),
            self.offered.append,
            lambda *move: self.moves.append(move[1:]),
            lambda: 0.0,
        )

    def work(self, name, lane=None):
        self.book.has(name, Work(lane or name), 0.0)
        self.dispatch.lane_ready(lane or name)

    def seat(self, name):
        seat = Seat(name)
        self.dispatch.source_of(seat, 0.0)
        return seat


def test_a_seat_is_placed_once_and_holds_one_lease():
    floor = Floor(Source("home"))
    floor.work("home")
    seat = floor.seat("s1")
    assert (seat.source, seat.lane) == ("home", "home")
    floor.dispatch.source_of(seat, 0.0)
    assert floor.sources["home"].leased == ["s1"]
    assert floor.book.get("home").sessions == 1


def test_a_move_gives_the_old_lease_back_and_is_counted():
    floor = Floor(Source("home"), Source("away"))
    floor.work("home")
    floor.work("away")
    seat = floor.seat("s1")
    before = seat.source
    after = "away" if before == "home" else "home"
    assert floor.dispatch.move(seat, after, "balance")
    assert seat.source == after
    assert floor.offered == [seat], "it gets work of its new source with the move, not with the next job there"
    assert floor.sources[before].leased == []
    assert floor.sources[after].leased == ["s1"]
    assert floor.dispatch.counts[before, after, "balance"] == 1
    assert (floor.book.get(before).sessions, floor.book.get(after).sessions) == (0, 1)


def test_a_move_to_where_it_is_or_to_nobody_is_none():
    floor = Floor(Source("home"))
    floor.work("home")
    seat = floor.seat("s1")
    assert not floor.dispatch.move(seat, "home", "balance")
    assert not floor.dispatch.move(seat, "nobody", "balance")


def test_a_seat_waits_where_it_is_until_its_private_lane_has_work():
    floor = Floor(Source("home"), Source("pool", private=True))
    floor.work("home")
    seat = floor.seat("s1")
    floor.dispatch.move(seat, "pool", "balance")
    assert seat.source == "home"
    assert floor.offered == []
    assert not floor.dispatch.move(seat, "pool", "balance"), "it is on its way there already"
    floor.work("pool", "pool#s1")
    assert (seat.source, seat.lane) == ("pool", "pool#s1")
    assert floor.offered == [seat]
    assert floor.sources["home"].leased == []


def test_a_move_given_up_on_the_way_gives_its_lease_back():
    floor = Floor(Source("home"), Source("pool", private=True))
    floor.work("home")
    seat = floor.seat("s1")
    floor.dispatch.move(seat, "pool", "slice")
    floor.dispatch.move(seat, "home", "slice")
    assert floor.sources["pool"].leased == []
    floor.work("pool", "pool#s1")
    assert seat.source == "home"
    assert floor.sources["home"].leased == ["s1"]


def test_a_lost_lane_sends_its_seats_elsewhere_and_back_to_a_new_lane():
    floor = Floor(Source("home"), Source("pool", private=True))
    floor.work("home")
    seat, other = floor.seat("s1"), floor.seat("s2")
    floor.dispatch.move(seat, "pool", "balance")
    floor.work("pool", "pool#s1")
    floor.book.lost("pool", "pool#s1")
    floor.dispatch.lane_lost("pool#s1", [seat, other])
    assert floor.offered[-1] is seat
    assert seat.source == ""
    floor.dispatch.source_of(seat, 0.0)
    assert seat.source == "home"
    assert floor.sources["pool"].leased == []


def test_a_seat_that_leaves_on_its_way_leaves_nothing_behind():
    floor = Floor(Source("home"), Source("pool", private=True))
    floor.work("home")
    seat = floor.seat("s1")
    floor.dispatch.move(seat, "pool", "balance")
    seat.gone = True
    floor.dispatch.leave(seat)
    floor.work("pool", "pool#s1")
    assert floor.sources["home"].leased == floor.sources["pool"].leased == []
    assert floor.book.get("home").sessions == floor.book.get("pool").sessions == 0


def test_a_seat_goes_only_where_its_extranonce_fits():
    floor = Floor(Source("home"), Source("tight", room=8))
    floor.work("home")
    floor.work("tight")
    assert {floor.seat(f"s{n}").source for n in range(6)} == {"home"}
    assert floor.book.layout == ExtranonceLayout(4, 4), "new sessions fit both"


def test_a_source_that_gets_nothing_does_not_hold_fast_whom_it_does_not_suit():
    tight, home, away = Source("tight", room=4), Source("home"), Source("away")
    floor = Floor(tight, home, away)
    for name in ("tight", "home", "away"):
        floor.work(name)
    floor.book.use("tight", Usage(0))
    floor.book.use("away", Usage(0))
    seat = floor.seat("s1")
    assert seat.source == "home"
    seat.last_job, seat.source_since, seat.measure = object(), 0.0, lambda now: None
    floor.book.use("home", Usage(0))
    floor.book.use("away", Usage(100))
    assert floor.dispatch.plan(100.0, [seat]) == 1
    assert seat.source == "away"


def test_a_source_that_grants_less_turns_out_whom_it_does_not_suit():
    floor = Floor(Source("home"), Source("pool"))
    floor.work("home")
    floor.work("pool")
    seats = [floor.seat(f"s{n}") for n in range(6)]
    assert {seat.source for seat in seats} == {"home", "pool"}
    assert not floor.book.terms_changed("pool")
    floor.sources["pool"].version_mask = 0x00FF0000
    assert floor.book.terms_changed("pool")
    floor.dispatch.turn_out("pool", seats)
    assert {seat.source for seat in seats} == {"home", ""}
    for seat in seats:
        floor.dispatch.source_of(seat, 0.0)
    assert {seat.source for seat in seats} == {"home"}
