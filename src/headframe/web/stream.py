"""The event stream of a page.

Responsible for: how many there may be, ending one when its session ends or may less, ending all when the server stops.
Not responsible for: what is said (`service.feed`), reconnecting (the browser does, with Last-Event-ID).
Read next: `service.feed`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from headframe.service.refusals import TooMany

MAX_STREAMS = 32
MAX_STREAMS_EACH = 6
"""Per session, token, or address of visitors."""

MAX_VISITOR_STREAMS = 16
"""Visitors leave room for whoever works here."""

_RETRY = b"retry: 2000\n\n"


class Streams:
    """The open streams."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._visitors = 0
        self._tasks: set[asyncio.Task[object]] = set()
        self.closing = False

    def __len__(self) -> int:
        return self._open.total()

    def close(self) -> None:
        """End all, now; none can begin any more."""
        self.closing = True
        for task in self._tasks:
            task.cancel()

    def answer(
        self,
        request: Request,
        name: str,
        visitor: bool,
        events: Callable[[], AsyncIterator[bytes]],
        welcome: Callable[[], bool],
    ) -> Response:
        """A stream for whoever is called `name`, while `welcome()`. Raises TooMany."""
        full = len(self) >= MAX_STREAMS or (visitor and self._visitors >= MAX_VISITOR_STREAMS)
        if self.closing or full or self._open[name] >= MAX_STREAMS_EACH:
            raise TooMany("too many event streams are open", "close some pages", retry_after_s=10)
        return _Stream(self, name, visitor, events, welcome)

    def enter(self, name: str, visitor: bool) -> None:
        self._open[name] += 1
        self._visitors += visitor
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)

    def leave(self, name: str, visitor: bool) -> None:
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]
        self._visitors -= visitor
        task = asyncio.current_task()
        assert task is not None
        self._tasks.discard(task)


class _Stream(Response):
    """One stream, as an answer. What ends it ends it quietly: the browser asks again, and is told how things are then."""

    def __init__(
        self,
        streams: Streams,
        name: str,
        visitor: bool,
        events: Callable[[], AsyncIterator[bytes]],
        welcome: Callable[[], bool],
    ) -> None:
        super().__init__(headers={"content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._streams = streams
        self._who = (name, visitor)
        self._events = events
        self._welcome = welcome

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if not scope.get("headframe.head"):
            self._streams.enter(*self._who)
            try:
                await self._tell(receive, send)
            finally:
                self._streams.leave(*self._who)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, receive: Receive, send: Send) -> None:
        me = asyncio.current_task()
        assert me is not None
        gone = False

        async def watch() -> None:
            nonlocal gone
            while (await receive())["type"] != "http.disconnect":
                pass
            gone = True
            me.cancel()

        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(watch(), name="web-stream-watch")
                await self._pass_on(send)
                watching.cancel()
        except asyncio.CancelledError:
            if not (gone or self._streams.closing):
                raise
            me.uncancel()

    async def _pass_on(self, send: Send) -> None:
        await send({"type": "http.response.body", "body": _RETRY, "more_body": True})
        async for chunk in self._events():
            if not self._welcome():
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
