"""The log.

Responsible for: these routes.
Not responsible for: keeping it (`service.logbook`), telling it live (`service.feed`).
Read next: `service.logbook`.
"""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from headframe.service.logbook_views import Level, LogsAsk, LogsView
from headframe.web.areas import Area
from headframe.web.bodies import MAX_NUMBER, Limit
from headframe.web.visitor import Asker

area = Area("logs")

Word = Annotated[str, Query(max_length=128)]
After = Annotated[int | None, Query(ge=0, le=MAX_NUMBER)]


@area.get("/logs", LogsView)
async def logs(
    asker: Asker,
    level: Annotated[Level, Query()] = "debug",
    event: Word = "",
    text: Word = "",
    worker: Word = "",
    source: Word = "",
    after: After = None,
    limit: Limit = 500,
    redact: bool = True,
) -> Response:
    """The last lines, or those after an id. Bitcoin and IP addresses are taken out unless redact=false."""
    ask = LogsAsk(level, event, text, worker, source, after, limit, redact)
    return asker.plainly(await asker.aside(asker.parts.logbook.entries, ask))


@area.get("/logs/download", bytes, media="application/zip")
async def download(
    asker: Asker,
    level: Annotated[Level, Query()] = "debug",
    event: Word = "",
    text: Word = "",
    worker: Word = "",
    source: Word = "",
    redact: bool = True,
) -> Response:
    """All remembered lines that match, zipped; to be sent to somebody, so addresses are taken out unless redact=false."""
    ask = LogsAsk(level, event, text, worker, source, redact=redact)
    body = await asker.aside(asker.parts.logbook.zipped, ask)
    headers = {"content-disposition": 'attachment; filename="headframe-log.zip"', "content-type": "application/zip"}
    return Response(body, headers=headers)
