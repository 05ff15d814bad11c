"""A Stratum V1 pool for tests, over real TCP or TLS on loopback.

Responsible for: sockets, delays, stopping and starting on the same port, half-open connections; the same in a thread of
its own for tests that block.
Not responsible for: what a pool says and decides (`testing.fake_pool_core`), its switches (`testing.fake_pool_manners`).
Read next: `testing.fake_pool_core`.

Bounds: those of the core, and `MAX_UNSENT` bytes per connection, beyond which it is cut.
"""

import asyncio
import contextlib
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from headframe.net.certificates import make_self_signed
from headframe.testing.fake_pool_connection import PoolConnection
from headframe.testing.fake_pool_core import FakePoolCore
from headframe.testing.fake_pool_manners import Manners
from headframe.testing.loop_thread import LoopThread

__all__ = ["FakePool", "Manners", "PoolThread", "fake_pool", "self_signed_context"]

MAX_UNSENT = 8 << 20


class FakePool(FakePoolCore):
    """`async with FakePool(Manners(...)) as pool`, read `pool.url`; everything else is the core's."""

    def __init__(
        self,
        manners: Manners | None = None,
        *,
        seed: int = 1,
        bits: int = 0x1D00FFFF,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(manners or Manners(), seed=seed, bits=bits, now=now)
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._lines: set[_SocketLine] = set()
        self._port = 0
        self.frozen = False

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"stratum+{'ssl' if self._tls else 'tcp'}://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen: at first on a free port, later on the same one again."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _SocketLine(self), "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, and cut everybody: a pool that dies."""
        if self._server is None:
            return
        self._server.close()
        lines = [*self._lines]
        for line in lines:
            line.abort()
        for line in lines:
            await line.gone.wait()
        await self._server.wait_closed()
        self._server = None

    def freeze(self) -> None:
        """Connections stay open and nobody is behind them, neither old nor new ones: nothing is read or said (H22)."""
        self.frozen = self.manners.mute = True
        for line in self._lines:
            line.pause(True)

    def thaw(self) -> None:
        """Back to life; what was sent meanwhile is read now."""
        self.frozen = self.manners.mute = False
        for line in self._lines:
            line.pause(False)

    async def __aenter__(self) -> "FakePool":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class _SocketLine(asyncio.Protocol):
    """One connection. Delayed bytes keep their order."""

    def __init__(self, pool: FakePool) -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._connection: PoolConnection | None = None
        self._late: deque[bytes] = deque()
        self._timers: deque[asyncio.TimerHandle] = deque()
        self._last_due = 0.0
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport by inheritance.
        self._transport = cast("asyncio.Transport", transport)
        self._pool._lines.add(self)
        self._connection = self._pool.connect(self)
        self.pause(self._pool.frozen)

    def data_received(self, data: bytes) -> None:
        assert self._connection is not None
        self._pool.receive(self._connection, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._pool._lines.discard(self)
        for timer in self._timers:
            timer.cancel()
        if self._connection is not None:
            self._pool.disconnected(self._connection)
        self.gone.set()

    def write(self, data: bytes, *, greeted: bool) -> None:
        manners = self._pool.manners
        delay_s = manners.reply_delay_s if greeted else manners.handshake_delay_s
        if not delay_s and not self._late:
            self._write_now(data)
            return
        loop = asyncio.get_running_loop()
        self._late.append(data)
        # Never before what was said before it.
        self._last_due = max(self._last_due, loop.time() + delay_s)
        self._timers.append(loop.call_at(self._last_due, self._write_late))

    def _write_late(self) -> None:
        self._timers.popleft()
        self._write_now(self._late.popleft())

    def _write_now(self, data: bytes) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self.cut()

    def cut(self) -> None:
        """What the system has taken still arrives; what it has not is lost."""
        assert self._transport is not None
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def abort(self) -> None:
        assert self._transport is not None
        self._transport.abort()

    def pause(self, wanted: bool) -> None:
        assert self._transport is not None
        if wanted and self._transport.is_reading():
            self._transport.pause_reading()
        elif not wanted and not self._transport.is_reading() and not self._transport.is_closing():
            self._transport.resume_reading()


class PoolThread(LoopThread):
    """A pool in a thread of its own. `pool` may be read from the test's thread; everything else goes through `do`."""

    def __init__(self, pool: FakePool) -> None:
        super().__init__(pool, "fake pool")
        self.pool = pool


@contextlib.contextmanager
def fake_pool(
    manners: Manners | None = None, *, seed: int = 1, bits: int = 0x1D00FFFF, tls: ssl.SSLContext | None = None
) -> Iterator[PoolThread]:
    """A started pool for a test that blocks."""
    thread = PoolThread(FakePool(manners, seed=seed, bits=bits, tls=tls))
    thread.start()
    try:
        yield thread
    finally:
        thread.close()


def self_signed_context(folder: Path) -> ssl.SSLContext:
    """TLS for a test server; writes its certificate and key into `folder`."""
    certificate, key = make_self_signed(["127.0.0.1", "localhost"], int(time.time()))
    (folder / "certificate.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
