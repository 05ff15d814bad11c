"""A web site that says what coins are worth, or anything else, for tests.

Responsible for: answering GETs on loopback by path, honestly or with every bad habit.
Not responsible for: what its numbers lead to (the tests).
Read next: `net.fetch`.

Bound: the last MAX_ASKED paths are remembered.
"""

import asyncio
from collections import deque
from collections.abc import Mapping

from aiohttp import web

MAX_ASKED = 10_000
HANG = "hang"
"""Instead of an answer: none ever."""

DRIP = "drip"
"""A byte now and then, without end."""

FLOOD = "flood"
"""More and more, without end."""

Page = bytes | str | web.Response


class FeedSite:
    """`async with FeedSite() as site`: `site.pages[path]` is what a path answers (JSON text), or HANG, DRIP, FLOOD, or a
    response of any kind. Other paths answer 404."""

    def __init__(self, pages: Mapping[str, Page] | None = None) -> None:
        self.pages: dict[str, Page] = dict(pages or {})
        self.asked: deque[str] = deque(maxlen=MAX_ASKED)
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._ending = asyncio.Event()

    async def __aenter__(self) -> "FeedSite":
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ending.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        page = self.pages.get(request.path)
        if page is None:
            return web.Response(status=404, text="<html>nothing here</html>", content_type="text/html")
        if page == HANG:
            await self._ending.wait()
        if page in (DRIP, FLOOD):
            return await self._endless(request, b"1" if page == DRIP else b"1" * 2**18, 0.01 if page == DRIP else 0)
        if isinstance(page, web.Response):
            return web.Response(status=page.status, headers=page.headers, body=page.body)
        return web.Response(body=page, content_type="application/json")

    async def _endless(self, request: web.Request, piece: bytes, pause_s: float) -> web.StreamResponse:
        reply = web.StreamResponse()
        await reply.prepare(request)
        try:
            while not self._ending.is_set():
                await reply.write(piece)
                await asyncio.sleep(pause_s)
        except ConnectionError:
            pass  # whoever asked has had enough
        return reply
