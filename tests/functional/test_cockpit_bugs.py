"""A bug in what people look at: pages suffer from it, miners do not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from headframe.app import cockpit, running
from headframe.app.running import Ready
from headframe.app.setup import waiting_config


@pytest.mark.parametrize(("what", "failing"), [("pulse", "Feed.pulse"), ("dashboard", "DashboardDesk.gather")])
async def test_it_is_said_once_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, failing: str
) -> None:
    asked = 0

    def stumble(*_: Any) -> Any:
        nonlocal asked
        asked += 1
        raise ZeroDivisionError("a bug")

    module = "headframe.service.feed" if what == "pulse" else "headframe.service.dashboard"
    monkeypatch.setattr(f"{module}.{failing}", stumble)
    monkeypatch.setattr(cockpit, "PULSE_S", 0.02)

    async def look(ready: Ready, stop: asyncio.Event) -> None:
        async with asyncio.timeout(20):
            while asked < (3 if what == "pulse" else 1):  # noqa: ASYNC110 - what is asked does not tell
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        assert not stop.is_set()

    config = waiting_config({"HEADFRAME_DATA__DIR": str(tmp_path), "HEADFRAME_WEB__LISTEN": "127.0.0.1:0"})
    with capture_logs() as lines:
        await running.run(config, on_ready=look)
    told = [(line["log_level"], line["what"]) for line in lines if line["event"] == "view_failed"]
    assert told == [("error", what)]
