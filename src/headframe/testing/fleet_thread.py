"""Scripted miners in a thread of their own, for tests that block.

Responsible for: running a fleet beside a test until the test has seen enough.
Not responsible for: the miners (`testing.fleet`).
Read next: `testing.fleet`.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from headframe.testing.fleet import HONEST, Behaviour, FleetReport, run_fleet

LONGEST_S = 600.0
END_S = 20.0


@contextlib.contextmanager
def fleet(
    port: int, *, miners: int, user: str, behaviour: Behaviour = HONEST, rate: float = 1.0, seed: int = 1
) -> Iterator[None]:
    """`miners` of one kind, named `user.0` and on, at this port of loopback, for as long as the block lasts."""
    loop = asyncio.new_event_loop()

    async def play() -> FleetReport:
        return await run_fleet(
            "127.0.0.1", port, miners=miners, seconds=LONGEST_S, seed=seed, mix=(behaviour,), user=user, rate=rate
        )

    playing = loop.create_task(play())
    thread = threading.Thread(target=lambda: _until_done(loop, playing), name="fleet", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(playing.cancel)
        thread.join(END_S)
        loop.close()


def _until_done(loop: asyncio.AbstractEventLoop, playing: "asyncio.Task[FleetReport]") -> None:
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(playing)
