"""The event stream of a page.

Responsible for: how many there may be, ending one when its session ends or may less, ending all when the server stops.
Not responsible for: what is said (`service.feed`), reconnecting (the browser does, with Last-Event-ID).
Read next: `service.feed`.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from headframe.service.feed import Subscription
from headframe.service.refusals import TooMany

MAX_STREAMS = 32
MAX_STREAMS_EACH = 6
"""Per session, token, or address of visitors."""

MAX_VISITOR_STREAMS = 16
"""Visitors leave room for whoever works here."""

Subscribe = Callable[[], Subscription]

_RETRY = b"retry: 2000\n\n"


class Streams:
    """The open streams."""

    def __init__(self) -> None:
        self._open: dict[Subscription, str] = {}
        self._visitors = 0
        self._closing = False

    def __len__(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """End all, now; none can begin any more."""
        self._closing = True
        for events in list(self._open):
            events.close()

    def answer(self, name: str, visitor: bool, subscribe: Subscribe, welcome: Callable[[], bool]) -> Response:
        """A stream for whoever is called `name`, while `welcome()`. Raises TooMany."""
        full = len(self) >= MAX_STREAMS or (visitor and self._visitors >= MAX_VISITOR_STREAMS)
        mine = sum(one == name for one in self._open.values())
        if self._closing or full or mine >= MAX_STREAMS_EACH:
            raise TooMany("too many event streams are open", "close some pages", retry_after_s=10)
        return _Stream(self, name, visitor, subscribe(), welcome)

    @contextmanager
    def counted(self, name: str, visitor: bool, events: Subscription) -> Iterator[None]:
        self._open[events] = name
        self._visitors += visitor
        try:
            yield
        finally:
            del self._open[events]
            self._visitors -= visitor


class _Stream(Response):
    """One stream, as an answer. What ends it ends it quietly: the browser asks again, and is told how things are then."""

    def __init__(
        self, streams: Streams, name: str, visitor: bool, events: Subscription, welcome: Callable[[], bool]
    ) -> None:
        super().__init__(headers={"content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._streams = streams
        self._who = (name, visitor)
        self._events = events
        self._welcome = welcome

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with self._events:
            if not scope.get("headframe.head"):
                with self._streams.counted(*self._who, self._events):
                    await self._tell(receive, send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, receive: Receive, send: Send) -> None:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._until_gone(receive), name="web-stream-watch")
            await send({"type": "http.response.body", "body": _RETRY, "more_body": True})
            async for chunk in self._events:
                if not self._welcome():
                    break
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            watching.cancel()

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._events.close()
