"""The HTTP server inside our loop.

Responsible for: binding the web port, moving it to another address while serving, TLS, serving until told to stop, leaving
signals alone.
Not responsible for: what is answered (`web.pages`), one connection's bounds (`web.connection`).
Read next: `web.pages`, `web.connection`.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from headframe.web.connection import MAX_CONNECTIONS, MAX_REQUEST_HEAD_BYTES, Connection

KEEP_ALIVE_S = 30
STOP_S = 2
"""How long open requests may take to finish at the end; event streams are ended at once."""

HANDSHAKE_S = 10
_RELEASED_S = 2.0
"""Within that the system has let go of an address that we closed."""

Contexts = Callable[[], ssl.SSLContext]


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: stopping is the app's business; with listeners that come and go. `ready` opens
    the first."""

    def __init__(self, config: uvicorn.Config, ready: Callable[["_Server"], Awaitable[None]]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        await self._ready(self)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def listen(self, listening: socket.socket, context: ssl.SSLContext | None) -> None:
        made = partial(Connection, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        opened = await asyncio.get_running_loop().create_server(
            made, sock=listening, ssl=context, ssl_handshake_timeout=None if context is None else HANDSHAKE_S
        )
        self.servers = [opened]


class WebServer:
    """One listening address. `bind` opens it (OSError says why it cannot), `serve` answers until `stop` is set, `move`
    goes elsewhere meanwhile; open connections stay as they are. `tls` is asked at each handshake, so that a renewed
    certificate is used at once; None: plain HTTP. `closing` is called before the end."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        tls: Contexts | None = None,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._tls = tls
        self._closing = closing
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._moving = asyncio.Lock()

    def bind(self) -> None:
        """Take the port. Raises OSError when it cannot be had."""
        self._socket = _listening(self._host, self._port)

    @property
    def bound(self) -> bool:
        return self._socket is not None

    @property
    def port(self) -> int:
        """The real port, once bound (of use when 0 was asked for)."""
        return self._port if self._socket is None else int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}/"

    async def move(self, host: str, port: int, *, tls: Contexts | None = None) -> None:
        """Listen there instead; before `serve`, too. Raises OSError when that cannot be had: then all is as before."""
        async with self._moving:
            before = (self._host, self._port if self._port == 0 and self._socket is None else self.port, self._tls)
            if self._server is None:
                if self._socket is not None:
                    self._socket.close()
                self._host, self._port, self._tls = host, port, tls
                try:
                    self.bind()
                except OSError:
                    self._host, self._port, self._tls = before
                    self._socket = None
                    self.bind()
                    raise
                return
            await self._let_go()
            try:
                await self._open(host, port, tls)
            except OSError:
                await self._open(*before)
                raise

    async def _let_go(self) -> None:
        assert self._server is not None
        assert self._socket is not None
        for opened in self._server.servers:
            opened.close()
        self._server.servers = []
        self._socket.close()

    async def _open(self, host: str, port: int, tls: Contexts | None) -> None:
        """The address that we had ourselves may take a moment to be free."""
        assert self._server is not None
        waited = 0.0
        while True:
            try:
                listening = _listening(host, port)
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE or waited >= _RELEASED_S:
                    raise
            await asyncio.sleep(0.05)
            waited += 0.05
        await self._server.listen(listening, _context(tls))
        self._host, self._port, self._tls, self._socket = host, port, tls, listening

    async def _begin(self, server: _Server) -> None:
        async with self._moving:
            assert self._socket is not None
            await server.listen(self._socket, _context(self._tls))
            self._server = server

    async def serve(self, stop: asyncio.Event) -> None:
        """Answer until `stop` is set; binds first if nobody did. The socket is closed at the end."""
        if self._socket is None:
            self.bind()
        server = _Server(
            uvicorn.Config(
                self._app,
                http=Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                h11_max_incomplete_event_size=MAX_REQUEST_HEAD_BYTES,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_S,
            ),
            self._begin,
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(server.serve(sockets=[]), name="web-server")
                await stop.wait()
                async with self._moving:
                    self._server = None
                self._closing()
                server.should_exit = True
        finally:
            self._server = None
            for opened in getattr(server, "servers", ()):  # left open when serving was cancelled
                opened.close()
            if self._socket is not None:
                self._socket.close()
            self._socket = None


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.create_server((host, port), family=family, backlog=MAX_CONNECTIONS)
    opened.setblocking(False)
    return opened


def _context(contexts: Contexts | None) -> ssl.SSLContext | None:
    """A context that asks for the real one at each handshake."""
    if contexts is None:
        return None
    real = contexts

    def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = real()

    first = real()
    standing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    standing.minimum_version = first.minimum_version
    standing.options = first.options
    standing.sni_callback = choose
    return standing
