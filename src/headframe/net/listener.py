"""The doors to the street: listening sockets, and what a new connection may turn out to be.

Responsible for: addresses as text to sockets, errors with remedies, the table of protocols on the port (Stratum V1, the
same inside TLS, a polite word to browsers), start, stop accepting, drain, close.
Not responsible for: single connections (`net.pump`), their bounds (`net.keeper`, `net.limits`).
Read next: `net.sniff`.
"""

import asyncio
import dataclasses
import errno
import socket
from collections.abc import Mapping, Sequence
from typing import Final

from headframe.net.certificates import CertificateInfo, Certificates
from headframe.net.clock import Clock
from headframe.net.endpoint import Accept, Endpoint
from headframe.net.keeper import SWEEP_S, FloorCounts, Keeper, log
from headframe.net.limits import LimitSettings
from headframe.net.loop import raise_open_files
from headframe.net.pump import Connection
from headframe.net.sniff import HTTP_DOOR, Door, Layer, is_json_lines, is_tls
from headframe.net.tls import Handshakes, TlsLayer

BACKLOG: Final = 8192
"""As ckpool: after a power cut everybody comes back in the same second."""
KEEPALIVE_IDLE_S: Final = 60
KEEPALIVE_INTERVAL_S: Final = 10
KEEPALIVE_PROBES: Final = 3
"""The same as ESP-Miner's own side. A miner that lost its power is found in 90 s."""

SPARE_FILES: Final = 256
"""Open files that connections must leave to everything else: journal, database, nodes, and above all found blocks."""


class CannotListen(Exception):
    """An address cannot be listened on; operator's trouble."""

    def __init__(self, address: str, reason: str, remedy: str) -> None:
        super().__init__(f"cannot listen on {address}: {reason}; {remedy}")
        self.address = address
        self.reason = reason
        self.remedy = remedy


