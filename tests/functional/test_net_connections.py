"""Plain connections over loopback on both kinds of loop: echo, cuts, bounds, refusals, bans, residue."""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from headframe.net.endpoint import Accept
from headframe.net.limits import LimitSettings
from headframe.net.listener import CannotListen, Listener, split_address
from headframe.net.pump import Connection
from headframe.net.turn import Turn
from headframe.testing.fake_clock import FakeClock
from headframe.testing.loopback import LOOPS, Echo, Echoes, eventually, run_on

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Floor:
    """A listener with echoes behind it and a clock moved by hand."""

    def __init__(self, accept: Accept | None, **settings: Any) -> None:
        self.clock = FakeClock()
        self.echoes = Echoes()
        self.listener = Listener(accept or self.echoes.accept, LimitSettings(**settings), self.clock)
        self.clients: list[Client] = []

    async def connect(self) -> Client:
        host, port = split_address(self.listener.addresses[0])
        client = await asyncio.open_connection(host, port)
        self.clients.append(client)
        return client

    async def refused(self) -> bool:
        """Whether a new connection is cut without an answer."""
        reader, writer = await self.connect()
        writer.write(b"{\n")
        return await ended(reader)

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.listener.sweep()


@asynccontextmanager
async def floor(*addresses: str, accept: Accept | None = None, **settings: Any) -> AsyncIterator[Floor]:
    made = Floor(accept, **settings)
    await made.listener.start(addresses or ("127.0.0.1:0",))
    try:
        yield made
    finally:
        for _, writer in made.clients:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in made.clients), return_exceptions=True)
        await made.listener.close()
        assert made.listener.counts().open == 0


async def ended(reader: asyncio.StreamReader) -> bool:
    """True if the other side ended it without a further byte."""
    try:
        async with asyncio.timeout(20):
            return await reader.read(1) == b""
    except (ConnectionError, OSError):
        return True


async def echoed(client: Client, data: bytes) -> None:
    reader, writer = client
    writer.write(data)
    async with asyncio.timeout(20):
        assert await reader.readexactly(len(data)) == data


@pytest.fixture(params=sorted(LOOPS))
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[None]], None]:
    return lambda work: run_on(request.param, work)  # type: ignore[arg-type]


Run = Callable[[Awaitable[None]], None]


def test_bytes_come_back_however_they_are_cut(run: Run) -> None:
    async def main() -> None:
        async with floor() as f:
            line = b'{"id":1,"method":"mining.subscribe"}\n'
            for cut in range(len(line) + 1):
                reader, writer = await f.connect()
                writer.write(line[:cut])
                if cut:  # wait until the first piece has come back, so that the two cannot travel as one
                    assert await reader.readexactly(cut) == line[:cut]
                writer.write(line[cut:])
                assert await reader.readexactly(len(line) - cut) == line[cut:]
                assert b"".join(f.echoes.made[-1].chunks) == line

    run(main())


def test_ipv4_and_ipv6_stand_side_by_side_on_one_listener(run: Run) -> None:
    async def main() -> None:
        async with floor("127.0.0.1:0", "[::1]:0") as f:
            for address in f.listener.addresses:
                host, port = split_address(address)
                client = await asyncio.open_connection(host, port)
                f.clients.append(client)
                await echoed(client, b"{}\n")
                assert f.echoes.made[-1].wire.peer == host

    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("NO IPv6 on this machine's loopback")
    run(main())


def test_a_browser_gets_an_answer_a_scanner_none(run: Run) -> None:
    async def main() -> None:
        async with floor() as f:
            reader, writer = await f.connect()
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b"Stratum" in answer
            reader, writer = await f.connect()
            writer.write(b"\x00\x01\x02")
            assert await ended(reader)
            assert f.echoes.made == []

    run(main())


def test_when_there_is_no_work_new_connections_are_closed_unanswered(run: Run) -> None:
    async def main() -> None:
        async with floor() as f:
            client = await f.connect()
            await echoed(client, b"{}")
            f.echoes.open = False
            assert await f.refused()
            await echoed(client, b"still here")

    run(main())


def test_a_peer_that_sends_and_hangs_up_still_gets_this_turns_answer(run: Run) -> None:
    # `printf ... | nc host 3333` is how people try a pool out.
    async def main() -> None:
        loop = asyncio.get_running_loop()
        turn = Turn(loop.call_soon, lambda: True, lambda waiting: None)

        class Late(Echo):
            def receive(self, data: bytes) -> None:
                self.chunks.append(data)
                turn.mark(self)

            def speak(self) -> None:
                self.wire.write(b"".join(self.chunks))

        async with floor(accept=Late) as f:
            reader, writer = await f.connect()
            writer.write(b"{hello}\n")
            writer.write_eof()
            assert await reader.read() == b"{hello}\n"

    run(main())


