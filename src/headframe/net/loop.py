"""Running the program: which loop, how many files, which signals.

Responsible for: uvloop where it is installed, raising the limit of open files, SIGINT and SIGTERM as a request to stop
(a second one forces), SIGHUP as a request to read files again, what happens to exceptions nobody caught.
Not responsible for: what to do when asked to stop (`app`).
Read next: `app`.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

MAX_OPEN_FILES: Final = 1_048_576
"""Some containers allow a thousand times more, which makes every program that is started from us close them one by one."""
FORCED_EXIT: Final = 130
COLLECTOR_THRESHOLDS: Final = (50_000, 20, 100)
"""New containers before a young look; young looks before an older one; those before a full one."""

log = structlog.get_logger("headframe.net")


@dataclass(slots=True)
class Signals:
    """What the outside asks for. Mutable; owned by `run`."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    reload: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by SIGHUP; whoever acts on it clears it."""


def run(main: Callable[[Signals], Coroutine[Any, Any, int]]) -> int:
    """Run the program to its end; returns its exit code, FORCED_EXIT if it had to be cancelled."""
    loop_factory, name = pick_loop()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        try:
            return runner.run(_supervise(main, name))
        except asyncio.CancelledError:
            return FORCED_EXIT


def pick_loop() -> tuple[Callable[[], asyncio.AbstractEventLoop], str]:
    """(factory, name): uvloop if it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop, "asyncio"
    return uvloop.new_event_loop, "uvloop"


def raise_open_files() -> int:
    """Raise the limit of open files to what the system allows; returns what it is now (each connection is one)."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MAX_OPEN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            return soft
        return wanted
    return MAX_OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def quieten_collector() -> None:
    """Let the cycle collector look rarely: what lives here lives long and is freed by reference counts, and a full look
    at ten thousand sessions stops everybody for tens of milliseconds. What exists now is not looked at again."""
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


async def _supervise(main: Callable[[Signals], Coroutine[Any, Any, int]], loop_name: str) -> int:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_report)
    signals = Signals()
    task = asyncio.current_task()
    assert task is not None

    def ask_to_stop(number: int) -> None:
        name = signal.Signals(number).name
        if not signals.stop.is_set():
            log.info("stop_requested", signal=name)
            signals.stop.set()
        elif not task.cancelling():
            log.warning("stop_forced", signal=name)
            task.cancel()
        else:  # even the cancelling hangs
            os._exit(FORCED_EXIT)

    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ask_to_stop, number)
        loop.add_signal_handler(signal.SIGHUP, signals.reload.set)
    quieten_collector()
    log.info("loop_started", loop=loop_name, open_files=raise_open_files())
    return await main(signals)


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception that reached the loop is our bug: it costs the connection it happened in, never the others, and is
    said loudly."""
    error = context.get("exception")
    log.error("bug", message=str(context.get("message", "")), exc_info=error)
