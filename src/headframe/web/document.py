"""The document about the API, as OpenAPI 3.1.

Responsible for: paths, parameters and bodies (as FastAPI knows them), answers (as msgspec knows them), errors, who may.
Not responsible for: the reference page (`web.reference`).
Read next: `web.access`.
"""

from functools import cache
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from headframe.service.permissions import Permission
from headframe.web.access import Who
from headframe.web.answers import JSON, Failure
from headframe.web.areas import PREFIX, Spec, declare
from headframe.web.routes import specs

_ABOUT = """\
Everything that the cockpit shows and does. Times are Unix milliseconds, ages seconds, hashrates hashes per second, work
whole hashes; unknown is null, never 0. Ask with an API token (`Authorization: Bearer ...`), or with the cookie of a session
and, whenever something is to change, its `X-CSRF`. Everything that is refused answers `{"error": ...}`. Answers to GET have
an ETag; send it back as If-None-Match to be told 304 while nothing changed."""

_REF = "#/components/schemas/{name}"


@cache
def document() -> dict[str, Any]:
    """The whole document; the same for every server of this version."""
    app, every = FastAPI(), specs()
    declare(app, every)
    made = get_openapi(title="Headframe", version="1", description=_ABOUT, routes=app.routes)
    answers = [spec.answers for spec in every if spec.answers is not None and spec.media == JSON]
    schemas, components = msgspec.json.schema_components([*answers, Failure], ref_template=_REF)
    by_type = dict(zip(map(repr, answers), schemas, strict=False))
    kept = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        kept.pop(unused, None)
    kept.update(components)
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
        "session": {"type": "apiKey", "in": "cookie", "name": "headframe"},
    }
    for spec in every:
        operation = made["paths"][PREFIX + spec.path][spec.method.lower()]
        _describe(operation, spec, by_type)
    return made


@cache
def encoded() -> bytes:
    return msgspec.json.encode(document())


def _describe(operation: dict[str, Any], spec: Spec, by_type: dict[str, Any]) -> None:
    rule = spec.rule
    operation["summary"] = operation.pop("description").partition(". ")[0].rstrip(".")
    operation["description"] = " ".join((spec.endpoint.__doc__ or "").split())
    operation["x-needs"] = rule.needs.value
    if rule.visitors is not None:
        operation["x-visitors"] = rule.visitors.value
    operation["security"] = [] if rule.needs is Who.ANYBODY else [{"token": []}, {"session": []}]
    failed = {"description": "Refused.", "content": {JSON: {"schema": {"$ref": _REF.format(name="Failure")}}}}
    answers: dict[str, Any] = {str(spec.status): _answer(spec, by_type)}
    if spec.method == "GET":
        answers["304"] = {"description": "Not changed since If-None-Match."}
    operation["responses"] = {**answers, "4XX": failed, "5XX": failed}


def _answer(spec: Spec, by_type: dict[str, Any]) -> dict[str, Any]:
    if spec.answers is None:
        return {"description": "Done."}
    schema = by_type[repr(spec.answers)] if spec.media == JSON else {"type": "string"}
    return {"description": "Success.", "content": {spec.media: {"schema": schema}}}


def needed(spec: Spec) -> str:
    """Who may ask, in words."""
    rule = spec.rule
    if isinstance(rule.needs, Permission):
        words = f"`{rule.needs.value}`"
    else:
        words = {Who.ANYBODY: "anybody", Who.SIGNED_IN: "signed in", Who.PERSON: "signed in, no token"}[rule.needs]
    return words if rule.visitors is None else f"{words}; visitors from `{rule.visitors.value}`"
