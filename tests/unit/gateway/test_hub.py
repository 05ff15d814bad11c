"""The hub with real sessions, a real judge and an easy network: no sockets, a clock moved by hand."""

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.gateway import jobbook
from headframe.journal.base import JournalUnavailable
from headframe.ledger.facts import BlockFound, BlockSettled, PayoutSetIssued, ShareBatch
from headframe.sources.base import Down, LaneLost, Settled
from headframe.testing.hub_rig import EASY_BITS, HARD_BITS, House, Miner, sha256d


@pytest.fixture
def house():
    return House()


@pytest.fixture
def mining(house, work):
    """A house with one source at work and one miner on it."""
    house.source()
    house.work(work(7))
    miner = Miner(house)
    miner.joins()
    return miner


def test_without_work_a_new_connection_is_closed_unanswered(house):
    house.source()
    assert Miner(house).endpoint is None


def test_replies_keep_their_order_and_difficulty_precedes_the_first_clean_job(mining):
    kinds = [line.get("method", line["id"]) for line in mining.lines]
    assert kinds == [1, 2, "mining.set_difficulty", "mining.notify"]
    assert mining.notifies[0]["params"][8] is True


def test_an_accepted_share_is_journalled_before_its_reply_leaves(mining):
    house = mining.house
    house.order.clear()
    (reply,) = [line for line in mining.says(mining.solve()) if line.get("id") == 9]
    assert reply["result"] is True
    assert house.order.index("journalled") < house.order.index("written")
    (batch,) = house.pages.of(ShareBatch)
    (row,) = batch.credits
    assert (row.account.identity, row.account.worker, row.count) == ("rig", "one", 1)


def test_a_block_goes_to_its_source_before_journal_and_reply(mining):
    house = mining.house
    house.order.clear()
    mining.says(mining.solve())
    assert house.order[0] == "submitted"
    (share,) = house.sources["home"].taken
    (found,) = house.pages.of(BlockFound)
    assert found.hash == share.solution.hash == sha256d(share.solution.header)
    assert found.reward_sats == 50_0000_0000


def test_a_duplicate_is_refused_and_its_block_is_not_sent_again(mining):
    submit = mining.solve()
    mining.says(submit)
    (reply,) = [line for line in mining.says(submit) if line.get("id") == 9]
    assert reply["error"] == [22, "Duplicate share", None]
    assert len(mining.house.sources["home"].taken) == 1


def test_a_stale_share_is_refused_after_the_grace_and_its_block_is_sent_all_the_same(mining, work):
    house = mining.house
    submit = mining.solve()
    house.work(work(8))
    house.clock.at += 3.5
    (reply,) = [line for line in mining.says(submit) if line.get("id") == 9]
    assert reply["error"][:2] == [21, "Stale"]
    assert len(house.sources["home"].taken) == 1


def test_a_share_within_the_grace_counts(mining, work):
    submit = mining.solve()
    mining.house.work(work(8))
    mining.house.clock.at += 2.5
    assert [line["result"] for line in mining.says(submit) if line.get("id") == 9] == [True]


def test_an_unauthorised_worker_is_refused_but_its_block_is_sent(mining):
    (reply,) = [line for line in mining.says(mining.solve(user="stranger")) if line.get("id") == 9]
    assert reply["error"][0] == 24
    assert len(mining.house.sources["home"].taken) == 1


def test_refusals_are_on_record_by_reason(mining):
    submit = mining.solve()
    submit["params"][1] = "ffff"
    mining.says(submit)
    (batch,) = mining.house.pages.of(ShareBatch)
    assert [(row.reason, row.count) for row in batch.refusals] == [("job_not_found", 1)]


def test_only_a_new_previous_hash_is_clean(mining, work):
    house = mining.house
    house.work(work(7, clean=False))
    house.work(work(8))
    house.work(work(8, clean=False))
    assert [line["params"][8] for line in mining.notifies] == [True, False, True, False]
    ids = [line["params"][0] for line in mining.notifies]
    assert len(set(ids)) == len(ids)


