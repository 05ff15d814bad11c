"""Queries whose answers are written down: for faces that are tried without a server.

Responsible for: one overview with something in every place, and a `CockpitQueries` that returns what it is given.
Not responsible for: being true; the other samples (`testing.cockpit_samples`).
Read next: `service.queries`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from headframe.service.balance_views import BalanceView
from headframe.service.history_views import (
    RANGES,
    ActivityView,
    BestShare,
    BlocksView,
    CurrentJob,
    Dashboard,
    HashrateSeries,
    NetworkView,
    Shaft,
    SourceHistory,
)
from headframe.service.miner_views import BanView, MinerDetail, MinersView, MinerView, MoveView
from headframe.service.miners import page_of
from headframe.service.queries import CockpitQueries, MinersAsk
from headframe.service.refusals import Invalid, NotFound
from headframe.service.views import (
    BlockView,
    Hashrates,
    Histogram,
    JobView,
    MoveCount,
    NoteView,
    Overview,
    Passed,
    SessionView,
    SourceTotals,
    SourceView,
    Totals,
    UpstreamTotals,
    UpstreamView,
    WorkerView,
)
from headframe.testing import cockpit_samples as samples
from headframe.testing.balance_samples import sample_balance

HOME_HASH = "00000000000000000001" + "ab" * 22


def sample_overview(**changes: object) -> Overview:
    """Two nodes, one of them down, and a pool, with shares, moves, blocks and something to attend to."""
    return msgspec.structs.replace(_SAMPLE, **changes)


def quiet_overview() -> Overview:
    """The first look after the start: nothing has happened yet."""
    return sample_overview(
        sessions={},
        hashrate=Hashrates(0.0, 0.0, 0.0, 0.0, 0.0),
        totals=Totals(0, {}, 0, {}, {}, {}, None),
        sources=(),
        job=None,
        blocks=(),
        attention=(),
        web="",
        moves=(),
    )


_SAMPLE = Overview(
    version="0.1.0",
    network="regtest",
    started_ms=1_800_000_000_000,
    now_ms=1_800_000_090_000,
    kernel="python",
    sessions={"mining": 7, "connecting": 1},
    hashrate=Hashrates(1.5e12, 1.25e12, 1e12, 0.5e12, 0.1e12),
    totals=Totals(
        shares_accepted=1200,
        shares_rejected={"stale": 3, "duplicate": 1, "job_not_found": 2},
        work=2**80,
        sources={
            "home": SourceTotals(1200, {"stale": 3, "duplicate": 1}, 2**80),
            "spare": SourceTotals(0, {}, 0),
        },
        blocks={"accepted": 2, "stale": 1},
        blocks_by_source={"home": {"accepted": 2, "stale": 1}},
        best_difficulty=123_456.0,
        upstream={
            "ocean": UpstreamTotals(Passed(900, 2**79), Passed(12, 2**70), Passed(1, 2**66), {"stale": 10, "other": 2}),
            "former": UpstreamTotals(Passed(5, 2**60), Passed(0, 0), Passed(0, 0), {}),
        },
    ),
    sources=(
        SourceView(
            "home",
            "node",
            "regtest",
            "127.0.0.1:18443",
            True,
            90.0,
            4.5,
            812_000,
            "",
            "",
            (),
            70,
            7,
            target_share=0.7,
            delivered_share=0.704,
            delivered_over_s=3600.0,
        ),
        SourceView(
            "spare",
            "node",
            "regtest",
            "127.0.0.1:18444",
            False,
            30.0,
            None,
            None,
            "cannot connect",
            "start bitcoind",
            (),
            30,
            0,
        ),
        SourceView(
            "ocean",
            "pool",
            "mainnet",
            "pool.example:3334",
            True,
            80.0,
            12.0,
            812_000,
            "",
            "",
            (),
            30,
            2,
            target_share=0.3,
            delivered_share=0.296,
            delivered_over_s=3600.0,
            upstream=UpstreamView(
                {"accepted": 900, "refused": 12, "lost": 1},
                {"stale": 10, "other": 2},
                Histogram((0.05, 0.5), (800, 910), 31.5, 912),
                1,
            ),
        ),
    ),
    moves=(MoveCount("home", "ocean", "balance", 7), MoveCount("", "home", "assign", 8)),
    job=JobView("home", "1f", 812_000, 4.6e-10, 312_500_001, 2_345, 3.0),
    blocks=(
        BlockView(
            1_800_000_060_000,
            HOME_HASH,
            811_999,
            "home",
            "bcrt1qminer",
            "bitaxe",
            312_500_000,
            "accepted",
            "",
            1,
            "btc",
        ),
        BlockView(
            1_800_000_030_000,
            HOME_HASH,
            811_998,
            "home",
            "bcrt1qminer",
            "",
            312_500_000,
            "rejected",
            "high-hash",
            0,
            "btc",
        ),
    ),
    attention=(NoteView("zmq", "no_zmq", "no ZMQ address is configured", "set zmq_hashblock"),),
    submit_seconds=Histogram((0.001, 0.01), (5, 9), 0.25, 10),
    fanout_seconds=Histogram((0.1, 1.0), (1, 2), 0.5, 2),
    listen=("127.0.0.1:3333",),
    web="http://127.0.0.1:8855/",
)


@dataclass(slots=True)
class ScriptedQueries:
    """Answers `service.queries.CockpitQueries` as set; `looks` counts how often the overview was asked for, `asked` what
    else was asked, in order. `miners_now` may be any number, also none; `hostile()` makes it a house of hostile names."""

    now: Overview = field(default_factory=sample_overview)
    health: tuple[bool, Sequence[str]] = (True, ())
    looks: int = 0
    miners_now: tuple[MinerView, ...] = field(default_factory=samples.sample_miners)
    job: CurrentJob | None = field(default_factory=samples.sample_job)
    asked: list[tuple[object, ...]] = field(default_factory=list)

    @classmethod
    def hostile(cls) -> "ScriptedQueries":
        """Every name that came off the wire was chosen to hurt whoever looks."""
        miners = samples.sample_miners(len(samples.HOSTILE), hostile=True)
        now = sample_overview()
        named = msgspec.structs.replace(now.blocks[0], worker=samples.HOSTILE[0], reason=samples.HOSTILE[1])
        pool = msgspec.structs.replace(now.sources[2], reason=samples.HOSTILE[1], remedy=samples.HOSTILE[0])
        note = NoteView("pool", "SAYS", f"the pool says {samples.HOSTILE[0]}", samples.HOSTILE[1])
        overview = sample_overview(blocks=(named,), sources=(*now.sources[:2], pool), attention=(note,))
        return cls(now=overview, miners_now=miners)

    def overview(self) -> Overview:
        self.looks += 1
        return self.now

    def sessions(self, offset: int = 0, limit: int | None = None) -> Sequence[SessionView]:
        every = [session for miner in self.miners_now for session in samples.sample_sessions(miner)]
        return every[offset : None if limit is None else offset + limit]

    def workers(self) -> Sequence[WorkerView]:
        return ()

    def blocks(self, limit: int = 100) -> Sequence[BlockView]:
        return self.now.blocks[:limit]

    def healthy(self) -> tuple[bool, Sequence[str]]:
        return self.health

    def dashboard(self) -> Dashboard:
        return samples.sample_dashboard(self.miners_now)

    def shaft(self) -> Shaft:
        return samples.sample_shaft(self.miners_now)

    async def miners(self, ask: MinersAsk) -> MinersView:
        self.asked.append(("miners", ask))
        return page_of(self.miners_now, ask, samples.NOW_MS)

    async def miner(self, key: str) -> MinerDetail:
        self.asked.append(("miner", key))
        found = self._found(key)
        sessions, shares, moves = samples.sample_sessions, samples.sample_shares, samples.sample_moves
        return MinerDetail(found, sessions(found), shares(found), moves(found))

    async def sparklines(self, keys: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
        self.asked.append(("sparklines", tuple(keys)))
        known = {miner.key for miner in self.miners_now}
        return {key: tuple(1e12 + 1e10 * (hour % 6) for hour in range(24)) for key in keys if key in known}

    async def hashrate(self, span: str, *, key: str = "", source: str = "", by_source: bool = False) -> HashrateSeries:
        self.asked.append(("hashrate", span, key, source, by_source))
        self._range(span)
        return samples.sample_series(span, self._found(key) if key else self._anybody(), by_source=by_source)

    async def best_shares(self, period: str, limit: int = 100) -> Sequence[BestShare]:
        self.asked.append(("best_shares", period, limit))
        if period not in ("day", "all"):
            raise Invalid("there is no such period", "ask for day or all")
        best = [samples.sample_best(miner, 1e6 / (place + 1)) for place, miner in enumerate(self.miners_now)]
        return best[:limit]

    def current_job(self, source: str = "") -> CurrentJob | None:
        self.asked.append(("current_job", source))
        if source and source not in {each.name for each in self.now.sources}:
            raise NotFound("there is no such source", "look at the list again")
        return self.job if not source or self.job is None else msgspec.structs.replace(self.job, source=source)

    async def found_blocks(self, offset: int = 0, limit: int = 50) -> BlocksView:
        self.asked.append(("found_blocks", offset, limit))
        all_ = samples.sample_blocks(self._anybody())
        return msgspec.structs.replace(all_, blocks=all_.blocks[offset : offset + limit])

    async def source_history(self, name: str, span: str) -> SourceHistory:
        self.asked.append(("source_history", name, span))
        self._range(span)
        if name not in {source.name for source in self.now.sources}:
            raise NotFound("there is no such source", "look at the list again")
        return samples.sample_source_history(name, span)

    def networks(self) -> Sequence[NetworkView]:
        return samples.sample_networks()

    def balance(self) -> BalanceView:
        return sample_balance("weights", {"home": 70, "ocean": 30})

    def activity(self, limit: int = 100) -> Sequence[ActivityView]:
        return samples.sample_activity(self._anybody())[:limit]

    def moves(self, limit: int = 100) -> Sequence[MoveView]:
        return samples.sample_moves(self._anybody())[:limit]

    def bans(self) -> Sequence[BanView]:
        return samples.sample_bans()

    def _anybody(self) -> MinerView:
        return self.miners_now[0] if self.miners_now else samples.sample_miners(1)[0]

    def _found(self, key: str) -> MinerView:
        found = next((miner for miner in self.miners_now if miner.key == key), None)
        if found is None:
            raise NotFound("there is no such miner", "look at the list again")
        return found

    def _range(self, span: str) -> None:
        if span not in RANGES:
            raise Invalid("there is no such range", f"ask for one of {', '.join(RANGES)}")


if TYPE_CHECKING:
    _answers_everything: CockpitQueries = ScriptedQueries()
