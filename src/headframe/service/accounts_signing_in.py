"""Signing in and out.

Responsible for: password and second factor, one-time links, the first owner, the end of sessions.
Not responsible for: passkeys (`service.accounts_passkeys`), how often somebody may try (`service.accounts_throttle`).
Read next: `service.accounts_core`.
"""

import hmac

from headframe.service.account_views import SignIn
from headframe.service.accounts_codes import is_totp, kept, kept_of_code, plain_code, totp_step
from headframe.service.accounts_core import AccountsCore, Changing
from headframe.service.accounts_live import person
from headframe.service.accounts_passwords import check_password, checked_name, name_key
from headframe.service.accounts_throttle import FREE_PER_ADDRESS, address_slot
from headframe.service.permissions import MATRIX, Actor, Role
from headframe.service.refusals import Conflict, NotFound, NotSignedIn
from headframe.store.account_rows import AccountRow


class SigningIn(AccountsCore):
    """See `service.accounts`."""

    def create_first_owner(self, setup_secret: str, name: str, password: str, address: str, user_agent: str) -> SignIn:
        """With the secret from the terminal. Raises NotSignedIn, Conflict once there is an owner, Invalid, TooMany."""
        slot = {address_slot(address): FREE_PER_ADDRESS}
        self._throttle.take(slot, self._clock.monotonic())
        actor = Actor(None, "setup", Role.OWNER, MATRIX[Role.OWNER], address, "setup")
        name = checked_name(name)
        check_password(password, name)
        password_hash = self._passwords.hash(password)
        with self._changing(actor, "owner.create", name) as change:
            if change.live.owner_exists():
                raise Conflict(
                    "there is an owner already", "sign in; without the password see docs/operating/accounts.md"
                )
            if not hmac.compare_digest(kept(setup_secret), kept(self._setup_secret)):
                raise NotSignedIn(
                    "this is not the secret of this start",
                    "open the link that the terminal shows",
                    code="wrong_credentials",
                )
            if name_key(name) in change.live.by_name:
                raise Conflict(f"there is an account {name} already", "choose another name")
            account = change.book.add_account(
                AccountRow(
                    name=name,
                    name_key=name_key(name),
                    role=Role.OWNER.value,
                    password_hash=password_hash,
                    user_handle=self._random(32),
                    created_ms=self._clock.unix_ms(),
                )
            )
            signed_in = self._begin_session(change, account, "setup", address, user_agent)
        self._throttle.forgive(slot)
        return signed_in

    def sign_in(self, name: str, password: str, code: str, address: str, user_agent: str) -> SignIn:
        """`code` is "", of the app, or a recovery code. Raises NotSignedIn (wrong_credentials, second_factor_needed),
        TooMany. An unknown name takes as long as a wrong password and gives the same answer."""
        key = name_key(name)
        slots = self._slots(key, address)
        self._throttle.take(slots, self._clock.monotonic())
        known = self._live.accounts.get(self._live.by_name.get(key, 0))
        actor = person(known, address, None) if known is not None else unknown(address)
        right = self._passwords.matches(known.password_hash if known is not None else "", password)
        newer = (
            self._passwords.hash(password) if right and known and self._passwords.outdated(known.password_hash) else ""
        )
        code = plain_code(code)
        if right and known is not None and known.totp_secret and not code:
            self._throttle.forgive(slots)
            raise NotSignedIn(
                "a second factor is needed",
                "give the code of your app, or a recovery code",
                code="second_factor_needed",
            )
        with self._changing(actor, "sign_in", actor.name) as change:
            account = change.live.accounts.get(known.id) if known is not None else None
            if not right or account is None or known is None or account.password_hash != known.password_hash:
                raise wrong_credentials()
            refuse_disabled(account)
            if account.totp_secret:
                self._take_code(change, account, code)
            if newer:
                change.book.change_account(account.id, password_hash=newer)
            signed_in = self._begin_session(change, account, "password", address, user_agent)
        self._throttle.forgive(slots)
        self._throttle.forget(f"account {key}")
        return signed_in

    def use_link(self, secret: str, address: str, user_agent: str) -> SignIn:
        """A link that signs in once; it stands for all factors, since who may make it may also reset them."""
        slot = {address_slot(address): FREE_PER_ADDRESS}
        self._throttle.take(slot, self._clock.monotonic())
        with self._changing(unknown(address), "sign_in.link") as change:
            link = change.book.take_link(kept(secret))
            if link is None or self._clock.unix_ms() >= link.expires_ms:
                raise NotSignedIn(
                    "this link has been used, or is too old", "ask for a new one", code="wrong_credentials"
                )
            account = self._account(change.live, link.account_id)
            change.actor, change.target = person(account, address, None), account.name
            refuse_disabled(account)
            signed_in = self._begin_session(change, account, "link", address, user_agent)
        self._throttle.forgive(slot)
        return signed_in

    def sign_out(self, secret: str) -> None:
        """End the session of this cookie, if it is one."""
        row = self._live.sessions.get(kept(secret))
        if row is None:
            return
        account = self._live.accounts[row.account_id]
        with self._changing(person(account, row.address, row.id), "sign_out", account.name) as change:
            change.book.end_sessions([row.id])

    def end_session(self, actor: Actor, session_id: int) -> None:
        """One of the actor's own. Raises NotFound."""
        with self._changing(actor, "session.end") as change:
            account = self._own(change.live, actor)
            change.target = account.name
            row = next((row for row in change.live.sessions_of(account.id) if row.id == session_id), None)
            if row is None:
                raise NotFound("there is no such session", "it may have ended already")
            change.before = {"address": row.address, "user_agent": row.user_agent}
            change.book.end_sessions([row.id])

    def _take_code(self, change: Changing, account: AccountRow, code: str) -> None:
        """Raises NotSignedIn. No code is taken twice."""
        if is_totp(code):
            step = totp_step(account.totp_secret, code, self._clock.unix_ms(), account.totp_step)
            if step is not None:
                change.book.change_account(account.id, totp_step=step)
                return
        elif change.book.take_recovery_code(account.id, kept_of_code(code)):
            change.before = {"recovery_codes": change.live.codes_left.get(account.id, 0)}
            return
        raise NotSignedIn(
            "the code is wrong, or was used before",
            "wait for the next code of your app and see whether its clock is right, or take a recovery code",
            code="wrong_credentials",
        )


def unknown(address: str) -> Actor:
    """Somebody who has not said who they are, or nobody we know: what they typed is not written down, since people type
    passwords into the wrong field."""
    return Actor(None, "unknown", Role.VIEWER, frozenset(), address, "session")


def wrong_credentials() -> NotSignedIn:
    return NotSignedIn(
        "name or password is wrong", "try again; an admin can make a sign-in link", code="wrong_credentials"
    )


def refuse_disabled(account: AccountRow) -> None:
    if account.disabled:
        raise NotSignedIn("this account is disabled", "ask an admin to enable it", code="wrong_credentials")
