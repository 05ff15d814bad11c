"""Passkeys (WebAuthn).

Responsible for: challenges, adding and removing passkeys, signing in with one.
Not responsible for: the cryptography (`webauthn`), passwords and codes (`service.accounts_signing_in`).
Read next: `service.accounts_core`.

A passkey works for one host name, the one under which the page was open when it was made; browsers make none for bare IP
addresses. A passkey whose device has seen a PIN, a finger or a face counts as both factors; one that was only touched is
the first factor alone, and does not open an account that has one-time codes.
"""

import ipaddress
from collections import OrderedDict
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from headframe.service.account_views import PasskeyView, SignIn
from headframe.service.accounts_codes import new_secret
from headframe.service.accounts_core import AccountsCore, Changing, invalid
from headframe.service.accounts_live import passkey_view, person
from headframe.service.accounts_signing_in import refuse_disabled, unknown
from headframe.service.accounts_throttle import FREE_PER_ADDRESS, address_slot
from headframe.service.permissions import Actor
from headframe.service.refusals import Conflict, Invalid, NotFound, NotSignedIn
from headframe.store.account_rows import PasskeyRow

MAX_PASSKEYS: Final = 10
"""Of one account."""
MAX_CHALLENGES: Final = 1_000
"""Of each kind; with one more the oldest is forgotten, and whoever had it begins again."""
CHALLENGE_MS: Final = 300_000


class Challenge(msgspec.Struct, frozen=True):
    """What a browser was asked to sign, for which account; `account_id` is None for signing in."""

    challenge: bytes
    rp_id: str
    origin: str
    until_ms: int
    account_id: int | None


class Used(msgspec.Struct, frozen=True):
    """A passkey that answered rightly. `user_verified`: its device has seen a PIN, a finger or a face."""

    account_id: int
    user_verified: bool


