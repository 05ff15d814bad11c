"""One connection of the web port.

Responsible for: how many there may be, in all and from one address, and how long a request may take to arrive.
Not responsible for: HTTP itself (uvicorn), what is answered (`web.pages`).
Read next: `web.server`.
"""

import asyncio
import logging
from ipaddress import ip_address
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 256
"""A page takes up to six while it loads, one while it is open. Miners have ports, limits and file handles of their own."""

RESERVED = 16
"""Of these, for this machine: monitoring must get through whatever others do."""

MAX_CONNECTIONS_EACH = 64
"""From one address; a proxy on this machine may have them all."""

MAX_REQUEST_HEAD_BYTES = 16_384
REQUEST_S = 15
"""A request has come in whole by then, head and body."""

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"

_log = logging.getLogger("headframe.web.http")
_log.setLevel(logging.ERROR)
"""What strangers send wrongly is answered, not logged: they could fill the disk with it."""


class Connection(H11Protocol):
    """uvicorn's, with bounds."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.logger = _log
        self._turned_away = False
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def host(self) -> str:
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._too_many():
            self._turned_away = True
            transport.write(_BUSY)
            transport.close()
            return
        self._deadline = self.loop.call_later(REQUEST_S, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._turned_away:
            return
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            if self._deadline is None:
                self._deadline = self.loop.call_later(REQUEST_S, self._too_slow)
        else:
            self._in_time()

    def on_response_complete(self) -> None:
        self._in_time()
        super().on_response_complete()

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self.transport.abort()

    def _too_many(self) -> bool:
        host = self.host
        try:
            here = ip_address(host).is_loopback
        except ValueError:
            here = False
        if here:
            return len(self.connections) > MAX_CONNECTIONS
        same = sum(isinstance(one, Connection) and one.host == host for one in self.connections)
        return len(self.connections) > MAX_CONNECTIONS - RESERVED or same > MAX_CONNECTIONS_EACH
