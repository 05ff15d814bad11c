"""The journal into the store, exactly once.

Responsible for: reading the journal from where the store stands, folding, and committing sums and position in one
transaction; hashrates on the way; keeping at it when the database is in trouble; the snapshot of live views.
Not responsible for: rows (`store.rows`), the fold itself (`ledger`).
Read next: `store.rows`.

The journal is the queue: nothing else waits. One piece of it at a time is folded in memory; until that is committed no
more is read, so trouble with the database costs no memory and loses nothing.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final, Protocol, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from headframe.ledger.facts import START, Fact, Position, ShareBatch
from headframe.ledger.hashrate import FINE_STEP_S, Rates
from headframe.ledger.rollup import Bucket, BucketKey, Level, minute_buckets
from headframe.ledger.totals import LedgerTotals
from headframe.net.clock import Clock
from headframe.store import memory, queries, rollup_rows
from headframe.store.answers import BlockRow, LedgerSnapshot, Sums
from headframe.store.ledger_store import Store
from headframe.store.live import LiveRates
from headframe.store.rows import Rows
from headframe.store.trouble import StoreState, state_of

MAX_ROWS: Final = 50_000
"""Rows of shares, and other facts, folded into one commit; a restart with a long journal to catch up takes several."""
_LAST_BLOCKS: Final = 20
_HOUSEKEEPING_MS: Final = 60_000


class Tail(Protocol):
    """What the fold needs of a journal (`journal.base.Journal` and its readers have it)."""

    def read(self, after: Position) -> Iterator[tuple[Position, Sequence[Fact]]]: ...


class Piece:
    """Sums of a piece of the journal that is read but not yet committed."""

    def __init__(self) -> None:
        self.totals = LedgerTotals()
        self.minutes: dict[BucketKey, Bucket] = {}
        self.position = START


class StoreWriter:
    """The only writer of a store. `fold_once` and `run` belong to one thread; the rest may be asked from any."""

    def __init__(self, store: Store, journal: Tail, clock: Clock) -> None:
        """Reads what is needed to go on. Raises sqlalchemy's DBAPIError when the database cannot be read."""
        self._store = store
        self._journal = journal
        self._clock = clock
        self._rows = Rows(store.gateway)
        self._piece: Piece | None = None
        self._state = StoreState()
        self._cleaned_ms = 0
        self._behind = False
        now_ms = clock.unix_ms()
        store.live = LiveRates()
        with store.database.reading() as connection:
            self._position = self._rows.position(connection)
            self._sums = queries.sums(connection)
            self._blocks = queries.blocks(connection, _LAST_BLOCKS)
            self._restore_rates(connection, now_ms // 1000)
        self._snapshot = self._look(now_ms)

    @property
    def position(self) -> Position:
        """The last one committed; the journal may drop what is before it."""
        return self._position

    def snapshot(self) -> LedgerSnapshot:
        """The latest; costs nothing."""
        return self._snapshot

    def fold_once(self) -> bool:
        """Read on, fold, commit; True when anything was committed, so there may be more.

        Trouble with the disk or the database is a state of the snapshot and is retried by the next call.
        """
        now_ms = self._clock.unix_ms()
        try:
            piece = self._piece = self._piece or self._read()
            committed = self._commit(piece, now_ms) if piece or self._due(now_ms) else False
            self._state = StoreState()
        except (DBAPIError, OSError) as error:
            self._rows.forget()
            self._state = state_of(error)
            committed = False
        self._snapshot = self._look(now_ms)
        return committed

    def run(self, stop: threading.Event, interval_s: float = 1.0) -> None:
        """Fold about every `interval_s` until `stop`; then once more, so that an orderly end leaves nothing over."""
        try:
            while not stop.is_set():
                if not (self.fold_once() and self._behind):
                    stop.wait(interval_s)
            while self.fold_once() and self._behind:
                pass
        except BaseException as error:
            self._state = StoreState(False, f"the fold has stopped ({error})", "this is a bug: report it, and restart")
            self._snapshot = self._look(self._snapshot.now_ms)
            raise

    def _read(self) -> Piece | None:
        """Fold the next piece of the journal into memory; None when there is nothing new."""
        piece, rows = Piece(), 0
        self._behind = False
        slice_: list[Fact] = []
        step = -1
        with closing(cast("Any", self._journal.read(self._position))) as batches:
            for position, facts in batches:
                for fact in facts:
                    if type(fact) is not ShareBatch:
                        rows += 1
                    else:
                        rows += len(fact.credits) + len(fact.refusals)
                        if fact.time_ms // (1000 * FINE_STEP_S) != step:
                            self._fold(piece, slice_)
                            slice_ = []
                            step = fact.time_ms // (1000 * FINE_STEP_S)
                    slice_.append(fact)
                piece.position = position
                if rows >= MAX_ROWS:
                    self._behind = True
                    break
        self._fold(piece, slice_)
        return piece if piece.position != START else None

    def _fold(self, piece: Piece, facts: list[Fact]) -> None:
        """Facts of at most ten seconds, so that their work falls into one step of the meters."""
        if not facts:
            return
        totals = LedgerTotals()
        totals.apply_all(facts)
        for key, bucket in minute_buckets(facts).items():
            piece.minutes.setdefault(key, Bucket()).add(bucket)
        shares = [fact for fact in facts if type(fact) is ShareBatch]
        if shares:
            self._store.live.add(shares[0].time_ms, totals)
        piece.totals.add(totals)

    def _due(self, now_ms: int) -> bool:
        return not self._store.waiting.empty or now_ms - self._cleaned_ms >= _HOUSEKEEPING_MS

    def _commit(self, piece: Piece | None, now_ms: int) -> bool:
        waiting = self._store.waiting
        clean = now_ms - self._cleaned_ms >= _HOUSEKEEPING_MS
        with self._store.database.writing() as connection:
            if piece and not self._is_in(connection, piece):
                self._rows.add(connection, piece.totals, piece.minutes, piece.position)
            taken = waiting.write(connection)
            if clean:
                self._clean(connection, now_ms)
            if piece:
                sums, blocks = self._published(connection, piece)
        waiting.written(taken)
        if clean:
            self._cleaned_ms = now_ms
            self._store.live.drop_idle(now_ms)
        if piece:
            self._position, self._piece = piece.position, None
            self._sums, self._blocks = sums, blocks
        return piece is not None

    def _is_in(self, connection: Connection, piece: Piece) -> bool:
        """Whether a commit that seemed to fail held all the same."""
        known = self._rows.position(connection)
        if known not in (self._position, piece.position):
            raise RuntimeError(f"the store is at {known}, expected {self._position}: another writer?")
        return known == piece.position

    def _published(self, connection: Connection, piece: Piece) -> tuple[Sums, tuple[BlockRow, ...]]:
        """The sums for the snapshot. Blocks are counted again only when one changed."""
        blocks, counts = self._blocks, self._sums.blocks_by_source
        if piece.totals.blocks:
            blocks, counts = queries.blocks(connection, _LAST_BLOCKS), queries.block_counts(connection)
        return self._rows.sums(connection, counts), blocks

    def _clean(self, connection: Connection, now_ms: int) -> None:
        memory.prune(connection, now_ms)
        rollup_rows.prune(connection, now_ms // 1000)
        queries.note_start(connection, now_ms)

    def _restore_rates(self, connection: Connection, now_s: int) -> None:
        firsts = {name: each.first_ms for name, each in queries.source_sums(connection).items()}
        for level, span_s in ((Level.MINUTE, 3_600), (Level.HOUR, 7 * 86_400)):
            buckets = queries.work_by_source(connection, level, now_s - span_s - level)
            self._store.live.restore(level, buckets, firsts)

    def _look(self, now_ms: int) -> LedgerSnapshot:
        whole: Rates
        whole, by_source = self._store.live.whole(now_ms)
        return LedgerSnapshot(now_ms, self._position, self._sums, whole, by_source, self._blocks, self._state)
