"""The embedded node in a thread of its own, for tests that block.

Responsible for: running a `EmbeddedNode` beside a test that waits for other processes.
Not responsible for: the node (`testing.regtest_node`).
Read next: `testing.regtest_node`.
"""

import contextlib
import time
from collections.abc import Iterator

from headframe.testing.chain import Chain
from headframe.testing.loop_thread import LoopThread
from headframe.testing.node_settings import NodeSettings
from headframe.testing.pace import MAINNET_LIKE_BITS, FixedBits
from headframe.testing.regtest_node import EmbeddedNode


class NodeThread(LoopThread):
    """`node` may be read and its `faults` set from the test's thread; everything else goes through `do`."""

    def __init__(self, node: EmbeddedNode) -> None:
        super().__init__(node, "embedded node")
        self.node = node

    @property
    def url(self) -> str:
        return self.node.url


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
