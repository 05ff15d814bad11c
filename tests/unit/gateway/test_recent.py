"""What is remembered of shares and moves, and how a refusal explains itself."""

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.gateway.recent import KEEP_BURST, KEEP_PER_SWEEP, KEPT_SHARES
from headframe.mining.judge import MAX_NTIME_ROLL_S
from headframe.mining.submission import RejectReason
from headframe.sources.base import Down
from headframe.testing.hub_rig import HARD_BITS, House, Miner


@pytest.fixture
def house():
    return House()


@pytest.fixture
def mining(house, work):
    house.source()
    house.work(work(7))
    miner = Miner(house)
    miner.joins()
    return miner


def last(miner):
    """(reason, explanation) of the last share."""
    share = miner.house.hub.recent.shares[-1]
    return share[7], share[8]


def test_an_accepted_share_is_kept_with_its_hash_and_without_its_job(mining):
    mining.says(mining.solve())
    (share,) = mining.house.hub.recent.shares
    at, account, session_id, source, seq, target, header_hash, reason, why = share
    assert (at, account.worker, source) == (mining.house.clock.at, "one", "home")
    assert session_id == mining.endpoint.session_id
    assert f"{seq:02x}" == mining.notifies[-1]["params"][0]
    assert int.from_bytes(header_hash, "little") <= target
    assert reason is None
    assert why is None


def test_the_ring_is_bounded(mining):
    ring = mining.house.hub.recent.shares
    ring.extend([ring] * (KEPT_SHARES + 1))
    assert len(ring) == KEPT_SHARES


def test_of_a_flood_a_sample_is_kept_and_the_rest_is_judged_all_the_same(mining):
    house = mining.house
    house.hub.keep_room = 1
    bad = {"id": 9, "method": "mining.submit", "params": ["rig.one", "dead", "00", "00", "00"]}
    mining.says(bad, bad, mining.solve())
    assert len(house.hub.recent.shares) == 1
    assert (mining.endpoint.accepted, mining.endpoint.refusals) == (1, {"bad_ntime": 2})
    house.hub.sweep()
    mining.says(mining.solve(start=10_000))
    assert len(house.hub.recent.shares) == 2


def test_room_for_shares_grows_with_time_and_is_bounded(mining):
    hub = mining.house.hub
    hub.keep_room = 0
    hub.sweep()
    assert hub.keep_room == KEEP_PER_SWEEP
    for _ in range(KEEP_BURST):
        hub.sweep()
    assert hub.keep_room == KEEP_BURST


def submit(miner, **changed):
    given = miner.solve()
    given["params"].append("00000000")
    for name, value in changed.items():
        given["params"][("user", "job", "extranonce2", "ntime", "nonce", "version").index(name)] = value
    return given


@pytest.mark.parametrize(
    ("changed", "reason", "why"),
    [
        ({"job": "dead"}, RejectReason.JOB_NOT_FOUND, {"job_id": "dead"}),
        ({"job": "x" * 500}, RejectReason.JOB_NOT_FOUND, {"job_id": "x" * 64}),
        ({"user": "who"}, RejectReason.UNAUTHORIZED, {"user": "who"}),
        ({"extranonce2": "00"}, RejectReason.BAD_EXTRANONCE2, {"bytes": 1, "expected_bytes": 8}),
        ({"extranonce2": "0x00"}, RejectReason.BAD_EXTRANONCE2, {"sent": "0x00", "expected_bytes": 8}),
        ({"ntime": "later"}, RejectReason.BAD_NTIME, {"sent": "later", "expected_digits": 8}),
        ({"nonce": "12"}, RejectReason.BAD_NONCE, {"sent": "12", "expected_digits": 8}),
        ({"version": "00000001"}, RejectReason.BAD_VERSION, {"bits": "00000001", "mask": "1fffe000"}),
        ({"version": "x"}, RejectReason.BAD_VERSION, {"sent": "x", "expected_digits": 8}),
    ],
)
def test_a_refusal_says_what_was_sent_and_what_was_expected(mining, changed, reason, why):
    mining.says(submit(mining, **changed))
    assert last(mining) == (reason, why)
    assert mining.endpoint.refusals == {reason.label: 1}


def test_a_time_out_of_range_says_which_times_there_are(mining):
    job_time = int(mining.notifies[-1]["params"][7], 16)
    mining.says(submit(mining, ntime="00000001"))
    assert last(mining) == (
        RejectReason.NTIME_OUT_OF_RANGE,
        {"ntime": 1, "earliest": job_time, "latest": job_time + MAX_NTIME_ROLL_S},
    )


def test_a_stale_share_says_how_long_its_job_is_void(mining, work):
    stale = mining.solve()
    mining.house.work(work(8))
    mining.house.clock.at += 4.5
    mining.says(stale)
    assert last(mining) == (RejectReason.STALE, {"void_for_s": 4.5, "allowed_s": 3.0})


def test_a_share_with_too_few_fields_says_how_many(mining):
    mining.says({"id": 9, "method": "mining.submit", "params": ["rig.one", "01"]})
    assert last(mining) == (RejectReason.MALFORMED, {"fields": 2, "expected_fields": 5})


def test_a_low_share_is_kept_with_its_hash(house, work):
    house.source()
    house.work(work(7, bits=HARD_BITS))
    miner = Miner(house)
    miner.joins(password="fd=1")
    miner.says(miner.solve())
    share = house.hub.recent.shares[-1]
    assert share[7] is RejectReason.ABOVE_TARGET
    assert int.from_bytes(share[6], "little") > share[5] == target_of_difficulty(1)


def test_a_duplicate_is_kept_with_its_hash(mining):
    share = mining.solve()
    mining.says(share, share)
    first, second = mining.house.hub.recent.shares
    assert second[7] is RejectReason.DUPLICATE
    assert second[6] == first[6]


def test_a_move_is_kept_and_a_first_place_is_none(house, work):
    house.source("home")
    house.source("other", weight=1)
    house.work(work(7))
    house.work(work(7, source="other"))
    miner = Miner(house)
    miner.joins()
    assert not house.hub.recent.moves
    house.hub.on_source_event(Down("home", 1, "gone", ""))
    house.loop.run()
    ((at, account, session_id, before, to, reason),) = house.hub.recent.moves
    assert (at, account.worker, session_id) == (1000.0, "one", miner.endpoint.session_id)
    assert (before, to, reason) == ("home", "other", "failover")
