"""What a node knows of its chain besides work.

Responsible for: the height, difficulty and reward of the newest template, and the times and bits of the chain's latest
blocks, as far back as somebody asked.
Not responsible for: what that is good for (`routing.policies`), when it is asked (`app.autobalance`).
Read next: `sources.node.source`.

Blocks are read only when asked for: from the tip back, one header each, and only those that are not known yet; so the
first time may take as many calls as there are blocks, and later ones a few. Bound: MAX_BLOCKS, then no further back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from headframe.sources.node.answers import HeaderAnswer
from headframe.sources.node.endpoint import internal_hash
from headframe.sources.node.rpc import RpcNonsense, RpcTrouble

MAX_BLOCKS = 20_000
"""Three months of blocks every ten minutes are 13,000."""


@dataclass(frozen=True, slots=True)
class ChainStats:
    """Of the newest template; `at` monotonic seconds."""

    at: float
    height: int
    bits: int
    reward_sats: int


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """A block of the chain: its header's time and bits."""

    time_unix_s: int
    bits: int


@dataclass(frozen=True, slots=True)
class SeenBlocks:
    """The latest blocks, oldest first, and when the tip was asked for (monotonic seconds)."""

    at: float
    blocks: tuple[SeenBlock, ...]


@dataclass(frozen=True, slots=True)
class _Link:
    block: SeenBlock
    prev_hash: bytes


class History:
    """Blocks from the tip back. `best_hash` and `header` ask the node that serves now; they may raise RpcTrouble."""

    def __init__(
        self,
        best_hash: Callable[[], Awaitable[bytes]],
        header: Callable[[bytes], Awaitable[HeaderAnswer | None]],
        now: Callable[[], float],
    ) -> None:
        self._best_hash = best_hash
        self._header = header
        self._now = now
        self._links: dict[bytes, _Link] = {}
        self._wanted = asyncio.Event()
        self._since_unix_s = 0.0
        self._seen: SeenBlocks | None = None

    def seen(self, since_unix_s: float) -> SeenBlocks | None:
        """What is known now, and let it be looked up back to the first block before that time, for the next question."""
        self._since_unix_s = since_unix_s
        self._wanted.set()
        return self._seen

    async def run(self) -> None:
        """Look up what is asked for, until cancelled. A node that does not answer is asked at the next question again."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self.walk(self._since_unix_s)
            except RpcTrouble:
                continue

    async def walk(self, since_unix_s: float) -> None:
        """From the tip back to the first block that is not younger than that. Raises RpcTrouble; what was read is kept."""
        if len(self._links) > 2 * MAX_BLOCKS:
            self._links.clear()  # left over from walks that failed
        at = self._now()
        block_hash = await self._best_hash()
        walked: dict[bytes, _Link] = {}
        while any(block_hash) and len(walked) < MAX_BLOCKS and block_hash not in walked:
            link = self._links.get(block_hash) or _link_of(await self._header(block_hash))
            if link is None:
                return  # a reorganisation under way: next time
            walked[block_hash] = self._links[block_hash] = link
            if link.block.time_unix_s <= since_unix_s:
                break
            block_hash = link.prev_hash
        self._links = walked
        self._seen = SeenBlocks(at, tuple(link.block for link in reversed(walked.values())))


def _link_of(answer: HeaderAnswer | None) -> _Link | None:
    if answer is None:
        return None
    try:
        bits = int(answer.bits, 16)
    except ValueError as error:
        raise RpcNonsense(f"{answer.bits[:80]!r} are no bits") from error
    prev_hash = internal_hash(answer.previousblockhash) if answer.previousblockhash else bytes(32)
    return _Link(SeenBlock(answer.time, bits), prev_hash)
