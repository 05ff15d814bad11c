"""Sums by time into rows.

Responsible for: adding a piece's buckets to the roll-ups: by worker and source, by source alone, refusals by reason;
letting old ones go.
Not responsible for: the rest of a piece (`store.rows`), reading (`store.history`).
Read next: `store.history`.

What the newest rows hold is remembered, as in `store.rows`; refusals are counts, which the database adds by itself.
Bound of the memory: the buckets of the two newest starts per level.

Roll-ups by worker are kept as long as a page shows them, those by source longer: there are few.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, delete, select

from headframe.ledger.rollup import Bucket, BucketKey, Level, bucket_start
from headframe.ledger.totals import WorkerKey
from headframe.mining.units import Work
from headframe.store import schema
from headframe.store.upsert import count_up, upsert_whole

_DAY_S: Final = 86_400
KEEP_BY_WORKER_S: Final = {Level.MINUTE: 2 * _DAY_S, Level.HOUR: 40 * _DAY_S, Level.DAY: 5 * 366 * _DAY_S}
KEEP_BY_SOURCE_S: Final = {Level.MINUTE: 8 * _DAY_S, Level.HOUR: 400 * _DAY_S, Level.DAY: 20 * 366 * _DAY_S}
_KEPT: Final[tuple[tuple[Table, dict[Level, int]], ...]] = (
    (schema.rollups, KEEP_BY_WORKER_S),
    (schema.worker_refusal_rollups, KEEP_BY_WORKER_S),
    (schema.source_rollups, KEEP_BY_SOURCE_S),
    (schema.source_refusal_rollups, KEEP_BY_SOURCE_S),
)
_STARTS_PER_LEVEL: Final = 2

_RowKey = tuple[int, int]
"""(worker id, source id)."""


class _Whole(msgspec.Struct, gc=False):
    """What all workers did for one source in one span of time, and whose the best share was."""

    work: Work = 0
    accepted: int = 0
    rejected: int = 0
    best: bytes = b""
    best_worker: int = 0

    def take(self, bucket: Bucket, worker_id: int) -> None:
        """Add what one worker did."""
        self.work += bucket.work
        self.accepted += bucket.accepted
        self.rejected += bucket.rejected
        self._take_best(bucket.best, worker_id)

    def add(self, other: "_Whole") -> None:
        self.work += other.work
        self.accepted += other.accepted
        self.rejected += other.rejected
        self._take_best(other.best, other.best_worker)

    def _take_best(self, best: bytes, worker_id: int) -> None:
        if best and (not self.best or best[::-1] < self.best[::-1]):
            self.best, self.best_worker = best, worker_id


class RollupRows:
    """The roll-ups, as the only writer sees them. Of no use any more after a failed transaction."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[Level, int], dict[_RowKey, Bucket]] = {}
        self._wholes: dict[tuple[Level, int], dict[int, _Whole]] = {}

    def add(
        self,
        connection: Connection,
        minutes: Mapping[BucketKey, Bucket],
        worker_ids: Mapping[WorkerKey, int],
        source_ids: Mapping[str, int],
    ) -> None:
        """The minutes of a piece of the journal, and what they make of hours and days."""
        placed = [
            (start, worker_ids[(identity, worker)], source_ids[source], bucket)
            for (start, identity, worker, source), bucket in sorted(minutes.items())
        ]
        wholes: dict[tuple[int, int], _Whole] = {}
        for start, worker_id, source_id, bucket in placed:
            whole = wholes.get((start, source_id))
            if whole is None:
                whole = wholes[(start, source_id)] = _Whole()
            whole.take(bucket, worker_id)
        refused = [each for each in placed if each[3].reasons]
        for level in Level:
            self._add_by_worker(connection, level, placed)
            self._add_by_source(connection, level, wholes)
            _add_refusals(connection, level, refused)

    def _add_by_worker(self, connection: Connection, level: Level, placed: "_Placed") -> None:
        """The same row may be added to more than once: by several minutes, or by workers that share one."""
        touched: dict[tuple[int, int, int], Bucket] = {}
        seconds = int(level)
        at_start: dict[_RowKey, Bucket] = {}
        known_start = -1
        for minute, worker_id, source_id, more in placed:
            start = minute - minute % seconds
            if start != known_start:
                at_start, known_start = self._buckets_at(connection, level, start), start
            row_key = worker_id, source_id
            bucket = at_start.get(row_key)
            if bucket is None:
                bucket = at_start[row_key] = Bucket()
            bucket.add(more)
            touched[(start, worker_id, source_id)] = bucket
        rows = [(seconds, *key, str(b.work), b.accepted, b.rejected, b.best) for key, b in touched.items()]
        upsert_whole(connection, schema.rollups, rows)

    def _add_by_source(self, connection: Connection, level: Level, wholes: Mapping[tuple[int, int], _Whole]) -> None:
        touched: dict[tuple[int, int], _Whole] = {}
        for (minute, source_id), more in wholes.items():
            start = bucket_start(minute, level)
            at_start = self._wholes_at(connection, level, start)
            whole = at_start.get(source_id)
            if whole is None:
                whole = at_start[source_id] = _Whole()
            whole.add(more)
            touched[(start, source_id)] = whole
        rows = [
            (int(level), *key, str(w.work), w.accepted, w.rejected, w.best, w.best_worker) for key, w in touched.items()
        ]
        upsert_whole(connection, schema.source_rollups, rows)

    def _buckets_at(self, connection: Connection, level: Level, start: int) -> dict[_RowKey, Bucket]:
        known = self._buckets.get((level, start))
        if known is None:
            table = schema.rollups
            query = select(table).where(table.c.level == int(level), table.c.start_s == start)
            known = self._buckets[(level, start)] = {
                (row.worker_id, row.source_id): Bucket(row.work, row.accepted, row.rejected, row.best_hash)
                for row in connection.execute(query)
            }
            _keep_newest(self._buckets, level, start)
        return known

    def _wholes_at(self, connection: Connection, level: Level, start: int) -> dict[int, _Whole]:
        known = self._wholes.get((level, start))
        if known is None:
            table = schema.source_rollups
            query = select(table).where(table.c.level == int(level), table.c.start_s == start)
            known = self._wholes[(level, start)] = {
                row.source_id: _Whole(row.work, row.accepted, row.rejected, row.best_hash, row.best_worker_id)
                for row in connection.execute(query)
            }
            _keep_newest(self._wholes, level, start)
        return known


