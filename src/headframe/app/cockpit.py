"""Everything behind the web port, put together.

Responsible for: accounts, commands, events and the web application as one part of the house; where the web port is bound
while nobody owns this server; the links that let somebody in first; the door for the command line.
Not responsible for: what any of it does (`service`, `web`, `app.desk`, `app.setup`).
Read next: `app.running`, docs/operating/web.md.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import structlog

from headframe.app import parts
from headframe.app.connect import connect_view
from headframe.app.console import ConsoleFile, leave, take_away
from headframe.app.desk import Desk
from headframe.app.desk_weights import Standing
from headframe.app.house import House
from headframe.app.names import names_secret
from headframe.app.setup import Setup
from headframe.app.trouble import CannotStart
from headframe.config import Config
from headframe.gateway.hub import Hub
from headframe.metrics.exposition import Exposition
from headframe.net.certificates import Certificates, local_names
from headframe.net.clock import Clock
from headframe.net.listener import Listener
from headframe.net.tasks import spawn
from headframe.service.accounts import Accounts
from headframe.service.commands import Commands
from headframe.service.feed import Feed
from headframe.service.floor import LiveFloor
from headframe.service.logbook import Logbook
from headframe.service.miner_views import use_names_secret
from headframe.service.operator import Operator
from headframe.service.permissions import Role, console
from headframe.service.refusals import Unavailable
from headframe.service.setup import ConnectView
from headframe.store.account_store import AccountStore
from headframe.store.trouble import StoreRefused
from headframe.web.pages import Rendered, WebParts, application
from headframe.web.server import WebServer

LOOPBACK = "127.0.0.1"
PULSE_S = 1.0
KEEP_S = 30

log = structlog.get_logger("headframe.app")


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds the configuration, so that it can be changed: its file (None: changes hold until the end) and the
    environment above it. `to_write`: the file that the wizard writes, while there is no configuration. `guest`: an owner
    of this name is made at the start and let in by a link (the demo's). `overriding`: what the command line says over any
    configuration."""

    file: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    to_write: Path | None = None
    guest: str = ""
    overriding: Callable[[Config], Config] = lambda config: config


@dataclass(frozen=True, slots=True)
class Ways:
    """What the cockpit shares with the rest: time, what happens, the log, and the end."""

    clock: Clock
    feed: Feed
    logbook: Logbook
    stop: asyncio.Event


