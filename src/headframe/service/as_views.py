"""What store and ledger say, as faces show it.

Responsible for: turning rows and sums into views: bytes to hex, hashes to difficulties, None where nothing is known.
Not responsible for: gathering rows (`service.operator` and its parts), the shapes (`service.views`).
Read next: `service.views`.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from headframe.bitcoin.target import DIFFICULTY_1_TARGET
from headframe.gateway.histogram import BOUNDS_S, LatencyHistogram
from headframe.ledger.hashrate import Rates
from headframe.ledger.upstream import OUTCOMES
from headframe.service.views import (
    BlockView,
    Hashrates,
    Histogram,
    Passed,
    SourceTotals,
    Totals,
    UpstreamTotals,
    UpstreamView,
)
from headframe.sources.base import UpstreamStats
from headframe.store.answers import BlockRow, SourceSums, Sums, UpstreamSums

MATURITY: Final = 100
"""Confirmations that make a reward spendable."""


def totals_view(sums: Sums) -> Totals:
    """The ledger's sums as faces show them."""
    return Totals(
        shares_accepted=sums.accepted,
        shares_rejected=dict(sums.rejected),
        work=sums.work,
        sources={
            name: SourceTotals(source.accepted, dict(source.rejected), source.work)
            for name, source in sums.sources.items()
        },
        blocks=sums.blocks,
        blocks_by_source={name: dict(outcomes) for name, outcomes in sums.blocks_by_source.items()},
        best_difficulty=best_difficulty(sums.best),
        upstream={
            name: _upstream_totals(source.upstream)
            for name, source in sums.sources.items()
            if source.upstream is not None
        },
    )


def upstream_view(stats: UpstreamStats | None, sums: SourceSums | None) -> UpstreamView | None:
    """What a source that passes shares on has to say (from its own start) and was told (ever); None for others."""
    said = sums.upstream if sums is not None else None
    if stats is None and said is None:
        return None
    latency = None
    if stats is not None:
        latency = Histogram(stats.latency_bounds, stats.latency_counts, stats.latency_sum_s, stats.latency_count)
    return UpstreamView(
        outcomes={outcome: said.shares[outcome].count if said is not None else 0 for outcome in OUTCOMES},
        refused=dict(said.reasons) if said is not None else {},
        latency=latency,
        connections=stats.connections if stats is not None else 0,
    )


def best_difficulty(header_hash: bytes) -> float | None:
    """How hard a target this hash would have met; None for no hash."""
    value = int.from_bytes(header_hash, "little")
    return DIFFICULTY_1_TARGET / value if value else None


def _upstream_totals(said: UpstreamSums) -> UpstreamTotals:
    accepted, refused, lost = (Passed(said.shares[outcome].count, said.shares[outcome].work) for outcome in OUTCOMES)
    return UpstreamTotals(accepted, refused, lost, dict(said.reasons))


def block_view(row: BlockRow, chains: Mapping[str, str]) -> BlockView:
    """A block; `chains` by source."""
    return BlockView(
        time_ms=row.found_ms or row.settled_ms,
        hash_hex=row.hash[::-1].hex(),
        height=row.height,
        source=row.source,
        identity=row.identity,
        worker=row.worker,
        reward_sats=row.reward_sats,
        outcome=row.outcome,
        reason=row.reason,
        confirmations=row.confirmations,
        chain=chains.get(row.source),
    )


def deepened(block: BlockView, tips: Mapping[str, int]) -> BlockView:
    """With the confirmations of this moment. The ledger keeps milestones (1 to 6, then every tenth), and what lies between
    them follows from the height that its source mines on (`tips`, by source), until the node says that it is mature."""
    tip = tips.get(block.source)
    if block.outcome != "accepted" or tip is None:
        return block
    now = min(tip - block.height + 1, MATURITY - 1)
    return msgspec.structs.replace(block, confirmations=now) if now > block.confirmations else block


def hashrates_view(rates: Rates) -> Hashrates:
    """Rates by window."""
    return Hashrates(rates.h1m, rates.h5m, rates.h1h, rates.h24h, rates.h7d)


def histogram_view(latency: LatencyHistogram) -> Histogram:
    """Counts that add up, as Prometheus wants them."""
    cumulative, counts = 0, []
    for count in latency.counts[: len(BOUNDS_S)]:
        cumulative += count
        counts.append(cumulative)
    return Histogram(BOUNDS_S, tuple(counts), latency.total_s, latency.total_count)
