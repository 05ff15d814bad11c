"""`run` and `demo`, from a configuration to an exit code.

Responsible for: choosing between live view and log, starting the app, ending on a signal or after a time, and the
demo's own parts: the embedded node, embedded pools if wanted, and miners as processes.
Not responsible for: the server itself (`app`), drawing (`cli.live`).
Read next: `app`.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog
from rich.console import Console

from headframe.app import running
from headframe.app.cockpit import Holding
from headframe.app.running import Ready, Reloads
from headframe.cli import live
from headframe.cli.logs import LastWarnings, set_up
from headframe.config import Config, Logging, parse
from headframe.net import loop
from headframe.net.tasks import spawn
from headframe.service.logbook import Logbook
from headframe.service.queries import Queries

DEMO_ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
"""The example key of BIP173 on regtest: nothing of value can ever be paid there."""

DEMO_MINERS = (("swift", 400_000), ("steady", 100_000))
"""Name and hashes per second of the demo's miners: different, and gentle to the machine."""

POOL_MINERS = (("swift", 160_000), ("steady", 100_000), ("calm", 60_000), ("small", 40_000))
"""The same of the demo with pools, where a split needs more of them."""

DEMO_WEIGHTS = {"embedded": 50, "larch": 30, "birch": 20}
"""Node and pools of the demo with pools, with their weights."""

POOL_DIFFICULTY = 5e-6
"""About 21,000 hashes for a share: several a second go up from each miner, so that the split shows within a minute."""

POOL_REFRESH_S = 15.0

GUEST = "guest"
"""Who owns the demo; a link lets them in."""

MINER_STOP_S = 5.0

log = structlog.get_logger("headframe.cli")


@dataclass(frozen=True, slots=True)
class Display:
    """How to show what goes on. `console` None: no live view."""

    console: Console | None
    warnings: LastWarnings | None
    logbook: Logbook = field(default_factory=Logbook)

    @classmethod
    def choose(cls, logging: Logging, *, wants_live: bool) -> "Display":
        """Set the log up and take the terminal, if there is one and it is wanted. Raises OSError for the log's file."""
        shown = wants_live and sys.stdout.isatty()
        display = cls(Console() if shown else None, LastWarnings() if shown else None)
        display.log_as(logging)
        return display

    def log_as(self, logging: Logging) -> None:
        """Log as these settings say, in place of what was before. Raises OSError for the log's file."""
        set_up(
            level=logging.level,
            json_lines=logging.format == "json" or (logging.format == "auto" and not sys.stderr.isatty()),
            file=logging.file,
            rotate_bytes=logging.rotate_bytes,
            keep_files=logging.keep_files,
            display=self.warnings,
            logbook=self.logbook,
        )

    async def until_stopped(self, ready: Ready, stop: asyncio.Event) -> None:
        """Show until `stop` is set."""
        overview = ready.queries.overview()
        log.info("ready", version=overview.version, network=overview.network, listen=overview.listen, web=overview.web)
        if self.console is None:
            if link := ready.welcome():
                log.warning("first_visit", link=link, remedy="open the link on this machine and make the owner")
            await stop.wait()
        else:
            lines = () if self.warnings is None else self.warnings.lines
            await live.show(ready.queries, stop, self.console, lines=lines, welcome=ready.welcome)


