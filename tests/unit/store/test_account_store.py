"""The file of accounts: made once, for its owner's eyes only, with an audit that stays as it was written."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import inspect

from headframe.store import account_schema
from headframe.store.account_rows import AccountRow, AuditRow, LinkRow, SignedInRow
from headframe.store.account_store import ACCOUNTS_FILE, AccountStore
from headframe.store.trouble import StoreRefused


def somebody(name: str = "ada") -> AccountRow:
    return AccountRow(name=name, name_key=name, role="owner", user_handle=name.encode(), created_ms=1)


def entry(time_ms: int) -> AuditRow:
    return AuditRow(
        time_ms=time_ms,
        actor="ada",
        how="session",
        address="",
        action="x",
        target="",
        before="1",
        after="2",
        outcome="done",
    )


@pytest.fixture
def store(tmp_path: Path):
    store = AccountStore.open(tmp_path)
    yield store
    store.close()


def test_the_migrations_make_what_the_program_expects(store: AccountStore) -> None:
    made = inspect(store._writer)
    assert set(made.get_table_names()) - {"schema_version"} == set(account_schema.metadata.tables)
    for name, table in account_schema.metadata.tables.items():
        columns = {column["name"]: column for column in made.get_columns(name)}
        assert list(columns) == [column.name for column in table.columns]
        for column in table.columns:
            assert columns[column.name]["nullable"] == column.nullable, (name, column.name)
        assert made.get_pk_constraint(name)["constrained_columns"] == [c.name for c in table.primary_key]


def test_sessions_of_an_earlier_version_were_proven_when_they_began(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / ACCOUNTS_FILE) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY)")
        for statement in account_schema.MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("INSERT INTO schema_version VALUES (1)")
        connection.execute("INSERT INTO accounts VALUES (1, 'ada', 'ada', 'owner', 0, '', '', 0, x'01', 5, NULL)")
        connection.execute("INSERT INTO signed_in VALUES (1, 1, x'02', 'password', 5, 9, '', '')")
    connection.close()
    store = AccountStore.open(tmp_path)
    with store.reading() as book:
        assert [row.proven_ms for row in book.sessions()] == [5]
    store.close()


def test_only_its_owner_can_read_the_file_and_those_beside_it(tmp_path: Path) -> None:
    path = tmp_path / ACCOUNTS_FILE
    path.touch(mode=0o644)
    old = os.umask(0)
    try:
        store = AccountStore.open(tmp_path)
        with store.writing() as book:
            book.add_account(somebody())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(old)
    assert len(modes) >= 2
    assert set(modes.values()) == {0o600}


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    store = AccountStore.open(tmp_path)
    with store.writing() as book:
        written = book.add_account(somebody())
    store.close()
    store = AccountStore.open(tmp_path)
    with store.reading() as book:
        assert book.accounts() == [written]
    store.close()


def test_a_change_that_fails_leaves_nothing(store: AccountStore) -> None:
    with pytest.raises(StoreRefused), store.writing() as book:  # noqa: PT012  # the second is refused, the first goes with it
        book.add_account(somebody())
        book.add_account(somebody())
    with store.reading() as book:
        assert book.accounts() == []


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'eve'", "DELETE FROM audit"])
def test_the_audit_cannot_be_changed_with_any_sql_of_ours_or_others(store: AccountStore, statement: str) -> None:
    with store.writing() as book:
        book.add_audit(entry(1))
    connection = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError, match="the audit is kept"):
        connection.execute(statement)
    connection.close()
    with store.reading() as book:
        assert [row.actor for row in book.audit(None, 10)] == ["ada"]


def test_pruning_takes_only_what_is_older_and_shuts_the_audit_again(store: AccountStore) -> None:
    with store.writing() as book:
        for time_ms in (1, 2, 3):
            book.add_audit(entry(time_ms))
        assert book.prune_audit(3) == 2
    with store.reading() as book:
        assert [row.time_ms for row in book.audit(None, 10)] == [3]
    connection = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError, match="the audit is kept"):
        connection.execute("DELETE FROM audit")
    connection.close()


def test_pages_of_the_audit_go_from_the_newest_back(store: AccountStore) -> None:
    with store.writing() as book:
        for time_ms in range(5):
            book.add_audit(entry(time_ms))
    with store.reading() as book:
        first = book.audit(None, 2)
        second = book.audit(first[-1].id, 2)
    assert [row.time_ms for row in (*first, *second)] == [4, 3, 2, 1]


def test_an_account_goes_with_all_that_is_its_own_and_its_id_never_comes_back(store: AccountStore) -> None:
    with store.writing() as book:
        account = book.add_account(somebody())
        book.add_session(
            SignedInRow(
                account_id=account.id,
                secret_hash=b"1",
                how="password",
                created_ms=1,
                last_seen_ms=1,
                address="",
                user_agent="",
                proven_ms=1,
            )
        )
        book.set_recovery_codes(account.id, [b"a", b"b"])
        book.set_link(LinkRow(account_id=account.id, secret_hash=b"l", expires_ms=9))
        book.add_audit(entry(1))
        book.remove_account(account.id)
        assert (book.sessions(), book.recovery_codes_left(), book.take_link(b"l")) == ([], {}, None)
        assert len(book.audit(None, 10)) == 1
        assert book.add_account(somebody()).id == account.id + 1


def test_codes_and_links_are_taken_once(store: AccountStore) -> None:
    with store.writing() as book:
        account = book.add_account(somebody())
        book.set_recovery_codes(account.id, [b"a", b"b"])
        assert [book.take_recovery_code(account.id, code) for code in (b"a", b"a", b"c")] == [True, False, False]
        assert book.recovery_codes_left() == {account.id: 1}
        book.set_link(LinkRow(account_id=account.id, secret_hash=b"old", expires_ms=9))
        book.set_link(LinkRow(account_id=account.id, secret_hash=b"new", expires_ms=9))
        assert book.take_link(b"old") is None
        assert book.take_link(b"new") is not None
        assert book.take_link(b"new") is None


def test_another_process_is_noticed_and_ones_own_changes_are_not(tmp_path: Path, store: AccountStore) -> None:
    before = store.foreign_changes()
    with store.writing() as book:
        book.add_account(somebody())
    assert store.foreign_changes() == before
    other = AccountStore.open(tmp_path)
    with other.writing() as book:
        book.add_account(somebody("bob"))
    other.close()
    assert store.foreign_changes() != before


def test_a_file_of_a_later_version_is_refused_with_a_remedy(tmp_path: Path) -> None:
    AccountStore.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / ACCOUNTS_FILE)
    connection.execute("INSERT INTO schema_version VALUES (99)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreRefused, match="newer version"):
        AccountStore.open(tmp_path)


def test_something_that_is_no_database_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / ACCOUNTS_FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreRefused, match="is something else"):
        AccountStore.open(tmp_path)


def test_a_directory_that_cannot_be_written_to_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreRefused, match="data"):
        AccountStore.open(tmp_path / "data")


def test_a_row_in_a_traceback_shows_no_secret() -> None:
    shown = repr(
        AccountRow(**{**{f: getattr(somebody(), f) for f in somebody().__struct_fields__}, "totp_secret": "S3CRET"})
    )
    assert "S3CRET" not in shown
