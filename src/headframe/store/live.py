"""Hashrates as they are now.

Responsible for: the meters of everything, each source, identity and worker, fed by the fold, asked from any thread.
Not responsible for: the arithmetic (`ledger.hashrate`); windows of an hour and more per worker (`store.queries`).
Read next: `ledger.hashrate`.

Bound: MAX_METERS workers, and as many identities, with work in the last five minutes; idle ones are dropped, and when
even then there are too many, the ones that were first known go (their rate reads 0 until they work again).
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from headframe.ledger.hashrate import Meter, Meters, Rates
from headframe.ledger.rollup import Level
from headframe.ledger.totals import LedgerTotals, WorkerKey
from headframe.mining.units import Work

MAX_METERS: Final = 50_000

_Key = TypeVar("_Key")


class LiveRates:
    """See the module. The fold adds; anyone asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._whole = Meters()
        self._sources: dict[str, Meters] = {}
        self._identities: dict[str, Meter] = {}
        self._workers: dict[WorkerKey, Meter] = {}

    def restore(self, level: Level, buckets: Iterable[tuple[str, int, Work]], firsts: Mapping[str, int]) -> None:
        """Stored buckets (source, start in Unix seconds, work), oldest first; `firsts`: when each source first had
        work, Unix ms."""
        with self._lock:
            for source, start_s, work in buckets:
                self._source(source).restore(level, start_s, work)
                self._whole.restore(level, start_s, work)
            for source, first_ms in firsts.items():
                self._source(source).known_since(first_ms)
            self._whole.known_since(min((each for each in firsts.values() if each), default=0))

    def add(self, time_ms: int, totals: LedgerTotals) -> None:
        """Work of a piece of the journal that is at most ten seconds long and began at `time_ms`."""
        with self._lock:
            if totals.work:
                self._whole.add(time_ms, totals.work)
            for name, source in totals.sources.items():
                if source.work:
                    self._source(name).add(time_ms, source.work)
            for key, worker in totals.workers.items():
                if worker.work:
                    _meter(self._workers, key, time_ms).add(time_ms, worker.work)
                    _meter(self._identities, key[0], time_ms).add(time_ms, worker.work)

    def whole(self, now_ms: int) -> tuple[Rates, dict[str, Rates]]:
        """Rates of everything, and by source."""
        with self._lock:
            return self._whole.rates(now_ms), {name: each.rates(now_ms) for name, each in self._sources.items()}

    def worker(self, key: WorkerKey, now_ms: int) -> tuple[float, float]:
        """Rates over one and five minutes."""
        return self._fine(self._workers, key, now_ms)

    def identity(self, identity: str, now_ms: int) -> tuple[float, float]:
        """Rates over one and five minutes."""
        return self._fine(self._identities, identity, now_ms)

    def drop_idle(self, now_ms: int) -> None:
        """Forget who has no work in the last five minutes. About once a minute is often enough."""
        with self._lock:
            self._workers = {key: each for key, each in self._workers.items() if not each.idle(now_ms)}
            self._identities = {key: each for key, each in self._identities.items() if not each.idle(now_ms)}

    def _fine(self, meters: dict[_Key, Meter], key: _Key, now_ms: int) -> tuple[float, float]:
        with self._lock:
            meter = meters.get(key)
            return (meter.rate(60, now_ms), meter.rate(300, now_ms)) if meter else (0.0, 0.0)

    def _source(self, name: str) -> Meters:
        found = self._sources.get(name)
        if found is None:
            found = self._sources[name] = Meters()
        return found


def _meter(meters: dict[_Key, Meter], key: _Key, now_ms: int) -> Meter:
    found = meters.get(key)
    if found is None or found.idle(now_ms):
        if len(meters) >= MAX_METERS:
            del meters[next(iter(meters))]
        found = meters[key] = Meter()
    return found
