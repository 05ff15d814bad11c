"""One node's news, turned into templates.

Responsible for: hearing of a new tip as early as can be (ZMQ, long poll and waitfornewblock raced, polling below them),
an empty template at once and the full one after it, a refresh now and then; never going back to an older tip.
Not responsible for: choosing the node (`sources.node.source`), checking templates (`sources.node.templates`).
Read next: `sources.node.templates`, docs/flows/new-job.md.

One rule keeps order among answers that overtake each other: what was asked for before the present tip was heard of and
names another tip is old news and dropped. Bounds: one tip in waiting (the newest wins), one template being checked.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
import zmq
import zmq.asyncio

from headframe.bitcoin.hashing import sha256d
from headframe.mining.template import Template
from headframe.net.clock import Clock
from headframe.sources.node.chain import ChainRules
from headframe.sources.node.endpoint import NodeEndpoint, internal_hash
from headframe.sources.node.rpc import RpcSilent, RpcTrouble
from headframe.sources.node.templates import (
    CheckedTemplate,
    CoinbaseRoom,
    TemplateRefused,
    empty_template,
    glance,
    read_template,
)
from headframe.sources.node.together import first_failure
from headframe.sources.node.transactions import KnownTransactions

log = structlog.get_logger()
T = TypeVar("T")

INLINE_SIZE = 32 * 1024
"""Smaller answers are decoded on the loop: cheaper than the way to a thread and back."""

TIP_WAIT_S = 30.0
_ZMQ_QUEUE = 64


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """Seconds between polls of the tip, and between refreshes; addresses to subscribe to."""

    poll_s: float
    refresh_s: float
    zmq: tuple[str, ...]
    room: CoinbaseRoom


@dataclass(frozen=True, slots=True)
class Offer:
    """A template to mine; `dropped` transactions had to make room. `heard_at` as in JobReady."""

    template: Template
    heard_at: float
    dropped: int = 0


class Feed:
    """Runs until the node fails. `offer` gets each template in order."""

    def __init__(
        self,
        endpoint: NodeEndpoint,
        rules: ChainRules,
        settings: FeedSettings,
        known: KnownTransactions,
        clock: Clock,
        offer: Callable[[Offer], None],
    ) -> None:
        self._endpoint = endpoint
        self._rules = rules
        self._settings = settings
        self._known = known
        self._clock = clock
        self._offer = offer
        self._tip = b""
        self._tip_at = 0.0
        self._full: CheckedTemplate | None = None
        self._bits_move = False
        self._clock_offset_s = 0
        self._checking = asyncio.Lock()
        self._heard: tuple[bytes, float, float] | None = None
        self._heard_one = asyncio.Event()
        self._refresh_now = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled; raises RpcTrouble or TemplateRefused when the node cannot go on."""
        await self._refresh(keep_same=True)
        works = {
            "node-longpoll": self._watch_longpoll(),
            "node-poll": self._watch_poll(),
            "node-tips": self._handle_tips(),
            "node-refresh": self._keep_fresh(),
        }
        if self._settings.zmq:
            works["node-zmq"] = self._watch_zmq()
        else:
            works["node-tip-wait"] = self._watch_tip()
        raise await first_failure(works, (RpcTrouble, TemplateRefused))

    # Hearing of a tip ------------------------------------------------------------------------------------------------

    def _hear(self, tip: bytes, asked_at: float, heard_at: float, via: str) -> None:
        if tip == self._tip or asked_at < self._tip_at:
            return
        log.debug("tip_heard", node=self._endpoint.shown, via=via, hash=tip[::-1].hex())
        self._heard = (tip, asked_at, heard_at)
        self._heard_one.set()

    async def _watch_zmq(self) -> None:
        context = zmq.asyncio.Context()
        socket = context.socket(zmq.SUB)
        try:
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.RCVHWM, _ZMQ_QUEUE)
            for topic in (b"hashblock", b"rawblock"):
                socket.subscribe(topic)
            for address in self._settings.zmq:
                try:
                    socket.connect(address)
                except zmq.ZMQError as error:
                    log.error("zmq_address_unusable", address=address, error=str(error))
            while True:
                parts = await socket.recv_multipart()
                now = self._clock.monotonic()
                tip = tip_of_message(parts)
                if tip:
                    self._hear(tip, now, now, "zmq")
        finally:
            socket.close()
            context.term()

    async def _watch_tip(self) -> None:
        while True:
            asked_at = self._clock.monotonic()
            try:
                tip = await self._endpoint.wait_for_new_tip(TIP_WAIT_S)
            except RpcSilent:
                continue
            if tip is None:
                return
            # The wait ended now, whenever it began: what it names is the tip of this moment.
            now = self._clock.monotonic()
            self._hear(tip, now, now, "wait")
            if now - asked_at < 0.01:
                await asyncio.sleep(0.01)

    async def _watch_longpoll(self) -> None:
        while True:
            longpollid = self._full.longpollid if self._full else ""
            if not longpollid:
                return
            asked_at = self._clock.monotonic()
            try:
                body = await self._endpoint.template_body(longpollid)
            except RpcSilent:
                continue
            await self._take(body, asked_at, keep_same=False)
            if self._full is not None and self._full.longpollid == longpollid:
                # A node that answers at once with nothing new must not make us spin.
                await asyncio.sleep(self._settings.poll_s)

    async def _watch_poll(self) -> None:
        while True:
            await asyncio.sleep(self._settings.poll_s)
            asked_at = self._clock.monotonic()
            tip = await self._endpoint.best_hash()
            self._hear(tip, asked_at, self._clock.monotonic(), "poll")

    # Making use of it ------------------------------------------------------------------------------------------------

    async def _handle_tips(self) -> None:
        while True:
            await self._heard_one.wait()
            self._heard_one.clear()
            heard, self._heard = self._heard, None
            if heard is None:
                continue
            tip, asked_at, heard_at = heard
            header = await self._endpoint.header(tip)
            if header is None or header.confirmations != 1:
                # Another node's tip, or already history: ask what this node would have us mine.
                self._refresh_now.set()
                continue
            if tip == self._tip or asked_at < self._tip_at or self._full is None:
                continue
            now_s = self._clock.unix_ms() // 1000 + self._clock_offset_s
            template = None
            if not self._bits_move:
                template = empty_template(header, self._full.template, self._rules, now_s)
            if template is not None:
                self._tip, self._tip_at = tip, heard_at
                self._offer(Offer(template, heard_at))
            self._refresh_now.set()

    async def _keep_fresh(self) -> None:
        while True:
            on_demand = True
            try:
                async with asyncio.timeout(self._settings.refresh_s):
                    await self._refresh_now.wait()
            except TimeoutError:
                on_demand = False
            self._refresh_now.clear()
            await self._refresh(keep_same=not on_demand)

    async def _refresh(self, *, keep_same: bool) -> None:
        asked_at = self._clock.monotonic()
        await self._take(await self._endpoint.template_body(), asked_at, keep_same=keep_same)

    async def _take(self, body: bytes, asked_at: float, *, keep_same: bool) -> None:
        """Offer the template in an answer, unless it is old news, or (without `keep_same`) what we have already."""
        heard_at = self._clock.monotonic()
        async with self._checking:
            seen = await _away(glance, body)
            tip = internal_hash(seen.previousblockhash)
            same = self._full is not None and tip == self._tip and seen.longpollid == self._full.longpollid
            if self._is_old(tip, asked_at) or (same and not keep_same and self._holds_full()):
                return
            checked = await _away(read_template, body, self._rules, self._known, self._settings.room)
            if self._is_old(tip, asked_at):
                return
            if tip != self._tip:
                self._tip, self._tip_at = tip, heard_at
            before = self._full.template if self._full else checked.template
            if before.bits != checked.template.bits and self._rules.keeps_bits(checked.template.height):
                # A chain with rules of its own: its next bits cannot be told from a header.
                self._bits_move = True
            self._full = checked
            self._clock_offset_s = checked.template.time - self._clock.unix_ms() // 1000
            self._offer(Offer(checked.template, heard_at, checked.dropped))

    def _is_old(self, tip: bytes, asked_at: float) -> bool:
        return tip != self._tip and asked_at < self._tip_at

    def _holds_full(self) -> bool:
        return self._full is not None and self._full.template.prev_hash == self._tip


def tip_of_message(parts: list[bytes]) -> bytes | None:
    """The block that a ZMQ message of bitcoind speaks of, in internal order; None when it speaks of something else."""
    if len(parts) < 2:
        return None
    topic, content = parts[0], parts[1]
    if topic == b"hashblock" and len(content) == 32:
        return content[::-1]
    if topic == b"rawblock" and len(content) > 80:
        return sha256d(content[:80])
    return None


async def _away(function: Callable[..., T], body: bytes, *arguments: object) -> T:
    """Decode in a thread when it would hold up the loop."""
    if len(body) <= INLINE_SIZE:
        return function(body, *arguments)
    return await asyncio.to_thread(function, body, *arguments)
