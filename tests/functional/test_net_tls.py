"""Plain and TLS on one port: versions, cuts, certificates, hot reload, stalled and broken handshakes."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from headframe.net.certificates import Certificates, make_self_signed, self_signed
from headframe.net.limits import LimitSettings
from headframe.net.listener import Listener, split_address
from headframe.net.tls import MAX_HANDSHAKE_BYTES
from headframe.testing.fake_clock import FakeClock
from headframe.testing.loopback import LOOPS, CutTlsClient, Echoes, eventually, run_on

NOW = 1_800_000_000
Run = Callable[[Awaitable[None]], None]
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(params=sorted(LOOPS))
def run(request: pytest.FixtureRequest) -> Run:
    return lambda work: run_on(request.param, work)  # type: ignore[arg-type]


@pytest.fixture
def pair(tmp_path: Path) -> Certificates:
    return self_signed(tmp_path, ["miner.example"], NOW)


class Floor:
    def __init__(self, pair: Certificates, **settings: Any) -> None:
        self.clock = FakeClock()
        self.echoes = Echoes()
        self.pair = pair
        self.listener = Listener(self.echoes.accept, LimitSettings(**settings), self.clock, pair)
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self, context: ssl.SSLContext | None = None, name: str | None = None) -> Client:
        host, port = split_address(self.listener.addresses[0])
        reader, writer = await asyncio.open_connection(
            host, port, ssl=context, server_hostname=(name or "localhost") if context else None
        )
        self.writers.append(writer)
        return reader, writer

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.listener.sweep()


@asynccontextmanager
async def floor(pair: Certificates, **settings: Any) -> AsyncIterator[Floor]:
    made = Floor(pair, **settings)
    await made.listener.start(["127.0.0.1:0"])
    try:
        yield made
    finally:
        for writer in made.writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in made.writers), return_exceptions=True)
        await made.listener.close()
        assert made.listener.counts().open == 0
        assert made.listener.handshakes.in_progress == made.listener.handshakes.waiting == 0


def trusting(pair: Certificates, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A client that trusts exactly our certificate and checks the name."""
    context = ssl.create_default_context(cadata=pair.info.pem)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


async def echoed(client: Client, data: bytes) -> None:
    reader, writer = client
    writer.write(data)
    async with asyncio.timeout(20):
        assert await reader.readexactly(len(data)) == data


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(20):
            return await reader.read(1) == b""
    except (ConnectionError, OSError):
        return True


def test_plain_and_tls_share_a_port(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            await echoed(await f.connect(), b'{"plain":1}\n')
            await echoed(await f.connect(trusting(pair)), b'{"tls":1}\n')
            assert [echo.wire.transport_kind for echo in f.echoes.made] == ["tcp", "tls"]
            assert f.listener.certificate == pair.info

    run(main())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "miner.example"])
def test_clients_of_one_version_connect_by_every_name(
    run: Run, pair: Certificates, version: ssl.TLSVersion, name: str
) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            client = await f.connect(trusting(pair, version), name)
            await echoed(client, b"{}\n")
            tls = client[1].get_extra_info("ssl_object")
            assert tls.version() == version.name.replace("_", ".")
            cipher = tls.cipher()[0]
            assert "GCM" in cipher or "CHACHA20" in cipher

    run(main())


@pytest.mark.parametrize("kilobytes", [1, 16, 17, 100, 1_000])
def test_large_messages_survive_in_both_directions(run: Run, pair: Certificates, kilobytes: int) -> None:
    async def main() -> None:
        async with floor(pair, write_buffer_bytes=8 * 1024 * 1024) as f:
            reader, writer = await f.connect(trusting(pair))
            data = b"{" + os.urandom(kilobytes * 1024)
            writer.write(data)
            assert await reader.readexactly(len(data)) == data

    run(main())


