"""The weights that sources are given, with a clock moved by hand and answers from a script."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from headframe.app.autobalance import AutoBalance
from headframe.app.parts import BalanceSettings, FeedSettings, balance_settings, base_weights
from headframe.config import parse
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.net.fetch import Answer, Fetched, Unusable
from headframe.routing.policies import Bounds, Standing, Windows
from headframe.sources.node.history import ChainStats, SeenBlock, SeenBlocks
from headframe.sources.scripted import ScriptedSource
from headframe.testing.fake_clock import FakeClock

WHATS = ("price", "difficulty", "reward")
EVEN = {"price": 100, "difficulty": 1e6, "reward": 312_500_000}


class NodeLike(ScriptedSource):
    """A scripted source that knows its chain."""

    stats: ChainStats | None = None
    seen: SeenBlocks | None = None
    since: float | None = None

    def chain_stats(self) -> ChainStats | None:
        return self.stats

    def recent_blocks(self, since_unix_s: float) -> SeenBlocks | None:
        self.since = since_unix_s
        return self.seen


class Desk:
    """An AutoBalance with two feeds' worth of script: `says[chain, what]` is what an address answers."""

    def __init__(self, **weights: tuple[str, int]) -> None:
        self.clock = FakeClock()
        self.book = SourceBook()
        self.says: dict[tuple[str, str], Any] = {(c, w): EVEN[w] for c in ("btc", "bch") for w in WHATS}
        self.asked: list[str] = []
        self.routed = 0
        self.while_asked: Callable[[], None] = lambda: None
        self.base = {name: weight for name, (_, weight) in weights.items()}
        for name, (chain, weight) in weights.items():
            self.book.add(NodeLike(self.clock, name), Usage(weight=weight, chain=chain))
        self.balance = AutoBalance(self.clock, self.book, self._route, self._fetch)
        self.settings = settings()

    def _route(self) -> None:
        self.routed += 1

    async def _fetch(self, url: str, pointer: str) -> Answer:
        self.asked.append(url)
        self.while_asked()
        chain, what = url.split("/")
        answer = self.says.get((chain, what), Unusable("HTTP status 500"))
        return answer if isinstance(answer, Unusable) else Fetched(answer)

    def use(self, chosen: BalanceSettings | None) -> None:
        self.balance.use(chosen, self.base)

    async def round(self, after_s: float = 60.0) -> dict[str, int]:
        """What the running task does every so often."""
        self.clock.advance(after_s)
        await self.balance.ask(self.settings)
        self.balance.decide()
        return self.weights

    @property
    def weights(self) -> dict[str, int]:
        return {seat.name: seat.usage.weight for seat in self.book.all()}

    def source(self, name: str) -> NodeLike:
        found = self.book.get(name)
        assert found is not None
        assert isinstance(found.source, NodeLike)
        return found.source


def settings(policy: str = "expected_value", feeds: bool = True, **bounds: Any) -> BalanceSettings:
    asked = tuple(FeedSettings(c, w, f"{c}/{w}", "", 60.0) for c in ("btc", "bch") for w in WHATS)
    return BalanceSettings(policy, Bounds(**bounds), Windows(), 60.0, asked if feeds else ())


async def test_weights_go_to_the_chain_that_earns_more_and_not_beyond_the_bound() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    assert await desk.round() == {"a": 70, "b": 30}
    desk.says["bch", "price"] = 102
    await desk.round(3600)
    assert 30 < desk.weights["b"] < 40
    desk.says["bch", "price"] = 10_000
    for _ in range(50):
        weights = await desk.round(600)
        assert weights["a"] + weights["b"] == 100
    assert weights == {"a": 60, "b": 40}
    assert desk.routed >= 2


async def test_small_weights_have_room_for_steps_and_the_base_is_shown_as_it_was_written() -> None:
    desk = Desk(a=("btc", 1), b=("bch", 1))
    desk.use(desk.settings)
    assert await desk.round() == {"a": 1, "b": 1}
    desk.says["bch", "price"] = 1e4
    for _ in range(50):
        await desk.round(600)
    assert desk.weights == {"a": 40, "b": 60}
    desk.use(None)
    assert desk.weights == {"a": 1, "b": 1}


async def test_stale_numbers_hold_the_weights_and_then_the_base_returns() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    desk.says["bch", "price"] = 1e4
    assert await desk.round() == {"a": 60, "b": 40}
    for key in desk.says:
        desk.says[key] = Unusable("no connection")
    for _ in range(7):
        assert await desk.round(600) == {"a": 60, "b": 40}
    with capture_logs() as said:
        assert await desk.round(600) == {"a": 70, "b": 30}
    (event,) = [entry for entry in said if entry["event"] == "weights_changed"]
    assert event["weights"] == {"a": 70, "b": 30}
    assert event["before"] == {"a": 60, "b": 40}
    assert "no usable data" in event["reason"]


