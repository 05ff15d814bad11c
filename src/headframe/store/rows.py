"""Sums of a piece of the journal into rows.

Responsible for: adding them to what the tables hold, as absolute values, within the caller's transaction.
Not responsible for: when to commit and what to do when that fails (`store.fold`), reading for faces (`store.queries`).
Read next: `store.fold`.

What the newest rows hold is remembered, so that a commit writes without reading first. After a failed transaction the
memory is of no use: call `forget`, and it is read again.

Bounds: sources as configured over time, each with as many of its pool's reasons as `ledger.upstream` keeps;
REMEMBERED_WORKERS, then all are forgotten and read again as needed.
Anyone who may authorise can be refused under any name, so at most UNCREDITED workers without an accepted share have
rows of their own; the refusals of the rest are OTHERS'.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from headframe.ledger.facts import PayoutSetIssued, Position
from headframe.ledger.rollup import Bucket, BucketKey
from headframe.ledger.totals import BlockSum, LedgerTotals, SourceSum, WorkerKey, WorkerSum, better_hash
from headframe.ledger.upstream import UpstreamSum
from headframe.mining.units import Work
from headframe.store import queries, schema
from headframe.store.answers import Sums, sums_of
from headframe.store.rollup_rows import RollupRows
from headframe.store.upsert import count_up, upsert, upsert_whole

REMEMBERED_WORKERS: Final = 100_000
UNCREDITED: Final = 4_096
OTHERS: Final[WorkerKey] = ("", "")
_IN_ONE_QUERY: Final = 400


class Rows:
    """The tables, as the only writer sees them."""

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self.forget()

    def forget(self) -> None:
        """Trust nothing that is remembered."""
        self._sources: dict[str, tuple[int, SourceSum]] = {}
        self._workers: dict[WorkerKey, tuple[int, WorkerSum]] = {}
        self._rollups = RollupRows()
        self._next_worker = 0
        self._uncredited = 0
        self._loaded = False

    def position(self, connection: Connection) -> Position:
        """The last one whose facts are in the tables."""
        return queries.position(connection, self._gateway)

    def sums(self, connection: Connection, blocks_by_source: dict[str, dict[str, int]]) -> Sums:
        """The ledger, whole, from memory where it is fresh."""
        self._load(connection)
        sources = {name: each for name, (_, each) in self._sources.items()}
        best = b""
        for each in sources.values():
            best = better_hash(best, each.best)
        return sums_of(sources, best, blocks_by_source)

    def add(
        self,
        connection: Connection,
        totals: LedgerTotals,
        minutes: Mapping[BucketKey, Bucket],
        position: Position,
    ) -> None:
        """Everything of one piece of the journal that ends at `position`."""
        self._load(connection)
        work_before = {name: each.work for name, (_, each) in self._sources.items()}
        source_ids = self._add_sources(connection, totals.sources)
        worker_ids = self._add_workers(connection, totals.workers)
        self._rollups.add(connection, minutes, worker_ids, source_ids)
        add_payout_sets(connection, totals.payout_sets.values())
        add_blocks(connection, totals.blocks, work_before)
        values = {"gateway": self._gateway, "epoch": position.epoch, "sequence": position.sequence}
        upsert(connection, schema.positions, [values])

    def _load(self, connection: Connection) -> None:
        if self._loaded:
            return
        ids = {row.name: row.id for row in connection.execute(select(schema.sources))}
        self._sources = {name: (ids[name], each) for name, each in queries.source_sums(connection).items()}
        table = schema.workers
        self._next_worker = 1 + (connection.execute(select(func.max(table.c.id))).scalar_one() or 0)
        uncredited = select(func.count()).select_from(table).where(table.c.accepted == 0)
        self._uncredited = connection.execute(uncredited).scalar_one()
        self._loaded = True

    def _add_sources(self, connection: Connection, sums: Mapping[str, SourceSum]) -> dict[str, int]:
        for name, more in sums.items():
            if name not in self._sources:
                self._sources[name] = (
                    1 + max((number for number, _ in self._sources.values()), default=0),
                    SourceSum(),
                )
            self._sources[name][1].add(more)
        touched = [(*self._sources[name], name, sums[name].rejected) for name in sums]
        upsert(
            connection,
            schema.sources,
            [
                {
                    "id": number,
                    "name": name,
                    "accepted": each.accepted,
                    "work": each.work,
                    "best_hash": each.best,
                    "first_ms": each.first_ms,
                }
                for number, each, name, _ in touched
            ],
        )
        upsert(
            connection,
            schema.source_refusals,
            [
                {"source_id": number, "reason": reason, "count": each.rejected[reason]}
                for number, each, _, rejected in touched
                for reason in rejected
            ],
        )
        for number, each, name, _ in touched:
            if not sums[name].upstream.empty:
                _write_upstream(connection, number, each.upstream)
        return {name: number for number, _, name, _ in touched}

    def _add_workers(self, connection: Connection, sums: Mapping[WorkerKey, WorkerSum]) -> dict[WorkerKey, int]:
        if len(self._workers) > REMEMBERED_WORKERS:
            self._workers.clear()
        self._find_workers(connection, [OTHERS, *sums])
        ids: dict[WorkerKey, int] = {}
        touched: dict[int, tuple[WorkerKey, WorkerSum]] = {}
        for key, more in sums.items():
            known = self._workers.get(key)
            if known is None:
                if not more.accepted and self._uncredited >= UNCREDITED:
                    key_of_row = OTHERS
                else:
                    key_of_row = key
                known = self._workers.get(key_of_row) or self._new_worker(key_of_row)
            else:
                key_of_row = key
            number, each = known
            if not each.accepted and more.accepted:
                self._uncredited -= 1
            each.add(more)
            ids[key] = number
            touched[number] = key_of_row, each
        source_ids = {name: source_id for name, (source_id, _) in self._sources.items()}
        rows = [_worker_row(number, *each, source_ids) for number, each in touched.items()]
        upsert_whole(connection, schema.workers, rows)
        reasons = [(ids[key], reason, count) for key, more in sums.items() for reason, count in more.reasons.items()]
        count_up(connection, schema.worker_refusals, reasons)
        return ids

    def _new_worker(self, key: WorkerKey) -> tuple[int, WorkerSum]:
        known = self._workers[key] = (self._next_worker, WorkerSum())
        self._next_worker += 1
        self._uncredited += 1
        return known

    def _find_workers(self, connection: Connection, keys: Iterable[WorkerKey]) -> None:
        unknown = [key for key in keys if key not in self._workers]
        names = {source_id: name for name, (source_id, _) in self._sources.items()}
        table = schema.workers
        for at in range(0, len(unknown), _IN_ONE_QUERY):
            some = unknown[at : at + _IN_ONE_QUERY]
            query = select(table).where(tuple_(table.c.identity, table.c.worker).in_(some))
            for row in connection.execute(query):
                self._workers[(row.identity, row.worker)] = (row.id, _worker_sum(row, names))


def _write_upstream(connection: Connection, source_id: int, said: UpstreamSum) -> None:
    """All of one source's rows: there are few, and reasons come and go (`ledger.upstream`)."""
    upsert(
        connection,
        schema.upstream_shares,
        [
            {"source_id": source_id, "outcome": outcome, "count": passed.count, "work": passed.work}
            for outcome, passed in said.shares.items()
        ],
    )
    table = schema.upstream_refusals
    gone = (table.c.source_id == source_id) & table.c.reason.not_in(list(said.reasons))
    connection.execute(delete(table).where(gone))
    upsert(
        connection,
        table,
        [{"source_id": source_id, "reason": reason, "count": count} for reason, count in said.reasons.items()],
    )


