"""The hub: sessions on one side, sources on the other.

Responsible for: the roster of seats, which source each mines for, handing out jobs, the end of each loop turn (journal
first, replies after), and passing blocks to their source before anything else.
Not responsible for: sockets, SQL, any protocol, judging, vardiff: it asks those who are.
Read next: `gateway.seat`, `gateway.fanout`, docs/flows/share.md.

Single-threaded: everything runs on the event loop that owns it. Nothing here waits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headframe.gateway.census import Census
from headframe.gateway.difficulty import DifficultyDesk, Fixed
from headframe.gateway.dispatch import Dispatch
from headframe.gateway.fanout import Fanout
from headframe.gateway.histogram import LatencyHistogram
from headframe.gateway.jobbook import JobBook
from headframe.gateway.outgoing import Outgoing
from headframe.gateway.payouts import PayoutBook, PayoutPolicy
from headframe.gateway.recent import KEEP_BURST, KEEP_PER_SWEEP, Recent
from headframe.gateway.roster import Parked, Roster
from headframe.gateway.seat import Seat
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.gateway.tally import JournalUnavailable, Tally
from headframe.gateway.watch import Watches
from headframe.ledger.facts import Account, Fact, PayoutSetIssued
from headframe.mining.job import PayoutSet
from headframe.mining.submission import Solution
from headframe.net.clock import Clock
from headframe.net.endpoint import Endpoint, Wire
from headframe.net.turn import Speaker, Turn
from headframe.routing.horizon import Horizon
from headframe.routing.router import Router
from headframe.sources.base import Down, JobReady, LaneLost, Noted, Settled, SourceEvent, Up, WorkSource
from headframe.stratum.session import DownstreamSession, Submitted

MAX_ACCOUNTS = 200_000
FIXED_AT_ONCE = 100
PING_AFTER_S = 300.0
"""Well before the idle limit (15 minutes)."""

Log = Callable[..., None]
"""log(event_name, **fields): the shell's structured log."""


@dataclass(frozen=True, slots=True)
class HubParts:
    """What the hub is put together from."""

    clock: Clock
    book: JobBook
    tally: Tally
    roster: Roster
    difficulty: DifficultyDesk
    router: Router
    horizon: Horizon
    handshake_s: float
    new_session: Callable[[int], DownstreamSession]
    """Given the bits of the version that it may promise its miner."""
    call_soon: Callable[[Callable[[], None]], object]
    log: Log
    wanted_extranonce2: int | None = None


