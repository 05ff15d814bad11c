"""Answers: views to bytes, and refusals to the one shape of errors.

Responsible for: JSON with ETag and 304, the error shape, which status a refusal has, a bug's reference number.
Not responsible for: headers that every answer has (`web.guard`).
Read next: `web.visitor`.
"""

import secrets
from hashlib import blake2b
from typing import Any

import msgspec
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headframe.service.refusals import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    ProblemView,
    Refused,
    TooMany,
    Unavailable,
)

log = structlog.get_logger("headframe.web")

JSON = "application/json"

STATUSES: tuple[tuple[type[Refused], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Invalid, 422),
    (TooMany, 429),
    (Unavailable, 503),
)


class ErrorView(msgspec.Struct, frozen=True):
    """What was refused: `code` for programs, the rest for people. `reference` is also in the log, for bugs of ours."""

    code: str
    message: str
    remedy: str = ""
    problems: tuple[ProblemView, ...] = ()
    reference: str = ""


class Failure(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: ErrorView


def etag_of(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def matches(request: Request, etag: str) -> bool:
    """Whether the asker has it already (If-None-Match, weakly compared)."""
    known = request.headers.get("if-none-match", "")
    return known == "*" or any(one.strip().removeprefix("W/") == etag for one in known.split(","))


def tagged(request: Request, body: bytes, media: str = JSON) -> Response:
    """200 with an ETag, or 304."""
    etag = etag_of(body)
    if matches(request, etag):
        return Response(status_code=304, headers={"etag": etag})
    return Response(body, headers={"etag": etag, "content-type": media})


def answer(request: Request, value: Any, status: int = 200) -> Response:
    """A view as JSON. Answers to GET can be asked again for changes only."""
    body = msgspec.json.encode(value)
    if request.method == "GET" and status == 200:
        return tagged(request, body)
    return Response(body, status_code=status, headers={"content-type": JSON})


def done() -> Response:
    """Nothing to say but that it is done."""
    return Response(status_code=204)


def failure(status: int, error: ErrorView, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(Failure(error)), status_code=status, headers={"content-type": JSON, **(headers or {})}
    )


def refused(refusal: Refused) -> Response:
    """What a refusal of `service` looks like."""
    status = next((code for kind, code in STATUSES if isinstance(refusal, kind)), 400)
    headers = {"retry-after": str(max(1, refusal.retry_after_s))} if isinstance(refusal, TooMany) else {}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="headframe"'
    return failure(status, ErrorView(refusal.code, refusal.text, refusal.remedy, refusal.problems), headers)


def bug(request: Request, trouble: BaseException) -> Response:
    """Our fault: a number that stands in the log too, and nothing of what happened inside."""
    reference = secrets.token_hex(4)
    log.error("bug", reference=reference, method=request.method, path=_route_of(request), exc_info=trouble)
    return failure(
        500,
        ErrorView(
            "bug",
            "something went wrong inside the server",
            f"look for {reference} in the log, and please report it",
            reference=reference,
        ),
    )


def _route_of(request: Request) -> str:
    """The route rather than the path: names from outside do not go into the log's events."""
    return str(getattr(request.scope.get("route"), "path", "?"))


_WORDS = {
    400: ("bad_request", "this request cannot be understood", "send what docs/reference/api.md says"),
    404: ("not_found", "there is nothing here", "see docs/reference/api.md for what there is"),
    405: ("method_not_allowed", "this cannot be done here", "see docs/reference/api.md for what can"),
    413: ("too_large", "the request is too large", "send less"),
    415: ("not_json", "only JSON is taken", "send Content-Type: application/json"),
}


async def on_http(request: Request, trouble: Exception) -> Response:
    """404, 405 and their like, as the frameworks say them."""
    assert isinstance(trouble, HTTPException)
    code, message, remedy = _WORDS.get(trouble.status_code, _WORDS[400])
    headers = dict(trouble.headers or {})
    if trouble.status_code == 405 and "app" in request.scope:
        headers["allow"] = ", ".join(_methods_here(request)) or "GET"
    return failure(trouble.status_code, ErrorView(code, message, remedy), headers)


def _methods_here(request: Request) -> list[str]:
    """Of all routes with this path: the frameworks name the first one's only."""
    path = request.scope["path"]
    routes = [one for one in request.app.router.routes if isinstance(one, Route) and one.path_regex.match(path)]
    exact = [one for one in routes if one.path == path]
    return sorted({method for one in exact or routes for method in one.methods or ()})


def invalid(trouble: RequestValidationError) -> Response:
    """A body or a parameter of the wrong shape. What was sent is not repeated: it may be a password."""
    problems = []
    for one in trouble.errors():
        where = ".".join(str(part) for part in one["loc"] if part not in ("body", "query", "path"))
        problems.append(ProblemView(where, str(one["msg"]), "see docs/reference/api.md for what is taken"))
    return failure(422, ErrorView("invalid", "the request is not as it should be", "", tuple(problems[:50])))
