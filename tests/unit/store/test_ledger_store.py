"""What the store answers."""

from typing import TYPE_CHECKING

import pytest

from headframe.ledger.facts import BlockSettled, PayoutSetIssued
from headframe.ledger.rollup import Level
from headframe.ledger.totals import DAY_MS
from headframe.store import memory
from headframe.store.memory import RememberedSession
from headframe.store.queries import SeriesOf

if TYPE_CHECKING:
    from conftest import Bench
else:
    Bench = object

T0_MS = 1_700_000_000_000
WORK = 2**70


def test_workers_come_newest_first_with_their_sums_and_rates(bench: Bench) -> None:
    for n in range(60):
        bench.share(at_ms=T0_MS + n * 1000, best=100 + n)
    bench.share("bert", "s9", count=2, at_ms=T0_MS + 59_500)
    bench.refuse("bert", "s9")
    bench.writer.fold_once()
    now = T0_MS + 60_000
    bert, anna = bench.store.workers(now)
    assert (bert.identity, bert.worker, bert.accepted, bert.rejected, bert.work) == ("bert", "s9", 2, 1, 2 * WORK)
    assert anna.best == anna.best_today == bytes(31) + bytes([100])
    assert (anna.first_ms, anna.last_ms) == (T0_MS, T0_MS + 59_000)
    for rate in (anna.rates.h1m, anna.rates.h5m, anna.rates.h1h, anna.rates.h24h, anna.rates.h7d):
        assert rate == pytest.approx(WORK, rel=0.02)
    assert [row.identity for row in bench.store.workers(now, limit=1)] == ["bert"]


def test_an_identity_is_the_sum_of_its_workers(bench: Bench) -> None:
    for n in range(60):
        bench.share("anna", f"rig{n % 3}", at_ms=T0_MS + n * 1000, best=50 + n)
    bench.share("bert", at_ms=T0_MS + 60_000)
    bench.writer.fold_once()
    bert, anna = bench.store.identities(T0_MS + 60_000)
    assert (anna.identity, anna.worker, anna.accepted, anna.work) == ("anna", "", 60, 60 * WORK)
    assert anna.best == bytes(31) + bytes([50])
    assert anna.rates.h1m == pytest.approx(WORK, rel=0.02)
    assert anna.rates.h24h == pytest.approx(WORK, rel=0.02)
    assert bert.identity == "bert"
    assert [row.identity for row in bench.store.identities(T0_MS + 60_000, limit=1)] == ["bert"]


def test_the_best_of_today_is_gone_tomorrow_and_the_best_ever_stays(bench: Bench) -> None:
    bench.share(best=5)
    bench.writer.fold_once()
    (row,) = bench.store.workers(T0_MS + DAY_MS)
    assert (row.best, row.best_today) == (bytes(31) + b"\x05", b"")


def test_series_by_level_and_by_whom(bench: Bench) -> None:
    start = T0_MS // 1000 - T0_MS // 1000 % 3_600
    for minute in range(90):
        bench.share("anna", "a" if minute % 2 else "b", at_ms=(start + minute * 60) * 1000)
        bench.share("bert", source="pool", at_ms=(start + minute * 60) * 1000)
    bench.writer.fold_once()

    def hours(**of: str) -> list[tuple[int, int]]:
        return bench.store.work_series(SeriesOf(Level.HOUR, start, start + 7_200, **of))

    assert hours() == [(start, 120 * WORK), (start + 3_600, 60 * WORK)]
    assert hours(identity="anna") == hours(source="home") == [(start, 60 * WORK), (start + 3_600, 30 * WORK)]
    assert hours(identity="anna", worker="a") == [(start, 30 * WORK), (start + 3_600, 15 * WORK)]
    assert hours(identity="nobody") == []
    assert bench.store.hashrate_series(SeriesOf(Level.HOUR, start, start + 3_600)) == [(start, 120 * WORK / 3_600)]
    assert len(bench.store.work_series(SeriesOf(Level.MINUTE, start, start + 600))) == 10


def test_blocks_newest_first_with_their_outcome(bench: Bench) -> None:
    bench.note(bench.found(1), bench.found(2), BlockSettled(T0_MS + 9, bytes([1]) * 32, "rejected", "bad-cb", 0))
    bench.writer.fold_once()
    second, first = bench.store.blocks()
    assert (second.height, second.outcome, second.identity) == (800_002, "pending", "anna")
    assert (first.outcome, first.reason, first.settled_ms) == ("rejected", "bad-cb", T0_MS + 9)
    assert bench.store.blocks(limit=1) == (second,)


def test_payout_sets_are_kept_as_issued(bench: Bench) -> None:
    assert bench.store.last_payout_set() == 0
    issued = PayoutSetIssued(T0_MS, 7, b"rest", [(b"one", 100), (b"two", 250)])
    bench.note(issued)
    bench.note(PayoutSetIssued(T0_MS, 7, b"other", []))
    bench.writer.fold_once()
    assert bench.store.payout_set(7) == issued
    assert bench.store.payout_set(8) is None
    assert bench.store.last_payout_set() == 7


def test_difficulties_are_remembered_the_newest_counts(bench: Bench) -> None:
    bench.store.remember_difficulty("anna", "a", 2**255, T0_MS)
    bench.store.remember_difficulty("bert", "b", 2**200, T0_MS + 1)
    bench.writer.fold_once()
    bench.store.remember_difficulty("anna", "a", 2**199, T0_MS + 2)
    bench.writer.fold_once()
    bench.restart()
    assert bench.store.recall_difficulties() == [("bert", "b", 2**200, T0_MS + 1), ("anna", "a", 2**199, T0_MS + 2)]


def test_sessions_are_remembered_for_as_long_as_asked(bench: Bench) -> None:
    old = RememberedSession("old", b"\x01\x02\x03\x04", 2**220, T0_MS - 700_000)
    new = RememberedSession("new", b"\x05\x06\x07\x08", 2**221, T0_MS)
    bench.store.remember_sessions([old, new])
    bench.writer.fold_once()
    bench.restart()
    assert bench.store.recall_sessions(T0_MS - 600_000) == [new]
    assert bench.store.recall_sessions(0) == [old, new]


def test_memory_is_pruned_by_age_and_number(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_KEPT", 3)
    for n in range(6):
        bench.store.remember_difficulty("anna", str(n), 2**200, T0_MS + n)
    bench.store.remember_sessions([RememberedSession("s", b"", 1, T0_MS)])
    bench.writer.fold_once()
    assert [worker for _, worker, _, _ in bench.store.recall_difficulties()] == ["3", "4", "5"]
    bench.clock.now_ms += 2 * memory.SESSION_AGE_MS
    bench.writer.fold_once()
    assert bench.store.recall_sessions(0) == []
    bench.clock.now_ms += memory.DIFFICULTY_AGE_MS
    bench.writer.fold_once()
    assert bench.store.recall_difficulties() == []


def test_only_so_many_changes_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_WAITING", 2)
    for n in range(4):
        bench.store.remember_difficulty("anna", str(n), 2**200, T0_MS + n)
    bench.writer.fold_once()
    assert [worker for _, worker, _, _ in bench.store.recall_difficulties()] == ["2", "3"]
