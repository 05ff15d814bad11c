"""Opening, migrating and refusing databases."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from headframe.ledger.totals import SourceSum
from headframe.store import migrations, queries, schema
from headframe.store.database import FILE_NAME, Database
from headframe.store.trouble import StoreRefused


def tables(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    finally:
        connection.close()


def test_the_migrations_make_what_the_program_expects(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database.reading() as connection:
        made = inspect(connection)
        assert set(made.get_table_names()) - {"schema_version"} == set(schema.metadata.tables)
        for name, table in schema.metadata.tables.items():
            columns = {column["name"]: column for column in made.get_columns(name)}
            assert list(columns) == [column.name for column in table.columns]
            for column in table.columns:
                assert columns[column.name]["nullable"] == column.nullable or column.primary_key
            assert made.get_pk_constraint(name)["constrained_columns"] == [c.name for c in table.primary_key]
    database.close()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    before = tables(tmp_path / FILE_NAME)
    Database.open(tmp_path).close()
    assert tables(tmp_path / FILE_NAME) == before


def test_an_older_database_is_brought_up_to_date_with_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database.open(tmp_path)
    with database.writing() as connection:
        connection.execute(
            schema.sources.insert(),
            {"id": 1, "name": "home", "accepted": 1, "work": 2**200, "best_hash": b"", "first_ms": 1},
        )
    database.close()
    added = ("ALTER TABLE sources ADD COLUMN note TEXT NOT NULL DEFAULT 'x'",)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, added))
    database = Database.open(tmp_path)
    with database.reading() as connection:
        assert migrations.version_of(connection) == len(migrations.MIGRATIONS)
        row = connection.exec_driver_sql("SELECT name, work, note FROM sources").one()
    assert tuple(row) == ("home", str(2**200), "x")
    database.close()


@pytest.mark.parametrize("version", range(1, len(migrations.MIGRATIONS)))
def test_every_earlier_version_becomes_this_one_and_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:version])
        database = Database.open(tmp_path / "old")
        with database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO sources VALUES (1, 'home', 5, '10', x'', 7)")
            connection.exec_driver_sql("INSERT INTO source_refusals VALUES (1, 'stale', 2)")
        database.close()
    database = Database.open(tmp_path / "old")
    Database.open(tmp_path / "new").close()
    with database.reading() as connection:
        assert queries.source_sums(connection) == {"home": SourceSum(5, 10, {"stale": 2}, b"", 7)}
    database.close()
    assert tables(tmp_path / "old" / FILE_NAME) == tables(tmp_path / "new" / FILE_NAME)


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database.open(tmp_path).close()
    before = tables(tmp_path / FILE_NAME)
    broken = ("CREATE TABLE half (n INTEGER)", "CREATE TABLE nonsense (")
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, broken))
        with pytest.raises(StoreRefused):
            Database.open(tmp_path)
    assert tables(tmp_path / FILE_NAME) == before
    Database.open(tmp_path).close()


@pytest.mark.parametrize("open_it", [Database.open, Database.look])
def test_a_newer_database_is_refused_with_a_remedy(tmp_path: Path, open_it: object) -> None:
    database = Database.open(tmp_path)
    with database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO schema_version VALUES (999)")
    database.close()
    with pytest.raises(StoreRefused) as refused:
        open_it(tmp_path)  # type: ignore[operator]
    assert "newer version" in refused.value.remedy


def test_looking_never_migrates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database.open(tmp_path).close()
    with monkeypatch.context() as patched:
        patched.setattr("headframe.store.database.MIGRATIONS", (*migrations.MIGRATIONS, ()))
        patched.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, ()))
        with pytest.raises(StoreRefused) as refused:
            Database.look(tmp_path)
    assert "headframe run" in refused.value.remedy


@pytest.mark.parametrize("open_it", [Database.open, Database.look])
def test_a_file_that_is_no_database_is_refused_with_a_remedy(tmp_path: Path, open_it: object) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreRefused) as refused:
        open_it(tmp_path)  # type: ignore[operator]
    assert "move ledger.sqlite" in refused.value.remedy


def test_where_there_is_no_database_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    assert Database.look(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_directory_may_have_any_name(tmp_path: Path) -> None:
    odd = tmp_path / "50% off? #1"
    Database.open(odd).close()
    assert (odd / FILE_NAME).exists()


def test_readers_cannot_write_and_do_not_wait_for_the_writer(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database.writing() as writing:
        writing.exec_driver_sql("INSERT INTO journal_positions VALUES ('main', 1, 1)")
        with database.reading() as reading:
            assert reading.exec_driver_sql("SELECT count(*) FROM journal_positions").scalar_one() == 0
            with pytest.raises(OperationalError):
                reading.exec_driver_sql("DELETE FROM journal_positions")
    database.close()


def test_a_reader_keeps_one_view_while_the_writer_commits(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    count = "SELECT count(*) FROM journal_positions"
    with database.reading() as reading:
        assert reading.exec_driver_sql(count).scalar_one() == 0
        with database.writing() as writing:
            writing.exec_driver_sql("INSERT INTO journal_positions VALUES ('main', 1, 1)")
        assert reading.exec_driver_sql(count).scalar_one() == 0
    with database.reading() as reading:
        assert reading.exec_driver_sql(count).scalar_one() == 1
    database.close()


def test_commits_are_synced_and_beside_a_log(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    with database.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    database.close()
