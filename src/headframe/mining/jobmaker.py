"""Template to job.

Responsible for: building the job (coinbase halves and all) that pays a given payout set from a template.
Not responsible for: checking templates (`sources.node`), numbering jobs (the hub), pools' jobs (`sources.pool`).
Read next: `mining.judge`.
"""

from dataclasses import dataclass

from headframe.bitcoin.coinbase import coinbase_halves, with_witness
from headframe.bitcoin.target import target_of_bits
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.template import Template

VERSION_MASK = 0x1FFFE000
"""The bits that miners may roll (BIP320)."""

VISIT_SIZE = 6
"""Bytes of the coinbase that carry the job's own number: two jobs never share a search space."""

MAX_TAG_SIZE = 60
"""So that height (4), tag, visit and up to 12 bytes of extranonce stay within 100 bytes of scriptSig."""


@dataclass(frozen=True, slots=True)
class JobStyle:
    """What is the same in all jobs of one node source."""

    source: str
    tag: bytes
    version_mask: int = VERSION_MASK


def make_job(
    template: Template,
    style: JobStyle,
    payout: PayoutSet,
    layout: ExtranonceLayout,
    *,
    generation: int,
    seq: int,
    clean: bool,
) -> Job:
    """The job that pays `payout`. Template bits inside the version mask are cleared, because chips set the rolled bits
    by OR (ESP-Miner) and pools disagree on XOR, OR and mask; with them clear all three agree."""
    prefix, suffix = coinbase_halves(
        height=template.height,
        tag=style.tag,
        visit=(seq % 256**VISIT_SIZE).to_bytes(VISIT_SIZE, "little"),
        extranonce_size=layout.size,
        outputs=payout.outputs(template.reward_sats),
        commitment=template.commitment,
    )
    network_target = target_of_bits(template.bits)
    return Job(
        seq=seq,
        source=style.source,
        generation=generation,
        height=template.height,
        version=template.version & ~style.version_mask & 0xFFFFFFFF,
        version_mask=style.version_mask,
        prev_hash=template.prev_hash,
        bits=template.bits,
        ntime=max(template.time, template.min_time),
        coinbase1=prefix,
        coinbase2=suffix,
        layout=layout,
        visit_size=VISIT_SIZE,
        branch=template.branch,
        source_target=network_target,
        network_target=network_target,
        payout_set=payout.number,
        clean=clean,
        origin=template,
        reward_sats=template.reward_sats,
        lane=style.source,
    )


def block_coinbase(template: Template, stripped: bytes) -> bytes:
    """The coinbase as it stands in the block made of this template."""
    return stripped if template.commitment is None else with_witness(stripped)