@pytest.mark.parametrize("bad", [None, -5, 0, "NaN", "<html>", {}, [], True, 10**400, Unusable("too much")], ids=repr)
async def test_a_bad_answer_never_moves_a_weight(bad: Any) -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    await desk.round()
    desk.says["bch", "price"] = bad
    for _ in range(20):
        assert await desk.round() == {"a": 70, "b": 30}


async def test_a_feeds_trouble_is_said_once_and_so_is_its_end() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    with capture_logs() as said:
        desk.says["bch", "price"] = Unusable("HTTP status 503")
        await desk.round()
        await desk.round()
        desk.says["bch", "price"] = 100
        await desk.round()
    assert [(e["event"], e["chain"], e["what"]) for e in said] == [
        ("feed_failed", "bch", "price"),
        ("feed_works", "bch", "price"),
    ]


async def test_without_a_policy_nothing_is_asked_and_the_base_holds() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    with capture_logs() as said:
        desk.use(None)
    assert desk.weights == {"a": 70, "b": 30}
    assert (desk.asked, said) == ([], [])


async def test_manual_and_automatic_take_turns() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    desk.says["bch", "price"] = 1e4
    assert await desk.round() == {"a": 60, "b": 40}
    with capture_logs() as said:
        desk.use(None)
    assert desk.weights == {"a": 70, "b": 30}
    assert [(e["policy"], e["reason"]) for e in said] == [("weights", "as the configuration says")]
    desk.use(desk.settings)
    assert desk.weights == {"a": 70, "b": 30}
    assert await desk.round() == {"a": 60, "b": 40}


async def test_other_weights_are_taken_from_there_at_once() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    desk.says["bch", "price"] = 1e4
    await desk.round()
    for name, weight in (("a", 50), ("b", 50)):  # what a reload does to an adjusted source
        desk.book.use(name, replace(desk.book.get(name).usage, weight=weight))  # type: ignore[union-attr]
    desk.base = {"a": 50, "b": 50}
    with capture_logs() as said:
        desk.use(desk.settings)
    assert desk.weights == {"a": 40, "b": 60}
    assert [entry["before"] for entry in said] == [{"a": 60, "b": 40}]


async def test_other_feeds_begin_without_the_old_ones_numbers() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    desk.says["bch", "price"] = 1e4
    await desk.round()
    elsewhere = tuple(replace(feed, pointer="/other") for feed in desk.settings.feeds)
    desk.settings = replace(desk.settings, feeds=elsewhere)
    desk.use(desk.settings)
    assert desk.weights == {"a": 60, "b": 40}  # held
    desk.says = {}
    await desk.round(5000)
    assert desk.weights == {"a": 70, "b": 30}


async def test_answers_to_what_is_no_longer_in_force_are_dropped() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    desk.says["bch", "price"] = 1e4
    elsewhere = replace(desk.settings, feeds=tuple(replace(f, pointer="/other") for f in desk.settings.feeds))
    desk.while_asked = lambda: desk.use(elsewhere)  # a reload while the questions are under way
    assert await desk.round() == {"a": 70, "b": 30}
    desk.while_asked = lambda: None
    desk.settings = elsewhere
    assert await desk.round() == {"a": 60, "b": 40}


async def test_each_tier_is_decided_for_itself() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30), c=("btc", 100), d=("bch", 100))
    for name in ("c", "d"):
        desk.book.use(name, replace(desk.book.get(name).usage, tier=2))  # type: ignore[union-attr]
    desk.use(desk.settings)
    desk.says["bch", "price"] = 1e4
    assert await desk.round() == {"a": 60, "b": 40, "c": 80, "d": 120}


async def test_a_paused_source_is_left_out_and_one_chain_alone_stays_as_it_is() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    desk.says["bch", "price"] = 1e4
    await desk.round()
    desk.book.use("b", replace(desk.book.get("b").usage, paused=True))  # type: ignore[union-attr]
    assert await desk.round() == {"a": 70, "b": 30}
    seat = desk.book.get("b")
    assert seat is not None
    assert seat.usage.paused


async def test_our_own_node_gives_all_but_the_price() -> None:
    desk = Desk(home=("btc", 70), b=("bch", 30))
    desk.settings = replace(
        desk.settings, feeds=tuple(f for f in desk.settings.feeds if f.chain == "bch" or f.what == "price")
    )
    desk.use(desk.settings)
    assert await desk.round() == {"home": 70, "b": 30}
    # bits of difficulty 65536, and every other number as on the other chain: btc earns 15 times as much
    desk.source("home").stats = ChainStats(desk.clock.monotonic(), 100, 0x1B00FFFF, 312_500_000)
    assert await desk.round() == {"home": 80, "b": 20}


