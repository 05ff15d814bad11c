"""The fake pool in memory, with our own client at the other end: its verdicts, its books and each of its bad habits."""

import json
from typing import Any

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.stratum.v1.client_events import (
    Authorized,
    AuthorizeRefused,
    Configured,
    ExtranonceChanged,
    Message,
    PoolJob,
    PoolMisbehaved,
    PoolTarget,
    ReconnectAsked,
    SubmitSettled,
    SubscribedUpstream,
    VersionMaskChanged,
)
from headframe.testing.fake_pool_absurd import ABSURD
from headframe.testing.fake_pool_core import FakePoolCore
from headframe.testing.fake_pool_manners import Manners
from headframe.testing.fake_pool_rig import ClientRig

EASY = 1e-8


def new_rig(*, seed: int = 1, bits: int = 0x1D00FFFF, **manners: Any) -> ClientRig:
    return ClientRig(FakePoolCore(Manners(**{"difficulty": EASY, **manners}), seed=seed, bits=bits)).begin()


def verdict(rig: ClientRig, *, user: str = "w.1", job: PoolJob | None = None, target: int | None = None) -> str:
    """Mine and submit one share: what the pool said."""
    job = job or rig.job
    token = rig.submit(job, rig.mine(job, target=target), user=user)
    rig.pump()
    settled = rig.seen(SubmitSettled)[-1]
    assert settled.token == token
    return settled.reason or settled.outcome


# A pool without fault


