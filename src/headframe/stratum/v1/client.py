"""Our end of a connection to a pool: bytes in, events out, bytes to send.

Responsible for: the upstream side of Stratum V1 as real pools speak it. It answers by itself what a pool asks, checks
everything that it is told, and knows which reply belongs to which request.
Not responsible for: sockets, deadlines and clocks, which worker mines, what becomes of jobs, logs.
Read next: `stratum.v1.client_events` (what comes out), `stratum.v1.client_messages` (what is read), `sources.pool`.

Nothing of a pool's control traffic leaves here raw. Whatever it sends gives events or one fatal `PoolMisbehaved`, never
an exception. State: the *phase* below, the open requests, and what holds for the next job (target, extranonce, mask).
"""

from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum

from headframe.bitcoin.target import DIFFICULTY_1_TARGET
from headframe.mining.units import Target
from headframe.stratum.v1 import messages
from headframe.stratum.v1.client_events import (
    Authorized,
    AuthorizeRefused,
    ClientEvent,
    ClientLimits,
    Configured,
    ExtranonceChanged,
    Message,
    Ponged,
    PoolJob,
    PoolMisbehaved,
    PoolTarget,
    SubmitSettled,
    SubscribedUpstream,
    SubscribeRefused,
    VersionMaskChanged,
)
from headframe.stratum.v1.client_messages import (
    BadMessage,
    Notify,
    PoolMessage,
    clean_text,
    decode_pool_message,
    is_error,
    read_configured,
    read_difficulty,
    read_error,
    read_extranonce,
    read_id,
    read_mask,
    read_notify,
    read_reconnect,
    read_subscription,
    read_target,
)
from headframe.stratum.v1.client_requests import Kind, Requests
from headframe.stratum.v1.framing import LineBuffer
from headframe.stratum.v1.messages import UNREADABLE, WRONG_SHAPE, RequestId, to_json

METHODS = {
    "mining.notify": "_notify",
    "mining.set_difficulty": "_set_difficulty",
    "mining.set_target": "_set_target",
    "mining.set_extranonce": "_set_extranonce",
    "mining.set_version_mask": "_set_version_mask",
    "client.reconnect": "_reconnect",
    "client.show_message": "_show_message",
    "client.get_version": "_get_version",
    "mining.ping": "_pong",
    "client.ping": "_pong",
    "pong": "_take_pong",
    "mining.pong": "_take_pong",
}
"""What a pool may send, and who handles it. Anything else is refused if it has an id, and counted as an oddity."""

METHOD_NOT_FOUND = -3

LOST = "lost"
PUSHED_OUT = "too many submits without an answer"
DISCONNECTED = "the connection ended"


class ClientPhase(Enum):
    """Only forward. In CLOSED, entered by a fatal message or by `end`, whatever comes is dropped unread."""

    NEW = "new"
    ASKED = "asked"
    SUBSCRIBED = "subscribed"
    CLOSED = "closed"


