"""The operator fixes a session's difficulty, and takes that back."""

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.testing.hub_rig import HARD_BITS, House, Miner


@pytest.fixture
def house(work):
    house = House()
    house.source()
    house.work(work(7, bits=HARD_BITS))
    return house


def joined(house, **how):
    miner = Miner(house)
    miner.joins(**how)
    house.clock.at += 5
    return miner


def difficulties(lines):
    return [line["params"][0] for line in lines if line.get("method") == "mining.set_difficulty"]


def fix(house, miner, difficulty):
    before = len(miner.lines)
    seat = next(iter(seat for seat in house.hub.seats if seat.wire is miner))
    seat.fix_difficulty(None if difficulty is None else target_of_difficulty(difficulty), house.clock.at)
    house.loop.run()
    return miner.lines[before:]


def test_it_is_offered_at_once_with_a_job_of_its_own_and_stays(house):
    miner = joined(house)
    said = fix(house, miner, 0.5)
    assert difficulties(said) == [0.5]
    assert said[-1]["method"] == "mining.notify"
    for _ in range(20):
        house.clock.at += 60
        house.hub.sweep(1.0)
        house.loop.run()
    assert difficulties(miner.lines)[-1] == 0.5


def test_taken_back_it_is_automatic_again(house):
    miner = joined(house)
    fix(house, miner, 0.5)
    house.clock.at += 5
    fix(house, miner, None)
    for _ in range(20):
        house.clock.at += 60
        house.hub.sweep(1.0)
        house.loop.run()
    assert difficulties(miner.lines)[-1] < 0.5


def test_taken_back_what_the_password_asks_for_holds_again(house):
    miner = joined(house, password="fd=0.25")
    fix(house, miner, 0.5)
    house.clock.at += 5
    assert difficulties(fix(house, miner, None)) == [0.25]


def test_it_is_never_harder_than_the_source_asks(house):
    miner = joined(house)
    assert difficulties(fix(house, miner, 4096)) == [1]


def test_later_sessions_of_the_worker_have_it_too_and_others_have_not(house):
    fix(house, joined(house), 0.5)
    assert difficulties(joined(house).lines)[-1] == 0.5
    assert difficulties(joined(house, user="rig.two").lines)[-1] != 0.5
    fix(house, joined(house), None)
    assert difficulties(joined(house).lines)[-1] != 0.5
