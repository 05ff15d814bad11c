"""The judge is a function: same question, same answer; credit is the issued target's work; blocks are never missed."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.bitcoin.header import Header, hash_as_integer
from headframe.bitcoin.target import MAX_TARGET, work_of_target
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.jobmaker import VERSION_MASK, JobStyle, make_job
from headframe.mining.judge import judge, seen_key
from headframe.mining.submission import Accepted, Rejected, RejectReason, Submission
from headframe.mining.template import Template

fixed = settings(derandomize=True, deadline=None, database=None, max_examples=300)

TEMPLATE = Template(840_000, 0x20000000, bytes(32), 0x207FFFFF, 1_700_000_000, 0, 5 * 10**9, (), (b"\x11" * 32,), None)
JOB = make_job(
    TEMPLATE, JobStyle("home", b"t"), PayoutSet(1, b"\x51"), ExtranonceLayout(4, 4), generation=1, seq=1, clean=True
)

targets = st.integers(0, 256).map(lambda size: 2**size - 1)
u32 = st.integers(0, 2**32 - 1)
submissions = st.builds(
    Submission,
    extranonce2=st.binary(min_size=4, max_size=4) | st.binary(max_size=6),
    ntime=st.integers(JOB.ntime - 2, JOB.ntime + 7002) | u32,
    nonce=u32,
    version_bits=u32.map(lambda bits: bits & VERSION_MASK) | u32,
)
jobs = st.builds(
    lambda network, source, mask: replace(JOB, network_target=network, source_target=source, version_mask=mask),
    targets,
    targets,
    st.sampled_from([VERSION_MASK, 0]),
)


@fixed
@given(jobs, targets, submissions, st.none() | st.floats(0, 10), st.booleans())
def test_a_verdict_follows_from_its_arguments_alone(
    job: Job, target: int, submission: Submission, stale_for_s: float | None, repeated: bool
) -> None:
    first = judge(job, target, b"en1!", submission, seen=frozenset(), stale_for_s=stale_for_s)
    again = judge(job, target, b"en1!", submission, seen=frozenset(), stale_for_s=stale_for_s)
    assert first == again
    if isinstance(first, Accepted):
        assert first.work == work_of_target(target)
        assert int.from_bytes(first.hash, "little") <= target
        assert first.meets_source == (int.from_bytes(first.hash, "little") <= job.source_target)
        if repeated:
            seen = {seen_key(first.hash)}
            verdict = judge(job, target, b"en1!", submission, seen=seen, stale_for_s=stale_for_s)
            assert verdict == Rejected(RejectReason.DUPLICATE, first.solution, first.hash)
    if first.solution is not None:
        header = Header.parse(first.solution.header)
        assert header.hash == first.solution.hash
        assert hash_as_integer(header.hash) <= job.network_target
        assert (header.ntime, header.nonce, header.bits) == (submission.ntime, submission.nonce, job.bits)


@fixed
@given(targets, submissions, st.none() | st.floats(0, 10))
def test_any_share_of_the_right_size_is_a_block_when_every_hash_is(
    target: int, submission: Submission, stale_for_s: float | None
) -> None:
    job = replace(JOB, network_target=MAX_TARGET)
    verdict = judge(job, target, b"en1!", submission, seen=frozenset(), stale_for_s=stale_for_s)
    assert (verdict.solution is not None) is (len(submission.extranonce2) == 4)
