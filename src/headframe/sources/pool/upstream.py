"""One place at a pool that is kept connected: a lane.

Responsible for: connecting, trying the URLs in order with pauses and jitter, returning to a preferred one, following the
pool where it asks us to go, and which sessions were leased here.
Not responsible for: what is said on a connection (`sources.pool.connection`), how many lanes there are and what the hub
hears (`sources.pool.source`).
Read next: `sources.pool.source`.

    trying --ready--> working --gone--> trying          working --a successor is ready--> working

A lane keeps its name over all its connections. A successor (the preferred URL is back, or the pool asked us to reconnect)
is made ready while the old connection still works, so its sessions change over with one clean job.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from headframe.net.clock import Clock
from headframe.net.dial import TlsRefused, Unreachable, dial
from headframe.sources.condition import Condition, condition
from headframe.sources.pool.connection import Phase, UpstreamConnection
from headframe.sources.pool.health import PoolState
from headframe.sources.pool.settings import PoolSettings, PoolUrl
from headframe.sources.pool.work import PoolWork
from headframe.stratum.v1.client_events import ReconnectAsked

MAX_OBEYED_WAIT_S = 60.0
"""How long a pool may make us wait before we come back."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What to take up again at this address."""

    url: PoolUrl
    session_id: str


class House(Protocol):
    """What a lane needs of its source."""

    def connection(self, lane: "Upstream", url: PoolUrl, resume: str) -> UpstreamConnection: ...

    def ready(self, lane: "Upstream", connection: UpstreamConnection) -> None:
        """It has work; `lane.connection` is it."""
        ...

    def lost(self, lane: "Upstream", why: Condition) -> None:
        """It had work and has none; `lane.connection` is None."""
        ...

    def failed(self, lane: "Upstream", why: Condition) -> None:
        """An attempt did not lead to work."""
        ...


