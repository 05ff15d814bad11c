"""What the faces are told of the split and of pools, from a real store and sources by script."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.gateway.histogram import LatencyHistogram
from headframe.gateway.hub import Hub
from headframe.gateway.jobbook import JobBook
from headframe.gateway.payouts import PayoutBook, PayoutPolicy
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import Account, BlockFound, BlockSettled, UpstreamSettled
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import PayoutSet
from headframe.routing.horizon import Horizon
from headframe.routing.moves import Reason
from headframe.service.history_views import ActivityView
from headframe.service.operator import Operator
from headframe.service.refusals import NotFound
from headframe.service.views import (
    BlockView,
    Histogram,
    MoveCount,
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


class QuietDispatch:
    """What was delivered and moved."""

    def __init__(self) -> None:
        self.horizon = Horizon()
        self.counts = {("", "home", Reason.ASSIGN): 2, ("home", "pool", Reason.SLICE): 1}


class QuietHub:
    """A hub with sources and no sessions: what the operator looks at, and nothing that acts."""

    def __init__(self) -> None:
        self.sources = SourceBook()
        self.dispatch = QuietDispatch()
        self.book = JobBook(1)
        self.payouts = PayoutBook(PayoutPolicy(NETWORKS["regtest"], None, ()), lambda _: None)
        self.seats: dict[Any, None] = {}
        self.recording = True
        self.journal_trouble = None
        self.outgoing = SimpleNamespace(alarmed=frozenset())
        self.submit_seconds = LatencyHistogram()
        self.fanout_seconds = LatencyHistogram()


class Desk:
    """An operator over a pool and a node, with a journal to put facts into."""

    def __init__(self, directory: Path) -> None:
        clock = FakeClock()
        self.journal = SegmentJournal(directory / "journal", reserve_bytes=0)
        self.store = Store.open(directory)
        self.writer = StoreWriter(self.store, self.journal, clock)
        self.clock = clock
        self.hub = hub = QuietHub()
        self.pool, self.home = PoolLike(clock, "pool"), ScriptedSource(clock, "home")
        hub.sources.add(self.pool, Usage(weight=30))
        hub.sources.add(self.home, Usage(weight=70, chain="bch"))
        self.operator = Operator(cast("Hub", hub), self.store, self.writer, self.journal, clock, "regtest")

    def said(self, outcome: str, reason: str = "", shares: int = 1, source: str = "pool") -> None:
        self.journal.append([UpstreamSettled(1, source, outcome, reason, shares, shares * 2**70)])
        self.writer.fold_once()

    def has_work(self, *sources: ScriptedSource) -> None:
        for source in sources:
            source.up()
            self.hub.sources.went_up(source.name)
            self.hub.sources.has(source.name, source.new_block(), self.clock.monotonic())

    def split(self) -> dict[str, tuple[float | None, float | None]]:
        """Source to (wanted, delivered)."""
        return {each.name: (each.target_share, each.delivered_share) for each in self.operator.overview().sources}

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


def test_the_split_is_unknown_until_there_is_work_and_then_wanted_beside_delivered(desk: Desk) -> None:
    assert desk.split() == {"pool": (None, None), "home": (None, None)}
    desk.has_work(desk.pool)
    assert desk.split() == {"pool": (1.0, None), "home": (0.0, None)}, "nothing is wanted of what cannot work"
    desk.has_work(desk.home)
    desk.hub.dispatch.horizon.add(desk.clock.monotonic(), "pool", 2**90)
    assert desk.split() == {"pool": (0.3, 1.0), "home": (0.7, 0.0)}
    desk.hub.dispatch.horizon.add(desk.clock.monotonic(), "home", 3 * 2**90)
    assert desk.split() == {"pool": (0.3, 0.25), "home": (0.7, 0.75)}


def test_moves_are_counted_by_where_from_where_to_and_why(desk: Desk) -> None:
    assert desk.operator.overview().moves == (MoveCount("", "home", "assign", 2), MoveCount("home", "pool", "slice", 1))


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


async def test_what_the_operator_cannot_see_by_itself_comes_from_its_surroundings(desk: Desk) -> None:
    assert (desk.operator.bans(), desk.operator.activity()) == ((), ())
    line = ActivityView("1", 5, "source", "source_up", {"source": "home"})
    desk.operator.surroundings.activity = lambda limit: (line,) * limit
    desk.operator.surroundings.explorers = {"bch": "https://explorer.example/{hash}"}
    assert desk.operator.activity(2) == (line, line)
    account = Account("anna", "rig", "sv1")
    desk.journal.append([BlockFound(1, bytes([1]) * 32, 7, "home", 1, account, 1, 50, 9)])
    desk.writer.fold_once()
    (block,) = (await desk.operator.found_blocks()).blocks
    assert block.explorer == "https://explorer.example/" + "01" * 32


async def test_the_history_of_a_source_that_is_none_is_not_found_and_of_one_says_what_it_should_have(
    desk: Desk,
) -> None:
    with pytest.raises(NotFound):
        await desk.operator.source_history("former", "1h")
    assert (await desk.operator.source_history("pool", "1h")).wanted_now is None
    desk.has_work(desk.pool, desk.home)
    assert (await desk.operator.source_history("pool", "1h")).wanted_now == 0.3


def test_without_any_work_the_job_and_the_networks_are_unknown(desk: Desk) -> None:
    assert desk.operator.current_job() is None
    assert {view.chain: view.difficulty for view in desk.operator.networks()} == {"btc": None, "bch": None}


async def test_only_a_source_whose_blocks_are_ours_has_a_running_effort(desk: Desk) -> None:
    def book(source: ScriptedSource) -> None:
        work = source.new_block()
        desk.hub.sources.has(source.name, work, desk.clock.monotonic())
        desk.hub.book.begin(work, desk.clock.monotonic())
        desk.hub.book.job(work, PayoutSet(1, b""), ExtranonceLayout(4, 8), desk.clock.monotonic())

    desk.pool.kind = "pool"
    desk.has_work(desk.pool)
    book(desk.pool)
    assert (await desk.operator.found_blocks()).running_effort is None
    desk.has_work(desk.home)
    book(desk.home)
    assert (await desk.operator.found_blocks()).running_effort == 0.0
    job = desk.operator.current_job()
    assert job is not None
    assert job.source == "home", "our own before a pool"
    of_pool = desk.operator.current_job("pool")
    assert of_pool is not None
    assert (of_pool.source, of_pool.source_kind) == ("pool", "pool")
    with pytest.raises(NotFound):
        desk.operator.current_job("former")


def test_work_that_nobody_mines_yet_is_told_with_its_age_and_without_a_number(desk: Desk) -> None:
    """A house without miners works: it is not the same as a source that gives no work."""
    desk.pool.kind = "pool"
    desk.has_work(desk.pool)
    desk.clock.advance(7)
    job, told = desk.operator.current_job(), desk.operator.overview().job
    assert job is not None
    assert told is not None
    assert (job.source, job.job_id, job.miners, job.age_s) == ("pool", "", 0, 7.0)
    assert (told.source, told.job_id, told.height, told.age_s) == ("pool", "", job.height, 7.0)
    assert {view.chain: view.difficulty is not None for view in desk.operator.networks()} == {"btc": True, "bch": False}


async def test_a_found_block_is_earned_as_its_outcome_says(desk: Desk) -> None:
    account = Account("anna", "rig", "sv1")
    for number, outcome in enumerate(("matured", "accepted", "orphaned", ""), 1):
        found = BlockFound(number, bytes([number]) * 32, 7, "home", 1, account, 1, 1000 + number, 9)
        desk.journal.append([found])
        if outcome:
            desk.journal.append([BlockSettled(number, bytes([number]) * 32, outcome, "", 1)])
    desk.journal.append([BlockFound(9, bytes([9]) * 32, 7, "former", 1, account, 1, 5, 9)])
    desk.writer.fold_once()
    gone, ours = (await desk.operator.found_blocks()).earned
    assert (gone.chain, gone.pending_sats) == ("", 5)
    assert (ours.chain, ours.spendable_sats, ours.maturing_sats, ours.pending_sats) == ("bch", 1001, 1002, 1004)
