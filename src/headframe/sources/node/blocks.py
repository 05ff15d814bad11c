"""A found block, ready to be sent and kept.

Responsible for: putting the raw block together from exactly what was judged, checking it, and the record that is kept
of it on disk.
Not responsible for: sending (`sources.node.courier`), disk (`sources.node.vault`).
Read next: `sources.node.courier`.

Pure.
"""

from dataclasses import dataclass

import msgspec

from headframe.bitcoin.block import assemble_block
from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.header import HEADER_SIZE, Header
from headframe.bitcoin.merkle import root_of_branch
from headframe.mining.jobmaker import block_coinbase
from headframe.mining.submission import Solution
from headframe.mining.template import Template

MATURE = 100
"""Confirmations after which a coinbase may be spent, and after which a block is followed no longer."""

MILESTONES = frozenset({1, 2, 3, 4, 5, 6, *range(10, MATURE + 1, 10)})
"""Confirmations that are worth reporting."""


class BlockRecord(msgspec.Struct, frozen=True):
    """What is known of a found block. `outcome` "" until some node has it."""

    hash_hex: str
    height: int
    source: str
    found_ms: int
    outcome: str = ""
    reason: str = ""
    confirmations: int = 0

    @property
    def hash(self) -> bytes:
        return bytes.fromhex(self.hash_hex)[::-1]


@dataclass(frozen=True, slots=True, eq=False)
class FoundBlock:
    """A record and its raw bytes; `doubts` says what our own check finds wrong with it ("" when nothing)."""

    record: BlockRecord
    raw: bytes
    doubts: str = ""


def build_block(template: Template, solution: Solution, source: str, found_ms: int) -> FoundBlock:
    """The block: the judged 80 bytes, the judged coinbase (with its witness where the template commits), the template's
    transactions. Doubts do not stop it: a node decides, and a block that we misjudge is lost for ever."""
    raw = assemble_block(solution.header, block_coinbase(template, solution.coinbase), template.transactions)
    record = BlockRecord(solution.hash[::-1].hex(), template.height, source, found_ms)
    return FoundBlock(record, raw, doubts_about(template, solution))


def doubts_about(template: Template, solution: Solution) -> str:
    """What is inconsistent between a solution and its template, in words; "" when all is well."""
    if len(solution.header) != HEADER_SIZE:
        return "the header has not 80 bytes"
    header = Header.parse(solution.header)
    found = []
    if sha256d(solution.header) != solution.hash:
        found.append("the header does not hash to the stated hash")
    if header.merkle_root != root_of_branch(sha256d(solution.coinbase), template.branch):
        found.append("the merkle root is not that of coinbase and branch")
    if header.prev_hash != template.prev_hash:
        found.append("the previous hash is not the template's")
    if header.bits != template.bits:
        found.append("the bits are not the template's")
    return "; ".join(found)


def advance(record: BlockRecord, confirmations: int) -> BlockRecord:
    """The record after a look at the chain: `confirmations` as the node counts them, -1 off the active chain."""
    if confirmations >= MATURE:
        outcome, reason = "matured", ""
    elif confirmations >= 1:
        outcome, reason = "accepted", ""
    elif record.outcome in ("accepted", "orphaned"):
        outcome, reason = "orphaned", "another chain has more work"
    else:
        outcome, reason = "stale", "another block of this height won"
    return msgspec.structs.replace(record, outcome=outcome, reason=reason, confirmations=confirmations)


def is_news(before: BlockRecord, after: BlockRecord) -> bool:
    """Whether the change is worth reporting."""
    return after.outcome != before.outcome or any(
        before.confirmations < milestone <= after.confirmations for milestone in MILESTONES
    )


def is_over(record: BlockRecord, tip_height: int) -> bool:
    """Whether nothing more can become of the block: nobody reorganises a hundred blocks."""
    if record.outcome in ("stale", "orphaned"):
        return tip_height >= record.height + MATURE
    return record.outcome in ("matured", "rejected")