def add_blocks(connection: Connection, blocks: Mapping[bytes, BlockSum], work_before: Mapping[str, Work]) -> None:
    """Found blocks (the first telling stays) and what became of them (the latest replaces). `work_before`: of the
    sources, before the piece that these blocks are of."""
    found = [(each.found, each.source_work) for each in blocks.values() if each.found]
    upsert(
        connection,
        schema.blocks,
        [
            {
                "hash": block.hash,
                "found_ms": block.time_ms,
                "height": block.height,
                "source": block.source,
                "generation": block.generation,
                "identity": block.account.identity,
                "worker": block.account.worker,
                "protocol": block.account.protocol,
                "payout_set": block.payout_set,
                "reward_sats": block.reward_sats,
                "bits": block.bits,
                "outcome": "pending",
                "reason": "",
                "confirmations": 0,
                "source_work": work_before.get(block.source, 0) + work,
            }
            for block, work in found
        ],
        keep=("outcome", "reason", "confirmations"),
        first_stays="found_ms",
    )
    settled = [each.settled for each in blocks.values() if each.settled]
    upsert(
        connection,
        schema.blocks,
        [
            {
                "hash": each.hash,
                "source": "",
                "outcome": each.outcome,
                "settled_ms": each.time_ms,
                "reason": each.reason,
                "confirmations": each.confirmations,
            }
            for each in settled
        ],
        keep=("source",),
    )


def add_payout_sets(connection: Connection, sets: Iterable[PayoutSetIssued]) -> None:
    """Immutable: a number that is known stays as it was."""
    each_set = list(sets)
    heads = [{"number": s.number, "time_ms": s.time_ms, "remainder_script": s.remainder_script} for s in each_set]
    parts = [
        {"number": each.number, "place": place, "script": script, "basis_points": points}
        for each in each_set
        for place, (script, points) in enumerate(each.parts)
    ]
    for table, rows in ((schema.payout_sets, heads), (schema.payout_parts, parts)):
        if rows:
            connection.execute(insert(table).on_conflict_do_nothing(), rows)


def _worker_sum(row: Any, sources: Mapping[int, str]) -> WorkerSum:
    return WorkerSum(
        row.accepted,
        row.work,
        row.rejected,
        row.best_hash,
        row.best_day,
        row.day_best_hash,
        row.first_ms,
        row.last_ms,
        row.best_ms,
        sources.get(row.best_source_id, ""),
        row.day_best_ms,
        sources.get(row.day_best_source_id, ""),
    )


def _worker_row(number: int, key: WorkerKey, each: WorkerSum, source_ids: Mapping[str, int]) -> tuple[Any, ...]:
    """In the order of the table's columns, as the driver takes it."""
    return (
        number,
        *key,
        each.accepted,
        each.rejected,
        str(each.work),
        each.best,
        each.best_day,
        each.day_best,
        each.first_ms,
        each.last_ms,
        each.best_ms,
        source_ids.get(each.best_source, 0),
        each.day_best_ms,
        source_ids.get(each.day_best_source, 0),
    )