_Placed = list[tuple[int, int, int, Bucket]]
"""(start of the minute, worker id, source id, what is added), by start."""


def prune(connection: Connection, now_s: int) -> None:
    """Forget roll-ups that are older than their level is kept."""
    for table, kept in _KEPT:
        for level, keep_s in kept.items():
            old = (table.c.level == int(level)) & (table.c.start_s < now_s - keep_s)
            connection.execute(delete(table).where(old))


def _add_refusals(connection: Connection, level: Level, placed: _Placed) -> None:
    by_worker: list[tuple[Any, ...]] = []
    by_source: list[tuple[Any, ...]] = []
    for minute, worker_id, source_id, bucket in placed:
        start = bucket_start(minute, level)
        for reason, count in bucket.reasons.items():
            by_worker.append((worker_id, int(level), start, reason, count))
            by_source.append((int(level), start, source_id, reason, count))
    count_up(connection, schema.worker_refusal_rollups, by_worker)
    count_up(connection, schema.source_refusal_rollups, by_source)


def _keep_newest(remembered: dict[tuple[Level, int], Any], level: Level, start: int) -> None:
    starts = sorted(each for of_level, each in remembered if of_level is level)
    for old in starts[:-_STARTS_PER_LEVEL]:
        if old != start:
            del remembered[(level, old)]