class Hub:
    """See the module."""

    def __init__(self, parts: HubParts, payouts: Callable[[Callable[[PayoutSet], None]], PayoutBook]) -> None:
        self._call_soon = parts.call_soon
        self._new_session = parts.new_session
        self.log = parts.log
        self.now = parts.clock.monotonic
        self.unix_ms = parts.clock.unix_ms
        self.book = parts.book
        self.tally = parts.tally
        self.roster = parts.roster
        self.difficulty = parts.difficulty
        self._handshake_s = parts.handshake_s
        self._hold = True
        self.payouts = payouts(self._payout_set_issued)
        self.sources = SourceBook(parts.wanted_extranonce2)
        self.dispatch = Dispatch(self.sources, parts.router, parts.horizon, self._offer_now, self._moved, self.now)
        self.seats: dict[Seat, None] = {}
        self.recent = Recent()
        self.keep = self.recent.shares.append
        """Remember a share: on the per-share path."""
        self.keep_room = KEEP_BURST
        """How many shares may be remembered until the next sweep: of a flood it is a sample."""
        self.watches = Watches(self.now, self.unix_ms)
        self.census = Census(self, parts.call_soon)
        self.recording = True
        self.journal_trouble: JournalUnavailable | None = None
        self._resumes_with_a_write = True
        self.misbehaviour: dict[str, int] = {}
        self.turn = Turn(parts.call_soon, self._record, self._not_recorded)
        self.turn_at = 0.0
        self.submit_seconds = LatencyHistogram()
        self.fanout_seconds = LatencyHistogram()
        self._by_session_id: dict[str, Seat] = {}
        self._accounts: dict[tuple[str, str, str], Account] = {}
        self.outgoing = Outgoing(self.sources, self.note, self.unix_ms, self.log)
        self._fanouts: dict[str, Fanout] = {}
        self._sweep_rest: list[Seat] = []

    # -- sessions -----------------------------------------------------------------------------------------------

    def accept(self, wire: Wire) -> Endpoint | None:
        """A new connection; None (close it unanswered) while there is no work at all, so that the device's own
        failover takes over."""
        if not self.sources.has_work:
            return None
        seat = Seat(self, wire, self._new_session(self.sources.version_mask), self.now())
        self.seats[seat] = None
        return seat

    def subscribed(self, seat: Seat) -> None:
        self._by_session_id[seat.session_id] = seat
        self.watches.resumed(seat)

    def seat_of(self, session_id: str) -> Seat | None:
        """The live session of this id."""
        return self._by_session_id.get(session_id)

    def take_up(self, session_id: str, seat: Seat, now: float) -> Parked | None:
        """What that session left behind. A live one from the same address is a connection that died unseen: it yields."""
        live = self._by_session_id.get(session_id)
        if live is not None and live is not seat and live.wire.peer == seat.wire.peer:
            live.wire.close("resumed by a new connection")
            self.leave(live, "resumed by a new connection")
        return self.roster.resume(session_id, seat.layout, now)

    def leave(self, seat: Seat, reason: str) -> None:
        """A session is over; what it leaves behind is parked."""
        if seat.gone:
            return
        seat.gone = True
        del self.seats[seat]
        self.turn.forget(seat)
        self.turn.mark(self)  # what it was credited this turn is recorded all the same
        self.dispatch.leave(seat)
        now = self.now()
        left = seat.left_behind(now)
        if left is not None:
            if self._by_session_id.get(seat.session_id) is seat:
                del self._by_session_id[seat.session_id]
            self.roster.park(left)
            self.remember(seat)
        self.watches.left(seat, reason)
        account = seat.first_account
        if account is not None or seat.rejected:
            self.log(
                "session_closed",
                session=seat.session_id,
                peer=seat.wire.peer,
                identity=account.identity if account is not None else "",
                worker=account.worker if account is not None else "",
                reason=reason,
                accepted=seat.accepted,
                rejected=seat.rejected,
            )

    def remember(self, seat: Seat) -> None:
        """Keep what shares have proven of its first worker's difficulty."""
        if seat.first_account is not None and seat.vardiff is not None:
            self.difficulty.keep(seat.vardiff, seat.first_account, self.unix_ms())

    def broke(self, seat: Seat, error: Exception) -> None:
        """Our bug in one seat: it costs that session, not the others."""
        self.log("bug", message="a job could not be offered", peer=seat.wire.peer, error=repr(error))
        seat.wire.close("internal error")

    def account(self, identity: str, worker: str, protocol: str) -> Account:
        """One object for each account. Bound: MAX_ACCOUNTS, then the table starts anew (only sharing is lost)."""
        key = (identity, worker, protocol)
        found = self._accounts.get(key)
        if found is None:
            if len(self._accounts) >= MAX_ACCOUNTS:
                self._accounts.clear()
            found = self._accounts[key] = Account(identity, worker, protocol)
        return found

    def count_misbehaviour(self, what: str) -> None:
        self.misbehaviour[what] = self.misbehaviour.get(what, 0) + 1

    # -- jobs ---------------------------------------------------------------------------------------------------

    def offer(self, seat: Seat, now: float, *, fresh: bool = False) -> bool:
        """Offer the seat the current work of its source; `fresh` makes a job of its own, for a search that restarts
        under another target. False when there is nothing to offer."""
        payout = seat.payout
        if payout is None or seat.vardiff is None or seat.gone:
            return False
        source = self.dispatch.source_of(seat, now)
        work = source.works.get(seat.lane) if source is not None else None
        if work is None or source is None:
            return False
        if not source.up and seat.last_job is not None and seat.last_job.lane == seat.lane:
            return False  # it keeps what it has; another job of a source that is down is no better
        if fresh:
            job = self.book.reissue(work, payout, seat.layout, now)
        else:
            job = self.book.job(work, payout, seat.layout, now, above_seq=seat.last_seq)
        seat.give(job, now)
        return True

    def _offer_now(self, seat: Seat) -> bool:
        given = self.offer(seat, self.now())
        if given:
            self.turn.mark(seat)
        return given

    def _moved(self, seat: Seat, before: str, after: str, reason: str) -> None:
        if not before:
            return
        account = seat.first_account
        self.recent.moves.append((self.now(), account, seat.session_id, before, after, reason))
        self.log(
            "session_moved",
            session=seat.session_id,
            worker=account.worker if account is not None else "",
            identity=account.identity if account is not None else "",
            source=before,
            to=after,
            reason=reason,
        )

    # -- sources ------------------------------------------------------------------------------------------------

    def add_source(self, source: WorkSource, usage: Usage) -> None:
        self.sources.add(source, usage)

    def remove_source(self, name: str) -> None:
        """It is gone for good: its sessions go elsewhere, shares of its last jobs are judged as long as they may come."""
        found = self.sources.get(name)
        if found is None:
            return
        lanes = list(found.works)
        self.sources.went_down(name)
        for lane in lanes:
            self.book.end(lane, self.now())
            self.dispatch.lane_lost(lane, self.seats)
        self.dispatch.forget(name)
        self.sources.remove(name)
        self.outgoing.abandon(name)
        self.turn.mark(self)

    def pay(self, policy: PayoutPolicy) -> None:
        """Who is paid from now on: every session gets a job that pays as the new policy says, at once. A miner whose
        name cannot be paid any more keeps its job until it is void."""
        self.payouts.use(policy)
        changed = []
        for seat in self.seats:
            account = seat.first_account
            found = self.payouts.default() if account is None else self.payouts.for_identity(account.identity)
            if isinstance(found, PayoutSet) and found is not seat.payout:
                seat.payout = found
                changed.append(seat)
        self._fan_out("", changed, self.now())

    def use_fixed(self, fixed: Fixed) -> None:
        """Whose difficulty the operator fixes from now on. Many jobs of their own at once would hold up everybody: the first
        are offered now, the others by the sweep."""
        self.difficulty.use_fixed(fixed)
        now, told = self.now(), 0
        for seat in list(self.seats):
            told += seat.obey(now, at_once=told < FIXED_AT_ONCE)

    def use_sessions(self, new_session: Callable[[int], DownstreamSession]) -> None:
        """How sessions are made from now on."""
        self._new_session = new_session

    def use_handshake(self, seconds: float, *, hold: bool) -> None:
        """How long a connection may stay nameless, and whether miners are kept while there is no work."""
        self._handshake_s = seconds
        self._hold = hold

    def route(self) -> None:
        """Let the router look: about once a second, and at once when something changed."""
        self.dispatch.plan(self.now(), self.seats)

    def on_source_event(self, event: SourceEvent) -> None:
        """Everything a source reports comes in here."""
        if isinstance(event, JobReady):
            self._job_ready(event)
        elif isinstance(event, Settled):
            self.outgoing.settled(event)
            self.turn.mark(self)
        elif isinstance(event, Noted):
            self.log("source_note", source=event.source, kind=event.kind, state=event.state, text=event.text)
        elif isinstance(event, Up):
            self.sources.went_up(event.source)
            self.route()
            self.log("source_up", source=event.source, generation=event.generation)
        elif isinstance(event, Down):
            self._source_down(event)
        elif isinstance(event, LaneLost):
            self._lane_lost(event)

    def _job_ready(self, event: JobReady) -> None:
        now = self.now()
        self.book.begin(event.work, now)
        self.sources.has(event.source, event.work, now)
        self.log(
            "job_ready",
            source=event.source,
            height=event.work.height,
            clean=event.work.clean,
            prepared_ms=round((now - event.heard_at) * 1000, 1),
        )
        if self.sources.terms_changed(event.source):
            self.dispatch.turn_out(event.source, self.seats)
        self.dispatch.lane_ready(event.work.lane)
        self._fan_out(event.work.lane, [seat for seat in self.seats if self._wants(seat, event.work.lane)], now)
        if event.work.clean:
            self.route()

    def _source_down(self, event: Down) -> None:
        self.sources.went_down(event.source)
        self.log("source_down", source=event.source, reason=event.reason, remedy=event.remedy)
        # Its miners go to the others at once; where there is no other they keep the work they have.
        if self.sources.has_work:
            self._fan_out(event.source, [seat for seat in self.seats if seat.source == event.source], self.now())

    def _lane_lost(self, event: LaneLost) -> None:
        self.book.end(event.lane, self.now())
        self.sources.lost(event.source, event.lane)
        self._fanouts.pop(event.lane, None)
        self.dispatch.lane_lost(event.lane, self.seats)
        self.log("lane_lost", source=event.source, lane=event.lane, reason=event.reason)

    def _wants(self, seat: Seat, lane: str) -> bool:
        """Whether news of this lane is for this seat: it is on it, or on nothing that works."""
        return seat.lane == lane or not self.sources.works(seat.source)

    def _fan_out(self, lane: str, seats: list[Seat], since: float) -> None:
        """Offer work to these seats in slices. A newer walk over a lane takes the place of the one before."""
        running = self._fanouts.get(lane)
        if running is not None:
            running.cancel()
        self._fanouts[lane] = fanout = Fanout(self, lane, seats, since, self._call_soon)
        fanout.step()

    def fanned_out(self, fanout: Fanout, seconds: float) -> None:
        """A walk is done."""
        self.fanout_seconds.observe(seconds)
        if self._fanouts.get(fanout.lane) is fanout:
            del self._fanouts[fanout.lane]

    # -- facts --------------------------------------------------------------------------------------------------

    def solved(self, seat: Seat, event: Submitted, solution: Solution) -> None:
        """A block, before anything else."""
        job, submission = event.job, event.submission
        assert job is not None
        assert submission is not None
        account = seat.account_of(event.user)
        if self.outgoing.solved(job, seat.extranonce1, submission, account, solution):
            seat.session.message(f"Block found at height {job.height}")

    def forward(self, seat: Seat, event: Submitted) -> None:
        """A share that its source wants too."""
        job, submission = event.job, event.submission
        assert job is not None
        assert submission is not None
        self.outgoing.forward(job, seat.extranonce1, submission, seat.account_of(event.user))

    def _payout_set_issued(self, payout: PayoutSet) -> None:
        self.note(PayoutSetIssued(self.unix_ms(), payout.number, payout.remainder_script, list(payout.parts)))

    def note(self, fact: Fact) -> None:
        """Put a fact on record at the end of this loop turn."""
        self.tally.note(fact)
        self.turn.mark(self)

    # -- the end of a loop turn ---------------------------------------------------------------------------------

    def speak(self) -> None:
        """The hub itself has nothing to send; it only needs turns that record."""

    def _record(self) -> bool:
        """Before any reply leaves: an accepted share is on record first."""
        kept = True
        for fact in self.outgoing.facts():
            self.tally.note(fact)
        if not self.tally.empty:
            credited = self.tally.credited()
            try:
                self.tally.write(self.unix_ms())
            except JournalUnavailable as trouble:
                self.stop_recording(trouble)
                kept = False
            else:
                if not self.recording and self._resumes_with_a_write:
                    self.resume_recording()
                for source, work in credited.items():
                    self.dispatch.horizon.add(self.turn_at, source, work)
        self.turn_at = self.now()
        return kept

    def _not_recorded(self, speakers: Sequence[Speaker]) -> None:
        """The journal refused the turn: who was told `accepted` is closed instead, so that nobody is lied to."""
        for speaker in speakers:
            if isinstance(speaker, Seat) and speaker.credited_this_turn:
                speaker.session.take_output()
                speaker.wire.close("the share could not be recorded")
            speaker.speak()

    def stop_recording(self, trouble: JournalUnavailable, *, resumes_with_a_write: bool = True) -> None:
        """From now on shares are refused, and still tested for blocks. The refusals are written too: the first write that
        holds ends it, unless whoever stops says that something else must (`resume_recording`)."""
        self._resumes_with_a_write = resumes_with_a_write
        if self.recording:
            self.log("journal_unavailable", reason=trouble.reason, remedy=trouble.remedy)
        self.recording = False
        self.journal_trouble = trouble

    def try_recording(self) -> None:
        """Called once a second: when only a write can show that recording works again and nobody submits, try one."""
        if self.recording or not self._resumes_with_a_write:
            return
        try:
            self.tally.probe(self.unix_ms())
        except JournalUnavailable:
            return
        self.resume_recording()

    def resume_recording(self) -> None:
        if not self.recording:
            self.log("journal_available")
        self.recording = True
        self.journal_trouble = None
        if not self.tally.empty:
            self.turn.mark(self)

    # -- time ---------------------------------------------------------------------------------------------------

    def sweep(self, fraction: float = 0.2) -> None:
        """Called once a second: look after a part of the seats (all of them within 1/fraction calls)."""
        if not self._sweep_rest:
            self._sweep_rest = list(self.seats)
        count = max(1, int(len(self.seats) * fraction) + 1)
        now = self.now()
        self.keep_room = min(KEEP_BURST, self.keep_room + KEEP_PER_SWEEP)
        self.watches.expire(now)
        part, self._sweep_rest = self._sweep_rest[:count], self._sweep_rest[count:]
        for seat in part:
            if not seat.gone:
                self._look_after(seat, now)

    def _look_after(self, seat: Seat, now: float) -> None:
        seat.session.forget(self.book.oldest_seq)
        if not seat.named and now - seat.connected_at > self._handshake_s:
            # A device whose name was refused is held: closing would make it forget its own failover (ESP-Miner).
            seat.wire.close("neither subscribed nor authorised in time")
        elif self.sources.has_work:
            if now - seat.heard_at > PING_AFTER_S:
                # A miner with a hard target is silent for long; its answer tells it from a dead one.
                seat.heard_at = now
                seat.session.ping()
                self.turn.mark(seat)
            if self.recording:
                seat.offer_wanted(now)
                seat.review(now)
            else:
                seat.pause(now)  # its shares are refused: their absence says nothing
        elif not self._hold:
            seat.wire.close("no work")
        else:
            seat.pause(now)
            seat.session.ping()
            self.turn.mark(seat)

    def drain(self) -> list[Parked]:
        """Before stopping: put everything on record; returns what every session leaves behind."""
        self.turn.mark(self)
        self.turn.flush()
        for seat in list(self.seats):
            self.leave(seat, "stopping")
            seat.session.ask_reconnect()
            seat.speak()
            seat.wire.close("stopping")
        return self.roster.parked()
