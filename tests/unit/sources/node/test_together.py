"""Watches live and die together, and a cancellation is never lost."""

import asyncio

import pytest

from headframe.sources.node.together import first_failure


class Expected(Exception):
    """What the tests' works may fail with."""


async def fails_when(event: asyncio.Event) -> None:
    await event.wait()
    raise Expected


async def test_the_first_expected_failure_ends_all() -> None:
    begin, ended = asyncio.Event(), asyncio.Event()

    async def watch() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    begin.set()
    error = await first_failure({"fails": fails_when(begin), "watches": watch()}, (Expected,))
    assert isinstance(error, Expected)
    assert ended.is_set()


async def test_a_work_that_ends_well_ends_nothing() -> None:
    begin = asyncio.Event()

    async def brief() -> None:
        begin.set()

    assert isinstance(await first_failure({"brief": brief(), "fails": fails_when(begin)}, (Expected,)), Expected)


async def test_an_unexpected_failure_is_a_bug_and_surfaces() -> None:
    async def bug() -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        await first_failure({"bug": bug()}, (Expected,))


async def test_failing_while_being_cancelled_is_still_cancelled() -> None:
    begin = asyncio.Event()
    task = asyncio.create_task(_swallow(begin))
    await asyncio.sleep(0)
    begin.set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _swallow(begin: asyncio.Event) -> None:
    while True:
        await first_failure({"fails": fails_when(begin)}, (Expected,))
        begin.clear()
