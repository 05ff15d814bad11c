"""The node source: work from the operator's own bitcoind.

Responsible for: choosing among the configured nodes (in order of preference, with failover and return), generations,
health in words, and handing blocks to the courier.
Not responsible for: hearing news of one node (`sources.node.feed`), delivering blocks (`sources.node.courier`).
Read next: `sources.node.feed`.

States: *down* (no node works; all are tried every `retry_s`) and *up* (one node's feed runs). When that node fails the
others are tried at once; the source goes down only when none works. Jobs stay good across such a failover, because any
node takes their blocks, so the generation stays too; it counts the times that the source came up.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from headframe.mining.jobmaker import VERSION_MASK, JobStyle
from headframe.mining.template import Template
from headframe.net.clock import Clock
from headframe.net.tasks import spawn
from headframe.sources.base import (
    Down,
    Emit,
    JobReady,
    Noted,
    Settled,
    Share,
    SourceEvent,
    SourceStatus,
    Up,
    UpstreamStats,
)
from headframe.sources.condition import Condition, condition
from headframe.sources.node.chain import chain_rules
from headframe.sources.node.courier import Courier
from headframe.sources.node.endpoint import NodeEndpoint
from headframe.sources.node.feed import Feed, FeedSettings, Offer
from headframe.sources.node.health import NodeState, notes_of, of_chain, of_trouble
from headframe.sources.node.history import ChainStats, History, SeenBlocks
from headframe.sources.node.rpc import RpcTrouble
from headframe.sources.node.settings import NodeSettings
from headframe.sources.node.templates import TemplateRefused
from headframe.sources.node.together import first_failure
from headframe.sources.node.transactions import KnownTransactions
from headframe.sources.template_work import TemplateWork

log = structlog.get_logger()

EXTRANONCE_ROOM = 12
PROBE_TIMEOUT_S = 10.0
NOTES_INTERVAL_S = 30.0
_WATCH_INTERVAL_S = 5.0


class _Unfit(Exception):
    """The serving node must be left."""

    def __init__(self, found: Condition) -> None:
        self.found = found


class _PreferredIsBack(Exception):
    """A node that is preferred to the serving one works again."""


class NodeSource:
    """See `sources.base.WorkSource`. With a `courier` given, its owner runs it; else the source runs its own, which
    keeps its blocks below `<data_dir>/blocks/pending`."""

    kind = "node"
    extranonce_room = EXTRANONCE_ROOM
    version_mask = VERSION_MASK

    def __init__(self, settings: NodeSettings, clock: Clock, data_dir: Path, *, courier: Courier | None = None) -> None:
        if not settings.rpc:
            raise ValueError("a node source needs at least one RPC address")
        self.name = settings.name
        self._settings = settings
        self._clock = clock
        self._rules = chain_rules(settings.network)
        self._style = JobStyle(settings.name, settings.tag)
        self._endpoints = [
            NodeEndpoint(address, settings.network, timeout_s=settings.timeout_s) for address in settings.addresses()
        ]
        self._owns_courier = courier is None
        self.courier = courier or Courier(
            pending_folder(data_dir), clock, retry_s=settings.retry_s, follow_s=settings.follow_s
        )
        self._known = KnownTransactions()
        self._emit_to: Emit | None = None
        self._serving = self._endpoints[0]
        self._up = False
        self._generation = 0
        self._since = clock.monotonic()
        self._last_work_at = 0.0
        self._height = 0
        self._offers = 0
        self._last_prev = b""
        self._trouble: Condition | None = None
        self._last_failure: Condition | None = None
        self._notes: dict[str, Noted] = {}
        self._chain: ChainStats | None = None
        self._history = History(
            lambda: self._serving.best_hash(), lambda block_hash: self._serving.header(block_hash), clock.monotonic
        )

    # What others ask ------------------------------------------------------------------------------------------------

    def status(self) -> SourceStatus:
        trouble = None if self._up else self._trouble
        return SourceStatus(
            name=self.name,
            kind=self.kind,
            network=self._settings.network.name,
            endpoint=self._serving.shown,
            up=self._up,
            generation=self._generation,
            since=self._since,
            last_work_at=self._last_work_at,
            height=self._height,
            reason=trouble.text if trouble else "",
            remedy=trouble.remedy if trouble else "",
            notes=tuple(self._notes.values()),
        )

    def upstream_stats(self) -> UpstreamStats | None:
        """A node takes blocks only; what became of them is on record block by block."""
        return None

    def chain_stats(self) -> ChainStats | None:
        """What the newest template says of the chain; None before the first."""
        return self._chain

    def recent_blocks(self, since_unix_s: float) -> SeenBlocks | None:
        """The chain's latest blocks as far as they are known; what is missing is looked up for the next question. None
        while no node works: what one says that is behind must not count."""
        return self._history.seen(since_unix_s) if self._up else None

    def lease(self, session_id: str) -> str:
        """There is one lane, with room for everybody."""
        return self.name

    def release(self, session_id: str) -> None:
        pass

    def wants(self, share_meets_source: bool, is_block: bool) -> bool:
        return is_block

    def submit(self, share: Share) -> int:
        """Blocks go out at once; anything else is not for a node: token 0, and nothing follows."""
        template = share.job.origin
        if share.solution is None:
            return 0
        if not isinstance(template, Template):
            log.error("block_without_template", source=self.name, job=share.job.job_id)
            return 0
        return self.courier.submit(self.name, template, share.solution)

    async def run(self, emit: Emit) -> None:
        self._emit_to = emit
        self.courier.serve(self.name, self._endpoints, self._emit)
        try:
            async with asyncio.TaskGroup() as group:
                if self._owns_courier:
                    spawn(group, self.courier.run(), name=f"{self.name}-courier")
                spawn(group, self._watch_age(), name=f"{self.name}-age")
                spawn(group, self._history.run(), name=f"{self.name}-history")
                spawn(group, self._work(), name=f"{self.name}-work")
        finally:
            self._emit_to = None
            self.courier.leave(self.name)
            for endpoint in self._endpoints:
                await endpoint.close()

    # Choosing a node ------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            started = self._clock.monotonic()
            troubles: list[Condition] = []
            served = False
            for place, endpoint in enumerate(self._endpoints):
                found = await self._probe(endpoint)
                if found is None:
                    before = self._offers
                    found = await self._serve(place, endpoint, troubles)
                    served = self._offers > before
                if served:
                    break
                if found is not None:
                    troubles.append(found)
            if served:
                if self._clock.monotonic() - started < self._settings.retry_s:
                    # A node that works for a moment again and again must not make us spin.
                    await asyncio.sleep(min(0.25, self._settings.retry_s))
                continue
            if troubles:
                self._go_down(troubles)
            await asyncio.sleep(self._settings.retry_s)

    async def _probe(self, endpoint: NodeEndpoint) -> Condition | None:
        """What keeps a node from giving work; None when nothing does."""
        try:
            info = await endpoint.chain_info(timeout_s=min(PROBE_TIMEOUT_S, self._settings.timeout_s))
        except RpcTrouble as trouble:
            return of_trouble(trouble, endpoint.shown)
        return of_chain(info, self._settings.network, endpoint.shown)

    async def _serve(self, place: int, endpoint: NodeEndpoint, troubles: Sequence[Condition]) -> Condition | None:
        """Work with this node until it fails (why) or a preferred one is back (None)."""
        self._serving = endpoint
        settings = FeedSettings(
            self._settings.effective_poll_s, self._settings.refresh_s, self._settings.zmq, self._settings.room
        )
        feed = Feed(endpoint, self._rules, settings, self._known, self._clock, self._offer)
        works = {f"{self.name}-feed": feed.run(), f"{self.name}-health": self._watch_health(endpoint)}
        if place:
            self._note("spare", condition(NodeState.SPARE_NODE, endpoint=endpoint.shown, detail=troubles[0].text))
            works[f"{self.name}-return"] = self._await_preferred(place)
        else:
            self._note("spare", None)
        ended = await first_failure(works, (RpcTrouble, TemplateRefused, _Unfit, _PreferredIsBack))
        match ended:
            case RpcTrouble():
                found = of_trouble(ended, endpoint.shown)
            case TemplateRefused():
                found = condition(NodeState.BAD_TEMPLATE, endpoint=endpoint.shown, detail=ended)
            case _Unfit():
                found = ended.found
            case _:
                log.info("node_returns", source=self.name)
                return None
        if found != self._last_failure:  # it is tried again every `retry_s`
            self._last_failure = found
            log.warning("node_failed", source=self.name, node=endpoint.shown, state=found.name, text=found.text)
        return found

    async def _await_preferred(self, place: int) -> None:
        while True:
            await asyncio.sleep(self._settings.return_s)
            for endpoint in self._endpoints[:place]:
                try:
                    info = await endpoint.chain_info(timeout_s=PROBE_TIMEOUT_S)
                except RpcTrouble:
                    continue
                # One that is behind would send miners back to an old tip.
                if of_chain(info, self._settings.network, endpoint.shown) is None and info.blocks + 1 >= self._height:
                    raise _PreferredIsBack

    # Health ---------------------------------------------------------------------------------------------------------

    async def _watch_health(self, endpoint: NodeEndpoint) -> None:
        network = self._settings.network
        while True:
            try:
                info = await endpoint.chain_info()
                unfit = of_chain(info, network, endpoint.shown)
                if unfit is not None:
                    raise _Unfit(unfit)
                notes = notes_of(
                    info,
                    await endpoint.network_info(),
                    await endpoint.publishers(),
                    network=network,
                    zmq_configured=bool(self._settings.zmq),
                    endpoint=endpoint.shown,
                )
            except RpcTrouble as trouble:
                # The feed will say so if it matters.
                log.debug("health_unknown", source=self.name, error=str(trouble))
            else:
                for kind in ("peers", "pruned", "zmq"):
                    self._note(kind, notes.get(kind))
            await asyncio.sleep(NOTES_INTERVAL_S)

    async def _watch_age(self) -> None:
        while True:
            await asyncio.sleep(min(_WATCH_INTERVAL_S, self._settings.stale_s))
            age_s = self._clock.monotonic() - self._last_work_at
            if self._up and age_s > self._settings.stale_s:
                self._note("template", condition(NodeState.STALE_TEMPLATE, detail=int(age_s)))

    def _note(self, kind: str, found: Condition | None) -> None:
        """Say what applies of this kind now, once."""
        before = self._notes.get(kind)
        if found is None:
            if before is not None:
                del self._notes[kind]
                self._emit(Noted(self.name, kind, "", "", ""))
            return
        noted = Noted(self.name, kind, found.name, found.text, found.remedy)
        if before is None or before.state != noted.state or (kind != "template" and before != noted):
            self._emit(noted)
        self._notes[kind] = noted

    # Events ---------------------------------------------------------------------------------------------------------

    def _emit(self, event: SourceEvent | Settled) -> None:
        if self._emit_to is not None:
            self._emit_to(event)

    def _offer(self, offer: Offer) -> None:
        template = offer.template
        if not self._up:
            self._up = True
            self._generation += 1
            self._since = self._clock.monotonic()
            self._last_prev = b""
            self._trouble = None
            self._note("node", None)
            log.info("node_serves", source=self.name, node=self._serving.shown)
            self._emit(Up(self.name, self._generation))
        clean = template.prev_hash != self._last_prev
        self._last_prev = template.prev_hash
        self._last_work_at = self._clock.monotonic()
        self._height = template.height
        self._chain = ChainStats(self._last_work_at, template.height, template.bits, template.reward_sats)
        self._offers += 1
        self._last_failure = None
        self._note("template", None)
        self._note("room", condition(NodeState.ROOM_MADE, detail=offer.dropped) if offer.dropped else None)
        work = TemplateWork(template, self._style, self._generation, clean)
        self._emit(JobReady(self.name, self._generation, work, offer.heard_at))
        if clean:
            self.courier.tip_changed()

    def _go_down(self, troubles: Sequence[Condition]) -> None:
        """Report the preferred node's trouble (it is the first to mend) once, and each change of it as a note."""
        found = troubles[0]
        self._note("spare", None)
        self._note("template", None)
        if self._up or self._trouble is None:
            if self._up:
                self._since = self._clock.monotonic()
            self._up = False
            self._trouble = found
            self._emit(Down(self.name, self._generation, found.text, found.remedy))
        self._trouble = found
        self._note("node", found)


def pending_folder(data_dir: Path) -> Path:
    """Where found blocks are kept until the chain has buried them."""
    return data_dir / "blocks" / "pending"
