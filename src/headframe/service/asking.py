"""Questions that take a thread.

Responsible for: threads of their own for all that faces ask, asking the store in one, saying its trouble as faces
understand it.
Not responsible for: what is asked (`service.history`, `service.miners`, `service.accounts`).
Read next: `store.past`.

The loop's own threads read templates and keep blocks for the miners. Passwords that are guessed and years that are summed
up must never stand in line before those.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Final, ParamSpec, TypeVar

from headframe.service.refusals import Unavailable
from headframe.store.trouble import StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

THREADS: Final = 12
"""Two more than passwords are ever in line for (`service.accounts_passwords`). Begun when they are needed."""

_threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="ask")
_one: Final = ThreadPoolExecutor(1, thread_name_prefix="ask in turn")


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In a thread that no miner waits for."""
    return await _run(_threads, partial(work, *args, **kwargs))


async def in_turn(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same, one after the other: for what only reckons. Many such threads at once would leave the loop little time."""
    return await _run(_one, partial(work, *args, **kwargs))


async def _run(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, partial(copy_context().run, work))


async def in_thread(question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the store answers. Raises Unavailable when its database is in trouble."""
    try:
        return await aside(question, *args, **kwargs)
    except StoreUnavailable as trouble:
        raise Unavailable(trouble.reason, trouble.remedy) from trouble
