"""The journal goes into the store exactly once, whatever goes wrong in between."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from headframe.journal.reader import SegmentReader
from headframe.ledger import upstream
from headframe.ledger.facts import START, BlockSettled, PayoutSetIssued, Position
from headframe.ledger.rollup import Level
from headframe.ledger.totals import LedgerTotals
from headframe.ledger.upstream import Passed
from headframe.store import fold, rows
from headframe.store.answers import sums_of_totals
from headframe.store.exact import ledger_totals
from headframe.store.fold import StoreWriter
from headframe.store.queries import SeriesOf

if TYPE_CHECKING:
    from conftest import Bench
else:
    Bench = object

T0_MS = 1_700_000_000_000
WORK = 2**70
ALWAYS = (0, 2**40)


def replayed(bench: Bench) -> LedgerTotals:
    totals = LedgerTotals()
    reader = SegmentReader(bench.directory / "journal")
    for _, facts in reader.read(START):
        totals.apply_all(facts)
    reader.close()
    return totals


def check_equal(bench: Bench) -> None:
    """What is committed is what the journal says."""
    totals = replayed(bench)
    assert bench.store.totals() == sums_of_totals(totals)
    stored = {(row.identity, row.worker): row for row in bench.store.workers(bench.clock.now_ms)}
    assert {key: (w.accepted, w.rejected, w.work, w.best) for key, w in totals.workers.items()} == {
        key: (row.accepted, row.rejected, row.work, row.best) for key, row in stored.items()
    }
    for level in Level:
        series = bench.store.work_series(SeriesOf(level, *ALWAYS))
        assert sum(work for _, work in series) == totals.work


def test_what_was_appended_is_committed_with_its_position(bench: Bench) -> None:
    bench.share()
    bench.share("bert", count=3, best=4)
    bench.refuse()
    assert bench.writer.fold_once()
    assert bench.store.position() == bench.writer.position == Position(1, 3)
    assert bench.store.totals().work == 4 * WORK
    check_equal(bench)
    assert not bench.writer.fold_once(), "nothing new"


def test_folding_on_adds_to_what_is_there_also_after_a_restart(bench: Bench) -> None:
    for n in range(1, 6):
        bench.clock.now_ms += 40_000
        bench.share(best=200 - n)
        bench.refuse(reason="stale" if n % 2 else "duplicate")
        bench.writer.fold_once()
        if n % 2:
            bench.restart()
        check_equal(bench)
    assert bench.store.totals().rejected == {"stale": 3, "duplicate": 2}


def test_facts_left_over_by_a_crash_are_folded_after_it(bench: Bench) -> None:
    bench.share()
    bench.writer.fold_once()
    bench.share("bert")
    bench.restart()
    bench.share("carl")
    bench.writer.fold_once()
    check_equal(bench)
    assert bench.store.position() == Position(2, 1)


class Crash(Exception):
    """The process dies here."""


@contextmanager
def failing_at(bench: Bench, statement: int, error: Callable[[], Exception]) -> Iterator[list[int]]:
    """The writer's statement of that number fails; yields how many there were."""
    seen = [0]

    def before(conn: Connection, cursor: object, sql: str, *rest: object) -> None:
        if conn.engine is engine:
            seen[0] += 1
            if seen[0] == statement:
                raise error()

    engine = bench.store.database._writer
    assert engine is not None
    event.listen(engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", before)


def full() -> Exception:
    return OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))


@pytest.mark.parametrize("restart", [True, False])
def test_killed_at_any_statement_of_a_commit_nothing_is_lost_or_doubled(bench: Bench, restart: bool) -> None:
    bench.share(best=100)
    bench.writer.fold_once()
    statement = 0
    while True:
        statement += 1
        bench.clock.now_ms += 5_000
        bench.share("anna", best=90)
        bench.refuse("bert")
        bench.note(PayoutSetIssued(T0_MS, statement, b"q", [(b"r", 1)]), bench.found(statement))
        bench.note(BlockSettled(T0_MS, bytes([statement]) * 32, "accepted"))
        bench.settle("accepted")
        bench.settle("refused", f"reason {statement}")
        with failing_at(bench, statement, Crash if restart else full) as seen:
            if restart:
                try:
                    bench.writer.fold_once()
                except Crash:
                    bench.restart()
            else:
                bench.writer.fold_once()
                assert bench.writer.snapshot().state.ok is (seen[0] < statement)
        while bench.writer.fold_once():
            pass
        check_equal(bench)
        assert bench.writer.snapshot().state.ok
        if seen[0] < statement:
            break
    assert statement > 10, "the test must have met every statement"


def test_a_commit_that_held_although_it_seemed_to_fail_is_not_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.share()
    writing = bench.store.database.writing

    @contextmanager
    def lying() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
        raise full()

    with monkeypatch.context() as patched:
        patched.setattr(bench.store.database, "writing", lying)
        assert not bench.writer.fold_once()
    assert not bench.writer.snapshot().state.ok
    bench.share()
    while bench.writer.fold_once():
        pass
    check_equal(bench)
    assert bench.store.totals().accepted == 2


