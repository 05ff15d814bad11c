"""The accounts' file in trouble while the server runs: miners do not notice, and nothing of theirs is lost at the end."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from headframe.app import cockpit, running
from headframe.app.running import Ready
from headframe.app.setup import waiting_config
from headframe.config import Config
from headframe.net.clock import SystemClock
from headframe.service.accounts import Accounts
from headframe.service.permissions import Role, console
from headframe.store.account_store import ACCOUNTS_FILE, AccountStore

FULL = (
    "CREATE TRIGGER full_{verb} BEFORE {verb} ON signed_in BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
)


def served(folder: Path) -> Config:
    return waiting_config({"HEADFRAME_DATA__DIR": str(folder), "HEADFRAME_WEB__LISTEN": "127.0.0.1:0"})


def with_a_session_that_is_over_and_a_disk_that_is_full(folder: Path) -> None:
    store = AccountStore.open(folder)
    accounts = Accounts(store, SystemClock())
    _, link = accounts.create_account(console(), "ada", Role.OWNER)
    accounts.use_link(link, "127.0.0.1", "a browser")
    store.close()
    with closing(sqlite3.connect(folder / ACCOUNTS_FILE)) as file, file:
        file.execute("UPDATE signed_in SET created_ms = 0")
        for verb in ("DELETE", "UPDATE"):
            file.execute(FULL.format(verb=verb))


@pytest.mark.parametrize("full", ["all the time", "at the end"])
async def test_a_full_disk_of_the_accounts_stops_no_miner_and_keeps_nothing_from_being_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    monkeypatch.setattr(cockpit, "KEEP_S", 0.02 if full == "all the time" else 60)
    with_a_session_that_is_over_and_a_disk_that_is_full(tmp_path)
    closed = asyncio.Event()
    close = running.Books.close

    def noted(books: running.Books) -> None:
        close(books)
        closed.set()

    monkeypatch.setattr(running.Books, "close", noted)

    async def look(ready: Ready, stop: asyncio.Event) -> None:
        if full == "all the time":
            async with asyncio.timeout(20):
                while not any(line["event"] == "accounts_delayed" for line in lines):  # noqa: ASYNC110 - the log says it
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)  # several times more, which say nothing
        assert not stop.is_set()

    with capture_logs() as lines:
        assert not await running.run(served(tmp_path), on_ready=look)
    assert closed.is_set()
    told = [line for line in lines if line["event"] == "accounts_delayed"]
    assert [(line["log_level"], "full" in line["reason"]) for line in told] == [("error", True)]
