"""The HTTP server inside our loop.

Responsible for: binding the web port, serving until told to stop, leaving signals alone.
Not responsible for: what is answered (`web.pages`).
Read next: `web.pages`.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

MAX_CONNECTIONS = 256
"""Answered 503 beyond that: monitoring needs a handful, and miners come first."""

MAX_REQUEST_HEAD_BYTES = 16_384
KEEP_ALIVE_S = 30
STOP_S = 2
"""How long open requests may take to finish at the end."""


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: stopping is the app's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """One listening address. `bind` opens it (OSError says why it cannot), `serve` answers until `stop` is set."""

    def __init__(self, app: ASGIApp, host: str, port: int, *, closing: Callable[[], None] = lambda: None) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._closing = closing
        self._socket: socket.socket | None = None

    def bind(self) -> None:
        """Take the port. Raises OSError when it cannot be had."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._socket = socket.create_server((self._host, self._port), family=family, backlog=MAX_CONNECTIONS)
        self._socket.setblocking(False)

    @property
    def port(self) -> int:
        """The real port, once bound (of use when 0 was asked for)."""
        return self._port if self._socket is None else int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}/"

    async def serve(self, stop: asyncio.Event) -> None:
        """Answer until `stop` is set; binds first if nobody did. The socket is closed at the end."""
        if self._socket is None:
            self.bind()
        listening = self._socket
        assert listening is not None
        server = _Server(
            uvicorn.Config(
                self._app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=MAX_CONNECTIONS,
                h11_max_incomplete_event_size=MAX_REQUEST_HEAD_BYTES,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_S,
            )
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(server.serve(sockets=[listening]), name="web-server")
                await stop.wait()
                self._closing()
                server.should_exit = True
        finally:
            for opened in getattr(server, "servers", ()):  # left open when serving was cancelled
                opened.close()
            listening.close()
            self._socket = None
