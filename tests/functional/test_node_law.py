"""The node source keeps the law of sources, with a real node and with the embedded one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.net.clock import SystemClock
from headframe.sources.base import WorkSource
from headframe.sources.node.settings import NodeSettings
from headframe.sources.node.source import NodeSource
from headframe.testing.bitcoind import RegtestNode
from headframe.testing.chain import Chain
from headframe.testing.conformance_source import SourceLaw
from headframe.testing.regtest_node import EmbeddedNode


def node_source(url: str, user: str, password: str, zmq: str, data_dir: Path) -> NodeSource:
    settings = NodeSettings(
        "home", NETWORKS["regtest"], (url,), user, password, zmq=(zmq,) if zmq else (), retry_s=0.1, poll_s=0.5
    )
    return NodeSource(settings, SystemClock(), data_dir)


class RealBench:
    def __init__(self, node: RegtestNode, data_dir: Path) -> None:
        self.node = node
        self.source: WorkSource = node_source(node.rpc_url, node.user, node.password, node.zmq_hashblock, data_dir)

    async def begin(self) -> None: ...

    async def new_block(self) -> None:
        await asyncio.to_thread(self.node.generate, 1)

    async def sever(self) -> None:
        self.node.kill()

    async def mend(self) -> None:
        await asyncio.to_thread(self.node.start)

    async def settle(self, token: int) -> None: ...


class EmbeddedBench:
    def __init__(self, node: EmbeddedNode, data_dir: Path) -> None:
        self.node = node
        settings = node.settings
        self.source: WorkSource = node_source(node.url, settings.user, settings.password, node.zmq_endpoint, data_dir)

    async def begin(self) -> None: ...

    async def new_block(self) -> None:
        self.node.extend()

    async def sever(self) -> None:
        await self.node.stop()

    async def mend(self) -> None:
        await self.node.start()

    async def settle(self, token: int) -> None: ...


@pytest.mark.real_node
class TestRealNode(SourceLaw):
    @pytest.fixture
    def bench(self, make_node: Callable[..., RegtestNode], tmp_path: Path) -> RealBench:
        return RealBench(make_node(), tmp_path)


class TestEmbeddedNode(SourceLaw):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[EmbeddedBench]:
        async with EmbeddedNode(Chain()) as node:
            yield EmbeddedBench(node, tmp_path)
