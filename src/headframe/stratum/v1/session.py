"""One miner's Stratum V1 connection: bytes in, events out, bytes to send.

Responsible for: the protocol as real firmware speaks it. It answers by itself what needs no decision, asks the hub the
rest through events, and remembers which jobs were offered with which target.
Not responsible for: difficulty policy, judging, routing, crediting, sockets, clocks, logs.
Read next: `stratum.session` (the interface), `stratum.v1.messages` (the bytes), `stratum.v1.quirks` (the oddities).

State is three small machines rather than one chain, because a miner may authorise before it subscribes, and several
names at that: the *phase* (CONNECTED, then SUBSCRIBED for good), the *workers* (a bounded set that grows and shrinks),
and the *open request*: at most one at a time, since the hub answers each event before it asks for the next. A request
that the hub lets pass unanswered gets no reply; answering anything but the open request is our bug and raises.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from headframe.mining.job import Job
from headframe.mining.submission import Accepted, Rejected, RejectReason, Submission, Verdict
from headframe.mining.units import Target
from headframe.stratum.session import (
    MAX_SENT_CHARS,
    Authorizing,
    Event,
    PeerMisbehaved,
    Submitted,
    Subscribing,
    TargetSuggested,
)
from headframe.stratum.v1 import messages
from headframe.stratum.v1.configure import negotiate
from headframe.stratum.v1.difficulty import target_of_hex, target_of_suggestion
from headframe.stratum.v1.framing import LineBuffer
from headframe.stratum.v1.limits import (
    BAD_PARAMETERS,
    LINE_TOO_LONG,
    NOT_A_REQUEST,
    NOT_JSON,
    READS_TOO_SLOWLY,
    TOO_MANY_WORKERS,
    UNKNOWN_METHOD,
    V1Limits,
)
from headframe.stratum.v1.messages import (
    NULL_ID,
    UNREADABLE,
    WRONG_SHAPE,
    RequestId,
    accepted_share,
    decode_any_message,
    decode_text_request,
    refusal,
    refused_share,
    reply,
    subscription,
    to_json,
)
from headframe.stratum.v1.offers import NO_TARGET, OfferMemory, Offers
from headframe.stratum.v1.quirks import worker_of
from headframe.stratum.v1.submit import MALFORMED, NO_VERSION_BITS, as_texts, read_submission

__all__ = ["METHODS", "Method", "NotOutstanding", "Phase", "V1Limits", "V1Session"]


class Phase(Enum):
    """How far a connection has come. There is no way back."""

    CONNECTED = "connected"
    SUBSCRIBED = "subscribed"


ANY_PHASE = frozenset(Phase)
NEEDS_SUBSCRIPTION = frozenset({Phase.SUBSCRIBED})


@dataclass(frozen=True, slots=True)
class Method:
    """handler: name in V1Session. phases: where it is legal; elsewhere it is refused as `Not subscribed`.
    answers_without_id: a miner waits for this reply, so a missing id is answered as null; others are then silent."""

    handler: str
    phases: frozenset[Phase] = ANY_PHASE
    answers_without_id: bool = False


METHODS = {
    "mining.submit": Method("_submit_loosely", NEEDS_SUBSCRIPTION, answers_without_id=True),
    "mining.subscribe": Method("_subscribe", answers_without_id=True),
    "mining.authorize": Method("_authorize", answers_without_id=True),
    "mining.configure": Method("_configure", answers_without_id=True),
    "mining.suggest_difficulty": Method("_suggest_difficulty"),
    "mining.suggest_target": Method("_suggest_target"),
    "mining.extranonce.subscribe": Method("_subscribe_extranonce"),
    "mining.get_transactions": Method("_refuse_transactions"),
    "mining.ping": Method("_pong"),
    "client.get_version": Method("_tell_version"),
    "pong": Method("_drop"),
    "mining.pong": Method("_drop"),
}


MAX_SESSION_ID_CHARS = 64
"""Ours have 16; what is longer, or no plain text, is not one of them."""

PING_ID = 2_000_000_001
VERSION_ID = 2_000_000_002
"""Ids of what we ask: numbers, because ESP-Miner knows no others, and out of the way of a miner's own."""

METHOD_NOT_FOUND = -3
INVALID_REQUEST = -32600
UNPARSABLE = -32700
OTHER = 20
UNAUTHORIZED = RejectReason.UNAUTHORIZED.code

_NOT_SUBSCRIBED = Rejected(RejectReason.NOT_SUBSCRIBED)


class NotOutstanding(RuntimeError):
    """Our bug: an answer to a request that is not open (answered before, passed over, or of another kind)."""


class _OpenSubscribe:
    __slots__ = ("request_id",)

    def __init__(self, request_id: RequestId) -> None:
        self.request_id = request_id


