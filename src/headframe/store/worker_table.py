"""All workers at a glance, again and again.

Responsible for: the rows of the newest workers with their rates, cheap enough to be asked every two seconds while
somebody looks.
Not responsible for: who asks and how often (`service.miners`).
Read next: `store.queries`.

The sums of long windows are many rows and change slowly: each is read again only after a small part of its window. Its
rate is that of the moment when it was read, so it is late by that much and never wrong. Who began within a window has
done all its work in it, so that of a new worker is always fresh.

Bound: a float for each window and worker that worked in it. One owner at a time.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from headframe.ledger.hashrate import Rates, rate, window_start_ms
from headframe.ledger.rollup import Level
from headframe.store import history, schema
from headframe.store.answers import WorkerRow
from headframe.store.ledger_store import Store
from headframe.store.queries import LONG_WINDOWS, work_since, worker_row

MAX_WORKERS: Final = 10_000
LATE_MS: Final = {3_600: 10_000, 86_400: 60_000, 604_800: 120_000}
"""How late the rate of a window may be."""


class _Window(msgspec.Struct, frozen=True):
    """Work by worker, from the start of the window until it was read."""

    start_ms: int
    read_ms: int
    work: Mapping[int, float]


class WorkerTable:
    """See the module."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._windows: dict[int, _Window] = {}

    def rows(self, now_ms: int, limit: int = MAX_WORKERS) -> list[WorkerRow]:
        """Workers by their last share, newest first. Takes milliseconds: belongs into a thread. Raises
        StoreUnavailable."""
        store, table = self._store, schema.workers
        with store.database.asking() as connection:
            for window_s, level in LONG_WINDOWS:
                self._read_window(connection, window_s, level, now_ms)
            sources = history.source_names(connection)
            reasons = history.worker_reasons(connection)
            query = select(table).order_by(table.c.last_ms.desc(), table.c.id).limit(limit)
            found = connection.execute(query).all()
        return [
            worker_row(row, row.worker, self._rates(row, now_ms), now_ms, sources, reasons=reasons.get(row.id, {}))
            for row in found
        ]

    def _read_window(self, connection: Connection, window_s: int, level: Level, now_ms: int) -> None:
        known = self._windows.get(window_s)
        if known is None or not 0 <= now_ms - known.read_ms < LATE_MS[window_s]:
            start_ms = window_start_ms(now_ms, window_s, level)
            work = _work_since(connection, level, start_ms // 1000, window_s)
            self._windows[window_s] = _Window(start_ms, now_ms, work)

    def _rates(self, row: Any, now_ms: int) -> Rates:
        fine = self._store.live.worker((row.identity, row.worker), now_ms)
        long = []
        for window_s, _ in LONG_WINDOWS:
            window = self._windows[window_s]
            if row.first_ms >= window.start_ms:
                long.append(rate(float(row.work), window.start_ms, row.first_ms, now_ms))
            else:
                long.append(rate(window.work.get(row.id, 0.0), window.start_ms, row.first_ms, window.read_ms))
        return Rates(*fine, *long)


def _work_since(connection: Connection, level: Level, start_s: int, window_s: int) -> dict[int, float]:
    """A window of days is read by days, but for its first part: a fifth of the rows."""
    if window_s <= 2 * Level.DAY:
        return work_since(connection, level, start_s)
    midnight_s = -(-start_s // Level.DAY) * Level.DAY
    work = work_since(connection, Level.DAY, midnight_s)
    for worker_id, more in work_since(connection, level, start_s, midnight_s).items():
        work[worker_id] = work.get(worker_id, 0.0) + more
    return work
