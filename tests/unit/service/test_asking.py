"""Threads of who asks, and threads of who mines."""

import asyncio
import threading

import pytest

from headframe.service.asking import THREADS, aside, in_thread
from headframe.service.refusals import Unavailable
from headframe.store.trouble import StoreUnavailable


async def test_however_many_ask_templates_and_blocks_have_their_threads() -> None:
    """Guesses of passwords from many addresses, say: they wait for each other, and nothing waits for them."""
    release, loop = threading.Event(), asyncio.get_running_loop()
    asked = [asyncio.ensure_future(aside(release.wait, 30)) for _ in range(3 * THREADS)]
    try:
        async with asyncio.timeout(20):
            assert await asyncio.gather(*(loop.run_in_executor(None, int, "7") for _ in range(20))) == [7] * 20
        assert not any(one.done() for one in asked)
    finally:
        release.set()
    assert all(await asyncio.gather(*asked))


async def test_trouble_of_the_store_is_said_as_faces_understand_it() -> None:
    def question(wrong: str, *, why: str) -> None:
        raise StoreUnavailable(wrong, why)

    with pytest.raises(Unavailable) as refusal:
        await in_thread(question, "the disk is full", why="free space")
    assert (refusal.value.text, refusal.value.remedy) == ("the disk is full", "free space")