def test_a_slow_reader_is_cut_and_the_others_are_served(run: Run) -> None:
    async def main() -> None:
        async with floor(write_buffer_bytes=64 * 1024) as f:
            good = await f.connect()
            await echoed(good, b"{")
            host, port = split_address(f.listener.addresses[0])
            lazy = socket.socket()
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(lazy, (host, port))
                await asyncio.get_running_loop().sock_sendall(lazy, b"{")
                await eventually(lambda: len(f.echoes.made) == 2)
                lazy_echo = f.echoes.made[1]
                written = 0
                while not lazy_echo.endings:
                    lazy_echo.wire.write(bytes(16 * 1024))
                    written += 16 * 1024
                    assert written < 64 * 1024 * 1024  # far more than any kernel buffers
                    await asyncio.sleep(0)
                assert lazy_echo.endings == ["does not read"]
                await echoed(good, b"unaffected")
            finally:
                lazy.close()

    run(main())


def test_a_reader_that_stalls_below_the_bound_is_cut_after_a_while(run: Run) -> None:
    async def main() -> None:
        async with floor(write_buffer_bytes=1 << 30, write_stall_s=60.0) as f:
            host, port = split_address(f.listener.addresses[0])
            with socket.socket() as lazy:
                lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                lazy.setblocking(False)
                await asyncio.get_running_loop().sock_connect(lazy, (host, port))
                await asyncio.get_running_loop().sock_sendall(lazy, b"{")
                await eventually(lambda: f.echoes.made)
                echo = f.echoes.made[0]
                echo.wire.write(bytes(32 * 1024 * 1024))
                f.later(1)
                f.later(30)
                assert echo.endings == []
                f.later(31)
                await eventually(lambda: echo.endings)
                assert echo.endings == ["does not read"]

    run(main())


def test_who_says_nothing_is_closed_at_the_deadline_who_speaks_stays_until_idle(run: Run) -> None:
    async def main() -> None:
        async with floor(handshake_s=30.0, idle_s=900.0) as f:
            silent, speaker = await f.connect(), await f.connect()
            await echoed(speaker, b"{")
            await eventually(lambda: f.listener.counts().open == 2)
            f.later(31)
            assert await ended(silent[0])
            await echoed(speaker, b"x")
            f.later(1)
            f.later(901)
            assert await ended(speaker[0])
            await eventually(lambda: f.echoes.made[0].endings)
            assert f.echoes.made[0].endings == ["idle"]

    run(main())


def test_limits_per_address_and_in_all_refuse_the_one_too_many_and_a_leaver_makes_room(run: Run) -> None:
    async def main() -> None:
        for bound in ({"connections_per_ip": 3}, {"connections": 3}):
            async with floor(accept=None, **bound) as f:
                for _ in range(3):
                    await echoed(await f.connect(), b"{")
                assert await f.refused()
                f.clients[0][1].close()
                await eventually(lambda f=f: f.listener.counts().open == 2)  # type: ignore[misc]
                await echoed(await f.connect(), b"{")
                assert sum(f.listener.counts().refused.values()) == 1

    run(main())


def test_a_garbage_flood_is_banned_then_forgiven(run: Run) -> None:
    async def main() -> None:
        async with floor(exempt=(), cost_soft=1_000, cost_hard=1_000, ban_s=900.0) as f:
            client = await f.connect()
            await echoed(client, b"{")
            with capture_logs() as lines:
                for _ in range(10):
                    f.echoes.made[0].wire.misbehaved(100)
            assert [line["event"] for line in lines] == ["address_banned"]
            assert await ended(client[0])
            assert await f.refused()
            assert f.listener.bans() == {"127.0.0.1": 900.0}
            f.later(899)
            assert await f.refused()
            f.later(1)
            await echoed(await f.connect(), b"{")

    run(main())


def test_unknown_protocols_ban_their_sender_in_the_end(run: Run) -> None:
    async def main() -> None:
        async with floor(exempt=(), cost_soft=100, cost_hard=100) as f:
            for _ in range(5):
                reader, writer = await f.connect()
                writer.write(b"\xff\xff")
                assert await ended(reader)
            assert list(f.listener.bans()) == ["127.0.0.1"]
            assert f.listener.pardon("127.0.0.1")
            await echoed(await f.connect(), b"{")

    run(main())


def test_a_misbehaving_device_in_the_lan_is_slowed_and_served_again(run: Run) -> None:
    async def main() -> None:
        async with floor(cost_soft=100, cost_hard=1_000, slow_s=10.0) as f:
            client = await f.connect()
            await echoed(client, b"{")
            for _ in range(1_000):
                f.echoes.made[0].wire.misbehaved(100)
            assert f.listener.bans() == {}
            client[1].write(b"held")
            await echoed(await f.connect(), b"{others are served}")
            assert f.echoes.made[0].chunks == [b"{"]
            f.later(11)
            assert await client[0].readexactly(4) == b"held"

    run(main())


