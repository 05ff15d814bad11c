"""The fake pool's sums against ours: two codes, one verdict."""

import random
from dataclasses import replace

import pytest

from headframe.bitcoin.target import target_of_bits, target_of_difficulty
from headframe.bitcoin.transaction import ByteReader, Transaction
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job
from headframe.mining.judge import judge as our_judge
from headframe.mining.judge import seen_key
from headframe.mining.submission import Accepted, Rejected, RejectReason, Submission
from headframe.testing.fake_pool_work import Issued, PoolChain, PoolJob, judge, network_target_of, target_of

MASK = 0x1FFFE000
EXTRANONCE1 = b"\x0a\x0b\x0c\x0d"


def chain(**settings: int) -> PoolChain:
    return PoolChain(random.Random(7), **{"bits": 0x1D00FFFF, **settings})


def job_of(pool_chain: PoolChain) -> PoolJob:
    return pool_chain.job(counted=False, extranonce_size=12, ntime=1_750_000_000)


def ours(job: PoolJob, target: int) -> Job:
    return Job(
        seq=1,
        source="pool",
        generation=1,
        height=job.height,
        version=job.version,
        version_mask=MASK,
        prev_hash=job.prev_hash,
        bits=job.bits,
        ntime=job.ntime,
        coinbase1=job.coinbase1,
        coinbase2=job.coinbase2,
        layout=ExtranonceLayout(4, 8),
        visit_size=0,
        branch=job.branch,
        source_target=target,
        network_target=target_of_bits(job.bits),
        payout_set=0,
        clean=True,
        origin=None,
    )


def params_of(share: Submission) -> list[str]:
    return ["w", "j", share.extranonce2.hex(), f"{share.ntime:08x}", f"{share.nonce:08x}", f"{share.version_bits:08x}"]


def test_targets_are_the_same_numbers():
    for difficulty in (1e-9, 1e-7, 0.5, 1, 3.7, 65536, 110e12):
        assert target_of(difficulty) == target_of_difficulty(difficulty)
    for bits in (0x1D00FFFF, 0x17021369, 0x207FFFFF):
        assert network_target_of(bits) == target_of_bits(bits)


@pytest.mark.parametrize("seed", range(20))
def test_both_judges_say_the_same_of_good_and_bad_shares(seed):
    rng = random.Random(seed)
    job = job_of(chain(bits=rng.choice([0x1D00FFFF, 0x207FFFFF])))
    target = rng.choice([2**255, 2**254, 2**256 - 1])
    seen: set[bytes] = set()
    words = {RejectReason.ABOVE_TARGET: "Difficulty too low", RejectReason.DUPLICATE: "Duplicate share", RejectReason.BAD_VERSION: "Invalid version mask", RejectReason.NTIME_OUT_OF_RANGE: "Ntime out of range", RejectReason.BAD_EXTRANONCE2: "Invalid nonce2 length"}  # fmt: skip
    for _ in range(40):
        share = Submission(
            rng.randbytes(rng.choice([8, 8, 8, 8, 7])),
            job.ntime + rng.choice([0, 0, 1, 7000, 7001, -1]),
            rng.choice([rng.getrandbits(32), 5]),
            rng.choice([0, MASK, 0x2000, 0x20000000]),
        )
        issued = Issued(job, target, EXTRANONCE1, 8)
        theirs = judge(issued, params_of(share), version_mask=MASK, target=target, ntime_roll_s=7000, seen=seen)
        verdict = our_judge(
            ours(job, target), target, EXTRANONCE1, share, seen={seen_key(known) for known in seen}, stale_for_s=None
        )
        if isinstance(verdict, Rejected):
            assert theirs.reason == words[verdict.reason]
        else:
            assert isinstance(verdict, Accepted)
            assert theirs.reason == ""
            assert theirs.hash == verdict.hash
            seen.add(theirs.hash)
        if verdict.solution is not None and not theirs.version_bits & ~MASK:
            assert (verdict.solution.header, verdict.solution.coinbase) == (theirs.header, theirs.coinbase)


def test_a_share_twice_is_a_duplicate():
    issued = Issued(job_of(chain()), 2**256 - 1, EXTRANONCE1, 8)
    params = params_of(Submission(bytes(8), 1_750_000_000, 7))
    first = judge(issued, params, version_mask=MASK, target=2**256 - 1, ntime_roll_s=0, seen=set())
    again = judge(issued, params, version_mask=MASK, target=2**256 - 1, ntime_roll_s=0, seen={first.hash})
    assert (first.reason, again.reason) == ("", "Duplicate share")


@pytest.mark.parametrize("at", [2, 3, 4, 5])
def test_what_is_not_hex_is_refused(at):
    params = params_of(Submission(bytes(8), 1_750_000_000, 7))
    params[at] = "xyz"
    issued = Issued(job_of(chain()), 2**256 - 1, EXTRANONCE1, 8)
    assert judge(issued, params, version_mask=MASK, target=1, ntime_roll_s=0, seen=()).reason == "Invalid parameters"


def test_without_a_sixth_parameter_the_version_is_the_jobs_own():
    job = replace(job_of(chain()), version=0x20002000)
    issued = Issued(job, 2**256 - 1, EXTRANONCE1, 8)
    params = params_of(Submission(bytes(8), job.ntime, 7))
    plain = judge(issued, params[:5], version_mask=MASK, target=2**256 - 1, ntime_roll_s=0, seen=())
    zeros = judge(issued, params, version_mask=MASK, target=2**256 - 1, ntime_roll_s=0, seen=())
    assert plain.header[:4] == (0x20002000).to_bytes(4, "little")
    assert zeros.header[:4] == (0x20000000).to_bytes(4, "little")


def test_a_job_is_a_coinbase_that_can_be_parsed_with_its_height():
    job = job_of(chain(height=840_000))
    transaction = Transaction.read(ByteReader(job.coinbase1 + bytes(12) + job.coinbase2, 0))
    assert transaction.serialize(witness=False) == job.coinbase1 + bytes(12) + job.coinbase2
    script = transaction.inputs[0].script_sig
    assert int.from_bytes(script[1 : 1 + script[0]], "little") == 840_000


def test_a_block_moves_the_tip_and_counted_ids_count():
    pool_chain = chain()
    first = pool_chain.job(counted=True, extranonce_size=8, ntime=1)
    pool_chain.advance(b"\x07" * 32)
    second = pool_chain.job(counted=True, extranonce_size=8, ntime=1)
    assert (first.job_id, second.job_id) == ("1", "2")
    assert second.prev_hash == b"\x07" * 32
    assert second.height == first.height + 1
