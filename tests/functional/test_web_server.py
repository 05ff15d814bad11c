"""The web port on a real socket."""

import asyncio
import signal
import socket

import aiohttp
import pytest

from headframe.metrics import Exposition
from headframe.testing.scripted_queries import ScriptedQueries
from headframe.web import Rendered, WebServer, application

WITHIN_S = 10


def server(host: str = "127.0.0.1", port: int = 0) -> WebServer:
    queries = ScriptedQueries()
    exposition = Exposition(queries)
    return WebServer(application(queries, Rendered(exposition.content_type, exposition.text)), host, port)


async def test_it_serves_on_the_port_it_reports_until_told_to_stop() -> None:
    web, stop = server(), asyncio.Event()
    web.bind()
    assert web.port > 0
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
        group.create_task(web.serve(stop))
        async with aiohttp.ClientSession() as client:
            async with client.get(f"{web.url}metrics") as answer:
                assert answer.status == 200
                assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                assert "headframe_build_info" in await answer.text()
            async with client.get(f"{web.url}healthz") as answer:
                assert (await answer.json())["healthy"] is True
                assert "server" not in answer.headers
        stop.set()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", web.port or 1), timeout=1)


async def test_it_ends_while_a_client_keeps_its_connection_open() -> None:
    web, stop = server(), asyncio.Event()
    web.bind()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
        group.create_task(web.serve(stop))
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        stop.set()
    writer.close()


async def test_signals_stay_with_their_owner() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    web, stop = server(), asyncio.Event()
    web.bind()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
        group.create_task(web.serve(stop))
        _, writer = await asyncio.open_connection("127.0.0.1", web.port)
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        writer.close()
        stop.set()


async def test_a_head_without_end_is_refused() -> None:
    web, stop = server(), asyncio.Event()
    web.bind()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
        group.create_task(web.serve(stop))
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()
        stop.set()


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        server(port=taken.getsockname()[1]).bind()


def test_ipv6_is_written_in_brackets() -> None:
    assert server("::1", 8855).url == "http://[::1]:8855/"