def test_what_its_lane_voids_is_clean_for_a_miner_also_on_the_same_previous_hash(mining, work):
    house = mining.house
    house.work(work(7))
    assert mining.notifies[-1]["params"][8] is True
    house.hub.on_source_event(LaneLost("home", "home", "the connection broke"))
    house.work(work(7, clean=False))
    assert mining.notifies[-1]["params"][8] is True


def test_all_sessions_get_new_work_in_slices(house, work):
    house.source()
    house.work(work(7))
    miners = [Miner(house, peer=f"10.0.{n // 200}.{n % 200}") for n in range(600)]
    for miner in miners:
        miner.joins()
    house.work(work(8))
    assert all(len(miner.notifies) == 2 for miner in miners)
    assert len({miner.notifies[1]["params"][0] for miner in miners}) == 1
    assert house.hub.fanout_seconds.total_count == 2


def test_a_journal_that_refuses_closes_those_who_were_credited_and_nobody_is_lied_to(house, work):
    house.source()
    house.work(work(7))
    lucky, other = Miner(house, "10.0.0.1"), Miner(house, "10.0.0.2")
    lucky.joins()
    other.joins()
    house.pages.refuses = True
    replies = lucky.says(lucky.solve())
    assert replies == []
    assert lucky.closed_because
    assert len(house.sources["home"].taken) == 1, "the block was sent before anything was recorded"
    (refused,) = [line for line in other.says(other.solve()) if line.get("id") == 9]
    assert refused["error"][1] == "Share could not be recorded"
    assert other.closed_because is None
    house.pages.refuses = False
    house.hub.resume_recording()
    house.loop.run()
    assert len(house.pages.of(BlockFound)) == 2, "blocks' facts waited for the journal"
    assert house.pages.of(ShareBatch) == [] or all(not batch.credits for batch in house.pages.of(ShareBatch))


def test_a_source_that_goes_down_loses_its_sessions_to_the_others_without_a_reconnect(house, work):
    house.source("home", 100)
    house.source("away", 1)
    house.work(work(7, source="away"))
    house.work(work(7, source="home"))
    miner = Miner(house)
    miner.joins()
    assert next(iter(house.hub.seats)).source == "home"
    house.hub.on_source_event(Down("home", 1, "cannot connect", "start it"))
    house.loop.run()
    assert next(iter(house.hub.seats)).source == "away"
    assert miner.notifies[-1]["params"][8] is True
    assert miner.closed_because is None


def test_when_all_sources_are_down_sessions_keep_their_work(mining):
    house = mining.house
    submit = mining.solve()
    house.hub.on_source_event(Down("home", 1, "cannot connect", "start it"))
    house.loop.run()
    assert mining.closed_because is None
    assert len(mining.notifies) == 1
    assert [line["result"] for line in mining.says(submit) if line.get("id") == 9] == [True]
    assert len(house.sources["home"].taken) == 1


def test_a_miner_that_comes_back_keeps_extranonce_difficulty_and_work_in_flight(mining):
    house = mining.house
    first = mining.lines[0]["result"]
    submit = mining.solve()
    mining.endpoint.closed("gone")
    house.clock.at += 60
    again = Miner(house)
    again.joins(session=first[0][0][1])
    assert again.lines[0]["result"][1] == first[1]
    assert [line["result"] for line in again.says(submit) if line.get("id") == 9] == [True]
    assert again.notifies[0]["params"][0] != mining.notifies[0]["params"][0]


def test_a_connection_that_died_unseen_yields_to_the_one_that_resumes_it(mining):
    house = mining.house
    first = mining.lines[0]["result"]
    again = Miner(house)
    again.joins(session=first[0][0][1])
    assert mining.closed_because == "resumed by a new connection"
    assert again.lines[0]["result"][1] == first[1]
    stranger = Miner(house, peer="10.9.9.9")
    stranger.joins(session=first[0][0][1])
    assert again.closed_because is None, "another address cannot take a live session over"
    assert stranger.lines[0]["result"][1] != first[1]


