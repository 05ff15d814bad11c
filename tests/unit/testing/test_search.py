"""Searching a job: what is found is a share, and no header is ever tried twice."""

import pytest

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.header import pack_header
from headframe.bitcoin.merkle import root_of_branch
from headframe.bitcoin.target import MAX_TARGET
from headframe.testing import search as search_module
from headframe.testing.hasher import Assignment
from headframe.testing.miner_protocol import FoundShare, MinerJob
from headframe.testing.search import Search


def make_job(target: int = 2**250, *, mask: int = 0x1FFFE000, extranonce2_size: int = 4) -> MinerJob:
    return MinerJob(
        job_id="1",
        prev_hash=b"\x11" * 32,
        coinbase1=b"\x22" * 50,
        coinbase2=b"\x33" * 60,
        extranonce2_size=extranonce2_size,
        branch=(b"\x44" * 32, b"\x55" * 32),
        version=0x3FFF0004,
        version_mask=mask,
        bits=0x207FFFFF,
        ntime=1_750_000_000,
        clean=True,
        target=target,
    )


def header_hash(job: MinerJob, share: FoundShare) -> bytes:
    root = root_of_branch(sha256d(job.coinbase1 + share.extranonce2 + job.coinbase2), job.branch)
    version = job.version & ~job.version_mask | share.version_bits
    return sha256d(pack_header(version, job.prev_hash, root, share.ntime, job.bits, share.nonce))


def collect(search: Search, count: int, slice_size: int = 500) -> list[FoundShare]:
    found: list[FoundShare] = []
    while len(found) < count:
        part = search.run(slice_size)
        found += [part.found] if part.found else []
    return found


@pytest.mark.parametrize("target", [MAX_TARGET, 2**255, 2**250, 2**249 - 1, 2**247 + 5])
def test_what_is_found_meets_the_target_under_the_header_it_names(target: int) -> None:
    job = make_job(target)
    for share in collect(Search(job), 5):
        assert int.from_bytes(header_hash(job, share), "little") <= target


def test_every_hash_is_counted_and_about_as_many_are_needed_as_the_target_says() -> None:
    search, hashes, found = Search(make_job(2**250)), 0, 0
    while found < 200:
        part = search.run(100)
        hashes += part.hashes
        found += part.found is not None
    assert hashes / found == pytest.approx(64, rel=0.25)


@pytest.mark.parametrize("mask", [0, 0x1FFFE000])
def test_no_header_is_tried_twice_while_everything_rolls(monkeypatch: pytest.MonkeyPatch, mask: int) -> None:
    monkeypatch.setattr(search_module, "NONCES", 64)
    job = make_job(MAX_TARGET, mask=mask)
    shares = collect(Search(job), 1_000)
    assert len({header_hash(job, share) for share in shares}) == 1_000
    assert len({share.version_bits for share in shares}) == (4 if mask else 1)
    assert len({share.extranonce2 for share in shares}) > 2
    assert all(share.version_bits & ~mask == 0 for share in shares)


def test_two_searchers_of_one_connection_never_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "NONCES", 16)
    job = make_job(MAX_TARGET)
    first = {share.extranonce2 for share in collect(Search(job, first=0, stride=2), 500)}
    second = {share.extranonce2 for share in collect(Search(job, first=1, stride=2), 500)}
    assert first.isdisjoint(second)


def test_a_small_extranonce2_wraps_around() -> None:
    search = Search(make_job(MAX_TARGET, extranonce2_size=1), first=300)
    assert collect(search, 1)[0].extranonce2 == bytes([300 % 256])


def test_time_follows_the_clock_within_bounds() -> None:
    job = make_job(MAX_TARGET)
    times = [
        part.found.ntime - job.ntime
        for rolled in (-5, 0, 7, 10**6)
        if (part := Search(job).run(1, rolled_s=rolled)).found
    ]
    assert times == [0, 0, 7, 600]


def test_an_assignment_survives_the_trip_to_a_hashing_process() -> None:
    job = make_job(2**255 - 1)
    there = Assignment.of(3, job, first=1, stride=2, hashes_per_s=0.0, shares_per_s=20.0).job()
    assert collect(Search(there), 3) == collect(Search(job), 3)
