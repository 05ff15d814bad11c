"""One TCP connection: bytes from the loop to an endpoint and back.

Responsible for: being the protocol object of the transport, the `Wire` of whoever talks over it, and small.
Not responsible for: deciding when to close (`net.keeper`), what the bytes mean (`net.sniff`, `net.tls`, the hub).
Read next: `net.keeper`.

There is no task and no timer per connection: `data_received` hands the bytes over and raises a flag, and the keeper's
sweep turns flags into times. Ten thousand of these are idle most of the time, so each slot is counted: see
`docs/flows/connection.md` for what one weighs.

    SNIFFING --settled--> OPEN --close()--> CLOSING --lost--> GONE
        \\-------------------close()-----------^
"""

import asyncio
import enum
from typing import Final, Protocol, cast

from headframe.net.endpoint import Endpoint, Wire
from headframe.net.limits import Address

RECEIVE_BYTES: Final = 16 * 1024
"""What one receive may bring on stock asyncio. Its own 256 KiB makes the allocator map and unmap pages for each chunk,
which costs more than judging a share (14 to 26 µs, measured)."""


class State(enum.IntEnum):
    SNIFFING = 0
    OPEN = 1
    CLOSING = 2
    GONE = 3


class Keeper(Protocol):
    """What a connection needs from whoever keeps it."""

    def arrived(self, connection: "Connection", transport: asyncio.Transport) -> None: ...

    def closing(self, connection: "Connection", reason: str) -> None: ...

    def ended(self, connection: "Connection") -> None: ...

    def clogged(self, connection: "Connection") -> None: ...

    def charge(self, connection: "Connection", cost: int) -> None: ...

    def half_closed(self, wire: Wire) -> None: ...

    def hold(self, connection: "Connection", on: bool) -> None: ...


class _Nobody:
    """The endpoint before there is one and after it is gone."""

    __slots__ = ()

    def receive(self, data: bytes) -> None:
        pass

    def closed(self, reason: str) -> None:
        pass


NOBODY: Final = _Nobody()


class Connection(asyncio.Protocol):
    """A plain TCP connection. Mutable; owned by the keeper."""

    __slots__ = ("account", "endpoint", "heard", "keeper", "peer", "reason", "since", "state", "transport")

    transport_kind: Final = "tcp"

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self.transport: asyncio.Transport = _UNSET
        self.endpoint: Endpoint = NOBODY
        self.account: Address | None = None
        self.peer = ""
        self.heard = False
        """Whether bytes came since the last sweep."""
        self.since = 0.0
        """When the last sweep heard it, or when its state last changed (monotonic seconds)."""
        self.state = State.SNIFFING
        self.reason = ""
        """Why it ends; empty while it may be written to."""

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.keeper.arrived(self, self.transport)

    def data_received(self, data: bytes) -> None:
        self.heard = True
        self.endpoint.receive(data)

    def eof_received(self) -> bool:
        """The peer will send no more. Replies of this turn may still be waiting, so the close comes after them."""
        self.keeper.half_closed(self)
        return True

    def pause_writing(self) -> None:
        """More than the bound is unsent: the peer does not read."""
        self.keeper.clogged(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.reason:
            self.reason = "peer closed" if exc is None else _describe(exc)
        self.state = State.GONE
        endpoint, self.endpoint = self.endpoint, NOBODY
        self.keeper.ended(self)
        endpoint.closed(self.reason)

    # Wire

    def write(self, data: bytes) -> None:
        if not self.reason:
            self.transport.write(data)

    def close(self, reason: str) -> None:
        if not self.reason:
            self.keeper.closing(self, reason)
            self.transport.close()

    def misbehaved(self, cost: int) -> None:
        if not self.reason:
            self.keeper.charge(self, cost)

    # Layer and keeper

    def adopt(self, endpoint: Endpoint, *, settled: bool) -> None:
        # Also when it is closing already: whoever was taken in must hear of the end.
        self.endpoint = endpoint
        if settled:
            self.settle()

    def settle(self) -> None:
        """The protocol is known: the handshake deadline no longer applies, the idle one does."""
        if self.state is State.SNIFFING:
            self.state = State.OPEN
            self.heard = True

    def hold(self, on: bool) -> None:
        """Stop reading, or go on."""
        self.keeper.hold(self, on)

    def abort(self, reason: str) -> None:
        """End at once; what was not sent yet is lost."""
        if not self.reason:
            self.keeper.closing(self, reason)
        self.transport.abort()


def _describe(error: Exception) -> str:
    if isinstance(error, ConnectionResetError):
        return "reset by peer"
    if isinstance(error, BrokenPipeError):
        return "peer gone"
    if isinstance(error, TimeoutError):
        return "peer unreachable"
    if isinstance(error, OSError):
        return f"network error: {error.strerror or type(error).__name__}"
    return "internal error"


_UNSET: Final = asyncio.Transport()
