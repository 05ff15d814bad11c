"""Routes, and how they become an application.

Responsible for: declaring routes with what they answer, letting each request through the one door, turning refusals and
bugs into the one shape of errors.
Not responsible for: the rules (`web.access`), each area's routes (`web.routes`), the document about them (`web.document`).
Read next: `web.routes`.
"""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from headframe.service.refusals import Refused
from headframe.web.access import RULES, Rule
from headframe.web.answers import JSON, bug, invalid, on_http, refused
from headframe.web.guard import narrow
from headframe.web.inside import inside
from headframe.web.visitor import SAFE, Doorkeeper

PREFIX = "/api/v1"

Endpoint = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Spec:
    """One route: `answers` is the type of a successful answer (None: no body), `media` its form. `pattern` is the path with
    the kinds of its parameters ("{id:int}"), `path` without."""

    area: str
    method: str
    pattern: str
    endpoint: Endpoint
    answers: Any
    media: str
    status: int

    @property
    def path(self) -> str:
        return self.pattern.replace(":int}", "}")

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def rule(self) -> Rule:
        return RULES[self.key]


class Area:
    """The routes of one subject, in the order in which they are tried."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.specs: list[Spec] = []

    def route(
        self, method: str, path: str, answers: Any = None, *, media: str = JSON, status: int = 0
    ) -> Callable[[Endpoint], Endpoint]:
        """Declares an endpoint. Without `answers` success is 204."""

        def declare(endpoint: Endpoint) -> Endpoint:
            code = status or (204 if answers is None else 200)
            self.specs.append(Spec(self.name, method, path, endpoint, answers, media, code))
            return endpoint

        return declare

    def get(self, path: str, answers: Any, *, media: str = JSON) -> Callable[[Endpoint], Endpoint]:
        return self.route("GET", path, answers, media=media)

    def post(self, path: str, answers: Any = None, *, status: int = 0) -> Callable[[Endpoint], Endpoint]:
        return self.route("POST", path, answers, status=status)

    def put(self, path: str, answers: Any = None) -> Callable[[Endpoint], Endpoint]:
        return self.route("PUT", path, answers)

    def patch(self, path: str, answers: Any = None) -> Callable[[Endpoint], Endpoint]:
        return self.route("PATCH", path, answers)

    def delete(self, path: str, answers: Any = None) -> Callable[[Endpoint], Endpoint]:
        return self.route("DELETE", path, answers)


def add(app: FastAPI, specs: list[Spec], door: Doorkeeper) -> None:
    """Give the application these routes. Raises KeyError for one without a rule."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            inner = super().get_route_handler()
            method = min(self.methods or ())
            rule = RULES[f"{method} {self.path_format.removeprefix(PREFIX)}"]

            async def handle(request: Request) -> Response:
                return await _answered(inner, request, door, rule)

            return handle

    app.router.route_class = Guarded
    declare(app, specs)


def declare(app: FastAPI, specs: list[Spec]) -> None:
    """Routes as the application's own class of route, whatever that is."""
    for spec in specs:
        app.add_api_route(
            PREFIX + spec.pattern,
            spec.endpoint,
            methods=[spec.method],
            status_code=spec.status,
            response_model=None,
            tags=[spec.area],
            operation_id=_operation(spec),
            name=spec.key,
        )


def _operation(spec: Spec) -> str:
    words = [part.strip("{}").replace(".", "_").replace("-", "_") for part in spec.path.strip("/").split("/")]
    return "_".join([spec.method.lower(), *words])


async def _answered(
    inner: Callable[[Request], Coroutine[Any, Any, Response]], request: Request, door: Doorkeeper, rule: Rule
) -> Response:
    """Whatever happens inside, one answer of the right shape. Nothing of a body is read before the asker is let in."""
    try:
        request.state.visitor = door.admit(request, rule)
        if request.state.visitor.actor is None:
            narrow(request.scope)
        if request.method not in SAFE and _has_body(request) and not _is_json(request):
            return await on_http(request, HTTPException(415))
        answer = await inner(request)
        if request.method not in SAFE:
            inside(request).moment.forget()  # whoever changed something sees it with the next look
        return answer
    except Refused as refusal:
        return refused(refusal)
    except RequestValidationError as trouble:
        return invalid(trouble)
    except HTTPException as trouble:
        if trouble.status_code == 400:  # a body that cannot be read at all
            return invalid(RequestValidationError([]))
        return await on_http(request, trouble)
    except Exception as trouble:
        return bug(request, trouble)


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == JSON
