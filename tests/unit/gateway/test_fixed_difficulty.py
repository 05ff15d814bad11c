"""The operator fixes a worker's difficulty, and takes that back."""

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.gateway.hub import FIXED_AT_ONCE
from headframe.mining.vardiff import VardiffPolicy
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


def fix(house, miner, difficulty, user=("rig", "one")):
    """As the operator does it: for a worker."""
    before = len(miner.lines)
    house.hub.use_fixed(lambda identity, worker: difficulty if (identity, worker) == user else None)
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


@pytest.mark.parametrize("password", ["d=0.9", "fd=0.25", "d=0.9,fd=0.25", "th=500"])
def test_what_the_password_asks_for_does_not_come_before_the_operators_word(house, password):
    fix(house, joined(house), 0.5)
    assert difficulties(joined(house, password=password).lines)[-1] == 0.5


def test_what_the_firmware_suggests_does_not_come_before_the_operators_word(house):
    fix(house, joined(house), 0.5)
    miner = Miner(house)
    miner.says({"id": 7, "method": "mining.suggest_difficulty", "params": [0.75]})
    miner.joins()
    house.clock.at += 5
    miner.says({"id": 8, "method": "mining.suggest_difficulty", "params": [0.125]})
    for _ in range(20):
        house.clock.at += 60
        house.hub.sweep(1.0)
        house.loop.run()
    assert set(difficulties(miner.lines)) == {0.5}


def test_what_is_said_again_disturbs_nobody(house):
    miner = joined(house)
    fix(house, miner, 0.5)
    house.clock.at += 5
    assert fix(house, miner, 0.5) == []


def test_a_session_that_began_under_other_bounds_is_fixed_by_those_of_now(house, work):
    miner = joined(house)
    easy = target_of_difficulty(1e-9)
    house.hub.difficulty.use(VardiffPolicy(easiest_target=easy, hardest_wish_target=1), easy)
    seat = next(iter(house.hub.seats))
    assert seat.vardiff is not None
    fix(house, miner, 1e14)
    assert seat.vardiff.fixed == target_of_difficulty(1e14)


def test_of_many_the_first_are_told_at_once_and_the_others_by_the_sweep(house):
    miners = [joined(house) for _ in range(FIXED_AT_ONCE + 20)]
    before = [len(miner.lines) for miner in miners]
    house.hub.use_fixed(lambda identity, worker: 0.5)
    house.loop.run()
    assert sum(len(miner.lines) > heard for miner, heard in zip(miners, before, strict=True)) == FIXED_AT_ONCE
    for _ in range(10):
        house.hub.sweep(0.2)
    house.loop.run()
    assert all(difficulties(miner.lines)[-1] == 0.5 for miner in miners)


def authorised(house, miner, user):
    """What is said when the connection names a further worker."""
    said = miner.says({"id": 9, "method": "mining.authorize", "params": [user, "x"]})
    house.clock.at += 5
    return said


def shown(house):
    house.clock.at += 5
    return {worker: one.fixed_difficulty for (_, worker), one in house.hub.census.take().items()}


def test_a_further_worker_of_a_connection_is_obeyed_too_and_it_is_shown_of_all_that_it_rules(house):
    miner = joined(house)
    authorised(house, miner, "rig.two")
    assert shown(house) == {"one": None, "two": None}
    assert difficulties(fix(house, miner, 0.5, ("rig", "two"))) == [0.5]
    assert shown(house) == {"one": 0.5, "two": 0.5}
    assert difficulties(fix(house, miner, None)) != [0.5]
    assert shown(house) == {"one": None, "two": None}


def test_of_several_fixed_workers_the_first_of_the_connection_rules_it(house):
    miner = joined(house)
    authorised(house, miner, "rig.two")
    fixed = {"one": 0.25, "two": 0.5}
    house.hub.use_fixed(lambda identity, worker: fixed.get(worker))
    house.loop.run()
    assert difficulties(miner.lines)[-1] == 0.25
    assert shown(house) == {"one": 0.25, "two": 0.25}


def test_a_fixed_worker_that_is_named_later_rules_from_then_on(house):
    miner = joined(house)
    fix(house, miner, 0.5, ("rig", "two"))
    assert difficulties(miner.lines)[-1] != 0.5
    assert difficulties(authorised(house, miner, "rig.two")) == [0.5]
    assert difficulties(authorised(house, miner, "rig.three")) == []


def test_workers_that_are_named_before_the_subscription_are_all_asked_for(house):
    fix(house, joined(house), 0.5, ("rig", "two"))
    miner = Miner(house)
    for number, user in enumerate(("rig.one", "rig.two")):
        miner.says({"id": number, "method": "mining.authorize", "params": [user, "x"]})
    miner.says({"id": 9, "method": "mining.subscribe", "params": ["test/1.0"]})
    assert difficulties(miner.lines) == [0.5]
