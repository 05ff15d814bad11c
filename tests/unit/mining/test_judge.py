"""The judge, reason by reason, to the exact boundary."""

from dataclasses import replace

import pytest

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.header import Header
from headframe.bitcoin.merkle import root_of_branch
from headframe.bitcoin.target import MAX_TARGET, work_of_target
from headframe.mining.job import Job
from headframe.mining.judge import MAX_NTIME_ROLL_S, STALE_GRACE_S, judge, seen_key
from headframe.mining.submission import Accepted, Rejected, RejectReason, Solution, Submission, Verdict

EN1, EN2 = b"\x01\x02\x03\x04", b"\x05\x06\x07\x08\x09\x0a\x0b\x0c"


def share(job: Job, **changed: object) -> Submission:
    fields: dict[str, object] = {"extranonce2": EN2, "ntime": job.ntime, "nonce": 42, "version_bits": 0}
    return Submission(**(fields | changed))  # type: ignore[arg-type]


def header_of(job: Job, submission: Submission, *, version: int | None = None) -> bytes:
    """The 80 bytes, put together the long way."""
    root = root_of_branch(sha256d(job.coinbase1 + EN1 + submission.extranonce2 + job.coinbase2), job.branch)
    rolled = (job.version & ~job.version_mask) | (submission.version_bits & job.version_mask)
    return Header(
        rolled if version is None else version, job.prev_hash, root, submission.ntime, job.bits, submission.nonce
    ).pack()


def value_of(job: Job, submission: Submission) -> int:
    return int.from_bytes(sha256d(header_of(job, submission)), "little")


def judged(
    job: Job,
    submission: Submission,
    target: int = MAX_TARGET,
    *,
    extranonce1: bytes = EN1,
    seen: frozenset[bytes] = frozenset(),
    stale_for_s: float | None = None,
) -> Verdict:
    return judge(job, target, extranonce1, submission, seen=seen, stale_for_s=stale_for_s)


def reason_of(verdict: Verdict) -> RejectReason:
    assert isinstance(verdict, Rejected)
    return verdict.reason


def test_a_good_share_is_accepted_with_the_work_of_its_issued_target(job: Job) -> None:
    target = MAX_TARGET // 3
    submission = next(s for s in (share(job, nonce=n) for n in range(100)) if value_of(job, s) <= target)
    verdict = judged(job, submission, target)
    assert verdict == Accepted(work_of_target(target), sha256d(header_of(job, submission)), False, None)


def test_the_issued_target_is_met_exactly_and_missed_by_one(job: Job) -> None:
    submission = share(job)
    value = value_of(job, submission)
    assert isinstance(judged(job, submission, value), Accepted)
    assert judged(job, submission, value - 1) == Rejected(
        RejectReason.ABOVE_TARGET, None, sha256d(header_of(job, submission))
    )


def test_credit_is_the_issued_targets_and_not_the_luck_of_the_hash(job: Job) -> None:
    submission = share(job)
    easy = judged(job, submission, MAX_TARGET)
    hard = judged(job, submission, value_of(job, submission))
    assert isinstance(easy, Accepted)
    assert isinstance(hard, Accepted)
    assert easy.work == 1 < hard.work
    assert easy.hash == hard.hash


def test_the_source_wants_a_share_at_its_target_and_not_above(job: Job) -> None:
    submission = share(job)
    value = value_of(job, submission)
    for source_target, wanted in ((value, True), (value - 1, False)):
        verdict = judged(replace(job, source_target=source_target), submission)
        assert isinstance(verdict, Accepted)
        assert verdict.meets_source is wanted
        assert verdict.solution is None


def test_a_block_is_recognised_at_the_network_target_and_not_above(job: Job) -> None:
    submission = share(job)
    value, header = value_of(job, submission), header_of(job, submission)
    verdict = judged(replace(job, network_target=value), submission)
    coinbase = job.coinbase1 + EN1 + EN2 + job.coinbase2
    assert isinstance(verdict, Accepted)
    assert verdict.solution == Solution(header, coinbase, sha256d(header))
    missed = judged(replace(job, network_target=value - 1), submission)
    assert isinstance(missed, Accepted)
    assert missed.solution is None


