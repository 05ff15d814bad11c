"""The configuration read again while it is being changed from a page: what runs in the end is what stands in the file."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from headframe.app import running
from headframe.app.desk import Desk
from headframe.app.desk_weights import Standing
from headframe.app.house import House
from headframe.app.reload import Reload, diff
from headframe.app.running import Reloads
from headframe.config import Config, load
from headframe.service.settings_views import Change
from headframe.testing.fake_clock import FakeClock

FILE = """\
[payout]
mode = "miner"
[[source]]
name = "home"
network = "regtest"
weight = 70
rpc = "http://127.0.0.1:18443"
user = "u"
password = "p"
"""


class NoFleet:
    def standing(self) -> Sequence[Standing]:
        return ()


class Rooms:
    """As much of `app.house.House` as takes configurations."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.changing = asyncio.Lock()
        self.taken = 0

    async def take(self, config: Config) -> Reload:
        reload = diff(self.config, config)
        self.config = reload.in_force
        self.taken += 1
        return reload


async def test_an_older_reading_of_the_file_is_never_taken_after_a_newer_one(tmp_path: Path) -> None:
    file = tmp_path / "headframe.toml"
    file.write_text(FILE)
    house = Rooms(load(file, {}))
    desk = Desk(file, {}, lambda: house.config, house.take, NoFleet(), FakeClock(), changing=house.changing)
    read, go_on = threading.Event(), threading.Event()

    def slowly() -> Config:
        config = load(file, {})
        read.set()
        assert go_on.wait(20)
        return config

    asked = asyncio.Event()
    heeding = asyncio.ensure_future(running._heed(Reloads(asked, slowly, lambda _: None), cast("House", house)))
    asked.set()
    await asyncio.to_thread(read.wait, 20)
    change = asyncio.ensure_future(desk.change([Change("source.home.weight", 20)]))
    await asyncio.wait([change], timeout=0.5)
    go_on.set()
    await change
    async with asyncio.timeout(20):
        while house.taken < 2:  # noqa: ASYNC110 - it is asked, it does not tell
            await asyncio.sleep(0.01)
    heeding.cancel()
    await asyncio.wait([heeding])
    assert load(file, {}).source[0].weight == house.config.source[0].weight == 20
