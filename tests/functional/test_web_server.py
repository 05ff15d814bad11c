"""The web port on a real socket."""

import asyncio
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from headframe.app.setup import listening_trouble
from headframe.net.certificates import Certificates, self_signed
from headframe.testing.scripted_web import ScriptedHouse
from headframe.web import WebServer, connection

WITHIN_S = 20


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ScriptedHouse]:
    made = ScriptedHouse(tmp_path / "house", miners=3)
    yield made
    made.close()


def server(house: ScriptedHouse, host: str = "127.0.0.1", port: int = 0) -> WebServer:
    cockpit = house.application()
    return WebServer(cockpit, host, port, closing=cockpit.close_streams)


@asynccontextmanager
async def serving(web: WebServer) -> AsyncIterator[asyncio.Event]:
    """The server serves meanwhile; at the end it must stop by itself."""
    stop = asyncio.Event()
    if not web.bound:
        web.bind()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
        group.create_task(web.serve(stop))
        yield stop
        stop.set()


async def test_it_serves_on_the_port_it_reports_until_told_to_stop(house: ScriptedHouse) -> None:
    web = server(house)
    async with serving(web):
        assert web.port > 0
        port = web.port
        async with aiohttp.ClientSession() as client:
            async with client.get(f"{web.url}metrics") as answer:
                assert answer.status == 200
                assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                assert "headframe_build_info" in await answer.text()
            async with client.get(f"{web.url}healthz") as answer:
                assert (await answer.json())["healthy"] is True
                assert "server" not in answer.headers
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


async def test_it_ends_while_a_client_keeps_its_connection_open(house: ScriptedHouse) -> None:
    web = server(house)
    async with serving(web):
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_signals_stay_with_their_owner(house: ScriptedHouse) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    web = server(house)
    async with serving(web):
        _, writer = await asyncio.open_connection("127.0.0.1", web.port)
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        writer.close()


async def test_a_head_without_end_is_refused(house: ScriptedHouse) -> None:
    web = server(house)
    async with serving(web):
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(b"GET / HTTP/1.1\r\nX: " + b"a" * 40_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{",
    ],
)
async def test_who_takes_too_long_to_ask_is_hung_up_on(
    house: ScriptedHouse, monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr(connection, "REQUEST_S", 0.3)
    web = server(house)
    async with serving(web):
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(part)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await reader.readexactly(1)
        writer.close()


async def test_a_connection_that_waits_between_requests_is_kept(
    house: ScriptedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "REQUEST_S", 0.2)
    web = server(house)
    async with serving(web):
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        for _ in range(3):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}")
            loop = asyncio.get_running_loop()
            passed = asyncio.Event()
            loop.call_later(0.4, passed.set)  # longer than a request may take to arrive
            await passed.wait()
        writer.close()


async def test_too_many_connections_are_told_so_and_room_is_kept_for_this_machine(
    house: ScriptedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 4)
    web = server(house)
    async with serving(web):
        opened = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(4)]
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        assert (await reader.readline()).startswith(b"HTTP/1.1 503")
        opened.pop()[1].close()
        writer.close()
        async with aiohttp.ClientSession() as client:
            for _ in range(100):  # until the server has noticed
                async with client.get(f"{web.url}healthz") as answer:
                    if answer.status == 200:
                        break
        assert answer.status == 200
        for _, one in opened:
            one.close()


def test_a_port_that_is_taken_is_an_error_at_once(house: ScriptedHouse) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        server(house, port=taken.getsockname()[1]).bind()


def test_ipv6_is_written_in_brackets(house: ScriptedHouse) -> None:
    assert server(house, "::1", 8855).url == "http://[::1]:8855/"


async def test_it_moves_to_another_address_while_open_connections_stay(house: ScriptedHouse) -> None:
    web = server(house)
    async with serving(web):
        before = web.port
        reader, writer = await asyncio.open_connection("127.0.0.1", before)
        for moved in (False, True):
            if moved:
                await web.move("0.0.0.0", before)
                assert (web.port, web.url) == (before, f"http://0.0.0.0:{before}/")
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}")
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.2:{before}/healthz") as answer,
        ):
            assert answer.status == 200
        writer.close()


async def test_where_it_cannot_move_it_stays(house: ScriptedHouse) -> None:
    web = server(house)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with serving(web):
            before = web.port
            with pytest.raises(OSError, match="in use"):
                await web.move("127.0.0.1", taken.getsockname()[1])
            assert web.port == before
            async with aiohttp.ClientSession() as client, client.get(f"{web.url}healthz") as answer:
                assert answer.status == 200


async def test_it_speaks_tls_with_the_certificate_of_the_moment(house: ScriptedHouse, tmp_path: Path) -> None:
    first: Certificates = self_signed(tmp_path / "first", ["localhost"], 1_800_000_000)
    second: Certificates = self_signed(tmp_path / "second", ["localhost"], 1_800_000_000)
    now = [first]
    web = server(house)
    await web.move("127.0.0.1", 0, tls=lambda: now[0].context)
    assert web.url.startswith("https://")
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with serving(web):
        for certificates in (first, second):
            now[0] = certificates
            _, writer = await asyncio.open_connection("127.0.0.1", web.port, ssl=trusting)
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            assert ssl.DER_cert_to_PEM_cert(shown).split() == certificates.info.pem.split()
            writer.close()
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{web.url}healthz", ssl=trusting) as answer,
        ):
            assert answer.status == 200


def test_a_place_that_is_listened_on_is_trouble_and_a_free_one_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "in use" in listening_trouble("127.0.0.1", port)
    assert listening_trouble("127.0.0.1", port) == ""
    assert listening_trouble("192.0.2.1", 0) != ""
