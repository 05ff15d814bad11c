"""Which protocol a new connection speaks, by its first bytes.

Responsible for: the table of doors, choosing one, and handing the bytes seen so far to whoever is behind it.
Not responsible for: the deadline for making up one's mind (`net.keeper`), TLS itself (`net.tls`).
Read next: `net.listener`, where the table is put together.

A door that needs a longer look says MORE. Room is left for doors to come: SV2's Noise handshake begins with 64 random
bytes, so it will be the last in the table; a PROXY header (its "PROXY " or its 12-byte signature) sets the peer and
sniffs again.
"""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from headframe.net.endpoint import Endpoint, Wire

MAX_HEAD_BYTES: Final = 64
"""No door needs to see more before it decides."""


class Match(enum.Enum):
    YES = "yes"
    NO = "no"
    MORE = "more"


class Layer(Wire, Protocol):
    """A connection, or what is inside its TLS: something whose endpoint is still to be found."""

    def adopt(self, endpoint: Endpoint, *, settled: bool) -> None:
        """From now on bytes go to `endpoint`; `settled` ends the handshake deadline."""
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """One protocol: how it begins, and who answers."""

    name: str
    matches: Callable[[bytes], Match]
    enter: Callable[[Layer], Endpoint | None]
    """None closes the connection unanswered."""
    settled: bool = True
    """False where another look at the bytes follows inside (TLS)."""


class Sniffer:
    """The first endpoint of every connection; replaced as soon as the table knows better."""

    __slots__ = ("_doors", "_head", "_layer")

    def __init__(self, layer: Layer, doors: Sequence[Door]) -> None:
        self._layer = layer
        self._doors = doors
        self._head = b""

    def receive(self, data: bytes) -> None:
        head = self._head + data
        door = choose(self._doors, head)
        if door is Match.MORE:
            self._head = head  # bounded: `choose` decides within MAX_HEAD_BYTES
            return
        layer = self._layer
        if not isinstance(door, Door):
            layer.misbehaved(UNKNOWN_PROTOCOL_COST)
            layer.close("unknown protocol")
            return
        endpoint = door.enter(layer)
        if endpoint is None:
            layer.close("not accepted")
            return
        layer.adopt(endpoint, settled=door.settled)
        endpoint.receive(head)

    def closed(self, reason: str) -> None:
        pass


UNKNOWN_PROTOCOL_COST: Final = 20


def choose(doors: Sequence[Door], head: bytes) -> Door | Match:
    """The first door that says YES; MORE if an earlier one may still say so; else NO."""
    for door in doors:
        match = door.matches(head[:MAX_HEAD_BYTES])
        if match is Match.YES:
            return door
        if match is Match.MORE and len(head) < MAX_HEAD_BYTES:
            return Match.MORE
    return Match.NO


def is_json_lines(head: bytes) -> Match:
    """Stratum V1: JSON objects, one a line; some firmware sends a newline first."""
    return Match.YES if head[:1] in _JSON_STARTS else Match.NO


def is_tls(head: bytes) -> Match:
    """A TLS handshake record: type 22, then version 3.x."""
    return starts_with(head, b"\x16\x03")


def is_http(head: bytes) -> Match:
    """A browser, a health check or a scanner."""
    verdict = Match.NO
    for method in _HTTP_METHODS:
        match = starts_with(head, method)
        if match is Match.YES:
            return match
        if match is Match.MORE:
            verdict = match
    return verdict


def starts_with(head: bytes, start: bytes) -> Match:
    if head[: len(start)] == start[: len(head)]:
        return Match.YES if len(head) >= len(start) else Match.MORE
    return Match.NO


_JSON_STARTS: Final = frozenset((b"{", b"[", b" ", b"\t", b"\r", b"\n"))
_HTTP_METHODS: Final = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"OPTIONS ", b"DELETE ")

_HTTP_TEXT: Final = (
    b"This port speaks Stratum, the language of Bitcoin miners, not HTTP.\n"
    b"Point a miner here, for example stratum+tcp://this-host:3333. The web page is on another port.\n"
)
HTTP_ANSWER: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%s" % (len(_HTTP_TEXT), _HTTP_TEXT)
)


def answer_http(layer: Layer) -> Endpoint | None:
    """One polite answer, then close."""
    layer.write(HTTP_ANSWER)
    return None


HTTP_DOOR: Final = Door("http", is_http, answer_http)
