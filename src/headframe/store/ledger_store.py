"""The store: what the ledger knows, to be asked from any thread.

Responsible for: opening the database of a data directory and answering from it.
Not responsible for: filling it (`store.fold`), the SQL (`store.queries`).
Read next: `store.fold`.

Every question uses a connection of its own, which never waits for the writer. They take milliseconds, so they belong
into a thread, not into the event loop; live views take `StoreWriter.snapshot` instead, which costs nothing.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from headframe.ledger.facts import PayoutSetIssued, Position
from headframe.mining.units import Target, Work
from headframe.store import queries
from headframe.store.answers import BlockRow, Sums, WorkerRow
from headframe.store.database import Database
from headframe.store.live import LiveRates
from headframe.store.memory import RememberedSession, Waiting, read_difficulties, read_sessions
from headframe.store.queries import SeriesOf

GATEWAY: Final = "main"


class Store:
    """One data directory's ledger. Raises sqlalchemy's DBAPIError when a question meets a broken database."""

    def __init__(self, database: Database, *, gateway: str = GATEWAY) -> None:
        self.database = database
        self.gateway = gateway
        self.live = LiveRates()
        self.waiting = Waiting()

    @classmethod
    def open(cls, directory: Path, *, gateway: str = GATEWAY) -> "Store":
        """Create or bring up to date what is in `directory`. Raises StoreRefused with a remedy."""
        return cls(Database.open(directory), gateway=gateway)

    def position(self) -> Position:
        """Up to where the journal is folded; what `SegmentJournal(after=...)` wants to know."""
        with self.database.reading() as connection:
            return queries.position(connection, self.gateway)

    def totals(self) -> Sums:
        """The ledger, whole, as committed."""
        with self.database.reading() as connection:
            return queries.sums(connection)

    def workers(self, now_ms: int, limit: int = 1_000) -> tuple[WorkerRow, ...]:
        """Workers by their last share, newest first."""
        with self.database.reading() as connection:
            return queries.workers(connection, self.live, now_ms, limit)

    def identities(self, now_ms: int, limit: int = 1_000) -> tuple[WorkerRow, ...]:
        """Identities by their last share, newest first."""
        with self.database.reading() as connection:
            return queries.identities(connection, self.live, now_ms, limit)

    def hashrate_series(self, of: SeriesOf) -> list[tuple[int, float]]:
        """(start in Unix seconds, hashes per second) of the buckets with work."""
        with self.database.reading() as connection:
            return queries.hashrate_series(connection, of)

    def work_series(self, of: SeriesOf) -> list[tuple[int, Work]]:
        """The same as exact work."""
        with self.database.reading() as connection:
            return queries.work_series(connection, of)

    def blocks(self, limit: int = 100) -> tuple[BlockRow, ...]:
        """The latest, newest first."""
        with self.database.reading() as connection:
            return queries.blocks(connection, limit)

    def found_blocks(self, limit: int, offset: int = 0, *, since_ms: int = 0) -> tuple[BlockRow, ...]:
        """A page of them, newest first."""
        with self.database.reading() as connection:
            return queries.blocks(connection, limit, offset, since_ms=since_ms)

    def payout_set(self, number: int) -> PayoutSetIssued | None:
        """The set of that number, as it was issued."""
        with self.database.reading() as connection:
            return queries.payout_set(connection, number)

    def last_payout_set(self) -> int:
        """The highest number that was issued and folded; the next one is greater than this. 0 when none was."""
        with self.database.reading() as connection:
            return queries.last_payout_set(connection)

    def remember_difficulty(self, identity: str, worker: str, target: Target, seen_ms: int) -> None:
        """Cheap, from any thread: written with the next commit."""
        self.waiting.difficulty(identity, worker, target, seen_ms)

    def recall_difficulties(self) -> list[tuple[str, str, Target, int]]:
        """(identity, worker, target, seen_ms) as committed, the oldest first."""
        with self.database.reading() as connection:
            return read_difficulties(connection)

    def remember_sessions(self, sessions: Iterable[RememberedSession]) -> None:
        """Cheap, from any thread: written with the next commit."""
        self.waiting.sessions(sessions)

    def recall_sessions(self, newer_than_ms: int) -> list[RememberedSession]:
        """Sessions seen after that, as committed, the oldest first."""
        with self.database.reading() as connection:
            return read_sessions(connection, newer_than_ms)

    def close(self) -> None:
        self.database.close()
