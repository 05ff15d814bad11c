"""The answers, gathered from hub and store.

Responsible for: making views of what the hub, the sources and the ledger know.
Not responsible for: the questions (`service.queries`), showing the answers.
Read next: `service.views`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from headframe import __version__
from headframe.bitcoin.target import difficulty_of_target, work_of_target
from headframe.gateway.hub import Hub
from headframe.gateway.recent import KEPT_MOVES
from headframe.gateway.sourcebook import SourceSeat
from headframe.journal.segments import SegmentJournal
from headframe.mining.template import Template
from headframe.mining.units import Work
from headframe.net.clock import Clock
from headframe.net.listener import Listener
from headframe.routing.policies import Windows
from headframe.service import floor
from headframe.service.as_views import (
    best_difficulty,
    block_view,
    deepened,
    hashrates_view,
    histogram_view,
    totals_view,
    upstream_view,
)
from headframe.service.balance_views import BalanceView, no_balance
from headframe.service.current_job import job_view, reward_of
from headframe.service.dashboard import DashboardDesk
from headframe.service.earnings import Prospect, needed_of
from headframe.service.history import History
from headframe.service.history_views import (
    ActivityView,
    BestShare,
    BlocksView,
    CurrentJob,
    Dashboard,
    HashrateSeries,
    NetworkView,
    Shaft,
    SourceHistory,
)
from headframe.service.job_choice import UNMINED, job_of_most, miners_of, newest_job, shown_source
from headframe.service.miner_views import BanView, MinerDetail, MinersView, MoveView
from headframe.service.miners import Miners
from headframe.service.networks import Networks, Readings, no_readings
from headframe.service.queries import MinersAsk
from headframe.service.refusals import NotFound
from headframe.service.views import (
    BlockView,
    JobView,
    MoveCount,
    NoteView,
    Overview,
    SessionView,
    SourceView,
    WorkerView,
)
from headframe.store.answers import SourceSums, Sums
from headframe.store.fold import StoreWriter
from headframe.store.ledger_store import Store
from headframe.store.past import Past
from headframe.store.worker_table import WorkerTable

SHOWN_MOVES = 100
RECENT_BLOCKS = 10
QUIET_NOTES = frozenset({"pruned", "no_zmq"})
"""Notes that inform and need nobody's attention."""


_REFUSES_REMEDY = (
    "See its reasons in `headframe ledger totals`: a wrong user, another chain, or a pool that is not fair."
)
_GAP_REMEDY = "What was folded before stays counted; check the disk, and keep the segment for a look."


@dataclass(frozen=True, slots=True)
class Places:
    """Where miners and people connect, as really listened on."""

    listen: tuple[str, ...] = ()
    web: str = ""


def _no_activity(limit: int) -> Sequence[ActivityView]:
    return ()


@dataclass(slots=True)
class Surroundings:
    """What the operator cannot see by itself.

    listener   whose bans are shown
    activity   the latest lines of the feed, newest first
    explorers  links to blocks by chain, with {hash} in them
    readings   what feeds say of chains
    balance    how weights are decided
    windows    over which networks are measured: those of the policy, so that nodes are asked once for both
    """

    listener: Listener | None = None
    activity: Callable[[int], Sequence[ActivityView]] = _no_activity
    explorers: Mapping[str, str] = field(default_factory=dict)
    readings: Readings = no_readings
    balance: Callable[[], BalanceView] = no_balance
    windows: Windows = field(default_factory=Windows)