def test_trouble_is_told_with_a_remedy_and_no_more_of_the_journal_is_read_meanwhile(bench: Bench) -> None:
    bench.share()
    with failing_at(bench, 1, full):
        bench.writer.fold_once()
    state = bench.writer.snapshot().state
    assert (state.ok, "free space" in state.remedy) == (False, True)
    piece = bench.writer._piece
    bench.share()
    with failing_at(bench, 1, full):
        bench.writer.fold_once()
    assert bench.writer._piece is piece
    assert piece is not None
    assert piece.totals.accepted == 1
    assert bench.writer.fold_once()
    assert bench.writer.fold_once()
    check_equal(bench)


def test_a_database_locked_by_another_program_is_trouble_and_then_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.share()
    bench.writer.fold_once()
    with bench.store.database.writing() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(bench.directory / "ledger.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    bench.share()
    bench.writer.fold_once()
    assert "close the other program" in bench.writer.snapshot().state.remedy
    other.execute("ROLLBACK")
    other.close()
    assert bench.writer.fold_once()
    check_equal(bench)


def test_a_second_writer_of_the_same_store_is_our_bug_and_loud(bench: Bench) -> None:
    other = StoreWriter(bench.store, SegmentReader(bench.directory / "journal"), bench.clock)
    bench.share()
    bench.writer.fold_once()
    bench.share()
    with pytest.raises(RuntimeError, match="another writer"):
        other.fold_once()


def test_a_long_journal_is_folded_in_bounded_pieces(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "MAX_ROWS", 3)
    for n in range(10):
        bench.share(str(n), at_ms=T0_MS + n * 7_000)
    assert [bench.writer.fold_once() for _ in range(5)] == [True, True, True, True, False]
    assert bench.store.position() == Position(1, 10)
    check_equal(bench)


def test_names_that_only_get_refused_share_one_row_beyond_a_bound(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "UNCREDITED", 5)
    for n in range(20):
        bench.refuse(f"stranger{n}")
        if n % 3 == 0:
            bench.writer.fold_once()
    bench.share("stranger0")
    bench.writer.fold_once()
    bench.refuse("late")
    bench.share("honest")
    bench.writer.fold_once()
    found = {row.identity: row for row in bench.store.workers(bench.clock.now_ms)}
    assert len(found) <= 5 + 1 + 2
    assert sum(row.rejected for row in found.values()) == 21 == bench.store.totals().rejected["stale"]
    assert found["honest"].accepted == found["stranger0"].accepted == 1
    assert found[""].rejected > 10


def test_what_pools_say_is_kept_by_source_and_outcome_over_restarts(bench: Bench) -> None:
    bench.settle("accepted", count=9)
    bench.settle("refused", "stale", 2, source="other")
    bench.writer.fold_once()
    bench.restart()
    assert bench.writer.snapshot().sums == bench.store.totals()
    bench.settle("refused", "stale", 3)
    bench.settle("lost")
    bench.settle("accepted")
    bench.writer.fold_once()
    check_equal(bench)
    pool, other = (bench.store.totals().sources[name] for name in ("pool", "other"))
    assert (pool.accepted, pool.work) == (0, 0), "what a pool says is no credit"
    assert pool.upstream is not None
    assert pool.upstream.shares == {
        "accepted": Passed(10, 10 * WORK),
        "refused": Passed(3, 3 * WORK),
        "lost": Passed(1, WORK),
    }
    assert pool.upstream.reasons == {"stale": 3}
    assert other.upstream is not None
    assert other.upstream.reasons == {"stale": 2}
    assert bench.writer.snapshot().rates.h1m == 0, "nor any hashrate"


def test_a_source_that_passes_nothing_on_has_no_upstream(bench: Bench) -> None:
    bench.share()
    bench.writer.fold_once()
    assert bench.store.totals().sources["home"].upstream is None


def test_a_pool_that_makes_up_reasons_fills_no_table(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "MAX_REASONS", 3)
    for n in range(40, 0, -1):
        bench.settle("refused", "stale" if n % 4 == 0 else "x" * n)
        if n % 5 == 0:
            bench.writer.fold_once()
        if n % 15 == 0:
            bench.restart()
    bench.writer.fold_once()
    check_equal(bench)
    pool = bench.store.totals().sources["pool"].upstream
    assert pool is not None
    assert pool.reasons == {"x": 1, "xx": 1, "xxx": 1, "other": 37}


def test_facts_that_are_no_shares_are_folded_in_bounded_pieces_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold, "MAX_ROWS", 3)
    for _ in range(9):
        bench.settle("accepted")
    assert [bench.writer.fold_once() for _ in range(4)] == [True, True, True, False]
    check_equal(bench)