def test_failover_probes_never_lead_to_a_ban(run: Run) -> None:
    async def main() -> None:
        async with floor(exempt=()) as f:
            for _ in range(200):
                reader, writer = await f.connect()
                await echoed((reader, writer), b'{"id":1,"method":"mining.subscribe"}\n')
                writer.close()
                await writer.wait_closed()
                f.later(1)
            await eventually(lambda: f.listener.counts().open == 0)
            assert f.listener.bans() == {}
            f.later(1)
            assert f.listener.counts().addresses == 0

    run(main())


def test_a_thousand_connections_leave_no_residue(run: Run) -> None:
    async def main() -> None:
        gc.collect()
        before = connection_objects()
        async with floor(connections_per_ip=2_000) as f:
            host, port = split_address(f.listener.addresses[0])
            for _ in range(10):
                clients = [await asyncio.open_connection(host, port) for _ in range(100)]
                for _, writer in clients:
                    writer.write(b"{")
                for reader, _ in clients:
                    assert await reader.readexactly(1) == b"{"
                assert f.listener.counts().open == 100
                for _, writer in clients:
                    writer.close()
                await asyncio.gather(*(writer.wait_closed() for _, writer in clients))
                await eventually(lambda: f.listener.counts().open == 0)
            assert len(f.echoes.made) == 1_000
            assert all(len(echo.endings) == 1 for echo in f.echoes.made)
            assert f.listener.counts().addresses == 0
            f.echoes.made.clear()
            gc.collect()
            assert connection_objects() == before

    run(main())


def connection_objects() -> int:
    return sum(isinstance(thing, Connection) for thing in gc.get_objects())


def test_closing_lets_what_was_written_leave_and_tells_everybody(run: Run) -> None:
    async def main() -> None:
        async with floor() as f:
            client = await f.connect()
            await echoed(client, b"{")
            f.echoes.made[0].wire.write(b"last words")
            await f.listener.close("upgrade")
            assert await client[0].read() == b"last words"
            assert f.echoes.made[0].endings == ["upgrade"]
            with pytest.raises(OSError):  # noqa: PT011 - refused or reset, whichever the system says
                await f.connect()

    run(main())


def test_draining_waits_for_those_inside_and_takes_nobody_new(run: Run) -> None:
    async def main() -> None:
        async with floor() as f:
            client = await f.connect()
            await echoed(client, b"{")
            f.listener.stop_accepting()
            with pytest.raises(OSError):  # noqa: PT011
                await f.connect()
            assert not await f.listener.drain(0.01)
            await echoed(client, b"still served")
            client[1].close()
            assert await f.listener.drain(20)

    run(main())


def test_the_sweep_runs_by_itself_once_watched(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headframe.net.listener.SWEEP_S", 0.01)

    async def main() -> None:
        async with floor(handshake_s=30.0) as f:
            watching = asyncio.create_task(f.listener.watch())
            reader, _ = await f.connect()
            await eventually(lambda: f.listener.counts().open == 1)
            f.clock.advance(31)
            assert await ended(reader)
            watching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watching

    run(main())


def test_a_port_in_use_is_said_with_a_remedy_and_nothing_stays_open(run: Run) -> None:
    async def main() -> None:
        async with floor() as f:
            taken = f.listener.addresses[0]
            other = Listener(f.echoes.accept, LimitSettings(), f.clock)
            with pytest.raises(CannotListen, match="in use") as caught:
                await other.start(["127.0.0.1:0", taken])
            assert (caught.value.address, other.addresses) == (taken, ())
            assert "ss -ltnp" in caught.value.remedy

    run(main())


def test_addresses_that_are_not_ours_are_said_with_a_remedy(run: Run) -> None:
    async def main() -> None:
        other = Listener(Echoes().accept, LimitSettings(), FakeClock())
        with pytest.raises(CannotListen, match="no such address"):
            await other.start(["192.0.2.1:3333"])

    run(main())


@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="named otherwise on this system")
def test_accepted_sockets_inherit_keepalive_and_nodelay(run: Run) -> None:
    async def main() -> None:
        async with floor() as f:
            await echoed(await f.connect(), b"{")
            wire = f.echoes.made[0].wire
            assert isinstance(wire, Connection)
            number = wire.transport.get_extra_info("socket").fileno()
            with socket.socket(fileno=os.dup(number)) as accepted:
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                options = [
                    accepted.getsockopt(socket.IPPROTO_TCP, option)
                    for option in (
                        socket.TCP_NODELAY,
                        socket.TCP_KEEPIDLE,
                        socket.TCP_KEEPINTVL,
                        socket.TCP_KEEPCNT,
                        socket.TCP_USER_TIMEOUT,
                    )
                ]
                assert options[0]
                assert options[1:] == [60, 10, 3, 90_000]

    run(main())
