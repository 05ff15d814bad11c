"""Accounts of others.

Responsible for: these routes; links to sign in with.
Not responsible for: who may change whom (`service.accounts`).
Read next: `service.accounts`.
"""

from functools import partial

from starlette.responses import Response

from headframe.service.account_views import AccountView
from headframe.service.permissions import Role
from headframe.web.answers import done
from headframe.web.areas import Area
from headframe.web.bodies import AccountBody, Id, NewAccountBody
from headframe.web.shapes import Link, NewAccount
from headframe.web.visitor import Asker, Visitor

area = Area("accounts")


@area.get("/accounts", tuple[AccountView, ...])
async def accounts(asker: Asker) -> Response:
    """All accounts."""
    return asker.plainly(await asker.aside(asker.parts.accounts.accounts, asker.somebody))


@area.post("/accounts", NewAccount, status=201)
async def create(asker: Asker, body: NewAccountBody) -> Response:
    """Make an account. Without a password its owner signs in by the link that is answered, and chooses one."""
    work = partial(asker.parts.accounts.create_account, asker.somebody, body.name, Role(body.role), body.password)
    account, secret = await asker.aside(work)
    return asker.plainly(NewAccount(account, _link(asker, secret)), 201)


@area.patch("/accounts/{id:int}", AccountView)
async def change(asker: Asker, id: Id, body: AccountBody) -> Response:  # noqa: A002
    """Change role or name, disable or enable."""
    work = partial(
        asker.parts.accounts.change_account,
        asker.somebody,
        id,
        role=None if body.role is None else Role(body.role),
        disabled=body.disabled,
        name=body.name,
    )
    return asker.plainly(await asker.aside(work))


@area.delete("/accounts/{id:int}")
async def remove(asker: Asker, id: Id) -> Response:  # noqa: A002
    """Remove an account with its sessions and tokens."""
    await asker.aside(asker.parts.accounts.remove_account, asker.somebody, id)
    return done()


@area.post("/accounts/{id:int}/link", Link)
async def link(asker: Asker, id: Id) -> Response:  # noqa: A002
    """A one-time link for somebody who cannot sign in any more."""
    return asker.plainly(Link(_link(asker, await asker.aside(asker.parts.accounts.sign_in_link, asker.somebody, id))))


@area.delete("/accounts/{id:int}/second-factor")
async def reset(asker: Asker, id: Id) -> Response:  # noqa: A002
    """Take away one-time codes and passkeys, for somebody who lost them."""
    await asker.aside(asker.parts.accounts.reset_second_factor, asker.somebody, id)
    return done()


def _link(asker: Visitor, secret: str) -> str:
    """The secret stands behind the #: browsers do not send that, so it gets into no log."""
    origin = asker.parts.settings().origin or asker.caller.origin
    return f"{origin.rstrip('/')}/login#{secret}" if secret else ""
