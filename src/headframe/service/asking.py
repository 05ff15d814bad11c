"""Questions that take a thread.

Responsible for: asking the store in a thread, and saying its trouble as faces understand it.
Not responsible for: what is asked (`service.history`, `service.miners`).
Read next: `store.past`.
"""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from headframe.service.refusals import Unavailable
from headframe.store.trouble import StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the store answers. Raises Unavailable when its database is in trouble."""
    try:
        return await asyncio.to_thread(question, *args, **kwargs)
    except StoreUnavailable as trouble:
        raise Unavailable(trouble.reason, trouble.remedy) from trouble
