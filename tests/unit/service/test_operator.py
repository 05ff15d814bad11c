"""What the faces are told of the split and of pools, from a real store and sources by script."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from headframe.gateway.histogram import LatencyHistogram
from headframe.gateway.hub import Hub
from headframe.gateway.jobbook import JobBook
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import Account, BlockFound, UpstreamSettled
from headframe.service.operator import Operator
from headframe.service.views import (
    BlockView,
    Histogram,
    Overview,
    Passed,
    SourceTotals,
    Totals,
    UpstreamTotals,
    UpstreamView,
)
from headframe.sources.base import UpstreamStats
from headframe.sources.scripted import ScriptedSource
from headframe.store.fold import StoreWriter
from headframe.store.ledger_store import Store
from headframe.testing.fake_clock import FakeClock

STATS = UpstreamStats(2, (0.1, 1.0), (3, 4), 2.5, 5)


class PoolLike(ScriptedSource):
    """Has a pool's numbers."""

    def upstream_stats(self) -> UpstreamStats | None:
        return STATS


class QuietHub:
    """A hub with sources and no sessions: what the operator looks at, and nothing that acts."""

    def __init__(self) -> None:
        self.sources = SourceBook()
        self.book = JobBook(1)
        self.seats: dict[Any, None] = {}
        self.recording = True
        self.journal_trouble = None
        self.submit_seconds = LatencyHistogram()
        self.fanout_seconds = LatencyHistogram()


class Desk:
    """An operator over a pool and a node, with a journal to put facts into."""

    def __init__(self, directory: Path) -> None:
        clock = FakeClock()
        self.journal = SegmentJournal(directory / "journal", reserve_bytes=0)
        self.store = Store.open(directory)
        self.writer = StoreWriter(self.store, self.journal, clock)
        hub = QuietHub()
        hub.sources.add(PoolLike(clock, "pool"), Usage(weight=30))
        hub.sources.add(ScriptedSource(clock, "home"), Usage(weight=70, chain="bch"))
        self.operator = Operator(cast("Hub", hub), self.store, self.writer, self.journal, clock, "regtest")

    def said(self, outcome: str, reason: str = "", shares: int = 1, source: str = "pool") -> None:
        self.journal.append([UpstreamSettled(1, source, outcome, reason, shares, shares * 2**70)])
        self.writer.fold_once()

    def upstream(self, name: str) -> UpstreamView | None:
        return next(source for source in self.operator.overview().sources if source.name == name).upstream


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()
    made.store.close()


def test_a_pool_is_told_with_its_outcomes_reasons_answers_and_connections(desk: Desk) -> None:
    desk.said("accepted", shares=9)
    desk.said("refused", "stale", 2)
    desk.said("refused", "", 1)
    desk.said("lost")
    assert desk.upstream("pool") == UpstreamView(
        {"accepted": 9, "refused": 3, "lost": 1},
        {"stale": 2, "unsaid": 1},
        Histogram((0.1, 1.0), (3, 4), 2.5, 5),
        2,
    )


def test_a_pool_that_was_sent_nothing_counts_from_nought_and_a_node_has_no_upstream(desk: Desk) -> None:
    pool = desk.upstream("pool")
    assert pool is not None
    assert (pool.outcomes, pool.refused) == ({"accepted": 0, "refused": 0, "lost": 0}, {})
    assert desk.upstream("home") is None


def test_totals_keep_what_was_said_also_by_a_source_that_is_gone(desk: Desk) -> None:
    desk.said("refused", "stale", 2, source="former")
    totals = desk.operator.overview().totals
    assert totals.upstream == {
        "former": UpstreamTotals(Passed(0, 0), Passed(2, 2 * 2**70), Passed(0, 0), {"stale": 2}),
    }
    assert (totals.shares_accepted, totals.shares_rejected, totals.work) == (0, {}, 0)


@pytest.mark.parametrize("ask", [lambda desk: desk.operator.blocks(), lambda desk: desk.operator.overview().blocks])
def test_a_block_is_of_its_sources_chain_and_of_none_when_the_source_is_gone(
    desk: Desk, ask: Callable[[Desk], Sequence[BlockView]]
) -> None:
    account = Account("anna", "rig", "sv1")
    for number, source in enumerate(("home", "former"), 1):
        desk.journal.append([BlockFound(number, bytes([number]) * 32, 7, source, 1, account, 1, 50, 9)])
    desk.writer.fold_once()
    assert [(block.source, block.chain) for block in ask(desk)] == [("former", None), ("home", "bch")]


def test_no_sum_is_of_sats() -> None:
    """Sources may be of different chains: what a block pays is told block by block."""
    shapes = (Overview, Totals, SourceTotals, UpstreamTotals, Passed)
    sums = {field for shape in shapes for field in shape.__struct_fields__}
    assert [field for field in sums if "sats" in field or "reward" in field] == []
