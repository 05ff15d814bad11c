"""What the store answers: frozen values.

Responsible for: their shapes and units.
Not responsible for: finding them (`store.queries`), showing them (`service`).
Read next: `store.queries`.

Work is integer hashes, times Unix milliseconds, hashes bytes in internal order (b"": none).
"""

import msgspec

from headframe.ledger.facts import BlockFound, Position
from headframe.ledger.hashrate import Rates
from headframe.ledger.totals import BlockSum, LedgerTotals, SourceSum
from headframe.ledger.upstream import Passed
from headframe.mining.units import Sats, Work
from headframe.store.trouble import StoreState


class UpstreamSums(msgspec.Struct, frozen=True):
    """What a pool said of the shares that were passed on, by outcome (all of `ledger.upstream.OUTCOMES`); `reasons`
    counts the refused ones."""

    shares: dict[str, Passed]
    reasons: dict[str, int]


class SourceSums(msgspec.Struct, frozen=True):
    """One source: accepted and refused shares, credited work; `upstream` None where nothing was passed on."""

    accepted: int = 0
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    work: Work = 0
    upstream: UpstreamSums | None = None


class Sums(msgspec.Struct, frozen=True):
    """The ledger, whole. `blocks_by_source`: source to outcome to count."""

    accepted: int = 0
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    work: Work = 0
    best: bytes = b""
    sources: dict[str, SourceSums] = msgspec.field(default_factory=dict)
    blocks_by_source: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)

    @property
    def blocks(self) -> dict[str, int]:
        """Blocks by outcome, over all sources."""
        counts: dict[str, int] = {}
        for outcomes in self.blocks_by_source.values():
            for outcome, count in outcomes.items():
                counts[outcome] = counts.get(outcome, 0) + count
        return counts


class BlockRow(msgspec.Struct, frozen=True):
    """A block: how it was found (0 and "" where only its settling is known) and what became of it."""

    hash: bytes
    found_ms: int
    height: int
    source: str
    identity: str
    worker: str
    protocol: str
    payout_set: int
    reward_sats: Sats
    outcome: str
    reason: str
    confirmations: int
    settled_ms: int
    bits: int = 0
    source_work: Work | None = None
    """All work of its source up to this block; None where that was not kept yet."""


class BlockCost(msgspec.Struct, frozen=True):
    """What a found block's source had mined by then in all, and what its difficulty needs."""

    hash: bytes
    source: str
    bits: int
    source_work: Work | None


class RewardSum(msgspec.Struct, frozen=True):
    """The blocks of a source with one outcome: how many, of how many of them the reward is not on record, and the sum of
    the others'."""

    source: str
    outcome: str
    blocks: int
    unknown: int
    sats: Sats


class WorkerRow(msgspec.Struct, frozen=True):
    """A worker, or an identity as a whole (then `worker` is ""). `best_today` is of the current UTC day."""

    identity: str
    worker: str
    rates: Rates
    accepted: int
    rejected: int
    work: Work
    best: bytes
    best_today: bytes
    first_ms: int
    last_ms: int
    worker_id: int = 0
    best_ms: int = 0
    best_source: str = ""
    best_today_ms: int = 0
    best_today_source: str = ""
    reasons: dict[str, int] = {}
    """Of the rejected, since they are told apart; only in `store.worker_table`."""


class RollupRow(msgspec.Struct, frozen=True, gc=False):
    """A bucket: of a source (`worker_id` had its best share), or of a worker and source."""

    start_s: int
    source: str
    work: Work
    accepted: int
    rejected: int
    best: bytes
    worker_id: int


class Counts(msgspec.Struct, frozen=True):
    """Shares of all since some time."""

    accepted: int
    rejected: dict[str, int]


class LedgerSnapshot(msgspec.Struct, frozen=True):
    """What live views show: published after each fold, never changed."""

    now_ms: int
    position: Position
    sums: Sums
    rates: Rates
    source_rates: dict[str, Rates]
    blocks: tuple[BlockRow, ...]
    """The latest, newest first."""
    state: StoreState


def sums_of(sources: dict[str, SourceSum], best: bytes, blocks_by_source: dict[str, dict[str, int]]) -> Sums:
    """The whole from its sources; nothing in it is shared with the arguments."""
    rejected: dict[str, int] = {}
    for each in sources.values():
        for reason, count in each.rejected.items():
            rejected[reason] = rejected.get(reason, 0) + count
    return Sums(
        sum(each.accepted for each in sources.values()),
        rejected,
        sum(each.work for each in sources.values()),
        best,
        {name: _source_sums(each) for name, each in sorted(sources.items())},
        {name: dict(outcomes) for name, outcomes in sorted(blocks_by_source.items())},
    )


def _source_sums(each: SourceSum) -> SourceSums:
    said = each.upstream
    upstream = None if said.empty else UpstreamSums(dict(said.shares), dict(said.reasons))
    return SourceSums(each.accepted, dict(each.rejected), each.work, upstream)


def sums_of_totals(totals: LedgerTotals) -> Sums:
    """The whole of a fold that was never stored."""
    blocks: dict[str, dict[str, int]] = {}
    for block in totals.blocks.values():
        outcomes = blocks.setdefault(source_of(block), {})
        outcomes[block.outcome] = outcomes.get(block.outcome, 0) + 1
    return sums_of(totals.sources, totals.best, blocks)


def source_of(block: BlockSum) -> str:
    """The source of a block; "" when only its settling is known."""
    found: BlockFound | None = block.found
    return found.source if found else ""