def test_forgetting_known_workers_changes_no_sum(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "REMEMBERED_WORKERS", 3)
    for n in range(20):
        bench.share(str(n % 6), best=n + 1)
        bench.writer.fold_once()
    check_equal(bench)


def test_the_snapshot_shows_what_is_committed_and_never_changes(bench: Bench) -> None:
    empty = bench.writer.snapshot()
    bench.share(best=3)
    bench.share(source="pool")
    bench.note(bench.found(1), bench.found(2, "pool"))
    bench.clock.now_ms += 10_000
    bench.writer.fold_once()
    snapshot = bench.writer.snapshot()
    assert (empty.sums.accepted, empty.blocks) == (0, ())
    assert snapshot.sums == bench.store.totals()
    assert snapshot.sums.best == bytes(31) + b"\x03"
    assert snapshot.sums.blocks_by_source == {"home": {"pending": 1}, "pool": {"pending": 1}}
    assert [block.height for block in snapshot.blocks] == [800_002, 800_001]
    assert snapshot.rates.h1m == 2 * WORK / 10
    assert snapshot.source_rates["pool"].h5m == WORK / 10
    bench.note(BlockSettled(T0_MS, bytes([1]) * 32, "accepted"))
    bench.writer.fold_once()
    assert snapshot.sums.blocks_by_source["home"] == {"pending": 1}
    assert bench.writer.snapshot().sums.blocks_by_source["home"] == {"accepted": 1}


def test_hashrates_decay_without_new_shares_and_long_ones_survive_a_restart(bench: Bench) -> None:
    for n in range(120):
        bench.share(at_ms=T0_MS + n * 1000)
    bench.clock.now_ms = T0_MS + 120_000
    bench.writer.fold_once()
    assert bench.writer.snapshot().rates.h1m == pytest.approx(WORK, rel=0.03)
    long = bench.writer.snapshot().rates.h1h
    assert long == pytest.approx(WORK, rel=0.03)
    bench.restart()
    assert bench.writer.snapshot().rates.h1h == pytest.approx(long, rel=0.01)
    assert bench.writer.snapshot().rates.h1m == 0.0
    bench.clock.now_ms += 3_700_000
    bench.writer.fold_once()
    assert bench.writer.snapshot().rates.h1h == 0.0
    assert bench.writer.snapshot().rates.h24h > 0


def test_old_roll_ups_are_dropped_and_days_are_kept(bench: Bench) -> None:
    bench.share()
    bench.writer.fold_once()
    bench.clock.now_ms += 9 * 86_400_000
    bench.writer.fold_once()
    counts = [len(bench.store.work_series(SeriesOf(level, *ALWAYS))) for level in Level]
    assert counts == [0, 1, 1]
    bench.clock.now_ms += 400 * 86_400_000
    bench.writer.fold_once()
    assert [len(bench.store.work_series(SeriesOf(level, *ALWAYS))) for level in Level] == [0, 0, 1]
    assert bench.store.totals().accepted == 1


def test_the_thread_folds_until_stopped_and_leaves_nothing_over(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "MAX_ROWS", 4)
    stop = threading.Event()
    thread = threading.Thread(target=bench.writer.run, args=(stop, 0.001))
    thread.start()
    for n in range(50):
        bench.share(str(n % 5))
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    check_equal(bench)
    assert bench.store.totals().accepted == 50


def test_a_bug_stops_the_thread_and_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(facts: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr(fold, "minute_buckets", broken)
    bench.share()
    with pytest.raises(ValueError, match="planted"):
        bench.writer.run(threading.Event(), 0.001)
    assert "planted" in bench.writer.snapshot().state.reason


def test_exact_totals_hold_all_that_is_acknowledged_folded_or_not(bench: Bench, tmp_path: Path) -> None:
    def exact() -> object:
        return ledger_totals(bench.directory, SegmentReader(bench.directory / "journal"))

    bench.share()
    bench.note(bench.found(1))
    assert exact() == sums_of_totals(replayed(bench))
    bench.writer.fold_once()
    assert exact() == sums_of_totals(replayed(bench))
    bench.note(BlockSettled(T0_MS, bytes([1]) * 32, "accepted"), bench.found(2, "pool"), bench.found(1))
    bench.refuse()
    bench.settle("refused", "stale", source="home")
    bench.settle("accepted")
    bench.share("bert", best=1)
    assert exact() == sums_of_totals(replayed(bench))
    bench.note(BlockSettled(T0_MS, bytes([3]) * 32, "stale"))
    bench.writer.fold_once()
    bench.note(bench.found(3))
    assert exact() == sums_of_totals(replayed(bench))
    bench.writer.fold_once()
    check_equal(bench)


def test_exact_totals_where_nothing_ever_ran_are_zero(tmp_path: Path) -> None:
    sums = ledger_totals(tmp_path, SegmentReader(tmp_path / "journal"))
    assert (sums.accepted, sums.work, sums.blocks) == (0, 0, {})
    assert list(tmp_path.iterdir()) == []
