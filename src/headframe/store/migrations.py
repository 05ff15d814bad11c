"""How the tables came to be, step by step.

Responsible for: bringing a database of any earlier version to this one, each step whole or not at all; refusing a
database of a later version.
Not responsible for: what the tables mean (`store.schema`).
Read next: `store.database`.

A migration, once released, is never changed; the next change is the next number. A test holds the result equal to
`store.schema`.
"""

from typing import Final

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

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _WHAT_POOLS_SAY)
"""Number n brings version n - 1 to version n."""


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
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO schema_version (version) VALUES (?)", (number,))
    return before