def test_miner_mode_gives_work_only_to_payable_names_and_pays_them(work):
    house = House(operator=None)
    house.source()
    house.work(work(7))
    miner = Miner(house)
    assert [line.get("id") for line in miner.says({"id": 1, "method": "mining.subscribe", "params": []})] == [1]
    (refused,) = miner.says({"id": 2, "method": "mining.authorize", "params": ["nobody.rig", "x"]})
    assert refused["error"][:2] == [24, "Invalid Bitcoin address"]
    assert miner.closed_because is None, "a refused device is held, so that it does not hammer us"
    address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    lines = miner.says({"id": 3, "method": "mining.authorize", "params": [f"{address}.rig", "x"]})
    assert [line.get("method", line["id"]) for line in lines] == [3, "mining.set_difficulty", "mining.notify"]
    assert "0014751e76e8199196d454941c45d1b3a323f1433bd6" in lines[-1]["params"][3]
    (issued,) = house.pages.of(PayoutSetIssued)
    assert issued.remainder_script.hex() == "0014751e76e8199196d454941c45d1b3a323f1433bd6"
    (other,) = miner.says(
        {"id": 4, "method": "mining.authorize", "params": ["mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn.rig", "x"]}
    )
    assert other["error"][1] == "One payout address per connection"


def test_a_target_is_never_harder_than_the_source_asks(house, work):
    house.source()
    house.work(work(7, bits=EASY_BITS))
    miner = Miner(house)
    miner.joins(password="fd=5")
    difficulty = next(line for line in miner.lines if line.get("method") == "mining.set_difficulty")["params"][0]
    assert difficulty < 1e-8


def test_a_password_difficulty_reaches_the_first_job(house, work):
    house.source()
    house.work(work(7, bits=HARD_BITS))
    miner = Miner(house)
    miner.joins(password="fd=0.5")
    difficulties = [line["params"][0] for line in miner.lines if line.get("method") == "mining.set_difficulty"]
    assert difficulties == [0.5]


def test_a_flood_of_shares_is_answered_by_a_harder_job_at_once(house, work):
    house.source()
    house.work(work(7, bits=HARD_BITS))
    miner = Miner(house)
    miner.joins()
    for number in range(12):
        house.clock.at += 0.05
        if len(miner.notifies) == 1:
            miner.says(miner.solve(start=1000 * number, target=target_of_difficulty(1e-9)))
    assert len(miner.notifies) == 2
    assert miner.notifies[-1]["params"][8] is False
    assert miner.notifies[-1]["params"][2] != miner.notifies[0]["params"][2]


def test_what_becomes_of_a_block_is_on_record(mining):
    house = mining.house
    mining.says(mining.solve())
    block = house.sources["home"].taken[0].solution.hash
    house.hub.on_source_event(Settled("home", 1, "accepted", "", block, 1))
    house.loop.run()
    (settled,) = house.pages.of(BlockSettled)
    assert (settled.hash, settled.outcome, settled.confirmations) == (block, "accepted", 1)


def test_junk_costs_its_sender_and_stale_shares_do_not(mining, work):
    submit = mining.solve()
    mining.says(submit, submit)
    assert mining.cost == 1
    old = mining.solve()
    old["params"][2] = "ff" * 8
    mining.house.work(work(8))
    mining.house.clock.at += 10
    mining.says(old)
    assert mining.cost == 1


def test_draining_records_and_parks_everybody(mining):
    house = mining.house
    parked = house.hub.drain()
    assert [one.session_id for one in parked] == [mining.lines[0]["result"][0][0][1]]
    assert mining.closed_because == "stopping"
    assert house.hub.seats == {}


