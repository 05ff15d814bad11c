"""One's own account.

Responsible for: these routes.
Not responsible for: the account (`service.accounts`).
Read next: `service.accounts`.
"""

from functools import partial

from starlette.responses import Response

from headframe.service.account_views import MeView, PasskeyView
from headframe.web.answers import done
from headframe.web.areas import Area
from headframe.web.bodies import CodeBody, CredentialBody, Id, NewPasskeyBody, NewPasswordBody, ProofBody
from headframe.web.qr import drawn_as_address
from headframe.web.relying import relying_party
from headframe.web.shapes import Challenge, RecoveryCodes, TotpStart
from headframe.web.visitor import Asker

area = Area("me")


@area.get("/me", MeView)
async def me(asker: Asker) -> Response:
    """The account, its passkeys and where it is signed in."""
    return asker.plainly(await asker.aside(asker.parts.accounts.me, asker.somebody, asker.secret))


@area.post("/me/proof")
async def proof(asker: Asker, body: ProofBody) -> Response:
    """Show that it is you: then what was refused with proof_needed is done when it is sent again, for 15 minutes."""
    await asker.aside(asker.parts.accounts.prove, asker.somebody, body.password, body.code)
    return done()


@area.post("/me/proof/passkey/begin", Challenge)
async def proof_begin(asker: Asker) -> Response:
    """What one of your passkeys has to sign to show that it is you."""
    handle, options = await asker.aside(asker.parts.accounts.proof_challenge, asker.somebody, *relying_party(asker))
    return asker.plainly(Challenge(handle, options))


@area.post("/me/proof/passkey/finish")
async def proof_finish(asker: Asker, body: CredentialBody) -> Response:
    """Show that it is you by passkey."""
    await asker.aside(asker.parts.accounts.prove_by_passkey, asker.somebody, body.handle, body.credential)
    return done()


@area.post("/me/password")
async def password(asker: Asker, body: NewPasswordBody) -> Response:
    """Change the password; all other sessions end, and with `revoke_tokens` your API tokens are void too."""
    change = partial(asker.parts.accounts.change_password, revoke_tokens=body.revoke_tokens)
    await asker.aside(change, asker.somebody, body.old, body.new)
    return done()


@area.post("/me/totp/begin", TotpStart)
async def totp_begin(asker: Asker) -> Response:
    """Offer a secret for one-time codes; it counts once a code confirms it."""
    offer = await asker.aside(asker.parts.accounts.totp_begin, asker.somebody)
    return asker.plainly(TotpStart(offer.secret, offer.uri, drawn_as_address(offer.uri)))


@area.post("/me/totp/confirm", RecoveryCodes)
async def totp_confirm(asker: Asker, body: CodeBody) -> Response:
    """Turn one-time codes on. Answers the recovery codes, once."""
    codes = await asker.aside(asker.parts.accounts.totp_confirm, asker.somebody, body.code)
    return asker.plainly(RecoveryCodes(tuple(codes)))


@area.delete("/me/totp")
async def totp_off(asker: Asker) -> Response:
    """Turn one-time codes off."""
    await asker.aside(asker.parts.accounts.totp_off, asker.somebody)
    return done()


@area.post("/me/recovery-codes", RecoveryCodes)
async def recovery_codes(asker: Asker) -> Response:
    """New recovery codes; the old ones are void."""
    codes = await asker.aside(asker.parts.accounts.new_recovery_codes, asker.somebody)
    return asker.plainly(RecoveryCodes(tuple(codes)))


@area.post("/me/passkeys/begin", Challenge)
async def passkey_begin(asker: Asker) -> Response:
    """What a new passkey has to sign."""
    handle, options = await asker.aside(asker.parts.accounts.passkey_begin, asker.somebody, *relying_party(asker))
    return asker.plainly(Challenge(handle, options))


@area.post("/me/passkeys/finish", PasskeyView)
async def passkey_finish(asker: Asker, body: NewPasskeyBody) -> Response:
    """Keep the new passkey under a name."""
    accounts = asker.parts.accounts
    return asker.plainly(
        await asker.aside(accounts.passkey_add, asker.somebody, body.handle, body.name, body.credential)
    )


@area.delete("/me/passkeys/{id:int}")
async def passkey_remove(asker: Asker, id: Id) -> Response:  # noqa: A002
    """Forget a passkey."""
    await asker.aside(asker.parts.accounts.passkey_remove, asker.somebody, id)
    return done()


@area.delete("/me/sessions/{id:int}")
async def end_session(asker: Asker, id: Id) -> Response:  # noqa: A002
    """Sign out somewhere else."""
    await asker.aside(asker.parts.accounts.end_session, asker.somebody, id)
    return done()
