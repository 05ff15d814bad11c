"""The cockpit over a made-up house, to write and to try pages: `python -m headframe.testing.scripted_web --port 8866`.

Responsible for: the whole web face with real accounts (in a folder that goes away), signed in as one likes, over scripted
numbers.
Not responsible for: mining.
Read next: `testing.scripted_world`.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from starlette.types import ASGIApp, Receive, Scope, Send

from headframe.metrics import Exposition
from headframe.net.clock import Clock, SystemClock
from headframe.service.accounts import Accounts
from headframe.service.accounts_passwords import Passwords
from headframe.service.commands import Commands
from headframe.service.feed import Feed
from headframe.service.logbook import Logbook
from headframe.service.permissions import Privacy, Role, console
from headframe.service.web_settings import WebSettings
from headframe.store.account_store import AccountStore
from headframe.testing.scripted_doors import ScriptedFloor, ScriptedSetup, ScriptedSteering, how_to_connect
from headframe.testing.scripted_world import ScriptedWorld
from headframe.web import WebServer
from headframe.web.pages import Cockpit, Rendered, WebParts, application

PASSWORD = "correct horse battery staple"
"""Of the accounts owner, admin, operator and viewer."""


class ScriptedHouse:
    """A made-up house with real accounts, one of each role, kept in `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        miners: int = 40,
        hostile: bool = False,
        settings: WebSettings | None = None,
        stage: str = "done",
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.settings = settings or WebSettings()
        self.world = ScriptedWorld(self.clock, miners, hostile=hostile)
        self.setup = ScriptedSetup(stage)
        self.logbook = Logbook()
        self.feed = Feed(self.clock)
        self.feed.queries, self.feed.logbook = self.world, self.logbook
        self.store = AccountStore.open(folder)
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.accounts = Accounts(self.store, self.clock, passwords=Passwords(cheap))
        steering, floor = ScriptedSteering(self.world), ScriptedFloor(self.world)
        self.commands = Commands(steering, floor, self.accounts.trail, self.clock)
        if stage != "owner":
            self._people()

    def _people(self) -> None:
        for role in Role:
            if role is Role.OWNER:
                secret = self.accounts.setup_secret
                if secret:
                    self.accounts.create_first_owner(secret, "owner", PASSWORD, "127.0.0.1", "")
            else:
                self.accounts.create_account(console(), role.value, role, PASSWORD)

    def cookie(self, role: str) -> str:
        """The secret of a new session of the account with this role."""
        return self.accounts.sign_in(role, PASSWORD, "", "127.0.0.1", "scripted").secret

    def parts(self) -> WebParts:
        exposition = Exposition(self.world)
        return WebParts(
            queries=self.world,
            commands=self.commands,
            accounts=self.accounts,
            feed=self.feed,
            logbook=self.logbook,
            setup=self.setup,
            connect=how_to_connect,
            settings=lambda: self.settings,
            metrics=Rendered(exposition.content_type, exposition.text),
            clock=self.clock,
            hostnames=("headframe.test",),
        )

    def application(self, *, fresh_files: bool = False) -> Cockpit:
        return application(self.parts(), fresh_files=fresh_files)

    def beat(self, number: int) -> None:
        """A second passes: a tick for who listens; every third a miner moves and the log says so."""
        self.feed.pulse(self.clock.monotonic())
        if number % 3:
            return
        rig = self.world.rigs.rigs[number // 3 % len(self.world.rigs.rigs)]
        names = {"source": "home", "to": "ocean", "reason": "balance"}
        self.feed.publish(
            "move", "moved", key=rig.key, alias=rig.alias, identity=rig.identity, worker=rig.worker, **names
        )
        self.world.happened = self.feed.activity
        fields = {"worker": rig.worker, "peer": f"192.168.1.{rig.number % 250 + 2}", **names}
        self.logbook.add(self.clock.unix_ms(), "info", "session_moved", "headframe.gateway", fields)

    async def live(self) -> None:
        """Beat for ever."""
        number = 0
        while True:
            self.beat(number)
            number += 1
            await asyncio.sleep(1.0)

    def close(self) -> None:
        self.store.close()


class ServedHouse:
    """A house on a port, started and stopped (`testing.loop_thread`). `url` is where, while it is started; `alive`: its
    seconds pass."""

    def __init__(self, folder: Path, *, alive: bool = False, **options: Any) -> None:
        self._folder = folder
        self._alive = alive
        self._options = options
        self._stop = asyncio.Event()
        self._serving: contextlib.AsyncExitStack | None = None
        self.url = ""

    async def start(self) -> None:
        self.house = ScriptedHouse(self._folder, **self._options)
        cockpit = self.house.application()
        web = WebServer(cockpit, "127.0.0.1", 0, closing=cockpit.close_streams)
        web.bind()
        self.url = web.url
        self._serving = contextlib.AsyncExitStack()
        self._serving.callback(self.house.close)
        group = await self._serving.enter_async_context(asyncio.TaskGroup())
        group.create_task(web.serve(self._stop))
        if self._alive:
            beating = group.create_task(self.house.live())
            self._serving.callback(beating.cancel)

    async def stop(self) -> None:
        self._stop.set()
        if self._serving is not None:
            await self._serving.aclose()
        self._stop, self._serving = asyncio.Event(), None


class SignedIn:
    """Gives whoever brings no cookie one: everybody is signed in, without a page for that."""

    def __init__(self, app: ASGIApp, cookie: Callable[[], str]) -> None:
        self._app = app
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and all(name not in (b"cookie", b"authorization") for name, _ in scope["headers"]):
            headers = [*scope["headers"], (b"cookie", f"headframe={self._cookie()}".encode())]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


def main() -> None:
    """Serve until interrupted."""
    options = argparse.ArgumentParser(prog="headframe.testing.scripted_web", description=__doc__)
    options.add_argument("--port", type=int, default=8866)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--miners", type=int, default=40)
    options.add_argument("--hostile", action="store_true", help="names that would like to be markup")
    options.add_argument("--role", default="owner", choices=["owner", "admin", "operator", "viewer", "nobody"])
    options.add_argument("--privacy", default="nothing", choices=[one.value for one in Privacy])
    options.add_argument("--stage", default="done", choices=["owner", "settings", "done"], help="how far set-up is")
    options.add_argument("--shipped", action="store_true", help="files as they are shipped: put together, read once")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(chosen, Path(folder)))


async def _serve(chosen: argparse.Namespace, folder: Path) -> None:
    settings = replace(WebSettings(), privacy=Privacy(chosen.privacy))
    house = ScriptedHouse(folder, miners=chosen.miners, hostile=chosen.hostile, settings=settings, stage=chosen.stage)
    cockpit = house.application(fresh_files=not chosen.shipped)
    app: ASGIApp = cockpit
    if chosen.role != "nobody" and chosen.stage != "owner":
        secret = house.cookie(chosen.role)
        app = SignedIn(cockpit, lambda: secret)
    web = WebServer(app, chosen.host, chosen.port, closing=cockpit.close_streams)
    web.bind()
    words = f"#{house.accounts.setup_secret}" if house.accounts.setup_secret else ""
    place = web.url + ("setup" + words if words else "")
    sys.stdout.write(f"{place}   (accounts owner, admin, operator, viewer: {PASSWORD})\n")
    sys.stdout.flush()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(house.live())
            await web.serve(asyncio.Event())
    finally:
        house.close()


if __name__ == "__main__":
    main()