def test_a_connection_that_never_names_itself_is_closed_but_a_refused_one_is_held(work):
    house = House(operator=None)
    house.source()
    house.work(work(7))
    silent, refused = Miner(house, "10.0.0.1"), Miner(house, "10.0.0.2")
    silent.says({"id": 1, "method": "mining.subscribe", "params": []})
    refused.says({"id": 2, "method": "mining.authorize", "params": ["nobody", "x"]})
    house.clock.at += 16
    for _ in range(6):
        house.hub.sweep()
    assert silent.closed_because == "neither subscribed nor authorised in time"
    assert refused.closed_because is None


def test_while_there_is_no_work_miners_are_kept_awake(mining):
    house = mining.house
    house.hub.on_source_event(Down("home", 1, "cannot connect", "start it"))
    house.loop.run()
    house.hub.sweep(1.0)
    house.loop.run()
    assert mining.lines[-1]["method"] == "mining.ping"
    assert mining.closed_because is None


def hard_work(house, work):
    house.source()
    house.work(work(7, bits=HARD_BITS))


def difficulties(miner):
    return [line["params"][0] for line in miner.lines if line.get("method") == "mining.set_difficulty"]


def test_one_who_changes_its_mind_all_the_time_pays_and_takes_nobodys_jobs(house, work, monkeypatch):
    monkeypatch.setattr(jobbook, "MAX_JOBS", 50)
    hard_work(house, work)
    honest, fickle = Miner(house, "10.0.0.1"), Miner(house, "10.0.0.2")
    honest.joins()
    fickle.joins()
    before = len(fickle.notifies)
    for number in range(60):
        fickle.says({"id": 5, "method": "mining.suggest_difficulty", "params": [1e-6 if number % 2 else 1e-3]})
    assert len(fickle.notifies) - before <= 1, "no time has passed"
    assert fickle.cost > 40
    for _ in range(200):
        house.clock.at += 2
        fickle.says({"id": 5, "method": "mining.suggest_difficulty", "params": [1e-6 if number % 2 else 1e-3]})
        number += 1
    assert house.hub.book.get(int(honest.notifies[-1]["params"][0], 16)) is not None


def test_a_job_that_had_to_wait_comes_with_the_next_sweep(house, work):
    hard_work(house, work)
    miner = Miner(house)
    miner.joins()
    for difficulty in (1e-3, 1e-6):
        miner.says({"id": 5, "method": "mining.suggest_difficulty", "params": [difficulty]})
    waiting = len(miner.notifies)
    house.clock.at += 2
    house.hub.sweep(1.0)
    house.loop.run()
    assert len(miner.notifies) == waiting + 1


def test_a_password_counts_also_when_it_comes_before_the_subscription(house, work):
    hard_work(house, work)
    miner = Miner(house)
    miner.says({"id": 2, "method": "mining.authorize", "params": ["rig.one", "d=0.5"]})
    miner.says({"id": 1, "method": "mining.subscribe", "params": ["x"]})
    assert difficulties(miner) == [0.5]


def test_a_minimum_that_was_configured_before_the_subscription_binds(house, work):
    hard_work(house, work)
    miner = Miner(house)
    minimum = [["minimum-difficulty"], {"minimum-difficulty.value": 0.5}]
    miner.says({"id": 3, "method": "mining.configure", "params": minimum})
    miner.joins()
    for _ in range(100):
        house.clock.at += 5
        house.hub.sweep(1.0)
        house.loop.run()
    assert min(difficulties(miner)) >= 0.5


def test_difficulty_rests_while_shares_cannot_be_recorded(work):
    house = House(difficulty_start=0.5)
    hard_work(house, work)
    miner = Miner(house)
    miner.joins()
    house.hub.stop_recording(JournalUnavailable("full", "free some"))
    for _ in range(100):
        house.clock.at += 5
        house.hub.sweep(1.0)
        house.loop.run()
    assert min(difficulties(miner)) >= 0.5


