"""One miner's place in the house.

Responsible for: turning what one session says into judgement, credit, difficulty and offers; it is the one owner of its
session and its vardiff.
Not responsible for: sockets (`net`), the wire protocol (`stratum`), which source it mines for (`gateway.hub`).
Read next: `gateway.hub`, `mining.judge`.

Life of a seat (each arrow is a method):

    taken --_subscribe--> subscribed --_offer--> working --closed--> gone
       \\--_authorize (before or after subscribe, any number of workers)

A seat is offered its first job at the end of the bytes that completed its subscription, so that pipelined requests are
answered in order and the difficulty is sent once. In miner mode it also needs a payable name first.
"""

from math import exp
from typing import TYPE_CHECKING

from headframe.gateway.difficulty import Wishes
from headframe.gateway.dispatch import Heading
from headframe.gateway.payouts import PayoutRefused
from headframe.gateway.recent import explain
from headframe.gateway.roster import Parked
from headframe.gateway.spread import Spread
from headframe.gateway.tally import CreditLine
from headframe.ledger.facts import Account
from headframe.mining.devices import class_of
from headframe.mining.extranonce import ExtranonceLayout, NoExtranonceLeft
from headframe.mining.identity import parse_password, parse_user
from headframe.mining.job import Job, PayoutSet
from headframe.mining.judge import judge, seen_key
from headframe.mining.submission import Accepted, Rejected, RejectReason, Verdict
from headframe.mining.units import Target
from headframe.mining.vardiff import Vardiff
from headframe.net.endpoint import Wire
from headframe.stratum.session import (
    Authorizing,
    DownstreamSession,
    PeerMisbehaved,
    Submitted,
    Subscribing,
    TargetSuggested,
)

if TYPE_CHECKING:
    from headframe.gateway.hub import Hub

MEASURE_EVERY_S = 10.0
MEASURE_S = 600.0
"""At 6 shares a minute an estimate over ten minutes is good to 13 %."""

_COST_OF_JUNK_SHARE = 1
"""What a share that no honest miner sends in numbers costs its address. Costs decay by ten a second, so the odd one is
free. Stale shares never cost anything."""

_COST_OF_REFUSED_NAME = 2
_COST_OF_CHANGED_MIND = 1
_FREE_SUGGESTIONS = 3
FRESH_EVERY_S = 1.0
"""A session gets a job of its own at most so often: each is an entry in the book."""

_JUNK = frozenset(
    {
        RejectReason.MALFORMED,
        RejectReason.BAD_EXTRANONCE2,
        RejectReason.BAD_NONCE,
        RejectReason.BAD_NTIME,
        RejectReason.BAD_VERSION,
        RejectReason.DUPLICATE,
        RejectReason.NTIME_OUT_OF_RANGE,
        RejectReason.ABOVE_TARGET,
        RejectReason.JOB_NOT_FOUND,
        RejectReason.UNAUTHORIZED,
        RejectReason.NOT_SUBSCRIBED,
    }
)


