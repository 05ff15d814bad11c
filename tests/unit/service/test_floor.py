"""What is said of live miners, and acts on them: a hub by hand, and a listener that writes down what it is told."""

import pytest

from headframe.gateway.census import STRONGEST
from headframe.gateway.watch import MAX_WATCHES
from headframe.service import floor
from headframe.service.floor import CLOSED_BY_OPERATOR, LiveFloor
from headframe.service.miner_views import miner_key
from headframe.service.refusals import Conflict, Invalid, NotFound, TooMany
from headframe.sources.base import Down, JobReady
from headframe.sources.scripted import ScriptedSource
from headframe.testing.fake_clock import FakeClock
from headframe.testing.hub_rig import House, Miner

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


class Gate:
    """As much of a listener as acts need."""

    def __init__(self):
        self.banned = {}

    def is_exempt(self, address):
        return address.startswith(("127.", "10."))

    def pardon(self, address):
        return self.banned.pop(address, None) is not None

    def bans(self):
        return dict(self.banned)

    def is_ordered(self, address):
        return address.startswith("203.")


@pytest.fixture
def house():
    house = House()
    for name, weight in (("home", 99), ("other", 1)):
        house.source(name, weight)
        script = ScriptedSource(FakeClock(), name)
        script.up()
        house.hub.on_source_event(JobReady(name, 1, script.new_block(), house.clock.at))
    house.loop.run()
    return house


def joined(house, user="rig.one", peer="10.0.0.1", **how):
    miner = Miner(house, peer)
    miner.joins(user, **how)
    return miner


def session_of(miner):
    return next(seat.session_id for seat in miner.house.hub.seats if seat.wire is miner)


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def live(house, gate):
    return LiveFloor(house.hub, gate, house.clock, {"k": ("gone", "rig")}.get)


def bad(miner):
    return {"id": 9, "method": "mining.submit", "params": ["rig.one", "dead", "00" * 8, "00000001", "00000000"]}


def test_the_last_shares_of_a_miner_newest_first_with_their_explanation(house):
    miner, other = joined(house), joined(house, "rig.two")
    miner.says(bad(miner))
    house.clock.at += 5
    other.says({**bad(other), "params": ["rig.two", *bad(other)["params"][1:]]})
    miner.says({**bad(miner), "params": ["rig.one", "beef", *bad(miner)["params"][2:]]})
    first, second = floor.shares_of(house.hub, house.clock, "rig", "one")
    assert (first.time_ms, second.time_ms) == (1_005_000, 1_000_000)
    assert (first.reason, first.explanation) == ("job_not_found", {"job_id": "beef"})
    assert (first.key, first.alias, first.job_id) == (miner_key("rig", "one"), "one", "")
    assert first.difficulty is None
    assert first.share_difficulty is None
    assert len(floor.last_shares(house.hub, house.clock)) == 3
    assert len(floor.shares_of(house.hub, house.clock, "rig", "one", limit=1)) == 1


def test_a_hostile_job_id_is_shown_as_harmless_text(house):
    miner = joined(house)
    given = bad(miner)
    given["params"][1] = "\u202e\x1b]0;pwned\x07<b>"
    miner.says(given)
    (share,) = floor.shares_of(house.hub, house.clock, "rig", "one")
    assert share.explanation == {"job_id": "\ufffd\ufffd]0;pwned\ufffd<b>"}


def test_a_miner_that_is_named_by_an_address_has_an_alias_that_says_nothing(house):
    miner = joined(house, ADDRESS)
    miner.says(bad(miner))
    (share,) = floor.last_shares(house.hub, house.clock)
    assert share.alias == share.key[:8]


def test_moves_newest_first_of_all_or_of_one(house):
    joined(house)
    joined(house, "rig.two")
    house.hub.on_source_event(Down("home", 1, "gone", ""))
    house.loop.run()
    assert {move.alias for move in floor.moves(house.hub, house.clock)} == {"one", "two"}
    (move,) = floor.moves(house.hub, house.clock, miner=("rig", "two"))
    assert (move.from_source, move.to_source, move.reason) == ("home", "other", "failover")
    assert sum(floor.moves_by_step(house.hub, house.clock, 940, 60, 2)) == 2
    assert floor.moves_by_step(house.hub, house.clock, 0, 60, 2) == (0, 0)


def test_the_sessions_of_a_miner(house):
    joined(house, agent="cgminer/4.11.1")
    joined(house, "rig.two")
    (session,) = floor.sessions_of(house.hub, house.clock, "rig", "one")
    assert session.workers == ("one",)
    assert session.source == "home"
    assert session.peer == "10.0.0.1"
    assert session.difficulty is not None


