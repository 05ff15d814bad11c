"""The facts that the journal keeps and the ledger folds.

Responsible for: the shape of every record that credit, money and blocks are computed from.
Not responsible for: storing them (`journal`), folding them (`ledger.totals`), reading models (`store`).
Read next: `ledger.totals`.

Re-applying a fact that is keyed (a payout set by number, a block by hash) changes nothing. Share batches and what pools
said are made exactly-once by their position in the journal. Hashes are in internal order; times are Unix milliseconds UTC.
"""

from typing import TypeAlias

import msgspec

from headframe.mining.units import Sats, Work


class Account(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who is credited, and by which protocol the share came. `identity` is a payout address or a member's name."""

    identity: str
    worker: str
    protocol: str


class Terms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a share was mined for: the job's facts that any reward scheme may need, and the work credited per share."""

    source: str
    generation: int
    height: int
    bits: int
    payout_set: int
    work: Work


class Credit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`count` accepted shares of one account on one terms; `best_hash` is the lowest of their header hashes."""

    account: Account
    terms: Terms
    count: int
    best_hash: bytes


class Refusal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`count` refused shares of one account; `source` may be empty when the job was unknown; `reason` is a metric label."""

    account: Account
    source: str
    reason: str
    count: int


class ShareBatch(msgspec.Struct, frozen=True, gc=False):
    """All verdicts of one loop turn."""

    time_ms: int
    credits: list[Credit]
    refusals: list[Refusal]


class PayoutSetIssued(msgspec.Struct, frozen=True, gc=False):
    """A payout set came into being: parts are (script, basis points)."""

    time_ms: int
    number: int
    remainder_script: bytes
    parts: list[tuple[bytes, int]]


class BlockFound(msgspec.Struct, frozen=True, gc=False):
    """A header met the network target. Written after the block was sent to the nodes, keyed by its hash."""

    time_ms: int
    hash: bytes
    height: int
    source: str
    generation: int
    account: Account
    payout_set: int
    reward_sats: Sats
    bits: int


class BlockSettled(msgspec.Struct, frozen=True, gc=False):
    """What became of a found block.

    outcome: "accepted", "stale" (another block won), "rejected" (with the node's reason), "orphaned" (accepted, then
    reorganised away), "matured" (100 confirmations). `confirmations` as last seen; later facts replace earlier ones.
    """

    time_ms: int
    hash: bytes
    outcome: str
    reason: str = ""
    confirmations: int = 0


class UpstreamSettled(msgspec.Struct, frozen=True, gc=False):
    """What a pool said to shares that were passed on: `outcome` "accepted", "refused" (with its reason) or "lost" (no
    answer). `work` is that of the pool's targets for all `count` of them together: what it should have credited."""

    time_ms: int
    source: str
    outcome: str
    reason: str
    count: int
    work: Work


Fact: TypeAlias = ShareBatch | PayoutSetIssued | BlockFound | BlockSettled | UpstreamSettled


class Position(msgspec.Struct, frozen=True, order=True):
    """Where a batch of facts stands in a journal: epochs grow with each start of the gateway, sequences within an epoch
    from 1. (0, 0) is before the first.
    """

    epoch: int
    sequence: int


START = Position(0, 0)
"""Before the first batch of any journal."""