async def shake(client: CutTlsClient, reader: asyncio.StreamReader, send: Callable[[bytes], Awaitable[None]]) -> None:
    async with asyncio.timeout(20):
        while not client.shaken():
            await send(client.take())
            client.feed(await reader.read(65536))
        await send(client.take())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_hello_split_in_two_at_any_byte_is_understood(
    run: Run, pair: Certificates, version: ssl.TLSVersion
) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            context = trusting(pair, version)
            sample = CutTlsClient(context, "localhost")
            sample.shaken()
            length = len(sample.take())
            for cut in [*range(1, 12), *range(12, length, 37), length - 1]:
                reader, writer = await f.connect()
                client = CutTlsClient(context, "localhost")
                first = True

                async def send(data: bytes, cut: int = cut, writer: asyncio.StreamWriter = writer) -> None:
                    nonlocal first
                    pieces = (data[:cut], data[cut:]) if first else (data,)
                    first = False
                    for piece in pieces:
                        writer.write(piece)
                        await asyncio.sleep(0)

                await shake(client, reader, send)
                client.tls.write(b"{hello}\n")
                writer.write(client.take())
                said = b""
                while said != b"{hello}\n":
                    client.feed(await reader.read(65536))
                    said += client.read()
                writer.close()

    run(main())


def test_tls_byte_by_byte_and_the_first_request_in_one_segment_with_the_handshakes_end(
    run: Run, pair: Certificates
) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            reader, writer = await f.connect()
            client = CutTlsClient(trusting(pair), "localhost")
            async with asyncio.timeout(20):
                while not client.shaken():
                    for byte in client.take():
                        writer.write(bytes([byte]))
                        await asyncio.sleep(0)
                    client.feed(await reader.read(65536))
                client.tls.write(b"{a}\n{b}\n")
                writer.write(client.take())  # Finished and the first record together
                said = b""
                while said != b"{a}\n{b}\n":
                    client.feed(await reader.read(65536))
                    said += client.read()

    run(main())


