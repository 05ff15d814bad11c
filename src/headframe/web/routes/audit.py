"""Who did what.

Responsible for: this route. There is none that changes an entry.
Not responsible for: writing entries (`service.commands`, `service.accounts`).
Read next: `service.audit`.
"""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from headframe.service.account_views import AuditEntry
from headframe.web.areas import Area
from headframe.web.bodies import MAX_NUMBER, Limit
from headframe.web.visitor import Asker

area = Area("audit")


@area.get("/audit", tuple[AuditEntry, ...])
async def audit(
    asker: Asker, before: Annotated[int | None, Query(ge=1, le=MAX_NUMBER)] = None, limit: Limit = 100
) -> Response:
    """Entries, newest first; `before` is the id of the last one that is known."""
    return asker.plainly(await asker.aside(asker.parts.accounts.audit, asker.somebody, before, limit))
