"""What happens now: the overview, the shaft, activity, and the event stream.

Responsible for: these routes; the overview is encoded once for all who ask within half a second.
Not responsible for: what is said when (`service.feed`).
Read next: `web.stream`, `service.feed`.
"""

from functools import partial

from starlette.responses import Response

from headframe.service.history_views import ActivityView, Shaft
from headframe.web.answers import tagged
from headframe.web.areas import Area
from headframe.web.bodies import Limit
from headframe.web.inside import inside
from headframe.web.shapes import Everything
from headframe.web.visitor import Asker, audience_of

area = Area("live")

MAX_ID_CHARS = 64


@area.get("/overview", Everything)
async def overview(asker: Asker) -> Response:
    """One look at everything that the asker may see; visitors get what `web.privacy` shows them."""
    return tagged(asker.request, inside(asker.request).moment.overview(asker.seeing))


@area.get("/shaft", Shaft)
async def shaft(asker: Asker) -> Response:
    """Who mines where."""
    return await asker.say(asker.parts.queries.shaft())


@area.get("/activity", tuple[ActivityView, ...])
async def activity(asker: Asker, limit: Limit = 100) -> Response:
    """What happened last, newest first."""
    return await asker.say(tuple(asker.parts.queries.activity(limit)))


@area.get("/events", str, media="text/event-stream")
async def events(asker: Asker, logs: bool = False) -> Response:
    """Server-sent events: tick once a second, shaft every two, and what happens. Last-Event-ID goes on where it was. With
    logs=true the log's lines too, for who may see private things."""
    audience = asker.seeing
    parts, address = asker.parts, asker.caller.address
    after = asker.request.headers.get("last-event-id", "")[:MAX_ID_CHARS] or None
    bearer = asker.request.headers.get("authorization", "").partition(" ")[2].strip()

    def welcome() -> bool:
        """Whether that is still who asked, with the same rights; looked up anew with each event."""
        if asker.secret:
            found = parts.accounts.actor_by_cookie(asker.secret, address)
            actor = found[0] if found else None
        elif bearer:
            actor = parts.accounts.actor_by_token(bearer, address)
        else:
            return inside(asker.request).door.visitors() is audience
        return actor is not None and actor.permissions == asker.somebody.permissions and audience_of(actor) is audience

    name = asker.secret or bearer or f"visitor {asker.caller.neighbourhood}"
    subscribe = partial(parts.feed.subscribe, after, audience, logs=logs)
    return inside(asker.request).streams.answer(name, asker.actor is None, subscribe, welcome)
