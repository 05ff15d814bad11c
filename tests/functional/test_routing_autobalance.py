"""A whole server between a pool of each of two chains, whose weights follow a web site of prices and difficulties."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from headframe.app import running as app
from headframe.bitcoin.networks import NETWORKS
from headframe.config import Config, parse
from headframe.gateway.dispatch import Dispatch
from headframe.net.clock import SystemClock
from headframe.net.fetch import Fetcher
from headframe.routing.horizon import Horizon
from headframe.routing.router import Router
from headframe.service.queries import Queries
from headframe.sources.base import JobReady
from headframe.sources.node.settings import NodeSettings
from headframe.sources.node.source import NodeSource
from headframe.testing.chain import Chain
from headframe.testing.fake_pool import FakePool
from headframe.testing.feed_site import DRIP, FLOOD, HANG, FeedSite, Page
from headframe.testing.loopback import eventually
from headframe.testing.regtest_node import EmbeddedNode
from headframe.testing.server import ServerProcess
from headframe.testing.source_rig import running as run_source

REFRESH_S = 0.02
"""Shorter than the configuration takes, so that a test need not wait."""

FEEDS = ", ".join(
    f'{{ chain = "{chain}", what = "{what}", url = "SITE/{chain}", pointer = "/now/{what}" }}'
    for chain in ("btc", "bch")
    for what in ("price", "difficulty", "reward", "blocks")
)


def world(bch_price: float = 500.0) -> dict[str, Page]:
    """Both chains earn the same per hash, as long as the price of bch is 500."""
    return {
        "/btc": json.dumps({"now": {"price": "100000", "difficulty": 1.2e14, "reward": 312_500_000}}),
        "/bch": json.dumps({"now": {"price": bch_price, "difficulty": 6e11, "reward": 312_500_000}}),
    }


@dataclass
class Hall:
    """What a test sees: the site, the running server, its log."""

    site: FeedSite
    said: list[MutableMapping[str, Any]]
    config: Callable[..., Config]
    next_config: Config | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    queries: Queries | None = None
    reloaded: int = 0

    @property
    def weights(self) -> dict[str, int]:
        assert self.queries is not None
        return {source.name: source.weight for source in self.queries.overview().sources}

    @property
    def changes(self) -> list[MutableMapping[str, Any]]:
        return [entry for entry in self.said if entry["event"] == "weights_changed"]

    async def until(self, btc: int, bch: int) -> None:
        await eventually(lambda: self.weights == {"btc": btc, "bch": bch}, f"{btc}/{bch}")

    async def rounds(self, count: int) -> None:
        """Until the site was asked so many times more."""
        goal = len(self.site.asked) + count * 6
        await eventually(lambda: len(self.site.asked) >= goal, "the site to be asked")

    async def reload(self, config: Config) -> None:
        before, self.next_config = self.reloaded, config
        self.asked.set()
        await eventually(lambda: self.reloaded > before, "the reload")


@asynccontextmanager
async def serving(tmp_path: Path, **routing: Any) -> AsyncIterator[Hall]:
    """The server, 70 to btc and 30 to bch. Loopback alone is asked for anything."""
    async with FakePool() as btc, FakePool(seed=2) as bch, FeedSite(world()) as site:

        def config(*, weights: tuple[int, int] = (70, 30), **changes: Any) -> Config:
            pools = "".join(
                f'[[source]]\nname = "{chain}"\nkind = "pool"\nchain = "{chain}"\nuser = "me"\n'
                f'weight = {weight}\nurl = "{pool.url}"\n'
                for chain, pool, weight in (("btc", btc, weights[0]), ("bch", bch, weights[1]))
            )
            text = (
                f'[stratum]\nlisten = ["127.0.0.1:0"]\n[web]\nenabled = false\n[data]\ndir = "{tmp_path}"\n'
                f'[routing]\npolicy = "expected_value"\nfeed = [{FEEDS.replace("SITE", site.url)}]\n{pools}'
            )
            found = parse(text, {})
            chosen = {"refresh_s": REFRESH_S} | routing | changes
            smoothing_s = chosen.pop("smoothing_s", 0.01)
            chosen |= {
                policy: getattr(found.routing, policy).model_copy(update={"smoothing_s": smoothing_s})
                for policy in ("expected_value", "network_hashrate")
            }
            update = found.routing.model_copy(update=chosen)
            return found.model_copy(update={"routing": update})

        with capture_logs() as said:
            hall = Hall(site, said, config)
            async with running(hall, config()):
                yield hall
        assert not [entry for entry in said if entry["log_level"] == "error"]


@asynccontextmanager
async def running(hall: Hall, config: Config) -> AsyncIterator[None]:
    ready, done = asyncio.Event(), asyncio.Event()

    async def face(found: app.Ready, stop: asyncio.Event) -> None:
        hall.queries = found.queries
        ready.set()
        await done.wait()

    def load() -> Config:
        assert hall.next_config is not None
        return hall.next_config

    def taken_over(config: Config) -> None:
        hall.reloaded += 1

    reloads = app.Reloads(hall.asked, load, taken_over)
    async with asyncio.TaskGroup() as group:
        group.create_task(app.run(config, on_ready=face, reloads=reloads))
        await asyncio.wait_for(ready.wait(), 20)
        await eventually(lambda: all(source.up for source in hall.queries.overview().sources), "both pools")  # type: ignore[union-attr]
        try:
            yield
        finally:
            done.set()


async def test_weights_follow_the_numbers_and_never_beyond_the_bound(tmp_path: Path) -> None:
    async with serving(tmp_path) as hall:
        await hall.rounds(2)
        assert hall.weights == {"btc": 70, "bch": 30}
        assert not hall.changes
        hall.site.pages |= world(bch_price=5_000_000.0)
        await hall.until(60, 40)
        hall.site.pages |= world(bch_price=0.005)
        await hall.until(80, 20)
        hall.site.pages |= world()
        await hall.until(70, 30)
        for change in hall.changes:
            assert 60 <= change["weights"]["btc"] <= 80
            assert sum(change["weights"].values()) == 100
            assert change["policy"] == "expected_value"
            assert "expected value: bch" in change["reason"]


async def test_stale_numbers_hold_and_then_the_base_returns(tmp_path: Path) -> None:
    async with serving(tmp_path, stale_s=0.2, hold_s=1.0) as hall:
        hall.site.pages |= world(bch_price=5e6)
        await hall.until(60, 40)
        hall.site.pages.clear()
        before = len(hall.changes)
        await hall.until(70, 30)
        assert "no usable data of bch, btc" in hall.changes[-1]["reason"]
        assert len(hall.changes) == before + 1, "held until then"
        assert [
            entry for entry in hall.said if entry["event"] == "feed_failed" and entry["reason"] == "HTTP status 404"
        ]
        hall.site.pages |= world(bch_price=5e6)
        await hall.until(60, 40)


@pytest.mark.parametrize(
    "page",
    [
        "<html>we have moved</html>",
        '{"now": {"price": NaN, "difficulty": NaN, "reward": NaN}}',
        '{"now": {"price": -500, "difficulty": -1, "reward": -1}}',
        '{"now": {"price": 1e999, "difficulty": 0, "reward": 1e30}}',
        '{"now": {"price": null, "difficulty": [], "reward": 3.125}}',
        "[" * 100_000,
        HANG,
        DRIP,
        FLOOD,
    ],
    ids=["html", "nan", "negative", "infinite", "kinds", "deep", "hang", "drip", "flood"],
)
async def test_a_bad_answer_never_harms(tmp_path: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headframe.app.house.Fetcher", patient_for(0.2))
    async with serving(tmp_path) as hall:
        await hall.rounds(2)
        hall.site.pages["/bch"] = page
        await hall.rounds(4)
        assert hall.weights == {"btc": 70, "bch": 30}
        assert hall.queries is not None
        assert hall.queries.healthy()[0]
        await eventually(lambda: any(entry["event"] == "feed_failed" for entry in hall.said), "the trouble to be said")
        hall.site.pages |= world(bch_price=5e6)
        await hall.until(60, 40)


def patient_for(timeout_s: float) -> Callable[[], Any]:
    return lambda: Fetcher(timeout_s=timeout_s)


async def test_manual_automatic_and_back_by_reload_while_a_miner_stays(tmp_path: Path) -> None:
    async with serving(tmp_path) as hall, miner(hall) as session_id:
        hall.site.pages |= world(bch_price=5e6)
        await hall.until(60, 40)
        await hall.reload(hall.config(policy="weights"))
        assert hall.weights == {"btc": 70, "bch": 30}
        await some_refreshes()  # what was on its way arrives
        asked = len(hall.site.asked)
        await some_refreshes()
        assert len(hall.site.asked) == asked
        assert hall.changes[-1]["policy"] == "weights"
        await hall.reload(hall.config(policy="weights", weights=(50, 50)))
        assert hall.weights == {"btc": 50, "bch": 50}
        await hall.reload(hall.config(weights=(50, 50)))
        await hall.until(40, 60)
        await hall.reload(hall.config())
        await hall.until(60, 40)
        assert hall.queries is not None
        assert [session.session_id for session in hall.queries.sessions()] == [session_id]


async def test_another_policy_does_not_make_the_router_measure_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Horizon] = []
    use_router = Dispatch.use_router

    def spy(dispatch: Dispatch, router: Router, horizon: Horizon) -> None:
        made.append(horizon)
        use_router(dispatch, router, horizon)

    monkeypatch.setattr(Dispatch, "use_router", spy)
    async with serving(tmp_path) as hall:
        await hall.reload(hall.config(policy="weights"))
        await hall.reload(hall.config(stale_s=100.0))
        assert not made
        await hall.reload(hall.config(horizon_s=600.0))
        assert len(made) == 1


async def test_a_running_process_takes_a_policy_up_and_puts_it_down_at_sighup(tmp_path: Path) -> None:
    async with FakePool() as btc, FakePool(seed=2) as bch, FeedSite(world(bch_price=5e6)) as site:

        def settings(policy: str) -> str:
            return f'[routing]\npolicy = "{policy}"\nfeed = [{FEEDS.replace("SITE", site.url)}]\n' + "".join(
                f'[[source]]\nname = "{chain}"\nkind = "pool"\nchain = "{chain}"\nuser = "me"\n'
                f'weight = {weight}\nurl = "{pool.url}"\n'
                for chain, pool, weight in (("btc", btc, 70), ("bch", bch, 30))
            )

        def drive(server: ServerProcess) -> list[tuple[str, dict[str, int]]]:
            server.start()
            for count, policy in enumerate(("expected_value", "weights", "expected_value"), 1):
                server.configure(settings(policy))
                os.kill(server.pid, signal.SIGHUP)
                server.wait_event("reloaded", count=count)
                server.wait_event("weights_changed", count=count)
            assert server.stop() == 0
            return [(entry["policy"], entry["weights"]) for entry in server.events("weights_changed")]

        server = ServerProcess(tmp_path, settings("weights"))
        try:
            found = await asyncio.to_thread(drive, server)
        finally:
            server.kill()
        assert not server.faults()
        moved, base = {"btc": 60, "bch": 40}, {"btc": 70, "bch": 30}
        assert found == [("expected_value", moved), ("weights", base), ("expected_value", moved)]


async def test_network_hashrate_follows_blocks_of_a_site(tmp_path: Path) -> None:
    now_s = SystemClock().unix_ms() // 1000
    steady = [{"time": now_s - 600 * n, "difficulty": 1e12} for n in range(2100, 0, -1)]
    starving = [block for block in steady if block["time"] < now_s - 6 * 3600]
    async with serving(tmp_path, policy="network_hashrate") as hall:
        assert await unmoved(hall), "nobody knows any blocks yet"
        hall.site.pages |= {"/btc": page(steady), "/bch": page(steady[-10:])}
        assert await unmoved(hall), "ten blocks do not say what is usual"
        hall.site.pages["/bch"] = page(starving)
        await hall.until(60, 40)
        hall.site.pages["/bch"] = page(steady)
        await hall.until(70, 30)


def page(blocks: list[dict[str, float]]) -> str:
    return json.dumps({"now": {"blocks": blocks}})


async def unmoved(hall: Hall) -> bool:
    await hall.rounds(1)
    return not hall.changes


async def some_refreshes() -> None:
    """Ten times REFRESH_S; the only way to see that nothing happens."""
    clock = SystemClock()
    end = clock.monotonic() + 10 * REFRESH_S
    await eventually(lambda: clock.monotonic() > end)


async def test_nothing_is_asked_with_fixed_weights(tmp_path: Path) -> None:
    async with serving(tmp_path, policy="weights") as hall:
        await some_refreshes()
        assert not hall.site.asked
        assert hall.weights == {"btc": 70, "bch": 30}


@asynccontextmanager
async def miner(hall: Hall) -> AsyncIterator[str]:
    """One that is named and has work; its session's id."""
    assert hall.queries is not None
    host, _, port = hall.queries.overview().listen[0].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b'{"id":1,"method":"mining.subscribe","params":["test"]}\n')
        writer.write(b'{"id":2,"method":"mining.authorize","params":["bc1qsomebody.rig","x"]}\n')
        await eventually(lambda: len(hall.queries.sessions()) == 1, "the session")  # type: ignore[union-attr]
        yield hall.queries.sessions()[0].session_id
        assert not reader.at_eof()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_a_node_says_what_it_knows_of_its_chain(tmp_path: Path) -> None:
    chain = Chain()
    async with EmbeddedNode(chain) as node:
        node.extend(30)
        settings = NodeSettings("home", NETWORKS["regtest"], (node.url,), user="demo", password="demo")
        source = NodeSource(settings, SystemClock(), tmp_path)
        assert source.chain_stats() is None
        assert source.recent_blocks(0) is None
        async with run_source(source) as log:
            ready = await log.until(JobReady, lambda event: event.work.height == 31)
            stats = source.chain_stats()
            assert stats is not None
            assert (stats.height, stats.bits) == (31, 0x207FFFFF)
            assert stats.reward_sats == ready.work.template.reward_sats  # type: ignore[attr-defined]
            calls = node.calls.get("getblockheader", 0)
            await eventually(lambda: source.recent_blocks(0) is not None, "the blocks")
            seen = source.recent_blocks(0)
            assert seen is not None
            times = [block.header.ntime for height in range(31) if (block := chain.at(height)) is not None]
            assert [block.time_unix_s for block in seen.blocks] == times
            node.extend()
            await eventually(lambda: len(source.recent_blocks(0).blocks) == 32, "the new block")  # type: ignore[union-attr]
            assert node.calls["getblockheader"] - calls < 40, "what is known is not asked for again"
