"""TLS over a connection, in memory.

Responsible for: the server's half of TLS between a connection and an endpoint (`ssl.MemoryBIO` and `SSLObject`, public
API only), how many handshakes may be in progress, what is offered to clients.
Not responsible for: certificates and their files (`net.certificates`), deadlines (`net.keeper`).
Read next: `net.certificates`.

The first bytes were read to find out that this is TLS at all; with the memory layer they are simply the first bytes fed
in. Towards the connection a `TlsLayer` is an endpoint; towards the endpoint inside it is a wire.

    WAITING --a place is free--> SHAKING --done--> OPEN
       \\--------------------------\\----------------\\---close()--> CLOSED
"""

import contextlib
import enum
import ssl
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from headframe.net.endpoint import Endpoint
from headframe.net.pump import NOBODY, Connection
from headframe.net.sniff import Door, Sniffer

MAX_HANDSHAKE_BYTES: Final = 64 * 1024
"""Ciphertext taken from a client before its handshake is done; a ClientHello with every extension is below 4 KiB."""
READ_BYTES: Final = 16 * 1024
"""One TLS record."""
FAULT_COST: Final = 20
STALL_COST: Final = 100
"""Holding one of the few handshake places without using it."""

CIPHERS_TLS12: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class Phase(enum.IntEnum):
    WAITING = 0
    SHAKING = 1
    OPEN = 2
    CLOSED = 3


def server_context(certificate_file: str, key_file: str) -> ssl.SSLContext:
    """What we offer: TLS 1.3, and 1.2 with ECDHE and AEAD only.

    1.2 must stay: ESP-IDF firmware speaks only that unless it was built with CONFIG_MBEDTLS_SSL_PROTO_TLS1_3.
    Raises OSError (ssl.SSLError is one) or ValueError if the files cannot be read or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS_TLS12)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_SINGLE_ECDH_USE
    context.num_tickets = 1
    context.load_cert_chain(certificate_file, key_file, password=_no_password)
    return context


def _no_password() -> str:
    """Without this OpenSSL would ask on the terminal, and stop everything meanwhile."""
    raise ValueError("the private key is encrypted; give one without a passphrase")


def reason_of(error: ssl.SSLError) -> str:
    """OpenSSL's reason in small letters: "no shared cipher". An error that was not made by it has no such attribute."""
    return (getattr(error, "reason", None) or str(error) or "failed").replace("_", " ").lower()


class Handshakes:
    """Places for TLS handshakes in progress.

    Bounded by `places`; whoever finds none waits, unread, in the order of arrival (bounded by the number of
    connections). A place is taken away after `turn_s`, or a few who stall would hold up everybody.
    """

    def __init__(self, places: int, turn_s: float, now: Callable[[], float]) -> None:
        self._places = places
        self._turn_s = turn_s
        self._now = now
        self._shaking: OrderedDict[TlsLayer, float] = OrderedDict()
        self._waiting: OrderedDict[TlsLayer, None] = OrderedDict()
        self._promoting = False
        self.succeeded = 0
        self.failed = 0

    @property
    def in_progress(self) -> int:
        return len(self._shaking)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def enter(self, layer: "TlsLayer") -> bool:
        """True: begin. False: `layer.begin()` will be called when there is a place."""
        if len(self._shaking) < self._places:
            self._shaking[layer] = self._now()
            return True
        self._waiting[layer] = None
        return False

    def leave(self, layer: "TlsLayer") -> None:
        """The handshake is over, one way or the other; calling it again changes nothing."""
        self._waiting.pop(layer, None)
        if self._shaking.pop(layer, None) is None or self._promoting:
            return  # promoting already, further up: one that begins may fail at once and leave, and so on
        self._promoting = True
        try:
            while self._waiting and len(self._shaking) < self._places:
                following, _ = self._waiting.popitem(last=False)
                self._shaking[following] = self._now()
                following.begin()
        finally:
            self._promoting = False

    def expire(self, now: float) -> None:
        """Close those who had their turn; for the keeper's sweep."""
        while self._shaking:
            layer, began = next(iter(self._shaking.items()))
            if now - began < self._turn_s:
                return
            layer.stalled()