class Operator:
    """Implements `service.queries.CockpitQueries`. `places` is set once the ports are taken; `surroundings` may be changed
    while it runs. `run` gathers what takes a thread, while somebody looks."""

    def __init__(
        self,
        hub: Hub,
        store: Store,
        writer: StoreWriter,
        journal: SegmentJournal,
        clock: Clock,
        network: str,
        surroundings: Surroundings | None = None,
    ) -> None:
        self._hub = hub
        self._store = store
        self._writer = writer
        self._journal = journal
        self._clock = clock
        self._network = network
        self._started_ms = clock.unix_ms()
        self.places = Places()
        self.surroundings = surroundings or Surroundings()
        past = Past(store)
        self._miners = Miners(
            WorkerTable(store), lambda: floor.live_miners(hub), self._pinned_to, clock, self._fixed_at
        )
        self._history = History(
            past,
            self._miners,
            clock,
            chains=self._chains,
            explorers=lambda: self.surroundings.explorers,
            moved_ms=self._moved_ms,
            needed=self._needed,
        )
        self._networks = Networks(hub, clock, lambda: self.surroundings.readings(), lambda: self.surroundings.windows)
        self._desk = DashboardDesk(past, self._miners, writer, self._networks, self._prospects, clock)

    async def run(self) -> None:
        """Keep what the dashboard shows fresh while somebody looks, until cancelled."""
        await self._desk.run()

    # -- the cockpit --------------------------------------------------------------------------------------------

    def dashboard(self) -> Dashboard:
        return self._desk.view()

    def shaft(self) -> Shaft:
        return floor.shaft(self._hub, self._clock)

    async def miners(self, ask: MinersAsk) -> MinersView:
        return await self._miners.page(ask)

    async def miner(self, key: str) -> MinerDetail:
        miner = await self._miners.one(key)
        who = await self._miners.known(key)
        account = (who.identity, who.worker)
        return MinerDetail(
            miner,
            floor.sessions_of(self._hub, self._clock, *account),
            floor.shares_of(self._hub, self._clock, *account),
            floor.moves(self._hub, self._clock, SHOWN_MOVES, account),
        )

    def known_miner(self, key: str) -> tuple[str, str] | None:
        """(identity, worker) of a miner that somebody was shown lately; for `service.floor.LiveFloor`."""
        return self._miners.known_now(key)

    async def sparklines(self, keys: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
        return await self._history.sparklines(keys)

    async def hashrate(self, span: str, *, key: str = "", source: str = "", by_source: bool = False) -> HashrateSeries:
        return await self._history.hashrate(span, key=key, source=source, by_source=by_source)

    async def best_shares(self, period: str, limit: int = 100) -> Sequence[BestShare]:
        return await self._history.best_shares(period, limit)

    def current_job(self, source: str = "") -> CurrentJob | None:
        seat = self._hub.sources.get(source) if source else shown_source(self._hub)
        if source and seat is None:
            raise _no_source(source)
        job = job_of_most(self._hub, seat) if seat is not None else None
        if job is None or seat is None:
            return None
        template = job.origin if isinstance(job.origin, Template) else None
        booked = self._hub.book.get(job.seq)
        return job_view(
            job,
            kind=seat.source.kind,
            network=seat.source.status().network,
            age_s=self._clock.monotonic() - (booked.issued_at if booked is not None else seat.work_at),
            weight=self._desk.weight(template) if template is not None else None,
            miners=miners_of(self._hub, seat),
        )

    async def found_blocks(self, offset: int = 0, limit: int = 50) -> BlocksView:
        found, tips = await self._history.found_blocks(offset, limit), self._tips()
        replace = msgspec.structs.replace
        return replace(found, blocks=tuple(replace(one, block=deepened(one.block, tips)) for one in found.blocks))

    async def source_history(self, name: str, span: str) -> SourceHistory:
        if self._hub.sources.get(name) is None:
            raise _no_source(name)
        wanted = self._hub.sources.shares_wanted()
        return await self._history.source_history(name, span, wanted.get(name, 0.0) if wanted else None)

    def networks(self) -> Sequence[NetworkView]:
        return self._networks.views()

    def balance(self) -> BalanceView:
        return self.surroundings.balance()

    def activity(self, limit: int = 100) -> Sequence[ActivityView]:
        return self.surroundings.activity(limit)

    def moves(self, limit: int = 100) -> Sequence[MoveView]:
        return floor.moves(self._hub, self._clock, limit)

    def bans(self) -> Sequence[BanView]:
        listener = self.surroundings.listener
        return floor.bans(listener, self._clock) if listener is not None else ()

    def _tips(self) -> dict[str, int]:
        """The height that each source mines on."""
        jobs = {seat.name: newest_job(self._hub, seat) for seat in self._hub.sources.all() if seat.can_work}
        return {name: job.height - 1 for name, job in jobs.items() if job is not None and job.height}

    def _chains(self) -> dict[str, str]:
        return {seat.name: seat.usage.chain for seat in self._hub.sources.all()}

    def _needed(self) -> dict[str, Work]:
        """What a block takes now, of each source whose blocks are ours."""
        return needed_of(self._prospects())

    def _prospects(self) -> dict[str, Prospect]:
        """What the work of each source promises."""
        return {seat.name: self._prospect(seat) for seat in self._hub.sources.all()}

    def _prospect(self, seat: SourceSeat) -> Prospect:
        job = newest_job(self._hub, seat) if seat.works else None
        kind, chain = seat.source.kind, seat.usage.chain
        if job is None:
            return Prospect(kind, chain, None, None)
        return Prospect(kind, chain, work_of_target(job.network_target), reward_of(job))

    def _pinned_to(self, identity: str, worker: str) -> str | None:
        return self._hub.dispatch.pinned_to(identity, worker)

    def _fixed_at(self, identity: str, worker: str) -> float | None:
        return self._hub.difficulty.fixed_at(identity, worker)

    def _moved_ms(self, account: tuple[str, str] | None) -> Sequence[int]:
        return [move.time_ms for move in floor.moves(self._hub, self._clock, KEPT_MOVES, account)]

    # -- all faces ----------------------------------------------------------------------------------------------

    def overview(self) -> Overview:
        hub, now = self._hub, self._clock.monotonic()
        snapshot, tips = self._writer.snapshot(), self._tips()
        sources = self._sources(snapshot.sums, now)
        chains = {source.name: source.chain for source in sources}
        return Overview(
            version=__version__,
            network=self._network,
            started_ms=self._started_ms,
            now_ms=self._clock.unix_ms(),
            kernel="python",
            sessions=self._session_counts(),
            hashrate=hashrates_view(snapshot.rates),
            totals=totals_view(snapshot.sums),
            sources=sources,
            job=self._job(now),
            blocks=tuple(deepened(block_view(row, chains), tips) for row in snapshot.blocks[:RECENT_BLOCKS]),
            attention=self._attention(sources),
            submit_seconds=histogram_view(hub.submit_seconds),
            fanout_seconds=histogram_view(hub.fanout_seconds),
            listen=self.places.listen,
            web=self.places.web,
            moves=tuple(MoveCount(*move, count) for move, count in hub.dispatch.counts.items()),
        )

    def sessions(self, offset: int = 0, limit: int | None = None) -> Sequence[SessionView]:
        now, end = self._clock.monotonic(), None if limit is None else offset + limit
        return [floor.session_view(seat, now) for seat in islice(self._hub.seats, offset, end)]

    def workers(self) -> Sequence[WorkerView]:
        return [
            WorkerView(
                identity=row.identity,
                worker=row.worker,
                hashrate=hashrates_view(row.rates),
                accepted=row.accepted,
                work=row.work,
                best_difficulty_today=best_difficulty(row.best_today),
                best_difficulty=best_difficulty(row.best),
                last_share_ms=row.last_ms or None,
            )
            for row in self._store.workers(self._clock.unix_ms())
        ]

    def blocks(self, limit: int = 100) -> Sequence[BlockView]:
        chains = self._chains()
        tips = self._tips()
        return [deepened(block_view(row, chains), tips) for row in self._store.blocks(limit)]

    def healthy(self) -> tuple[bool, Sequence[str]]:
        reasons = []
        if not self._hub.sources.has_work:
            reasons.append("no source gives work")
            statuses = [seat.source.status() for seat in self._hub.sources.all()]
            reasons += [f"{status.name}: {status.reason}" for status in statuses if status.reason]
        if not self._hub.recording:
            trouble = self._hub.journal_trouble
            reasons.append("shares cannot be recorded" + (f": {trouble.reason}" if trouble is not None else ""))
        return not reasons, reasons

    def _sources(self, sums: Sums, now: float) -> tuple[SourceView, ...]:
        horizon = self._hub.dispatch.horizon
        wanted, delivered = self._hub.sources.shares_wanted(), horizon.shares(now)
        return tuple(
            msgspec.structs.replace(
                _source_view(seat, sums.sources.get(seat.name), now),
                target_share=wanted.get(seat.name, 0.0) if wanted else None,
                delivered_share=delivered.get(seat.name, 0.0) if delivered else None,
                delivered_over_s=horizon.covers_s(now) if delivered else None,
            )
            for seat in self._hub.sources.all()
        )

    def _session_counts(self) -> dict[str, int]:
        counts = {"connected": 0, "subscribed": 0, "authorized": 0}
        for seat in self._hub.seats:
            state = "authorized" if seat.accounts else "subscribed" if seat.session_id else "connected"
            counts[state] += 1
        return counts

    def _job(self, now: float) -> JobView | None:
        seat = shown_source(self._hub)
        job = newest_job(self._hub, seat) if seat is not None else None
        if job is None or seat is None:
            return None
        return JobView(
            source=seat.name,
            job_id=job.job_id if job.seq != UNMINED else "",
            height=job.height,
            network_difficulty=difficulty_of_target(job.network_target),
            reward_sats=job.reward_sats,
            transactions=len(job.origin.transactions) if isinstance(job.origin, Template) else 0,
            age_s=now - seat.work_at,
        )

    def _attention(self, sources: Sequence[SourceView]) -> tuple[NoteView, ...]:
        notes = []
        trouble = self._hub.journal_trouble
        if trouble is not None:
            notes.append(NoteView("journal", "UNAVAILABLE", f"Shares are refused: {trouble.reason}", trouble.remedy))
        state = self._writer.snapshot().state
        if not state.ok:
            notes.append(NoteView("store", "BEHIND", state.reason, state.remedy))
        notes.extend(
            NoteView(
                "journal", "GAP", f"A part of the journal cannot be read: {gap.segment} at {gap.offset}", _GAP_REMEDY
            )
            for gap in self._journal.gaps
        )
        for source in sources:
            if not source.up and source.reason:
                notes.append(NoteView("source", "DOWN", f"{source.name}: {source.reason}", source.remedy))
            notes.extend(note for note in source.notes if note.kind != "node" and note.state not in QUIET_NOTES)
        notes.extend(
            NoteView("pool", "REFUSES", f"{name} refuses more shares than our own judgement explains", _REFUSES_REMEDY)
            for name in sorted(self._hub.outgoing.alarmed)
        )
        return tuple(notes)


def _no_source(name: str) -> NotFound:
    return NotFound(f"there is no source {name[:64]!r}", "it may have been removed: look at the list again")


def _source_view(seat: SourceSeat, sums: SourceSums | None, now: float) -> SourceView:
    status = seat.source.status()
    return SourceView(
        name=status.name,
        kind=status.kind,
        network=status.network,
        endpoint=status.endpoint,
        up=status.up,
        since_s=now - status.since,
        template_age_s=now - status.last_work_at if status.up else None,
        height=status.height or None,
        reason=status.reason,
        remedy=status.remedy,
        notes=tuple(NoteView(note.kind, note.state, note.text, note.remedy) for note in status.notes),
        weight=seat.usage.weight,
        chain=seat.usage.chain,
        tier=seat.usage.tier,
        paused=seat.usage.paused,
        sessions=seat.sessions,
        upstream=upstream_view(seat.source.upstream_stats(), sums),
    )