class V1Client:
    """One upstream connection. Call `begin` once, then `receive` with what comes and send what `take_output` returns.

    host           where we are connected: what client.reconnect is measured against
    user_agent     how we present ourselves, also when asked for our version
    version_mask   the bits we would like to roll; 0 does not ask at all
    """

    __slots__ = (
        "_configured",
        "_extranonce1",
        "_extranonce2_size",
        "_held",
        "_host",
        "_limits",
        "_lines",
        "_oddities",
        "_output",
        "_phase",
        "_pushed",
        "_reply_bytes",
        "_requests",
        "_target",
        "_user_agent",
        "_version_mask",
        "_wanted_mask",
    )

    def __init__(
        self, *, host: str, user_agent: str, version_mask: int = 0x1FFFE000, limits: ClientLimits | None = None
    ) -> None:
        self._limits = limits or ClientLimits()
        self._host = host
        self._user_agent = user_agent
        self._wanted_mask = version_mask
        self._version_mask = 0
        self._configured = False
        self._phase = ClientPhase.NEW
        self._lines = LineBuffer(self._limits.line_bytes)
        self._requests = Requests(self._limits.submits, self._limits.requests)
        # What calls of ours brought about: told with the next receive. Whoever never receives loses the oldest.
        self._pushed: deque[ClientEvent] = deque(maxlen=self._limits.submits + self._limits.requests)
        # What a pool means that never sets a difficulty.
        self._target: Target = DIFFICULTY_1_TARGET
        self._extranonce1 = b""
        self._extranonce2_size = 0
        # The newest job that came before we knew its extranonce or mask, with the target it came under.
        self._held: tuple[Notify, Target] | None = None
        self._output: list[bytes] = []
        self._reply_bytes = 0
        self._oddities = 0

    # What we say

    def begin(
        self, *, resume: str = "", suggest_difficulty: float | None = None, extranonce_changes: bool = False
    ) -> None:
        """Queue configure, subscribe (with the session id to resume) and what else is wanted, in one go."""
        if self._phase is not ClientPhase.NEW:
            raise RuntimeError("a connection begins once")
        self._phase = ClientPhase.ASKED
        if self._wanted_mask:
            wanted = {"version-rolling.mask": f"{self._wanted_mask:08x}", "version-rolling.min-bit-count": 2}
            self._ask(Kind.CONFIGURE, "mining.configure", [["version-rolling"], wanted])
        else:
            self._configured = True
            self._pushed.append(Configured(0))
        self._ask(Kind.SUBSCRIBE, "mining.subscribe", [self._user_agent, resume] if resume else [self._user_agent])
        if extranonce_changes:
            self._ask(Kind.OTHER, "mining.extranonce.subscribe", [])
        if suggest_difficulty is not None:
            self.suggest_difficulty(suggest_difficulty)

    def authorize(self, user: str, password: str) -> int:
        """Queue an authorize; returns the token of `Authorized` / `AuthorizeRefused`. May follow `begin` at once."""
        return self._ask(Kind.AUTHORIZE, "mining.authorize", [user, password])

    def submit(
        self, user: str, job_id: str, extranonce2: bytes, ntime: int, nonce: int, version_bits: int | None
    ) -> int:
        """Queue a share; returns the token of its `SubmitSettled`. `version_bits` None sends no sixth parameter.

        A share that this pushes out is told by the next `receive`, also of no bytes.
        """
        params: list[object] = [user, job_id, extranonce2.hex(), f"{ntime:08x}", f"{nonce:08x}"]
        if version_bits is not None:
            params.append(f"{version_bits:08x}")
        return self._ask(Kind.SUBMIT, "mining.submit", params)

    def suggest_difficulty(self, difficulty: float) -> None:
        """Queue a wish. Whole numbers are sent as such: some pools read nothing else."""
        number = int(difficulty) if difficulty == int(difficulty) else difficulty
        self._ask(Kind.OTHER, "mining.suggest_difficulty", [number])

    def ping(self) -> int:
        """Queue a ping; returns the token of its `Ponged`."""
        return self._ask(Kind.PING, "mining.ping", [])

    def _ask(self, kind: Kind, method: str, params: list[object]) -> int:
        request_id, pushed = self._requests.begin(kind)
        if pushed is not None:
            token, lost = pushed
            if lost is Kind.SUBMIT:
                self._pushed.append(SubmitSettled(token, LOST, 0, PUSHED_OUT))
            elif lost is Kind.AUTHORIZE:
                self._pushed.append(AuthorizeRefused(token, "no answer"))
        self._output.append(messages.request(request_id, method, params))
        return request_id

    def give_up(self, token: int) -> bool:
        """Stop waiting for an answer (its deadline passed); False when it is not open. Yields no event."""
        return self._requests.forget(token)

    # What we know

    @property
    def phase(self) -> ClientPhase:
        return self._phase

    @property
    def unsettled(self) -> int:
        """Submits that wait for their answer."""
        return self._requests.unsettled

    @property
    def oddities(self) -> int:
        """Strange but harmless messages so far."""
        return self._oddities

    # Bytes in

    def receive(self, data: bytes) -> Iterator[ClientEvent]:
        """Feed bytes; yields events in the order of the wire. Must be exhausted before the next call."""
        if self._phase is ClientPhase.CLOSED:
            return
        yield from self._told()
        for line in self._lines.feed(data):
            if self.phase is ClientPhase.CLOSED:
                return
            try:
                yield from self._read(line)
            except BadMessage as trouble:
                yield self._fatal(str(trouble))
            # What a handler's consumer asked for meanwhile may have pushed something out.
            yield from self._told()

    def _told(self) -> Iterator[ClientEvent]:
        # Only what is there now: whoever submits anew at each of these would never come to an end.
        for _ in range(len(self._pushed)):
            yield self._pushed.popleft()

    def _read(self, line: bytes | None) -> Iterator[ClientEvent]:
        if line is None:
            raise BadMessage("a line that does not end")
        if not line.strip():
            return
        try:
            line.decode()
            message = decode_pool_message(line)
        except WRONG_SHAPE:
            raise BadMessage("JSON, but no message") from None
        except UNREADABLE:
            raise BadMessage("a line that is not JSON") from None
        if isinstance(message.method, str):
            handler = _HANDLERS.get(message.method)
            if handler is None:
                self._refuse(message.id)
                yield self._odd("a method that we do not know")
            else:
                yield from handler(self, message)
        elif message.is_reply:
            yield from self._take_reply(message)
        else:
            yield self._odd("a message that neither asks nor answers")
        if self._reply_bytes > self._limits.reply_bytes:
            raise BadMessage("asks faster than it reads")

    def _odd(self, reason: str) -> PoolMisbehaved:
        self._oddities += 1
        if self._oddities > self._limits.oddities:
            raise BadMessage("too much that makes no sense")
        return PoolMisbehaved(reason, fatal=False)

    def _fatal(self, reason: str) -> PoolMisbehaved:
        self._phase = ClientPhase.CLOSED
        return PoolMisbehaved(reason, fatal=True)

    # Replies

    def _take_reply(self, message: PoolMessage) -> Iterator[ClientEvent]:
        request = self._requests.settle(read_id(message.id), message.result)
        if request is None:
            yield self._odd("an answer to nothing that we asked")
            return
        token, kind = request
        error = message.error if is_error(message.error) else None
        refused = error is not None or message.result in (None, False)
        code, reason = read_error(message.reject_reason if error is None else error, self._limits.text_chars)
        if kind is Kind.CONFIGURE:
            yield from self._take_configured(0 if error is not None else message.result)
            return
        if kind is Kind.SUBSCRIBE:
            yield from self._take_subscription(message.result, refused, code, reason)
            return
        if not self._configured and self._phase is ClientPhase.SUBSCRIBED:
            # Later requests are answered: this pool has passed configure over.
            yield from self._take_configured(None)
        if kind is Kind.AUTHORIZE:
            yield AuthorizeRefused(token, reason) if refused else Authorized(token)
        elif kind is Kind.SUBMIT:
            yield SubmitSettled(token, "refused", code, reason) if refused else SubmitSettled(token, "accepted")
        elif kind is Kind.PING:
            yield Ponged(token)

    def _take_configured(self, result: object) -> Iterator[ClientEvent]:
        mask = read_configured(result, self._wanted_mask)
        late, self._configured = self._configured, True
        if late and mask == self._version_mask:
            return
        self._version_mask = mask
        yield VersionMaskChanged(mask) if late else Configured(mask)
        yield from self._release()

    def _take_subscription(self, result: object, refused: bool, code: int, reason: str) -> Iterator[ClientEvent]:
        if refused:
            yield SubscribeRefused(code, reason)
            return
        session_id, self._extranonce1, self._extranonce2_size = read_subscription(result)
        self._phase = ClientPhase.SUBSCRIBED
        yield SubscribedUpstream(session_id, self._extranonce1, self._extranonce2_size)
        yield from self._release()

    # What a pool tells

    def _notify(self, message: PoolMessage) -> Iterator[ClientEvent]:
        job = read_notify(message.params, self._limits)
        if self._held is not None and self._held[0].clean:
            job = job._replace(clean=True)  # what voided everything must not be lost with the job that said so
        self._held = job, self._target
        yield from self._release()

    def _release(self) -> Iterator[ClientEvent]:
        """The job held back, once all is known that it needs."""
        if self._held is None or not self._configured or self._phase is not ClientPhase.SUBSCRIBED:
            return
        job, target = self._held
        self._held = None
        yield PoolJob(*job, target, self._extranonce1, self._extranonce2_size, self._version_mask)

    def _set_difficulty(self, message: PoolMessage) -> Iterator[ClientEvent]:
        self._target = read_difficulty(message.params)
        yield PoolTarget(self._target)

    def _set_target(self, message: PoolMessage) -> Iterator[ClientEvent]:
        self._target = read_target(message.params)
        yield PoolTarget(self._target)

    def _set_extranonce(self, message: PoolMessage) -> Iterator[ClientEvent]:
        extranonce1, size = read_extranonce(message.params)
        if self._phase is not ClientPhase.SUBSCRIBED:
            yield self._odd("an extranonce before the answer to subscribe")
            return
        self._extranonce1, self._extranonce2_size = extranonce1, size
        yield ExtranonceChanged(extranonce1, size)

    def _set_version_mask(self, message: PoolMessage) -> Iterator[ClientEvent]:
        mask = read_mask(message.params, self._wanted_mask)
        if not self._configured:
            # Said before the answer to configure, which is then taken as given with this.
            self._version_mask, self._configured = mask, True
            yield Configured(mask)
            yield from self._release()
        elif mask != self._version_mask:
            self._version_mask = mask
            yield VersionMaskChanged(mask)

    def _reconnect(self, message: PoolMessage) -> Iterator[ClientEvent]:
        asked = read_reconnect(message.params, self._host)
        if isinstance(asked, PoolMisbehaved):
            yield self._odd(asked.reason)
        else:
            yield asked

    def _show_message(self, message: PoolMessage) -> Iterator[ClientEvent]:
        params = message.params
        text = params[0] if isinstance(params, list) and params else params
        if isinstance(text, str) and (shown := clean_text(text, self._limits.text_chars)):
            yield Message(shown)

    def _get_version(self, message: PoolMessage) -> Iterator[ClientEvent]:
        self._answer(messages.reply(message.id or messages.NULL_ID, to_json(self._user_agent)))
        yield from ()

    def _pong(self, message: PoolMessage) -> Iterator[ClientEvent]:
        self._answer(messages.reply(message.id or messages.NULL_ID, b'"pong"'))
        yield from ()

    def _take_pong(self, message: PoolMessage) -> Iterator[ClientEvent]:
        """An answer to our ping in the shape of a request (as ESP-Miner answers)."""
        token = read_id(message.id)
        if token is not None and self._requests.kind_of(token) is Kind.PING:
            self._requests.forget(token)
            yield Ponged(token)

    # Bytes out

    def _refuse(self, request_id: RequestId) -> None:
        if request_id and bytes(request_id) != b"null":
            self._answer(messages.refusal(request_id, METHOD_NOT_FOUND, "Method not found"))

    def _answer(self, line: bytes) -> None:
        self._output.append(line)
        self._reply_bytes += len(line)

    def take_output(self) -> bytes:
        """Bytes to send now; empties the buffer."""
        data = b"".join(self._output)
        self._output.clear()
        self._reply_bytes = 0
        return data

    def end(self) -> list[SubmitSettled]:
        """The connection is gone: every open submit, settled as lost. Nothing more is yielded after this."""
        lost = [event for event in self._pushed if isinstance(event, SubmitSettled)]
        lost += [SubmitSettled(token, LOST, 0, DISCONNECTED) for token in self._requests.open_submits]
        self._requests.clear()
        self._pushed.clear()
        self._held = None
        self._phase = ClientPhase.CLOSED
        return lost


_HANDLERS: dict[str, Callable[[V1Client, PoolMessage], Iterator[ClientEvent]]] = {
    name: getattr(V1Client, handler) for name, handler in METHODS.items()
}
