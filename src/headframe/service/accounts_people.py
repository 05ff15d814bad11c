"""Other people's accounts, and the audit.

Responsible for: making, changing and removing accounts, sign-in links, lost second factors; reading the audit.
Not responsible for: what people do with their own (`service.accounts_own`).
Read next: `service.accounts_core`.

Two rules stand above the matrix: nobody hands out more than they have (so that admins do not touch owners, and a token
makes no account that may more than itself), and the last owner who can sign in stays one.
"""

from typing import Any, Final

import msgspec

from headframe.service.account_views import AccountView, AuditEntry
from headframe.service.accounts_codes import kept, new_secret
from headframe.service.accounts_core import AccountsCore, Changing
from headframe.service.accounts_live import account_view
from headframe.service.accounts_passwords import check_password, checked_name, name_key
from headframe.service.allowed import may_give, not_allowed, require
from headframe.service.permissions import Actor, Permission, Role
from headframe.service.refusals import Conflict, NotAllowed
from headframe.store.account_rows import AccountRow, LinkRow

MAX_ACCOUNTS: Final = 1_000
NEW_LINK_MS: Final = 86_400_000
"""A link of a new account waits for a day,"""
LINK_MS: Final = 3_600_000
"""one of an old account for an hour."""
MAX_AUDIT: Final = 500
"""Entries in one answer."""


