"""Start, run, stop.

Responsible for: making the parts known to each other, the tasks, and the order in which everything begins and ends.
Not responsible for: what any part does.
Read next: docs/flows/shutdown.md.

Start: books (caught up), hub, listener and web port taken (or nothing starts), sources, then miners are let in.
Stop: no new miners, the turn ended and every session parked, blocks on their way given BLOCKS_S, connections closed,
sources stopped, books closed.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from headframe.app import parts
from headframe.app.books import Books
from headframe.app.cockpit import Cockpit, Holding, Ways
from headframe.app.house import House, router_of, session_maker
from headframe.bitcoin.target import target_of_difficulty
from headframe.config import Config, ConfigError
from headframe.gateway.difficulty import DifficultyDesk
from headframe.gateway.hub import Hub, HubParts, Log
from headframe.gateway.jobbook import JobBook
from headframe.gateway.payouts import PayoutBook
from headframe.gateway.roster import RESUME_S, Parked, Roster
from headframe.gateway.tally import Tally
from headframe.gateway.worker_memory import WorkerMemory
from headframe.journal.base import JournalUnavailable
from headframe.ledger.facts import PayoutSetIssued
from headframe.mining.job import PayoutSet
from headframe.net.certificates import Certificates, local_names, self_signed
from headframe.net.clock import Clock, SystemClock
from headframe.net.listener import Listener
from headframe.net.tasks import spawn
from headframe.service.activity import HubListener
from headframe.service.feed import Feed
from headframe.service.logbook import Logbook
from headframe.service.operator import Operator, Places
from headframe.service.queries import Queries
from headframe.sources.node.courier import Courier
from headframe.sources.node.source import pending_folder
from headframe.store.memory import RememberedSession

BLOCKS_S = 5.0
"""How long blocks that are on their way may delay the end; what is not delivered then is at the next start."""

SWEEPS_PER_S = 10

SEQ_PER_S = 2**20
"""Job numbers begin at the time of the start in these units, to the millisecond: above those of every earlier run, also one
that ended a moment ago."""

log = structlog.get_logger("headframe.app")
_hub_log = structlog.get_logger("headframe.gateway")

_LEVELS = {
    "journal_unavailable": "error",
    "source_down": "warning",
    "pool_refuses": "warning",
    "nobody_takes": "error",
    "bug": "error",
    "source_note": "info",
    "session_closed": "debug",
    "session_opened": "debug",
    "share_settled": "debug",
}


@dataclass(frozen=True, slots=True)
class Ready:
    """What a face of the process itself gets: questions, and the link for whoever opens a browser here first ("" when
    nobody is to be let in)."""

    queries: Queries
    welcome: Callable[[], str]


OnReady = Callable[[Ready, asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reloads:
    """How the configuration can be read again: `asked` is set when it should (SIGHUP), `load` does it (raises
    ConfigError; called in a thread), `taken_over` is told what is in force then."""

    asked: asyncio.Event
    load: Callable[[], Config]
    taken_over: Callable[[Config], None]


async def run(
    config: Config,
    *,
    on_ready: OnReady | None = None,
    reloads: Reloads | None = None,
    holding: Holding | None = None,
    logbook: Logbook | None = None,
) -> bool:
    """Serve until stopped. `on_ready(ready, stop)` runs beside it and ends it by setting `stop` (or by returning).
    True when it is to be run again, by the configuration that was written meanwhile.

    Raises CannotStart, CannotListen, CertificateUnusable or OSError when it cannot start.
    """
    clock = SystemClock()
    stop = asyncio.Event()
    feed = Feed(clock)
    books = await asyncio.to_thread(Books, config.data.dir, clock)
    cockpit: Cockpit | None = None
    try:
        hub = _hub(config, clock, books, HubListener(feed, _say))
        courier = Courier(pending_folder(config.data.dir), clock)
        listener = Listener(hub.accept, parts.limit_settings(config), clock, _certificates(config, clock))
        taken_over = reloads.taken_over if reloads is not None else _nobody_minds
        house = House(config, clock, hub, books, listener, courier, taken_over)
        operator = Operator(hub, books.store, books.writer, books.journal, clock, parts.network_of(config).name)
        web = ""
        if config.web.enabled:
            ways = Ways(clock, feed, logbook if logbook is not None else Logbook(), stop)
            cockpit = await asyncio.to_thread(Cockpit, holding or Holding(), house, hub, listener, operator, ways)
            web = cockpit.bind()
        house.settle()
        await listener.start([str(address) for address in config.stratum.listen])
        operator.places = Places(tuple(listener.addresses), web)
        _start_books(books, hub, config.data.sync_s)
        async with _serving(hub, listener, books, clock), asyncio.TaskGroup() as group:
            house.open(group)
            tasks = [
                spawn(group, courier.run(), name="courier"),
                spawn(group, listener.watch(), name="listener"),
                spawn(group, _watch(hub, books), name="watch"),
            ]
            if reloads is not None:
                tasks.append(spawn(group, _heed(reloads, house), name="reload"))
            if cockpit is not None:
                tasks += cockpit.open(group)
            if on_ready is not None:
                welcome = cockpit.welcome if cockpit is not None else _nobody_to_welcome
                spawn(group, _attend(on_ready, Ready(operator, welcome), stop), name="face")
            await stop.wait()
            listener.stop_accepting()
            _park(hub, books, clock)
            await courier.drain(BLOCKS_S)
            house.close()
            for task in tasks:
                task.cancel()
    finally:
        try:
            if cockpit is not None:
                await asyncio.to_thread(cockpit.close)
        finally:
            await asyncio.to_thread(books.close)
    return cockpit is not None and cockpit.again


def _nobody_minds(_: Config) -> None:
    pass


def _nobody_to_welcome() -> str:
    return ""


def _start_books(books: Books, hub: Hub, sync_s: float) -> None:
    """Folding and syncing begin; their trouble reaches the hub on the loop."""
    loop = asyncio.get_running_loop()

    def sync_failed(trouble: JournalUnavailable) -> None:
        loop.call_soon_threadsafe(partial(hub.stop_recording, trouble, resumes_with_a_write=False))

    def sync_holds() -> None:
        loop.call_soon_threadsafe(hub.resume_recording)

    books.sync_s = sync_s
    books.start(sync_failed, sync_holds)


async def _heed(reloads: Reloads, house: House) -> None:
    """Read the configuration again when asked to. One that is refused changes nothing."""
    while True:
        await reloads.asked.wait()
        reloads.asked.clear()
        async with house.changing:
            try:
                config = await asyncio.to_thread(reloads.load)
            except ConfigError as error:
                for problem in error.problems:
                    log.error("reload_refused", problem=str(problem))
                continue
            await house.take(config)


@asynccontextmanager
async def _serving(hub: Hub, listener: Listener, books: Books, clock: Clock) -> AsyncIterator[None]:
    """Whatever ends the block, nothing acknowledged is lost and every connection is closed."""
    try:
        yield
    finally:
        listener.stop_accepting()
        _park(hub, books, clock)
        await listener.close("stopping")


def _park(hub: Hub, books: Books, clock: Clock) -> None:
    """Everything on record, every session remembered."""
    books.store.remember_sessions(_remembered(hub.drain(), clock))


async def _attend(on_ready: OnReady, ready: Ready, stop: asyncio.Event) -> None:
    try:
        await on_ready(ready, stop)
    finally:
        stop.set()


async def _watch(hub: Hub, books: Books) -> None:
    """All seats within five seconds, a slice at a time; the router and the room for what must be recorded once a second."""
    low = False
    while True:
        for _ in range(SWEEPS_PER_S):
            await asyncio.sleep(1.0 / SWEEPS_PER_S)
            hub.sweep(0.2 / SWEEPS_PER_S)
        hub.route()
        hub.try_recording()
        room = books.journal.room()
        if room.low:
            low = True
            hub.stop_recording(
                JournalUnavailable(
                    f"only {room.free_bytes // 2**20} MiB are free on the journal's disk",
                    "free space on the disk of [data] dir; shares are refused until then, blocks are still submitted",
                ),
                resumes_with_a_write=False,
            )
        elif low:
            low = False
            hub.resume_recording()


def _hub(config: Config, clock: Clock, books: Books, log: Log) -> Hub:
    store = books.store
    memory = WorkerMemory(store.remember_difficulty)
    memory.restore(store.recall_difficulties())
    roster = Roster(
        new_id=lambda: secrets.token_hex(8), seed=secrets.randbits(32), max_parked=config.limits.connections
    )
    now, now_ms = clock.monotonic(), clock.unix_ms()
    roster.restore(
        Parked(one.session_id, one.extranonce1, one.target, now - (now_ms - one.seen_ms) / 1000)
        for one in store.recall_sessions(now_ms - int(RESUME_S * 1000))
    )
    loop = asyncio.get_running_loop()
    router, horizon = router_of(config)

    def payouts(issued: Callable[[PayoutSet], None]) -> PayoutBook:
        book = PayoutBook(parts.payout_policy(config), issued)
        numbers = range(1, store.last_payout_set() + 1)
        book.restore(found for number in numbers if (found := store.payout_set(number)) is not None)
        # What the store could not take yet (its disk may be in trouble) is numbered all the same.
        for _, facts in books.journal.read(books.writer.position):
            book.restore(fact for fact in facts if isinstance(fact, PayoutSetIssued))
        return book

    return Hub(
        HubParts(
            clock=clock,
            book=JobBook(now_ms * SEQ_PER_S // 1000),
            tally=Tally(books.journal),
            roster=roster,
            difficulty=DifficultyDesk(
                parts.vardiff_policy(config), target_of_difficulty(config.difficulty.start), memory
            ),
            router=router,
            horizon=horizon,
            wanted_extranonce2=config.stratum.extranonce2_size,
            handshake_s=config.limits.handshake_s,
            new_session=session_maker(config),
            call_soon=loop.call_soon,
            log=log,
        ),
        payouts,
    )


def _say(event: str, **fields: object) -> None:
    getattr(_hub_log, _LEVELS.get(event, "info"))(event, **fields)


def _certificates(config: Config, clock: Clock) -> Certificates | None:
    tls = config.stratum.tls
    if not tls.enabled:
        return None
    if tls.certificate is not None and tls.key is not None:
        return Certificates(tls.certificate, tls.key)
    return self_signed(config.data.dir / "tls", local_names(), clock.unix_ms() // 1000)


def _remembered(parked: list[Parked], clock: Clock) -> list[RememberedSession]:
    now, now_ms = clock.monotonic(), clock.unix_ms()
    return [
        RememberedSession(one.session_id, one.extranonce1, one.target, now_ms - int((now - one.since) * 1000))
        for one in parked
    ]