class Upstream:
    """See the module. Mutable; owned by the source. `pause_factor` gives the jitter: around 1."""

    def __init__(
        self, name: str, settings: PoolSettings, clock: Clock, house: House, pause_factor: Callable[[], float]
    ) -> None:
        self.name = name
        self.sessions: set[str] = set()
        self.last_session = ""
        self.idle_since = clock.monotonic()
        self.connection: UpstreamConnection | None = None
        self.work: PoolWork | None = None
        self.place = 0
        """Which URL serves: 0 is the preferred one."""
        self._settings = settings
        self._clock = clock
        self._house = house
        self._pause_factor = pause_factor
        self._memory: Memory | None = None
        self._redirect: PoolUrl | None = None
        self._not_before = 0.0
        self._opening: UpstreamConnection | None = None
        self.first_trouble: Condition | None = None

    async def run(self) -> None:
        """Until cancelled."""
        rounds = 0
        try:
            while True:
                steady = await self._round()
                rounds = 0 if steady else min(rounds + 1, 16)
                pause_s = min(self._settings.max_retry_s, self._settings.retry_s * 2 ** max(0, rounds - 1))
                await asyncio.sleep(pause_s * self._pause_factor())
        finally:
            for connection in (self.connection, self._opening):
                if connection is not None:
                    connection.leave(condition(PoolState.HUNG_UP, connection.url, "we stop"))

    def gone(self, connection: UpstreamConnection, why: Condition) -> None:
        """This connection has ended; told by the source as soon as it is known."""
        if connection is self.connection:
            self.connection = None
            self._house.lost(self, why)

    # Trying -----------------------------------------------------------------------------------------------------------

    async def _round(self) -> bool:
        """Try every URL once, in order, and work with the first that works for as long as it does. True when one worked
        for long enough that the next round should come soon."""
        self.first_trouble = None
        urls = list(enumerate(self._settings.urls))
        redirect, self._redirect = self._redirect, None
        if redirect is not None:
            await self._wait_until(self._not_before)
            urls.insert(0, (0, redirect))
        for place, url in urls:
            opened = await self._open(url)
            if isinstance(opened, Condition):
                self._fail(opened)
                continue
            lived_s, why = await self._work(opened, place)
            if lived_s >= self._settings.steady_s:
                return True
            self.first_trouble = self.first_trouble or why
            if self._sent_elsewhere():
                break
        return False

    def _sent_elsewhere(self) -> bool:
        return self._redirect is not None

    def _fail(self, why: Condition) -> None:
        self.first_trouble = self.first_trouble or why
        self._house.failed(self, why)

    async def _open(self, url: PoolUrl) -> UpstreamConnection | Condition:
        """A connection that has work, or why there is none."""
        settings = self._settings
        memory = self._memory
        resume = memory.session_id if settings.resume and memory is not None and memory.url == url else ""
        self._opening = opening = self._house.connection(self, url, resume)
        try:
            trust = settings.trust if url.tls else None
            try:
                await dial(url.host, url.port, lambda: opening, trust=trust, timeout_s=settings.connect_s)
            except Unreachable as trouble:
                return self._give_up(opening, condition(PoolState.UNREACHABLE, url, trouble))
            except TlsRefused as trouble:
                return self._give_up(opening, condition(PoolState.TLS_REFUSED, url, trouble))
            opening.begin()
            await _any_of(opening.ready, opening.gone, timeout_s=settings.handshake_s)
            if opening.gone.done():
                return opening.gone.result()
            if not opening.ready.done():
                return self._give_up(opening, condition(PoolState.NO_HANDSHAKE, url, f"{settings.handshake_s:g}"))
            self._memory = Memory(url, opening.session_id) if opening.session_id else None
            self._opening = None
            return opening
        finally:
            if self._opening is not None:
                self._opening = None
                opening.leave(condition(PoolState.HUNG_UP, url, "we stop"))

    def _give_up(self, opening: UpstreamConnection, why: Condition) -> Condition:
        opening.leave(why)
        return why

    # Working ----------------------------------------------------------------------------------------------------------

    async def _work(self, connection: UpstreamConnection, place: int) -> tuple[float, Condition]:
        """Stay with this connection and its successors: (how long the last one lived in seconds, why it ended)."""
        self._take_over(connection, place)
        while True:
            next_look_s = self._settings.return_s * self._pause_factor() if place else None
            await _any_of(connection.gone, connection.asked, timeout_s=next_look_s)
            if connection.asked.done():
                self._redirect = self._told_to(connection, connection.asked.result())
            lived_s = self._clock.monotonic() - connection.working_since
            if not connection.gone.done() and self._redirect is not None and lived_s < self._settings.steady_s:
                # Whoever sends everybody away at once, again and again, is met with our pauses.
                connection.leave(condition(PoolState.ASKED_TO_LEAVE, connection.url))
            if connection.gone.done():
                return lived_s, connection.gone.result()
            successor = await self._succeed(connection, place)
            if successor is not None:
                connection, place = successor

    async def _succeed(self, old: UpstreamConnection, place: int) -> tuple[UpstreamConnection, int] | None:
        """Another connection in the old one's place, if one can be made: where the pool asked us to go, or at an URL that
        is preferred to the present one."""
        redirect, self._redirect = self._redirect, None
        if redirect is not None:
            await self._wait_until(self._not_before)
            candidates = [(place, redirect)]
        else:
            candidates = list(enumerate(self._settings.urls))[:place]
        for new_place, url in candidates:
            opened = await self._open(url)
            if isinstance(opened, Condition):
                self._house.failed(self, opened)
                continue
            self._take_over(opened, new_place)
            old.leave(condition(PoolState.ASKED_TO_LEAVE, old.url))
            return opened, new_place
        if redirect is not None and old.phase is not Phase.GONE:
            # It asked us to leave, and where it sent us nobody is: begin anew.
            old.leave(condition(PoolState.ASKED_TO_LEAVE, old.url))
        return None

    def _take_over(self, connection: UpstreamConnection, place: int) -> None:
        self.connection, self.place = connection, place
        self._house.ready(self, connection)

    def _told_to(self, connection: UpstreamConnection, asked: ReconnectAsked) -> PoolUrl:
        self._not_before = self._clock.monotonic() + min(asked.wait_s, MAX_OBEYED_WAIT_S)
        url = connection.url
        return PoolUrl(asked.host or url.host, asked.port or url.port, url.tls)

    async def _wait_until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - self._clock.monotonic()))


async def _any_of(*futures: asyncio.Future[Any], timeout_s: float | None) -> None:
    """Until one is done, or the time is up. None of them is cancelled."""
    await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