def test_the_shaft_names_the_strongest_and_adds_up_the_rest(house):
    for number in range(STRONGEST + 5):
        joined(house, f"rig.{number}")
    for rate, seat in enumerate(house.hub.seats, 1):
        seat.hashrate = float(rate)
    shaft = floor.shaft(house.hub, house.clock)
    assert len(shaft.flows) == STRONGEST + 1
    rest = shaft.flows[-1]
    assert (rest.key, rest.alias, rest.source, rest.miners, rest.hashrate) == ("", "", "home", 5, 15.0)
    assert {flow.hashrate for flow in shaft.flows[:-1]} == set(map(float, range(6, STRONGEST + 6)))


def test_a_miner_that_was_not_measured_yet_is_where_it_is_at_an_unknown_rate(house):
    joined(house)
    assert [(flow.source, flow.hashrate) for flow in floor.shaft(house.hub, house.clock).flows] == [("home", None)]


def test_bans_say_until_when_and_whose_word_they_are(house, gate):
    gate.banned = {"203.0.113.9": 60.0, "198.51.100.1": 1.5, "2001:db8::/64": 9.0}
    assert [(ban.address, ban.until_ms, ban.reason) for ban in floor.bans(gate, house.clock)] == [
        ("198.51.100.1", 1_001_500, "misbehaviour"),
        ("2001:db8::", 1_009_000, "misbehaviour"),
        ("203.0.113.9", 1_060_000, "operator"),
    ]


def test_a_key_is_known_of_live_miners_and_of_those_that_were(house, live):
    joined(house)
    key = miner_key("rig", "one")
    assert live.workers_of([key, "k", "what"]) == {key: ("rig", "one"), "k": ("gone", "rig")}


def test_a_session_is_closed_and_what_it_was_is_told(house, live):
    miner = joined(house, agent="cgminer/4.11.1")
    assert live.disconnect(session_of(miner)).startswith("rig.one from 10.0.0.1 cgminer")
    assert miner.closed_because == CLOSED_BY_OPERATOR


def test_all_sessions_of_a_miner_are_closed_and_no_others(house, live):
    mine, others = [joined(house), joined(house)], joined(house, user="rig.two")
    assert len(live.disconnect_all("rig", "one")) == 2
    assert [miner.closed_because for miner in (*mine, others)] == [CLOSED_BY_OPERATOR, CLOSED_BY_OPERATOR, None]
    with pytest.raises(NotFound):
        live.disconnect_all("rig", "three")


def test_acts_on_a_session_that_is_not_there_are_refused(live):
    for act in (lambda: live.disconnect("x"), lambda: live.watch("x")):
        with pytest.raises(NotFound):
            act()


def test_an_address_is_banned_by_what_it_stands_for_and_never_an_exempt_one(live, gate):
    assert live.bannable(" 203.0.113.9 ") == "203.0.113.9"
    assert live.bannable("2001:db8::7") == live.bannable("2001:db8::/64") == "2001:db8::/64"
    for address in ("my miner", "10.0.0.0/8"):
        with pytest.raises(Invalid):
            live.bannable(address)
    with pytest.raises(Conflict) as exempt:
        live.bannable("127.0.0.1")
    assert "exempt" in exempt.value.remedy


def test_a_miner_is_banned_by_the_addresses_it_is_connected_from(house, live):
    joined(house, peer="203.0.113.9")
    joined(house, peer="203.0.113.9")
    joined(house, peer="2001:db8::7")
    joined(house, user="rig.two")
    assert live.addresses_of("rig", "one") == ["203.0.113.9", "2001:db8::/64"]
    with pytest.raises(Conflict) as exempt:
        live.addresses_of("rig", "two")  # from 10.0.0.1
    assert exempt.value.text.startswith("rig.two is"), "who may ban may not see its address"
    with pytest.raises(NotFound):
        live.addresses_of("rig", "three")


def test_a_ban_for_misbehaviour_is_lifted(live, gate):
    gate.banned = {"203.0.113.9": 60.0}
    assert live.pardon("203.0.113.9")
    assert not live.pardon("203.0.113.9")


def test_a_watch_tells_what_is_said_and_until_when(house, live):
    miner = joined(house)
    session = session_of(miner)
    assert live.watch(session).lines == ()
    miner.says({"id": 3, "method": "mining.ping", "params": []})
    log = live.watch(session)
    assert [line.from_miner for line in log.lines] == [True, False]
    assert log.ends_ms == 1_300_000
    assert log.session_id == session


def test_too_many_watches_are_refused(house, live):
    for _ in range(MAX_WATCHES):
        live.watch(session_of(joined(house)))
    with pytest.raises(TooMany):
        live.watch(session_of(joined(house)))
