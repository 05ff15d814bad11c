"""The audit loses nothing, also when the disk does."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

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


def written(store: AccountStore, audit: AuditLog, before: Any, after: Any) -> tuple[Any, Any]:
    audit.note(console(), "x", "t" * 10_000, before, after)
    audit.flush()
    with store.reading() as book:
        (row,) = book.audit(None, 1)
    assert len(row.target) == 200
    assert max(len(row.before), len(row.after)) <= 64 * 1024
    return json.loads(row.before), json.loads(row.after)


def test_what_is_too_long_is_cut_and_said(store: AccountStore, audit: AuditLog) -> None:
    assert written(store, audit, None, "v" * 100_000) == (None, "v" * 2_000 + "…+98000")


def test_an_act_on_many_miners_names_them_all_however_many_sessions_they_had(
    store: AccountStore, audit: AuditLog
) -> None:
    sessions = {
        f"{'b' * 62}.miner{number}": [f"miner{number} at 192.0.2.{one % 250}" for one in range(700)]
        for number in range(200)
    }
    before, _ = written(store, audit, {"sessions": sessions}, None)
    assert set(before["sessions"]) == set(sessions)
    for name, told in before["sessions"].items():
        *kept, more = told
        assert kept
        assert kept == sessions[name][: len(kept)]
        assert more == f"+{700 - len(kept)}"


def test_of_long_lists_only_what_changed_is_kept(store: AccountStore, audit: AuditLog) -> None:
    table = [{"worker": f"worker{number}", "source": "home"} for number in range(5_000)]
    moved = [*table[:4_000], {"worker": "worker4000", "source": "away"}, *table[4_001:]]
    assert written(store, audit, {"pin": table}, {"pin": moved}) == (
        {"pin": [{"worker": "worker4000", "source": "home"}, "+4999"]},
        {"pin": [{"worker": "worker4000", "source": "away"}, "+4999"]},
    )


def test_of_too_many_names_the_first_are_kept(store: AccountStore, audit: AuditLog) -> None:
    _, after = written(store, audit, None, {f"name{number}": "v" * 150 for number in range(9_000)})
    kept = len(after) - 1
    assert kept >= 100
    assert after["…"] == f"+{9_000 - kept}"


def deep(levels: int) -> Any:
    return [deep(levels - 1)] * 6 if levels else "v" * 300


def test_whatever_it_is_the_entry_stays_within_its_bound(store: AccountStore, audit: AuditLog) -> None:
    _, after = written(store, audit, None, {"a": deep(5), "k" * 70_000: 1})
    assert "too_long" not in after
