"""Confirm it is you.

Responsible for: a person who is signed in shows again that it is them, by what they would sign in with: password and, where
it is on, a code; or a passkey. From then on their session counts as proven for a while.
Not responsible for: which acts need that (`service.permissions` has the table), asking for it before each
(`service.accounts_core`, `service.commands`).
Read next: `service.permissions`.

Guessing here is guessing a password: it counts as attempts to sign in do, and a wrong one stands in the audit.
"""

from typing import Any

import msgspec
from webauthn import generate_authentication_options, options_to_json
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

from headframe.service.accounts_codes import plain_code
from headframe.service.accounts_core import invalid
from headframe.service.accounts_passkeys import CHALLENGE_MS, Passkeys, rp_id_of
from headframe.service.accounts_signing_in import SigningIn
from headframe.service.permissions import Actor
from headframe.service.refusals import Conflict, Invalid, NotSignedIn, Refused

ACTION = "proof"


class Proofs(SigningIn, Passkeys):
    """See `service.accounts`."""

    def prove(self, actor: Actor, password: str, code: str) -> None:
        """`code` is of the app, or a recovery code, where one-time codes are on. Raises NotAllowed, Conflict where there is
        no password, Invalid, TooMany."""
        account = self._own(self._live, actor)
        if not account.password_hash:
            raise Conflict(
                "this account has no password", "use a passkey; or sign in by a new link, and choose a password"
            )
        slots = self._slots(account.name_key, actor.address)
        self._throttle.take(slots, self._clock.monotonic())
        code = plain_code(code)
        try:
            if not self._passwords.matches(account.password_hash, password):
                raise invalid("password", "this is not your password", "type the password that you sign in with")
            if account.totp_secret and not code:
                self._throttle.forgive(slots)
                raise invalid("code", "a second factor is needed", "give the code of your app, or a recovery code")
            with self._changing(actor, ACTION, account.name) as change:
                mine = self._own(change.live, actor)
                if mine.password_hash != account.password_hash:
                    raise Conflict("the password was changed meanwhile", "sign in with the new one")
                if mine.totp_secret:
                    self._take_code(change, mine, code)
                self._proven(change, actor, "password")
        except NotSignedIn as refusal:  # they are signed in: it is the field that is wrong
            raise invalid("code", refusal.text, refusal.remedy) from refusal
        except Invalid as refusal:
            self._wrong(actor, account.name, refusal)
            raise
        self._throttle.forgive(slots)

    def proof_challenge(self, actor: Actor, host: str, origin: str) -> tuple[str, dict[str, Any]]:
        """A handle, and the options for navigator.credentials.get, of the actor's own passkeys for this host. Raises
        NotAllowed, Invalid where browsers have none, Conflict where the actor has none."""
        account = self._own(self._live, actor)
        rp_id = rp_id_of(host, origin)
        mine = [row for row in self._live.passkeys_of(account.id) if row.rp_id == rp_id]
        if not mine:
            raise Conflict("you have no passkey for this address", "use your password")
        handle, challenge = self._challenge(self._to_prove, rp_id, origin, account.id)
        options = generate_authentication_options(
            rp_id=rp_id,
            challenge=challenge,
            timeout=CHALLENGE_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in mine],
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return handle, msgspec.json.decode(options_to_json(options), type=dict[str, Any])

    def prove_by_passkey(self, actor: Actor, handle: str, credential: dict[str, Any]) -> None:
        """One that was only touched is not enough where one-time codes are on. Raises NotAllowed, Invalid, TooMany."""
        account = self._own(self._live, actor)
        slots = self._slots(account.name_key, actor.address)
        self._throttle.take(slots, self._clock.monotonic())
        try:
            with self._changing(actor, ACTION, account.name) as change:
                mine = self._own(change.live, actor)
                used = self._used(change, self._answered(self._to_prove, handle), credential, mine.id)
                if mine.totp_secret and not used.user_verified:
                    raise Invalid(
                        "this passkey was touched, but did not see that it is you",
                        "give it a PIN or a fingerprint, or use password and code",
                    )
                self._proven(change, actor, "passkey")
        except NotSignedIn as refusal:
            raise Invalid(refusal.text, refusal.remedy) from refusal
        except Invalid as refusal:
            self._wrong(actor, account.name, refusal)
            raise
        self._throttle.forgive(slots)

    def _wrong(self, actor: Actor, name: str, refusal: Refused) -> None:
        self._refused(actor, ACTION, name, refusal)
