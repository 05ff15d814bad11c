"""The live view: what it shows, and that it stops."""

import asyncio
import io

import pytest
from rich.console import Console

from headframe.cli import live
from headframe.service.views import Overview
from headframe.testing.scripted_queries import ScriptedQueries, quiet_overview, sample_overview


def drawn(overview: Overview, lines: tuple[str, ...] = ()) -> str:
    out = io.StringIO()
    Console(file=out, width=140, color_system=None).print(live.draw(overview, lines))
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
