"""The CPU miner on the command line.

Responsible for: one line of progress while it mines, stopping on a signal or after a time, what it says at the end.
Not responsible for: mining (`testing.miner`).
Read next: `testing.miner`.
"""

import asyncio
import os
import sys
import threading
from dataclasses import dataclass

import click

from headframe.cli.logs import set_up
from headframe.cli.words import difficulty, hashrate
from headframe.net import loop
from headframe.net.tasks import spawn
from headframe.testing.miner import CpuMiner, MinerSettings, MinerStats

REFRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """When to stop (shares 0, duration_s None: never) and how much to say. `tied`: end with standard input."""

    shares: int
    duration_s: float | None
    quiet: bool
    tied: bool


def mine(settings: MinerSettings, wish: Wish) -> int:
    """Mine until told to stop. Returns the exit code: 2 when nothing was accepted although shares were asked for."""
    set_up(level="warning", json_lines=False)

    async def main(signals: loop.Signals) -> int:
        miner = CpuMiner(settings)
        if wish.tied:
            _stop_with_input(signals.stop)
        async with asyncio.TaskGroup() as group:
            work = spawn(group, miner.run(stop_after=wish.shares), name="miner")
            shown = spawn(group, _progress(miner.stats, wish.quiet), name="progress")
            over = spawn(group, _until(signals.stop, wish.duration_s), name="stop")
            await asyncio.wait((work, over), return_when=asyncio.FIRST_COMPLETED)
            for task in (work, over, shown):
                task.cancel()
        _say_end(miner.stats)
        return 2 if wish.shares and miner.stats.accepted < wish.shares else 0

    return loop.run(main)


async def _until(stop: asyncio.Event, duration_s: float | None) -> None:
    try:
        async with asyncio.timeout(duration_s):
            await stop.wait()
    except TimeoutError:
        return


def _stop_with_input(stop: asyncio.Event) -> None:
    """A thread of its own: reading standard input must hold up nobody, and it has nothing else to do."""
    running = asyncio.get_running_loop()

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            continue
        try:
            running.call_soon_threadsafe(stop.set)
        except RuntimeError:
            return  # the loop has ended before

    threading.Thread(target=wait, name="standard input", daemon=True).start()


async def _progress(stats: MinerStats, quiet: bool) -> None:
    """In a terminal one line that is drawn over; elsewhere a line whenever the state changes."""
    terminal = sys.stdout.isatty()
    before = ""
    while not quiet:
        text = line(stats)
        if terminal:
            click.echo(f"\r\x1b[K{text}", nl=False)
        elif stats.state != before:
            click.echo(text)
        before = stats.state
        await asyncio.sleep(REFRESH_S)


def line(stats: MinerStats) -> str:
    """Where the miner stands. What a server said is shown without control characters."""
    parts = [
        stats.state,
        hashrate(stats.hashrate),
        f"difficulty {difficulty(stats.difficulty)}",
        f"{stats.accepted} accepted",
        f"{sum(stats.rejected.values())} rejected",
    ]
    if stats.message:
        parts.append(f"server says: {stats.message}")
    return "".join(char if char.isprintable() else "?" for char in ", ".join(parts))


def _say_end(stats: MinerStats) -> None:
    if sys.stdout.isatty():
        click.echo()
    reasons = ", ".join(f"{count} {reason}" for reason, count in stats.rejected.items())
    text = f"{stats.accepted} shares accepted, {sum(stats.rejected.values())} rejected" + (
        f" ({reasons})" if reasons else ""
    )
    click.echo("".join(char if char.isprintable() else "?" for char in text))
