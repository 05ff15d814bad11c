"""The tables, as the program sees them.

Responsible for: names, columns and types, for SQLAlchemy Core.
Not responsible for: creating and changing them (`store.migrations`), what is written to them (`store.rows`).
Read next: `store.migrations`.

Work sums and targets exceed 64 bits: they are decimal text, exact, readable in any SQL shell, and cast to REAL where a
hashrate is wanted. Hashes and scripts are bytes in internal order; times Unix milliseconds, `start_s` Unix seconds. Ids
count from 1; 0 is nobody.

`rollups` is by worker and source; `source_rollups` the same by source alone, so that nothing that is asked of all grows
with the number of workers.
"""

from typing import Any

from sqlalchemy import Column, Dialect, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.types import TypeDecorator


class BigInteger(TypeDecorator[int]):
    """A non-negative integer of any size, as decimal text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


metadata = MetaData()

positions = Table(
    "journal_positions",
    metadata,
    Column("gateway", String, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("work", BigInteger, nullable=False),
    Column("best_hash", LargeBinary, nullable=False),
    Column("first_ms", Integer, nullable=False),
)

source_refusals = Table(
    "source_refusals",
    metadata,
    Column("source_id", Integer, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("count", Integer, nullable=False),
)

upstream_shares = Table(
    "upstream_shares",
    metadata,
    Column("source_id", Integer, primary_key=True),
    Column("outcome", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("work", BigInteger, nullable=False),
)

upstream_refusals = Table(
    "upstream_refusals",
    metadata,
    Column("source_id", Integer, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("count", Integer, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("identity", String, nullable=False),
    Column("worker", String, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("work", BigInteger, nullable=False),
    Column("best_hash", LargeBinary, nullable=False),
    Column("best_day", Integer, nullable=False),
    Column("day_best_hash", LargeBinary, nullable=False),
    Column("first_ms", Integer, nullable=False),
    Column("last_ms", Integer, nullable=False),
    Column("best_ms", Integer, nullable=False),
    Column("best_source_id", Integer, nullable=False),
    Column("day_best_ms", Integer, nullable=False),
    Column("day_best_source_id", Integer, nullable=False),
)

worker_refusals = Table(
    "worker_refusals",
    metadata,
    Column("worker_id", Integer, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("count", Integer, nullable=False),
)

rollups = Table(
    "rollups",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("start_s", Integer, primary_key=True),
    Column("worker_id", Integer, primary_key=True),
    Column("source_id", Integer, primary_key=True),
    Column("work", BigInteger, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("best_hash", LargeBinary, nullable=False),
)

source_rollups = Table(
    "source_rollups",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("start_s", Integer, primary_key=True),
    Column("source_id", Integer, primary_key=True),
    Column("work", BigInteger, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("best_hash", LargeBinary, nullable=False),
    Column("best_worker_id", Integer, nullable=False),
)

source_refusal_rollups = Table(
    "source_refusal_rollups",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("start_s", Integer, primary_key=True),
    Column("source_id", Integer, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("count", Integer, nullable=False),
)

worker_refusal_rollups = Table(
    "worker_refusal_rollups",
    metadata,
    Column("worker_id", Integer, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("start_s", Integer, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("count", Integer, nullable=False),
)

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_ms", Integer, nullable=False),
)

blocks = Table(
    "blocks",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("found_ms", Integer),
    Column("height", Integer),
    Column("source", String, nullable=False),
    Column("generation", Integer),
    Column("identity", String),
    Column("worker", String),
    Column("protocol", String),
    Column("payout_set", Integer),
    Column("reward_sats", Integer),
    Column("bits", Integer),
    Column("outcome", String, nullable=False),
    Column("settled_ms", Integer),
    Column("reason", String, nullable=False),
    Column("confirmations", Integer, nullable=False),
    Column("source_work", BigInteger),
)

payout_sets = Table(
    "payout_sets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("time_ms", Integer, nullable=False),
    Column("remainder_script", LargeBinary, nullable=False),
)

payout_parts = Table(
    "payout_parts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("script", LargeBinary, nullable=False),
    Column("basis_points", Integer, nullable=False),
)

difficulties = Table(
    "difficulties",
    metadata,
    Column("identity", String, primary_key=True),
    Column("worker", String, primary_key=True),
    Column("target", BigInteger, nullable=False),
    Column("seen_ms", Integer, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("extranonce1", LargeBinary, nullable=False),
    Column("target", BigInteger, nullable=False),
    Column("seen_ms", Integer, nullable=False),
)
