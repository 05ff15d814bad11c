"""The latest blocks of a node's chain, read from the tip back."""

import asyncio
import contextlib

import pytest

from headframe.sources.node.answers import HeaderAnswer
from headframe.sources.node.history import History, SeenBlock
from headframe.sources.node.rpc import RpcNonsense, RpcTrouble, RpcUnreachable

START_S = 1_700_000_000


def hash_of(height: int, fork: int = 0) -> bytes:
    return bytes([fork]) + (height + 1).to_bytes(31, "little")


class ChainOfHeaders:
    """Headers every 600 s from height 0 up to `tip`; from `forked` on they are of another branch."""

    def __init__(self, tip: int) -> None:
        self.tip = tip
        self.forked = 10**9
        self.asked: list[int] = []
        self.missing: set[int] = set()
        self.bits = "1d00ffff"
        self.trouble_after = 10**9

    def hash(self, height: int) -> bytes:
        return hash_of(height, fork=int(height >= self.forked))

    async def best_hash(self) -> bytes:
        return self.hash(self.tip)

    async def header(self, block_hash: bytes) -> HeaderAnswer | None:
        height = int.from_bytes(block_hash[1:], "little") - 1
        if len(self.asked) >= self.trouble_after:
            raise RpcUnreachable("gone")
        self.asked.append(height)
        if height in self.missing:
            return None
        before = self.hash(height - 1)[::-1].hex() if height else ""
        return HeaderAnswer(
            block_hash[::-1].hex(), 1, height, START_S, self.bits, previousblockhash=before, time=START_S + 600 * height
        )


def history(chain: ChainOfHeaders, now: float = 7.0) -> History:
    return History(chain.best_hash, chain.header, lambda: now)


def heights(found: History) -> list[int]:
    seen = found.seen(0)
    assert seen is not None
    return [(block.time_unix_s - START_S) // 600 for block in seen.blocks]


async def test_it_reads_back_to_the_first_block_before_the_time_asked_for() -> None:
    chain = ChainOfHeaders(100)
    found = history(chain)
    await found.walk(START_S + 600 * 90 + 1)
    assert heights(found) == list(range(90, 101))
    seen = found.seen(0)
    assert seen is not None
    assert seen.at == 7.0
    assert seen.blocks[0] == SeenBlock(START_S + 600 * 90, 0x1D00FFFF)


async def test_only_what_is_new_is_asked_for() -> None:
    chain = ChainOfHeaders(100)
    found = history(chain)
    await found.walk(START_S + 600 * 50)
    chain.asked.clear()
    chain.tip = 102
    await found.walk(START_S + 600 * 60)
    assert chain.asked == [102, 101]
    assert heights(found) == list(range(60, 103))


async def test_it_ends_at_the_first_block_of_the_chain() -> None:
    chain = ChainOfHeaders(3)
    found = history(chain)
    await found.walk(0)
    assert heights(found) == [0, 1, 2, 3]


async def test_blocks_of_a_branch_that_lost_are_no_longer_among_them() -> None:
    chain = ChainOfHeaders(100)
    found = history(chain)
    await found.walk(START_S + 600 * 95)
    chain.forked, chain.tip = 99, 101
    chain.asked.clear()
    await found.walk(START_S + 600 * 95)
    assert chain.asked == [101, 100, 99]
    assert heights(found) == list(range(95, 102))


async def test_what_was_read_before_trouble_is_not_read_again() -> None:
    chain = ChainOfHeaders(100)
    chain.trouble_after = 5
    found = history(chain)
    with pytest.raises(RpcTrouble):
        await found.walk(START_S + 600 * 90)
    assert found.seen(0) is None
    chain.trouble_after = 10**9
    await found.walk(START_S + 600 * 90)
    assert chain.asked == list(range(100, 89, -1))


async def test_a_block_that_the_node_no_longer_has_leaves_what_was_known() -> None:
    chain = ChainOfHeaders(100)
    found = history(chain)
    await found.walk(START_S + 600 * 98)
    chain.tip, chain.missing = 102, {101}
    await found.walk(START_S + 600 * 98)
    assert heights(found) == [98, 99, 100]


async def test_bits_that_are_none_are_nonsense() -> None:
    chain = ChainOfHeaders(5)
    chain.bits = "hello"
    with pytest.raises(RpcNonsense):
        await history(chain).walk(0)


async def test_nothing_is_asked_before_somebody_wants_it_and_trouble_does_not_end_it() -> None:
    chain = ChainOfHeaders(3)
    chain.trouble_after = 0
    found = history(chain)
    task = asyncio.get_running_loop().create_task(found.run())
    try:
        await turns(3)
        assert chain.asked == []
        assert found.seen(0) is None
        await turns(3)
        chain.trouble_after = 10**9
        assert found.seen(0) is None
        await turns(3)
        assert heights(found) == [0, 1, 2, 3]
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
