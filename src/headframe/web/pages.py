"""What the web port answers: the application.

Responsible for: putting together health, metrics, the API and the cockpit's files behind the guard.
Not responsible for: sockets (`web.server`), who may what (`web.access`), each area (`web.routes`).
Read next: `web.areas`, `web.guard`.
"""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from headframe.service.permissions import Permission, Privacy
from headframe.service.refusals import NotAllowed, Refused
from headframe.web.answers import on_http, refused
from headframe.web.areas import add
from headframe.web.doors import Rendered, WebParts
from headframe.web.guard import Guard
from headframe.web.inside import Inside
from headframe.web.moment import Moment
from headframe.web.origins import Caller, is_ours
from headframe.web.routes import specs
from headframe.web.shelf import Shelf
from headframe.web.stream import Streams
from headframe.web.visitor import Doorkeeper

STATIC = Path(__file__).parent / "static"

_FRONT = """\
Headframe

/healthz   200 while miners get work, 503 with the reasons while they do not (JSON)
/metrics   numbers for Prometheus
/api/v1    the API
"""

__all__ = ["Cockpit", "Rendered", "WebParts", "application"]


class Cockpit:
    """The ASGI application. `close_streams` is called when the server stops: no open page may hold it up."""

    def __init__(self, app: FastAPI, guarded: ASGIApp, streams: Streams) -> None:
        self.app = app
        self._guarded = guarded
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._guarded(scope, receive, send)

    def close_streams(self) -> None:
        self._streams.close()


def application(parts: WebParts, *, files: Path = STATIC, fresh_files: bool = False) -> Cockpit:
    """The application. `fresh_files`: see changes of the cockpit's files at once (for writing them)."""
    app = FastAPI(
        title="Headframe", version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    door, streams = Doorkeeper(parts), Streams()
    app.state.inside = Inside(door, streams, Moment(parts))
    add(app, specs(), door)
    app.add_exception_handler(HTTPException, on_http)
    _Plain(parts, door, Shelf(files, fresh=fresh_files)).add(app)
    return Cockpit(app, Guard(app, parts), streams)


class _Plain:
    """What is not the API: health, metrics, files and pages."""

    def __init__(self, parts: WebParts, door: Doorkeeper, shelf: Shelf) -> None:
        self._parts = parts
        self._door = door
        self._shelf = shelf

    def add(self, app: FastAPI) -> None:
        for path, endpoint in (
            ("/healthz", self.health),
            ("/metrics", self.metrics),
            ("/static/{name:path}", self.file),
        ):
            app.add_route(path, endpoint, methods=["GET"], include_in_schema=False)
        app.router.default = self.other

    async def health(self, request: Request) -> Response:
        """Whether miners get work, for anybody; why not, for who may see metrics."""
        healthy, reasons = self._parts.queries.healthy()
        told = list(reasons) if self._may_see_numbers(request) is None else []
        return JSONResponse({"healthy": healthy, "reasons": told}, status_code=200 if healthy else 503)

    async def metrics(self, request: Request) -> Response:
        refusal = self._may_see_numbers(request)
        if refusal is not None:
            return refused(refusal)
        return Response(self._parts.metrics.body(), headers={"content-type": self._parts.metrics.media_type})

    def _may_see_numbers(self, request: Request) -> Refused | None:
        """This machine may (under a name that is ours: see `web.guard`), and whoever may view."""
        caller: Caller = request.scope["headframe.caller"]
        settings = self._parts.settings()
        if caller.loopback and is_ours(caller.host, settings.origin, self._parts.hostnames):
            return None
        try:
            actor = self._door.recognise(request).actor
        except Refused as refusal:
            return refusal
        if actor is not None and actor.may(Permission.VIEW):
            return None
        if actor is None and settings.privacy is Privacy.WORKERS:
            return None
        return NotAllowed(
            "metrics are for this machine, and for API tokens with the scope view",
            "make a token under Users and give it to the monitoring as its bearer token",
        )

    async def file(self, request: Request) -> Response:
        found = self._shelf.get(request, request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return found

    async def other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """No route: every page is the one page; which it shows is its own business."""
        request = Request(scope)
        if scope["path"].startswith("/api/") or scope["path"] == "/api":
            found = await on_http(request, HTTPException(404))
        elif scope["method"] != "GET":
            found = await on_http(request, HTTPException(405, headers={"allow": "GET"}))
        else:
            found = self._shelf.page(request, scope["path"]) or PlainTextResponse(_FRONT)
        await found(scope, receive, send)
