"""The past, to be asked from any thread.

Responsible for: answers of which all parts are of one moment.
Not responsible for: the SQL (`store.history`), what a face makes of it (`service`).
Read next: `store.history`.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from headframe.ledger.rollup import Level
from headframe.ledger.totals import WorkerKey
from headframe.store import history, queries
from headframe.store.answers import BlockCost, BlockRow, Counts, RewardSum, RollupRow, SourceSums, WorkerRow
from headframe.store.ledger_store import Store

MAX_CHARTS: Final = 200


class Series(msgspec.Struct, frozen=True):
    """Buckets of a level, oldest first; refusals as (start, reason, count); who the workers in the buckets are; since
    when anything can be known (Unix ms, None: never started); the blocks found meanwhile."""

    known_since_ms: int | None
    buckets: list[RollupRow]
    refusals: list[tuple[int, str, int]]
    names: dict[int, WorkerKey]
    blocks: tuple[BlockRow, ...]


class BlockPage(msgspec.Struct, frozen=True):
    """Some blocks, newest first, with what is known of all: by outcome, what each cost, work by source until now, what
    they pay."""

    blocks: tuple[BlockRow, ...]
    outcomes: dict[str, int]
    costs: list[BlockCost]
    work: dict[str, int]
    rewards: list[RewardSum]


class SourcePast(msgspec.Struct, frozen=True):
    """Buckets of all sources, since when anything can be known, and the source's own sums."""

    known_since_ms: int | None
    buckets: list[RollupRow]
    sums: SourceSums


class Past:
    """See the module. These take milliseconds: they belong into a thread. All raise StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def series(
        self, level: Level, from_s: int, *, source: str | None = None, worker_id: int | None = None, blocks: int = 0
    ) -> Series:
        """From `from_s` on: of all, of a source, or of a worker; with at most so many blocks."""
        with self._database.asking() as connection:
            buckets = history.buckets(connection, level, from_s, source=source, worker_id=worker_id)
            whose = (row.worker_id for row in buckets if row.worker_id)
            return Series(
                queries.known_since(connection),
                buckets,
                history.refusals(connection, level, from_s, source=source, worker_id=worker_id),
                history.worker_names(connection, whose),
                queries.blocks(connection, blocks, since_ms=from_s * 1000) if blocks else (),
            )

    def first_share_ms(self) -> int | None:
        """When the first share of all was accepted; None: there was none."""
        with self._database.asking() as connection:
            return queries.first_share(connection)

    def counts(self, from_s: int) -> Counts:
        """Shares of all since then."""
        with self._database.asking() as connection:
            return history.counts(connection, from_s)

    def hours_of(self, worker_ids: Sequence[int], from_s: int) -> dict[int, dict[int, float]]:
        """Worker id to start of the hour to work; of the first MAX_CHARTS."""
        with self._database.asking() as connection:
            return history.hours_of(connection, worker_ids[:MAX_CHARTS], from_s)

    def best(self, now_ms: int, limit: int, *, today: bool) -> list[WorkerRow]:
        """Workers with the best shares, best first."""
        with self._database.asking() as connection:
            return history.best_workers(connection, now_ms, limit, today=today)

    def blocks(self, limit: int, offset: int = 0) -> BlockPage:
        """A page of blocks."""
        with self._database.asking() as connection:
            sums = queries.sums(connection)
            return BlockPage(
                queries.blocks(connection, limit, offset),
                sums.blocks,
                history.block_costs(connection),
                {name: each.work for name, each in sums.sources.items()},
                history.rewards(connection),
            )

    def rewards(self) -> list[RewardSum]:
        """What all blocks pay, by source and outcome."""
        with self._database.asking() as connection:
            return history.rewards(connection)

    def of_source(self, name: str, level: Level, from_s: int) -> SourcePast:
        """What all sources were given from `from_s` on, and all of this one."""
        with self._database.asking() as connection:
            buckets = history.buckets(connection, level, from_s)
            sums = queries.sums(connection).sources.get(name, SourceSums())
            return SourcePast(queries.known_since(connection), buckets, sums)
