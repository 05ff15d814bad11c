"""Template to job."""

from collections.abc import Callable

import pytest

from headframe.bitcoin.coinbase import MAX_SCRIPT_SIG, push, push_height, with_witness
from headframe.bitcoin.target import target_of_bits
from headframe.bitcoin.transaction import Transaction
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.jobmaker import MAX_TAG_SIZE, VERSION_MASK, VISIT_SIZE, JobStyle, block_coinbase, make_job
from headframe.mining.template import Template

NewTemplate = Callable[..., Template]
STYLE = JobStyle("home", b"/headframe/")
LAYOUT = ExtranonceLayout(4, 8)
PAYOUT = PayoutSet(7, b"\x51")


def made(template: Template, *, seq: int = 1, style: JobStyle = STYLE, layout: ExtranonceLayout = LAYOUT) -> Job:
    return make_job(template, style, PAYOUT, layout, generation=3, seq=seq, clean=False)


def coinbase_of(job: Job) -> Transaction:
    return Transaction.parse(job.coinbase1 + bytes(job.layout.size) + job.coinbase2)


def test_a_job_carries_what_the_template_says(new_template: NewTemplate) -> None:
    template = new_template()
    job = made(template, seq=0xABC)
    assert int(job.job_id, 16) == job.seq == 0xABC
    assert (job.source, job.generation, job.clean, job.payout_set) == ("home", 3, False, 7)
    assert (job.height, job.prev_hash, job.bits) == (template.height, template.prev_hash, template.bits)
    assert (job.branch, job.layout, job.origin) == (template.branch, LAYOUT, template)
    assert job.network_target == job.source_target == target_of_bits(template.bits)
    assert job.reward_sats == template.reward_sats


def test_the_coinbase_claims_exactly_the_reward_and_commits_last(new_template: NewTemplate) -> None:
    template = new_template()
    outputs = coinbase_of(made(template)).outputs
    assert sum(output.value_sats for output in outputs) == template.reward_sats
    assert (outputs[0].value_sats, outputs[0].script) == (template.reward_sats, b"\x51")
    assert (outputs[-1].value_sats, outputs[-1].script) == (0, template.commitment)


def test_the_script_sig_is_height_tag_and_varied_bytes(new_template: NewTemplate) -> None:
    job = made(new_template(), seq=0x0102)
    expected = push_height(840_000) + push(b"/headframe/") + push(b"\x02\x01\x00\x00\x00\x00" + bytes(12))
    assert coinbase_of(job).inputs[0].script_sig == expected


def test_jobs_of_one_template_differ_only_in_their_visit_bytes(new_template: NewTemplate) -> None:
    template = new_template()
    first, second = made(template, seq=1), made(template, seq=2)
    assert first.visit_size == VISIT_SIZE
    assert first.coinbase1[:-VISIT_SIZE] == second.coinbase1[:-VISIT_SIZE]
    assert first.coinbase1[-VISIT_SIZE:] != second.coinbase1[-VISIT_SIZE:]
    assert first.coinbase2 == second.coinbase2


def test_visit_bytes_wrap_only_after_2_to_the_48_jobs(new_template: NewTemplate) -> None:
    template = new_template()
    assert made(template, seq=2**48 - 1).coinbase1[-VISIT_SIZE:] == b"\xff" * 6
    assert made(template, seq=2**48).coinbase1[-VISIT_SIZE:] == bytes(6)


@pytest.mark.parametrize("height", [0, 840_000, 8_388_608, 2**31 - 1])
def test_the_longest_tag_fits_at_any_height(new_template: NewTemplate, height: int) -> None:
    job = made(new_template(height=height), style=JobStyle("home", b"t" * MAX_TAG_SIZE))
    assert 2 <= len(coinbase_of(job).inputs[0].script_sig) <= MAX_SCRIPT_SIG


@pytest.mark.parametrize(
    ("version", "mask", "expected"),
    [
        (0x20000000, VERSION_MASK, 0x20000000),
        (0x3FFFFFFF, VERSION_MASK, 0x20001FFF),
        (0x20002004, VERSION_MASK, 0x20000004),
        (0x20002004, 0, 0x20002004),
        (-1, VERSION_MASK, 0xE0001FFF),
    ],
)
def test_template_bits_that_miners_may_roll_are_cleared(
    new_template: NewTemplate, version: int, mask: int, expected: int
) -> None:
    job = made(new_template(version=version), style=JobStyle("home", b"", version_mask=mask))
    assert (job.version, job.version_mask) == (expected, mask)


def test_the_time_is_the_nodes_and_never_below_the_least(new_template: NewTemplate) -> None:
    assert made(new_template(time=1000, min_time=900)).ntime == 1000
    assert made(new_template(time=1000, min_time=1100)).ntime == 1100


def test_locktime_and_sequence_are_as_bip54_demands(new_template: NewTemplate) -> None:
    coinbase = coinbase_of(made(new_template(height=1234)))
    assert (coinbase.locktime, coinbase.inputs[0].sequence) == (1233, 0xFFFFFFFE)


def test_the_block_has_the_reserved_witness_only_where_there_is_a_commitment(new_template: NewTemplate) -> None:
    template, plain = new_template(), new_template(commitment=None)
    stripped = coinbase_of(made(template)).serialize(witness=False)
    assert block_coinbase(template, stripped) == with_witness(stripped)
    assert Transaction.parse(with_witness(stripped)).witnesses == ((bytes(32),),)
    assert block_coinbase(plain, stripped) == stripped
    assert len(coinbase_of(made(plain)).outputs) == 1


def test_a_tag_too_long_for_the_script_sig_is_refused(new_template: NewTemplate) -> None:
    with pytest.raises(ValueError, match="scriptSig would be"):
        made(new_template(), style=JobStyle("home", b"t" * 75), layout=ExtranonceLayout(8, 8))
