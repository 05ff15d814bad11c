"""The RPC client against a listener that behaves badly in every way."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from headframe.bitcoin.networks import NETWORKS
from headframe.net.clock import SystemClock
from headframe.sources.base import Down, Noted, Up
from headframe.sources.node.rpc import (
    Rpc,
    RpcAddress,
    RpcCredentials,
    RpcError,
    RpcNonsense,
    RpcSilent,
    RpcTrouble,
    RpcUnreachable,
    RpcWarmingUp,
    call_blocking,
    read_answer,
    request_body,
)
from headframe.sources.node.settings import NodeSettings
from headframe.sources.node.source import NodeSource
from headframe.testing.chain import Chain
from headframe.testing.ports import free_port
from headframe.testing.regtest_node import EmbeddedNode
from headframe.testing.source_rig import running
from headframe.testing.template_answers import answer_body

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Listener:
    """What a scripted HTTP server heard."""

    url: str = ""
    headers: list[str] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[Listener]:
    heard = Listener()

    async def serve(request: web.Request) -> web.StreamResponse:
        heard.headers.append(request.headers.get("Authorization", ""))
        heard.peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        return await handler(request)

    app = web.Application()
    app.router.add_post("/", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield heard
    finally:
        await runner.cleanup()


def always(body: bytes, status: int = 200) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    return handler


async def hang(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (always(b"", 401), RpcCredentials),
        (always(b"", 403), RpcCredentials),
        (always(b"Work queue depth exceeded", 503), RpcUnreachable),
        (always(b"<html>hello</html>"), RpcNonsense),
        (always(answer_body(5)), RpcNonsense),
        (always(answer_body(None)), RpcNonsense),
        (always(answer_body(None, {"code": -28, "message": "Loading block index…"}), 500), RpcWarmingUp),
        (always(answer_body(None, {"code": -5, "message": "Block not found"}), 500), RpcError),
        (hang, RpcSilent),
        (hang_up, RpcUnreachable),
    ],
)
async def test_each_way_to_fail_has_its_name(handler: Handler, kind: type[RpcTrouble]) -> None:
    async with listening(handler) as heard:
        rpc = Rpc(RpcAddress(heard.url, "u", "p"), timeout_s=0.3)
        with pytest.raises(kind):
            await rpc.call(str, "getbestblockhash")
        await rpc.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "http://[", "nonsense"])
async def test_a_wrong_address_is_trouble_and_no_surprise(url: str) -> None:
    rpc = Rpc(RpcAddress(url.format(port=free_port())))
    with pytest.raises(RpcTrouble):
        await rpc.call(str, "getbestblockhash")
    await rpc.close()


async def test_nobody_there_is_told_without_the_address() -> None:
    address = RpcAddress(f"http://127.0.0.1:{free_port()}")
    rpc = Rpc(address)
    with pytest.raises(RpcUnreachable, match=r"^connection refused$"):
        await rpc.call(str, "getbestblockhash")
    with pytest.raises(RpcUnreachable, match=r"^connection refused$"):
        await asyncio.to_thread(call_blocking, address, request_body("submitblock", ("00",)), timeout_s=1.0)
    await rpc.close()


@pytest.mark.parametrize(("code", "kind"), [(-5, RpcError), (-28, RpcWarmingUp)])
def test_a_nodes_own_words_are_cut(code: int, kind: type[RpcTrouble]) -> None:
    with pytest.raises(kind) as found:
        read_answer(500, answer_body(None, {"code": code, "message": "x" * 100_000}), object)
    assert str(found.value).removesuffix(" (-5)") == "x" * 255
    assert getattr(found.value, "message", "x" * 255) == "x" * 255


async def test_an_endless_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headframe.sources.node.rpc.MAX_ANSWER_SIZE", 10_000)
    async with listening(always(answer_body("x" * 20_000))) as heard:
        rpc = Rpc(RpcAddress(heard.url))
        with pytest.raises(RpcNonsense):
            await rpc.call(str, "getblock")
        await rpc.close()


async def test_calls_share_a_connection_and_one_that_was_closed_is_no_trouble() -> None:
    async with listening(always(answer_body("here"))) as heard:
        rpc = Rpc(RpcAddress(heard.url))
        assert [await rpc.call(str, "uptime") for _ in range(3)] == ["here"] * 3
        assert len(heard.peers) == 1
        await rpc.close()
        assert await rpc.call(str, "uptime") == "here"
        await rpc.close()


async def test_the_cookie_is_read_again_when_the_node_refuses_it(tmp_path: Path) -> None:
    cookie = tmp_path / ".cookie"
    cookie.write_text("__cookie__:old")
    good = "Basic " + base64.b64encode(b"__cookie__:new").decode()

    async def handler(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != good:
            return web.Response(status=401)
        return web.Response(body=answer_body("in"))

    async with listening(handler) as heard:
        rpc = Rpc(RpcAddress(heard.url, cookie_file=cookie))
        with pytest.raises(RpcCredentials):
            await rpc.call(str, "uptime")
        cookie.write_text("__cookie__:new\n")
        assert await rpc.call(str, "uptime") == "in"
        status, _ = await asyncio.to_thread(call_blocking, rpc.address, request_body("uptime", ()), timeout_s=5.0)
        assert status == 200
        cookie.unlink()
        await rpc.close()
        fresh = Rpc(RpcAddress(heard.url, cookie_file=cookie))
        with pytest.raises(RpcCredentials, match="no cookie file"):
            await fresh.call(str, "uptime")
        await fresh.close()


def test_secrets_are_in_no_repr(tmp_path: Path) -> None:
    address = RpcAddress("http://someone:hidden@127.0.0.1:8332", "u", "secret")
    settings = NodeSettings("home", NETWORKS["regtest"], ("http://127.0.0.1:1",), "u", "secret")
    assert "secret" not in repr(address) + repr(settings)
    assert address.shown == "127.0.0.1:8332"


def embedded(node: EmbeddedNode, data_dir: Path, **changes: object) -> NodeSource:
    values = {"user": node.settings.user, "password": node.settings.password, "retry_s": 0.05, "poll_s": 0.2}
    settings = NodeSettings("home", NETWORKS["regtest"], (node.url,), **values | changes)  # type: ignore[arg-type]
    return NodeSource(settings, SystemClock(), data_dir)


async def test_a_node_that_warms_up_is_waited_for_with_its_own_words(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as node:
        node.faults.warming_up = "Verifying blocks…"
        async with running(embedded(node, tmp_path)) as log:
            down = await log.until(Down)
            assert "Verifying blocks…" in down.reason
            node.faults.warming_up = ""
            await log.until(Up)


async def test_a_silent_node_is_down(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as node, running(embedded(node, tmp_path, timeout_s=0.3)) as log:
        await log.until(Up)
        node.faults.hang = True
        assert "no answer" in (await log.until(Down)).reason
        mark = log.mark()
        node.faults.hang = False
        await log.until(Up, after=mark)


async def test_a_template_that_cannot_be_mined_is_down_with_its_fault(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as node:
        node.faults.spoil_template = lambda answer: answer | {"coinbasevalue": 10**15}
        async with running(embedded(node, tmp_path)) as log:
            assert "exceeds subsidy and fees" in (await log.until(Down)).reason
            assert not log.of(Up)


async def test_an_old_template_is_a_warning_while_miners_keep_it(tmp_path: Path) -> None:
    async with (
        EmbeddedNode(Chain()) as node,
        running(embedded(node, tmp_path, stale_s=0.2, refresh_s=3600.0)) as log,
    ):
        await log.until(Up)
        note = await log.until(Noted, lambda event: event.kind == "template")
        assert note.state == "stale_template"
        assert not log.of(Down)
        node.extend()
        await log.until(Noted, lambda event: event.kind == "template" and event.state == "")
