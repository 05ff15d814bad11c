"""What one session and we say to each other, line by line, while somebody looks.

Responsible for: putting an ear between a connection and its seat on demand and taking it away again; keeping the last
lines, without passwords.
Not responsible for: who may listen (`service.commands`), what the lines mean.
Read next: `service.floor`.

A session that nobody watches pays nothing: the ear is swapped in as the connection's endpoint and the seat's wire, and
out again. Bounds: MAX_WATCHES sessions, MAX_LINES lines each, MAX_CHARACTERS a line, WATCH_S from when it was last asked
for. The lines of a session that has gone stay until then; one that resumes is watched on.
"""

import json
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

from headframe.net.endpoint import Adoptive, Wire

if TYPE_CHECKING:
    from headframe.gateway.seat import Seat

MAX_WATCHES = 8
MAX_LINES = 300
MAX_CHARACTERS = 2000
MAX_HELD_BYTES = 16 * 1024
"""Of a line whose end has not come; the rest of a longer one is not shown."""
WATCH_S = 300.0

STARS = "***"


class TooManyWatches(Exception):
    """MAX_WATCHES sessions are watched already."""


class Line(NamedTuple):
    number: int
    time_ms: int
    from_miner: bool
    text: str


class Watch:
    """What was heard of one session. Mutable, owned by `Watches`."""

    def __init__(self, session_id: str, unix_ms: Callable[[], int]) -> None:
        self.session_id = session_id
        self.ends_at = 0.0
        self.lines: deque[Line] = deque(maxlen=MAX_LINES)
        self._unix_ms = unix_ms
        self._number = 0
        self._held = b""
        self._skipping = False

    def miner_said(self, data: bytes) -> None:
        """Bytes as they came; lines may be cut anywhere."""
        *whole, rest = (self._held + data).split(b"\n")
        for line in whole:
            self._end_of_line(line)
        if len(rest) > MAX_HELD_BYTES:
            if not self._skipping:
                self.note(shown(rest) + " [...]", from_miner=True)
            self._skipping, rest = True, b""
        self._held = rest

    def we_said(self, data: bytes) -> None:
        """Whole lines."""
        for line in data.split(b"\n"):
            if line:
                self.note(shown(line), from_miner=False)

    def note(self, text: str, *, from_miner: bool) -> None:
        self._number += 1
        self.lines.append(Line(self._number, self._unix_ms(), from_miner, text))

    def _end_of_line(self, line: bytes) -> None:
        if self._skipping:
            self._skipping = False
        elif line.strip():
            self.note(shown(line), from_miner=True)


class _Ear:
    """Hears what comes, then hands it on. An `Endpoint`."""

    __slots__ = ("_seat", "_watch")

    def __init__(self, seat: "Seat", watch: Watch) -> None:
        self._seat = seat
        self._watch = watch

    def receive(self, data: bytes) -> None:
        self._watch.miner_said(data)
        self._seat.receive(data)

    def closed(self, reason: str) -> None:
        self._seat.closed(reason)


class _HeardWire:
    """Hears what leaves. A `Wire`."""

    __slots__ = ("_watch", "wire")

    def __init__(self, wire: Wire, watch: Watch) -> None:
        self.wire = wire
        self._watch = watch

    @property
    def peer(self) -> str:
        return self.wire.peer

    @property
    def transport_kind(self) -> str:
        return self.wire.transport_kind

    def write(self, data: bytes) -> None:
        self._watch.we_said(data)
        self.wire.write(data)

    def close(self, reason: str) -> None:
        self._watch.note(f"[closed by us: {reason}]", from_miner=False)
        self.wire.close(reason)

    def misbehaved(self, cost: int) -> None:
        self.wire.misbehaved(cost)


class Watches:
    """See the module. One owner: the hub."""

    def __init__(self, now: Callable[[], float], unix_ms: Callable[[], int]) -> None:
        self._now = now
        self._unix_ms = unix_ms
        self._watches: dict[str, Watch] = {}
        self._seats: dict[str, Seat] = {}

    def __len__(self) -> int:
        return len(self._watches)

    def watch(self, session_id: str, seat: "Seat | None") -> Watch | None:
        """Begin or go on; `seat` is the live session of this id. None when there is neither that nor anything heard.
        Raises TooManyWatches."""
        self.expire(self._now())
        watch = self._watches.get(session_id)
        if watch is None:
            if seat is None:
                return None
            if len(self._watches) >= MAX_WATCHES:
                raise TooManyWatches
            watch = self._watches[session_id] = Watch(session_id, self._unix_ms)
            self._attach(seat, watch)
        watch.ends_at = self._now() + WATCH_S
        return watch

    def resumed(self, seat: "Seat") -> None:
        """A session has its id: if that is watched, its new connection is."""
        watch = self._watches.get(seat.session_id)
        if watch is not None and seat.session_id not in self._seats:
            watch.note("[resumed over a new connection]", from_miner=True)
            self._attach(seat, watch)

    def left(self, seat: "Seat", reason: str) -> None:
        """A session is over; what was heard stays."""
        if self._seats.get(seat.session_id) is seat:
            self._watches[seat.session_id].note(f"[connection over: {reason}]", from_miner=True)
            self._detach(seat.session_id)

    def expire(self, now: float) -> None:
        """Let go of those that nobody asked for lately."""
        if self._watches:
            for session_id in [key for key, watch in self._watches.items() if watch.ends_at <= now]:
                self._detach(session_id)
                del self._watches[session_id]

    def _attach(self, seat: "Seat", watch: Watch) -> None:
        self._seats[seat.session_id] = seat
        wire = seat.wire
        seat.wire = _HeardWire(wire, watch)
        if isinstance(wire, Adoptive):
            wire.adopt(_Ear(seat, watch), settled=True)
        else:
            watch.note("[this connection lets only our side be heard]", from_miner=False)

    def _detach(self, session_id: str) -> None:
        seat = self._seats.pop(session_id, None)
        if seat is None:
            return
        seat.wire = cast("_HeardWire", seat.wire).wire
        if not seat.gone and isinstance(seat.wire, Adoptive):
            seat.wire.adopt(seat, settled=True)


def shown(line: bytes) -> str:
    """The line as text: bytes that are no text and control characters escaped, cut, and without a password."""
    text = _unsecret(line)
    escaped = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return escaped if len(escaped) <= MAX_CHARACTERS else escaped[:MAX_CHARACTERS] + " [...]"


def _unsecret(line: bytes) -> str:
    """Stars in place of what follows the name in `mining.authorize`. Where a line may be one and cannot be read, all of
    it is kept back: better no line than a password."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        if b"uthor" in line or b"\\u" in line:
            return f"[{len(line)} bytes that cannot be read, kept back: a password may be in them]"
        return line.decode(errors="backslashreplace")
    method = message.get("method") if isinstance(message, dict) else None
    if b"uthor" not in line and not (isinstance(method, str) and "uthor" in method):
        return line.decode(errors="backslashreplace").strip()
    if isinstance(message, dict):
        params = message.get("params")
        if isinstance(params, list):
            message["params"] = [*params[:1], *(STARS for _ in params[1:])]
        elif params is not None:
            message["params"] = STARS
    else:
        return STARS
    return json.dumps(message, ensure_ascii=False)
