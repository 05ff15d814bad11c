"""The CPU miner, its hashing processes and all, against a small scripted server over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from headframe.testing.fake_pool import FakePool, Manners, self_signed_context
from headframe.testing.miner import CpuMiner, MinerSettings, ServerAddress

TIMEOUT_S = 30.0


async def until(predicate: Callable[[], object]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while not predicate():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


@asynccontextmanager
async def mining(pool: FakePool, **settings: object) -> AsyncIterator[CpuMiner]:
    given = {"url": pool.url, "user": "test.worker", "hashrate": 60_000.0, "first_pause_s": 0.05, **settings}
    miner = CpuMiner(MinerSettings(**given), seed=1)  # type: ignore[arg-type]
    async with asyncio.TaskGroup() as group:
        task = group.create_task(miner.run())
        try:
            yield miner
        finally:
            task.cancel()


async def test_shares_are_accepted_and_counted_as_the_server_counts_them() -> None:
    async with FakePool(Manners(difficulty=1e-6)) as pool:
        miner = CpuMiner(MinerSettings(url=pool.url, user="test.worker"), seed=1)
        async with asyncio.timeout(TIMEOUT_S):
            await miner.run(stop_after=5)
        assert miner.stats.accepted >= 5
        assert miner.stats.rejected == {}
        assert pool.rejected == {}
        assert pool.accepted["test.worker"] >= miner.stats.accepted


async def test_a_clean_job_replaces_the_work_and_old_shares_are_not_sent() -> None:
    async with FakePool(Manners(difficulty=1e-6)) as pool, mining(pool) as miner:
        await until(lambda: miner.stats.accepted >= 2)
        for _ in range(5):
            before = miner.stats.accepted
            pool.refresh(clean=True)
            await until(lambda before=before: miner.stats.accepted > before)  # type: ignore[misc]
        # A share that crossed a new job on the wire is the only kind that may be refused.
        assert set(pool.rejected) <= {"Stale"}


async def test_a_new_difficulty_holds_from_the_next_job() -> None:
    async with FakePool(Manners(difficulty=1e-7)) as pool, mining(pool) as miner:
        await until(lambda: miner.stats.accepted >= 2)
        pool.manners.difficulty = 2e-6
        pool.refresh()
        await until(lambda: miner.stats.difficulty == 2e-6)
        before = miner.stats.accepted
        await until(lambda: miner.stats.accepted > before + 1)
        assert pool.rejected == {}


async def test_a_new_extranonce_holds_from_the_next_job() -> None:
    async with FakePool(Manners(difficulty=1e-6)) as pool, mining(pool) as miner:
        await until(lambda: miner.stats.accepted >= 1)
        pool.set_extranonce(6)
        pool.refresh(clean=True)
        before = miner.stats.accepted
        await until(lambda: miner.stats.accepted >= before + 2)
        assert all(len(extranonce2) in (8, 6) for extranonce2 in pool.extranonce2_seen)
        assert any(len(extranonce2) == 6 for extranonce2 in pool.extranonce2_seen)


async def test_version_and_extranonce2_are_rolled() -> None:
    # At full speed a version lasts about a second; two hashing processes have extranonce2 values of their own.
    async with FakePool(Manners(difficulty=2e-5)) as pool, mining(pool, hashrate=0.0, threads=2) as miner:
        await until(lambda: len(pool.version_bits_seen) >= 2 and len(pool.extranonce2_seen) >= 2)
        assert all(bits & ~0x1FFFE000 == 0 for bits in pool.version_bits_seen)
        assert miner.stats.rejected == {}


async def test_at_a_difficulty_where_every_hash_is_a_share_it_throttles_itself() -> None:
    async with FakePool(Manners(difficulty=4.6e-10)) as pool, mining(pool, hashrate=0.0, shares_per_s=10.0) as miner:
        await until(lambda: miner.stats.accepted >= 3)
        started = asyncio.get_running_loop().time()
        before = miner.stats.accepted
        await until(lambda: miner.stats.accepted >= before + 10)
        assert asyncio.get_running_loop().time() - started > 0.5
        assert miner.stats.rejected == {}


async def test_the_hashrate_limit_holds() -> None:
    async with FakePool(Manners(difficulty=1.0)) as pool, mining(pool, hashrate=20_000.0) as miner:
        await until(lambda: miner.stats.hashes > 10_000)
        await until(lambda: miner.stats.hashrate > 0)
        assert miner.stats.hashrate < 30_000


async def test_it_comes_back_with_its_session_id_when_the_server_drops_it() -> None:
    async with FakePool(Manners(difficulty=1e-6)) as pool, mining(pool) as miner:
        await until(lambda: miner.stats.accepted >= 1)
        first = pool.connections[0].session_id
        pool.drop_all()
        await until(lambda: miner.stats.connections == 2 and pool.connections)
        await until(lambda: pool.connections[-1].resumed == first)
        before = miner.stats.accepted
        await until(lambda: miner.stats.accepted > before)


async def test_a_reconnect_request_never_leads_to_strangers() -> None:
    async with FakePool(Manners(difficulty=1e-6)) as pool, FakePool() as stranger, mining(pool) as miner:
        await until(lambda: miner.stats.accepted >= 1)
        pool.tell_all("client.reconnect", ["127.0.0.1", stranger.port, 0])
        await until(lambda: miner.stats.connections == 2 and miner.stats.connected)
        assert pool.served == 2
        assert stranger.served == 0


async def test_it_answers_pings_and_version_requests_and_shows_messages() -> None:
    async with FakePool(Manners(difficulty=1e-6)) as pool, mining(pool) as miner:
        await until(lambda: miner.stats.jobs >= 1)
        pool.tell_all("mining.ping", [], 7)
        pool.tell_all("client.get_version", [], 8)
        pool.tell_all("client.show_message", ["hello down there"])
        await until(lambda: len(pool.connections[0].said) == 2)
        assert [(each["id"], each["result"]) for each in pool.connections[0].said] == [
            (7, "pong"),
            (8, "headframe-cpu/0.1"),
        ]
        await until(lambda: miner.stats.message == "hello down there")


async def test_a_refused_worker_sees_why() -> None:
    async with (
        FakePool(Manners(take_worker=lambda user, password: "Invalid Bitcoin address")) as pool,
        mining(pool) as miner,
    ):
        await until(lambda: miner.stats.state == "refused: Invalid Bitcoin address")


async def test_it_waits_for_a_server_that_is_not_there_yet() -> None:
    async with FakePool() as gone:
        url = gone.url
    miner = CpuMiner(MinerSettings(url=url, user="u", first_pause_s=0.01, longest_pause_s=0.05), seed=1)
    task = asyncio.get_running_loop().create_task(miner.run())
    await until(lambda: miner.stats.state.startswith("disconnected"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert miner.stats.state == "stopped"


async def test_tls_with_a_self_signed_certificate(tmp_path: Path) -> None:
    async with FakePool(Manners(difficulty=1e-6), tls=self_signed_context(tmp_path)) as pool, mining(pool) as miner:
        assert pool.url.startswith("stratum+ssl://")
        await until(lambda: miner.stats.accepted >= 1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("stratum+tcp://pool.example:3333", ServerAddress("pool.example", 3333, tls=False)),
        ("stratum+ssl://[::1]:4333", ServerAddress("::1", 4333, tls=True)),
        ("10.0.0.2:3333", ServerAddress("10.0.0.2", 3333, tls=False)),
    ],
)
def test_server_addresses(url: str, expected: ServerAddress) -> None:
    assert ServerAddress.parse(url) == expected


@pytest.mark.parametrize("url", ["", "pool.example", "http://pool.example:80", "stratum+tcp://:3333", "x:99999999"])
def test_what_is_no_server_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="written stratum"):
        ServerAddress.parse(url)