@pytest.mark.parametrize("size", [0, 7, 9])
def test_an_extranonce2_of_another_size_is_refused(job: Job, size: int) -> None:
    verdict = judged(replace(job, network_target=MAX_TARGET), share(job, extranonce2=bytes(size)))
    assert verdict == Rejected(RejectReason.BAD_EXTRANONCE2)


def test_an_extranonce1_of_another_size_is_refused(job: Job) -> None:
    assert judged(job, share(job), extranonce1=bytes(3)) == Rejected(RejectReason.BAD_EXTRANONCE2)


@pytest.mark.parametrize("stale_for_s", [None, 0.0, STALE_GRACE_S])
def test_a_share_within_the_grace_after_a_new_block_counts(job: Job, stale_for_s: float | None) -> None:
    assert isinstance(judged(job, share(job), stale_for_s=stale_for_s), Accepted)


def test_a_share_after_the_grace_is_stale(job: Job) -> None:
    assert STALE_GRACE_S == 3.0
    assert judged(job, share(job), stale_for_s=3.0000001) == Rejected(RejectReason.STALE)


@pytest.mark.parametrize("offset", [0, 1, MAX_NTIME_ROLL_S])
def test_time_may_be_rolled_up_to_the_limit(job: Job, offset: int) -> None:
    assert isinstance(judged(job, share(job, ntime=job.ntime + offset)), Accepted)


@pytest.mark.parametrize("offset", [-1, MAX_NTIME_ROLL_S + 1])
def test_time_outside_the_range_is_refused(job: Job, offset: int) -> None:
    assert judged(job, share(job, ntime=job.ntime + offset)) == Rejected(RejectReason.NTIME_OUT_OF_RANGE)


def test_time_at_the_ends_of_32_bits_is_judged_and_does_not_raise(job: Job) -> None:
    for ntime in (0, 2**32 - 1):
        assert judged(job, share(job, ntime=ntime)) == Rejected(RejectReason.NTIME_OUT_OF_RANGE)


@pytest.mark.parametrize("bits", [0, 0x2000, 0x10000000, 0x1FFFE000])
def test_rolled_bits_replace_the_bits_inside_the_mask(job: Job, bits: int) -> None:
    submission = share(job, version_bits=bits)
    verdict = judged(replace(job, version=0x20000004), submission)
    assert isinstance(verdict, Accepted)
    assert verdict.hash == sha256d(header_of(job, submission, version=0x20000004 | bits))


def test_template_bits_inside_the_mask_give_way_to_the_miners(job: Job) -> None:
    uncleared = replace(job, version=0x2000E000)
    submission = share(job, version_bits=0x4000)
    verdict = judged(uncleared, submission)
    assert isinstance(verdict, Accepted)
    assert verdict.hash == sha256d(header_of(uncleared, submission, version=0x20004000))


@pytest.mark.parametrize("bits", [0x1, 0x1000, 0x20000000, 0x80000000, 0x20002000])
def test_bits_outside_the_mask_are_refused(job: Job, bits: int) -> None:
    easy = replace(job, network_target=0)
    assert judged(easy, share(job, version_bits=bits)) == Rejected(RejectReason.BAD_VERSION)


def test_any_bit_is_outside_when_the_miner_may_not_roll(job: Job) -> None:
    assert judged(replace(job, version_mask=0), share(job, version_bits=0x2000)) == Rejected(RejectReason.BAD_VERSION)
    assert isinstance(judged(replace(job, version_mask=0), share(job)), Accepted)


def test_a_share_seen_before_is_a_duplicate_however_it_is_spelt(job: Job) -> None:
    submission = share(job)
    first = judged(job, submission)
    assert isinstance(first, Accepted)
    seen = frozenset({seen_key(first.hash)})
    assert judged(job, submission, seen=seen) == Rejected(RejectReason.DUPLICATE, None, first.hash)
    assert isinstance(judged(job, share(job, nonce=43), seen=seen), Accepted)
    assert isinstance(judged(job, share(job, version_bits=0x2000), seen=seen), Accepted)


