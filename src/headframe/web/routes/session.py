"""Signing in and out.

Responsible for: these routes and the cookie.
Not responsible for: passwords, passkeys, throttling (`service.accounts`).
Read next: `service.accounts`.
"""

from functools import partial

from starlette.responses import Response

from headframe.service.account_views import AccountView, SignIn
from headframe.web.answers import done
from headframe.web.areas import Area
from headframe.web.bodies import CredentialBody, LinkBody, SignInBody
from headframe.web.relying import relying_party
from headframe.web.shapes import Challenge, SessionInfo
from headframe.web.visitor import COOKIE, Asker, Visitor

area = Area("session")


@area.get("/session", SessionInfo)
async def who(asker: Asker) -> Response:
    """Who asks, what it may do, and whether the server still waits for its owner."""
    return asker.plainly(await info(asker))


@area.post("/session", SessionInfo)
async def sign_in(asker: Asker, body: SignInBody) -> Response:
    """Sign in. Refused with second_factor_needed when a code is missing: send all again with the code."""
    accounts = asker.parts.accounts
    signed = await asker.aside(accounts.sign_in, body.name, body.password, body.code, asker.caller.address, asker.agent)
    return welcomed(asker, signed)


@area.delete("/session")
async def sign_out(asker: Asker) -> Response:
    """End this session."""
    if asker.secret:
        await asker.aside(asker.parts.accounts.sign_out, asker.secret)
    answer = done()
    answer.delete_cookie(COOKIE, path="/", secure=asker.caller.https, httponly=True, samesite="strict")
    return answer


@area.post("/session/passkey/begin", Challenge)
async def passkey_begin(asker: Asker) -> Response:
    """What a passkey has to sign."""
    handle, options = await asker.aside(asker.parts.accounts.passkey_challenge, *relying_party(asker))
    return asker.plainly(Challenge(handle, options))


@area.post("/session/passkey/finish", SessionInfo)
async def passkey_finish(asker: Asker, body: CredentialBody) -> Response:
    """Sign in by passkey."""
    work = partial(asker.parts.accounts.passkey_sign_in, body.handle, body.credential)
    return welcomed(asker, await asker.aside(work, asker.caller.address, asker.agent))


@area.post("/session/link", SessionInfo)
async def by_link(asker: Asker, body: LinkBody) -> Response:
    """Sign in by a one-time link."""
    accounts = asker.parts.accounts
    return welcomed(asker, await asker.aside(accounts.use_link, body.secret, asker.caller.address, asker.agent))


def welcomed(asker: Visitor, signed: SignIn) -> Response:
    """The cookie, and who that is now."""
    parts = asker.parts
    found = parts.accounts.actor_by_cookie(signed.secret, asker.caller.address)
    permissions = tuple(sorted(found[0].permissions, key=lambda one: one.value)) if found else ()
    answer = asker.plainly(
        SessionInfo(
            signed_in=True,
            setup_needed=_setup_needed(asker),
            privacy=parts.settings().privacy,
            name=signed.account.name,
            role=signed.account.role,
            how="session",
            permissions=permissions,
            csrf=signed.csrf,
            account=signed.account,
            version=parts.queries.overview().version,
        )
    )
    lasts_s = max(60, signed.expires_ms // 1000 - asker.parts.clock.unix_ms() // 1000)
    answer.set_cookie(
        COOKIE,
        signed.secret,
        max_age=lasts_s,
        path="/",
        secure=asker.caller.https,
        httponly=True,
        samesite="strict",
    )
    return answer


async def info(asker: Visitor) -> SessionInfo:
    """As `GET /session` says it."""
    parts, actor = asker.parts, asker.actor
    privacy, needed = parts.settings().privacy, _setup_needed(asker)
    version = parts.queries.overview().version if asker.audience is not None else ""
    if actor is None:
        return SessionInfo(False, needed, privacy, version=version)
    account: AccountView | None = None
    if actor.how == "session":
        account = (await asker.aside(parts.accounts.me, actor, asker.secret)).account
    permissions = tuple(sorted(actor.permissions, key=lambda one: one.value))
    return SessionInfo(
        True, needed, privacy, actor.name, actor.role, actor.how, permissions, asker.csrf, account, version
    )


def _setup_needed(asker: Visitor) -> bool:
    return asker.parts.setup.state().stage != "done"
