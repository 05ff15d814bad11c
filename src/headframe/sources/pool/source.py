"""The pool source: work from somebody else's pool.

Responsible for: what the hub hears of a pool: generations, work, lanes lost, what became of shares, health in words; and
sending each share by the connection that its job came by, or not at all.
Not responsible for: connecting and coming back (`sources.pool.upstream`), lanes and sessions (`sources.pool.leases`), one
connection (`sources.pool.connection`).
Read next: docs/flows/pool.md.

*Up* while any lane has work; a generation counts the times that happened. When the last lane loses its work the source is
`Down` first, and `LaneLost` then voids that lane's jobs. Shares are judged before they come here; what a pool says of them
is told as `Settled`, and `predicted` marks refusals that we knew the reason of.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import reduce
from operator import and_
from random import Random

import structlog

from headframe.mining.jobmaker import VERSION_MASK
from headframe.mining.splice import PoolOffer
from headframe.net.clock import Clock
from headframe.net.tasks import spawn
from headframe.sources.base import (
    Down,
    Emit,
    JobReady,
    LaneLost,
    Noted,
    Settled,
    Share,
    SourceEvent,
    SourceStatus,
    Up,
    UpstreamStats,
)
from headframe.sources.condition import Condition, condition
from headframe.sources.pool.connection import UpstreamConnection
from headframe.sources.pool.health import PoolState
from headframe.sources.pool.leases import Leases
from headframe.sources.pool.names import NameLore
from headframe.sources.pool.pending import AnswerTimes, Sent
from headframe.sources.pool.settings import PoolSettings, PoolUrl
from headframe.sources.pool.upstream import Upstream
from headframe.sources.pool.work import SearchSpaces, pool_work

log = structlog.get_logger()

TICK_S = 1.0
HOLD_BLOCK_S = 60.0
MAX_HELD_BLOCKS = 16
_NOT_STARTED = condition(PoolState.UNREACHABLE, "its address", "not tried yet")


@dataclass(frozen=True, slots=True)
class HeldBlock:
    """A block whose connection is gone. It may go by another one to which the pool gave the same extranonce."""

    share: Share
    offer: PoolOffer
    token: int
    since: float


class PoolSource:
    """See `sources.base.WorkSource`. `random` spreads reconnects over time, nothing else.

    Bounds: max_connections lanes; MAX_HELD_BLOCKS blocks without a connection, the oldest goes first.
    """

    kind = "pool"

    def __init__(self, settings: PoolSettings, clock: Clock, random: Random) -> None:
        self.name = settings.name
        self._settings = settings
        self._clock = clock
        self._random = random
        self._spaces = SearchSpaces()
        self._lore = NameLore()
        self._times = AnswerTimes()
        self._emit_to: Emit | None = None
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._lanes: dict[str, Upstream] = {}
        self._lanes_made = 0
        self._connections_made = 0
        self._lane_of: dict[int, Upstream] = {}
        self._held: deque[HeldBlock] = deque()
        self._tokens = 0
        self._up = False
        self._generation = 0
        self._since = clock.monotonic()
        self._last_work_at = 0.0
        self._height = 0
        self._room = settings.assumed_room
        self._mask = VERSION_MASK
        self._trouble: Condition | None = None
        self._notes: dict[str, Noted] = {}
        self._leases = Leases(settings, self._open_lane)

    # What others ask ------------------------------------------------------------------------------------------------

    @property
    def extranonce_room(self) -> int:
        """The smallest of the lanes that work; as it last was while none does, and before the first as assumed."""
        return min((lane.work.offer.room for lane in self._leases.lanes if lane.work is not None), default=self._room)

    @property
    def version_mask(self) -> int:
        """What all lanes that work grant; as it last was while none does, and before the first everything."""
        masks = [lane.work.offer.version_mask for lane in self._leases.lanes if lane.work is not None]
        return reduce(and_, masks, VERSION_MASK) if masks else self._mask

    def status(self) -> SourceStatus:
        trouble = None if self._up else self._trouble or _NOT_STARTED
        url = next((lane.connection.url for lane in self._leases.lanes if lane.connection), self._settings.urls[0])
        return SourceStatus(
            name=self.name,
            kind=self.kind,
            network=self._settings.network.name,
            endpoint=str(url),
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
        return self._times.stats(sum(lane.connection is not None for lane in self._leases.lanes))

    def lease(self, session_id: str) -> str:
        lane = self._leases.lease(session_id)
        self._note_crowd()
        return lane.name

    def release(self, session_id: str) -> None:
        self._leases.release(session_id, self._clock.monotonic())
        self._note_crowd()

    def wants(self, share_meets_source: bool, is_block: bool) -> bool:
        return share_meets_source or is_block

    def submit(self, share: Share) -> int:
        """Shares of this loop turn leave together at its end; a block leaves before this returns."""
        offer = share.job.origin
        if not isinstance(offer, PoolOffer):
            log.error("share_without_offer", source=self.name, job=share.job.job_id)
            return 0
        self._tokens += 1
        token = self._tokens
        lane = self._lanes.get(share.job.lane)
        connection = lane.connection if lane is not None else None
        if connection is not None and connection.number == offer.connection:
            connection.submit(share, offer, token)
        elif share.solution is not None:
            self._hold(HeldBlock(share, offer, token, self._clock.monotonic()))
        else:
            self._settle_later(token, "the connection that its job came by is gone")
        return token

    async def run(self, emit: Emit) -> None:
        self._emit_to = emit
        tick_s = min(TICK_S, self._settings.no_job_s / 4, self._settings.reply_s / 4, self._settings.linger_s / 4)
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for lane in self._leases.lanes:
                    self._start(lane)
                try:
                    while True:
                        await asyncio.sleep(tick_s)
                        self._tick(self._clock.monotonic())
                finally:
                    # Before the lanes hear of it: nothing is said after cancellation.
                    self._emit_to = None
        finally:
            self._group = None

    # Lanes ----------------------------------------------------------------------------------------------------------

    def _open_lane(self) -> Upstream:
        self._lanes_made += 1
        name = f"{self.name}#{self._lanes_made}"
        lane = Upstream(name, self._settings, self._clock, self, lambda: self._random.uniform(0.5, 1.5))
        self._lanes[name] = lane
        if self._group is not None:
            self._start(lane)
        return lane

    def _start(self, lane: Upstream) -> None:
        assert self._group is not None
        self._tasks[lane.name] = spawn(self._group, lane.run(), name=f"{lane.name}-lane")

    def _tick(self, now: float) -> None:
        for lane in self._leases.take_idle(now):
            del self._lanes[lane.name]
            if lane.connection is not None:
                lane.connection.leave(condition(PoolState.HUNG_UP, lane.connection.url, "it is not needed any more"))
            self._tasks.pop(lane.name).cancel()
        for lane in self._leases.lanes:
            if lane.connection is not None:
                lane.connection.tick(now)
        while self._held and self._held[0].since < now - HOLD_BLOCK_S:
            block = self._held.popleft()
            self._emit(self._lost(block.token, block.share, "the connection that its job came by did not come back"))

    # What lanes say (upstream.House) ----------------------------------------------------------------------------------

    def connection(self, lane: Upstream, url: PoolUrl, resume: str) -> UpstreamConnection:
        self._connections_made += 1
        loop = asyncio.get_running_loop()
        made = UpstreamConnection(
            self._connections_made,
            self._settings,
            url,
            self._lore,
            self._clock,
            self,
            resume=resume,
            call_soon=loop.call_soon,
        )
        self._lane_of[made.number] = lane
        return made

    def ready(self, lane: Upstream, connection: UpstreamConnection) -> None:
        offer = connection.offer
        assert offer is not None
        if lane is self._leases.lanes[0]:
            why = lane.first_trouble.text if lane.first_trouble is not None else "the preferred one does not work"
            self._note("backup", condition(PoolState.BACKUP, connection.url, why) if lane.place else None)
        self._offer(lane, offer, True, connection.working_since)
        self._send_held(connection, offer)

    def lost(self, lane: Upstream, why: Condition) -> None:
        lane.work = None
        if not any(other.work is not None for other in self._leases.lanes):
            self._up = False
            self._since = self._clock.monotonic()
            self._trouble = why
            self._emit(Down(self.name, self._generation, why.text, why.remedy))
        self._emit(LaneLost(self.name, lane.name, why.text))

    def failed(self, lane: Upstream, why: Condition) -> None:
        log.debug("pool_attempt_failed", source=self.name, lane=lane.name, state=why.name, text=why.text)
        if self._up:
            return
        if self._trouble is None:
            self._emit(Down(self.name, self._generation, why.text, why.remedy))
        self._trouble = lane.first_trouble or why
        self._note("pool", self._trouble)

    # What connections say (connection.Owner) --------------------------------------------------------------------------

    def offered(self, connection: UpstreamConnection, offer: PoolOffer, clean: bool, heard_at: float) -> None:
        lane = self._lane_of[connection.number]
        if lane.connection is connection:
            self._offer(lane, offer, clean, heard_at)

    def settled(
        self, connection: UpstreamConnection, sent: Sent, outcome: str, reason: str, *, predicted: bool
    ) -> None:
        if outcome != "lost":
            self._times.add(self._clock.monotonic() - sent.at)
        self._emit(Settled(self.name, sent.token, outcome, reason, block_hash=sent.block_hash, predicted=predicted))

    def noted(self, connection: UpstreamConnection, found: Condition) -> None:
        self._note(found.kind, found)

    def said(self, connection: UpstreamConnection, text: str) -> None:
        log.info("pool_says", source=self.name, pool=str(connection.url), text=text)

    def left(self, connection: UpstreamConnection, why: Condition) -> None:
        self._lane_of.pop(connection.number).gone(connection, why)

    # Events ---------------------------------------------------------------------------------------------------------

    def _offer(self, lane: Upstream, offer: PoolOffer, clean: bool, heard_at: float) -> None:
        if lane.work is not None and offer.room < self._spaces.largest:
            # Sessions that mine here may not fit any more: they are placed anew, by the room that there is now.
            self._room, self._spaces.largest, clean = offer.room, 0, True
            self.lost(lane, condition(PoolState.ROOM_SHRANK, self._url_of(lane), offer.room))
        self._go_up()
        now = self._clock.monotonic()
        work = pool_work(
            offer, self._spaces, source=self.name, generation=self._generation, lane=lane.name, clean=clean, now=now
        )
        lane.work = work
        self._room, self._mask = offer.room, offer.version_mask & VERSION_MASK
        self._height = max(work.height, 0)
        self._last_work_at = now
        self._note_terms(lane, offer)
        self._emit(JobReady(self.name, self._generation, work, heard_at))

    def _go_up(self) -> None:
        if self._up:
            return
        self._up = True
        self._generation += 1
        self._since = self._clock.monotonic()
        self._trouble = None
        self._note("pool", None)
        self._emit(Up(self.name, self._generation))

    def _url_of(self, lane: Upstream) -> str:
        return str(lane.connection.url) if lane.connection is not None else ""

    def _note_terms(self, lane: Upstream, offer: PoolOffer) -> None:
        url = self._url_of(lane)
        granted = offer.version_mask & VERSION_MASK
        rolling: Condition | None = None
        if not granted:
            rolling = condition(PoolState.NO_ROLLING, url)
        elif granted != VERSION_MASK:
            rolling = condition(PoolState.LESS_ROLLING, url, f"{granted:08x}")
        self._note("version_rolling", rolling)
        small = offer.room < self._settings.assumed_room
        self._note("room", condition(PoolState.SMALL_ROOM, url, offer.room) if small else None)

    def _note_crowd(self) -> None:
        most = self._settings.max_connections
        self._note("connections", condition(PoolState.CONNECTIONS_FULL, "", most) if self._leases.crowded else None)

    def _note(self, kind: str, found: Condition | None) -> None:
        """Say what applies of this kind now, once."""
        before = self._notes.get(kind)
        if found is None:
            if before is not None:
                del self._notes[kind]
                self._emit(Noted(self.name, kind, "", "", ""))
            return
        noted = Noted(self.name, kind, found.name, found.text, found.remedy)
        if before != noted:
            self._notes[kind] = noted
            self._emit(noted)

    def _hold(self, block: HeldBlock) -> None:
        self._held.append(block)
        if len(self._held) > MAX_HELD_BLOCKS:
            self._settle_later(self._held.popleft().token, "too many blocks wait for a connection")

    def _send_held(self, connection: UpstreamConnection, offer: PoolOffer) -> None:
        waiting, self._held = self._held, deque()
        for block in waiting:
            same = (offer.extranonce1, offer.room) == (block.offer.extranonce1, block.offer.room)
            if same and block.share.job.lane == self._lane_of[connection.number].name:
                connection.submit(block.share, block.offer, block.token)
            else:
                self._held.append(block)

    def _lost(self, token: int, share: Share, reason: str) -> Settled:
        block_hash = share.solution.hash if share.solution is not None else b""
        return Settled(self.name, token, "lost", reason, block_hash=block_hash)

    def _settle_later(self, token: int, reason: str) -> None:
        """The law: not before `submit` has returned."""
        asyncio.get_running_loop().call_soon(self._emit, Settled(self.name, token, "lost", reason))

    def _emit(self, event: SourceEvent) -> None:
        if self._emit_to is not None:
            self._emit_to(event)
