"""The order of news: an empty template first, never an older tip, whatever answers overtake each other."""

import asyncio
from typing import Any

import pytest

from headframe.bitcoin.hashing import sha256d
from headframe.net.clock import SystemClock
from headframe.sources.node.answers import HeaderAnswer
from headframe.sources.node.chain import ChainRules
from headframe.sources.node.feed import Feed, FeedSettings, Offer, tip_of_message
from headframe.sources.node.rpc import RpcSilent, RpcUnreachable
from headframe.sources.node.templates import DEFAULT_ROOM
from headframe.sources.node.transactions import KnownTransactions
from headframe.testing.template_answers import answer_body, some_transactions, template_answer

WAIT_S = 10.0


class FakeNode:
    """A node whose answers wait until the test lets them go."""

    shown = "fake"

    def __init__(self) -> None:
        self.height = 1
        self.full = asyncio.Event()
        self.full.set()
        self.new_tip = asyncio.Event()
        self.longpoll: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.full_calls = 0
        self.lost = False
        self.odd_heights: set[int] = set()

    @property
    def tip_hex(self) -> str:
        return f"{self.height:064x}"

    def answer(self, height: int | None = None, count: int = 2) -> bytes:
        height = height or self.height
        return answer_body(
            template_answer(
                some_transactions(count),
                height=height + 1,
                previousblockhash=f"{height:064x}",
                longpollid=f"{height}-{count}",
                **({"bits": "207ffffe", "target": "7ffffe" + "00" * 29} if height in self.odd_heights else {}),
            )
        )

    def extend(self) -> None:
        self.height += 1
        self.new_tip.set()

    async def template_body(self, longpollid: str = "") -> bytes:
        if longpollid:
            return await self.longpoll
        self.full_calls += 1
        answer = self.answer()
        await self.full.wait()
        if self.lost:
            raise RpcUnreachable("gone")
        return answer

    async def wait_for_new_tip(self, timeout_s: float) -> bytes:
        await self.new_tip.wait()
        self.new_tip.clear()
        return bytes.fromhex(self.tip_hex)[::-1]

    async def best_hash(self) -> bytes:
        raise RpcSilent("not in these tests")

    async def header(self, block_hash: bytes) -> HeaderAnswer | None:
        height = int.from_bytes(block_hash, "little")
        return HeaderAnswer(f"{height:064x}", 1 + self.height - height, height, 1_700_000_000, "207fffff")


class Watched:
    """A feed on a fake node, with what it offers."""

    def __init__(self, node: FakeNode, **changes: Any) -> None:
        self.offers: list[Offer] = []
        self.news = asyncio.Event()
        values: dict[str, Any] = {"poll_s": 3600.0, "refresh_s": 3600.0, "zmq": (), "room": DEFAULT_ROOM}
        self.feed = Feed(
            node,  # type: ignore[arg-type]
            ChainRules(150, 0),
            FeedSettings(**values | changes),
            KnownTransactions(),
            SystemClock(),
            self.offered,
        )

    def offered(self, offer: Offer) -> None:
        self.offers.append(offer)
        self.news.set()

    def seen(self) -> list[tuple[int, bool]]:
        """(height, whether it is full) of each offer."""
        return [(offer.template.height, bool(offer.template.transactions)) for offer in self.offers]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while len(self.offers) < count:
                self.news.clear()
                await self.news.wait()


async def settle() -> None:
    """Let everything that can run do so."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_an_empty_template_goes_out_while_the_node_still_puts_the_full_one_together() -> None:
    node = FakeNode()
    watched = Watched(node)
    task = asyncio.create_task(watched.feed.run())
    await watched.until(1)
    node.full.clear()
    node.extend()
    await watched.until(2)
    assert watched.seen() == [(2, True), (3, False)]
    node.full.set()
    await watched.until(3)
    assert watched.seen() == [(2, True), (3, False), (3, True)]
    assert watched.offers[1].heard_at <= watched.offers[2].heard_at
    await stopped(task)


async def test_a_full_template_by_long_poll_makes_the_empty_one_needless() -> None:
    node = FakeNode()
    watched = Watched(node)
    task = asyncio.create_task(watched.feed.run())
    await watched.until(1)
    node.height += 1
    node.longpoll.set_result(node.answer())
    await watched.until(2)
    node.new_tip.set()
    await settle()
    assert watched.seen() == [(2, True), (3, True)]
    await stopped(task)


async def test_an_answer_from_before_the_tip_is_dropped() -> None:
    """The node put a template together for the old tip; it arrives after the news of the next."""
    node = FakeNode()
    watched = Watched(node)
    task = asyncio.create_task(watched.feed.run())
    await watched.until(1)
    old = node.answer(count=5)
    node.full.clear()
    node.extend()
    await watched.until(2)
    node.longpoll.set_result(old)
    await settle()
    assert watched.seen() == [(2, True), (3, False)]
    node.full.set()
    await watched.until(3)
    assert watched.seen()[-1] == (3, True)
    await stopped(task)


async def test_two_tips_at_once_end_with_the_newest() -> None:
    node = FakeNode()
    watched = Watched(node)
    task = asyncio.create_task(watched.feed.run())
    await watched.until(1)
    node.full.clear()
    node.extend()
    await watched.until(2)
    node.extend()
    await watched.until(3)
    assert watched.seen() == [(2, True), (3, False), (4, False)]
    node.full.set()
    await watched.until(4)
    assert watched.seen()[-1] == (4, True)
    assert (3, True) not in watched.seen()
    await stopped(task)


async def test_where_bits_are_seen_to_move_no_empty_template_guesses_them() -> None:
    node = FakeNode()
    node.odd_heights = {2}
    watched = Watched(node)
    task = asyncio.create_task(watched.feed.run())
    await watched.until(1)
    node.height = 2
    node.longpoll.set_result(node.answer())
    await watched.until(2)
    node.extend()
    await watched.until(3)
    assert watched.seen() == [(2, True), (3, True), (4, True)]
    await stopped(task)


async def test_a_refresh_offers_again_even_what_has_not_changed() -> None:
    node = FakeNode()
    watched = Watched(node, refresh_s=0.01)
    task = asyncio.create_task(watched.feed.run())
    await watched.until(3)
    assert set(watched.seen()) == {(2, True)}
    await stopped(task)


async def test_a_node_that_fails_ends_the_feed() -> None:
    node = FakeNode()
    watched = Watched(node, refresh_s=0.01)
    task = asyncio.create_task(watched.feed.run())
    await watched.until(1)
    node.lost = True
    with pytest.raises(RpcUnreachable):
        await asyncio.wait_for(task, WAIT_S)


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_zmq_messages_name_the_block_in_internal_order() -> None:
    shown = bytes(range(32))
    assert tip_of_message([b"hashblock", shown, b"\0\0\0\0"]) == shown[::-1]
    raw = bytes(range(200))
    assert tip_of_message([b"rawblock", raw, b"\0\0\0\0"]) == sha256d(raw[:80])
    for parts in ([], [b"hashblock"], [b"hashblock", b"x"], [b"hashtx", shown], [b"rawblock", b"x" * 80]):
        assert tip_of_message(parts) is None
