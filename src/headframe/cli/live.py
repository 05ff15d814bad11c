"""The live view in a terminal.

Responsible for: drawing one overview, and drawing it again twice a second until told to stop; how many moves the last
minute saw.
Not responsible for: the numbers (`service.views`), starting anything (`cli.serving`).
Read next: `service.views`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from headframe.cli.words import UNKNOWN, age, difficulty, hashrate, percent, sats, whole
from headframe.service.queries import Queries
from headframe.service.views import BlockView, JobView, Overview, SourceView, UpstreamView

REFRESH_S = 0.5
SHOWN_BLOCKS = 5
SHOWN_SOURCES = 8
SHOWN_NOTES = 5
_MINUTE_MS = 60_000


class RecentMoves:
    """Moves of the last minute, from overviews as they come. Bound: the last 1,024 looks."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque(maxlen=1024)

    def count(self, overview: Overview) -> int:
        """Take note of one more overview: how many moves since the one a minute ago (or the first)."""
        total = sum(move.count for move in overview.moves)
        self._seen.append((overview.now_ms, total))
        while len(self._seen) > 1 and self._seen[1][0] <= overview.now_ms - _MINUTE_MS:
            self._seen.popleft()
        return total - self._seen[0][1]


async def show(
    queries: Queries,
    stop: asyncio.Event,
    console: Console,
    *,
    lines: Sequence[str] = (),
    welcome: Callable[[], str] = str,
) -> None:
    """Draw until `stop` is set. `lines` (the last warnings of the log) and `welcome` (the link for whoever opens a browser
    here first) are read afresh each time."""
    moves = RecentMoves()
    with Live(console=console, auto_refresh=False, transient=False, screen=False) as live:
        while True:
            overview = queries.overview()
            live.update(draw(overview, lines, moves=moves.count(overview), welcome=welcome()), refresh=True)
            if stop.is_set():
                return
            try:
                async with asyncio.timeout(REFRESH_S):
                    await stop.wait()
            except TimeoutError:
                continue


def draw(overview: Overview, lines: Iterable[str] = (), *, moves: int = 0, welcome: str = "") -> RenderableType:
    """Everything of one overview that a person wants at a glance; `moves` of sessions in the last minute. All text is
    taken literally, never as markup."""
    parts: list[RenderableType] = [_head(overview), _numbers(overview), _sources(overview.sources)]
    if welcome:
        parts.insert(1, Text.assemble(("Cockpit ", "dim"), (welcome, "bold cyan"), ("  lets you in, once", "dim")))
    if overview.moves:
        total = sum(move.count for move in overview.moves)
        parts.append(Text.assemble(("Moves ", "dim"), f"{whole(moves)} in the last minute, {whole(total)} in all"))
    if overview.job is not None:
        parts.append(_job(overview.job, {source.name: source.chain for source in overview.sources}))
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
    """Columns about the split and about pools appear only where there is something to say in them."""
    parts = [part for source in sources for part in (source.target_share, source.delivered_share)]
    shared = len(sources) > 1 and any(part is not None for part in parts)
    pools = any(source.upstream is not None for source in sources)
    chains = len({source.chain for source in sources}) > 1
    columns = ["Source", "State", *["Chain"] * chains, "Height", "Work age", "Sessions", "Weight"]
    columns += [*["Got (wanted)"] * shared, *["Passed on"] * pools, ""]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column)
    for source in sources[:SHOWN_SOURCES]:
        cells: list[RenderableType] = [Text(source.name), _state(source)]
        cells += [Text(source.chain.upper())] * chains
        cells += [UNKNOWN if source.height is None else whole(source.height), age(source.template_age_s)]
        cells += [whole(source.sessions), whole(source.weight)]
        cells += [_split(source)] * shared
        cells += [_passed_on(source.upstream)] * pools
        table.add_row(*cells, _endpoint(source))
    return table


def _state(source: SourceView) -> Text:
    if source.paused:
        return Text("paused", style="yellow")
    return Text("up", style="green") if source.up else Text("down", style="red")


def _endpoint(source: SourceView) -> Text:
    # What there is to know of a source that works stands below, under Attention.
    told = source.endpoint if source.up else source.reason
    remedy = source.remedy if not source.up else ""
    return Text(f"{told}  →  {remedy}" if remedy else told, style="dim" if source.up else "red")


def _split(source: SourceView) -> str:
    if source.delivered_share is None and source.target_share is None:
        return UNKNOWN
    return f"{percent(source.delivered_share)} ({percent(source.target_share)})"


def _passed_on(upstream: UpstreamView | None) -> Text:
    """What a pool took, and only where there were any, what it refused and what it never answered."""
    if upstream is None:
        return Text("")
    bad = [f"{whole(upstream.outcomes[each])} {each}" for each in ("refused", "lost") if upstream.outcomes[each]]
    told = Text(f"{whole(upstream.outcomes['accepted'])} accepted")
    return told.append("".join(f"  {each}" for each in bad), style="yellow")


def _job(job: JobView, chains: Mapping[str, str]) -> RenderableType:
    # A pool does not say what its block pays nor how many transactions it has.
    whats = f"{whole(job.transactions)} transactions, {sats(job.reward_sats, chains.get(job.source))}, "
    return Text.assemble(
        ("Job ", "dim"),
        f"{job.job_id or 'not mined yet,'} from {job.source}: height {whole(job.height)}, {whats if job.reward_sats else ''}"
        f"difficulty {difficulty(job.network_difficulty)}, {age(job.age_s)} old",
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
        sats(block.reward_sats, block.chain),
        Text(told),
        Text(f"{age(max(0, now_ms - block.time_ms) / 1000)} ago", style="dim"),
    )
