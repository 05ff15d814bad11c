"""A site of prices in a thread of its own, for tests that block.

Responsible for: starting and stopping it.
Not responsible for: its answers (`testing.feed_site`).
Read next: `testing.loop_thread`.
"""

import contextlib
from collections.abc import Iterator, Mapping

from headframe.testing.feed_site import FeedSite, Page
from headframe.testing.loop_thread import LoopThread


class _Startable:
    def __init__(self, site: FeedSite) -> None:
        self._site = site

    async def start(self) -> None:
        await self._site.__aenter__()

    async def stop(self) -> None:
        await self._site.__aexit__()


@contextlib.contextmanager
def feed_site(pages: Mapping[str, Page]) -> Iterator[FeedSite]:
    """A site with these pages; change `pages` as you like."""
    site = FeedSite(pages)
    thread = LoopThread(_Startable(site), "feed site")
    thread.start()
    try:
        yield site
    finally:
        thread.close()
