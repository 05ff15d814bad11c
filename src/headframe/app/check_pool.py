"""Is the pool ready to give work?

Responsible for: connecting to each address of a pool as a server would (TLS, subscribe, authorise), waiting for the first
job, and saying what came of it: extranonce, version rolling, difficulty, latency, the network.
Not responsible for: keeping a connection (`sources.pool`), what is said over it (`stratum.v1.client`).
Read next: `stratum.v1.client`.

What is seen and what it means are apart: `judge` is pure. Nothing is ever submitted.
"""

import asyncio
from dataclasses import dataclass
from typing import cast

from headframe import __version__
from headframe.app.check_report import CheckResult, State, ok, warn
from headframe.app.parts import pool_settings
from headframe.app.words import difficulty as difficulty_in_words
from headframe.bitcoin.target import difficulty_of_target, target_of_bits
from headframe.config import PoolSource
from headframe.mining.layout import SMALLEST_ROOM, layout_for
from headframe.net.clock import Clock
from headframe.net.dial import TlsRefused, Unreachable, dial
from headframe.sources.pool.health import PoolState
from headframe.sources.pool.settings import PoolSettings, PoolUrl
from headframe.stratum.v1.client import V1Client
from headframe.stratum.v1.client_events import (
    Authorized,
    AuthorizeRefused,
    ClientEvent,
    Configured,
    Message,
    PoolJob,
    PoolMisbehaved,
    ReconnectAsked,
    SubscribedUpstream,
    SubscribeRefused,
)

CONNECT_S = 5.0
FIRST_JOB_S = 10.0
SLOW_S = 0.5
"""A round trip that costs shares at every new block."""
LEAST_MAINNET_DIFFICULTY = 1e9
"""Both chains' networks are far above; test networks are far below."""
MOST_REGTEST_DIFFICULTY = 1.0


@dataclass(slots=True)
class Seen:
    """What one connection showed. Times are seconds from connecting; texts are the pool's own, cut by the client."""

    url: PoolUrl
    unreachable: str = ""
    tls_refused: str = ""
    connected_s: float = 0.0
    answered_s: float | None = None
    subscribed: SubscribedUpstream | None = None
    refused: str = ""
    version_mask: int = 0
    authorized: bool = False
    user_refused: str = ""
    job: PoolJob | None = None
    job_s: float = 0.0
    misbehaved: str = ""
    hung_up: bool = False
    message: str = ""
    sent_away: bool = False
    waited_s: float = FIRST_JOB_S

    @property
    def works(self) -> bool:
        return self.authorized and self.job is not None and self.job.extranonce2_size >= SMALLEST_ROOM

    @property
    def complete(self) -> bool:
        """Whether nothing more is to be expected."""
        settled = self.job is not None and (self.authorized or bool(self.user_refused))
        return settled or bool(self.refused or self.misbehaved) or self.hung_up

    def take(self, event: ClientEvent, after_s: float) -> None:
        match event:
            case Configured(version_mask=mask):
                self.version_mask = mask
            case SubscribedUpstream():
                self.subscribed = event
            case SubscribeRefused(reason=reason):
                self.refused = reason
            case Authorized():
                self.authorized = True
            case AuthorizeRefused(reason=reason):
                self.user_refused = reason
            case PoolJob() if self.job is None:
                self.job, self.job_s = event, after_s
            case PoolMisbehaved(reason=reason, fatal=True):
                self.misbehaved = reason
            case Message(text=text):
                self.message = text
            case ReconnectAsked():
                self.sent_away = True
            case _:
                return


class _Ear(asyncio.Protocol):
    """Subscribes, authorises one name, and listens. Bounds are the client's."""

    def __init__(self, seen: Seen, settings: PoolSettings, clock: Clock) -> None:
        self._seen = seen
        self._settings = settings
        self._clock = clock
        self._client = V1Client(host=seen.url.host, user_agent=f"headframe/{__version__}")
        self._began = 0.0
        self.transport: asyncio.Transport | None = None
        self.done = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport by inheritance.
        self.transport = cast("asyncio.Transport", transport)

    def speak(self) -> None:
        """Not before the certificate has been looked at."""
        self._began = self._clock.monotonic()
        self._client.begin()
        self._client.authorize(self._settings.main_user, self._settings.password)
        self._send()

    def data_received(self, data: bytes) -> None:
        after_s = self._clock.monotonic() - self._began
        for event in self._client.receive(data):
            if self._seen.answered_s is None:
                self._seen.answered_s = after_s
            self._seen.take(event, after_s)
        self._send()
        if self._seen.complete:
            self.done.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._seen.hung_up = not self._seen.complete
        self.done.set()

    def _send(self) -> None:
        output = self._client.take_output()
        if output and self.transport is not None:
            self.transport.write(output)


async def check_source(source: PoolSource, clock: Clock, first_job_s: float = FIRST_JOB_S) -> list[CheckResult]:
    """All addresses of one pool. While one of them works, trouble with another is a warning."""
    settings = pool_settings(source)
    seen = [await _listen(url, settings, clock, first_job_s) for url in settings.urls]
    some_work = any(one.works for one in seen)
    results: list[CheckResult] = []
    for one in seen:
        results += judge(source, one, state=State.WARN if some_work else State.FAIL)
    return results


