"""Live sessions put together by worker."""

import pytest

from headframe.gateway import census
from headframe.sources.base import Down
from headframe.testing.hub_rig import House, Miner


@pytest.fixture
def house(work):
    house = House()
    house.source()
    house.work(work(7))
    return house


def joined(house, user="rig.one", **how):
    miner = Miner(house)
    miner.joins(user, **how)
    return miner


def test_sessions_of_one_worker_are_one_miner(house):
    joined(house, agent="cgminer/4.11.1")
    house.clock.at += 5
    second = joined(house, agent="bitaxe/BM1370/v2.4.2")
    joined(house, "rig.two")
    second.says(second.solve())
    miners = house.hub.census.take()
    assert set(miners) == {("rig", "one"), ("rig", "two")}
    one = miners["rig", "one"]
    assert (one.sessions, one.sources, one.state, one.protocol) == (2, ("home",), "mining", "V1")
    assert one.connected_since == 1000.0
    assert one.accepted == 1
    assert one.last_share_at == 1005.0
    assert "bitaxe" in one.firmware
    assert one.difficulty is not None


def test_hashrate_is_by_source(house):
    miner = joined(house)
    for start in range(3):
        house.clock.at += 10
        miner.says(miner.solve(start=1000 * start))
    one = house.hub.census.take()["rig", "one"]
    assert set(one.hashrates) == {"home"}
    assert one.hashrate == one.hashrates["home"] > 0


@pytest.fixture
def two(house, work):
    """A house with another source, where everybody starts at home."""
    house.source("away", 1)
    house.work(work(7, source="away"))
    return house


def rates_of(house, worker="one"):
    house.clock.at += census.FRESH_S
    return house.hub.census.take()["rig", worker].hashrates


def seat_of(miner):
    return next(seat for seat in miner.house.hub.seats if seat.wire is miner)


def mines(miner, seconds, step=10):
    """A share each step, measured as the running house measures."""
    for _ in range(seconds // step):
        miner.house.clock.at += step
        miner.says(miner.solve(start=int(miner.house.clock.at) * 1000))
        seat_of(miner).measure(miner.house.clock.at)


def test_a_miner_that_mines_in_turn_is_shown_by_its_work_not_by_where_it_is(two):
    miner = joined(two)
    mines(miner, 60)
    for _ in range(10):
        two.hub.dispatch.move(seat_of(miner), "away", "slice")
        mines(miner, 20)
        two.hub.dispatch.move(seat_of(miner), "home", "slice")
        mines(miner, 40)
    rates = rates_of(two)
    seat = seat_of(miner)
    assert sum(rates.values()) == pytest.approx(seat.hashrate)
    assert rates["away"] / seat.hashrate == pytest.approx(1 / 3, abs=0.05)


def test_what_it_did_before_its_first_move_counts_as_it_was_measured(two):
    miner = joined(two)
    mines(miner, 300)
    two.hub.dispatch.move(seat_of(miner), "away", "balance")
    mines(miner, 100)
    rates = rates_of(two)
    assert rates["home"] / sum(rates.values()) == pytest.approx(0.75, abs=0.04)


def test_ten_minutes_after_a_move_it_is_where_it_is(two):
    miner = joined(two)
    mines(miner, 300)
    two.hub.dispatch.move(seat_of(miner), "away", "balance")
    mines(miner, 680)
    assert set(rates_of(two)) == {"away"}
    assert seat_of(miner).spread is None, "it costs nothing any more"


def test_a_source_that_gives_no_work_any_more_has_no_miners_at_once(two):
    miner = joined(two)
    mines(miner, 300)
    two.hub.dispatch.move(seat_of(miner), "away", "balance")
    mines(miner, 60)
    two.hub.on_source_event(Down("away", 1, "cable", ""))
    assert set(rates_of(two)) == {"home"}
    two.hub.remove_source("away")
    assert set(rates_of(two)) == {"home"}


def test_a_nameless_session_is_no_miner(house):
    Miner(house)
    assert house.hub.census.take() == {}


def test_it_is_counted_again_only_after_a_while(house):
    joined(house)
    first = house.hub.census.take()
    joined(house, "rig.two")
    assert house.hub.census.take() is first
    house.clock.at += census.FRESH_S
    assert len(house.hub.census.take()) == 2
    assert len(first) == 1


def test_a_miner_whose_last_shares_are_refused_is_rejecting(house):
    miner = joined(house)
    bad = miner.solve()
    bad["params"][1] = "dead"
    for _ in range(12):
        miner.says(bad)
    one = house.hub.census.take()["rig", "one"]
    assert one.state == "rejecting"
    assert one.refusals == {"job_not_found": 12}


def test_refusals_of_long_ago_are_forgiven(house):
    miner = joined(house)
    bad = miner.solve()
    bad["params"][1] = "dead"
    for _ in range(12):
        miner.says(bad)
    house.clock.at += census.LAST_SHARES_S + 1
    for start in range(12):
        miner.says(miner.solve(start=start * 10_000))
    assert house.hub.census.take()["rig", "one"].state == "mining"


def test_a_miner_without_a_share_for_ten_times_as_long_as_expected_is_silent(house):
    miner = joined(house)
    miner.says(miner.solve())
    house.clock.at += 99
    assert house.hub.census.take()["rig", "one"].state == "mining"
    house.clock.at += 3
    assert house.hub.census.take()["rig", "one"].state == "silent"


def test_one_silent_session_of_two_is_no_silent_miner(house):
    joined(house)
    house.clock.at += 60
    second = joined(house)
    house.clock.at += 60
    second.says(second.solve())
    assert house.hub.census.take()["rig", "one"].state == "mining"


def test_a_large_house_is_walked_in_slices_and_the_answer_before_holds_meanwhile(house, monkeypatch):
    monkeypatch.setattr(census, "DIRECT", 2)
    monkeypatch.setattr(census, "SLICE", 2)
    for number in range(5):
        joined(house, f"rig.{number}")
    first = house.hub.census.take()
    assert len(first) == 5
    joined(house, "rig.more")
    house.clock.at += census.FRESH_S
    assert house.hub.census.take() is first
    steps = 0
    while house.loop.ready:
        batch, house.loop.ready = house.loop.ready, []
        steps += 1
        for callback in batch:
            callback()
    assert steps >= 3
    assert len(house.hub.census.take()) == 6


def test_an_answer_of_long_ago_does_not_count_however_large_the_house(house, monkeypatch):
    monkeypatch.setattr(census, "DIRECT", 0)
    joined(house)
    assert len(house.hub.census.take()) == 1
    joined(house, "rig.two")
    house.clock.at += census.STALE_S + 1
    assert len(house.hub.census.take()) == 2


def test_the_strongest_are_named_and_the_others_added_up(house, monkeypatch):
    monkeypatch.setattr(census, "STRONGEST", 2)
    for number in range(5):
        joined(house, f"rig.{number}")
    for rate, seat in enumerate(house.hub.seats, 1):
        seat.hashrate = float(rate)
    standing = house.hub.census.standing()
    assert [miner.worker for miner in standing.strongest] == ["4", "3"]
    assert standing.others == {"home": (6.0, 3)}
