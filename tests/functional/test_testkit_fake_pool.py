"""The fake pool over real sockets: delays, silence, dying and coming back."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from headframe.stratum.v1.client_events import PoolJob, SubmitSettled
from headframe.testing.client import Sv1Client
from headframe.testing.fake_pool import FakePool, Manners, fake_pool, self_signed_context
from headframe.testing.fake_pool_core import FakePoolCore
from headframe.testing.fake_pool_rig import ClientRig
from headframe.testing.loopback import eventually

EASY = 1e-8


class Visitor:
    """A bare connection: says lines, reads lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def say(self, request_id: int, method: str, *params: Any) -> None:
        self._writer.write(json.dumps({"id": request_id, "method": method, "params": params}).encode() + b"\n")

    async def line(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            line: dict[str, Any] = json.loads(await self._reader.readline())
            return line

    async def gone(self) -> bool:
        """The pool has hung up."""
        async with asyncio.timeout(20):
            try:
                while await self._reader.read(1 << 16):
                    pass
            except ConnectionError:
                pass
            return True

    def close(self) -> None:
        self._writer.close()


@contextlib.asynccontextmanager
async def visiting(pool: FakePool, tls: ssl.SSLContext | None = None) -> AsyncIterator[Visitor]:
    reader, writer = await asyncio.open_connection("127.0.0.1", pool.port, ssl=tls)
    visitor = Visitor(reader, writer)
    try:
        yield visitor
    finally:
        visitor.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def begun(visitor: Visitor) -> None:
    visitor.say(1, "mining.subscribe", "t")
    visitor.say(2, "mining.authorize", "w.1", "x")
    while "id" not in (line := await visitor.line()) or line["id"] != 2:
        pass
    assert (await visitor.line())["method"] == "mining.set_difficulty"
    assert (await visitor.line())["method"] == "mining.notify"


async def test_it_dies_and_comes_back_on_the_same_port_with_its_books() -> None:
    async with FakePool(Manners(difficulty=EASY)) as pool:
        port = pool.port
        async with visiting(pool) as visitor:
            await begun(visitor)
            await pool.stop()
            assert await visitor.gone()
        assert pool.connections == []
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", port)
        await pool.start()
        assert pool.port == port
        async with visiting(pool) as visitor:
            await begun(visitor)
        assert pool.served == 2
        await pool.stop()
        await pool.stop()


async def test_h13_a_slow_handshake_keeps_its_order_and_work_follows_it() -> None:
    async with FakePool(Manners(difficulty=EASY, handshake_delay_s=0.15)) as pool, visiting(pool) as visitor:
        started = asyncio.get_running_loop().time()
        visitor.say(1, "mining.configure", ["version-rolling"], {"version-rolling.mask": "1fffe000"})
        visitor.say(2, "mining.subscribe", "t")
        visitor.say(3, "mining.authorize", "w.1", "x")
        said = [await visitor.line() for _ in range(5)]
        assert [line.get("id") or line["method"] for line in said] == [
            1,
            2,
            3,
            "mining.set_difficulty",
            "mining.notify",
        ]
        assert asyncio.get_running_loop().time() - started > 0.1


async def test_slow_verdicts_do_not_hold_up_the_handshake() -> None:
    async with FakePool(Manners(difficulty=EASY)) as pool, visiting(pool) as visitor:
        await begun(visitor)
        pool.manners.reply_delay_s = 0.15
        visitor.say(5, "mining.submit", "w.1", "none", "00", "00", "00")
        await eventually(lambda: pool.submits, "the submit")
        pool.manners.reply_delay_s = 0.0
        pool.refresh()
        assert (await visitor.line())["id"] == 5
        assert (await visitor.line())["method"] == "mining.notify"


async def test_h22_half_open_nothing_is_read_or_said_until_it_thaws() -> None:
    async with FakePool(Manners(difficulty=EASY)) as pool, visiting(pool) as visitor:
        await begun(visitor)
        pool.freeze()
        pool.new_block()
        visitor.say(7, "mining.ping")
        async with visiting(pool) as newcomer:  # the system still accepts
            newcomer.say(1, "mining.subscribe", "t")
            await eventually(lambda: pool.served == 2, "the newcomer")
            assert all(each["method"] != "mining.ping" for each in pool.connections[0].heard)
            assert not pool.connections[1].heard
            pool.thaw()
            assert (await visitor.line())["id"] == 7
            assert (await newcomer.line())["id"] == 1


async def test_h15_it_hangs_up_after_the_answer_that_it_was_told() -> None:
    async with FakePool(Manners(hang_up_after="mining.subscribe")) as pool:
        for _ in range(3):
            async with visiting(pool) as visitor:
                visitor.say(1, "mining.subscribe", "t")
                assert (await visitor.line())["id"] == 1
                assert await visitor.gone()
        pool.manners.hang_up_after = "connect"
        async with visiting(pool) as visitor:
            assert await visitor.gone()
        assert pool.served == 4
        await eventually(lambda: not pool.connections)


async def test_tls(tmp_path: Path) -> None:
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    async with FakePool(Manners(difficulty=EASY), tls=self_signed_context(tmp_path)) as pool:
        assert pool.url == f"stratum+ssl://127.0.0.1:{pool.port}"
        async with visiting(pool, trusting) as visitor:
            await begun(visitor)


async def test_a_client_that_does_not_read_is_cut() -> None:
    async with FakePool(Manners(difficulty=EASY)) as pool, visiting(pool) as visitor:
        await begun(visitor)
        async with asyncio.timeout(20):
            while pool.connections:
                pool.say_raw(b"x" * (1 << 20))
                await asyncio.sleep(0)


async def test_our_client_over_tcp_tells_the_same_story_as_in_memory() -> None:
    in_memory = ClientRig(FakePoolCore(Manners(difficulty=EASY))).begin()
    assert in_memory.seen(PoolJob)
    async with FakePool(Manners(difficulty=EASY), now=lambda: 1_750_000_000.0) as pool:
        reader, writer = await asyncio.open_connection("127.0.0.1", pool.port)
        away = ClientRig(FakePoolCore(Manners()))  # its client only; the pool is the one over TCP
        away.client.begin()
        away.client.authorize("w.1", "x")
        async with asyncio.timeout(20):
            while not away.seen(PoolJob):
                writer.write(away.client.take_output())
                away.events.extend(away.client.receive(await reader.read(50)))
            assert list(away.events) == list(in_memory.events)
            away.submit(away.job, away.mine())
            while not away.seen(SubmitSettled):
                writer.write(away.client.take_output())
                away.events.extend(away.client.receive(await reader.read(50)))
        assert away.seen(SubmitSettled)[0].accepted
        assert pool.accepted == {"w.1": 1}
        writer.close()
        await writer.wait_closed()


def test_in_a_thread_of_its_own_it_serves_a_test_that_blocks() -> None:
    with fake_pool(Manners(difficulty=EASY)) as thread:
        with Sv1Client("127.0.0.1", thread.pool.port) as client:
            first = client.begin("w.1")
            assert client.submit(client.solve(first)).accepted
            thread.do(thread.pool.new_block)
            assert client.wait_job(fresh=True).clean
            thread.stop()
            assert client.closed_by_server()
        thread.start()
        with Sv1Client("127.0.0.1", thread.pool.port) as client:
            assert client.submit(client.solve(client.begin("w.1"))).accepted
        assert thread.pool.accepted == {"w.1": 2}


def test_h5_two_pools_at_once_count_their_jobs_alike() -> None:
    with (
        fake_pool(Manners(difficulty=EASY, job_ids="counted"), seed=1) as one,
        fake_pool(Manners(difficulty=1e3, job_ids="counted"), seed=2) as other,
        Sv1Client("127.0.0.1", one.pool.port) as a,
        Sv1Client("127.0.0.1", other.pool.port) as b,
    ):
        jobs = a.begin("w.1"), b.begin("w.1")
        assert jobs[0].job_id == jobs[1].job_id == "1"
        # Work of one pool is worth nothing at the other.
        assert b.submit(a.solve(jobs[0])).error[1] == "Difficulty too low"