class Listener:
    """Listens on one or more addresses; all share one set of limits. Mutable, owned by the application."""

    def __init__(
        self,
        accept: Accept,
        settings: LimitSettings,
        clock: Clock,
        certificates: Certificates | None = None,
    ) -> None:
        """`accept` is asked for an endpoint once a connection turns out to speak Stratum V1. Without `certificates`
        TLS is not understood. To be made inside a running loop."""
        self._open_files = raise_open_files()
        settings = within_open_files(settings, self._open_files)
        self._loop = asyncio.get_running_loop()
        self._accept = accept
        self._certificates = certificates
        self._handshakes = Handshakes(settings.tls_handshakes, settings.tls_handshake_s, clock.monotonic)
        self._inner: tuple[Door, ...] = (Door("sv1", is_json_lines, accept), HTTP_DOOR)
        doors = self._inner if certificates is None else (*self._inner, Door("tls", is_tls, self._enter_tls, False))
        self._keeper = Keeper(settings, clock, doors, self._loop.call_soon)
        self._servers: list[asyncio.Server] = []
        self._addresses: list[str] = []

    @property
    def addresses(self) -> Sequence[str]:
        """What is really listened on, with the real ports: "127.0.0.1:3333", "[::1]:3333"."""
        return tuple(self._addresses)

    @property
    def certificate(self) -> CertificateInfo | None:
        return None if self._certificates is None else self._certificates.info

    @property
    def handshakes(self) -> Handshakes:
        """TLS handshakes in progress, waiting, succeeded, failed: read only."""
        return self._handshakes

    def counts(self) -> FloorCounts:
        return self._keeper.counts()

    def bans(self) -> dict[str, float]:
        """Address or network -> seconds left."""
        return dict(self._keeper.limits.bans(self._keeper.clock.monotonic()))

    def is_ordered(self, peer: str) -> bool:
        """Whether this ban is the operator's word and not the cost of what was done."""
        return self._keeper.limits.is_ordered(peer)

    def is_exempt(self, peer: str) -> bool:
        """Whether an address is in a network that is never banned."""
        return self._keeper.limits.is_exempt(peer)

    def use_bans(self, seconds: Mapping[str, float]) -> None:
        """The operator bans these addresses (IPv6 ones by their /64) for so long, and no others; their connections are
        closed."""
        self._keeper.use_bans(seconds)

    def pardon(self, peer: str) -> bool:
        """Lift a ban for misbehaviour; False if there was none."""
        return self._keeper.limits.pardon(peer, self._keeper.clock.monotonic())

    def use(self, settings: LimitSettings) -> None:
        """Other bounds from now on (those of TLS handshakes stay as they were)."""
        self._keeper.use(within_open_files(settings, self._open_files))

    async def start(self, addresses: Sequence[str]) -> None:
        """Listen on all of "host:port" or "[v6]:port" (port 0: any), or on none: raises CannotListen."""
        sockets: list[tuple[str, socket.socket]] = []
        try:
            for text in addresses:
                sockets += [(text, await self._open(text, info)) for info in await self._resolve(text)]
        except BaseException:
            for _, opened in sockets:
                opened.close()
            raise
        for _, opened in sockets:
            self._addresses.append(_text(opened.getsockname()))
            server = await self._loop.create_server(lambda: Connection(self._keeper), sock=opened, backlog=BACKLOG)
            self._servers.append(server)
        log.info(
            "listening",
            addresses=self._addresses,
            tls=self._certificates is not None,
            connections=self._keeper.settings.connections,
        )

    async def watch(self) -> None:
        """The sweep, for as long as it is not cancelled. One task for all connections."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self._look_around()
            for _ in self._keeper.sweep_in_slices():
                await asyncio.sleep(0)

    def sweep(self) -> None:
        """One sweep, now: what `watch` does every second."""
        self._look_around()
        self._keeper.sweep()

    def stop_accepting(self) -> None:
        """No new connections; those that are open stay."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def drain(self, timeout_s: float) -> bool:
        """Wait until everybody has left; False if `timeout_s` ran out first."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._keeper.emptied()
        except TimeoutError:
            return False
        return True

    async def close(self, reason: str = "shutting down") -> None:
        """Stop accepting and close every connection, letting what was written leave for a moment."""
        self.stop_accepting()
        self._keeper.close_all(reason)
        if not await self.drain(self._keeper.settings.linger_s):
            self._keeper.abort_all(reason)
            await self.drain(self._keeper.settings.linger_s)

    def _look_around(self) -> None:
        self._handshakes.expire(self._keeper.clock.monotonic())
        if self._certificates is None:
            return
        news = self._certificates.refresh()
        if isinstance(news, CertificateInfo):
            log.info("certificate_reloaded", fingerprint=news.fingerprint)
        elif news is not None:
            log.error("certificate_unusable", reason=news.reason, remedy=news.remedy, kept="the one in use")

    def _enter_tls(self, layer: Layer) -> Endpoint | None:
        assert self._certificates is not None
        assert isinstance(layer, Connection)  # this door is only in the outer table
        return TlsLayer(layer, self._certificates.context, self._inner, self._handshakes, self._tls_failed)

    def _tls_failed(self, peer: str, reason: str) -> None:
        remedy = _TLS_REMEDIES.get(reason, "")
        self._keeper.tell("tls_failed", peer=peer, reason=reason, **({"remedy": remedy} if remedy else {}))

    async def _resolve(self, text: str) -> Sequence[tuple[int, tuple[str, int]]]:
        host, port = split_address(text)
        try:
            found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except socket.gaierror as error:
            remedy = "write an address of this machine, such as 0.0.0.0 for all"
            raise CannotListen(text, f"the name {host!r} is not known ({error.strerror})", remedy) from error
        return [(family, (str(where[0]), int(where[1]))) for family, _, _, _, where in found]

    async def _open(self, text: str, info: tuple[int, tuple[str, int]]) -> socket.socket:
        family, where = info
        opened: socket.socket | None = None
        try:
            opened = socket.socket(family, socket.SOCK_STREAM)
            opened.setblocking(False)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                # So that "0.0.0.0:3333" and "[::]:3333" can stand side by side.
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            _set_options(opened)
            opened.bind(where)
        except OSError as error:
            if opened is not None:
                opened.close()
            raise CannotListen(text, *_explain(error, where[1])) from error
        return opened


def within_open_files(settings: LimitSettings, open_files: int) -> LimitSettings:
    """The same bounds, but no more connections than the process may have files besides SPARE_FILES (of a very low limit:
    half). Without this, idle connections alone could keep a found block from its node and from the disk."""
    most = max(1, open_files - min(SPARE_FILES, open_files // 2))
    return settings if settings.connections <= most else dataclasses.replace(settings, connections=most)


def split_address(text: str) -> tuple[str, int]:
    """ "0.0.0.0:3333" or "[::]:3333" to host and port. Raises CannotListen."""
    host, colon, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    valid_host = bool(host) and (bracketed or ":" not in host)
    if not (colon and valid_host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise CannotListen(text, "not an address", 'write it as "0.0.0.0:3333" or "[::]:3333"')
    return host, int(port)


def _set_options(listening: socket.socket) -> None:
    """Set once here, because accepted sockets inherit them (Linux, the BSDs, macOS): no system calls per connection."""
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
        ("TCP_KEEPALIVE", KEEPALIVE_IDLE_S),  # macOS's name for the same
        ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL_S),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
        # While sent bytes are unacknowledged keepalive is not used; this bounds that time, too.
        ("TCP_USER_TIMEOUT", (KEEPALIVE_IDLE_S + KEEPALIVE_PROBES * KEEPALIVE_INTERVAL_S) * 1000),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            listening.setsockopt(socket.IPPROTO_TCP, option, value)


def _explain(error: OSError, port: int) -> tuple[str, str]:
    """(reason, remedy)."""
    if error.errno == errno.EADDRINUSE:
        return (
            "the port is in use",
            f"stop the program that has it (`ss -ltnp 'sport = :{port}'` names it; it may be another Headframe), "
            "or choose another port in [stratum] listen",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            "not permitted",
            "ports below 1024 belong to root: choose a higher one, such as 3333"
            if port < 1024
            else "something on this machine (a container, SELinux) forbids this port: choose another",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address", "use 0.0.0.0 (all of IPv4) or [::] (all of IPv6)"
    if error.errno == errno.EAFNOSUPPORT:
        return "IPv6 is switched off on this machine", "remove this address from [stratum] listen"
    return error.strerror or str(error), "choose another address or port in [stratum] listen"


def _text(where: tuple[str, int]) -> str:
    host, port = where[0], where[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_TRUST: Final = "the device does not trust this certificate: give it its PEM file (see docs/operating/tls.md), or turn its check off"
_TLS_REMEDIES: Final = {
    "peer closed during the handshake": f"often {_TRUST}",
    "tlsv1 alert unknown ca": _TRUST,
    "sslv3 alert bad certificate": _TRUST,
    "sslv3 alert certificate unknown": _TRUST,
    "unsupported protocol": "the device speaks only TLS 1.1 or older: use the plain port",
    "no shared cipher": "the device offers no ECDHE cipher with AEAD: use the plain port",
}
