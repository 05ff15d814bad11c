"""The only place that starts a task.

Responsible for: giving each task a name and an owner, so that none is lost to the garbage collector and none fails unseen.
Not responsible for: what runs in it.
Read next: `app`.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any


def spawn(group: asyncio.TaskGroup, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
    """Start `work` in `group`; its failure cancels the group, as a bug should."""
    return group.create_task(work, name=name)
