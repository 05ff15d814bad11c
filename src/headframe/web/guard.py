"""What stands before everything: the outermost layer of the web port.

Responsible for: headers that every answer has, the Host check, the origin of what changes something, the rate per
address, the size of a body, HEAD.
Not responsible for: who asks (`web.visitor`), slow and too many connections (`web.server`).
Read next: `web.origins`.
"""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headframe.web.answers import ErrorView, failure
from headframe.web.doors import WebParts
from headframe.web.limits import Buckets
from headframe.web.origins import Caller, caller, is_ours, is_same_site

MAX_BODY_BYTES = 262_144
MAX_STRANGERS_BODY_BYTES = 16_384
"""Of who has not signed in: a name and a password, or what a passkey signed. It is read on the loop that serves miners."""

ADDRESS_PER_S = 30.0
ADDRESS_BURST = 300
"""A page that opens asks for some dozens of things; a household of open pages stays far below."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self)",
    ),
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UNCHECKED = frozenset({"/healthz"})
"""Says nothing of anybody, and monitoring asks under any name."""


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, parts: WebParts) -> None:
        self._app = app
        self._parts = parts
        self._by_address = Buckets(ADDRESS_PER_S, ADDRESS_BURST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        peer = scope.get("client") or ("", 0)
        settings = self._parts.settings()
        who = caller(peer[0], scope.get("scheme") == "https", headers, settings.trusted_proxies)
        head = scope["method"] == "HEAD"
        scope = {**scope, "headframe.caller": who, "headframe.head": head, "method": "GET" if head else scope["method"]}
        outward = _Outward(send, head)
        wrong = self._refusal(scope, headers, who)
        if wrong is not None:
            status, error, more = wrong
            await failure(status, error, {**more, "cache-control": "no-store"})(scope, receive, outward)
            return
        bounded = _Bounded(receive)
        await self._app({**scope, "headframe.body": bounded}, bounded, outward)

    def _refusal(
        self, scope: Scope, headers: Mapping[bytes, bytes], who: Caller
    ) -> tuple[int, ErrorView, dict[str, str]] | None:
        path, settings = scope["path"], self._parts.settings()
        if path not in _UNCHECKED and not is_ours(who.host, settings.origin, self._parts.hostnames):
            return 421, ErrorView(*_UNKNOWN_HOST), {}
        if not is_same_site(scope["method"] in _SAFE, headers, who, settings.origin):
            return 403, ErrorView(*_OTHER_SITE), {}
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return 413, ErrorView(*_TOO_LARGE), {"connection": "close"}
        if path.startswith("/api/"):
            wait = self._by_address.take(who.neighbourhood, self._parts.clock.monotonic())
            if wait:
                return 429, ErrorView(*_TOO_MANY), {"retry-after": str(wait)}
        return None


_UNKNOWN_HOST = (
    "unknown_host",
    "this server does not answer under that name",
    "use its IP address, or set web.origin to the address that you use",
)
_OTHER_SITE = (
    "other_site",
    "the request comes from another site",
    "if that site is this server behind a proxy: pass the Host header on, or set web.origin",
)
_TOO_LARGE = ("too_large", "the request is too large", f"send at most {MAX_BODY_BYTES} bytes")
_TOO_MANY = ("too_many", "too many requests from this address", "ask less often, or listen to /api/v1/events")


class _Outward:
    """Adds what every answer has; leaves the body of an answer to HEAD out."""

    __slots__ = ("_head", "_send")

    def __init__(self, send: Send, head: bool) -> None:
        self._send = send
        self._head = head

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            own = message.get("headers", ())
            kept = () if any(name == b"cache-control" for name, _ in own) else ((b"cache-control", b"no-store"),)
            message = {**message, "headers": [*own, *_HEADERS, *kept]}
        elif self._head:
            message = {**message, "body": b""}
        await self._send(message)


def narrow(scope: Scope) -> None:
    """The asker of this request is nobody we know. Nothing of the body has been read yet."""
    scope["headframe.body"].narrow()


class _Bounded:
    """A body that does not say its length is bounded too."""

    __slots__ = ("_left", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = MAX_BODY_BYTES

    def narrow(self) -> None:
        self._left = min(self._left, MAX_STRANGERS_BODY_BYTES)

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise HTTPException(413)
        return message
