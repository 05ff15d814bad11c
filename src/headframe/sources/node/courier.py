"""The block flow: a found block reaches the chain, whatever else is wrong.

Responsible for: sending a block to every node at once, keeping it on disk until the chain has buried it, trying again
(also after a restart) until some node has it or all refuse it for good, and following it to 100 confirmations.
Not responsible for: judging (`mining.judge`), which node gives work (`sources.node.source`).
Read next: `sources.node.dispatch`, docs/flows/block.md.

One courier may serve all node sources of a network (`serve`), so that a block found on one source's work goes to the
nodes of all. Bound: MAX_BLOCKS at a time; beyond it the one with the most confirmations is followed no longer, and only
when none is confirmed is the oldest given up; a new block always gets in.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from headframe.mining.submission import Solution
from headframe.mining.template import Template
from headframe.net.clock import Clock
from headframe.net.tasks import spawn
from headframe.sources.base import Settled
from headframe.sources.node.blocks import BlockRecord, advance, build_block, is_news, is_over
from headframe.sources.node.dispatch import Answer, Reply, send, submit_request
from headframe.sources.node.endpoint import NodeEndpoint, internal_hash
from headframe.sources.node.rpc import RpcAddress, RpcTrouble
from headframe.sources.node.shelf import Parcel, Shelf
from headframe.sources.node.vault import BlockVault

log = structlog.get_logger()

MAX_BLOCKS = 512
DISK_PATIENCE_S = 5.0
MAX_RETRYING = 8
"""Blocks that are being sent again at the same time, after a long outage."""


@dataclass(frozen=True, slots=True)
class _Client:
    endpoints: tuple[NodeEndpoint, ...]
    settled: Callable[[Settled], None]


class Courier:
    """Delivers and follows blocks. `run` must be running for anything after the first send."""

    def __init__(
        self, folder: Path, clock: Clock, *, retry_s: float = 2.0, max_retry_s: float = 60.0, follow_s: float = 30.0
    ) -> None:
        self._shelf = Shelf(BlockVault(folder))
        self._clock = clock
        self._retry_s = retry_s
        self._max_retry_s = max_retry_s
        self._follow_s = follow_s
        self._clients: dict[str, _Client] = {}
        self._tokens = itertools.count(1)
        self._sending: dict[str, Parcel] = {}
        self._followed: dict[str, Parcel] = {}
        self._seen_tip: tuple[str, int] = ("", 0)
        self._arrivals: asyncio.Queue[Parcel] = asyncio.Queue()
        self._look = asyncio.Event()
        self._retrying = asyncio.Semaphore(MAX_RETRYING)

    # For sources ----------------------------------------------------------------------------------------------------

    def serve(self, source: str, endpoints: Sequence[NodeEndpoint], settled: Callable[[Settled], None]) -> None:
        """Use these nodes too, and tell this source what becomes of its blocks."""
        self._clients[source] = _Client(tuple(endpoints), settled)
        self._look.set()

    def leave(self, source: str) -> None:
        """Tell this source nothing more; its nodes are still used for what is on its way."""
        client = self._clients.get(source)
        if client is not None:
            self._clients[source] = _Client(client.endpoints, lambda _: None)

    def submit(self, source: str, template: Template, solution: Solution) -> int:
        """Send the block to every node, now: when this returns the threads that send it and the one that writes it to
        disk are running. Returns the token that its `Settled` events will carry."""
        found = build_block(template, solution, source, self._clock.unix_ms())
        parcel = Parcel(found.record, next(self._tokens), found.raw)
        self._fire(parcel, submit_request(found.raw))
        self._shelf.keep(parcel, found.raw)
        self._make_room()
        self._sending[found.record.hash_hex] = parcel
        self._arrivals.put_nowait(parcel)
        log.info("block_sent", source=source, height=template.height, hash=found.record.hash_hex, size=len(found.raw))
        if found.doubts:
            log.error("block_looks_wrong", hash=found.record.hash_hex, doubts=found.doubts)
        return parcel.token

    def tip_changed(self) -> None:
        """Some node has a new tip: look after the blocks that are followed."""
        self._look.set()

    def pending(self) -> list[BlockRecord]:
        """All blocks that are sent or followed, oldest first."""
        parcels = [*self._sending.values(), *self._followed.values()]
        return sorted((parcel.record for parcel in parcels), key=lambda record: record.found_ms)

    async def drain(self, timeout_s: float) -> bool:
        """Wait until every block is with some node, or refused; False when time ran out first."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._sending:  # noqa: ASYNC110 - only at shutdown
                    await asyncio.sleep(0.02)
        return not self._sending

    async def run(self) -> None:
        """Deliver, retry and follow until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                await self._work(group)
        finally:
            # Its source has closed them too, but a block that was looked after since then opened them again.
            for endpoint in self._endpoints().values():
                await endpoint.close()

    async def _work(self, group: asyncio.TaskGroup) -> None:
        for record in await self._shelf.load(MAX_BLOCKS):
            if record.hash_hex in self._sending:
                continue
            if record.outcome:
                self._followed[record.hash_hex] = Parcel(record, 0, None)
            else:
                parcel = self._sending[record.hash_hex] = Parcel(record, 0, None)
                self._arrivals.put_nowait(parcel)
        spawn(group, self._follow(), name="courier-follow")
        while True:
            parcel = await self._arrivals.get()
            spawn(group, self._deliver(parcel), name=f"courier-{parcel.record.hash_hex[-12:]}")

    def _make_room(self) -> None:
        if len(self._sending) + len(self._followed) < MAX_BLOCKS:
            return
        pool = self._followed or self._sending
        victim = max(pool.values(), key=lambda parcel: (parcel.record.confirmations, -parcel.record.found_ms))
        del pool[victim.record.hash_hex]
        log.error("block_given_up", hash=victim.record.hash_hex, outcome=victim.record.outcome, bound=MAX_BLOCKS)
        self._shelf.discard(victim)

    # Sending --------------------------------------------------------------------------------------------------------

    def _endpoints(self) -> dict[str, NodeEndpoint]:
        return {endpoint.address.url: endpoint for client in self._clients.values() for endpoint in client.endpoints}

    def _fire(self, parcel: Parcel, request: bytes) -> None:
        """Send to every node that has not refused it for good and is not being asked just now."""
        loop = asyncio.get_running_loop()

        def done(reply: Reply) -> None:
            # The loop may be gone when the process is ending; the block is on disk.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(parcel.replies.put_nowait, reply)

        for url, endpoint in self._endpoints().items():
            if url not in parcel.refused and url not in parcel.in_flight:
                parcel.in_flight.add(url)
                send(endpoint.address, request, done)

    async def _deliver(self, parcel: Parcel) -> None:
        """Until some node has it, or all refuse it for good, or it had to make room.

        It went to the nodes at once (`submit`); their answers are heard when it is on disk too, so that nothing is
        reported that a crash could take back. A disk that hangs does not hold up trying again.
        """
        if parcel.keeping is not None:
            await asyncio.to_thread(parcel.keeping.join, DISK_PATIENCE_S)
        delay_s = self._retry_s
        asked_before = False
        while self._sending.get(parcel.record.hash_hex) is parcel:
            if asked_before or not parcel.in_flight:
                async with self._retrying:
                    if not await self._send_again(parcel):
                        return
                    settled = await self._hear_replies(parcel, delay_s)
            else:
                settled = await self._hear_replies(parcel, delay_s)
            if settled:
                return
            asked_before = True
            log.warning("block_not_delivered_yet", hash=parcel.record.hash_hex, retry_s=delay_s)
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, self._max_retry_s)

    async def _send_again(self, parcel: Parcel) -> bool:
        """Fire again; False when there is nothing left to fire."""
        if parcel.raw is None:
            try:
                parcel.raw = await self._shelf.read(parcel)
            except OSError as error:
                log.error("pending_blocks_unreadable", error=str(error))
                return True
        if parcel.raw is None:
            log.error("block_lost_from_disk", hash=parcel.record.hash_hex)
            self._sending.pop(parcel.record.hash_hex, None)
            await self._shelf.forget(parcel)
            return False
        self._fire(parcel, submit_request(parcel.raw))
        return True

    async def _hear_replies(self, parcel: Parcel, patience_s: float) -> bool:
        """Take the answers of the nodes that were asked; True as soon as the block's first fate is known.

        Once one of them is to be asked again, the others are waited for no longer than `patience_s`: a node that hangs
        must not keep the block from one that will take it in a moment.
        """
        wait_s: float | None = None
        while parcel.in_flight:
            try:
                async with asyncio.timeout(wait_s):
                    reply = await parcel.replies.get()
            except TimeoutError:
                return False
            parcel.in_flight.discard(reply.endpoint.url)
            log.info(
                "block_answered",
                hash=parcel.record.hash_hex,
                node=reply.endpoint.shown,
                answer=reply.answer.value,
                reason=reply.reason,
            )
            if reply.answer is Answer.REFUSED:
                parcel.refused[reply.endpoint.url] = reply.reason
            elif reply.answer is Answer.ACCEPTED:
                await self._delivered(parcel, 1)
                return True
            else:
                confirmations = await self._confirmations(reply.endpoint, parcel.record)
                if confirmations is not None:
                    await self._delivered(parcel, confirmations)
                    return True
                wait_s = patience_s
        if parcel.refused.keys() >= self._endpoints().keys() and parcel.refused:
            await self._refused(parcel)
            return True
        return False

    async def _confirmations(self, address: RpcAddress, record: BlockRecord) -> int | None:
        """After a doubtful answer: how often the node says the block is confirmed; None when it does not have it."""
        endpoint = self._endpoints().get(address.url)
        if endpoint is None:
            return None
        try:
            header = await endpoint.header(record.hash)
        except RpcTrouble:
            return None
        return header.confirmations if header is not None and header.nTx > 0 else None

    async def _delivered(self, parcel: Parcel, confirmations: int) -> None:
        parcel.raw = None
        parcel.record = advance(parcel.record, confirmations)
        parcel.home = ""
        if self._sending.pop(parcel.record.hash_hex, None) is not None:
            self._followed[parcel.record.hash_hex] = parcel
        self._tell(parcel)
        await self._shelf.note(parcel)
        self._look.set()

    async def _refused(self, parcel: Parcel) -> None:
        reason = next(iter(parcel.refused.values()))
        stale = reason.startswith("stale")
        parcel.record = msgspec.structs.replace(
            parcel.record, outcome="stale" if stale else "rejected", reason=reason, confirmations=0
        )
        self._sending.pop(parcel.record.hash_hex, None)
        self._tell(parcel)
        log.error("block_refused", hash=parcel.record.hash_hex, reasons=parcel.refused)
        await self._shelf.forget(parcel)

    # Following ------------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._follow_s):
                    await self._look.wait()
            self._look.clear()
            if self._followed:
                await self._look_after_all()

    async def _look_after_all(self) -> None:
        """Ask the first node that answers. A tip that simply grew needs two calls however many blocks are followed."""
        for endpoint in self._endpoints().values():
            try:
                await self._look_after(endpoint)
            except RpcTrouble:
                continue
            return

    async def _look_after(self, endpoint: NodeEndpoint) -> None:
        info = await endpoint.chain_info()
        best = await endpoint.header(internal_hash(info.bestblockhash))
        if best is None:
            return
        same = best.hash == self._seen_tip[0]
        grown = best.previousblockhash == self._seen_tip[0]
        looks: list[tuple[Parcel, int | None]] = []
        for parcel in self._followed.values():
            confirmations = parcel.record.confirmations
            # Growing by one block confirms what was confirmed before, and activates nothing but that block itself.
            if parcel.home != endpoint.address.url or not (same or grown) or parcel.record.hash_hex == best.hash:
                looks.append((parcel, None))
            elif grown and confirmations > 0:
                looks.append((parcel, confirmations + 1))
        asked = [(parcel, await self._find(parcel, endpoint) if known is None else known) for parcel, known in looks]
        # Nothing was changed before all answers were here: a node that fails midway leaves the counts as they were.
        self._seen_tip = (best.hash, best.height)
        for parcel, confirmations_now in asked:
            if confirmations_now is None:
                await self._send_after_all(parcel)
            else:
                await self._update(parcel, confirmations_now)

    async def _find(self, parcel: Parcel, first: NodeEndpoint) -> int | None:
        """The confirmations of a block by the first node that has it; None when none does. Raises RpcTrouble."""
        others = [endpoint for endpoint in self._endpoints().values() if endpoint is not first]
        for endpoint in (first, *others):
            try:
                header = await endpoint.header(parcel.record.hash)
            except RpcTrouble:
                if endpoint is first:
                    raise
                continue
            if header is not None and header.nTx > 0:
                parcel.home = endpoint.address.url
                parcel.record = msgspec.structs.replace(parcel.record, height=header.height)
                return header.confirmations
        return None

    async def _update(self, parcel: Parcel, confirmations: int) -> None:
        before = parcel.record
        parcel.record = after = advance(before, confirmations)
        news = is_news(before, after)
        if news:
            self._tell(parcel)
        if is_over(after, self._seen_tip[1]):
            self._followed.pop(after.hash_hex, None)
            await self._shelf.forget(parcel)
        elif news:
            await self._shelf.note(parcel)

    async def _send_after_all(self, parcel: Parcel) -> None:
        """A node that had the block has it no longer (it crashed before its disk did), or this one never got it."""
        log.warning("block_missing_from_node", hash=parcel.record.hash_hex)
        if self._followed.pop(parcel.record.hash_hex, None) is not None:
            parcel.refused.clear()
            self._sending[parcel.record.hash_hex] = parcel
            self._arrivals.put_nowait(parcel)

    def _tell(self, parcel: Parcel) -> None:
        record = parcel.record
        log.debug(
            "block_followed",
            hash=record.hash_hex,
            height=record.height,
            outcome=record.outcome,
            reason=record.reason,
            confirmations=record.confirmations,
        )
        client = self._clients.get(record.source)
        if client is not None:
            client.settled(
                Settled(record.source, parcel.token, record.outcome, record.reason, record.hash, record.confirmations)
            )
