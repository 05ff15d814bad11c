"""What the web port answers.

Responsible for: the routes `/`, `/healthz` and `/metrics`, and the headers that every answer carries.
Not responsible for: sockets (`web.server`).
Read next: `service.queries`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headframe.service.queries import Queries

_FRONT = """\
Headframe

/healthz   200 while miners get work, 503 with the reasons while they do not (JSON)
/metrics   numbers for Prometheus
"""

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Something that renders itself: the media type, and the body as it is now."""

    media_type: str
    body: Callable[[], bytes]


def application(queries: Queries, metrics: Rendered) -> Starlette:
    """The ASGI application. All routes only read, and take GET and HEAD."""

    async def front(_: Request) -> Response:
        return PlainTextResponse(_FRONT)

    async def health(_: Request) -> Response:
        healthy, reasons = queries.healthy()
        return JSONResponse({"healthy": healthy, "reasons": list(reasons)}, status_code=200 if healthy else 503)

    async def numbers(_: Request) -> Response:
        return Response(metrics.body(), headers={"content-type": metrics.media_type})

    return Starlette(
        routes=[Route("/", front), Route("/healthz", health), Route("/metrics", numbers)],
        middleware=[Middleware(_CarefulHeaders)],
    )


class _CarefulHeaders:
    """Adds `_HEADERS` to every answer, errors too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self._app(scope, receive, careful)