def test_a_peer_that_says_goodbye_after_its_last_line_still_gets_this_turns_answer(
    run: Run, pair: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with floor(pair) as f:
            reader, writer = await f.connect()
            client = CutTlsClient(trusting(pair), "localhost")
            async with asyncio.timeout(20):
                while not client.shaken():
                    writer.write(client.take())
                    client.feed(await reader.read(65536))
                client.tls.write(b"{")
                writer.write(client.take())
                await eventually(lambda: f.echoes.made)
                echo = f.echoes.made[0]
                said = b""
                while said != b"{":
                    client.feed(await reader.read(65536))
                    said += client.read()
                # As the hub does: the answer is written at the end of the turn.
                monkeypatch.setattr(echo, "receive", lambda data: loop.call_soon(echo.wire.write, b"answer"))
                client.tls.write(b"last line")
                with contextlib.suppress(ssl.SSLWantReadError):
                    client.tls.unwrap()
                writer.write(client.take())
                client.feed(await reader.read())
                assert client.tls.read(65536) == b"answer"
            assert echo.endings == ["peer closed"]

    run(main())


def test_both_sides_say_goodbye(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            reader, writer = await f.connect(trusting(pair))
            await echoed((reader, writer), b"{")
            f.echoes.made[0].wire.write(b"last words")
            f.echoes.made[0].wire.close("bored")
            assert await reader.read() == b"last words"
            reader, writer = await f.connect(trusting(pair))
            await echoed((reader, writer), b"{")
            writer.close()
            await eventually(lambda: f.echoes.made[1].endings)
            assert [echo.endings for echo in f.echoes.made] == [["bored"], ["peer closed"]]

    run(main())


def test_a_browser_over_tls_gets_an_answer_too(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            reader, writer = await f.connect(trusting(pair))
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")

    run(main())


async def discard(data: bytes) -> None:
    pass


@pytest.mark.parametrize("says_so", [True, False])
def test_a_client_that_does_not_trust_us_is_named_in_the_log_with_a_remedy(
    run: Run, pair: Certificates, says_so: bool
) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            reader, writer = await f.connect()
            client = CutTlsClient(ssl.create_default_context(), "localhost")
            with capture_logs() as lines:
                assert not client.shaken()
                writer.write(client.take())
                with pytest.raises(ssl.SSLCertVerificationError):
                    await shake(client, reader, discard)
                if says_so:
                    writer.write(client.take())  # the alert
                else:
                    writer.close()
                await eventually(lambda: f.listener.counts().open == 0)
            [line] = [line for line in lines if line["event"] == "tls_failed"]
            assert line["peer"] == "127.0.0.1"
            assert line["reason"] == ("tlsv1 alert unknown ca" if says_so else "peer closed during the handshake")
            assert "PEM" in line["remedy"]
            assert f.listener.handshakes.failed == 1
            assert f.echoes.made == []

    run(main())


def test_old_tls_is_refused_with_an_alert(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            hello = bytes.fromhex("16030100310100002d0301") + bytes(32) + bytes.fromhex("000006c009c013002f0100")
            reader, writer = await f.connect()
            writer.write(hello[:-2] + b"\x01\x00")
            answer = await reader.read(7)
            assert answer[0] == 21  # alert
            assert await ended(reader)

    run(main())


def test_garbage_after_the_beginning_of_a_handshake_ends_that_connection_only(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            good = await f.connect(trusting(pair))
            await echoed(good, b"{")
            reader, writer = await f.connect()
            writer.write(b"\x16\x03" + bytes(range(256)) * 4)
            while await reader.read(4096):
                pass  # the alert
            await eventually(lambda: f.listener.counts().open == 1)
            await echoed(good, b"unaffected")

    run(main())


def test_a_broken_record_after_the_handshake_ends_that_connection_only(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            reader, writer = await f.connect()
            client = CutTlsClient(trusting(pair), "localhost")

            async def send(data: bytes) -> None:
                writer.write(data)

            await shake(client, reader, send)
            client.tls.write(b"{")
            writer.write(client.take())
            await eventually(lambda: f.echoes.made)
            client.tls.write(b"forged")
            record = bytearray(client.take())
            record[-1] ^= 1
            writer.write(bytes(record))
            await eventually(lambda: f.echoes.made[0].endings)
            assert f.echoes.made[0].endings[0].startswith("TLS: ")
            assert f.echoes.made[0].chunks == [b"{"]

    run(main())


def test_a_handshake_is_bounded_in_bytes(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            reader, writer = await f.connect()
            # Well-formed fragments of a ClientHello that claims to be very long.
            writer.write(b"\x16\x03\x01\x40\x00\x01\x01\xff\xff\x03\x03" + bytes(0x4000 - 6))
            sent = 0x4000
            while not reader.at_eof() and sent < 4 * MAX_HANDSHAKE_BYTES:
                writer.write(b"\x16\x03\x01\x40\x00" + bytes(0x4000))
                sent += 0x4000
                await asyncio.sleep(0.001)
            await eventually(lambda: f.listener.counts().open == 0)
            assert f.listener.handshakes.failed == 1

    run(main())


def test_who_stalls_in_the_handshake_loses_its_place_and_those_waiting_are_served(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair, tls_handshakes=2, tls_handshake_s=10.0) as f:
            stalled = [await f.connect() for _ in range(2)]
            for _, writer in stalled:
                writer.write(b"\x16\x03\x01\x02\x00")
            await eventually(lambda: f.listener.handshakes.in_progress == 2)
            tasks = [asyncio.create_task(f.connect(trusting(pair))) for _ in range(5)]
            await eventually(lambda: f.listener.handshakes.waiting == 5)
            await echoed(await f.connect(), b"{plain is not affected}")
            f.later(11)
            for client in await asyncio.wait_for(asyncio.gather(*tasks), 20):
                await echoed(client, b"{served}")
            for reader, _ in stalled:
                assert await ended(reader)
            assert (f.listener.handshakes.succeeded, f.listener.handshakes.failed) == (5, 2)

    run(main())


def test_hundreds_who_wait_and_break_are_cleared_without_recursion(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair, tls_handshakes=1, connections_per_ip=2_000) as f:
            crowd = [await f.connect()]
            crowd[0][1].write(b"\x16\x03\x01\x02\x00")
            await eventually(lambda: f.listener.handshakes.in_progress == 1)
            for _ in range(700):
                crowd.append(await f.connect())
                crowd[-1][1].write(b"\x16\x03garbage that no TLS takes")
            await eventually(lambda: f.listener.handshakes.waiting == 700)
            crowd[0][1].close()
            await eventually(lambda: f.listener.counts().open == 0)
            assert f.listener.handshakes.failed == 701

    run(main())


def test_the_handshake_deadline_covers_tls(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair, handshake_s=30.0, tls_handshake_s=1_000.0) as f:
            reader, writer = await f.connect()
            writer.write(b"\x16\x03\x01\x02\x00")
            await eventually(lambda: f.listener.handshakes.in_progress == 1)
            f.later(31)
            assert await ended(reader)
            done, idle = await f.connect(trusting(pair)), f.echoes.made
            f.later(31)  # TLS done, but not a byte inside
            assert await ended(done[0])
            assert idle == []

    run(main())


def test_a_new_certificate_is_used_from_the_next_connection_and_old_ones_stay(
    run: Run, pair: Certificates, tmp_path: Path
) -> None:
    async def main() -> None:
        async with floor(pair) as f:
            old_trust = trusting(pair)
            old = await f.connect(old_trust)
            await echoed(old, b"{")
            certificate, key = make_self_signed([], NOW)
            for name, data in (("tls-key.pem", key), ("tls-cert.pem", certificate)):
                (tmp_path / (name + ".new")).write_bytes(data)
                os.replace(tmp_path / (name + ".new"), tmp_path / name)
            with capture_logs() as lines:
                f.later(1)
                f.later(1)
            assert [line["event"] for line in lines] == ["certificate_reloaded"]
            await echoed(await f.connect(trusting(pair)), b"{new}")
            with pytest.raises(ssl.SSLCertVerificationError):
                await f.connect(old_trust)
            await echoed(old, b"still here")
            (tmp_path / "tls-cert.pem").write_bytes(b"broken")
            with capture_logs() as lines:
                f.later(1)
                f.later(1)
            assert [(line["event"], line["log_level"]) for line in lines] == [("certificate_unusable", "error")]
            await echoed(await f.connect(trusting(pair)), b"{the last good one}")

    run(main())


def test_a_slow_reader_inside_tls_is_cut(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        async with floor(pair, write_buffer_bytes=64 * 1024) as f:
            good = await f.connect(trusting(pair))
            await echoed(good, b"{")
            reader, writer = await f.connect(trusting(pair))
            await echoed((reader, writer), b"{")
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            lazy, written = f.echoes.made[1], 0
            while not lazy.endings:
                lazy.wire.write(bytes(16 * 1024))
                written += 16 * 1024
                assert written < 256 * 1024 * 1024
                await asyncio.sleep(0)
            assert lazy.endings == ["does not read"]
            await echoed(good, b"unaffected")

    run(main())


def test_without_certificates_tls_is_an_unknown_protocol(run: Run, pair: Certificates) -> None:
    async def main() -> None:
        echoes = Echoes()
        listener = Listener(echoes.accept, LimitSettings(), FakeClock())
        await listener.start(["127.0.0.1:0"])
        host, port = split_address(listener.addresses[0])
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"\x16\x03\x01")
        assert await ended(reader)
        writer.close()
        await listener.close()
        assert listener.certificate is None

    run(main())
