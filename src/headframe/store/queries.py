"""What is asked of the tables.

Responsible for: the SQL of every question, over one consistent view each.
Not responsible for: who asks (`store.ledger_store`), the shapes of answers (`store.answers`).
Read next: `store.ledger_store`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Float, Select, String, cast, func, select, type_coerce
from sqlalchemy.dialects.sqlite import insert

from headframe.ledger.facts import PayoutSetIssued, Position
from headframe.ledger.hashrate import Rates, rate, window_start_ms
from headframe.ledger.rollup import Level
from headframe.ledger.totals import DAY_MS, SourceSum, better_hash
from headframe.ledger.upstream import Passed
from headframe.mining.units import Work
from headframe.store import schema
from headframe.store.answers import BlockRow, Sums, WorkerRow, sums_of
from headframe.store.live import LiveRates

_NO_NAMES: Mapping[int, str] = {}
LONG_WINDOWS: tuple[tuple[int, Level], ...] = ((3_600, Level.MINUTE), (86_400, Level.HOUR), (604_800, Level.HOUR))


def position(connection: Connection, gateway: str) -> Position:
    """Up to where the tables know the journal."""
    table = schema.positions
    row = connection.execute(select(table).where(table.c.gateway == gateway)).first()
    return Position(row.epoch, row.sequence) if row else Position(0, 0)


def source_sums(connection: Connection) -> dict[str, SourceSum]:
    """Sums by source."""
    by_id: dict[int, tuple[str, SourceSum]] = {
        row.id: (row.name, SourceSum(row.accepted, row.work, {}, row.best_hash, row.first_ms))
        for row in connection.execute(select(schema.sources))
    }
    for row in connection.execute(select(schema.source_refusals)):
        by_id[row.source_id][1].rejected[row.reason] = row[2]
    for source_id, outcome, count, work in connection.execute(select(schema.upstream_shares)):
        by_id[source_id][1].upstream.shares[outcome] = Passed(count, work)
    for source_id, reason, count in connection.execute(select(schema.upstream_refusals)):
        by_id[source_id][1].upstream.reasons[reason] = count
    return dict(by_id.values())


def block_counts(connection: Connection) -> dict[str, dict[str, int]]:
    """Source to outcome to number of blocks."""
    table = schema.blocks
    counts: dict[str, dict[str, int]] = {}
    grouped = select(table.c.source, table.c.outcome, func.count()).group_by(table.c.source, table.c.outcome)
    for row in connection.execute(grouped):
        counts.setdefault(row.source, {})[row.outcome] = row[2]
    return counts


def sums(connection: Connection) -> Sums:
    """The ledger, whole."""
    sources = source_sums(connection)
    best = b""
    for each in sources.values():
        best = better_hash(best, each.best)
    return sums_of(sources, best, block_counts(connection))


def blocks(connection: Connection, limit: int, offset: int = 0, *, since_ms: int = 0) -> tuple[BlockRow, ...]:
    """The latest, newest first."""
    table = schema.blocks
    when = func.coalesce(table.c.found_ms, table.c.settled_ms)
    query = select(table).order_by(when.desc()).offset(offset).limit(limit)
    if since_ms:
        query = query.where(when >= since_ms)
    return tuple(_block(row) for row in connection.execute(query))


def workers(connection: Connection, live: LiveRates, now_ms: int, limit: int) -> tuple[WorkerRow, ...]:
    """Workers by their last share, newest first."""
    table = schema.workers
    work = _work_by_worker(connection, now_ms)
    query = select(table).order_by(table.c.last_ms.desc(), table.c.id).limit(limit)
    out = []
    for row in connection.execute(query):
        long = [works.get(row.id, 0.0) for works in work]
        rates = _rates(live.worker((row.identity, row.worker), now_ms), long, row.first_ms, now_ms)
        out.append(worker_row(row, row.worker, rates, now_ms))
    return tuple(out)


def identities(connection: Connection, live: LiveRates, now_ms: int, limit: int) -> tuple[WorkerRow, ...]:
    """Identities by their last share, newest first; each the sum of its workers."""
    table = schema.workers
    work = _work_by_worker(connection, now_ms)
    newest = select(table.c.identity).group_by(table.c.identity).order_by(func.max(table.c.last_ms).desc()).limit(limit)
    long_of: dict[str, list[float]] = {}
    row_of: dict[str, WorkerRow] = {}
    for row in connection.execute(select(table).where(table.c.identity.in_(newest.scalar_subquery()))):
        long = long_of.setdefault(row.identity, [0.0] * len(work))
        for place, works in enumerate(work):
            long[place] += works.get(row.id, 0.0)
        more = worker_row(row, "", Rates(), now_ms)
        known = row_of.get(row.identity)
        row_of[row.identity] = _together(known, more) if known else more
    answers = [
        _with_rates(each, _rates(live.identity(name, now_ms), long_of[name], each.first_ms, now_ms))
        for name, each in row_of.items()
    ]
    return tuple(sorted(answers, key=lambda each: (-each.last_ms, each.identity)))


def work_series(connection: Connection, of: "SeriesOf") -> list[tuple[int, Work]]:
    """(start in Unix seconds, credited work), exact, of the buckets with work."""
    table = schema.rollups
    out: dict[int, Work] = {}
    for start, work in connection.execute(_of(select(table.c.start_s, table.c.work), of).order_by(table.c.start_s)):
        out[start] = out.get(start, 0) + work
    return [(start, work) for start, work in out.items() if work]


def hashrate_series(connection: Connection, of: "SeriesOf") -> list[tuple[int, float]]:
    """(start in Unix seconds, hashes per second) of the buckets with work; summed by the database."""
    start_s = schema.rollups.c.start_s
    query = _of(select(start_s, work_as_float()), of).group_by(start_s).order_by(start_s)
    return [(start, work / of.level) for start, work in connection.execute(query) if work]


class SeriesOf(msgspec.Struct, frozen=True):
    """Buckets of a level that begin in [from_s, to_s) Unix seconds; None: of all."""

    level: Level
    from_s: int
    to_s: int
    identity: str | None = None
    worker: str | None = None
    source: str | None = None


def work_by_source(connection: Connection, level: Level, from_s: int) -> list[tuple[str, int, Work]]:
    """(source, start in Unix seconds, work) since `from_s`, oldest first."""
    table = schema.source_rollups
    query = (
        select(schema.sources.c.name, table.c.start_s, table.c.work)
        .join(schema.sources, schema.sources.c.id == table.c.source_id)
        .where(table.c.level == int(level), table.c.start_s >= from_s)
        .order_by(table.c.start_s)
    )
    return [(name, start, work) for name, start, work in connection.execute(query) if work]


def note_start(connection: Connection, now_ms: int) -> None:
    """Remember when this installation was first started: once."""
    connection.execute(insert(schema.installation).on_conflict_do_nothing(), [{"id": 1, "started_ms": now_ms}])


def known_since(connection: Connection) -> int | None:
    """Since when anything can be known, Unix ms: the first start, or the first share if that is older."""
    started = connection.execute(select(schema.installation.c.started_ms)).scalar()
    known = [each for each in (started, first_share(connection)) if each is not None]
    return min(known) if known else None


def first_share(connection: Connection) -> int | None:
    """When the first share was accepted, Unix ms."""
    table = schema.sources
    first: int | None = connection.execute(select(func.min(table.c.first_ms)).where(table.c.first_ms > 0)).scalar()
    return first


def payout_set(connection: Connection, number: int) -> PayoutSetIssued | None:
    """The set of that number, as it was issued."""
    heads, parts = schema.payout_sets, schema.payout_parts
    head = connection.execute(select(heads).where(heads.c.number == number)).first()
    if head is None:
        return None
    rows = connection.execute(select(parts).where(parts.c.number == number).order_by(parts.c.place))
    return PayoutSetIssued(
        head.time_ms, number, head.remainder_script, [(row.script, row.basis_points) for row in rows]
    )


def last_payout_set(connection: Connection) -> int:
    """The highest number that was issued; 0 when none was."""
    return connection.execute(select(func.max(schema.payout_sets.c.number))).scalar_one() or 0


def _of(query: Select[Any], of: SeriesOf) -> Select[Any]:
    table = schema.rollups
    query = query.where(table.c.level == int(of.level), table.c.start_s >= of.from_s, table.c.start_s < of.to_s)
    if of.identity is not None or of.worker is not None:
        query = query.join(schema.workers, schema.workers.c.id == table.c.worker_id)
    if of.identity is not None:
        query = query.where(schema.workers.c.identity == of.identity)
    if of.worker is not None:
        query = query.where(schema.workers.c.worker == of.worker)
    if of.source is not None:
        query = query.join(schema.sources, schema.sources.c.id == table.c.source_id)
        query = query.where(schema.sources.c.name == of.source)
    return query


def work_as_float() -> ColumnElement[Any]:
    """Summed by the database: for hashrates, which need no more."""
    return func.sum(cast(type_coerce(schema.rollups.c.work, String), Float))


def _work_by_worker(connection: Connection, now_ms: int) -> list[dict[int, float]]:
    """For each of LONG_WINDOWS: worker id to work. Float: only hashrates are made of it."""
    return [
        work_since(connection, level, window_start_ms(now_ms, window_s, level) // 1000)
        for window_s, level in LONG_WINDOWS
    ]


def work_since(connection: Connection, level: Level, start_s: int, before_s: int = 2**62) -> dict[int, float]:
    """Worker id to work in the buckets that begin at `start_s` or later, and before `before_s`."""
    table = schema.rollups
    query = (
        select(table.c.worker_id, work_as_float())
        .where(table.c.level == int(level), table.c.start_s >= start_s, table.c.start_s < before_s)
        .group_by(table.c.worker_id)
    )
    return {row[0]: float(row[1]) for row in connection.execute(query)}


def _rates(fine: tuple[float, float], long: list[float], first_ms: int, now_ms: int) -> Rates:
    hour, day, week = (
        rate(work, window_start_ms(now_ms, window_s, level), first_ms, now_ms)
        for work, (window_s, level) in zip(long, LONG_WINDOWS, strict=True)
    )
    return Rates(*fine, hour, day, week)


def worker_row(
    row: Any, name: str, rates: Rates, now_ms: int, sources: Mapping[int, str] = _NO_NAMES, **more: Any
) -> WorkerRow:
    """A row of the table of workers, answered. `sources` are names by id."""
    today = row.best_day == now_ms // DAY_MS
    return WorkerRow(
        row.identity,
        name,
        rates,
        row.accepted,
        row.rejected,
        row.work,
        row.best_hash,
        row.day_best_hash if today else b"",
        row.first_ms,
        row.last_ms,
        row.id,
        row.best_ms,
        sources.get(row.best_source_id, ""),
        row.day_best_ms if today else 0,
        sources.get(row.day_best_source_id, "") if today else "",
        **more,
    )


def _together(one: WorkerRow, other: WorkerRow) -> WorkerRow:
    return WorkerRow(
        one.identity,
        "",
        one.rates,
        one.accepted + other.accepted,
        one.rejected + other.rejected,
        one.work + other.work,
        better_hash(one.best, other.best),
        better_hash(one.best_today, other.best_today),
        min(filter(None, (one.first_ms, other.first_ms)), default=0),
        max(one.last_ms, other.last_ms),
    )


def _with_rates(row: WorkerRow, rates: Rates) -> WorkerRow:
    return WorkerRow(
        row.identity,
        row.worker,
        rates,
        row.accepted,
        row.rejected,
        row.work,
        row.best,
        row.best_today,
        row.first_ms,
        row.last_ms,
    )


def _block(row: Any) -> BlockRow:
    return BlockRow(
        row.hash,
        row.found_ms or 0,
        row.height or 0,
        row.source,
        row.identity or "",
        row.worker or "",
        row.protocol or "",
        row.payout_set or 0,
        row.reward_sats or 0,
        row.outcome,
        row.reason,
        row.confirmations,
        row.settled_ms or 0,
        row.bits or 0,
        row.source_work,
    )
