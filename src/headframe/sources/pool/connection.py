"""One connection to a pool.

Responsible for: carrying the protocol (`stratum.v1.client`) over a transport, the first name and the later ones, which
offer is current, when the pool has been silent for too long, and settling every share that went this way.
Not responsible for: when to connect and where (`sources.pool.upstream`), what the offers are made into
(`sources.pool.source`).
Read next: `sources.pool.upstream`.

    NEW --connected--> ASKING --authorised and a job--> WORKING
       \\----------------- \\-------------leave()------------ \\--> GONE

There is no task here: the loop calls when bytes come, the source's ticker once in a while. `ready` and `gone` are set once.
Shares leave at the end of the loop turn in one write; a block leaves at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from typing import Protocol, cast

from headframe.bitcoin.target import target_of_bits
from headframe.mining.jobmaker import VERSION_MASK
from headframe.mining.splice import PoolOffer, to_upstream
from headframe.mining.units import Target
from headframe.net.clock import Clock
from headframe.sources.base import Share
from headframe.sources.condition import Condition, condition
from headframe.sources.pool.health import PoolState
from headframe.sources.pool.names import NameLore, Names
from headframe.sources.pool.pending import Pending, Sent
from headframe.sources.pool.settings import PoolSettings, PoolUrl
from headframe.stratum.v1.client import V1Client
from headframe.stratum.v1.client_events import (
    Authorized,
    AuthorizeRefused,
    ClientEvent,
    Message,
    PoolJob,
    PoolMisbehaved,
    PoolTarget,
    ReconnectAsked,
    SubmitSettled,
    SubscribedUpstream,
    SubscribeRefused,
    VersionMaskChanged,
)

USER_AGENT = "headframe/0.1"
MAX_EARLY_BYTES = 4096
MAX_LIVE_IDS = 1000
"""Job ids remembered since the pool last voided all: only to know which refusals were to be expected."""

BURST_OFFERS = 20.0
OFFERS_PER_S = 2.0
"""More than any pool needs; beyond it only the newest offer is passed on, once a tick: every offer goes to all miners."""


class Phase(IntEnum):
    NEW = 0
    ASKING = 1
    WORKING = 2
    GONE = 3


class Owner(Protocol):
    """Who made the connection and hears of it."""

    def offered(self, connection: "UpstreamConnection", offer: PoolOffer, clean: bool, heard_at: float) -> None:
        """There is another offer. `clean`: what came before is void, also where the previous hash is the same."""
        ...

    def settled(
        self, connection: "UpstreamConnection", sent: Sent, outcome: str, reason: str, *, predicted: bool
    ) -> None: ...

    def noted(self, connection: "UpstreamConnection", found: Condition) -> None: ...

    def said(self, connection: "UpstreamConnection", text: str) -> None: ...

    def left(self, connection: "UpstreamConnection", why: Condition) -> None:
        """It is gone. Its shares are settled already."""
        ...


class UpstreamConnection(asyncio.Protocol):
    """See the module. `number` is told in every offer, and never given twice by a source."""

    def __init__(
        self,
        number: int,
        settings: PoolSettings,
        url: PoolUrl,
        lore: NameLore,
        clock: Clock,
        owner: Owner,
        *,
        resume: str = "",
        call_soon: Callable[[Callable[[], None]], object],
    ) -> None:
        self.number = number
        self.url = url
        self.phase = Phase.NEW
        self.session_id = ""
        self.offer: PoolOffer | None = None
        self.working_since = 0.0
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.gone: asyncio.Future[Condition] = loop.create_future()
        self.asked: asyncio.Future[ReconnectAsked] = loop.create_future()
        self._settings = settings
        self._clock = clock
        self._owner = owner
        self._resume = resume
        self._call_soon = call_soon
        self._client = V1Client(host=url.host, user_agent=USER_AGENT, version_mask=VERSION_MASK)
        self._names = Names(settings, lore)
        self._pending = Pending()
        self._transport: asyncio.Transport | None = None
        self._main_token = 0
        self._early = b""
        self._target: Target = 0
        self._authorized = False
        self._live_ids: set[str] = set()
        self._unsaid: tuple[bool, float] | None = None
        self._allowance = BURST_OFFERS
        self._flushing = False
        self._refused_in_row = 0
        self._last_heard = self._last_job = self._last_tick = clock.monotonic()
        self._pinged_at: float | None = None
        self._heard_since_ping = False

    # asyncio's side ---------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._last_heard = self._last_job = self._clock.monotonic()

    def begin(self) -> None:
        """Ask for work: once connected, and the other end is known to be the pool."""
        if self.phase is not Phase.NEW:
            return
        self.phase = Phase.ASKING
        self._client.begin(
            resume=self._resume,
            suggest_difficulty=self._settings.suggest_difficulty or None,
            extranonce_changes=True,
        )
        self._main_token = self._client.authorize(self._names.main, self._settings.password)
        self._flush()
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)

    def data_received(self, data: bytes) -> None:
        if self.phase is Phase.NEW:
            # It speaks before it is asked, and before we know that it is the pool.
            self._early += data
            if len(self._early) > MAX_EARLY_BYTES:
                self.leave(condition(PoolState.MISBEHAVES, self.url, "it speaks before it is asked"))
            return
        now = self._last_heard = self._clock.monotonic()
        self._heard_since_ping = True
        self._take(data, now)
        self._flush()

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self.leave(condition(PoolState.SILENT, self.url, "it does not read what we send"))

    def connection_lost(self, exc: Exception | None) -> None:
        detail = "peer closed" if exc is None else getattr(exc, "strerror", None) or type(exc).__name__
        self.leave(condition(PoolState.HUNG_UP, self.url, detail))

    # What the source asks ---------------------------------------------------------------------------------------------

    def submit(self, share: Share, offer: PoolOffer, token: int) -> None:
        """Send a share of one of this connection's offers."""
        up = to_upstream(share.job, share.extranonce1, share.submission)
        user, unknown = self._names.user_of(share.account.worker)
        if unknown:
            self._names.asking(self._client.authorize(unknown, self._settings.password), unknown)
        client_token = self._client.submit(user, up.job_id, up.extranonce2, up.ntime, up.nonce, up.version_bits)
        block_hash = share.solution.hash if share.solution is not None else b""
        sent = Sent(token, self._clock.monotonic(), user, offer, block_hash, up.version_bits or 0)
        self._pending.add(client_token, sent)
        if share.solution is not None:
            self._flush()
        elif not self._flushing:
            self._flushing = True
            self._call_soon(self._flush_turn)

    def tick(self, now: float) -> None:
        """Look after deadlines; called about once a second."""
        self._allowance = min(BURST_OFFERS, self._allowance + OFFERS_PER_S * (now - self._last_tick))
        self._last_tick = now
        if self.phase is not Phase.WORKING:
            return
        self._say_unsaid(now)
        silent_for_share = False
        for client_token, sent in self._pending.overdue(now - self._settings.reply_s):
            self._client.give_up(client_token)
            silent_for_share |= self._last_heard <= sent.at
            self._owner.settled(self, sent, "lost", f"no answer for {self._settings.reply_s:g} s", predicted=False)
        if silent_for_share:
            self.leave(condition(PoolState.SILENT, self.url, f"no answer for {self._settings.reply_s:g} s"))
            return
        self._watch_jobs(now)
        self._flush()

    def leave(self, why: Condition) -> None:
        """Close; everything that is open is settled as lost. A second call does nothing."""
        if self.phase is Phase.GONE:
            return
        self.phase = Phase.GONE
        if self._transport is not None:
            self._transport.abort()
        for event in self._client.end():
            self._settle(event, self._clock.monotonic())
        self.gone.set_result(why)
        self._owner.left(self, why)

    # Bytes in ---------------------------------------------------------------------------------------------------------

    def _take(self, data: bytes, now: float) -> None:
        for event in self._client.receive(data):
            if self.phase is not Phase.GONE:
                self._handle(event, now)
        if self.phase is not Phase.GONE:
            self._say_unsaid(now)

    def _handle(self, event: ClientEvent, now: float) -> None:
        match event:
            case PoolJob():
                self._take_job(event, now)
            case SubmitSettled():
                self._settle(event, now)
            case PoolTarget(target):
                self._target = target
                self._change(now, target=target)
            case VersionMaskChanged(mask):
                self._change(now, version_mask=mask)
            case SubscribedUpstream(session_id):
                self.session_id = session_id
            case SubscribeRefused(_, reason):
                self.leave(condition(PoolState.SUBSCRIBE_REFUSED, self.url, reason))
            case Authorized(token):
                self._take_authorized(token, now)
            case AuthorizeRefused(token, reason):
                self._take_refused(token, reason)
            case ReconnectAsked():
                if not self.asked.done():
                    self.asked.set_result(event)
            case Message(text):
                self._owner.said(self, text)
            case PoolMisbehaved(reason, fatal):
                if fatal:
                    self.leave(condition(PoolState.MISBEHAVES, self.url, reason))
            case _:
                pass  # Configured and ExtranonceChanged are in the next job; a pong was heard

    def _take_authorized(self, token: int, now: float) -> None:
        if token != self._main_token:
            self._names.authorized(token)
            return
        self._authorized = True
        self._become_ready(now)

    def _take_refused(self, token: int, reason: str) -> None:
        if token == self._main_token:
            detail = f"{self._names.main}: {reason}"
            self.leave(condition(PoolState.USER_REFUSED, self.url, detail))
        elif self._names.refused(token, reason):
            self._owner.noted(self, condition(PoolState.ONE_NAME, self.url, reason))

    def _take_job(self, job: PoolJob, now: float) -> None:
        if job.extranonce2_size < self._settings.least_room:
            self.leave(condition(PoolState.NO_ROOM, self.url, job.extranonce2_size))
            return
        try:
            target_of_bits(job.bits)
        except ValueError as trouble:
            self.leave(condition(PoolState.MISBEHAVES, self.url, trouble))
            return
        self._target = job.target
        self._last_job, self._pinged_at = now, None
        clean = job.clean or self.offer is None or self.offer.prev_hash != job.prev_hash
        if clean or len(self._live_ids) >= MAX_LIVE_IDS:
            self._live_ids.clear()
        self._live_ids.add(job.job_id)
        self.offer = PoolOffer(
            job_id=job.job_id,
            prev_hash=job.prev_hash,
            coinbase1=job.coinbase1,
            coinbase2=job.coinbase2,
            branch=job.branch,
            version=job.version,
            bits=job.bits,
            ntime=job.ntime,
            target=job.target,
            extranonce1=job.extranonce1,
            room=job.extranonce2_size,
            version_mask=job.version_mask,
            rule=self._settings.version_rule,
            connection=self.number,
        )
        self._to_say(clean, now)
        self._become_ready(now)

    def _change(self, now: float, *, target: Target | None = None, version_mask: int | None = None) -> None:
        """The current offer goes on under other terms: it is offered again, unless a job follows in the same bytes."""
        offer = self.offer
        if offer is None:
            return
        target = offer.target if target is None else target
        version_mask = offer.version_mask if version_mask is None else version_mask
        if (target, version_mask) != (offer.target, offer.version_mask):
            self.offer = replace(offer, target=target, version_mask=version_mask)
            self._to_say(False, now)

    def _become_ready(self, now: float) -> None:
        if self.phase is Phase.ASKING and self._authorized and self.offer is not None:
            self.phase = Phase.WORKING
            self.working_since = now
            self._unsaid = None  # whoever waits for `ready` takes the current offer
            self.ready.set_result(None)

    # Offers out -------------------------------------------------------------------------------------------------------

    def _to_say(self, clean: bool, now: float) -> None:
        if self._unsaid is not None:
            clean = clean or self._unsaid[0]
        self._unsaid = clean, now

    def _say_unsaid(self, now: float) -> None:
        if self._unsaid is None or self.phase is not Phase.WORKING or self.offer is None or self._allowance < 1:
            return
        self._allowance -= 1
        clean, heard_at = self._unsaid
        self._unsaid = None
        self._owner.offered(self, self.offer, clean, heard_at)

    # Shares -----------------------------------------------------------------------------------------------------------

    def _settle(self, event: SubmitSettled, now: float) -> None:
        sent = self._pending.take(event.token)
        if sent is None:
            return
        predicted = event.outcome == "refused" and self._to_be_expected(sent)
        self._owner.settled(self, sent, event.outcome, event.reason, predicted=predicted)
        if event.accepted:
            self._refused_in_row = 0
        elif event.outcome == "refused" and not predicted:
            if self._names.share_refused(sent.user, event.code, event.reason):
                self._owner.noted(self, condition(PoolState.ONE_NAME, self.url, event.reason))
            self._refused_in_row += 1
            if 0 < self._settings.refusals_in_row <= self._refused_in_row:
                self.leave(condition(PoolState.REFUSES_SHARES, self.url, event.reason or "without a reason"))

    def _to_be_expected(self, sent: Sent) -> bool:
        """Whether we know why a share that we found good is refused: it crossed with what changed since."""
        offer = sent.offer
        return (
            offer.job_id not in self._live_ids
            or self._target < offer.target
            or (self.offer is not None and bool(sent.version_bits & ~self.offer.version_mask))
        )

    # Deadlines and bytes out ------------------------------------------------------------------------------------------

    def _watch_jobs(self, now: float) -> None:
        age_s = now - self._last_job
        if age_s > self._settings.max_job_age_s:
            self.leave(condition(PoolState.SILENT, self.url, f"no job for {age_s:.0f} s"))
        elif age_s > self._settings.no_job_s:
            since_ping_s = None if self._pinged_at is None else now - self._pinged_at
            if since_ping_s is None or (self._heard_since_ping and since_ping_s > self._settings.no_job_s):
                self._pinged_at, self._heard_since_ping = now, False
                self._client.ping()
            elif not self._heard_since_ping and since_ping_s > self._settings.reply_s:
                detail = f"no job for {age_s:.0f} s, and no answer when asked"
                self.leave(condition(PoolState.SILENT, self.url, detail))

    def _flush_turn(self) -> None:
        self._flushing = False
        if self.phase is not Phase.GONE:
            self._take(b"", self._clock.monotonic())  # shares that were pushed out are told by this
            self._flush()

    def _flush(self) -> None:
        if self.phase is Phase.GONE or self._transport is None:
            return
        data = self._client.take_output()
        if data:
            self._transport.write(data)
