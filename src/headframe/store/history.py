"""What is asked of the past: buckets, refusals, bests, what blocks cost.

Responsible for: the SQL of these questions; work as exact integers, but for the many small charts.
Not responsible for: steps, rates and shares of them (`service.history`), current sums (`store.queries`).
Read next: `store.schema`.

What is asked of all is read from the roll-ups by source, so it takes as long with a thousand workers as with one.
"""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select

from headframe.ledger.hashrate import Rates
from headframe.ledger.rollup import Level
from headframe.ledger.totals import DAY_MS, WorkerKey
from headframe.store import schema
from headframe.store.answers import BlockCost, Counts, RewardSum, RollupRow, WorkerRow
from headframe.store.queries import work_as_float, worker_row

MAX_COSTS: Final = 2_000
"""Blocks that luck is told of: the newest."""
_IN_ONE_QUERY: Final = 500


def source_names(connection: Connection) -> dict[int, str]:
    """Names by id."""
    return {row.id: row.name for row in connection.execute(select(schema.sources.c.id, schema.sources.c.name))}


def buckets(
    connection: Connection, level: Level, from_s: int, *, source: str | None = None, worker_id: int | None = None
) -> list[RollupRow]:
    """Those that begin at `from_s` or later, oldest first: of all, of one source, of one worker, of both."""
    names = source_names(connection)
    table = schema.source_rollups if worker_id is None else schema.rollups
    whose = table.c.best_worker_id if worker_id is None else table.c.worker_id
    query = (
        select(table.c.start_s, table.c.source_id, table.c.work, table.c.accepted, table.c.rejected)
        .add_columns(table.c.best_hash, whose)
        .where(table.c.level == int(level), table.c.start_s >= from_s)
        .order_by(table.c.start_s, table.c.source_id)
    )
    if worker_id is not None:
        query = query.where(table.c.worker_id == worker_id)
    if source is not None:
        query = query.where(table.c.source_id == _id_of(names, source))
    return [RollupRow(start, names.get(source_id, ""), *rest) for start, source_id, *rest in connection.execute(query)]


def refusals(
    connection: Connection, level: Level, from_s: int, *, source: str | None = None, worker_id: int | None = None
) -> list[tuple[int, str, int]]:
    """(start, reason, count) of buckets that begin at `from_s` or later: of all, of one source, or of one worker."""
    table = schema.source_refusal_rollups if worker_id is None else schema.worker_refusal_rollups
    query: Select[Any] = (
        select(table.c.start_s, table.c.reason, func.sum(table.c.count))
        .where(table.c.level == int(level), table.c.start_s >= from_s)
        .group_by(table.c.start_s, table.c.reason)
    )
    if worker_id is not None:
        query = query.where(table.c.worker_id == worker_id)
    elif source is not None:
        query = query.where(table.c.source_id == _id_of(source_names(connection), source))
    return [(start, reason, int(count)) for start, reason, count in connection.execute(query)]


def counts(connection: Connection, from_s: int) -> Counts:
    """Shares of all, by minutes that begin at `from_s` or later."""
    whole, refused = schema.source_rollups, schema.source_refusal_rollups
    accepted = select(func.sum(whole.c.accepted)).where(_minutes_since(whole.c.level, whole.c.start_s, from_s))
    reasons: Select[Any] = (
        select(refused.c.reason, func.sum(refused.c.count))
        .where(_minutes_since(refused.c.level, refused.c.start_s, from_s))
        .group_by(refused.c.reason)
    )
    return Counts(
        int(connection.execute(accepted).scalar() or 0),
        {reason: int(count) for reason, count in connection.execute(reasons)},
    )


def hours_of(connection: Connection, worker_ids: Sequence[int], from_s: int) -> dict[int, dict[int, float]]:
    """Worker id to start of the hour to work, of hours that begin at `from_s` or later."""
    table = schema.rollups
    out: dict[int, dict[int, float]] = {}
    query = (
        select(table.c.worker_id, table.c.start_s, work_as_float())
        .where(table.c.worker_id.in_(worker_ids), table.c.level == int(Level.HOUR), table.c.start_s >= from_s)
        .group_by(table.c.worker_id, table.c.start_s)
    )
    for worker_id, start, work in connection.execute(query):
        out.setdefault(worker_id, {})[start] = float(work)
    return out


def worker_names(connection: Connection, worker_ids: Iterable[int]) -> dict[int, WorkerKey]:
    """(identity, worker) by id."""
    table = schema.workers
    wanted = sorted(set(worker_ids))
    out: dict[int, WorkerKey] = {}
    for at in range(0, len(wanted), _IN_ONE_QUERY):
        query = select(table.c.id, table.c.identity, table.c.worker)
        query = query.where(table.c.id.in_(wanted[at : at + _IN_ONE_QUERY]))
        out |= {number: (identity, worker) for number, identity, worker in connection.execute(query)}
    return out


def best_workers(connection: Connection, now_ms: int, limit: int, *, today: bool) -> list[WorkerRow]:
    """Those with the best shares, best first, ever or of the current UTC day."""
    table = schema.workers
    names = source_names(connection)
    which = table.c.day_best_hash if today else table.c.best_hash
    hashes = select(table.c.id, which).where(which != b"")
    if today:
        hashes = hashes.where(table.c.best_day == now_ms // DAY_MS)
    best = nsmallest(limit, connection.execute(hashes), key=lambda row: row[1][::-1])
    ids = [row.id for row in best]
    rows = {row.id: row for row in _workers_of(connection, ids)}
    return [worker_row(rows[each], rows[each].worker, Rates(), now_ms, names) for each in ids]


def worker_reasons(connection: Connection) -> dict[int, dict[str, int]]:
    """Worker id to reason to how many were refused, of all workers that ever were."""
    table = schema.worker_refusals
    out: dict[int, dict[str, int]] = {}
    for worker_id, reason, count in connection.execute(select(table)):
        out.setdefault(worker_id, {})[reason] = count
    return out


def block_costs(connection: Connection) -> list[BlockCost]:
    """The newest MAX_COSTS found blocks, newest first."""
    table = schema.blocks
    query = (
        select(table.c.hash, table.c.source, table.c.bits, table.c.source_work)
        .where(table.c.found_ms.is_not(None))
        .order_by(table.c.found_ms.desc())
        .limit(MAX_COSTS)
    )
    return [BlockCost(hash_, source, bits or 0, work) for hash_, source, bits, work in connection.execute(query)]


def rewards(connection: Connection) -> list[RewardSum]:
    """What all blocks pay, by source and outcome."""
    table = schema.blocks
    known = func.coalesce(table.c.reward_sats, 0)
    query: Select[Any] = (
        select(table.c.source, table.c.outcome, func.count(), func.sum(known == 0), func.sum(known))
        .group_by(table.c.source, table.c.outcome)
        .order_by(table.c.source, table.c.outcome)
    )
    return [RewardSum(*row) for row in connection.execute(query)]


def _workers_of(connection: Connection, ids: Sequence[int]) -> list[Any]:
    rows: list[Any] = []
    for at in range(0, len(ids), _IN_ONE_QUERY):
        table = schema.workers
        rows += connection.execute(select(table).where(table.c.id.in_(ids[at : at + _IN_ONE_QUERY]))).all()
    return rows


def _id_of(names: Mapping[int, str], source: str) -> int:
    return next((number for number, name in names.items() if name == source), 0)


def _minutes_since(level: ColumnElement[int], start_s: ColumnElement[int], from_s: int) -> ColumnElement[bool]:
    return (level == int(Level.MINUTE)) & (start_s >= from_s)