class Cockpit:
    """See the module. `bind` before miners are let in, `open` after, `close` at the end. One owner: `app.running`."""

    def __init__(
        self, holding: Holding, house: House, hub: Hub, listener: Listener, operator: Operator, ways: Ways
    ) -> None:
        """Blocks: opens the accounts' file. Raises CannotStart, CertificateUnusable."""
        config, clock = house.config, ways.clock
        self._holding = holding
        self._house = house
        self._listener = listener
        self._operator = operator
        self._feed = ways.feed
        self._clock = clock
        self._store = _account_store(config.data.dir)
        self._accounts = Accounts(self._store, clock)
        use_names_secret(names_secret(config.data.dir))
        self._guest_link = self._make_guest(holding.guest) if holding.guest else ""
        self._certificates = _certificates(config)
        self._delayed = False
        self._failing = False
        self.again = False
        """Whether the server is to be run again, by the configuration that was written meanwhile."""
        self._names = local_names()
        self._stop = ways.stop
        ways.feed.queries, ways.feed.logbook = operator, ways.logbook
        self._surround()
        self._web = application(self._parts(hub, ways))
        listen = config.web.listen
        self._server = WebServer(
            self._web, self._host(config), listen.port, tls=self._contexts(), closing=self._web.close_streams
        )

    def _parts(self, hub: Hub, ways: Ways) -> WebParts:
        """Everything that the web answers from."""
        house, operator, clock = self._house, self._operator, self._clock
        desk = self._desk(hub)
        floor = LiveFloor(hub, self._listener, clock, operator.known_miner)
        exposition = Exposition(operator)
        return WebParts(
            queries=operator,
            commands=Commands(desk, floor, self._accounts.trail, clock, self._tell),
            accounts=self._accounts,
            feed=ways.feed,
            logbook=ways.logbook,
            setup=self._setup(desk),
            connect=lambda: self._connect_by(house.config),
            settings=lambda: parts.web_settings(house.config),
            metrics=Rendered(exposition.content_type, exposition.text),
            clock=clock,
            hostnames=tuple(self._names),
        )

    def _desk(self, hub: Hub) -> Desk:
        house, holding = self._house, self._holding
        return Desk(
            holding.file,
            holding.environment,
            lambda: house.config,
            house.take,
            _LiveFleet(hub),
            self._clock,
            changing=house.changing,
            try_policy=house.policies.trial,
            overriding=holding.overriding,
        )

    def _setup(self, desk: Desk) -> Setup:
        return Setup(
            self._holding.to_write,
            self._holding.environment,
            desk,
            self._accounts.owner_exists,
            self._run_again,
            self._connect_by,
            own_port=lambda: self._server.port,
        )

    # -- life ---------------------------------------------------------------------------------------------------

    def bind(self) -> str:
        """Take the web port; where people find it. Raises OSError."""
        self._server.bind()
        return self._server.url

    def open(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Begin to answer; the tasks to cancel at the end, the server's excepted, which ends with `stop`."""
        spawn(group, self._serve(), name="web")
        return [
            spawn(group, self._pulse(), name="pulse"),
            spawn(group, self._views(), name="views"),
            spawn(group, self._keep(), name="accounts"),
        ]

    def close(self) -> None:
        """Blocks: what is not written down yet is. After everything else."""
        try:
            self._write_down(all_of_them=True)
        finally:
            self._store.close()

    async def _serve(self) -> None:
        self._leave_door_open()
        try:
            await self._server.serve(self._stop)
        finally:
            with contextlib.suppress(OSError):
                take_away(self._house.config.data.dir)

    def _leave_door_open(self) -> None:
        """For commands on this machine; miners do not wait for it."""
        door = ConsoleFile(self._door_url(), self._accounts.console_secret, _certificate_file(self._house.config))
        try:
            leave(self._house.config.data.dir, door)
        except OSError as trouble:
            log.error("console_closed", reason=trouble.strerror or str(trouble))

    async def _pulse(self) -> None:
        """Once a second: what all who look are told, and whether the port may be opened to others now. A bug in what people
        look at is no reason to send miners away: it is said once until it works again."""
        alone = not self._accounts.owner_exists()
        while True:
            await asyncio.sleep(PULSE_S)
            self._surround()
            try:
                self._feed.pulse(self._clock.monotonic())
                self._failing = False
            except Exception:
                if not self._failing:
                    log.exception("view_failed", what="pulse")
                self._failing = True
            if alone and self._accounts.owner_exists() and self._holding.to_write is None:
                alone = False
                await self._open_to_others()

    async def _views(self) -> None:
        while True:
            try:
                await self._operator.run()
            except Exception:
                log.exception("view_failed", what="dashboard")
            await asyncio.sleep(KEEP_S)

    async def _keep(self) -> None:
        """Write down when people were last here, and take up a renewed certificate."""
        while True:
            await asyncio.sleep(KEEP_S)
            await asyncio.to_thread(self._write_down)
            if self._certificates is not None:
                self._certificates.refresh()

    def _write_down(self, *, all_of_them: bool = False) -> None:
        """Blocks. What the disk does not take waits: when people were last here must never stop a miner."""
        try:
            self._accounts.keep(all_of_them=all_of_them)
        except Unavailable as trouble:
            if not self._delayed:
                log.error("accounts_delayed", reason=trouble.text, remedy=trouble.remedy)
            self._delayed = True
        else:
            self._delayed = False

    def _surround(self) -> None:
        """What may have changed with the configuration."""
        around, config = self._operator.surroundings, self._house.config
        around.listener, around.activity, around.readings = self._listener, self._feed.activity, self._house.readings
        around.balance = self._house.policies.view
        around.explorers = config.web.explorer
        around.windows = parts.policy_windows(config)

    # -- who is let in first ------------------------------------------------------------------------------------

    def welcome(self) -> str:
        """The link for the first one who opens a browser here; "" when there is nobody to let in."""
        if self._guest_link:
            return f"{self._server.url}login#{self._guest_link}"
        secret = self._accounts.setup_secret
        return f"{self._server.url}setup#{secret}" if secret else ""

    def _make_guest(self, name: str) -> str:
        """An owner that only a link lets in."""
        return self._accounts.create_account(console(), name, Role.OWNER)[1]

    def _host(self, config: Config) -> str:
        """As configured, once somebody owns this server; until then nobody else can reach it."""
        return config.web.listen.host if self._accounts.owner_exists() and self._holding.to_write is None else LOOPBACK

    async def _open_to_others(self) -> None:
        host = self._house.config.web.listen.host
        if host == LOOPBACK:
            return
        try:
            await self._server.move(host, self._server.port, tls=self._contexts())
        except OSError as trouble:
            log.error("web_not_opened", host=host, reason=trouble.strerror or str(trouble))
            return
        self._operator.places = replace(self._operator.places, web=self._server.url)
        self._leave_door_open()
        log.info("web_opened", web=self._server.url)

    def _tell(self, action: str, target: str, actor: str) -> None:
        self._feed.publish("command", action, target=target, actor=actor)

    def _run_again(self) -> None:
        self.again = True
        self._stop.set()

    # -- places -------------------------------------------------------------------------------------------------

    def _contexts(self) -> Callable[[], ssl.SSLContext] | None:
        certificates = self._certificates
        return None if certificates is None else lambda: certificates.context

    def _door_url(self) -> str:
        """By loopback where that is listened on, since the answer must not depend on the network."""
        url = urlsplit(self._server.url)
        host = (
            LOOPBACK
            if url.hostname == "0.0.0.0"
            else "[::1]"
            if url.hostname == "::"
            else url.netloc.rpartition(":")[0]
        )
        return f"{url.scheme}://{host}:{url.port}/"

    def _connect_by(self, config: Config) -> ConnectView:
        """By what is listened on now; by what will be, of a configuration that was just written."""
        if config is self._house.config:
            return connect_view(config, self._listener.addresses, self._names, self._listener.certificate)
        return connect_view(config, [str(listen) for listen in config.stratum.listen], self._names, None)


class _LiveFleet:
    """`app.desk_weights.Fleet` of the hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def standing(self) -> Sequence[Standing]:
        """By the hashrate that sessions are measured at."""
        rates: dict[str, float] = {}
        for seat in self._hub.seats:
            rates[seat.source] = rates.get(seat.source, 0.0) + seat.hashrate
        return [
            Standing(
                name=seat.name,
                weight=seat.usage.weight,
                tier=seat.usage.tier,
                able=seat.can_work,
                paused=seat.usage.paused,
                cap_hashes_per_s=seat.usage.cap_hashes_per_s,
                hashrate=rates.get(seat.name, 0.0),
                sessions=seat.sessions,
            )
            for seat in self._hub.sources.all()
        ]


def _account_store(folder: Path) -> AccountStore:
    try:
        return AccountStore.open(folder)
    except StoreRefused as error:
        raise CannotStart(error.reason, error.remedy) from None


def _certificates(config: Config) -> Certificates | None:
    tls = config.web.tls
    return None if tls.certificate is None or tls.key is None else Certificates(tls.certificate, tls.key)


def _certificate_file(config: Config) -> str:
    certificate = config.web.tls.certificate
    return "" if certificate is None else str(certificate)
