"""The embedded node in a thread of its own, for tests that block.

Responsible for: running a `EmbeddedNode` beside a test that waits for other processes.
Not responsible for: the node (`testing.regtest_node`).
Read next: `testing.regtest_node`.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from headframe.testing.chain import Chain
from headframe.testing.node_settings import NodeSettings
from headframe.testing.pace import MAINNET_LIKE_BITS, FixedBits
from headframe.testing.regtest_node import EmbeddedNode

CALL_TIMEOUT_S = 20.0
T = TypeVar("T")


class NodeThread:
    """`node` may be read and its `faults` set from the test's thread; everything else goes through `do`."""

    def __init__(self, node: EmbeddedNode) -> None:
        self.node = node
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="embedded node", daemon=True)

    @property
    def url(self) -> str:
        return self.node.url

    def start(self) -> None:
        """Listen; again after `stop` with the same port and chain."""
        if not self._thread.is_alive():
            self._thread.start()
        self._await(self.node.start)

    def stop(self) -> None:
        """Close the port, as a node that dies."""
        self._await(self.node.stop)

    def do(self, action: Callable[[], T]) -> T:
        """Run this in the node's thread."""

        async def act() -> T:
            return action()

        return self._await(act)

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_TIMEOUT_S)
        self._loop.close()

    def _await(self, work: Callable[[], Awaitable[T]]) -> T:
        async def run() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(CALL_TIMEOUT_S)


@contextlib.contextmanager
def embedded_node(*, bits: int = MAINNET_LIKE_BITS, mempool_size: int = 0) -> Iterator[NodeThread]:
    """A started node whose chain began a minute ago; with the default bits shares are cheap and blocks never happen."""
    chain = Chain(pace=FixedBits(bits), born_at=int(time.time()) - 60, halving_interval=210_000)
    thread = NodeThread(EmbeddedNode(chain, NodeSettings(mempool_size=mempool_size)))
    thread.start()
    try:
        yield thread
    finally:
        thread.close()