class Seat:
    """See the module. An `Endpoint` for its wire."""

    __slots__ = (
        "__weakref__",
        "_credit_line",
        "_fresh_at",
        "_hub",
        "_kept",
        "_measured_at",
        "_measured_work",
        "_wants_offer",
        "accepted",
        "accounts",
        "asked_at",
        "asked_shares",
        "connected_at",
        "credited_this_turn",
        "credited_work",
        "extranonce1",
        "gone",
        "hashrate",
        "heading",
        "heard_at",
        "lane",
        "last_job",
        "last_seq",
        "last_share_at",
        "layout",
        "named",
        "payout",
        "refusals",
        "rejected",
        "session",
        "session_id",
        "source",
        "source_since",
        "spread",
        "vardiff",
        "wire",
        "wishes",
    )

    def __init__(self, hub: "Hub", wire: Wire, session: DownstreamSession, now: float) -> None:
        self._hub = hub
        self.wire = wire
        self.session = session
        self.session_id = ""
        self.extranonce1 = b""
        self.layout: ExtranonceLayout = hub.sources.layout
        self.accounts: dict[str, Account] | None = None
        self.named = False
        self.payout: PayoutSet | None = hub.payouts.default()
        self.wishes = Wishes()
        self.vardiff: Vardiff | None = None
        self.source = ""
        self.lane = ""
        self.heading: Heading | None = None
        self.source_since = now
        self.spread: Spread | None = None
        self.credited_work = 0
        self.hashrate = 0.0
        self._measured_at = now
        self._measured_work = 0
        self.last_job: Job | None = None
        self.last_seq = 0
        self.connected_at = now
        self.heard_at = now
        self.last_share_at: float | None = None
        self.accepted = 0
        self.rejected = 0
        self.refusals: dict[str, int] | None = None
        self.asked_at = 0.0
        self.asked_shares = 0
        self.gone = False
        self.credited_this_turn = False
        self._wants_offer = False
        self._fresh_at = -FRESH_EVERY_S
        self._kept: Target | None = None
        self._credit_line: CreditLine | None = None

    # -- what the wire calls ------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Bytes from the miner: judge, credit, answer. Replies leave at the end of the loop turn."""
        hub = self._hub
        now = self.heard_at = hub.now()
        for event in self.session.receive(data):
            kind = type(event)
            if kind is Submitted:
                self._submitted(event, now)  # type: ignore[arg-type]
            elif kind is Subscribing:
                self._subscribe(event, now)  # type: ignore[arg-type]
            elif kind is Authorizing:
                self._authorize(event, now)  # type: ignore[arg-type]
            elif kind is TargetSuggested:
                self._suggested(event, now)  # type: ignore[arg-type]
            elif kind is PeerMisbehaved:
                self._misbehaved(event)  # type: ignore[arg-type]
        if self._wants_offer:
            self.offer_wanted(now)
        hub.turn.mark(self)

    def offer_wanted(self, now: float) -> None:
        """Give it the job that it waits for, unless it had one of its own just now: then the sweep does."""
        if not self._wants_offer:
            return
        fresh = self.last_job is not None
        if fresh and now - self._fresh_at < FRESH_EVERY_S:
            return
        self._wants_offer = False
        if fresh:
            self._fresh_at = now
        if self._hub.offer(self, now, fresh=fresh):
            self._hub.turn.mark(self)

    def speak(self) -> None:
        """The end of the loop turn: everything leaves in one write."""
        hub = self._hub
        if self.asked_shares:
            hub.submit_seconds.observe(hub.turn_at - self.asked_at, self.asked_shares)
            self.asked_shares = 0
        self.credited_this_turn = False
        output = self.session.take_output()
        if output:
            self.wire.write(output)

    def closed(self, reason: str) -> None:
        """The connection is gone."""
        self._hub.leave(self, reason)

    # -- events -------------------------------------------------------------------------------------------------

    def _submitted(self, event: Submitted, now: float) -> None:
        job = event.job
        submission = event.submission
        if submission is None:
            verdict: Verdict = event.fault or Rejected(RejectReason.MALFORMED)
        elif job is None:
            verdict = Rejected(RejectReason.JOB_NOT_FOUND)
        else:
            verdict = self._judge(event, now)
        accepted = type(verdict) is Accepted
        if accepted:
            self.accepted += 1
            self.last_share_at = now
        else:
            self._refuse(event, verdict, now)  # type: ignore[arg-type]
        if not self.asked_shares:
            self.asked_at = now
        self.asked_shares += 1
        self.session.answer(event.token, verdict)
        if accepted and self.vardiff is not None and self.vardiff.credited(event.issued_target, now):
            self.review(now)

    def _judge(self, event: Submitted, now: float) -> Verdict:
        """Judge a share of a known job, send its block first if it is one, and credit it if it counts."""
        hub = self._hub
        job = event.job
        submission = event.submission
        assert job is not None
        assert submission is not None
        booked = hub.book.get(job.seq)
        verdict = judge(
            job,
            event.issued_target,
            self.extranonce1,
            submission,
            seen=booked.seen if booked is not None else (),
            stale_for_s=hub.book.void_for_s(job, now),
        )
        if verdict.solution is not None:
            hub.solved(self, event, verdict.solution)
        if not event.authorized:
            return Rejected(RejectReason.UNAUTHORIZED)
        if type(verdict) is not Accepted:
            return verdict
        if booked is None:
            return Rejected(RejectReason.JOB_NOT_FOUND)
        if not hub.recording:
            return Rejected(RejectReason.NOT_RECORDED)
        hub.book.remember(booked, seen_key(verdict.hash))
        line = self._credit_line
        account = self.account_of(event.user)
        terms = booked.terms(verdict.work)
        if line is None or line.terms is not terms or line.account is not account:
            line = self._credit_line = CreditLine(account, terms)
        hub.tally.credit(line, verdict.hash)
        if hub.keep_room:
            hub.keep_room -= 1
            hub.keep(
                (now, account, self.session_id, job.source, job.seq, event.issued_target, verdict.hash, None, None)
            )
        self.credited_this_turn = True
        self.credited_work += verdict.work
        if verdict.meets_source and verdict.solution is None:
            hub.forward(self, event)
        return verdict

    def _refuse(self, event: Submitted, verdict: Rejected, now: float) -> None:
        self.rejected += 1
        hub, job, reason = self._hub, event.job, verdict.reason
        account = self.account_of(event.user)
        source, seq, void_for_s = self.source, 0, None
        if job is not None:
            source, seq, void_for_s = job.source, job.seq, hub.book.void_for_s(job, now)
        hub.tally.refuse(account, source, reason.label)
        refusals = self.refusals
        if refusals is None:
            refusals = self.refusals = {}
        refusals[reason.label] = refusals.get(reason.label, 0) + 1
        if hub.keep_room:
            hub.keep_room -= 1
            why = explain(event, reason, void_for_s=void_for_s, extranonce2_size=self.layout.extranonce2_size)
            hub.keep((now, account, self.session_id, source, seq, event.issued_target, verdict.hash, reason, why))
        if reason in _JUNK:
            self.wire.misbehaved(_COST_OF_JUNK_SHARE)

    def _subscribe(self, event: Subscribing, now: float) -> None:
        hub = self._hub
        if self.session_id:
            self.session.subscribed(self.session_id, self.extranonce1, self.layout.extranonce2_size)
            return
        parked = hub.take_up(event.resume, self, now) if event.resume else None
        if parked is not None:
            self.session_id, self.extranonce1 = parked.session_id, parked.extranonce1
            self.last_seq = parked.last_seq
        else:
            try:
                self.session_id, self.extranonce1 = hub.roster.seat(self.layout, now)
            except NoExtranonceLeft:
                self.wire.close("no extranonce left")
                return
        self.wishes.device = class_of(event.user_agent)
        self.vardiff = hub.difficulty.begin(self.wishes, now, resumed=parked.target if parked is not None else None)
        self.session.subscribed(
            self.session_id,
            self.extranonce1,
            self.layout.extranonce2_size,
            parked.memory if parked is not None else None,
        )
        hub.subscribed(self)
        if self.accounts:
            self._apply_name(now)
        self._wants_offer = self.payout is not None

    def _authorize(self, event: Authorizing, now: float) -> None:
        hub = self._hub
        self.named = True
        user = parse_user(event.user)
        payout = hub.payouts.for_identity(user.identity, self.payout)
        if isinstance(payout, PayoutRefused):
            self.session.refuse_worker(event.token, payout.reason)
            self.wire.misbehaved(_COST_OF_REFUSED_NAME)
            return
        account = hub.account(user.identity, user.worker, self.session.protocol)
        first = not self.accounts
        if self.accounts is None:
            self.accounts = {}
        self.accounts[event.user] = account
        self.session.authorized(event.token)
        if self.payout is None:
            self.payout = payout
            self._wants_offer = bool(self.session_id)
        if first:
            self.wishes.options = parse_password(event.password)
            self._apply_name(now)
            hub.log(
                "session_opened",
                session=self.session_id,
                peer=self.wire.peer,
                identity=account.identity,
                worker=account.worker,
                agent=self.session.user_agent,
            )
        else:
            self.obey(now, at_once=False)

    def _apply_name(self, now: float) -> None:
        """What the first worker's name and password say of its difficulty, and what the operator says of any of its workers,
        once both a name and the device are known."""
        if self.vardiff is None or not self.accounts:
            return
        change = self._hub.difficulty.named(
            self.vardiff, self.wishes, tuple(self.accounts.values()), self._source_target, self._hub.unix_ms()
        )
        self._wants_offer |= change is not None and self.last_job is not None

    def _suggested(self, event: TargetSuggested, now: float) -> None:
        self.wishes.suggestions += event.target != self.wishes.suggested
        if self.wishes.suggestions > _FREE_SUGGESTIONS and event.target != self.wishes.suggested:
            self.wire.misbehaved(_COST_OF_CHANGED_MIND)
        change = self._hub.difficulty.suggested(
            self.vardiff, self.wishes, event.target, self._source_target, binding=event.binding
        )
        self._wants_offer |= change is not None and change.urgent and self.last_job is not None

    def obey(self, now: float, *, at_once: bool) -> bool:
        """The operator may have fixed the difficulty of one of its workers, or taken that back: whether that is another one now.
        Offered at once, or else by the sweep."""
        vardiff, accounts = self.vardiff, self.accounts
        if vardiff is None or not accounts:
            return False
        change = self._hub.difficulty.obey(vardiff, self.wishes, tuple(accounts.values()), self._source_target)
        if change is None or self.last_job is None:
            return False
        self._wants_offer = True
        if at_once:
            self.offer_wanted(now)
        return True

    @property
    def _source_target(self) -> Target:
        """What vardiff must not exceed now; 0 (no bound) before the first job."""
        return self.last_job.source_target if self.last_job is not None else 0

    def _misbehaved(self, event: PeerMisbehaved) -> None:
        self._hub.count_misbehaviour(event.what)
        self.wire.misbehaved(event.cost)

    # -- what the hub calls -------------------------------------------------------------------------------------

    def give(self, job: Job, now: float) -> None:
        """Offer this job. What the miner is doing is void only if it is of another lane, or its lane voided it: for a new
        previous hash, because its connection broke, or because a pool says so."""
        vardiff, last = self.vardiff, self.last_job
        assert vardiff is not None
        clean = last is None or last.lane != job.lane or self._hub.book.void_for_s(last, now) is not None
        self.session.offer(job, vardiff.issue(job.source_target, now), clean=clean)
        self.last_job = job
        self.last_seq = job.seq

    def account_of(self, user: str) -> Account:
        """The account that a submission in this name goes to."""
        accounts = self.accounts
        if accounts:
            found = accounts.get(user)
            return found if found is not None else next(iter(accounts.values()))
        return self._hub.account("", "", self.session.protocol)

    def review(self, now: float) -> None:
        """Let vardiff look; an urgent change is offered at once, any other goes with the next job."""
        vardiff, job = self.vardiff, self.last_job
        if vardiff is None or job is None:
            return
        change = vardiff.review(now, job.source_target)
        if change is not None and change.urgent:
            self._wants_offer = True
            self.offer_wanted(now)
        if vardiff.proven != self._kept:
            self._kept = vardiff.proven
            self._hub.remember(self)

    def pause(self, now: float) -> None:
        """There is no work: silence is not the miner's."""
        if self.vardiff is not None:
            self.vardiff.pause(now)

    @property
    def first_account(self) -> Account | None:
        """The worker that this session's difficulty is remembered under."""
        return next(iter(self.accounts.values()), None) if self.accounts else None

    def measure(self, now: float) -> None:
        """Keep the estimate of its hashrate up to date: an average of credited work that forgets over MEASURE_S, and is
        honest about its beginning."""
        elapsed = now - self._measured_at
        if elapsed < MEASURE_EVERY_S:
            return
        rate = (self.credited_work - self._measured_work) / elapsed
        age = now - self.connected_at
        weight = max(elapsed / age if age > 0 else 1.0, 1.0 - exp(-elapsed / MEASURE_S))
        self.hashrate += (rate - self.hashrate) * min(1.0, weight)
        self._measured_at, self._measured_work = now, self.credited_work
        if self.spread is not None:
            self.spread.book(now, self.source, self.credited_work)
            if self.spread.sources(now) <= {self.source}:
                self.spread = None

    def departs(self, now: float) -> None:
        """It is about to leave its source: what it did until now was for that one."""
        if self.spread is not None:
            self.spread.book(now, self.source, self.credited_work)
        elif self.source and not self.gone:
            self.spread = Spread(now, self.source, self.source_since, self.hashrate, self.credited_work)

    def hashrates(self, now: float) -> dict[str, float]:
        """Its hashrate by source, as its work was spread lately; together `hashrate`."""
        spread = self.spread
        if spread is None or not self.hashrate:
            return {self.source: self.hashrate}
        spread.book(now, self.source, self.credited_work)
        return spread.divide(self.hashrate, now, self._hub.sources.gives) or {self.source: self.hashrate}

    def left_behind(self, now: float) -> Parked | None:
        """What may be taken up again by a reconnecting miner."""
        if not self.session_id or self.vardiff is None:
            return None
        memory = self.session.memory()
        return Parked(self.session_id, self.extranonce1, self.vardiff.target, now, memory, self.last_seq)
