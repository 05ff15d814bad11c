"""The door for commands on the server's machine, wherever the web port goes and whatever the disk says."""

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from headframe.app import running
from headframe.app.running import Ready
from headframe.app.setup import waiting_config
from headframe.cli.console import Console
from headframe.config import Config


def served(folder: Path, host: str) -> Config:
    return waiting_config({"HEADFRAME_DATA__DIR": str(folder), "HEADFRAME_WEB__LISTEN": f"{host}:0"})


async def said(folder: Path, *words: Any) -> Any:
    return await asyncio.to_thread(lambda: Console(folder).ask(*words))


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0"])
async def test_it_goes_with_the_port_when_that_is_opened_to_others(tmp_path: Path, host: str) -> None:
    async def look(ready: Ready, stop: asyncio.Event) -> None:
        await said(tmp_path, "POST", "accounts", {"name": "ada", "role": "owner"})
        async with asyncio.timeout(20):
            while f"//{host}:" not in ready.queries.overview().web:  # noqa: ASYNC110 - it is asked, it does not tell
                await asyncio.sleep(0.05)
        assert [one["name"] for one in await said(tmp_path, "GET", "accounts")] == ["ada"]

    await running.run(served(tmp_path, host), on_ready=look)
    assert not (tmp_path / "console.json").exists()


async def test_a_disk_that_does_not_take_its_file_keeps_no_miner_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    looked = False

    async def look(ready: Ready, stop: asyncio.Event) -> None:
        nonlocal looked
        await asyncio.sleep(0.2)
        assert not stop.is_set()
        looked = True

    monkeypatch.setattr("headframe.app.cockpit.leave", full)
    with capture_logs() as lines:
        await running.run(served(tmp_path, "127.0.0.1"), on_ready=look)
    assert looked
    (told,) = [line for line in lines if line["event"] == "console_closed"]
    assert told["reason"] == "No space left on device"