async def _listen(url: PoolUrl, settings: PoolSettings, clock: Clock, first_job_s: float) -> Seen:
    seen = Seen(url, waited_s=first_job_s)
    began = clock.monotonic()
    try:
        ear = await dial(
            url.host,
            url.port,
            lambda: _Ear(seen, settings, clock),
            trust=settings.trust if url.tls else None,
            timeout_s=CONNECT_S,
        )
    except Unreachable as error:
        seen.unreachable = str(error)
        return seen
    except TlsRefused as error:
        seen.tls_refused = str(error)
        return seen
    seen.connected_s = clock.monotonic() - began
    ear.speak()
    try:
        async with asyncio.timeout(first_job_s):
            await ear.done.wait()
    except TimeoutError:
        pass
    finally:
        if ear.transport is not None:
            ear.transport.abort()
    return seen


def judge(source: PoolSource, seen: Seen, *, state: State) -> list[CheckResult]:
    """In the order of the conversation, up to where it ended; what keeps this address from working is of `state`."""
    name = f"{source.name} pool {seen.url}"

    def trouble(what: str, found: PoolState, detail: str) -> CheckResult:
        text = found.text.format(endpoint=seen.url, detail=detail)
        return CheckResult(f"{name}{what}", state, text, found.remedy)

    if seen.unreachable:
        return [trouble("", PoolState.UNREACHABLE, seen.unreachable)]
    if seen.tls_refused:
        return [trouble("", PoolState.TLS_REFUSED, seen.tls_refused)]
    results = [_connection(name, seen)]
    if seen.message:
        results.append(ok(f"{name} message", seen.message))
    if seen.misbehaved:
        return [*results, trouble(" protocol", PoolState.MISBEHAVES, seen.misbehaved)]
    if seen.refused:
        return [*results, trouble(" subscribe", PoolState.SUBSCRIBE_REFUSED, seen.refused)]
    if seen.subscribed is not None:
        results += _subscription(name, seen.subscribed, seen.version_mask, state)
    if seen.user_refused:
        results.append(trouble(" user", PoolState.USER_REFUSED, seen.user_refused))
    elif seen.authorized:
        results.append(ok(f"{name} user", "accepted"))
    if seen.job is not None:
        results += _job(name, source, seen.job, seen.job_s)
    elif seen.sent_away:
        results.append(trouble(" job", PoolState.ASKED_TO_LEAVE, ""))
    elif seen.hung_up:
        results.append(trouble(" job", PoolState.HUNG_UP, "before it gave any work"))
    else:
        results.append(trouble(" job", PoolState.NO_HANDSHAKE, f"{seen.waited_s:g}"))
    if seen.job is not None and not seen.authorized and not seen.user_refused:
        results.append(trouble(" user", PoolState.NO_HANDSHAKE, f"{seen.waited_s:g}"))
    return results


def _connection(name: str, seen: Seen) -> CheckResult:
    how = "by TLS, " if seen.url.tls else ""
    if seen.answered_s is None:
        return ok(name, f"connected {how}in {seen.connected_s * 1000:.0f} ms")
    text = f"connected, {how}answers in {seen.answered_s * 1000:.0f} ms"
    if seen.answered_s > SLOW_S:
        return warn(name, text, "choose a nearer address of this pool: at every new block that time is lost")
    return ok(name, text)


def _subscription(name: str, found: SubscribedUpstream, mask: int, state: State) -> list[CheckResult]:
    room = found.extranonce2_size
    text = f"{room} bytes of extranonce2"
    if room < SMALLEST_ROOM:
        extranonce = CheckResult(
            f"{name} extranonce",
            state,
            PoolState.NO_ROOM.text.format(endpoint=name, detail=room),
            PoolState.NO_ROOM.remedy,
        )
    elif layout_for([room]).extranonce2_size < SMALLEST_ROOM:
        extranonce = warn(
            f"{name} extranonce",
            f"{text}: every new miner gets {layout_for([room]).extranonce2_size}, whatever it mines for",
            "fine for your own miners; rental markets ask for 4 and more: use another port or pool for those",
        )
    else:
        extranonce = ok(f"{name} extranonce", text)
    if mask:
        return [extranonce, ok(f"{name} version rolling", f"granted, bits {mask:08x}")]
    return [
        extranonce,
        warn(f"{name} version rolling", "not granted", "use another port of the pool if it has one: most miners roll"),
    ]


def _job(name: str, source: PoolSource, job: PoolJob, after_s: float) -> list[CheckResult]:
    difficulty = difficulty_in_words(difficulty_of_target(job.target))
    results = [ok(f"{name} job", f"the first after {after_s:.1f} s, share difficulty {difficulty}")]
    network = difficulty_of_target(target_of_bits(job.bits))
    too_easy = source.network == "mainnet" and network < LEAST_MAINNET_DIFFICULTY
    too_hard = source.network == "regtest" and network > MOST_REGTEST_DIFFICULTY
    if too_easy or too_hard:
        results.append(
            warn(
                f"{name} network",
                f"the network's difficulty is {difficulty_in_words(network)}, which is not that of {source.network}",
                "check network and url: is this a pool of another network?",
            )
        )
    return results
