"""What happens, as it happens: one stream of ready bytes per audience.

Responsible for: the ring of activity with its ids, subscriptions and their bounds, the once-a-second tick, encoding
everything once per audience that somebody listens to.
Not responsible for: what is worth telling (`service.activity`), HTTP (`web`), what who may see (`service.veil`).
Read next: `service.activity`.

Everything happens on the event loop; nothing is encoded, and no query asked, while nobody listens. Bounds: KEPT
activities, MAX_SUBSCRIBERS, MAX_QUEUED frames for each (a reader that is slower gets one `reset` instead of them, and
only the newest tick and shaft ever wait), BURST activities of a kind a second (the rest become one of the name "more").
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakSet

import msgspec

from headframe.net.clock import Clock
from headframe.service.history_views import ActivityView, Dashboard, Shaft
from headframe.service.logbook import Logbook, LogsAsk
from headframe.service.queries import CockpitQueries
from headframe.service.refusals import TooMany
from headframe.service.veil import Audience, veiled
from headframe.service.veil_text import shown
from headframe.service.views import Overview

KEPT = 1000
MAX_SUBSCRIBERS = 64
MAX_QUEUED = 256
BURST = 50
HEARTBEAT_S = 15.0
SHAFT_EVERY_S = 2.0
MAX_LOG_LINES = 200
"""Of one pulse; who falls behind further asks for the log by page."""

KINDS = frozenset({"session", "move", "source", "job", "block", "alert", "command"})

_HEARTBEAT = b": still here\n\n"

Scalar = str | int | float | bool | None


class Tick(msgspec.Struct, frozen=True):
    """What is told once a second."""

    overview: Overview
    dashboard: Dashboard


class Subscription:
    """One reader: an async iterator of bytes that are ready to be sent. Ends when it is closed. A context manager, too."""

    def __init__(self, feed: "Feed", audience: Audience, logs: bool) -> None:
        self.audience = audience
        self.logs = logs
        self.last_log = 0
        self._feed = feed
        self._queue: deque[bytes] = deque()
        self._latest: dict[str, bytes] = {}
        self._ready = asyncio.Event()
        self._closed = False
        self.fed_at = 0.0

    def put(self, frame: bytes, now: float) -> None:
        """One frame more; where too many wait, all of them become one `reset`."""
        if len(self._queue) >= MAX_QUEUED:
            self._queue.clear()
            self._queue.append(self._feed.reset_frame())
        self._queue.append(frame)
        self._wake(now)

    def put_latest(self, name: str, frame: bytes, now: float) -> None:
        """A frame that takes the place of an unsent one of its name."""
        self._latest[name] = frame
        self._wake(now)

    def close(self) -> None:
        """Nothing comes any more; what waits is dropped. Calling it again changes nothing."""
        self._closed = True
        self._queue.clear()
        self._latest.clear()
        self._ready.set()
        self._feed.left(self)

    def _wake(self, now: float) -> None:
        self.fed_at = now
        self._ready.set()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> bytes:
        """All that waits, in one piece."""
        try:
            await self._ready.wait()
        except BaseException:
            self.close()  # whoever is cancelled here does not come back
            raise
        if self._closed:
            raise StopAsyncIteration
        self._ready.clear()
        data = b"".join((*self._queue, *self._latest.values()))
        self._queue.clear()
        self._latest.clear()
        return data

    async def aclose(self) -> None:
        """As of a generator."""
        self.close()

    async def __aenter__(self) -> "Subscription":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class Feed:
    """See the module. `queries` answer the tick and `logbook` the live log; both are set once they are there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.queries: CockpitQueries | None = None
        self.logbook: Logbook | None = None
        self._start = f"{clock.unix_ms():x}"
        self._number = 0
        self._kept: deque[ActivityView] = deque(maxlen=KEPT)
        self._subscribers: WeakSet[Subscription] = WeakSet()
        """Weak: one that was dropped without a word takes no place."""
        self._window_at = clock.monotonic()
        self._in_window: dict[str, int] = {}
        self._shaft_at: float | None = None

    def __len__(self) -> int:
        """How many listen."""
        return len(self._subscribers)

    # -- telling ------------------------------------------------------------------------------------------------

    def publish(self, kind: str, name: str, /, **fields: object) -> None:
        """Something happened: into the ring, and to all who listen and may know. `kind` is one of KINDS; fields are
        names and numbers, anything else becomes text."""
        now = self._clock.monotonic()
        self._turn_window(now)
        count = self._in_window[kind] = self._in_window.get(kind, 0) + 1
        if count <= BURST:
            self._tell(kind, name, {key: _scalar(value) for key, value in fields.items()}, now)

    def takes(self, kind: str) -> bool:
        """Whether another of this kind would be told now and not only counted."""
        self._turn_window(self._clock.monotonic())
        return self._in_window.get(kind, 0) < BURST

    def _turn_window(self, now: float) -> None:
        """A second is over: say how much was not told."""
        if now - self._window_at < 1.0:
            return
        counts, self._in_window, self._window_at = self._in_window, {}, now
        for kind, count in counts.items():
            if count > BURST:
                self._tell(kind, "more", {"count": count - BURST}, now)

    def _tell(self, kind: str, name: str, fields: dict[str, Scalar], now: float) -> None:
        self._number += 1
        event = ActivityView(f"{self._start}-{self._number}", self._clock.unix_ms(), kind, name, fields)
        self._kept.append(event)
        frames: dict[Audience, bytes | None] = {}
        for subscriber in list(self._subscribers):
            audience = subscriber.audience
            if audience not in frames:
                frames[audience] = activity_frame(event, audience)
            frame = frames[audience]
            if frame is not None:
                subscriber.put(frame, now)

    def activity(self, limit: int = 100) -> Sequence[ActivityView]:
        """The latest, newest first."""
        kept = list(self._kept)
        return kept[: -limit - 1 : -1] if limit > 0 else []

    # -- listening ----------------------------------------------------------------------------------------------

    def subscribe(self, after_id: str | None, audience: Audience, *, logs: bool = False) -> Subscription:
        """Listen from now on, or from after the event `after_id` on; where that is not remembered any more, a `reset`
        comes first. With `logs` (private only) the log, too. Raises TooMany."""
        if len(self._subscribers) >= MAX_SUBSCRIBERS:
            raise TooMany("too many event streams are open", "close some pages", retry_after_s=10)
        reader = Subscription(self, audience, logs and audience is Audience.PRIVATE)
        now = self._clock.monotonic()
        missed = self._since(after_id)
        if missed is None:
            reader.put(self.reset_frame(), now)
        frames = [frame for event in missed or () if (frame := activity_frame(event, audience)) is not None]
        if frames:
            reader.put(b"".join(frames), now)
        if reader.logs and self.logbook is not None:
            reader.last_log = self.logbook.last_id
        reader.fed_at = now
        self._subscribers.add(reader)
        return reader

    def left(self, reader: Subscription) -> None:
        """Somebody stopped listening."""
        self._subscribers.discard(reader)

    def reset_frame(self) -> bytes:
        """Tells a page to load everything anew; its id is that of the latest event."""
        return frame_of("reset", b"{}", f"{self._start}-{self._number}")

    def _since(self, after_id: str | None) -> list[ActivityView] | None:
        """What came after. None when some of it is gone."""
        if after_id is None:
            return []
        start, _, text = after_id.partition("-")
        if start != self._start or not (text.isascii() and text.isdigit() and len(text) < 16):
            return None
        missed = self._number - int(text)
        if not 0 <= missed <= len(self._kept):
            return None
        return list(self._kept)[len(self._kept) - missed :]

    # -- once a second ------------------------------------------------------------------------------------------

    def pulse(self, now: float) -> None:
        """Called about once a second (`now` is monotonic seconds): tick, shaft, log, heartbeat."""
        self._turn_window(now)
        if not self._subscribers:
            self._shaft_at = None
            return
        queries = self.queries
        if queries is not None:
            tick = Tick(queries.overview(), queries.dashboard())
            self._to_all("tick", lambda audience: _veiled_json(tick, audience), now)
            if self._shaft_at is None or now - self._shaft_at >= SHAFT_EVERY_S - 0.1:
                self._shaft_at = now
                shaft: Shaft = queries.shaft()
                self._to_all("shaft", lambda audience: _veiled_json(shaft, audience), now)
        self._tell_log(now)
        for subscriber in list(self._subscribers):
            if now - subscriber.fed_at >= HEARTBEAT_S:
                subscriber.put(_HEARTBEAT, now)

    def _to_all(self, name: str, encode: Callable[[Audience], bytes], now: float) -> None:
        frames: dict[Audience, bytes] = {}
        for subscriber in list(self._subscribers):
            audience = subscriber.audience
            if audience not in frames:
                frames[audience] = frame_of(name, encode(audience))
            subscriber.put_latest(name, frames[audience], now)

    def _tell_log(self, now: float) -> None:
        """The lines since the last pulse; all who listen to the log mostly are at the same one."""
        logbook = self.logbook
        if logbook is None:
            return
        frames: dict[int, tuple[bytes, int]] = {}
        for subscriber in list(self._subscribers):
            after = subscriber.last_log
            if not subscriber.logs or logbook.last_id <= after:
                continue
            if after not in frames:
                lines = logbook.entries(LogsAsk(after=after, limit=MAX_LOG_LINES))
                frames[after] = frame_of("logs", msgspec.json.encode(lines)), lines.last_id
            frame, subscriber.last_log = frames[after]
            subscriber.put(frame, now)

    def close(self) -> None:
        """The end: every stream ends."""
        for subscriber in list(self._subscribers):
            subscriber.close()


def activity_frame(event: ActivityView, audience: Audience) -> bytes | None:
    """None for what this audience may not know."""
    found: ActivityView | None = veiled(event, audience)
    return None if found is None else frame_of(found.kind, msgspec.json.encode(found), found.id)


def frame_of(name: str, data: bytes, event_id: str = "") -> bytes:
    """A server-sent event; `data` is JSON, so it has no line end."""
    head = f"id: {event_id}\nevent: {name}\n" if event_id else f"event: {name}\n"
    return b"%sdata: %s\n\n" % (head.encode(), data)


def _veiled_json(view: Any, audience: Audience) -> bytes:
    return msgspec.json.encode(veiled(view, audience))


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool | int | float) or value is None:
        return value
    return shown(str(value))
