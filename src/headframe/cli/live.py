"""The live view in a terminal.

Responsible for: drawing one overview, and drawing it again twice a second until told to stop.
Not responsible for: the numbers (`service.views`), starting anything (`cli.serving`).
Read next: `service.views`.
"""

import asyncio
from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from headframe.cli.words import age, difficulty, hashrate, sats, whole
from headframe.service.queries import Queries
from headframe.service.views import BlockView, JobView, Overview, SourceView

REFRESH_S = 0.5
SHOWN_BLOCKS = 5
SHOWN_SOURCES = 8
SHOWN_NOTES = 5


async def show(queries: Queries, stop: asyncio.Event, console: Console, *, lines: Sequence[str] = ()) -> None:
    """Draw until `stop` is set. `lines` are read afresh each time (the last warnings of the log)."""
    with Live(console=console, auto_refresh=False, transient=False, screen=False) as live:
        while True:
            live.update(draw(queries.overview(), lines), refresh=True)
            if stop.is_set():
                return
            try:
                async with asyncio.timeout(REFRESH_S):
                    await stop.wait()
            except TimeoutError:
                continue


def draw(overview: Overview, lines: Iterable[str] = ()) -> RenderableType:
    """Everything of one overview that a person wants at a glance. All text is taken literally, never as markup."""
    parts: list[RenderableType] = [_head(overview), _numbers(overview), _sources(overview.sources)]
    if overview.job is not None:
        parts.append(_job(overview.job))
    parts.append(_blocks(overview))
    notes = [
        f"{note.text}  →  {note.remedy}" if note.remedy else note.text for note in overview.attention[:SHOWN_NOTES]
    ]
    if notes:
        parts.append(Panel(Text("\n".join(notes)), title="Attention", border_style="yellow", title_align="left"))
    recent = list(lines)
    if recent:
        parts.append(Panel(Text("\n".join(recent)), title="Log", border_style="dim", title_align="left"))
    parts.append(Text("Ctrl-C stops", style="dim"))
    return Group(*parts)


def _head(overview: Overview) -> RenderableType:
    text = Text()
    text.append("Headframe ", style="bold")
    text.append(f"{overview.version}  {overview.network}  ", style="dim")
    text.append("miners: ")
    text.append("  ".join(f"stratum+tcp://{place}" for place in overview.listen), style="cyan")
    if overview.web:
        text.append("  web: ")
        text.append(overview.web, style="cyan")
    text.append(f"  up {age(max(0, overview.now_ms - overview.started_ms) / 1000)}", style="dim")
    return text


def _numbers(overview: Overview) -> RenderableType:
    totals = overview.totals
    rejected = sum(totals.shares_rejected.values())
    rates = overview.hashrate
    grid = Table.grid(padding=(0, 3))
    grid.add_row(
        _pair("Hashrate", f"{hashrate(rates.h1m)} (1m)  {hashrate(rates.h5m)} (5m)  {hashrate(rates.h1h)} (1h)"),
        _pair("Sessions", "  ".join(f"{whole(count)} {state}" for state, count in overview.sessions.items()) or "none"),
    )
    grid.add_row(
        _pair("Shares", f"{whole(totals.shares_accepted)} accepted  {whole(rejected)} rejected"),
        _pair("Best", difficulty(totals.best_difficulty)),
    )
    if rejected:
        worst = sorted(totals.shares_rejected.items(), key=lambda item: -item[1])[:4]
        grid.add_row(
            _pair("Rejected", "  ".join(f"{whole(count)} {reason}" for reason, count in worst if count)), Text()
        )
    return Panel(grid, border_style="blue")


def _pair(name: str, value: str) -> Text:
    return Text.assemble((f"{name} ", "dim"), (value, "bold"))


def _sources(sources: Sequence[SourceView]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("Source", "State", "Height", "Work age", "Sessions", "Weight", ""):
        table.add_column(column)
    for source in sources[:SHOWN_SOURCES]:
        # What there is to know of a source that works stands below, under Attention.
        told = source.endpoint if source.up else source.reason
        remedy = source.remedy if not source.up else ""
        table.add_row(
            Text(source.name),
            Text("up", style="green") if source.up else Text("down", style="red"),
            "–" if source.height is None else whole(source.height),
            age(source.template_age_s),
            whole(source.sessions),
            whole(source.weight),
            Text(f"{told}  →  {remedy}" if remedy else told, style="dim" if source.up else "red"),
        )
    return table


def _job(job: JobView) -> RenderableType:
    return Text.assemble(
        ("Job ", "dim"),
        f"{job.job_id} from {job.source}: height {whole(job.height)}, {whole(job.transactions)} transactions, "
        f"{sats(job.reward_sats)}, difficulty {difficulty(job.network_difficulty)}, {age(job.age_s)} old",
    )


def _blocks(overview: Overview) -> RenderableType:
    outcomes = "  ".join(f"{whole(count)} {outcome}" for outcome, count in overview.totals.blocks.items())
    title = Text.assemble(("Blocks found ", "dim"), (outcomes or "none yet", "bold green" if outcomes else ""))
    if not overview.blocks:
        return title
    table = Table.grid(padding=(0, 2))
    for block in overview.blocks[:SHOWN_BLOCKS]:
        table.add_row(*_block_row(block, overview.now_ms))
    return Group(title, table)


def _block_row(block: BlockView, now_ms: int) -> tuple[RenderableType, ...]:
    good = block.outcome in ("accepted", "matured")
    told = f"{block.outcome} ({block.reason})" if block.reason and not good else block.outcome
    return (
        Text(
            "  ■", style="green" if good else "red" if block.outcome in ("rejected", "orphaned", "stale") else "yellow"
        ),
        whole(block.height),
        Text(f"{block.hash_hex[:8]}…{block.hash_hex[-8:]}"),
        Text(block.worker or block.identity),
        sats(block.reward_sats),
        Text(told),
        Text(f"{age(max(0, now_ms - block.time_ms) / 1000)} ago", style="dim"),
    )
