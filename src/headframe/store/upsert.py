"""Writing rows that may be there already.

Responsible for: the three ways in which the store's writer does that.
Not responsible for: what is written (`store.rows`, `store.rollup_rows`, `store.memory`).
Read next: `store.rows`.
"""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.compiler import SQLCompiler


def upsert(
    connection: Connection,
    table: Table,
    rows: list[dict[str, Any]],
    *,
    keep: tuple[str, ...] = (),
    first_stays: str = "",
) -> None:
    """Insert rows or set their columns; in a row that is there, `keep` columns stay, and all of them once
    `first_stays` is known."""
    if not rows:
        return
    statement = insert(table)
    primary = [column.name for column in table.primary_key]
    changing = {name: statement.excluded[name] for name in rows[0] if name not in primary and name not in keep}
    known = table.c[first_stays].is_(None) if first_stays else None
    connection.execute(statement.on_conflict_do_update(index_elements=primary, set_=changing, where=known), rows)


def upsert_whole(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert or replace whole rows, given as the driver takes them, in the order of the table's columns.

    For the two tables that grow with the number of miners: it costs half of what SQLAlchemy's own executemany does.
    """
    if rows:
        connection.exec_driver_sql(_whole_statement(table, connection.dialect), rows)


@cache
def _whole_statement(table: Table, dialect: Dialect) -> str:
    statement = insert(table)
    primary = [column.name for column in table.primary_key]
    names = [column.name for column in table.columns]
    changing = {name: statement.excluded[name] for name in names if name not in primary}
    compiled = statement.on_conflict_do_update(index_elements=primary, set_=changing).compile(
        dialect=dialect, column_keys=names
    )
    assert isinstance(compiled, SQLCompiler)
    assert compiled.positiontup == names
    return str(compiled)


def count_up(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Rows of keys and, last, a count that is added to what is there. The same key may come more than once."""
    if rows:
        connection.exec_driver_sql(_counting_statement(table, connection.dialect), rows)


@cache
def _counting_statement(table: Table, dialect: Dialect) -> str:
    statement = insert(table)
    names = [column.name for column in table.columns]
    key = [column.name for column in table.primary_key]
    summed = {"count": table.c.count + statement.excluded["count"]}
    compiled = statement.on_conflict_do_update(index_elements=key, set_=summed).compile(
        dialect=dialect, column_keys=names
    )
    assert isinstance(compiled, SQLCompiler)
    assert compiled.positiontup == names
    return str(compiled)
