"""The answers, gathered from hub and store.

Responsible for: making views of what the hub, the sources and the ledger know.
Not responsible for: the questions (`service.queries`), showing the answers.
Read next: `service.views`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from headframe import __version__
from headframe.bitcoin.target import difficulty_of_target
from headframe.gateway.hub import Hub
from headframe.gateway.seat import Seat
from headframe.gateway.sourcebook import SourceSeat
from headframe.journal.segments import SegmentJournal
from headframe.mining.devices import normalise_user_agent
from headframe.mining.template import Template
from headframe.net.clock import Clock
from headframe.service.as_views import (
    best_difficulty,
    block_view,
    hashrates_view,
    histogram_view,
    totals_view,
    upstream_view,
)
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


class Operator:
    """Implements `service.queries.Queries`. `places` is set once the ports are taken."""

    def __init__(
        self, hub: Hub, store: Store, writer: StoreWriter, journal: SegmentJournal, clock: Clock, network: str
    ) -> None:
        self._hub = hub
        self._store = store
        self._writer = writer
        self._journal = journal
        self._clock = clock
        self._network = network
        self._started_ms = clock.unix_ms()
        self.places = Places()

    def overview(self) -> Overview:
        hub, now = self._hub, self._clock.monotonic()
        snapshot = self._writer.snapshot()
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
            blocks=tuple(block_view(row, chains) for row in snapshot.blocks[:RECENT_BLOCKS]),
            attention=self._attention(sources),
            submit_seconds=histogram_view(hub.submit_seconds),
            fanout_seconds=histogram_view(hub.fanout_seconds),
            listen=self.places.listen,
            web=self.places.web,
            moves=tuple(MoveCount(*move, count) for move, count in hub.dispatch.counts.items()),
        )

    def sessions(self) -> Sequence[SessionView]:
        now = self._clock.monotonic()
        return [_session_view(seat, now) for seat in self._hub.seats]

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
        chains = {seat.name: seat.usage.chain for seat in self._hub.sources.all()}
        return [block_view(row, chains) for row in self._store.blocks(limit)]

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
        wanted, delivered = self._hub.sources.shares_wanted(), self._hub.dispatch.horizon.shares(now)
        return tuple(
            msgspec.structs.replace(
                _source_view(seat, sums.sources.get(seat.name), now),
                target_share=wanted.get(seat.name, 0.0) if wanted else None,
                delivered_share=delivered.get(seat.name, 0.0) if delivered else None,
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
        seats = [seat for seat in self._hub.sources.all() if seat.works]
        if not seats:
            return None
        seat = max(seats, key=lambda one: (one.can_work, one.usage.weight, one.work_at))
        job = self._hub.book.newest(seat.name)
        if job is None:
            return None
        return JobView(
            source=seat.name,
            job_id=job.job_id,
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


def _session_view(seat: Seat, now: float) -> SessionView:
    job, vardiff = seat.last_job, seat.vardiff
    return SessionView(
        session_id=seat.session_id,
        peer=seat.wire.peer,
        transport_kind=seat.wire.transport_kind,
        protocol=seat.session.protocol,
        user_agent=normalise_user_agent(seat.session.user_agent),
        device_class=seat.wishes.device.name,
        workers=tuple(account.worker for account in seat.accounts.values()) if seat.accounts else (),
        source=seat.source,
        difficulty=difficulty_of_target(max(vardiff.target, job.source_target)) if job and vardiff else None,
        connected_s=now - seat.connected_at,
        last_share_age_s=now - seat.last_share_at if seat.last_share_at is not None else None,
        accepted=seat.accepted,
        rejected=seat.rejected,
    )