async def test_network_hashrate_needs_no_feed_where_nodes_know_the_blocks() -> None:
    desk = Desk(home=("btc", 70), other=("bch", 30))
    desk.settings = settings("network_hashrate", feeds=False)
    desk.use(desk.settings)
    assert await desk.round() == {"home": 70, "other": 30}
    now_s = desk.clock.unix_ms() // 1000
    steady = [SeenBlock(now_s - 600 * n, 0x1D00FFFF) for n in range(2200, 0, -1)]
    starving = [block for block in steady if block.time_unix_s < now_s - 6 * 3600]
    desk.source("home").seen = SeenBlocks(desk.clock.monotonic(), tuple(steady))
    desk.source("other").seen = SeenBlocks(desk.clock.monotonic(), tuple(starving))
    assert await desk.round() == {"home": 60, "other": 40}
    assert desk.asked == []
    since = desk.source("home").since
    assert since is not None
    assert since < now_s - 14 * 86400


async def test_only_feeds_that_the_policy_needs_of_chains_that_are_mined_are_asked() -> None:
    feeds = ", ".join(
        f'{{ chain = "{chain}", what = "{what}", url = "http://127.0.0.1:1/{chain}/{what}" }}'
        for chain in ("btc", "bch")
        for what in (*WHATS, "blocks")
    )
    pools = "".join(
        f'[[source]]\nname = "{chain}"\nkind = "pool"\nchain = "{chain}"\nuser = "me"\nweight = {weight}\n'
        f'url = "stratum+tcp://127.0.0.1:{port}"\n'
        for chain, weight, port in (("btc", 70, 1), ("bch", 30, 2))
    )
    config = parse(f'[routing]\npolicy = "network_hashrate"\nfeed = [{feeds}]\n{pools}', {})
    chosen = balance_settings(config)
    assert chosen is not None
    assert [(feed.chain, feed.what) for feed in chosen.feeds] == [("btc", "blocks"), ("bch", "blocks")]
    assert base_weights(config) == {"btc": 70, "bch": 30}
    alone = config.model_copy(update={"source": config.source[:1]})
    found = balance_settings(alone)
    assert found is not None
    assert {feed.chain for feed in found.feeds} == {"btc"}
    manual = config.model_copy(update={"routing": config.routing.model_copy(update={"policy": "weights"})})
    assert balance_settings(manual) is None


async def test_the_worked_example_of_the_operating_page() -> None:
    desk = Desk(home=("btc", 90), bch=("bch", 10))
    desk.says = {("btc", "price"): 100_000, ("btc", "difficulty"): 1.2e14, ("btc", "reward"): 318_000_000}
    desk.says |= {("bch", "price"): 509, ("bch", "difficulty"): 6e11, ("bch", "reward"): 312_500_000}
    desk.use(desk.settings)
    for _ in range(10):
        assert await desk.round() == {"home": 90, "bch": 10}
    desk.says["bch", "price"] = 560
    with capture_logs() as said:
        found = [(await desk.round())["bch"] for _ in range(120)]
    assert (found[5], found[29], found[-1]) == (11, 13, 15)
    assert said[0]["weights"] == {"home": 89, "bch": 11}
    assert said[0]["reason"] == "expected value: bch +1.1 %, btc -0.1 %"
    desk.says["bch", "price"] = 5_000
    assert [await desk.round() for _ in range(240)][-1] == {"home": 80, "bch": 20}


async def test_a_trial_says_what_would_be_decided_and_decides_nothing() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.says["bch", "price"] = 10_000
    desk.use(None)
    tried = await desk.balance.trial(desk.settings, desk.base)
    assert tried.weights == {"a": 60, "b": 40}
    assert (desk.weights, desk.routed, desk.balance.outcome().tiers) == ({"a": 70, "b": 30}, 0, ())
    assert tried.known == {(chain, what) for chain in ("btc", "bch") for what in WHATS}
    desk.use(desk.settings)
    assert await desk.round() == tried.weights, "and it is what the policy does when it is chosen"


async def test_a_trial_without_numbers_keeps_the_base_and_says_what_is_missing() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    del desk.says["bch", "reward"]
    tried = await desk.balance.trial(desk.settings, desk.base)
    assert tried.weights == {"a": 70, "b": 30}
    (tier,) = tried.tiers
    assert (tier.decision.standing, tier.decision.missing) == (Standing.BASE, ("bch",))
    assert tried.failing == {("bch", "reward"): "HTTP status 500"}
    assert ("bch", "reward") not in tried.known


async def test_how_it_stands_tells_a_held_decision_from_a_fresh_one() -> None:
    desk = Desk(a=("btc", 70), b=("bch", 30))
    desk.use(desk.settings)
    desk.says["bch", "price"] = 10_000
    await desk.round()
    assert desk.balance.outcome().tiers[0].decision.standing is Standing.MOVED
    desk.says.clear()
    await desk.round(1000)
    (tier,) = desk.balance.outcome().tiers
    assert (tier.decision.standing, tier.decision.missing) == (Standing.HELD, ("bch", "btc"))
    assert desk.balance.outcome().weights == {"a": 60, "b": 40}
    assert desk.balance.outcome().known == frozenset()
