"""However the journal is cut into pieces, and whenever the process restarts, the store holds what a replay gives."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.journal.reader import SegmentReader
from headframe.journal.segments import SegmentJournal
from headframe.ledger import upstream
from headframe.ledger.facts import (
    Account,
    BlockFound,
    BlockSettled,
    Credit,
    PayoutSetIssued,
    Refusal,
    ShareBatch,
    Terms,
    UpstreamSettled,
)
from headframe.ledger.rollup import Bucket, Level, coarser, minute_buckets
from headframe.ledger.totals import LedgerTotals
from headframe.store.answers import sums_of_totals
from headframe.store.exact import ledger_totals
from headframe.store.fold import StoreWriter
from headframe.store.ledger_store import Store
from headframe.store.past import Past
from headframe.store.queries import SeriesOf
from headframe.store.worker_table import WorkerTable
from headframe.testing.fake_clock import FakeClock

T0_MS = 1_700_000_000_000
accounts = st.builds(Account, st.sampled_from(["anna", "bert"]), st.sampled_from(["", "a"]), st.just("sv1"))
terms = st.builds(
    Terms, st.sampled_from(["home", "pool"]), st.just(1), st.just(7), st.just(9), st.just(1), st.integers(1, 2**200)
)
hashes = st.sampled_from([bytes([n]) * 32 for n in range(3)])
times = st.integers(T0_MS, T0_MS + 2 * 86_400_000)
batches = st.builds(
    ShareBatch,
    times,
    st.lists(st.builds(Credit, accounts, terms, st.integers(1, 5), st.binary(min_size=32, max_size=32)), max_size=3),
    st.lists(
        st.builds(
            Refusal, accounts, st.sampled_from(["home", ""]), st.sampled_from(["stale", "duplicate"]), st.integers(1, 3)
        ),
        max_size=2,
    ),
)
found = st.builds(
    BlockFound,
    times,
    hashes,
    st.just(7),
    st.sampled_from(["home", "pool"]),
    st.just(1),
    accounts,
    st.just(1),
    st.just(5),
    st.just(9),
)
settled = st.builds(BlockSettled, times, hashes, st.sampled_from(["accepted", "orphaned"]))
payout_sets = st.builds(PayoutSetIssued, times, st.integers(1, 2), st.just(b"q"), st.just([(b"r", 1)]))
said = st.builds(
    UpstreamSettled,
    times,
    st.sampled_from(["home", "pool"]),
    st.sampled_from(["accepted", "refused", "lost"]),
    st.text(max_size=2),
    st.integers(1, 9),
    st.integers(1, 2**200),
)
steps = st.lists(
    st.one_of(
        st.lists(st.one_of(batches, found, settled, payout_sets, said), min_size=1, max_size=3),
        st.sampled_from(["fold", "restart"]),
    ),
    max_size=12,
)


def check_history(store: Store, level: Level, facts: list[object], replay: LedgerTotals) -> None:
    """Roll-ups by source, and refusals by time, are those by worker and source put together."""
    past = Past(store)
    expected: dict[tuple[int, str], Bucket] = {}
    refused: dict[tuple[int, str], int] = {}
    by_worker: dict[tuple[str, str], dict[tuple[int, str], int]] = {}
    for (start, identity, worker, source), bucket in coarser(minute_buckets(facts), level).items():  # type: ignore[arg-type]
        expected.setdefault((start, source), Bucket()).add(bucket)
        for reason, count in bucket.reasons.items():
            refused[start, reason] = refused.get((start, reason), 0) + count
            own = by_worker.setdefault((identity, worker), {})
            own[start, reason] = own.get((start, reason), 0) + count
    whole = past.series(level, 0)
    found = {(row.start_s, row.source): row for row in whole.buckets}
    assert {key: (row.work, row.accepted, row.rejected, row.best) for key, row in found.items()} == {
        key: (bucket.work, bucket.accepted, bucket.rejected, bucket.best) for key, bucket in expected.items()
    }
    assert {(start, reason): count for start, reason, count in whole.refusals} == refused
    rows = WorkerTable(store).rows(T0_MS)
    assert {(row.identity, row.worker): row.reasons for row in rows} == {
        key: each.reasons for key, each in replay.workers.items()
    }
    for row in rows:
        own_series = past.series(level, 0, worker_id=row.worker_id)
        assert sum(each.work for each in own_series.buckets) == row.work
        told = {(start, reason): count for start, reason, count in own_series.refusals}
        assert told == by_worker.get((row.identity, row.worker), {})


def check_blocks_and_bests(store: Store, replay: LedgerTotals) -> None:
    rows = {(row.identity, row.worker): row for row in WorkerTable(store).rows(T0_MS)}
    for key, worker in replay.workers.items():
        row = rows[key]
        assert (row.best, row.best_ms, row.best_source) == (worker.best, worker.best_ms, worker.best_source)
    costs = {cost.hash: cost.source_work for cost in Past(store).blocks(1).costs}
    assert costs == {hash_: block.source_work for hash_, block in replay.blocks.items() if block.found}


@settings(deadline=None, max_examples=60)
@given(steps)
def test_store_plus_tail_is_the_replay_at_every_moment_and_the_store_is_after_the_last_fold(
    script: list[object],
) -> None:
    clock = FakeClock()
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as few:
        few.setattr(upstream, "MAX_REASONS", 2)
        where = Path(name)
        reader = SegmentReader(where / "journal")
        store, journal = Store.open(where), SegmentJournal(where / "journal", segment_bytes=400, reserve_bytes=0)
        writer = StoreWriter(store, journal, clock)
        replay = LedgerTotals()
        facts: list[object] = []
        for step in [*script, "fold"]:
            if step == "fold":
                writer.fold_once()
            elif step == "restart":
                journal.close()
                store.close()
                store = Store.open(where)
                journal = SegmentJournal(where / "journal", after=store.position(), reserve_bytes=0)
                writer = StoreWriter(store, journal, clock)
            else:
                journal.append(step)  # type: ignore[arg-type]
                replay.apply_all(step)  # type: ignore[arg-type]
                facts += step  # type: ignore[operator]
            assert ledger_totals(where, reader) == sums_of_totals(replay)
        assert store.totals() == writer.snapshot().sums == sums_of_totals(replay)
        stored = {
            (row.identity, row.worker): (row.accepted, row.rejected, row.work, row.best) for row in store.workers(T0_MS)
        }
        assert stored == {key: (w.accepted, w.rejected, w.work, w.best) for key, w in replay.workers.items()}
        minutes = minute_buckets(facts)  # type: ignore[arg-type]
        for level in Level:
            of_start: dict[int, int] = {}
            for (start, *_), bucket in coarser(minutes, level).items():
                of_start[start] = of_start.get(start, 0) + bucket.work
            series = store.work_series(SeriesOf(level, 0, 2**40))
            assert dict(series) == {start: work for start, work in of_start.items() if work}
            check_history(store, level, facts, replay)
        check_blocks_and_bests(store, replay)
        numbers = sorted(replay.payout_sets)
        assert [store.payout_set(number) for number in numbers] == [replay.payout_sets[number] for number in numbers]
        assert reader.gaps == ()
        reader.close()
        journal.close()
        store.close()
