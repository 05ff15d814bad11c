"""Networks: from our own nodes first, and unknown where nothing says."""

from types import SimpleNamespace
from typing import Any

import pytest

from headframe.bitcoin.target import difficulty_of_target, target_of_bits
from headframe.gateway.jobbook import JobBook
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.routing.policies import Block, Windows
from headframe.service.networks import FRESH_S, ChainReading, Networks, hashrate_of
from headframe.sources.node.history import ChainStats, SeenBlock, SeenBlocks
from headframe.sources.scripted import ScriptedSource
from headframe.testing.fake_clock import FakeClock

BITS = 0x1B0404CB
DIFFICULTY = difficulty_of_target(target_of_bits(BITS))
WINDOWS = Windows(short_s=3_600.0, long_s=86_400.0)


class Witnessing(ScriptedSource):
    """Knows its chain."""

    stats: ChainStats | None = None
    seen: SeenBlocks | None = None
    asked = 0

    def chain_stats(self) -> ChainStats | None:
        return self.stats

    def recent_blocks(self, since_unix_s: float) -> SeenBlocks | None:
        self.asked += 1
        return self.seen


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sources = SourceBook()
        self.node = Witnessing(self.clock, "home")
        self.sources.add(self.node, Usage(chain="btc"))
        self.readings: dict[str, ChainReading] = {}
        hub: Any = SimpleNamespace(sources=self.sources, book=JobBook(1))
        self.networks = Networks(hub, self.clock, lambda: self.readings, lambda: WINDOWS)

    def blocks(self, every_s: int, back_s: int) -> SeenBlocks:
        now_s = self.clock.unix_ms() // 1000
        times = range(now_s - back_s, now_s + 1, every_s)
        return SeenBlocks(0.0, tuple(SeenBlock(at, BITS) for at in times))


def test_nothing_is_known_of_a_chain_that_nobody_tells_of() -> None:
    scene = Scene()
    (view,) = scene.networks.views()
    assert (view.chain, view.difficulty, view.short_hashrate, view.long_hashrate) == ("btc", None, None, None)
    assert (view.short_s, view.long_s) == (3_600.0, 86_400.0)


def test_our_own_node_tells_difficulty_and_both_hashrates() -> None:
    scene = Scene()
    scene.node.stats = ChainStats(0.0, 7, BITS, 50)
    scene.node.seen = scene.blocks(600, 100_000)
    scene.readings["btc"] = ChainReading(difficulty=1.0)
    (view,) = scene.networks.views()
    assert view.difficulty == pytest.approx(DIFFICULTY)
    assert view.short_hashrate == pytest.approx(DIFFICULTY * 2**32 / 600, rel=0.2)
    assert view.long_hashrate == pytest.approx(DIFFICULTY * 2**32 / 600, rel=0.02)


def test_a_window_that_the_known_blocks_do_not_fill_is_unknown() -> None:
    scene = Scene()
    scene.node.seen = scene.blocks(600, 7_200)
    (view,) = scene.networks.views()
    assert view.short_hashrate is not None
    assert view.long_hashrate is None


def test_a_chain_without_a_node_is_known_by_feeds_or_by_a_pools_jobs() -> None:
    scene = Scene()
    pool = ScriptedSource(scene.clock, "pool")
    scene.sources.add(pool, Usage(chain="bch"))
    now_s = scene.clock.unix_ms() / 1000
    scene.readings["bch"] = ChainReading(5.0, [Block(now_s - 90_000, 2.0), Block(now_s - 60, 2.0)])
    bch, btc = scene.networks.views()
    assert (bch.difficulty, bch.short_hashrate) == (5.0, 2.0 * 2**32 / 3_600)
    assert btc.difficulty is None


def test_nodes_are_not_asked_with_every_look() -> None:
    scene = Scene()
    scene.node.stats = ChainStats(0.0, 7, BITS, 50)
    first = scene.networks.views()
    assert scene.networks.views() is first
    assert scene.node.asked == 1
    scene.clock.advance(FRESH_S)
    scene.networks.views()
    assert scene.node.asked == 2
    scene.sources.add(ScriptedSource(scene.clock, "pool"), Usage(chain="bch"))
    assert [view.chain for view in scene.networks.views()] == ["bch", "btc"], "a new chain is shown at once"


def test_the_hashrate_is_the_work_within_the_window_over_the_window() -> None:
    blocks = [Block(0.0, 9.0), Block(50.0, 1.0), Block(100.0, 3.0)]
    assert hashrate_of(blocks, 100.0, 60.0) == 4.0 * 2**32 / 60
    assert hashrate_of(blocks, 100.0, 101.0) is None
    assert hashrate_of([], 100.0, 10.0) is None
