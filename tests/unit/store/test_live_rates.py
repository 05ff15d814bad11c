"""Meters of those who work now, and of no more than that."""

import pytest

from headframe.ledger.rollup import Level
from headframe.ledger.totals import LedgerTotals, SourceSum, WorkerSum
from headframe.store import live
from headframe.store.live import LiveRates

T0_MS = 1_700_000_000_000
WORK = 10**12


def worked(*workers: str, source: str = "home") -> LedgerTotals:
    """Each of `workers` (of identity "anna") did WORK."""
    total = WORK * len(workers)
    sums = {("anna", name): WorkerSum(1, WORK) for name in workers}
    return LedgerTotals(len(workers), total, {}, b"", {source: SourceSum(len(workers), total)}, sums)


def test_everything_sources_identities_and_workers_are_metered_apart() -> None:
    rates = LiveRates()
    rates.add(T0_MS, worked("a", "b"))
    rates.add(T0_MS, worked("a", source="pool"))
    now = T0_MS + 20_000
    whole, sources = rates.whole(now)
    assert whole.h1m == 3 * WORK / 20
    assert {name: each.h5m for name, each in sources.items()} == {"home": 2 * WORK / 20, "pool": WORK / 20}
    assert rates.worker(("anna", "a"), now) == (2 * WORK / 20, 2 * WORK / 20)
    assert rates.worker(("anna", "b"), now) == (WORK / 20, WORK / 20)
    assert rates.identity("anna", now) == (3 * WORK / 20, 3 * WORK / 20)
    assert rates.worker(("anna", "nobody"), now) == (0.0, 0.0)


def test_who_comes_back_is_measured_from_his_return() -> None:
    rates = LiveRates()
    rates.add(T0_MS, worked("a"))
    back = T0_MS + 3_600_000
    rates.add(back, worked("a"))
    assert rates.worker(("anna", "a"), back + 20_000) == (WORK / 20, WORK / 20)


def test_idle_meters_are_dropped_and_there_are_never_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_METERS", 2)
    rates = LiveRates()
    rates.add(T0_MS, worked("a", "b", "c"))
    assert [rates.worker(("anna", name), T0_MS)[0] > 0 for name in "abc"] == [False, True, True]
    rates.drop_idle(T0_MS + 400_000)
    assert not rates._workers
    assert not rates._identities


def test_stored_buckets_give_the_long_windows_back() -> None:
    rates = LiveRates()
    start_s = T0_MS // 1000 - T0_MS // 1000 % 3_600
    hours = [(source, start_s + hour * 3_600, WORK * 3_600) for hour in range(24) for source in ("home", "pool")]
    rates.restore(Level.HOUR, hours, {"home": start_s * 1000, "pool": start_s * 1000 + 1, "never": 0})
    whole, sources = rates.whole((start_s + 24 * 3_600) * 1000)
    assert whole.h24h == 2 * WORK
    assert sources["home"].h24h == sources["home"].h7d == WORK
    assert sources["never"].h7d == 0.0