class TlsLayer:
    """One connection's TLS. Mutable; owned by its connection, whose endpoint it is."""

    __slots__ = (
        "_doors",
        "_endpoint",
        "_handshakes",
        "_held",
        "_incoming",
        "_on_failure",
        "_outgoing",
        "_phase",
        "_taken",
        "_tls",
        "_wire",
    )

    transport_kind: Final = "tls"

    def __init__(
        self,
        wire: Connection,
        context: ssl.SSLContext,
        doors: Sequence[Door],
        handshakes: Handshakes,
        on_failure: Callable[[str, str], None],
    ) -> None:
        """`doors` are looked at inside; `on_failure(peer, reason)` is for the log."""
        self._wire = wire
        self._doors = doors
        self._handshakes = handshakes
        self._on_failure = on_failure
        self._endpoint: Endpoint = NOBODY
        self._held = b""
        self._taken = 0
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._phase = Phase.SHAKING if handshakes.enter(self) else Phase.WAITING
        if self._phase is Phase.WAITING:
            wire.hold(True)

    # Endpoint, towards the connection

    def receive(self, data: bytes) -> None:
        phase = self._phase
        if phase is Phase.OPEN:
            self._incoming.write(data)
            self._read()
        elif phase is Phase.SHAKING:
            self._shake(data)
        elif phase is Phase.WAITING:
            self._held += data  # the connection is held: this is one chunk, seldom two

    def closed(self, reason: str) -> None:
        if self._phase is Phase.SHAKING:
            self._handshakes.failed += 1
            self._on_failure(self.peer, f"{reason} during the handshake")
        self._phase = Phase.CLOSED
        self._held = b""
        self._handshakes.leave(self)
        endpoint, self._endpoint = self._endpoint, NOBODY
        endpoint.closed(reason)

    # Wire and Layer, towards the endpoint inside

    @property
    def peer(self) -> str:
        return self._wire.peer

    def write(self, data: bytes) -> None:
        if self._phase is not Phase.OPEN:
            return
        view = memoryview(data)
        try:
            while view:
                view = view[self._tls.write(view) :]
        except ssl.SSLError as error:
            self._fail(reason_of(error))
            return
        self._wire.write(self._outgoing.read())

    def close(self, reason: str) -> None:
        if self._phase is Phase.CLOSED:
            return
        if self._phase is Phase.OPEN:
            self._phase = Phase.CLOSED
            with contextlib.suppress(ssl.SSLError):  # always: the peer's half of the goodbye is not waited for
                self._tls.unwrap()
            self._wire.write(self._outgoing.read())
        self._phase = Phase.CLOSED
        self._wire.close(reason)

    def misbehaved(self, cost: int) -> None:
        self._wire.misbehaved(cost)

    def adopt(self, endpoint: Endpoint, *, settled: bool) -> None:
        # Also when it is closing already: whoever was taken in must hear of the end.
        self._endpoint = endpoint
        if settled:
            self._wire.settle()

    # Handshakes

    def begin(self) -> None:
        """A place is free."""
        self._phase = Phase.SHAKING
        self._wire.hold(False)
        held, self._held = self._held, b""
        if held:
            self._shake(held)

    def stalled(self) -> None:
        """Its turn is over."""
        self._handshakes.failed += 1
        self._handshakes.leave(self)
        self.misbehaved(STALL_COST)
        self.close("TLS handshake took too long")

    def _shake(self, data: bytes) -> None:
        self._taken += len(data)
        self._incoming.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            # Only now: the last flight of a client may be followed by much data in the same chunk.
            if self._taken > MAX_HANDSHAKE_BYTES:
                self._fail("handshake too long")
            else:
                self._send()
            return
        except ssl.SSLError as error:
            self._fail(reason_of(error))
            return
        self._send()
        self._phase = Phase.OPEN
        self._endpoint = Sniffer(self, self._doors)
        self._handshakes.succeeded += 1
        self._handshakes.leave(self)
        self._read()  # its first request may have come with the last of the handshake

    def _read(self) -> None:
        tls, incoming = self._tls, self._incoming
        try:
            # Asked first, because SSLWantReadError for every chunk would cost more than the decryption.
            while self._phase is Phase.OPEN and (incoming.pending or tls.pending()):
                data = tls.read(READ_BYTES)
                if not data:
                    self._wire.keeper.half_closed(self)  # after the replies of this turn, as without TLS
                    return
                self._endpoint.receive(data)
        except ssl.SSLWantReadError:
            pass  # a part of a record: less than one record's bytes stay in `incoming`
        except ssl.SSLError as error:
            self._fail(reason_of(error))
            return
        if self._outgoing.pending:
            self._send()  # answers to key updates

    def _send(self) -> None:
        if self._outgoing.pending:
            self._wire.write(self._outgoing.read())

    def _fail(self, reason: str) -> None:
        if self._phase is Phase.CLOSED:
            return
        shaking = self._phase is Phase.SHAKING
        self._phase = Phase.CLOSED
        if shaking:
            self._handshakes.failed += 1
        self._handshakes.leave(self)
        self._send()  # the alert, which tells the client why
        self._on_failure(self.peer, reason)
        self.misbehaved(FAULT_COST)
        self._wire.close(f"TLS: {reason}")