def test_what_is_remembered_is_not_the_end_with_the_zeros(job: Job) -> None:
    # Block hashes end in zeros in internal order: the other end tells shares apart.
    assert seen_key(bytes(range(32))) == bytes(range(16))


def test_refusals_have_an_order_and_a_low_share_is_never_called_duplicate(job: Job) -> None:
    submission = share(job, ntime=job.ntime - 1, version_bits=1)
    seen = frozenset({seen_key(sha256d(header_of(job, share(job))))})
    assert reason_of(judged(job, submission, 0, seen=seen, stale_for_s=9.0)) is RejectReason.BAD_VERSION
    submission = share(job, ntime=job.ntime - 1)
    assert reason_of(judged(job, submission, 0, seen=seen, stale_for_s=9.0)) is RejectReason.STALE
    assert reason_of(judged(job, submission, 0, seen=seen)) is RejectReason.NTIME_OUT_OF_RANGE
    assert reason_of(judged(job, share(job), 0, seen=seen)) is RejectReason.ABOVE_TARGET
    assert reason_of(judged(job, share(job), seen=seen)) is RejectReason.DUPLICATE


@pytest.mark.parametrize(
    ("reason", "changed", "target", "stale_for_s", "is_seen"),
    [
        (RejectReason.STALE, {}, MAX_TARGET, 1e9, False),
        (RejectReason.NTIME_OUT_OF_RANGE, {"ntime": 1}, MAX_TARGET, None, False),
        (RejectReason.ABOVE_TARGET, {}, 0, None, False),
        (RejectReason.DUPLICATE, {}, MAX_TARGET, None, True),
        (RejectReason.BAD_VERSION, {"version_bits": 0x1}, MAX_TARGET, None, False),
    ],
    ids=lambda value: value.label if isinstance(value, RejectReason) else None,
)
def test_a_block_is_reported_whatever_else_is_wrong(
    job: Job,
    reason: RejectReason,
    changed: dict[str, object],
    target: int,
    stale_for_s: float | None,
    is_seen: bool,
) -> None:
    easy = replace(job, network_target=MAX_TARGET)
    submission = share(job, **changed)
    header = header_of(easy, submission)
    seen = frozenset({seen_key(sha256d(header))}) if is_seen else frozenset()
    verdict = judged(easy, submission, target, seen=seen, stale_for_s=stale_for_s)
    solution = Solution(header, easy.coinbase1 + EN1 + EN2 + easy.coinbase2, sha256d(header))
    tells_hash = reason in (RejectReason.ABOVE_TARGET, RejectReason.DUPLICATE)
    assert verdict == Rejected(reason, solution, solution.hash if tells_hash else None)


@pytest.mark.parametrize("how", ["instead", "over"])
def test_a_block_hashed_with_bits_that_were_not_offered_is_still_reported(job: Job, how: str) -> None:
    # The header as we would build it misses the network target; the one that the miner may have hashed meets it.
    def header_hashed(submission: Submission) -> bytes:
        bits = submission.version_bits
        return header_of(job, submission, version=bits if how == "instead" else job.version | bits)

    def value_hashed(submission: Submission) -> int:
        return int.from_bytes(sha256d(header_hashed(submission)), "little")

    bits = 0x20000001 if how == "instead" else 0x00000001
    candidates = (share(job, nonce=nonce, version_bits=bits) for nonce in range(1000))
    submission = next(s for s in candidates if value_hashed(s) < value_of(job, s) and value_hashed(s) < 2**250)
    verdict = judged(replace(job, network_target=value_hashed(submission)), submission)
    assert isinstance(verdict, Rejected)
    assert verdict.reason is RejectReason.BAD_VERSION
    assert verdict.solution is not None
    assert verdict.solution.header == header_hashed(submission)


def test_every_reason_has_one_wire_code_one_text_and_one_label() -> None:
    assert all(20 <= reason.code <= 25 for reason in RejectReason)
    assert len({reason.text for reason in RejectReason}) == len(RejectReason)
    assert len({reason.label for reason in RejectReason}) == len(RejectReason)
    assert all(
        len(reason.text) <= 63 and not any(c.isdigit() for c in reason.text.replace("nonce2", ""))
        for reason in RejectReason
    )