def test_handshake_work_and_an_accepted_share_with_exact_books():
    rig = new_rig()
    assert [type(event) for event in rig.events] == [Configured, SubscribedUpstream, Authorized, PoolTarget, PoolJob]
    assert rig.job.target == target_of_difficulty(EASY)
    for _ in range(5):
        assert verdict(rig) == "accepted"
    pool = rig.pool
    assert pool.accepted == pool.truly_good == {"w.1": 5}
    assert pool.work == {"w.1": 5 * (2**256 // (rig.job.target + 1))}
    assert (pool.rejected, pool.submits, pool.blocks) == ({}, 5, [])
    assert {share.truth.extranonce2 for share in pool.shares} == pool.extranonce2_seen


def test_shares_are_refused_for_their_faults_and_counted_by_worker_and_reason():
    rig = new_rig()
    job, share = rig.job, rig.mine()
    good = rig.submit(job, share)
    twice = rig.submit(job, share)
    stranger = rig.submit(job, rig.mine(), user="nobody")
    short = rig.client.submit("w.1", job.job_id, share.extranonce2[:-1], share.ntime, share.nonce, 0)
    early = rig.client.submit("w.1", job.job_id, share.extranonce2, share.ntime - 1, share.nonce, 0)
    wide = rig.client.submit("w.1", job.job_id, share.extranonce2, share.ntime, share.nonce, 0x20000000)
    gone = rig.client.submit("w.1", "gone", share.extranonce2, share.ntime, share.nonce, 0)
    rig.pump()
    assert {event.token: (event.code, event.reason) for event in rig.seen(SubmitSettled)} == {
        good: (0, ""),
        twice: (22, "Duplicate share"),
        stranger: (24, "Unauthorized worker"),
        short: (20, "Invalid nonce2 length"),
        early: (20, "Ntime out of range"),
        wide: (20, "Invalid version mask"),
        gone: (21, "Job not found"),
    }
    assert rig.pool.accepted == {"w.1": 1}
    assert rig.pool.rejected_by["nobody", "Unauthorized worker"] == 1
    assert rig.pool.rejected.total() == 6


def test_a_hash_above_the_target_is_too_low_in_difficulty():
    rig = new_rig(difficulty=1e3)
    assert verdict(rig, target=2**256 - 1) == "Difficulty too low"


def test_rolled_version_bits_are_judged_as_they_were_hashed():
    rig = new_rig()
    rig.submit(rig.job, rig.mine(bits=0x00A0_2000))
    rig.pump()
    assert rig.seen(SubmitSettled)[-1].accepted
    assert rig.pool.version_bits_seen == {0x00A0_2000}


def test_h11_a_clean_job_voids_those_before_and_another_does_not():
    rig = new_rig()
    first = rig.job
    rig.pool.refresh()
    rig.pump()
    assert not rig.job.clean
    assert rig.job.prev_hash == first.prev_hash
    assert verdict(rig, job=first) == "accepted"
    rig.pool.new_block()
    rig.pump()
    assert rig.job.clean
    assert rig.job.prev_hash != first.prev_hash
    assert verdict(rig, job=first) == "Stale"
    assert verdict(rig) == "accepted"


def test_h10_a_share_that_meets_the_network_target_is_a_block_whatever_the_verdict():
    rig = new_rig(bits=0x207FFFFF, verdict="refuse all")
    before = rig.job
    assert verdict(rig, target=0x7FFFFF << 232) == "We do not like you"
    (block,) = rig.pool.blocks
    assert rig.job.prev_hash == block.truth.hash
    assert rig.job.clean
    assert rig.job.job_id != before.job_id


def test_a_solution_on_an_old_tip_is_no_block():
    rig = new_rig(bits=0x207FFFFF)
    first = rig.job
    rig.pool.new_block()
    rig.pump()
    assert verdict(rig, job=first) == "Stale"
    assert rig.pool.blocks == []


# Hazards


def test_h1_two_pools_have_two_extranonces_and_h15_a_session_id_brings_one_back():
    first, second = new_rig(seed=1), new_rig(seed=2)
    assert first.job.extranonce1 != second.job.extranonce1
    session = first.seen(SubscribedUpstream)[0].session_id
    again = ClientRig(first.pool).begin(resume=session)
    assert again.job.extranonce1 == first.job.extranonce1
    first.pool.manners.resumes = False
    assert ClientRig(first.pool).begin(resume=session).job.extranonce1 != first.job.extranonce1


@pytest.mark.parametrize("at_once", [False, True])
def test_h2_h14_an_extranonce_in_the_middle_of_a_job(at_once):
    rig = new_rig(extranonce_at_once=at_once)
    old = rig.job
    rig.pool.set_extranonce(4)
    rig.pump()
    (changed,) = rig.seen(ExtranonceChanged)
    assert changed.extranonce2_size == 4
    assert changed.extranonce1 != old.extranonce1
    assert verdict(rig, job=old) == ("Invalid nonce2 length" if at_once else "accepted")
    rig.pool.refresh()
    rig.pump()
    assert rig.job.extranonce1 == changed.extranonce1
    assert verdict(rig) == "accepted"


@pytest.mark.parametrize(("en1", "en2"), [(4, 4), (4, 8), (0, 12), (8, 1), (16, 32)])
def test_h3_sizes_of_extranonces(en1, en2):
    rig = new_rig(extranonce1_size=en1, extranonce2_size=en2)
    assert (len(rig.job.extranonce1), rig.job.extranonce2_size) == (en1, en2)
    assert verdict(rig) == "accepted"


def test_h4_h6_the_identical_job_again_still_finds_the_duplicate():
    rig = new_rig()
    share = rig.mine()
    rig.submit(rig.job, share)
    rig.pump()
    rig.pool.resend(clean=True)
    rig.pump()
    assert rig.seen(PoolJob)[0].job_id == rig.job.job_id
    rig.submit(rig.job, share)
    rig.pump()
    assert rig.seen(SubmitSettled)[-1].reason == "Duplicate share"


def test_h5_job_ids_of_two_pools_collide():
    assert [new_rig(seed=seed, job_ids="counted").job.job_id for seed in (1, 2)] == ["1", "1"]


@pytest.mark.parametrize(("strict", "expected"), [(True, "Difficulty too low"), (False, "accepted")])
def test_h7_a_difficulty_in_the_middle_of_a_job(strict, expected):
    rig = new_rig(strict_difficulty=strict)
    rig.pool.set_difficulty(1e3)
    rig.pump()
    assert rig.seen(PoolTarget)[-1].target == target_of_difficulty(1e3)
    assert verdict(rig) == expected
    rig.pool.set_difficulty(EASY)
    rig.pool.refresh()
    rig.pump()
    assert verdict(rig) == "accepted"


def test_a_difficulty_may_also_come_with_the_next_job_only():
    rig = new_rig()
    rig.pool.set_difficulty(2e-8, tell=False)
    rig.pump()
    assert len(rig.seen(PoolTarget)) == 1
    rig.pool.refresh()
    rig.pump()
    assert rig.job.target == rig.seen(PoolTarget)[-1].target == target_of_difficulty(2e-8)


@pytest.mark.parametrize("mask", [0x1FFFE000, 0x00FFE000, 0x2000])
def test_h12_masks_are_narrower_than_asked_and_change(mask):
    rig = new_rig(version_mask=mask)
    assert rig.job.version_mask == mask
    rig.pool.set_version_mask(0x2000)
    rig.pump()
    changed = rig.seen(VersionMaskChanged)
    assert [event.version_mask for event in changed] == ([0x2000] if mask != 0x2000 else [])
    rig.submit(rig.job, rig.mine(bits=0x00C0_0000))
    rig.pump()
    assert rig.seen(SubmitSettled)[-1].reason == ("Invalid version mask" if mask & 0x00C0_0000 else "")


@pytest.mark.parametrize("mask", [0, None])
def test_h12_h13_no_version_rolling_refused_or_unanswered(mask):
    rig = new_rig(version_mask=mask)
    assert rig.seen(Configured) == [Configured(0)]
    assert verdict(rig) == "accepted"


def test_h13_h14_control_messages_of_every_kind():
    rig = new_rig()
    pool = rig.pool
    pool.reconnect_all()
    pool.reconnect_all("eu.pool.example", 3334, 5)
    pool.tell_all("client.show_message", ["hello"])
    pool.tell_all("client.get_version", [], 7)
    pool.tell_all("mining.ping", [], 8)
    rig.pump()
    assert rig.seen(ReconnectAsked) == [ReconnectAsked(None, None, 0.0), ReconnectAsked("eu.pool.example", 3334, 5.0)]
    assert rig.seen(Message) == [Message("hello")]
    assert [(each["id"], each["result"]) for each in rig.connection.said] == [(7, "headframe-test/1"), (8, "pong")]


def test_h15_everybody_is_dropped():
    rig = new_rig()
    rig.pool.drop_all()
    assert rig.cut_by_pool
    rig.pool.disconnected(rig.connection)
    assert rig.pool.connections == []


@pytest.mark.parametrize("after", ["connect", "mining.subscribe", "mining.authorize", "mining.submit"])
def test_h15_a_pool_that_hangs_up_again_and_again(after):
    rig = new_rig(hang_up_after=after)
    if after == "mining.submit":
        rig.submit(rig.job, rig.mine())
        rig.pump()
    assert rig.cut_by_pool


def test_h17_workers_are_refused_by_name_or_by_number():
    def take(user: str, password: str) -> str:
        return "" if user.startswith("w.") else "Unknown wallet"

    rig = new_rig(take_worker=take, one_worker=True)
    for user in ("x.1", "w.2", "w.1"):
        rig.client.authorize(user, "x")
    rig.pump()
    assert [event.reason for event in rig.seen(AuthorizeRefused)] == ["Unknown wallet", "Already authorized"]
    assert len(rig.seen(Authorized)) == 2
    assert verdict(rig, user="w.2") == "Unauthorized worker"


@pytest.mark.parametrize("ids", ["constant", "null", "text", "echo"])
@pytest.mark.parametrize("errors", ["list", "object", "text"])
def test_h19_ids_and_errors_of_any_kind(ids, errors):
    rig = new_rig(ids=ids, errors=errors)
    assert verdict(rig) == "accepted"
    assert verdict(rig, target=rig.job.target) == "accepted"
    rig.pool.manners.verdict = "refuse good"
    assert verdict(rig) == "Difficulty too low"
    rig.pool.manners.verdict = "honest"
    assert verdict(rig) == "accepted"
    assert not [event for event in rig.seen(PoolMisbehaved) if event.fatal]


def test_h19_verdicts_out_of_order():
    rig = new_rig(hold_verdicts=3)
    tokens = [rig.submit(rig.job, rig.mine()) for _ in range(3)]
    rig.pump()
    assert [event.token for event in rig.seen(SubmitSettled)] == tokens[::-1]


@pytest.mark.parametrize("subscription", ["usual", "nested", "one pair", "bare id", "no ids"])
def test_h19_subscriptions_of_any_shape(subscription):
    rig = new_rig(subscription=subscription)
    named = rig.connection.session_id if subscription != "no ids" else ""
    assert rig.seen(SubscribedUpstream)[0].session_id == named
    assert verdict(rig) == "accepted"


def test_work_before_the_handshake_is_over():
    rig = new_rig(work_first=True)
    assert [type(event) for event in rig.events][-1] is Authorized
    assert verdict(rig) == "accepted"
    early = new_rig(work_at="mining.subscribe")
    assert isinstance(early.events[-1], Authorized)
    assert verdict(early) == "accepted"


def test_h22_a_mute_pool_hears_and_says_nothing():
    rig = new_rig(mute=True)
    assert list(rig.events) == []
    assert [each["method"] for each in rig.connection.heard] == [
        "mining.configure",
        "mining.subscribe",
        "mining.authorize",
    ]
    later = new_rig()
    later.pool.manners.mute = True
    later.submit(later.job, later.mine())
    later.pump()
    later.pool.new_block()
    later.pump()
    assert later.client.unsettled == 1
    assert len(later.seen(PoolJob)) == 1


@pytest.mark.parametrize(
    ("habit", "good", "bad"),
    [
        ("accept all", "accepted", "accepted"),
        ("refuse good", "Difficulty too low", "Difficulty too low"),
        ("refuse all", "We do not like you", "We do not like you"),
    ],
)
def test_a_pool_that_lies_still_knows_the_truth(habit, good, bad):
    rig = new_rig(verdict=habit, difficulty=1e-6)
    assert verdict(rig) == good
    assert verdict(rig, target=2**256 - 1) == bad
    assert rig.pool.truly_good == {"w.1": 1}
    assert [share.truth.reason for share in rig.pool.shares] == ["", "Difficulty too low"]


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_bytes_go_out_as_they_are(name):
    rig = new_rig()
    rig.pool.say_raw(ABSURD[name])
    rig.pump()
    assert [event.fatal for event in rig.seen(PoolMisbehaved)] == [True]


@pytest.mark.parametrize("chunk", [1, 7])
def test_however_the_bytes_arrive_the_story_is_the_same(chunk):
    whole, cut = new_rig(), ClientRig(FakePoolCore(Manners(difficulty=EASY)), chunk=chunk).begin()
    assert list(whole.events) == list(cut.events)


# Bounds


def test_a_line_without_end_is_cut():
    rig = new_rig()
    rig.pool.receive(rig.connection, b"x" * 70_000)
    assert rig.cut_by_pool


def test_only_so_many_jobs_are_remembered():
    rig = new_rig()
    first = rig.job
    for _ in range(70):
        rig.pool.refresh()
    rig.pump()
    assert len(rig.connection.issued) == 64
    assert verdict(rig, job=first) == "Job not found"


def test_only_so_many_connections_are_held():
    pool = FakePoolCore(Manners())
    rigs = [ClientRig(pool) for _ in range(1_001)]
    assert len(pool.connections) == 1_000
    assert rigs[-1].cut_by_pool


def test_what_is_no_request_is_nothing_and_unknown_methods_are_refused():
    rig = new_rig()
    rig.pool.receive(rig.connection, b'junk\n[]\n{"id":5,"method":"mining.odd"}\n{"id":1,"result":true}\n')
    assert rig.pool.odd_methods == {"mining.odd": 1}
    assert list(rig.connection.said) == [json.loads('{"id":1,"result":true}')]
