"""What is remembered of workers and sessions between runs, and is no ledger fact.

Responsible for: last difficulties and sessions that may be taken up again: gathering changes, writing, pruning, reading.
Not responsible for: using them (`gateway`), when they are committed (`store.fold`).
Read next: `store.fold`.

Changes are gathered from any thread, the newest of each name wins, and go into the next commit. Bounds: MAX_WAITING
changes of each kind wait, then the oldest is dropped; MAX_KEPT rows and the ages below stay in the database. Losing one
costs a miner a few seconds at the wrong difficulty, or a fresh extranonce1; never a share.
"""

import threading
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Table, delete, func, select

from headframe.mining.units import Target
from headframe.store import schema
from headframe.store.upsert import upsert

MAX_WAITING: Final = 50_000
MAX_KEPT: Final = 100_000
DIFFICULTY_AGE_MS: Final = 30 * 86_400_000
SESSION_AGE_MS: Final = 3_600_000

_Key = TypeVar("_Key")


class RememberedSession(msgspec.Struct, frozen=True):
    """A session that its miner may come back to."""

    session_id: str
    extranonce1: bytes
    target: Target
    seen_ms: int


class Waiting:
    """Changes until the next commit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._difficulties: dict[tuple[str, str], dict[str, Any]] = {}
        self._sessions: dict[str, dict[str, Any]] = {}

    def difficulty(self, identity: str, worker: str, target: Target, seen_ms: int) -> None:
        row = {"identity": identity, "worker": worker, "target": target, "seen_ms": seen_ms}
        with self._lock:
            _put(self._difficulties, (identity, worker), row)

    def sessions(self, some: Iterable[RememberedSession]) -> None:
        rows = [msgspec.structs.asdict(each) for each in some]
        with self._lock:
            for row in rows:
                _put(self._sessions, row["session_id"], row)

    @property
    def empty(self) -> bool:
        return not self._difficulties and not self._sessions

    def write(self, connection: Connection) -> "Written":
        """Put what waits into the transaction; it waits on until `written` is told that the commit held."""
        with self._lock:
            taken = Written(dict(self._difficulties), dict(self._sessions))
        upsert(connection, schema.difficulties, list(taken.difficulties.values()))
        upsert(connection, schema.sessions, list(taken.sessions.values()))
        return taken

    def written(self, taken: "Written") -> None:
        with self._lock:
            _drop(self._difficulties, taken.difficulties)
            _drop(self._sessions, taken.sessions)


class Written(msgspec.Struct, frozen=True):
    """What one commit took."""

    difficulties: dict[tuple[str, str], dict[str, Any]]
    sessions: dict[str, dict[str, Any]]


def prune(connection: Connection, now_ms: int) -> None:
    """Drop what is too old, then what is too much."""
    _prune(connection, schema.difficulties, now_ms - DIFFICULTY_AGE_MS)
    _prune(connection, schema.sessions, now_ms - SESSION_AGE_MS)


def read_difficulties(connection: Connection) -> list[tuple[str, str, Target, int]]:
    """(identity, worker, target, seen_ms), the oldest first."""
    table = schema.difficulties
    return [tuple(row) for row in connection.execute(select(table).order_by(table.c.seen_ms))]


def read_sessions(connection: Connection, newer_than_ms: int) -> list[RememberedSession]:
    """Sessions seen after that, the oldest first."""
    table = schema.sessions
    query = select(table).where(table.c.seen_ms > newer_than_ms).order_by(table.c.seen_ms)
    return [RememberedSession(*row) for row in connection.execute(query)]


def _prune(connection: Connection, table: Table, older_than_ms: int) -> None:
    seen = table.c.seen_ms
    connection.execute(delete(table).where(seen < older_than_ms))
    surplus = connection.execute(select(func.count()).select_from(table)).scalar_one() - MAX_KEPT
    if surplus > 0:
        oldest = select(seen).order_by(seen).offset(surplus).limit(1).scalar_subquery()
        connection.execute(delete(table).where(seen < oldest))


def _put(into: dict[_Key, dict[str, Any]], key: _Key, row: dict[str, Any]) -> None:
    into.pop(key, None)
    if len(into) >= MAX_WAITING:
        del into[next(iter(into))]
    into[key] = row


def _drop(waiting: dict[_Key, dict[str, Any]], taken: dict[_Key, dict[str, Any]]) -> None:
    for key, row in taken.items():
        if waiting.get(key) is row:
            del waiting[key]
