"""The audit loses nothing, also when the disk does."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
import structlog

from headframe.service.audit import MAX_WAITING, REFUSED, AuditLog
from headframe.service.permissions import console
from headframe.service.refusals import Unavailable
from headframe.store.account_store import AccountStore
from headframe.testing.fake_clock import FakeClock


@pytest.fixture
def store(tmp_path: Path):
    store = AccountStore.open(tmp_path)
    yield store
    store.close()


@pytest.fixture
def audit(store: AccountStore) -> AuditLog:
    return AuditLog(store, FakeClock())


def targets(store: AccountStore) -> list[str]:
    with store.reading() as book:
        return [row.target for row in reversed(book.audit(None, 5_000))]


def break_disk(store: AccountStore) -> None:
    _sql(store, "ALTER TABLE audit RENAME TO elsewhere")


def mend_disk(store: AccountStore) -> None:
    _sql(store, "ALTER TABLE elsewhere RENAME TO audit")


def _sql(store: AccountStore, statement: str) -> None:
    connection = sqlite3.connect(store.path)
    connection.execute(statement)
    connection.close()


async def test_what_is_recorded_is_on_disk_when_the_answer_goes_out(store: AccountStore, audit: AuditLog) -> None:
    await audit.record(console(), "x", "one", {"a": 1}, {"a": 2})
    assert targets(store) == ["one"]


async def test_entries_keep_their_order_however_many_write_at_once(store: AccountStore, audit: AuditLog) -> None:
    await asyncio.gather(*(audit.record(console(), "x", str(number)) for number in range(100)))
    assert targets(store) == [str(number) for number in range(100)]


async def test_while_the_disk_fails_entries_wait_and_it_is_said_once(store: AccountStore, audit: AuditLog) -> None:
    break_disk(store)
    with structlog.testing.capture_logs() as lines:
        for number in range(3):
            await audit.record(console(), "x", str(number))
        assert audit.waiting == 3
        mend_disk(store)
        await audit.record(console(), "x", "3")
    assert targets(store) == ["0", "1", "2", "3"]
    assert audit.waiting == 0
    assert [line["event"] for line in lines] == ["audit_delayed", "audit_written"]
    assert lines[0]["remedy"]


async def test_what_cannot_be_written_even_at_the_end_is_in_the_log(store: AccountStore, audit: AuditLog) -> None:
    break_disk(store)
    await audit.record(console(), "x", "one")
    with structlog.testing.capture_logs() as lines:
        audit.close()
    assert [(line["event"], line["entry"]["target"]) for line in lines] == [("audit_unwritten", "one")]


def test_when_too_many_wait_nothing_more_may_be_done(store: AccountStore, audit: AuditLog) -> None:
    for _ in range(MAX_WAITING):
        audit.check()
        audit.note(console(), "x")
    with pytest.raises(Unavailable):
        audit.check()
    audit.note(console(), "x", outcome=REFUSED)  # counted only: refusals are anybody's to cause
    assert audit.waiting == MAX_WAITING
    audit.flush()
    audit.check()


def test_what_is_too_long_is_said_and_not_kept(store: AccountStore, audit: AuditLog) -> None:
    audit.note(console(), "x", "t" * 10_000, None, "v" * 100_000)
    audit.flush()
    with store.reading() as book:
        (row,) = book.audit(None, 1)
    assert len(row.target) == 200
    assert row.after == '{"too_long":100002}'
