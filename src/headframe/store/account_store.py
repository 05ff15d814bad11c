"""The file of accounts.

Responsible for: opening `accounts.sqlite3` (migrated, readable by its owner only), transactions on it, saying whether
another process changed it.
Not responsible for: what is written and asked (`store.account_book`), who may (`service.accounts`).
Read next: `store.account_book`.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from headframe.store.account_book import AccountBook
from headframe.store.account_schema import migrate
from headframe.store.database import engine_of
from headframe.store.trouble import StoreRefused

ACCOUNTS_FILE: Final = "accounts.sqlite3"
_MODE: Final = 0o600

_REMEDIES: Final = (
    ("full", "free space on the disk of [data] dir"),
    ("locked", "close the other program that has accounts.sqlite3 open for writing, then try again"),
    ("readonly", "let the user that runs Headframe write to [data] dir"),
    (
        "malformed",
        "stop, and restore accounts.sqlite3 from a backup; without one, move it away and set up an owner anew",
    ),
    ("not a database", "stop, and move accounts.sqlite3 out of [data] dir: it is something else"),
    ("unable to open", "check that [data] dir exists and may be written to"),
)


class AccountStore:
    """One SQLite file; any thread may use it, one writes at a time."""

    def __init__(self, path: Path, writer: Engine, reader: Engine) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader

    @classmethod
    def open(cls, directory: Path) -> "AccountStore":
        """Create or migrate the file in `directory`. Raises StoreRefused with a remedy."""
        path = directory / ACCOUNTS_FILE
        try:
            directory.mkdir(parents=True, exist_ok=True)
            _keep_private(path)
        except OSError as error:
            raise StoreRefused(
                f"{path} cannot be used ({error.strerror})", "let the user that runs Headframe write to [data] dir"
            ) from error
        store = cls(path, engine_of(path, writes=True), engine_of(path, writes=False))
        try:
            with store._trouble_in_words(), store._writer.begin() as connection:
                migrate(connection)
        except StoreRefused:
            store.close()
            raise
        return store

    @contextmanager
    def writing(self) -> Iterator[AccountBook]:
        """One transaction, committed at the end, rolled back on any exception. Raises StoreRefused when the disk or the
        database does not work."""
        with self._trouble_in_words(), self._writer.begin() as connection:
            yield AccountBook(connection)

    @contextmanager
    def reading(self) -> Iterator[AccountBook]:
        """One consistent view. Raises StoreRefused, as `writing`."""
        with self._trouble_in_words(), self._reader.connect() as connection:
            yield AccountBook(connection)

    def foreign_changes(self) -> int:
        """A number that changes when another process has written to the file, and only then."""
        with self._trouble_in_words(), self._writer.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    def close(self) -> None:
        for engine in (self._reader, self._writer):
            engine.dispose()

    @contextmanager
    def _trouble_in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            text = str(error.orig)
            lowered = text.lower()
            remedy = next((remedy for sign, remedy in _REMEDIES if sign in lowered), "check the disk of [data] dir")
            raise StoreRefused(f"the accounts' database cannot be used ({text})", remedy) from error


def _keep_private(path: Path) -> None:
    """Nobody else reads it, from its first byte on; SQLite gives the files beside it the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, _MODE))
    if stat.S_IMODE(path.stat().st_mode) != _MODE:
        path.chmod(_MODE)
