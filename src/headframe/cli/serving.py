"""`run` and `demo`, from a configuration to an exit code.

Responsible for: choosing between live view and log, starting the app, ending on a signal or after a time, and the
demo's own parts: the embedded node and two miners as processes.
Not responsible for: the server itself (`app`), drawing (`cli.live`).
Read next: `app`.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from rich.console import Console

from headframe import app
from headframe.cli import live
from headframe.cli.logs import LastWarnings, set_up
from headframe.config import Config, Logging, parse
from headframe.net import loop
from headframe.net.tasks import spawn
from headframe.service.queries import Queries

DEMO_ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
"""The example key of BIP173 on regtest: nothing of value can ever be paid there."""

DEMO_MINERS = (("swift", 400_000), ("steady", 100_000))
"""Name and hashes per second of the demo's miners: different, and gentle to the machine."""

MINER_STOP_S = 5.0

log = structlog.get_logger("headframe.cli")


@dataclass(frozen=True, slots=True)
class Display:
    """How to show what goes on. `console` None: no live view."""

    console: Console | None
    warnings: LastWarnings | None

    @classmethod
    def choose(cls, logging: Logging, *, wants_live: bool) -> "Display":
        """Set the log up and take the terminal, if there is one and it is wanted. Raises OSError for the log's file."""
        shown = wants_live and sys.stdout.isatty()
        warnings = LastWarnings() if shown else None
        json_lines = logging.format == "json" or (logging.format == "auto" and not sys.stderr.isatty())
        set_up(
            level=logging.level,
            json_lines=json_lines,
            file=logging.file,
            rotate_bytes=logging.rotate_bytes,
            keep_files=logging.keep_files,
            display=warnings,
        )
        return cls(Console() if shown else None, warnings)

    async def until_stopped(self, queries: Queries, stop: asyncio.Event) -> None:
        """Show until `stop` is set."""
        overview = queries.overview()
        log.info("ready", version=overview.version, network=overview.network, listen=overview.listen, web=overview.web)
        if self.console is None:
            await stop.wait()
        else:
            lines = () if self.warnings is None else self.warnings.lines
            await live.show(queries, stop, self.console, lines=lines)


def run(config: Config, display: Display, load: Callable[[], Config]) -> int:
    """Serve until a signal; SIGHUP reads the configuration again with `load`. Returns the exit code."""

    async def main(signals: loop.Signals) -> int:
        async def ready(queries: Queries, stop: asyncio.Event) -> None:
            async with _heeding(signals, stop):
                await display.until_stopped(queries, stop)

        await app.run(config, on_ready=ready, reloads=app.Reloads(signals.reload, load, _take_over_level))
        log.info("stopped")
        return 0

    return loop.run(main)


def _take_over_level(config: Config) -> None:
    """The level is what a reload changes of the log."""
    logging.getLogger().setLevel(config.logging.level.upper())


@asynccontextmanager
async def _heeding(signals: loop.Signals, stop: asyncio.Event, *, after_s: float | None = None) -> AsyncIterator[None]:
    """Within, a signal (or the end of the time, if there is one) sets `stop`."""

    async def heed() -> None:
        try:
            async with asyncio.timeout(after_s):
                await signals.stop.wait()
        except TimeoutError:
            pass
        stop.set()

    async with asyncio.TaskGroup() as group:
        task = spawn(group, heed(), name="stop on signal")
        yield
        task.cancel()


@dataclass(frozen=True, slots=True)
class DemoWish:
    """`duration_s` None: until Ctrl-C. Ports 0: any free one. `pools`: with two embedded pools beside the node."""

    duration_s: float | None
    stratum_port: int
    web_port: int
    pools: bool = False


def demo(wish: DemoWish, display: Display) -> int:
    """An embedded node, the server and two miners, in one command. Returns the exit code; prints what came of it."""
    from headframe.testing.regtest_node import demo_node

    async def main(signals: loop.Signals) -> int:
        with tempfile.TemporaryDirectory(prefix="headframe-demo-", ignore_cleanup_errors=True) as folder:
            async with demo_node() as node:
                last: list[Queries] = []

                async def ready(queries: Queries, stop: asyncio.Event) -> None:
                    last.append(queries)
                    async with _heeding(signals, stop, after_s=wish.duration_s), _miners(queries.overview().listen[0]):
                        await display.until_stopped(queries, stop)

                await app.run(demo_config(node.url, Path(folder), wish), on_ready=ready)
                if last:
                    _summarise(last[0])
        return 0

    return loop.run(main)


def demo_config(node_url: str, folder: Path, wish: DemoWish) -> Config:
    """The demo as a configuration file would say it."""
    return parse(
        f"""
        [stratum]
        listen = ["127.0.0.1:{wish.stratum_port}"]
        [web]
        listen = "127.0.0.1:{wish.web_port}"
        [payout]
        mode = "miner"
        [difficulty]
        start = 1e-5
        min = 1e-7
        shares_per_minute = 60
        [[source]]
        name = "embedded"
        network = "regtest"
        rpc = ["{node_url}"]
        user = "demo"
        password = "demo"
        """,
        {"HEADFRAME_DATA__DIR": str(folder)},
        name="demo",
    )


@asynccontextmanager
async def _miners(address: str) -> AsyncIterator[None]:
    """Two miners for as long as the block lasts. They are processes, so that hashing never holds up the server."""
    started: list[asyncio.subprocess.Process] = []
    try:
        for name, hashrate in DEMO_MINERS:
            started.append(
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "headframe", "miner", f"stratum+tcp://{address}", f"{DEMO_ADDRESS}.{name}"),
                    *("--hashrate", str(hashrate), "--quiet", "--tied"),
                    # Never written to: its closing, however this process ends, tells the miner to end too.
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        yield
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
        for process in started:
            await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(MINER_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _summarise(queries: Queries) -> None:
    overview = queries.overview()
    blocks = sum(overview.totals.blocks.values())
    Console(stderr=False).print(
        f"demo: {overview.totals.shares_accepted} shares accepted, "
        f"{sum(overview.totals.shares_rejected.values())} rejected, {blocks} blocks found",
        markup=False,
        highlight=False,
    )
