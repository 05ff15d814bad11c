"""How the tables came to be, step by step.

Responsible for: bringing a database of any earlier version to this one, each step whole or not at all; refusing a
database of a later version.
Not responsible for: what the tables mean (`store.schema`).
Read next: `store.database`.

A migration, once released, is never changed; the next change is the next number. A test holds the result equal to
`store.schema`.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Final, TypeAlias

from sqlalchemy import Connection

from headframe.store.trouble import StoreRefused

_FIRST: Final = (
    """CREATE TABLE journal_positions (
        gateway TEXT NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL)""",
    """CREATE TABLE sources (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, accepted INTEGER NOT NULL, work TEXT NOT NULL,
        best_hash BLOB NOT NULL, first_ms INTEGER NOT NULL)""",
    """CREATE TABLE source_refusals (
        source_id INTEGER NOT NULL REFERENCES sources (id), reason TEXT NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (source_id, reason))""",
    """CREATE TABLE workers (
        id INTEGER PRIMARY KEY, identity TEXT NOT NULL, worker TEXT NOT NULL, accepted INTEGER NOT NULL,
        rejected INTEGER NOT NULL, work TEXT NOT NULL, best_hash BLOB NOT NULL, best_day INTEGER NOT NULL,
        day_best_hash BLOB NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        UNIQUE (identity, worker))""",
    "CREATE INDEX workers_last ON workers (last_ms)",
    """CREATE TABLE rollups (
        level INTEGER NOT NULL, start_s INTEGER NOT NULL, worker_id INTEGER NOT NULL REFERENCES workers (id),
        source_id INTEGER NOT NULL REFERENCES sources (id), work TEXT NOT NULL, accepted INTEGER NOT NULL,
        rejected INTEGER NOT NULL, best_hash BLOB NOT NULL,
        PRIMARY KEY (level, start_s, worker_id, source_id)) WITHOUT ROWID""",
    """CREATE TABLE blocks (
        hash BLOB NOT NULL PRIMARY KEY, found_ms INTEGER, height INTEGER, source TEXT NOT NULL, generation INTEGER,
        identity TEXT, worker TEXT, protocol TEXT, payout_set INTEGER, reward_sats INTEGER, bits INTEGER,
        outcome TEXT NOT NULL, settled_ms INTEGER, reason TEXT NOT NULL, confirmations INTEGER NOT NULL)""",
    "CREATE INDEX blocks_found ON blocks (found_ms)",
    "CREATE INDEX blocks_outcome ON blocks (source, outcome)",
    """CREATE TABLE payout_sets (
        number INTEGER NOT NULL PRIMARY KEY, time_ms INTEGER NOT NULL, remainder_script BLOB NOT NULL)""",
    """CREATE TABLE payout_parts (
        number INTEGER NOT NULL REFERENCES payout_sets (number), place INTEGER NOT NULL, script BLOB NOT NULL,
        basis_points INTEGER NOT NULL, PRIMARY KEY (number, place))""",
    """CREATE TABLE difficulties (
        identity TEXT NOT NULL, worker TEXT NOT NULL, target TEXT NOT NULL, seen_ms INTEGER NOT NULL,
        PRIMARY KEY (identity, worker))""",
    "CREATE INDEX difficulties_seen ON difficulties (seen_ms)",
    """CREATE TABLE sessions (
        session_id TEXT NOT NULL PRIMARY KEY, extranonce1 BLOB NOT NULL, target TEXT NOT NULL,
        seen_ms INTEGER NOT NULL)""",
    "CREATE INDEX sessions_seen ON sessions (seen_ms)",
)

_WHAT_POOLS_SAY: Final = (
    """CREATE TABLE upstream_shares (
        source_id INTEGER NOT NULL REFERENCES sources (id), outcome TEXT NOT NULL, count INTEGER NOT NULL,
        work TEXT NOT NULL, PRIMARY KEY (source_id, outcome))""",
    """CREATE TABLE upstream_refusals (
        source_id INTEGER NOT NULL REFERENCES sources (id), reason TEXT NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (source_id, reason))""",
)


def _sum_by_source(connection: Connection) -> None:
    """Roll-ups by source from those by worker: exact sums, which the database cannot make of text."""
    rows = connection.exec_driver_sql(
        "SELECT level, start_s, source_id, worker_id, work, accepted, rejected, best_hash FROM rollups ORDER BY 1, 2, 3"
    )
    for key, group in groupby(rows, key=lambda row: tuple(row[:3])):
        work, accepted, rejected, best, best_worker = 0, 0, 0, b"", 0
        for _, _, _, worker_id, more_work, more_accepted, more_rejected, hash_ in group:
            work, accepted, rejected = work + int(more_work), accepted + more_accepted, rejected + more_rejected
            if hash_ and (not best or hash_[::-1] < best[::-1]):
                best, best_worker = hash_, worker_id
        values = (*key, str(work), accepted, rejected, best, best_worker)
        connection.exec_driver_sql("INSERT INTO source_rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


_WHAT_THE_COCKPIT_SHOWS: Final = (
    "CREATE TABLE installation (id INTEGER PRIMARY KEY CHECK (id = 1), started_ms INTEGER NOT NULL)",
    "CREATE INDEX rollups_worker ON rollups (worker_id, level, start_s)",
    """CREATE TABLE source_rollups (
        level INTEGER NOT NULL, start_s INTEGER NOT NULL, source_id INTEGER NOT NULL REFERENCES sources (id),
        work TEXT NOT NULL, accepted INTEGER NOT NULL, rejected INTEGER NOT NULL, best_hash BLOB NOT NULL,
        best_worker_id INTEGER NOT NULL, PRIMARY KEY (level, start_s, source_id)) WITHOUT ROWID""",
    _sum_by_source,
    """CREATE TABLE source_refusal_rollups (
        level INTEGER NOT NULL, start_s INTEGER NOT NULL, source_id INTEGER NOT NULL REFERENCES sources (id),
        reason TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (level, start_s, source_id, reason)) WITHOUT ROWID""",
    """CREATE TABLE worker_refusal_rollups (
        worker_id INTEGER NOT NULL REFERENCES workers (id), level INTEGER NOT NULL, start_s INTEGER NOT NULL,
        reason TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (worker_id, level, start_s, reason)) WITHOUT ROWID""",
    "CREATE INDEX worker_refusal_rollups_start ON worker_refusal_rollups (level, start_s)",
    """CREATE TABLE worker_refusals (
        worker_id INTEGER NOT NULL REFERENCES workers (id), reason TEXT NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (worker_id, reason)) WITHOUT ROWID""",
    "ALTER TABLE workers ADD COLUMN best_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE workers ADD COLUMN best_source_id INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE workers ADD COLUMN day_best_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE workers ADD COLUMN day_best_source_id INTEGER NOT NULL DEFAULT 0",
    # When earlier bests were is known to the day.
    """UPDATE workers SET (best_ms, best_source_id) = (
        SELECT start_s * 1000, source_id FROM rollups
        WHERE worker_id = workers.id AND level = 86400 AND rollups.best_hash = workers.best_hash LIMIT 1)
        WHERE EXISTS (SELECT 1 FROM rollups
        WHERE worker_id = workers.id AND level = 86400 AND rollups.best_hash = workers.best_hash
        AND workers.best_hash != x'')""",
    """UPDATE workers SET (day_best_ms, day_best_source_id) = (
        SELECT start_s * 1000, source_id FROM rollups
        WHERE worker_id = workers.id AND level = 86400 AND rollups.best_hash = workers.day_best_hash LIMIT 1)
        WHERE EXISTS (SELECT 1 FROM rollups
        WHERE worker_id = workers.id AND level = 86400 AND rollups.best_hash = workers.day_best_hash
        AND workers.day_best_hash != x'')""",
    "ALTER TABLE blocks ADD COLUMN source_work TEXT",
)

Step: TypeAlias = str | Callable[[Connection], None]

MIGRATIONS: tuple[tuple[Step, ...], ...] = (_FIRST, _WHAT_POOLS_SAY, _WHAT_THE_COCKPIT_SHOWS)
"""Number n brings version n - 1 to version n, by SQL, and by code where SQL cannot."""


def version_of(connection: Connection) -> int:
    """The version of the database; 0 for an empty one."""
    known = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'schema_version'").first()
    if known is None:
        return 0
    return int(connection.exec_driver_sql("SELECT max(version) FROM schema_version").scalar_one() or 0)


def check_version(version: int) -> None:
    """Raises StoreRefused for a database that a later version of the program has changed."""
    if version > len(MIGRATIONS):
        raise StoreRefused(
            f"the ledger's database has schema {version}, and this version knows up to {len(MIGRATIONS)}",
            "run the newer version of Headframe again, or restore the data directory from before the update",
        )


def migrate(connection: Connection) -> int:
    """Bring the database up to date, within the caller's transaction; returns the version it had before."""
    before = version_of(connection)
    check_version(before)
    if before == 0:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY)")
    for number, statements in enumerate(MIGRATIONS[before:], before + 1):
        for step in statements:
            if isinstance(step, str):
                connection.exec_driver_sql(step)
            else:
                step(connection)
        connection.exec_driver_sql("INSERT INTO schema_version (version) VALUES (?)", (number,))
    return before
