"""Time: series, best shares, blocks, the current job.

Responsible for: these routes.
Not responsible for: the numbers (`service.history`).
Read next: `service.history_views`.
"""

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from headframe.service.history_views import BestShare, BlocksView, CurrentJob, HashrateSeries
from headframe.web.areas import Area
from headframe.web.bodies import Limit, Offset, Span
from headframe.web.visitor import Asker

area = Area("history")


@area.get("/hashrate", HashrateSeries)
async def hashrate(
    asker: Asker,
    span: Span = "24h",
    source: Annotated[str, Query(max_length=128)] = "",
    by: Annotated[Literal["", "source"], Query()] = "",
) -> Response:
    """The hashrate of all, or of one source, over time; with by=source of each source too."""
    # Which sources there are is more than totals say.
    by_source = by == "source" and asker.actor is not None
    if source and asker.actor is None:
        asker.somebody  # noqa: B018 - refuses
    return await asker.say(await asker.parts.queries.hashrate(span, source=source, by_source=by_source))


@area.get("/best-shares", tuple[BestShare, ...])
async def best_shares(
    asker: Asker, period: Annotated[Literal["day", "all"], Query()] = "day", limit: Limit = 100
) -> Response:
    """The best share of each miner, best first."""
    return await asker.say(tuple(await asker.parts.queries.best_shares(period, limit)))


@area.get("/blocks", BlocksView)
async def blocks(asker: Asker, offset: Offset = 0, limit: Limit = 50) -> Response:
    """Found blocks, newest first."""
    return await asker.say(await asker.parts.queries.found_blocks(offset, limit))


@area.get("/jobs/current", CurrentJob | None)
async def job(asker: Asker, source: Annotated[str, Query(max_length=128)] = "") -> Response:
    """The job of a source that most of its miners have, taken apart; without a source that of our own node, else of the
    pool that is wanted most. null while there is none (see GET /sources for why)."""
    found = asker.parts.queries.current_job(source)
    return asker.plainly(None) if found is None else await asker.say(found)
