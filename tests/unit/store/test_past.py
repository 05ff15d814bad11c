"""What the store says of the past: charts, refusals, bests, what blocks cost; and how long it keeps them."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headframe.ledger.rollup import Level
from headframe.store import migrations, queries
from headframe.store.database import FILE_NAME, Database
from headframe.store.ledger_store import Store
from headframe.store.past import Past
from headframe.store.rollup_rows import KEEP_BY_SOURCE_S, KEEP_BY_WORKER_S
from headframe.store.worker_table import LATE_MS, WorkerTable

if TYPE_CHECKING:
    from conftest import Bench
else:
    Bench = object

T0_MS = 1_700_000_000_000
T0_S = T0_MS // 1000
WORK = 2**70
DAY_S = 86_400


def worker_id(bench: Bench, worker: str) -> int:
    return next(row.worker_id for row in WorkerTable(bench.store).rows(bench.clock.now_ms) if row.worker == worker)


def test_a_series_of_all_of_a_source_and_of_a_worker_hold_what_is_theirs(bench: Bench) -> None:
    bench.share("anna", "rig1", "home", count=3, best=7)
    bench.share("anna", "rig2", "pool", count=2, best=4)
    bench.share("bert", "rig3", "home", count=1, best=5)
    bench.refuse("anna", "rig1", "stale", 2)
    bench.writer.fold_once()
    past = Past(bench.store)
    whole = past.series(Level.MINUTE, 0)
    assert {(row.source, row.work, row.accepted, row.rejected) for row in whole.buckets} == {
        ("home", 4 * WORK, 4, 2),
        ("pool", 2 * WORK, 2, 0),
    }
    best_of = {row.source: whole.names[row.worker_id] for row in whole.buckets}
    assert best_of == {"home": ("bert", "rig3"), "pool": ("anna", "rig2")}
    (pool,) = past.series(Level.HOUR, 0, source="pool").buckets
    assert (pool.work, pool.best) == (2 * WORK, bytes(31) + b"\x04")
    own = past.series(Level.DAY, 0, worker_id=worker_id(bench, "rig1"))
    assert [(row.source, row.work, row.rejected) for row in own.buckets] == [("home", 3 * WORK, 2)]
    assert [(reason, count) for _, reason, count in own.refusals] == [("stale", 2)]
    assert past.series(Level.DAY, 0, source="none").buckets == []


def test_since_when_anything_is_known_is_the_first_start_and_stays_it(bench: Bench) -> None:
    past = Past(bench.store)
    assert past.series(Level.MINUTE, 0).known_since_ms is None
    bench.writer.fold_once()
    bench.clock.now_ms += 100_000_000
    bench.restart()
    bench.writer.fold_once()
    assert Past(bench.store).series(Level.MINUTE, 0).known_since_ms == T0_MS


def test_the_first_share_of_an_older_journal_counts_as_the_first_start(bench: Bench) -> None:
    bench.share(at_ms=T0_MS - 5_000)
    bench.writer.fold_once()
    assert Past(bench.store).series(Level.MINUTE, 0).known_since_ms == T0_MS - 5_000


def test_shares_of_the_last_day_are_counted_with_their_reasons(bench: Bench) -> None:
    bench.share(count=5, at_ms=T0_MS - 2 * DAY_S * 1000)
    bench.refuse(reason="duplicate", count=3)
    bench.share(count=2)
    bench.refuse(reason="stale")
    bench.refuse("bert", "s9", "stale")
    bench.writer.fold_once()
    counts = Past(bench.store).counts(T0_S - DAY_S)
    assert (counts.accepted, counts.rejected) == (2, {"duplicate": 3, "stale": 2})


def test_bests_come_best_first_with_when_and_where_and_those_of_today_are_of_today(bench: Bench) -> None:
    yesterday_ms = T0_MS - DAY_S * 1000
    bench.share("anna", "rig1", "home", best=3, at_ms=yesterday_ms)
    bench.share("anna", "rig1", "pool", best=9)
    bench.share("bert", "s9", "home", best=5)
    bench.writer.fold_once()
    past = Past(bench.store)
    ever = past.best(T0_MS, 10, today=False)
    assert [(row.worker, row.best[-1], row.best_ms, row.best_source) for row in ever] == [
        ("rig1", 3, yesterday_ms, "home"),
        ("s9", 5, T0_MS, "home"),
    ]
    today = past.best(T0_MS, 10, today=True)
    assert [(row.worker, row.best_today[-1], row.best_today_ms, row.best_today_source) for row in today] == [
        ("s9", 5, T0_MS, "home"),
        ("rig1", 9, T0_MS, "pool"),
    ]
    assert len(past.best(T0_MS, 1, today=False)) == 1
    assert past.best(T0_MS + DAY_S * 1000, 10, today=True) == []


def test_a_block_knows_the_work_of_its_source_before_it_also_when_it_is_told_again(bench: Bench) -> None:
    bench.share(count=3)
    bench.share(source="pool", count=9)
    bench.note(bench.found(1))
    bench.writer.fold_once()
    bench.share(count=4)
    bench.note(bench.found(1), bench.found(2))
    bench.restart()
    bench.writer.fold_once()
    page = Past(bench.store).blocks(10)
    assert {cost.hash[0]: cost.source_work for cost in page.costs} == {1: 3 * WORK, 2: 7 * WORK}
    assert page.work == {"home": 7 * WORK, "pool": 9 * WORK}
    assert page.outcomes == {"pending": 2}
    assert [row.hash[0] for row in Past(bench.store).blocks(1, offset=1).blocks] == [1]


def test_hours_of_many_workers_come_at_once(bench: Bench) -> None:
    for n in range(3):
        bench.share(worker=f"rig{n}", count=n + 1, at_ms=T0_MS - 3_600_000)
    bench.share(worker="rig0", count=5)
    bench.writer.fold_once()
    ids = {name: worker_id(bench, name) for name in ("rig0", "rig2")}
    hour = T0_S - T0_S % 3_600
    hours = Past(bench.store).hours_of(list(ids.values()), hour - 3_600)
    assert hours == {
        ids["rig0"]: {hour - 3_600: float(WORK), hour: float(5 * WORK)},
        ids["rig2"]: {hour - 3_600: float(3 * WORK)},
    }


def test_the_table_of_workers_has_their_refusals_and_the_rates_that_the_store_has(bench: Bench) -> None:
    for n in range(60):
        bench.share(at_ms=T0_MS + n * 1000)
    bench.refuse(reason="stale", count=2)
    bench.writer.fold_once()
    now = T0_MS + 60_000
    (row,) = WorkerTable(bench.store).rows(now)
    assert row.reasons == {"stale": 2}
    assert row.rates == bench.store.workers(now)[0].rates


def test_rates_of_long_windows_are_read_again_only_when_they_are_late(bench: Bench) -> None:
    ten_days_ms = 10 * DAY_S * 1000
    bench.share(count=1, at_ms=T0_MS - ten_days_ms)
    bench.share(count=100)
    bench.writer.fold_once()
    table = WorkerTable(bench.store)
    (before,) = table.rows(T0_MS + 1_000)
    assert before.rates.h7d == bench.store.workers(T0_MS + 1_000)[0].rates.h7d > 0
    bench.clock.now_ms += 2_000
    bench.share(count=100)
    bench.writer.fold_once()
    (soon,) = table.rows(T0_MS + 2_000)
    assert (soon.rates.h1h, soon.rates.h7d) == (before.rates.h1h, before.rates.h7d)
    assert soon.rates.h5m > before.rates.h5m, "short windows are live"
    late_ms = T0_MS + 1_000 + max(LATE_MS.values())
    (later,) = table.rows(late_ms)
    assert later.rates.h7d == bench.store.workers(late_ms)[0].rates.h7d > before.rates.h7d


@pytest.mark.parametrize("level", list(Level))
def test_roll_ups_go_when_their_level_is_not_kept_any_more_those_by_source_later(bench: Bench, level: Level) -> None:
    bench.share()
    bench.refuse()
    bench.writer.fold_once()
    rig = worker_id(bench, "rig1")

    def left() -> tuple[int, int]:
        past = Past(bench.store)
        own, whole = past.series(level, 0, worker_id=rig), past.series(level, 0)
        assert len(own.refusals) == len(own.buckets)
        assert len(whole.refusals) == len(whole.buckets)
        return len(own.buckets), len(whole.buckets)

    for kept_s, expected in ((KEEP_BY_WORKER_S[level], (1, 1)), (KEEP_BY_SOURCE_S[level], (0, 1))):
        bench.clock.now_ms = T0_MS + (kept_s - level) * 1000
        bench.writer.fold_once()
        assert left() == expected
    bench.clock.now_ms += 2 * level * 1000
    bench.writer.fold_once()
    assert left() == (0, 0)


def test_a_year_of_days_is_kept_and_what_charts_need_of_the_rest() -> None:
    for kept in (KEEP_BY_WORKER_S, KEEP_BY_SOURCE_S):
        assert kept[Level.MINUTE] > DAY_S
        assert kept[Level.HOUR] > 30 * DAY_S
        assert kept[Level.DAY] > 366 * DAY_S


def test_a_ledger_of_before_is_brought_up_to_date_with_its_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    low, high = bytes(31) + b"\x01", bytes(31) + b"\x02"
    day = T0_S - T0_S % DAY_S
    with monkeypatch.context() as earlier:
        earlier.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:2])
        Database.open(tmp_path).close()
    old = sqlite3.connect(tmp_path / FILE_NAME)
    with old:
        old.execute("INSERT INTO sources VALUES (1, 'home', 3, ?, ?, ?)", (str(3 * 2**80), low, T0_MS))
        for number, (name, best) in enumerate((("rig1", high), ("rig2", low)), 1):
            worker = (number, "anna", name, 1, 0, str(2**80), best, day // DAY_S, best, T0_MS, T0_MS)
            old.execute(f"INSERT INTO workers VALUES ({','.join('?' * 11)})", worker)
            for level in Level:
                start = T0_S - T0_S % level
                bucket = (int(level), start, number, 1, str(number * 2**80), number, 1, best)
                old.execute("INSERT INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?)", bucket)
        old.execute("INSERT INTO workers VALUES (3, 'bert', '', 0, 1, '0', x'', 0, x'', 0, 0)")
        old.execute(
            "INSERT INTO blocks VALUES (?, 5, 7, 'home', 1, 'anna', 'rig1', 'sv1', 1, 50, 9, 'matured', 6, '', 100)",
            (low,),
        )
    old.close()
    store = Store.open(tmp_path)
    past = Past(store)
    for level in Level:
        (bucket,) = past.series(level, 0).buckets
        assert (bucket.work, bucket.accepted, bucket.rejected) == (3 * 2**80, 3, 2)
        assert (bucket.best, bucket.worker_id) == (low, 2)
    assert [(row.worker, row.best_ms, row.best_source) for row in past.best(T0_MS, 9, today=False)] == [
        ("rig2", day * 1000, "home"),
        ("rig1", day * 1000, "home"),
    ]
    assert [cost.source_work for cost in past.blocks(1).costs] == [None]
    with store.database.reading() as connection:
        assert queries.known_since(connection) == T0_MS
    store.close()