class Passkeys(AccountsCore):
    """See `service.accounts`."""

    _to_sign_in: OrderedDict[str, Challenge]
    _to_add: OrderedDict[str, Challenge]
    _to_prove: OrderedDict[str, Challenge]

    def passkey_challenge(self, host: str, origin: str) -> tuple[str, dict[str, Any]]:
        """A handle, and the options for navigator.credentials.get. `host` is the Host header, `origin` the Origin header
        of the page. Raises Invalid where browsers have no passkeys."""
        rp_id = rp_id_of(host, origin)
        handle, challenge = self._challenge(self._to_sign_in, rp_id, origin, None)
        options = generate_authentication_options(
            rp_id=rp_id,
            challenge=challenge,
            timeout=CHALLENGE_MS,
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return handle, msgspec.json.decode(options_to_json(options), type=dict[str, Any])

    def passkey_sign_in(self, handle: str, credential: dict[str, Any], address: str, user_agent: str) -> SignIn:
        """Raises NotSignedIn, TooMany."""
        slot = {address_slot(address): FREE_PER_ADDRESS}
        self._throttle.take(slot, self._clock.monotonic())
        with self._changing(unknown(address), "sign_in.passkey") as change:
            used = self._used(change, self._answered(self._to_sign_in, handle), credential)
            account = change.live.accounts[used.account_id]
            refuse_disabled(account)
            if account.totp_secret and not used.user_verified:
                raise NotSignedIn(
                    "this passkey was touched, but did not see that it is you",
                    "give it a PIN or a fingerprint, or sign in with password and code",
                    code="second_factor_needed",
                )
            signed_in = self._begin_session(change, account, "passkey", address, user_agent)
        self._throttle.forgive(slot)
        return signed_in

    def passkey_begin(self, actor: Actor, host: str, origin: str) -> tuple[str, dict[str, Any]]:
        """A handle, and the options for navigator.credentials.create. Raises NotAllowed, Invalid, Conflict."""
        account = self._own(self._live, actor)
        self._require_for(actor, "passkey.add")
        mine = self._live.passkeys_of(account.id)
        if len(mine) >= MAX_PASSKEYS:
            raise Conflict(f"you have {MAX_PASSKEYS} passkeys already", "remove one that you do not use")
        rp_id = rp_id_of(host, origin)
        handle, challenge = self._challenge(self._to_add, rp_id, origin, account.id)
        options = generate_registration_options(
            rp_id=rp_id,
            rp_name="Headframe",
            user_id=account.user_handle,
            user_name=account.name,
            challenge=challenge,
            timeout=CHALLENGE_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in mine],
        )
        return handle, msgspec.json.decode(options_to_json(options), type=dict[str, Any])

    def passkey_add(self, actor: Actor, handle: str, name: str, credential: dict[str, Any]) -> PasskeyView:
        """Raises NotAllowed, Invalid, Conflict."""
        name = name.strip()[:64] or "passkey"
        if not name.isprintable():
            raise invalid("name", "the name has characters that cannot be seen", "use letters, digits and spaces")
        with self._changing(actor, "passkey.add") as change:
            account = self._own(change.live, actor)
            change.target = account.name
            asked = self._answered(self._to_add, handle)
            if asked is None or asked.account_id != account.id:
                raise Conflict("this was begun too long ago", "begin again")
            try:
                verified = verify_registration_response(
                    credential=credential,
                    expected_challenge=asked.challenge,
                    expected_rp_id=asked.rp_id,
                    expected_origin=asked.origin,
                )
            except Exception as error:  # as above
                raise Invalid(f"this passkey cannot be taken: {error}", "begin again, or use another device") from error
            if verified.credential_id in change.live.passkeys:
                raise Conflict("this passkey is known already", "use another device")
            if len(change.live.passkeys_of(account.id)) >= MAX_PASSKEYS:
                raise Conflict(f"you have {MAX_PASSKEYS} passkeys already", "remove one that you do not use")
            row = change.book.add_passkey(
                PasskeyRow(
                    account_id=account.id,
                    credential_id=verified.credential_id,
                    public_key=verified.credential_public_key,
                    sign_count=verified.sign_count,
                    rp_id=asked.rp_id,
                    name=name,
                    created_ms=self._clock.unix_ms(),
                )
            )
            change.after = {"name": name, "host": asked.rp_id}
        return passkey_view(row)

    def passkey_remove(self, actor: Actor, passkey_id: int) -> None:
        """Raises NotAllowed, NotFound."""
        with self._changing(actor, "passkey.remove") as change:
            account = self._own(change.live, actor)
            change.target = account.name
            row = next((row for row in change.live.passkeys_of(account.id) if row.id == passkey_id), None)
            if row is None:
                raise NotFound("there is no such passkey", "it may have been removed already")
            change.before = {"name": row.name, "host": row.rp_id}
            change.book.remove_passkeys([row.id])

    def _used(
        self, change: Changing, asked: Challenge | None, credential: dict[str, Any], account_id: int | None = None
    ) -> Used:
        """Whose passkey answered, `account_id`'s if that is given; its count is written down. Raises NotSignedIn."""
        row = change.live.passkeys.get(_credential_id(credential))
        if asked is None or row is None or row.rp_id != asked.rp_id:
            raise _not_this_passkey("it is not known here, or it took too long")
        account = change.live.accounts[row.account_id]
        if asked.account_id != account_id or (account_id is not None and account.id != account_id):
            raise _not_this_passkey("it is of another account")
        if account_id is None:
            change.actor, change.target = person(account, change.actor.address, None), account.name
        try:
            verified = verify_authentication_response(
                credential=credential,
                expected_challenge=asked.challenge,
                expected_rp_id=asked.rp_id,
                expected_origin=asked.origin,
                credential_public_key=row.public_key,
                credential_current_sign_count=row.sign_count,
            )
        except Exception as error:  # its parsers stumble over hostile bytes in many ways (KeyError, say)
            raise _not_this_passkey(str(error)) from error
        if _user_handle(credential) not in (b"", account.user_handle):
            raise _not_this_passkey("it is of another account")
        change.book.passkey_used(row.id, verified.new_sign_count, self._clock.unix_ms())
        return Used(account.id, verified.user_verified)

    def _challenge(
        self, table: OrderedDict[str, Challenge], rp_id: str, origin: str, account_id: int | None
    ) -> tuple[str, bytes]:
        handle, challenge = new_secret(self._random), self._random(32)
        with self._lock:
            table[handle] = Challenge(challenge, rp_id, origin, self._clock.unix_ms() + CHALLENGE_MS, account_id)
            while len(table) > MAX_CHALLENGES:
                table.popitem(last=False)
        return handle, challenge

    def _answered(self, table: OrderedDict[str, Challenge], handle: str) -> Challenge | None:
        """The challenge of this handle; it can be answered once."""
        with self._lock:
            asked = table.pop(handle, None)
        return asked if asked is not None and self._clock.unix_ms() < asked.until_ms else None


def rp_id_of(host: str, origin: str) -> str:
    """The host name that passkeys are made for. Raises Invalid where no browser would make one."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        page = urlsplit(origin)
    except ValueError:
        raise Invalid("this is no host", "open the page under the name of this server") from None
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        raise Invalid(
            "browsers have no passkeys for an IP address",
            "open this page by a host name: localhost, or one of your network",
        )
    if not name or page.hostname != name:
        raise Invalid("the page is not of this host", "open the page under the name that the server is asked by")
    if page.scheme != "https" and name != "localhost" and not name.endswith(".localhost"):
        raise Invalid("browsers have passkeys on https only", "open the page by https, or as localhost")
    return name


def _credential_id(credential: dict[str, Any]) -> bytes:
    try:
        return base64url_to_bytes(str(credential.get("id", ""))[:2_048])
    except ValueError:
        return b""


def _user_handle(credential: dict[str, Any]) -> bytes:
    """Whose passkey the device thinks it is; "" where it does not say. After verifying, which read it too."""
    handle = credential["response"].get("userHandle")
    return base64url_to_bytes(handle) if handle else b""


def _not_this_passkey(reason: str) -> NotSignedIn:
    return NotSignedIn(
        f"this passkey does not open an account: {reason}", "try again, or use a password", code="wrong_credentials"
    )