def test_floods_of_hopeless_shares_cost_their_sender(house, work):
    hard_work(house, work)
    miner, stranger = Miner(house, "10.0.0.1"), Miner(house, "10.0.0.2")
    miner.joins()
    job = miner.notifies[-1]["params"]

    def submit(sender, user, job_id, number):
        sender.says(
            {"id": 9, "method": "mining.submit", "params": [user, job_id, f"{number:016x}", job[7], "00000001"]}
        )

    for sender, user, job_id in (
        (miner, "rig.one", "deadbeef"),
        (miner, "nobody", job[0]),
        (miner, "rig.one", job[0]),
        (stranger, "rig.one", job[0]),
    ):
        before = sender.cost
        for number in range(20):
            submit(sender, user, job_id, number)
        assert sender.cost - before >= 15


def test_a_bug_in_one_session_costs_that_session_and_not_the_others(house, work):
    house.source()
    house.work(work(7))
    miners = [Miner(house, f"10.0.0.{number}") for number in range(3)]
    for miner in miners:
        miner.joins()

    class Broken:
        def __init__(self, session):
            self.session = session

        def __getattr__(self, name):
            if name == "offer":
                raise RuntimeError("our bug")
            return getattr(self.session, name)

    miners[0].endpoint.session = Broken(miners[0].endpoint.session)
    house.work(work(8))
    assert [len(miner.notifies) for miner in miners] == [1, 2, 2]
    assert miners[0].closed_because == "internal error"
    assert "bug" in [name for name, _ in house.events]


def test_recording_resumes_with_a_write_that_held_and_not_before(house, work):
    house.source()
    house.work(work(7))
    miners = [Miner(house, f"10.0.0.{number}") for number in range(3)]
    for miner in miners:
        miner.joins()
    house.pages.refuses = True
    for number, miner in enumerate(miners):
        miner.says(miner.solve(start=1000 * number))
    assert sum(miner.closed_because is not None for miner in miners) == 1
    house.pages.refuses = False
    miners[1].says(miners[1].solve(start=9000))
    assert house.hub.recording, "the refusal that was written proved it"
    assert [line["result"] for line in miners[2].says(miners[2].solve(start=9000)) if line.get("id") == 9] == [True]


def test_recording_resumes_by_itself_when_nobody_submits(house, work):
    house.source()
    house.work(work(7))
    miner = Miner(house)
    miner.joins()
    house.pages.refuses = True
    miner.says(miner.solve())
    house.hub.try_recording()
    assert not house.hub.recording
    house.pages.refuses = False
    house.hub.try_recording()
    assert house.hub.recording


def test_room_that_is_low_does_not_end_with_a_write(house, work):
    house.source()
    house.work(work(7))
    miner = Miner(house)
    miner.joins()
    house.hub.stop_recording(JournalUnavailable("low", "free some"), resumes_with_a_write=False)
    miner.says(miner.solve())
    assert not house.hub.recording


def test_a_block_of_a_removed_source_goes_to_it_all_the_same(house, work):
    source = house.source()
    house.work(work(7))
    miner = Miner(house)
    miner.joins()
    submit = miner.solve()
    house.hub.remove_source("home")
    house.loop.run()
    miner.says(submit)
    assert len(source.taken) == 1


def test_a_finished_fan_out_holds_nobody(house, work):
    house.source()
    house.work(work(7))
    miner = Miner(house)
    miner.joins()
    house.work(work(8))
    assert house.hub._fanouts == {}


def test_a_miner_that_is_silent_for_long_is_asked_whether_it_lives(mining):
    house = mining.house

    def pings():
        return len([line for line in mining.lines if line.get("method") == "mining.ping"])

    for _ in range(58):
        house.clock.at += 5
        house.hub.sweep(1.0)
        house.loop.run()
    assert pings() == 0
    for _ in range(4):
        house.clock.at += 5
        house.hub.sweep(1.0)
        house.loop.run()
    assert pings() == 1
    mining.says({"id": 2_000_000_001, "result": "pong", "error": None})
    for _ in range(58):
        house.clock.at += 5
        house.hub.sweep(1.0)
        house.loop.run()
    assert pings() == 1
