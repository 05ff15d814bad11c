"""The live view: what it shows, and that it stops."""

import asyncio
import io

import msgspec
import pytest
from rich.console import Console

from headframe.cli import live
from headframe.cli.live import RecentMoves
from headframe.service.views import MoveCount, Overview, UpstreamView
from headframe.testing.scripted_queries import ScriptedQueries, quiet_overview, sample_overview


def drawn(overview: Overview, lines: tuple[str, ...] = (), moves: int = 0) -> str:
    out = io.StringIO()
    Console(file=out, width=140, color_system=None).print(live.draw(overview, lines, moves=moves))
    return out.getvalue()


def test_it_shows_hashrate_sessions_shares_job_blocks_sources_and_attention() -> None:
    text = drawn(sample_overview())
    for shown in (
        "stratum+tcp://127.0.0.1:3333",
        "http://127.0.0.1:8855/",
        "1.5 TH/s",
        "7 mining",
        "1\u202f200 accepted  6 rejected",
        "3 stale",
        "1f from home",
        "3.12500001 BTC",
        "2 accepted",
        "811\u202f999",
        "bitaxe",
        "rejected (high-hash)",
        "down",
        "cannot connect  →  start bitcoind",
        "set zmq_hashblock",
        "up 1 min",
    ):
        assert shown in text


def test_a_split_over_sources_and_pools_is_shown_beside_what_was_wanted() -> None:
    text = drawn(sample_overview(), moves=3)
    for shown in (
        "Got (wanted)",
        "70.4 % (70 %)",
        "29.6 % (30 %)",
        "Passed on",
        "900 accepted  12 refused  1 lost",
        "3 in the last minute, 15 in all",
    ):
        assert shown in text
    assert "(–)" not in text, "of a source without a part in the split there is nothing to say"
    assert "BTC " not in text.split("Job")[0], "one chain needs no column"


def test_a_pool_that_took_everything_is_told_in_two_words() -> None:
    pool = sample_overview().sources[2]
    happy = UpstreamView({"accepted": 5, "refused": 0, "lost": 0}, {}, None, 1)
    text = drawn(sample_overview(sources=(msgspec.structs.replace(pool, upstream=happy),)))
    assert "5 accepted" in text
    assert "refused" not in text
    assert "lost" not in text


def test_a_single_node_has_no_columns_of_split_and_pools() -> None:
    node = msgspec.structs.replace(sample_overview().sources[0], target_share=1.0, delivered_share=1.0)
    text = drawn(sample_overview(sources=(node,), moves=()))
    for absent in ("Got (wanted)", "Passed on", "Moves", "Chain"):
        assert absent not in text


def test_a_paused_source_is_neither_up_nor_down() -> None:
    source = msgspec.structs.replace(sample_overview().sources[0], paused=True)
    line = next(line for line in drawn(sample_overview(sources=(source,))).splitlines() if "home" in line)
    assert "paused" in line
    assert " up " not in line


def test_every_amount_is_of_its_own_chain_and_none_is_a_sum() -> None:
    sources = tuple(
        msgspec.structs.replace(source, chain=chain)
        for source, chain in zip(sample_overview().sources, ("bch", "btc", "btc"), strict=True)
    )
    blocks = tuple(
        msgspec.structs.replace(block, chain=chain)
        for block, chain in zip(sample_overview().blocks, ("bch", "btc"), strict=True)
    )
    text = drawn(sample_overview(sources=sources, blocks=blocks))
    assert "Chain" in text
    assert [line.split("3.12500000 ")[1][:3] for line in text.splitlines() if "3.12500000 " in line] == ["BCH", "BTC"]
    assert "3.12500001 BCH" in text, "the job is of a source of that chain"
    assert "6.25" not in text


def test_what_a_pools_block_pays_is_not_made_up() -> None:
    job = msgspec.structs.replace(sample_overview().job, source="ocean", reward_sats=0, transactions=0)
    text = drawn(sample_overview(job=job, blocks=()))
    assert "height 812\u202f000, difficulty" in text
    assert "0 transactions" not in text


def test_moves_are_counted_over_the_last_minute_only() -> None:
    def at(second: int, moves: int) -> Overview:
        return sample_overview(
            now_ms=1_800_000_000_000 + second * 1000, moves=(MoveCount("home", "ocean", "balance", moves),)
        )

    recent = RecentMoves()
    looks = [(0, 100), (30, 104), (59, 105), (60, 105), (89, 106), (90, 106), (300, 106)]
    assert [recent.count(at(second, moves)) for second, moves in looks] == [0, 4, 5, 5, 6, 2, 0]


def test_a_start_with_nothing_yet_can_be_shown() -> None:
    text = drawn(quiet_overview())
    assert "none yet" in text
    assert "0 H/s" in text
    assert "Attention" not in text


def test_the_last_warnings_are_shown_below() -> None:
    assert "node_down" in drawn(quiet_overview(), ("node_down endpoint=x",))


def test_names_are_shown_literally_never_as_markup() -> None:
    source = sample_overview().sources[0]
    hostile = type(source)(
        **{name: getattr(source, name) for name in source.__struct_fields__} | {"name": "[red]x[/red][/]"}
    )
    assert "[red]x[/red][/]" in drawn(sample_overview(sources=(hostile,)))


async def test_it_draws_until_told_to_stop_and_once_more_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "REFRESH_S", 0.001)
    queries, stop = ScriptedQueries(), asyncio.Event()
    console = Console(file=io.StringIO(), force_terminal=True, width=120, height=40)
    async with asyncio.timeout(10):
        showing = asyncio.ensure_future(live.show(queries, stop, console))
        while queries.looks < 3:  # noqa: ASYNC110  # a count has no event
            await asyncio.sleep(0.001)
        looks = queries.looks
        stop.set()
        await showing
    assert queries.looks >= looks + 1


async def test_a_view_that_is_told_to_stop_at_once_draws_once() -> None:
    queries, stop = ScriptedQueries(), asyncio.Event()
    stop.set()
    await live.show(queries, stop, Console(file=io.StringIO(), force_terminal=True))
    assert queries.looks == 1