def run(config: Config, display: Display, load: Callable[[], Config], held: Holding) -> int:
    """Serve until a signal; SIGHUP reads the configuration again with `load`. A server that is set up meanwhile goes on by
    what was written. Returns the exit code."""

    def take_over(config: Config) -> None:
        try:
            display.log_as(config.logging)
        except OSError as trouble:
            log.error("log_unchanged", file=str(config.logging.file), error=str(trouble))

    async def main(signals: loop.Signals) -> int:
        async def show(ready: Ready, stop: asyncio.Event) -> None:
            async with _heeding(signals, stop):
                await display.until_stopped(ready, stop)

        now, holding = config, held
        reloads = Reloads(signals.reload, load, take_over)
        while await running.run(now, on_ready=show, reloads=reloads, holding=holding, logbook=display.logbook):
            now = load()
            holding = replace(holding, file=holding.to_write, to_write=None)
            take_over(now)
            log.info("set_up", file=str(holding.file))
        log.info("stopped")
        return 0

    return loop.run(main)


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
    """An embedded node (and pools), the server and miners, in one command. Returns the exit code; prints what came of
    it."""
    from headframe.testing.regtest_node import demo_node

    async def main(signals: loop.Signals) -> int:
        miners = POOL_MINERS if wish.pools else DEMO_MINERS
        with tempfile.TemporaryDirectory(prefix="headframe-demo-", ignore_cleanup_errors=True) as folder:
            async with demo_node() as node, _pools(wish) as pool_urls:
                last: list[Queries] = []

                async def show(ready: Ready, stop: asyncio.Event) -> None:
                    last.append(ready.queries)
                    place = ready.queries.overview().listen[0]
                    async with _heeding(signals, stop, after_s=wish.duration_s), _miners(place, miners):
                        await display.until_stopped(ready, stop)

                config = demo_config(node.url, Path(folder), wish, pool_urls)
                await running.run(config, on_ready=show, holding=Holding(guest=GUEST), logbook=display.logbook)
                if last:
                    _summarise(last[0])
        return 0

    return loop.run(main)


def demo_config(node_url: str, folder: Path, wish: DemoWish, pool_urls: Mapping[str, str] | None = None) -> Config:
    """The demo as a configuration file would say it. `pool_urls`: where each pool is, by its name."""
    pools = "".join(
        f"""
        [[source]]
        name = "{name}"
        kind = "pool"
        network = "regtest"
        weight = {DEMO_WEIGHTS[name]}
        url = ["{url}"]
        wallet = "{DEMO_ADDRESS}"
        """
        for name, url in (pool_urls or {}).items()
    )
    # A split over minutes, since nobody watches a demo for an hour.
    routing = "[routing]\nhorizon_s = 120\ndwell_s = 3\n" if pools else ""
    return parse(
        f"""
        [stratum]
        listen = ["127.0.0.1:{wish.stratum_port}"]
        [web]
        listen = "127.0.0.1:{wish.web_port}"
        privacy = "workers"
        [payout]
        mode = "miner"
        [difficulty]
        start = 1e-5
        min = 1e-7
        shares_per_minute = 60
        {routing}
        [[source]]
        name = "embedded"
        network = "regtest"
        weight = {DEMO_WEIGHTS["embedded"] if pools else 100}
        rpc = ["{node_url}"]
        user = "demo"
        password = "demo"
        {pools}
        """,
        {"HEADFRAME_DATA__DIR": str(folder)},
        name="demo",
    )


@asynccontextmanager
async def _pools(wish: DemoWish) -> AsyncIterator[dict[str, str]]:
    """Embedded pools for as long as the block lasts, if they are wished for: their names, and where they are."""
    from headframe.testing.fake_pool import FakePool, Manners

    async def refresh(pools: list[FakePool]) -> None:
        while True:
            await asyncio.sleep(POOL_REFRESH_S)
            for pool in pools:
                pool.refresh()

    names = [name for name in DEMO_WEIGHTS if name != "embedded"] if wish.pools else []
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        pools = [
            await stack.enter_async_context(FakePool(Manners(difficulty=POOL_DIFFICULTY), seed=number))
            for number, _ in enumerate(names)
        ]
        task = spawn(group, refresh(pools), name="demo pools")
        yield {name: pool.url for name, pool in zip(names, pools, strict=True)}
        task.cancel()


@asynccontextmanager
async def _miners(address: str, miners: Sequence[tuple[str, int]]) -> AsyncIterator[None]:
    """These miners for as long as the block lasts. They are processes, so that hashing never holds up the server."""
    started: list[asyncio.subprocess.Process] = []
    try:
        for name, hashrate in miners:
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
    said = [
        f"demo: {overview.totals.shares_accepted} shares accepted, "
        f"{sum(overview.totals.shares_rejected.values())} rejected, {blocks} blocks found"
    ]
    for source in overview.sources:
        upstream, share = source.upstream, source.delivered_share
        if upstream is not None:
            part = "nothing" if share is None else f"{100 * share:.1f} % of the work"
            said.append(
                f"{source.name}: {part}, {upstream.outcomes['accepted']} shares accepted by the pool, {upstream.outcomes['refused']} refused"
            )
    Console(stderr=False).print("\n".join(said), markup=False, highlight=False, soft_wrap=True)
