"""Several watches that live and die together.

Responsible for: running coroutines until the first of them fails in an expected way.
Not responsible for: what they do.
Read next: `sources.node.feed`.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from headframe.net.tasks import spawn

E = TypeVar("E", bound=Exception)


async def first_failure(works: Mapping[str, Coroutine[Any, Any, None]], expected: tuple[type[E], ...]) -> E:
    """Run all works until one fails with an `expected` error: the others are cancelled and the error is returned.

    Works that end well are simply over; any other exception is a bug and leaves as an exception group. The expected
    errors travel as values, not through the task group: before Python 3.13 a group that fails while it is being
    cancelled reports the failure only, and the cancellation is lost.
    """
    failed: asyncio.Future[E] = asyncio.get_running_loop().create_future()

    async def guarded(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except expected as error:
            if not failed.done():
                failed.set_result(error)

    async with asyncio.TaskGroup() as group:
        tasks = [spawn(group, guarded(work), name=name) for name, work in works.items()]
        error = await failed
        for task in tasks:
            task.cancel()
    return error
