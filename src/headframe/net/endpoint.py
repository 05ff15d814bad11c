"""The seam between connections and whoever talks over them.

Responsible for: the two interfaces that the pump and the hub see of each other.
Not responsible for: sockets (`net.pump`), protocols (`stratum`), policy (`gateway`).
Read next: `net.pump`, `gateway.seat`.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable


class Wire(Protocol):
    """A connection, as the hub sees it."""

    @property
    def peer(self) -> str:
        """The peer's address as text, without port."""
        ...

    @property
    def transport_kind(self) -> str:
        """ "tcp" or "tls"."""
        ...

    def write(self, data: bytes) -> None:
        """Send; a peer that does not read is closed once its bound is reached."""
        ...

    def close(self, reason: str) -> None:
        """Close after what was written has left; `closed` follows."""
        ...

    def misbehaved(self, cost: int) -> None:
        """Charge the peer's address; limits decide about slowing and banning."""
        ...


class Endpoint(Protocol):
    """What talks over a connection."""

    def receive(self, data: bytes) -> None:
        """Bytes from the peer. Never raises for what a peer sends."""
        ...

    def closed(self, reason: str) -> None:
        """The connection is gone; called once."""
        ...


@runtime_checkable
class Adoptive(Protocol):
    """A wire whose endpoint can be exchanged while it lives."""

    def adopt(self, endpoint: Endpoint, *, settled: bool) -> None:
        """From now on bytes go to `endpoint`."""
        ...


Accept: TypeAlias = Callable[[Wire], Endpoint | None]
"""Called for each new connection once its first byte is known; None closes it unanswered."""
