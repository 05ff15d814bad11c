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

import structlog

from headframe.app import parts
from headframe.app.books import Books
from headframe.bitcoin.target import target_of_difficulty
from headframe.config import Config
from headframe.gateway.difficulty import DifficultyDesk
from headframe.gateway.hub import Hub, HubParts
from headframe.gateway.jobbook import JobBook
from headframe.gateway.payouts import PayoutBook
from headframe.gateway.roster import RESUME_S, Parked, Roster
from headframe.gateway.tally import Tally
from headframe.gateway.worker_memory import WorkerMemory
from headframe.journal.base import JournalUnavailable
from headframe.metrics.exposition import Exposition
from headframe.mining.job import PayoutSet
from headframe.net.certificates import Certificates, local_names, self_signed
from headframe.net.clock import Clock, SystemClock
from headframe.net.listener import Listener
from headframe.net.tasks import spawn
from headframe.routing.horizon import Horizon
from headframe.routing.router import Router
from headframe.service.operator import Operator, Places
from headframe.service.queries import Queries
from headframe.sources.node.courier import Courier
from headframe.sources.node.source import NodeSource, pending_folder
from headframe.store.memory import RememberedSession
from headframe.stratum.v1.session import V1Session
from headframe.web.pages import Rendered, application
from headframe.web.server import WebServer

BLOCKS_S = 10.0
"""How long blocks that are on their way may delay the end; what is not delivered then is at the next start."""

SEQ_PER_S = 2**20
"""Job numbers begin at the time of the start in these units, to the millisecond: above those of every earlier run, also one
that ended a moment ago."""

log = structlog.get_logger("headframe.gateway")

_LEVELS = {
    "journal_unavailable": "error",
    "source_down": "warning",
    "source_note": "info",
    "session_closed": "debug",
}

OnReady = Callable[[Queries, asyncio.Event], Awaitable[None]]


async def run(config: Config, *, on_ready: OnReady | None = None) -> None:
    """Serve until stopped. `on_ready(queries, stop)` runs beside it and ends it by setting `stop` (or by returning).

    Raises CannotStart, CannotListen, CertificateUnusable or OSError when it cannot start.
    """
    clock = SystemClock()
    stop = asyncio.Event()
    books = await asyncio.to_thread(Books, config.data.dir, clock)
    try:
        hub = _hub(config, clock, books)
        courier = Courier(pending_folder(config.data.dir), clock)
        sources = [
            NodeSource(parts.node_settings(source, config.payout.tag), clock, config.data.dir, courier=courier)
            for source in config.source
        ]
        for source, settings in zip(sources, config.source, strict=True):
            hub.add_source(source, parts.usage_of(settings))
        listener = Listener(hub.accept, parts.limit_settings(config), clock, _certificates(config, clock))
        operator = Operator(hub, books.store, books.writer, books.journal, clock, parts.network_of(config).name)
        web = _web(config, operator)
        await listener.start([str(address) for address in config.stratum.listen])
        operator.places = Places(tuple(listener.addresses), web.url if web is not None else "")
        loop = asyncio.get_running_loop()

        def journal_failed(trouble: JournalUnavailable) -> None:
            loop.call_soon_threadsafe(hub.stop_recording, trouble)

        books.start(config.data.sync_s, journal_failed)
        async with _serving(hub, listener, courier, books), asyncio.TaskGroup() as group:
            tasks = [spawn(group, source.run(hub.on_source_event), name=source.name) for source in sources]
            tasks.append(spawn(group, courier.run(), name="courier"))
            tasks.append(spawn(group, listener.watch(), name="listener"))
            tasks.append(spawn(group, _watch(hub, books), name="watch"))
            if web is not None:
                spawn(group, web.serve(stop), name="web")
            if on_ready is not None:
                spawn(group, _attend(on_ready, operator, stop), name="face")
            await stop.wait()
            listener.stop_accepting()
            books.store.remember_sessions(_remembered(hub.drain(), clock))
            await courier.drain(BLOCKS_S)
            for task in tasks:
                task.cancel()
    finally:
        await asyncio.to_thread(books.close)


@asynccontextmanager
async def _serving(hub: Hub, listener: Listener, courier: Courier, books: Books) -> AsyncIterator[None]:
    """Whatever ends the block, nothing acknowledged is lost and every connection is closed."""
    try:
        yield
    finally:
        listener.stop_accepting()
        hub.drain()
        await listener.close("stopping")


async def _attend(on_ready: OnReady, operator: Operator, stop: asyncio.Event) -> None:
    try:
        await on_ready(operator, stop)
    finally:
        stop.set()


async def _watch(hub: Hub, books: Books) -> None:
    """Once a second: vardiff's sweep, and whether there is room for what must be recorded."""
    while True:
        await asyncio.sleep(1.0)
        hub.sweep()
        hub.route()
        room = books.journal.room()
        if room.low:
            hub.stop_recording(
                JournalUnavailable(
                    f"only {room.free_bytes // 2**20} MiB are free on the journal's disk",
                    "free space on the disk of [data] dir; shares are refused until then, blocks are still submitted",
                )
            )
        elif not hub.recording:
            hub.resume_recording()


def _hub(config: Config, clock: Clock, books: Books) -> Hub:
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
    session_limits = parts.v1_limits(config)

    def payouts(issued: Callable[[PayoutSet], None]) -> PayoutBook:
        book = PayoutBook(parts.payout_policy(config), issued)
        numbers = range(1, store.last_payout_set() + 1)
        book.restore(found for number in numbers if (found := store.payout_set(number)) is not None)
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
            router=Router(),
            horizon=Horizon(),
            wanted_extranonce2=config.stratum.extranonce2_size,
            handshake_s=config.limits.handshake_s,
            new_session=lambda mask: V1Session(version_mask=mask, limits=session_limits, server_name="headframe"),
            call_soon=loop.call_soon,
            log=_say,
        ),
        payouts,
    )


def _say(event: str, **fields: object) -> None:
    getattr(log, _LEVELS.get(event, "info"))(event, **fields)


def _certificates(config: Config, clock: Clock) -> Certificates | None:
    tls = config.stratum.tls
    if not tls.enabled:
        return None
    if tls.certificate is not None and tls.key is not None:
        return Certificates(tls.certificate, tls.key)
    return self_signed(config.data.dir / "tls", local_names(), clock.unix_ms() // 1000)


def _web(config: Config, operator: Operator) -> WebServer | None:
    if not config.web.enabled:
        return None
    exposition = Exposition(operator)
    pages = application(operator, Rendered(exposition.content_type, exposition.text))
    server = WebServer(pages, config.web.listen.host, config.web.listen.port)
    server.bind()
    return server


def _remembered(parked: list[Parked], clock: Clock) -> list[RememberedSession]:
    now, now_ms = clock.monotonic(), clock.unix_ms()
    return [
        RememberedSession(one.session_id, one.extranonce1, one.target, now_ms - int((now - one.since) * 1000))
        for one in parked
    ]
