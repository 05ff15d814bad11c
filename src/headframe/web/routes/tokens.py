"""API tokens.

Responsible for: these routes.
Not responsible for: what a token may at most (`service.accounts`).
Read next: `service.accounts`.
"""

from starlette.responses import Response

from headframe.service.account_views import NewToken, TokenView
from headframe.service.permissions import Permission
from headframe.service.refusals import Invalid, ProblemView
from headframe.web.answers import done
from headframe.web.areas import Area
from headframe.web.bodies import Id, NewTokenBody
from headframe.web.visitor import Asker

area = Area("tokens")


@area.get("/tokens", tuple[TokenView, ...])
async def tokens(asker: Asker) -> Response:
    """One's own tokens; everybody's for who may manage accounts."""
    return asker.plainly(await asker.aside(asker.parts.accounts.tokens, asker.somebody))


@area.post("/tokens", NewToken, status=201)
async def create(asker: Asker, body: NewTokenBody) -> Response:
    """Make a token. Its secret is answered once and kept nowhere."""
    known = {one.value: one for one in Permission}
    unknown = [scope for scope in body.scopes if scope not in known]
    if unknown:
        remedy = f"choose from {', '.join(known)}"
        raise Invalid("these scopes are not known", remedy, [ProblemView("scopes", one, remedy) for one in unknown])
    scopes = tuple(known[scope] for scope in dict.fromkeys(body.scopes))
    return asker.plainly(
        await asker.aside(asker.parts.accounts.create_token, asker.somebody, body.name, scopes, body.expires_ms), 201
    )


@area.delete("/tokens/{id:int}")
async def remove(asker: Asker, id: Id) -> Response:  # noqa: A002
    """Make a token void."""
    await asker.aside(asker.parts.accounts.remove_token, asker.somebody, id)
    return done()
