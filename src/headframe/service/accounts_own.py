"""What people do with their own account.

Responsible for: one's own view, password, one-time codes, recovery codes.
Not responsible for: passkeys (`service.accounts_passkeys`), other people's accounts (`service.accounts_people`).
Read next: `service.accounts_core`.

No token does any of this: what protects an account is changed only by its person, who has shown lately that it is them
(`service.accounts_proofs`).
"""

from typing import Final

import msgspec

from headframe.service.account_views import MeView, TotpOffer
from headframe.service.accounts_codes import (
    RECOVERY_CODES,
    kept,
    kept_of_code,
    new_recovery_codes,
    new_totp_secret,
    plain_code,
    totp_step,
    totp_uri,
)
from headframe.service.accounts_core import LINK_PROVES_MS, AccountsCore, invalid
from headframe.service.accounts_live import account_view, passkey_view, session_view
from headframe.service.accounts_passwords import check_password
from headframe.service.permissions import Actor, Permission
from headframe.service.refusals import Conflict, NotFound
from headframe.store.account_rows import AccountRow

_OFFER_MS: Final = 600_000


class OwnAccount(AccountsCore):
    """See `service.accounts`."""

    _offers: dict[int, tuple[str, int]]
    """Secrets of apps that wait for their first code, by account, and until when; one per account."""

    def me(self, actor: Actor, current_cookie: str = "") -> MeView:
        """Tokens see no passkeys and sessions. Raises NotFound for the console, which has no account."""
        live = self._live
        account = live.accounts.get(actor.account_id) if actor.account_id is not None else None
        if account is None:
            raise NotFound(f"{actor.name or 'a visitor'} has no account", "sign in")
        current = live.sessions.get(kept(current_cookie)) if current_cookie else None
        current_id = current.id if current is not None else actor.session
        person = actor.how == "session"
        return MeView(
            account=account_view(live, account, self._seen),
            permissions=tuple(permission for permission in Permission if actor.may(permission)),
            passkeys=tuple(passkey_view(row) for row in live.passkeys_of(account.id) if person),
            sessions=tuple(session_view(row, self._seen, current_id) for row in live.sessions_of(account.id) if person),
        )

    def change_password(self, actor: Actor, old: str, new: str, *, revoke_tokens: bool = False) -> None:
        """Ends the other sessions; `revoke_tokens`: the account's tokens are void too. `old` is not asked of who came by a
        link within the hour, nor where there is none; given rightly it is the proof, unless one-time codes are on. Raises
        NotAllowed, Invalid, TooMany."""
        account = self._own(self._live, actor)
        actor = self._knows_password(actor, account, old)
        self._require_for(actor, "password.change")
        check_password(new, account.name, "new")
        password_hash = self._passwords.hash(new)
        with self._changing(actor, "password.change", account.name) as change:
            mine = self._own(change.live, actor)
            if mine.password_hash != account.password_hash:
                raise Conflict("the password was changed meanwhile", "sign in with the new one")
            others = [row.id for row in change.live.sessions_of(mine.id) if row.id != actor.session]
            tokens = [row.id for row in change.live.tokens_of(mine.id) if revoke_tokens]
            change.book.change_account(mine.id, password_hash=password_hash)
            change.book.end_sessions(others)
            change.book.remove_link(mine.id)
            for token in tokens:
                change.book.remove_token(token)
            if actor.session is not None:
                change.book.change_session(actor.session, how="password", proven_ms=self._clock.unix_ms())
            change.after = {"sessions_ended": len(others), "tokens_revoked": len(tokens)}

    def _knows_password(self, actor: Actor, account: AccountRow, old: str) -> Actor:
        """The actor as they stand after giving the old password: proven by it, where that is all there is. Raises
        Invalid, TooMany."""
        now_ms = self._clock.unix_ms()
        session = next((row for row in self._live.sessions.values() if row.id == actor.session), None)
        if session is not None and session.how == "link" and now_ms - session.created_ms <= LINK_PROVES_MS:
            return msgspec.structs.replace(actor, proven_ms=now_ms)
        if not account.password_hash:
            return actor
        slots = self._slots(account.name_key, actor.address)
        self._throttle.take(slots, self._clock.monotonic())
        if not self._passwords.matches(account.password_hash, old):
            raise invalid("old", "this is not your password", "type the password that you sign in with")
        self._throttle.forgive(slots)
        return actor if account.totp_secret else msgspec.structs.replace(actor, proven_ms=now_ms)

    def totp_begin(self, actor: Actor) -> TotpOffer:
        """A secret for an authenticator app; nothing changes before `totp_confirm`. Raises NotAllowed, Conflict."""
        account = self._own(self._live, actor)
        self._require_for(actor, "totp.on")
        if account.totp_secret:
            raise Conflict("one-time codes are on already", "turn them off first, if you have a new phone")
        secret = new_totp_secret(self._random)
        self._offers[account.id] = (secret, self._clock.unix_ms() + _OFFER_MS)
        return TotpOffer(secret, totp_uri(secret, account.name))

    def totp_confirm(self, actor: Actor, code: str) -> tuple[str, ...]:
        """The app shows this code: from now on codes are asked for. Returns recovery codes, shown this once."""
        codes = new_recovery_codes(self._random)
        with self._changing(actor, "totp.on") as change:
            account = self._own(change.live, actor)
            change.target = account.name
            if account.totp_secret:
                raise Conflict("one-time codes are on already", "nothing is left to do")
            now_ms = self._clock.unix_ms()
            secret, until_ms = self._offers.get(account.id, ("", 0))
            if not secret or now_ms >= until_ms:
                raise Conflict("this was begun too long ago", "begin again with a new QR code")
            step = totp_step(secret, plain_code(code), now_ms, 0)
            if step is None:
                raise invalid(
                    "code", "the code is wrong", "see whether the clock of your phone is right, and try the next"
                )
            change.book.change_account(account.id, totp_secret=secret, totp_step=step)
            change.book.set_recovery_codes(account.id, [kept_of_code(each) for each in codes])
            change.before, change.after = {"totp": False}, {"totp": True, "recovery_codes": RECOVERY_CODES}
        self._offers.pop(account.id, None)
        return codes

    def totp_off(self, actor: Actor) -> None:
        """Recovery codes go with it. Raises NotAllowed, Conflict."""
        with self._changing(actor, "totp.off") as change:
            account = self._own(change.live, actor)
            change.target = account.name
            if not account.totp_secret:
                raise Conflict("one-time codes are off already", "nothing is left to do")
            change.book.change_account(account.id, totp_secret="", totp_step=0)
            change.book.set_recovery_codes(account.id, [])
            change.before, change.after = {"totp": True}, {"totp": False}

    def new_recovery_codes(self, actor: Actor) -> tuple[str, ...]:
        """In place of the earlier ones; shown this once. Raises NotAllowed, Conflict."""
        codes = new_recovery_codes(self._random)
        with self._changing(actor, "recovery_codes.new") as change:
            account = self._own(change.live, actor)
            change.target = account.name
            if not account.totp_secret:
                raise Conflict(
                    "recovery codes stand in for one-time codes, which are off", "turn one-time codes on first"
                )
            change.book.set_recovery_codes(account.id, [kept_of_code(each) for each in codes])
            change.before = {"recovery_codes": change.live.codes_left.get(account.id, 0)}
            change.after = {"recovery_codes": RECOVERY_CODES}
        return codes
