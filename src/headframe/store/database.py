"""The database file and its connections.

Responsible for: opening it (migrated, durable settings), one connection that writes, others that only read.
Not responsible for: what is written (`store.fold`) or asked (`store.queries`).
Read next: `store.fold`.

SQLite in WAL mode: readers never wait for the writer nor the writer for them. Every commit is synced: its position is
what lets the journal drop segments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from headframe.store.migrations import MIGRATIONS, check_version, migrate, version_of
from headframe.store.trouble import StoreRefused, StoreUnavailable, state_of

FILE_NAME: Final = "ledger.sqlite"
_BUSY_MS: Final = 5_000


class Database:
    """One SQLite file. `open` for the process that writes, `look` for one that only reads."""

    def __init__(self, path: Path, writer: Engine | None, reader: Engine) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader

    @classmethod
    def open(cls, directory: Path) -> "Database":
        """Create or migrate the database in `directory`. Raises StoreRefused with a remedy."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / FILE_NAME
        database = cls(path, engine_of(path, writes=True), engine_of(path, writes=False))
        try:
            with database.writing() as connection:
                migrate(connection)
        except DBAPIError as error:
            state = state_of(error)
            raise StoreRefused(state.reason, state.remedy) from error
        return database

    @classmethod
    def look(cls, directory: Path) -> "Database | None":
        """Only read, also beside a running writer; None when there is no database yet. Raises StoreRefused."""
        path = directory / FILE_NAME
        if not path.exists():
            return None
        database = cls(path, None, engine_of(path, writes=False))
        try:
            with database.reading() as connection:
                version = version_of(connection)
        except DBAPIError as error:
            state = state_of(error)
            raise StoreRefused(state.reason, state.remedy) from error
        check_version(version)
        if 0 < version < len(MIGRATIONS):
            raise StoreRefused(
                f"the ledger's database has schema {version}, older than this version's {len(MIGRATIONS)}",
                "start `headframe run` once, which brings it up to date",
            )
        return database if version else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction of the only writer: committed at the end, rolled back on any exception."""
        assert self._writer is not None, "opened to read only"
        with self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view, from any thread."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """The same for those who only show: raises StoreUnavailable, with reason and remedy, for a database in trouble."""
        try:
            with self.reading() as connection:
                yield connection
        except (DBAPIError, OSError) as error:
            state = state_of(error)
            raise StoreUnavailable(state.reason, state.remedy) from error

    def close(self) -> None:
        for engine in (self._reader, self._writer):
            if engine is not None:
                engine.dispose()


def engine_of(path: Path, *, writes: bool) -> Engine:
    """SQLite as we use it: WAL, every commit synced, BEGIN said by us; readers cannot write."""
    pool: dict[str, Any] = (
        {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0} if writes else {"poolclass": NullPool}
    )
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"check_same_thread": False}, **pool)

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that DDL and reads are in transactions too
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        if writes:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        else:
            connection.execute("PRAGMA query_only = ON")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine
