"""A pool's job as ours, and back."""

from typing import Any

import pytest

from headframe.bitcoin.coinbase import push_height
from headframe.bitcoin.target import target_of_bits
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job
from headframe.mining.splice import (
    MAX_BUMP_S,
    VISITS_SPARE,
    JobPlace,
    PoolOffer,
    RoomTooSmall,
    VersionRule,
    height_in,
    pool_header_version,
    spliced_job,
    to_upstream,
    visit_at,
)
from headframe.mining.submission import Submission

BITS = 0x1D00FFFF
EASIER = target_of_bits(BITS) * 16
PLACE = JobPlace("ocean", 3, "ocean#1", 840_000, 7, 99, True)
LAYOUT = ExtranonceLayout(4, 4)
OURS = bytes.fromhex("a1a2a3a4")


def offer(**changes: Any) -> PoolOffer:
    fields: dict[str, Any] = {
        "job_id": "6f3c",
        "prev_hash": bytes(range(32)),
        "coinbase1": b"\x01" * 50,
        "coinbase2": b"\x02" * 60,
        "branch": (b"\x03" * 32,),
        "version": 0x20000000,
        "bits": BITS,
        "ntime": 1_700_000_000,
        "target": EASIER,
        "extranonce1": bytes.fromhex("f1f2f3"),
        "room": 12,
        "version_mask": 0x1FFFE000,
    }
    return PoolOffer(**(fields | changes))


def job_of(offered: PoolOffer, layout: ExtranonceLayout = LAYOUT, visit: int = 0) -> Job:
    return spliced_job(offered, layout, visit, PLACE, ntime=offered.ntime)


def test_the_pools_bytes_and_the_visit_stand_before_ours() -> None:
    job = job_of(offer(), visit=5)
    assert job.coinbase1 == b"\x01" * 50 + bytes.fromhex("f1f2f3") + bytes.fromhex("00000005")
    assert (job.coinbase2, job.visit_size) == (b"\x02" * 60, 4)


def test_the_job_carries_what_the_pool_and_its_place_say() -> None:
    job = job_of(offer())
    assert (job.seq, job.source, job.generation, job.lane, job.height) == (99, "ocean", 3, "ocean#1", 840_000)
    assert (job.payout_set, job.clean, job.reward_sats) == (7, True, 0)
    assert (job.prev_hash, job.branch, job.bits, job.ntime) == (bytes(range(32)), (b"\x03" * 32,), BITS, 1_700_000_000)
    assert (job.source_target, job.network_target) == (EASIER, target_of_bits(BITS))


def test_a_pool_that_asks_for_more_than_the_block_gets_every_block() -> None:
    assert job_of(offer(target=1)).source_target == target_of_bits(BITS)


def test_what_goes_up_is_visit_then_ours_then_the_miners() -> None:
    job = job_of(offer(), visit=0x7F)
    up = to_upstream(job, OURS, Submission(b"\xb1\xb2\xb3\xb4", 1_700_000_123, 0xDEADBEEF, 0x00002000))
    assert up.extranonce2 == bytes.fromhex("0000007f a1a2a3a4 b1b2b3b4")
    assert (up.job_id, up.ntime, up.nonce) == ("6f3c", 1_700_000_123, 0xDEADBEEF)
    assert up.version_bits == 0x20000000 & 0x1FFFE000 | 0x2000


def test_without_spare_bytes_nothing_of_the_miners_is_mistaken_for_the_visit() -> None:
    job = job_of(offer(room=8), visit=2)
    assert (job.visit_size, job.ntime) == (0, 1_700_000_002)
    assert to_upstream(job, OURS, Submission(b"\xb1" * 4, job.ntime, 1)).extranonce2 == OURS + b"\xb1" * 4


def test_a_session_that_does_not_fit_is_refused_in_words() -> None:
    with pytest.raises(RoomTooSmall, match="8 bytes of extranonce do not fit into 7"):
        job_of(offer(room=7))


@pytest.mark.parametrize(
    ("visit", "size", "expected"),
    [
        (0, 0, (b"", 0)),
        (3, 0, (b"", 3)),
        (0, 1, (b"\x00", 0)),
        (255, 1, (b"\xff", 0)),
        (256, 1, (b"\x00", 1)),
        (255, 4, (b"\x00\x00\x00\xff", 0)),
        (VISITS_SPARE * 2 + 9, 4, (b"\x00\x00\x00\x09", 2)),
        (MAX_BUMP_S, 0, (b"", 0)),
    ],
)
def test_visits_use_the_spare_bytes_and_then_seconds(visit: int, size: int, expected: tuple[bytes, int]) -> None:
    assert visit_at(visit, size) == expected


@pytest.mark.parametrize("rule", VersionRule)
@pytest.mark.parametrize("own", [0x20000000, 0x2000E000, 0x3FFFE000, 0x20C00004])
@pytest.mark.parametrize("granted", [0x1FFFE000, 0x00C00000, 0xFFFFFFFF])
@pytest.mark.parametrize("rolled", [0, 0x1FFFE000, 0x0A5A4000])
def test_the_pool_rebuilds_the_version_that_was_hashed(rule: VersionRule, own: int, granted: int, rolled: int) -> None:
    offered = offer(version=own, version_mask=granted, rule=rule)
    job = job_of(offered)
    bits = rolled & job.version_mask
    hashed = job.version & ~job.version_mask | bits
    up = to_upstream(job, OURS, Submission(b"\xb1" * 4, job.ntime, 1, bits))
    assert pool_header_version(offered, up.version_bits) == hashed
    assert job.version & job.version_mask == 0


def test_a_pool_that_ors_keeps_its_bits_and_they_are_not_rolled() -> None:
    job = job_of(offer(version=0x20006000, rule=VersionRule.OR))
    assert (job.version, job.version_mask) == (0x20006000, 0x1FFF8000)


def test_no_bits_go_to_a_pool_that_grants_none() -> None:
    job = job_of(offer(version=0x20006000, version_mask=0))
    assert (job.version, job.version_mask) == (0x20006000, 0)
    assert to_upstream(job, OURS, Submission(b"\xb1" * 4, job.ntime, 1)).version_bits is None


def test_a_job_that_is_no_pools_cannot_go_up() -> None:
    job = job_of(offer())
    foreign = Job(**{name: getattr(job, name) for name in Job.__slots__ if name != "origin"}, origin=None)
    with pytest.raises(TypeError, match="not of a pool"):
        to_upstream(foreign, OURS, Submission(b"\xb1" * 4, job.ntime, 1))


@pytest.mark.parametrize("height", [0, 1, 16, 17, 127, 128, 255, 256, 840_000, 8_388_607, 8_388_608])
def test_the_height_is_read_from_the_coinbase(height: int) -> None:
    head = b"\x02\x00\x00\x00\x01" + bytes(32) + b"\xff" * 4 + b"\x20" + push_height(height) + b"tag"
    assert height_in(head) == height


@pytest.mark.parametrize(
    "odd", [b"", b"\x00" * 20, bytes(42), bytes(42) + b"\x03\x01", bytes(42) + b"\x4c" + bytes(80)]
)
def test_a_coinbase_without_a_height_has_height_0(odd: bytes) -> None:
    assert height_in(odd) == 0