class _OpenAuthorize:
    __slots__ = ("request_id", "user")

    def __init__(self, request_id: RequestId, user: str) -> None:
        self.request_id = request_id
        self.user = user


class V1Session:
    """See the module, and `stratum.session.DownstreamSession` for the contract.

    version_mask  the bits that miners may roll on this server
    server_name   what we call ourselves when asked for our version
    """

    __slots__ = (
        "_extranonce1",
        "_extranonce2_size",
        "_flooding",
        "_limits",
        "_lines",
        "_offers",
        "_open",
        "_output",
        "_reply_bytes",
        "_rolled_mask",
        "_sent_target",
        "_server_name",
        "_session_id",
        "_user_agent",
        "_version_asked",
        "_version_mask",
        "_workers",
    )

    def __init__(self, *, version_mask: int, limits: V1Limits, server_name: str) -> None:
        self._version_mask = version_mask
        self._limits = limits
        self._server_name = server_name
        self._lines = LineBuffer(limits.line_bytes)
        self._offers = Offers(limits.offers)
        self._output: list[bytes] = []
        self._reply_bytes = 0
        self._flooding = False
        self._open: object = None
        self._user_agent = ""
        self._session_id = ""
        self._extranonce1: bytes | None = None
        self._extranonce2_size = 0
        self._workers: tuple[str, ...] = ()
        self._sent_target: Target | None = None
        self._version_asked = False
        self._rolled_mask = 0

    # What the hub may know

    @property
    def protocol(self) -> str:
        return "sv1"

    @property
    def user_agent(self) -> str:
        return self._user_agent

    @property
    def rolled_mask(self) -> int:
        return self._rolled_mask

    @property
    def subscribed_as(self) -> bytes | None:
        return self._extranonce1

    @property
    def phase(self) -> Phase:
        return Phase.CONNECTED if self._extranonce1 is None else Phase.SUBSCRIBED

    # Bytes in

    def receive(self, data: bytes) -> Iterator[Event]:
        """Feed bytes; yields events in the order of the wire. Must be exhausted before the next call."""
        for line in self._lines.feed(data):
            if line is None:
                yield LINE_TOO_LONG
                continue
            if self._reply_bytes > self._limits.output_bytes:
                if not self._flooding:
                    self._flooding = True
                    yield READS_TOO_SLOWLY
                continue
            try:
                request = decode_text_request(line)
                if not line.isascii():
                    line.decode()  # msgspec skips over bytes that it does not keep, whatever they are
            except UNREADABLE:
                event = self._receive_other(line)
            else:
                if request.method == "mining.submit" and self._extranonce1 is not None:
                    event = self._submit(request.id, request.params)
                else:
                    event = self._dispatch(request.method, request.id, request.params)
            if event is not None:
                yield event

    def _receive_other(self, line: bytes) -> Event | None:
        """Whatever is not a request with strings only."""
        if not line.strip():
            return None
        try:
            line.decode()
            message = decode_any_message(line)
        except WRONG_SHAPE:
            self._send(refusal(NULL_ID, INVALID_REQUEST, "Invalid request"))
            return NOT_A_REQUEST
        except UNREADABLE:
            self._send(refusal(NULL_ID, UNPARSABLE, "Parse error"))
            return NOT_JSON
        if isinstance(message.method, str):
            return self._dispatch(message.method, message.id, message.params)
        if message.is_reply:
            self._take_reply(message.id, message.result)
            return None
        self._send(refusal(message.id or NULL_ID, INVALID_REQUEST, "Invalid request"))
        return NOT_A_REQUEST

    def _dispatch(self, name: str, request_id: RequestId, params: object) -> Event | None:
        method = METHODS.get(name)
        if method is None:
            self._refuse(request_id, METHOD_NOT_FOUND, "Method not found")
            return UNKNOWN_METHOD
        if self.phase not in method.phases:
            # Still an event: the hub counts refused shares, and slows who floods.
            self._open = request_id
            return Submitted(request_id, "", False, None, NO_TARGET, None, _NOT_SUBSCRIBED)
        if not request_id and method.answers_without_id:
            request_id = NULL_ID
        return _HANDLERS[name](self, request_id, params)

    def _take_reply(self, request_id: RequestId, result: object) -> None:
        """A reply to something that we asked. All are dropped but the one that names the firmware."""
        if self._version_asked and bytes(request_id) == b"%d" % VERSION_ID and isinstance(result, str):
            self._version_asked = False
            self._user_agent = self._clean_text(result)

    # Requests that the hub decides

    def _submit(self, request_id: RequestId, params: list[str]) -> Submitted:
        self._open = request_id
        count = len(params)
        if count == 6:
            user, job_id, extranonce2, ntime, nonce, version_bits = params
        elif count == 5:
            user, job_id, extranonce2, ntime, nonce = params
            version_bits = NO_VERSION_BITS
        elif count > 6:
            user, job_id, extranonce2, ntime, nonce, version_bits = params[:6]
        else:
            return Submitted(request_id, "", False, None, NO_TARGET, None, MALFORMED, _cut(params[1:]))
        authorized = user in self._workers
        if not authorized:
            meant = worker_of(user, self._workers)
            authorized = meant is not None
            user = meant or self._clean_text(user)
        job, target = self._offers.find(job_id)
        submission = read_submission(extranonce2, ntime, nonce, version_bits)
        if isinstance(submission, Submission):
            if job is not None:
                return Submitted(request_id, user, authorized, job, target, submission, None)
            return Submitted(request_id, user, authorized, job, target, submission, None, _cut(params[1:6]))
        return Submitted(request_id, user, authorized, job, target, None, submission, _cut(params[1:6]))

    def _submit_loosely(self, request_id: RequestId, params: object) -> Submitted:
        return self._submit(request_id, as_texts(params))

    def _subscribe(self, request_id: RequestId, params: object) -> Event | None:
        given = params if isinstance(params, list) else []
        if self._extranonce1 is not None:
            self._send(subscription(request_id, self._session_id, self._extranonce1, self._extranonce2_size))
            return None
        if given and isinstance(given[0], str) and given[0]:
            self._user_agent = self._clean_text(given[0])
        resume = given[1] if len(given) > 1 and isinstance(given[1], str) else ""
        if len(resume) > MAX_SESSION_ID_CHARS or not resume.isascii() or not resume.isprintable():
            resume = ""
        self._open = _OpenSubscribe(request_id)
        return Subscribing(self._user_agent, resume)

    def _authorize(self, request_id: RequestId, params: object) -> Event | None:
        given = params if isinstance(params, list) else []
        if not given or not isinstance(given[0], str) or not given[0].isprintable():
            self._send(refusal(request_id, UNAUTHORIZED, RejectReason.UNAUTHORIZED.text, b"false"))
            return BAD_PARAMETERS
        user = given[0]
        if len(user) > self._limits.name_chars:
            self._send(refusal(request_id, UNAUTHORIZED, "Worker name too long", b"false"))
            return BAD_PARAMETERS
        if user not in self._workers and len(self._workers) >= self._limits.workers:
            self._send(refusal(request_id, UNAUTHORIZED, "Too many workers on this connection", b"false"))
            return TOO_MANY_WORKERS
        password = given[1][: self._limits.text_chars] if len(given) > 1 and isinstance(given[1], str) else ""
        token = _OpenAuthorize(request_id, user)
        self._open = token
        return Authorizing(token, user, password)

    # Requests that need no decision

    def _configure(self, request_id: RequestId, params: object) -> Event | None:
        configured = negotiate(params, self._version_mask)
        if configured is None:
            return self._senseless(request_id, "Invalid parameters")
        self._rolled_mask |= configured.rolled_mask
        self._reply(request_id, to_json(configured.result))
        if configured.firmware and not self._user_agent:
            self._user_agent = self._clean_text(configured.firmware)
        return None if configured.minimum is None else TargetSuggested(configured.minimum, binding=True)

    def _suggest_difficulty(self, request_id: RequestId, params: object) -> Event | None:
        return self._suggested(request_id, target_of_suggestion(_first(params)), "Invalid difficulty")

    def _suggest_target(self, request_id: RequestId, params: object) -> Event | None:
        return self._suggested(request_id, target_of_hex(_first(params)), "Invalid target")

    def _suggested(self, request_id: RequestId, target: Target | None, otherwise: str) -> Event | None:
        if target is None:
            return self._senseless(request_id, otherwise)
        self._reply(request_id, b"true")
        return TargetSuggested(target, binding=False)

    def _subscribe_extranonce(self, request_id: RequestId, params: object) -> None:
        self._reply(request_id, b"true")  # an extranonce never changes, so there is nothing more to it

    def _refuse_transactions(self, request_id: RequestId, params: object) -> None:
        self._refuse(request_id, OTHER, "Transactions are not disclosed")

    def _pong(self, request_id: RequestId, params: object) -> None:
        self._reply(request_id, b'"pong"')

    def _tell_version(self, request_id: RequestId, params: object) -> None:
        self._reply(request_id, to_json(self._server_name))

    def _drop(self, request_id: RequestId, params: object) -> None:
        pass

    # The hub's answers

    def subscribed(self, session_id: str, extranonce1: bytes, extranonce2_size: int, memory: object = None) -> None:
        """Answer to `Subscribing`. A memory that is not of this protocol is left alone."""
        asked = self._open
        if not isinstance(asked, _OpenSubscribe):
            raise NotOutstanding("nobody asks to subscribe")
        self._open = None
        self._session_id = session_id
        self._extranonce1 = extranonce1
        self._extranonce2_size = extranonce2_size
        if isinstance(memory, OfferMemory):
            self._offers.restore(memory)
        self._send(subscription(asked.request_id, session_id, extranonce1, extranonce2_size))

    def memory(self) -> object:
        """Offered jobs and their targets, for the connection that resumes this session."""
        return self._offers.memory()

    def authorized(self, token: object) -> None:
        """Answer to `Authorizing`: yes."""
        asked = self._close_authorize(token)
        if asked.user not in self._workers:
            self._workers += (asked.user,)
        self._send(reply(asked.request_id, b"true"))

    def refuse_worker(self, token: object, reason: str) -> None:
        """Answer to `Authorizing`: no, also if it was yes before. The result is an exact boolean (ESP-Miner)."""
        asked = self._close_authorize(token)
        self._workers = tuple(name for name in self._workers if name != asked.user)
        self._send(refusal(asked.request_id, UNAUTHORIZED, self._clean_text(reason), b"false"))

    def _close_authorize(self, token: object) -> _OpenAuthorize:
        if token is not self._open or not isinstance(token, _OpenAuthorize):
            raise NotOutstanding("this worker does not wait for an answer")
        self._open = None
        return token

    def answer(self, token: object, verdict: Verdict) -> None:
        """Answer to `Submitted`."""
        if token is not self._open or not isinstance(token, RequestId):
            raise NotOutstanding("this share does not wait for an answer")
        self._open = None
        if isinstance(verdict, Accepted):
            line = accepted_share(token)
        else:
            line = refused_share(token, verdict.reason)
        self._output.append(line)
        self._reply_bytes += len(line)

    # What the hub sends of its own accord

    def offer(self, job: Job, target: Target, *, clean: bool) -> None:
        """Queue this job, preceded by its difficulty if that differs from the last one sent."""
        if self._extranonce1 is None:
            raise NotOutstanding("a job before the subscription")
        line, job_id = messages.notify(job, clean)
        self._offers.add(job, job_id, target)
        if target != self._sent_target:
            self._sent_target = target
            self._output.append(messages.set_difficulty(target))
        self._output.append(line)

    def forget(self, before_seq: int) -> None:
        """Jobs with a lower seq can no longer be submitted."""
        self._offers.forget(before_seq)

    def message(self, text: str) -> None:
        """Show a text on the device (client.show_message; AxeOS logs it)."""
        self._output.append(messages.request(None, "client.show_message", [self._clean_text(text)]))

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._output.append(messages.request(PING_ID, "mining.ping", []))

    def ask_version(self) -> None:
        """Ask for the firmware's name; the reply becomes the user agent. For miners that gave none at subscribe."""
        self._version_asked = True
        self._output.append(messages.request(VERSION_ID, "client.get_version", []))

    def ask_reconnect(self) -> None:
        """Ask the miner to come back: draining only, it returns after about a second (ESP-Miner)."""
        self._output.append(messages.request(None, "client.reconnect", []))

    # Bytes out

    def take_output(self) -> bytes:
        """Bytes to send now; empties the buffer. A job alone is the very object that all sessions share."""
        output = self._output
        if not output:
            return b""
        data = output[0] if len(output) == 1 else b"".join(output)
        output.clear()
        self._reply_bytes = 0
        self._flooding = False
        return data

    def _send(self, line: bytes) -> None:
        self._output.append(line)
        self._reply_bytes += len(line)

    def _reply(self, request_id: RequestId, result: bytes) -> None:
        if request_id:
            self._send(reply(request_id, result))

    def _refuse(self, request_id: RequestId, code: int, text: str) -> None:
        if request_id:
            self._send(refusal(request_id, code, text))

    def _senseless(self, request_id: RequestId, text: str) -> PeerMisbehaved:
        self._refuse(request_id, OTHER, text)
        return BAD_PARAMETERS

    def _clean_text(self, text: str) -> str:
        """Bounded, and without what could break a log line or a terminal."""
        text = text[: self._limits.text_chars]
        return text if text.isprintable() else "".join(filter(str.isprintable, text))


def _cut(texts: list[str]) -> tuple[str, ...]:
    return tuple(text[:MAX_SENT_CHARS] for text in texts[:5])


def _first(params: object) -> object:
    return params[0] if isinstance(params, list) and params else None


_HANDLERS: dict[str, Callable[[V1Session, RequestId, object], Event | None]] = {
    name: getattr(V1Session, method.handler) for name, method in METHODS.items()
}
