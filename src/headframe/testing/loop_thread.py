"""Something that lives on an event loop, for tests that block.

Responsible for: a loop in a thread of its own, starting and stopping what lives on it, running things there.
Not responsible for: what that is.
Read next: `testing.node_thread`, `testing.fake_pool`.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

CALL_TIMEOUT_S = 20.0

T = TypeVar("T")


class Startable(Protocol):
    """What can be started and stopped, also again."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class LoopThread:
    """`inhabitant` may be read from the test's thread; everything else goes through `do`."""

    def __init__(self, inhabitant: Startable, name: str) -> None:
        self._inhabitant = inhabitant
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)

    def start(self) -> None:
        """Start it; again after `stop` on the same port."""
        if not self._thread.is_alive():
            self._thread.start()
        self._await(self._inhabitant.start)

    def stop(self) -> None:
        """Stop it, as something that dies."""
        self._await(self._inhabitant.stop)

    def do(self, action: Callable[[], T]) -> T:
        """Run this in its thread."""

        async def act() -> T:
            return action()

        return self._await(act)

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_TIMEOUT_S)
        self._loop.close()

    def _await(self, work: Callable[[], Awaitable[T]]) -> T:
        async def run() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(CALL_TIMEOUT_S)
