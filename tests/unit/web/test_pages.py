"""What the web port answers beside the API, without a socket."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from headframe.service.permissions import Privacy
from headframe.service.web_settings import WebSettings
from headframe.testing.scripted_web import ScriptedHouse

AWAY = ("192.0.2.7", 50_000)
HERE = ("127.0.0.1", 50_000)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ScriptedHouse]:
    made = ScriptedHouse(tmp_path, miners=5)
    yield made
    made.close()


@asynccontextmanager
async def asking(house: ScriptedHouse, peer: tuple[str, int] = HERE) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=house.application(), client=peer)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8855") as client:
        yield client


async def test_health_is_for_anybody_under_any_name(house: ScriptedHouse) -> None:
    async with asking(house, AWAY) as client:
        answer = await client.get("/healthz", headers={"host": "monitoring.example"})
    assert (answer.status_code, answer.json()) == (200, {"healthy": True, "reasons": []})


async def test_why_miners_get_no_work_is_told_to_this_machine_only(
    house: ScriptedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.world, "healthy", lambda: (False, ("home: cannot connect",)))
    async with asking(house) as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["home: cannot connect"])
    async with asking(house, AWAY) as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, [])


async def test_metrics_are_for_this_machine(house: ScriptedHouse) -> None:
    async with asking(house) as client:
        answer = await client.get("/metrics")
        assert answer.status_code == 200
        assert "headframe_build_info" in answer.text
        by_proxy = await client.get("/metrics", headers={"x-forwarded-for": "192.0.2.7"})
        rebound = await client.get("/metrics", headers={"host": "evil.example"})
    assert by_proxy.status_code == 403
    assert rebound.status_code == 421


async def test_metrics_are_for_visitors_who_may_see_workers(house: ScriptedHouse) -> None:
    async with asking(house, AWAY) as client:
        assert (await client.get("/metrics")).status_code == 403
        house.settings = WebSettings(privacy=Privacy.TOTALS)
        assert (await client.get("/metrics")).status_code == 403
        house.settings = WebSettings(privacy=Privacy.WORKERS)
        assert (await client.get("/metrics")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/miners", "/sources/pool.example", "/login"])
async def test_every_page_is_the_one_page(house: ScriptedHouse, path: str) -> None:
    async with asking(house) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/api/v1/session", "/api/v1/nothing", "/static/nothing"])
async def test_no_answer_may_be_framed_sniffed_or_leak_where_it_was(house: ScriptedHouse, path: str) -> None:
    async with asking(house) as client:
        headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_pages_cannot_be_posted_to(house: ScriptedHouse) -> None:
    async with asking(house) as client:
        answer = await client.post("/miners")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"


async def test_head_has_the_headers_and_no_body(house: ScriptedHouse) -> None:
    async with asking(house) as client:
        for path in ("/healthz", "/", "/api/v1/session"):
            answer = await client.head(path)
            assert (answer.status_code, answer.content) == (200, b"")
