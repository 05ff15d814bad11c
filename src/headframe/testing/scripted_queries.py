"""Queries whose answers are written down: for faces that are tried without a server.

Responsible for: one overview with something in every place, and a `Queries` that returns what it is given.
Not responsible for: being true.
Read next: `service.queries`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

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
    """Answers as set; `looks` counts how often the overview was asked for."""

    now: Overview = field(default_factory=sample_overview)
    health: tuple[bool, Sequence[str]] = (True, ())
    looks: int = 0

    def overview(self) -> Overview:
        self.looks += 1
        return self.now

    def sessions(self) -> Sequence[SessionView]:
        return ()

    def workers(self) -> Sequence[WorkerView]:
        return ()

    def blocks(self, limit: int = 100) -> Sequence[BlockView]:
        return self.now.blocks[:limit]

    def healthy(self) -> tuple[bool, Sequence[str]]:
        return self.health
