"""The tables of accounts and of the audit, and how they came to be.

Responsible for: `accounts.sqlite3`: tables for SQLAlchemy Core, migrations with a version table of their own, triggers
that keep the audit as it was written.
Not responsible for: what is written to them (`store.account_book`), the ledger's tables (`store.schema`).
Read next: `store.account_book`.

Secrets of sessions, tokens, links and recovery codes are kept as SHA-256 only: they are random and long, so that nothing
slower is needed. Passwords are Argon2id hashes. TOTP secrets must be kept as they are; the file is its owner's alone.
Times are Unix milliseconds. Ids are never given out twice, so that an old line of the audit never names somebody new.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, MetaData, String, Table

from headframe.store.trouble import StoreRefused

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    Column("role", String, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("totp_secret", String, nullable=False),
    Column("totp_step", Integer, nullable=False),
    Column("user_handle", LargeBinary, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("last_seen_ms", Integer),
)

signed_in = Table(
    "signed_in",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("how", String, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("last_seen_ms", Integer, nullable=False),
    Column("address", String, nullable=False),
    Column("user_agent", String, nullable=False),
    Column("proven_ms", Integer, nullable=False),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("credential_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("rp_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("last_used_ms", Integer),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("code_hash", LargeBinary, primary_key=True),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("shown", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("expires_ms", Integer),
    Column("last_used_ms", Integer),
)

links = Table(
    "links",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("expires_ms", Integer, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("time_ms", Integer, nullable=False),
    Column("actor", String, nullable=False),
    Column("how", String, nullable=False),
    Column("address", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
    Column("outcome", String, nullable=False),
)

AUDIT_IS_NEVER_DELETED: Final = (
    "CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is kept'); END"
)

_OF_ACCOUNT: Final = "account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE"
_ID: Final = "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"

_FIRST: Final = (
    f"""CREATE TABLE accounts (
        {_ID}, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, role TEXT NOT NULL, disabled INTEGER NOT NULL,
        password_hash TEXT NOT NULL, totp_secret TEXT NOT NULL, totp_step INTEGER NOT NULL,
        user_handle BLOB NOT NULL UNIQUE, created_ms INTEGER NOT NULL, last_seen_ms INTEGER)""",
    f"""CREATE TABLE signed_in (
        {_ID}, {_OF_ACCOUNT}, secret_hash BLOB NOT NULL UNIQUE, how TEXT NOT NULL, created_ms INTEGER NOT NULL,
        last_seen_ms INTEGER NOT NULL, address TEXT NOT NULL, user_agent TEXT NOT NULL)""",
    f"""CREATE TABLE passkeys (
        {_ID}, {_OF_ACCOUNT}, credential_id BLOB NOT NULL UNIQUE, public_key BLOB NOT NULL, sign_count INTEGER NOT NULL,
        rp_id TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, last_used_ms INTEGER)""",
    f"CREATE TABLE recovery_codes ({_OF_ACCOUNT}, code_hash BLOB NOT NULL, PRIMARY KEY (account_id, code_hash))",
    f"""CREATE TABLE api_tokens (
        {_ID}, {_OF_ACCOUNT}, name TEXT NOT NULL, secret_hash BLOB NOT NULL UNIQUE, shown TEXT NOT NULL,
        scopes TEXT NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER, last_used_ms INTEGER)""",
    f"CREATE TABLE links ({_OF_ACCOUNT} PRIMARY KEY, secret_hash BLOB NOT NULL UNIQUE, expires_ms INTEGER NOT NULL)",
    f"""CREATE TABLE audit (
        {_ID}, time_ms INTEGER NOT NULL, actor TEXT NOT NULL, how TEXT NOT NULL, address TEXT NOT NULL,
        action TEXT NOT NULL, target TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, outcome TEXT NOT NULL)""",
    "CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is kept'); END",
    AUDIT_IS_NEVER_DELETED,
)

_WHEN_A_SESSION_WAS_PROVEN: Final = (
    "ALTER TABLE signed_in ADD COLUMN proven_ms INTEGER NOT NULL DEFAULT 0",
    "UPDATE signed_in SET proven_ms = created_ms",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _WHEN_A_SESSION_WAS_PROVEN)
"""Number n brings version n - 1 to version n. Once released, none is changed."""


def migrate(connection: Connection) -> None:
    """Bring the file up to date, within the caller's transaction. Raises StoreRefused for one of a later version."""
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY)")
    before = int(connection.exec_driver_sql("SELECT max(version) FROM schema_version").scalar_one() or 0)
    if before > len(MIGRATIONS):
        raise StoreRefused(
            f"the accounts' database has schema {before}, and this version knows up to {len(MIGRATIONS)}",
            "run the newer version of Headframe again, or restore accounts.sqlite3 from before the update",
        )
    for number, statements in enumerate(MIGRATIONS[before:], before + 1):
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO schema_version (version) VALUES (?)", (number,))