class People(AccountsCore):
    """See `service.accounts`."""

    def accounts(self, actor: Actor) -> tuple[AccountView, ...]:
        self._require(actor, Permission.ACCOUNTS, "accounts.read")
        live = self._live
        return tuple(account_view(live, account, self._seen) for account in live.accounts.values())

    def create_account(self, actor: Actor, name: str, role: Role, password: str = "") -> tuple[AccountView, str]:
        """Without a password: with the secret of a link that signs in once. Raises NotAllowed, Invalid, Conflict."""
        name = checked_name(name)
        if password:
            check_password(password, name)
        password_hash = self._passwords.hash(password) if password and actor.may(Permission.ACCOUNTS) else ""
        secret = ""
        with self._changing(actor, "account.create", name) as change:
            require(actor, Permission.ACCOUNTS)
            _may_give(actor, role)
            _name_is_free(change, name, None)
            if len(change.live.accounts) >= MAX_ACCOUNTS:
                raise Conflict(f"there are {MAX_ACCOUNTS} accounts already", "remove those that nobody uses")
            account = change.book.add_account(
                AccountRow(
                    name=name,
                    name_key=name_key(name),
                    role=role.value,
                    password_hash=password_hash,
                    user_handle=self._random(32),
                    created_ms=self._clock.unix_ms(),
                )
            )
            if not password:
                secret = self._new_link(change, account.id, NEW_LINK_MS)
            change.after = {"role": role.value, "link": not password}
        return self._view(account.id), secret

    def change_account(
        self,
        actor: Actor,
        account_id: int,
        *,
        role: Role | None = None,
        disabled: bool | None = None,
        name: str | None = None,
    ) -> AccountView:
        """Holds at once, also for whoever is signed in. Raises NotAllowed, NotFound, Invalid, Conflict (last owner)."""
        new_name = checked_name(name) if name is not None else None
        with self._changing(actor, "account.change") as change:
            account = self._theirs(change, actor, account_id)
            if role is not None:
                _may_give(actor, role)
            wanted: dict[str, Any] = {}
            if role is not None and role.value != account.role:
                wanted["role"] = role.value
            if disabled is not None and disabled != account.disabled:
                wanted["disabled"] = disabled
            if new_name is not None and new_name != account.name:
                _name_is_free(change, new_name, account.id)
                wanted["name"] = new_name
            if wanted.get("disabled") or ("role" in wanted and account.role == Role.OWNER.value):
                _not_the_last_owner(change, account)
            change.before = {key: getattr(account, key) for key in wanted}
            change.after = wanted
            if wanted:
                keys = {"name_key": name_key(new_name)} if new_name is not None and "name" in wanted else {}
                change.book.change_account(account.id, **wanted, **keys)
            if wanted.get("disabled"):
                change.book.end_sessions([row.id for row in change.live.sessions_of(account.id)])
                change.book.remove_link(account.id)
        return self._view(account_id)

    def remove_account(self, actor: Actor, account_id: int) -> None:
        """With its sessions, passkeys and tokens. Raises NotAllowed, NotFound, Conflict (last owner)."""
        with self._changing(actor, "account.remove") as change:
            account = self._theirs(change, actor, account_id)
            _not_the_last_owner(change, account)
            change.before = {"role": account.role, "disabled": account.disabled}
            change.book.remove_account(account.id)

    def sign_in_link(self, actor: Actor, account_id: int) -> str:
        """The secret of a link that signs in once, within the hour; an earlier one does so no more."""
        with self._changing(actor, "account.link") as change:
            account = self._theirs(change, actor, account_id)
            if account.disabled:
                raise Conflict("this account is disabled", "enable it first")
            return self._new_link(change, account.id, LINK_MS)

    def reset_second_factor(self, actor: Actor, account_id: int) -> None:
        """No one-time codes, recovery codes and passkeys any more; its sessions end. For a lost phone."""
        with self._changing(actor, "account.reset_second_factor") as change:
            account = self._theirs(change, actor, account_id)
            keys = change.live.passkeys_of(account.id)
            change.before = {"totp": bool(account.totp_secret), "passkeys": len(keys)}
            change.after = {"totp": False, "passkeys": 0}
            change.book.change_account(account.id, totp_secret="", totp_step=0)
            change.book.set_recovery_codes(account.id, [])
            change.book.remove_passkeys(row.id for row in keys)
            change.book.end_sessions(row.id for row in change.live.sessions_of(account.id))

    def audit(self, actor: Actor, before_id: int | None = None, limit: int = 100) -> tuple[AuditEntry, ...]:
        """Newest first, from the one before `before_id` on; at most 500."""
        self._require(actor, Permission.AUDIT, "audit.read")
        with self._in_words(), self._store.reading() as book:
            rows = book.audit(before_id, max(1, min(limit, MAX_AUDIT)))
        return tuple(
            AuditEntry(
                id=row.id,
                time_ms=row.time_ms,
                actor=row.actor,
                how=row.how,
                address=row.address,
                action=row.action,
                target=row.target,
                before=msgspec.json.decode(row.before),
                after=msgspec.json.decode(row.after),
                outcome=row.outcome,
            )
            for row in rows
        )

    def prune_audit(self, actor: Actor, before_ms: int) -> int:
        """Take out entries that are older; how many. Only for a command on the machine itself; leaves an entry."""
        with self._changing(actor, "audit.prune") as change:
            if actor.how != "console":
                raise NotAllowed("the audit is pruned on the server's machine only", "use the command line there")
            gone = change.book.prune_audit(before_ms)
            change.after = {"before_ms": before_ms, "entries": gone}
        return gone

    def _theirs(self, change: Changing, actor: Actor, account_id: int) -> AccountRow:
        """An account that the actor may change. Raises NotAllowed, NotFound."""
        require(actor, Permission.ACCOUNTS)
        account = self._account(change.live, account_id)
        change.target = account.name
        _may_give(actor, Role(account.role))
        if actor.how == "token" and account.id == actor.account_id:
            raise NotAllowed("a token does not change its own account", "sign in with a browser, then do it there")
        return account

    def _new_link(self, change: Changing, account_id: int, life_ms: int) -> str:
        secret = new_secret(self._random)
        change.book.set_link(
            LinkRow(account_id=account_id, secret_hash=kept(secret), expires_ms=self._clock.unix_ms() + life_ms)
        )
        return secret


def _may_give(actor: Actor, role: Role) -> None:
    if may_give(actor, role):
        return
    if role is Role.OWNER:
        raise not_allowed(actor, Permission.OWNERS)
    raise NotAllowed(
        f"nobody makes or changes an account that may more than they do themselves: {role.value}",
        f"use a token with all the scopes of {role.value}, or sign in",
    )


def _name_is_free(change: Changing, name: str, account_id: int | None) -> None:
    holder = change.live.by_name.get(name_key(name))
    if holder is not None and holder != account_id:
        raise Conflict(f"there is an account {name} already", "choose another name")


def _not_the_last_owner(change: Changing, account: AccountRow) -> None:
    owners = {row.id for row in change.live.accounts.values() if row.role == Role.OWNER.value and not row.disabled}
    if owners == {account.id}:
        raise Conflict("this is the last owner who can sign in", "make somebody else an owner first")
