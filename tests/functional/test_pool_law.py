"""The pool source keeps the law of sources, in both modes, over TCP."""

from collections.abc import AsyncIterator

import pytest

from headframe.sources.base import WorkSource
from headframe.sources.pool.settings import Mode
from headframe.sources.scripted import EASY_BITS
from headframe.testing.conformance_source import SourceLaw
from headframe.testing.fake_pool import FakePool, Manners
from headframe.testing.pool_rig import pool_source


class PoolBench:
    def __init__(self, pool: FakePool, mode: Mode) -> None:
        self.pool = pool
        self.source: WorkSource = pool_source(pool.url, mode=mode)

    async def begin(self) -> None: ...

    async def new_block(self) -> None:
        self.pool.new_block()

    async def sever(self) -> None:
        await self.pool.stop()

    async def mend(self) -> None:
        await self.pool.start()

    async def settle(self, token: int) -> None: ...


class PoolLaw(SourceLaw):
    mode: Mode

    @pytest.fixture
    async def bench(self) -> AsyncIterator[PoolBench]:
        # Room for the layout that the law uses, and a chain on which its shares are blocks.
        async with FakePool(Manners(extranonce2_size=14), bits=EASY_BITS) as pool:
            yield PoolBench(pool, self.mode)


class TestSharedPool(PoolLaw):
    mode = Mode.SHARED


class TestPoolPerMiner(PoolLaw):
    mode = Mode.PER_MINER
