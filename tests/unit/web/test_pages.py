"""What the web port answers, without a socket."""

from typing import Any

import pytest

from headframe.testing.scripted_queries import ScriptedQueries
from headframe.web import Rendered, application

METRICS = Rendered("text/plain; version=0.0.4; charset=utf-8", lambda: b"numbers 1\n")


async def ask(queries: ScriptedQueries, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """One request by the ASGI protocol itself."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
    scope.update(query_string=b"", headers=[], http_version="1.1", scheme="http", root_path="", client=None)
    scope["asgi"] = {"version": "3.0"}
    await application(queries, METRICS)(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


async def test_health_is_200_while_miners_get_work() -> None:
    status, _, body = await ask(ScriptedQueries(), "/healthz")
    assert (status, body) == (200, b'{"healthy":true,"reasons":[]}')


async def test_health_is_503_with_the_reasons_while_they_do_not() -> None:
    status, _, body = await ask(ScriptedQueries(health=(False, ("home: cannot connect",))), "/healthz")
    assert (status, body) == (503, b'{"healthy":false,"reasons":["home: cannot connect"]}')


async def test_metrics_are_served_as_they_were_handed_in() -> None:
    status, headers, body = await ask(ScriptedQueries(), "/metrics")
    assert (status, body) == (200, b"numbers 1\n")
    assert headers["content-type"] == METRICS.media_type


async def test_the_front_says_what_is_here() -> None:
    status, _, body = await ask(ScriptedQueries(), "/")
    assert status == 200
    assert b"/healthz" in body
    assert b"/metrics" in body


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/nothing"])
async def test_no_answer_may_be_framed_sniffed_or_kept(path: str) -> None:
    _, headers, _ = await ask(ScriptedQueries(), path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]


async def test_nothing_can_be_changed_here() -> None:
    for method in ("POST", "PUT", "DELETE"):
        status, _, _ = await ask(ScriptedQueries(), "/healthz", method)
        assert status == 405


async def test_what_is_not_here_is_not_found() -> None:
    status, _, _ = await ask(ScriptedQueries(), "/admin")
    assert status == 404
