"""Accounts in memory: what every request asks.

Responsible for: who a cookie or a token stands for, in microseconds; when each was last seen.
Not responsible for: changing anything (`service.accounts_core` reads it anew after every change).
Read next: `service.accounts_core`.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from headframe.service.account_views import AccountView, PasskeyView, SignedInView, TokenView
from headframe.service.accounts_codes import csrf_of, kept
from headframe.service.permissions import MATRIX, Actor, Permission, Role
from headframe.store.account_book import AccountBook
from headframe.store.account_rows import AccountRow, PasskeyRow, SignedInRow, TokenRow

IDLE_MS: Final = 7 * 86_400_000
"""A session that nobody uses ends."""
LIFE_MS: Final = 30 * 86_400_000
"""Every session ends."""
_WRITTEN_EVERY_MS: Final = 60_000
_MAX_SECRET: Final = 200


class Live(msgspec.Struct, frozen=True):
    """The accounts' file, read whole; replaced whole, so that any thread may read it."""

    accounts: dict[int, AccountRow]
    by_name: dict[str, int]
    sessions: dict[bytes, SignedInRow]
    passkeys: dict[bytes, PasskeyRow]
    tokens: dict[bytes, TokenRow]
    codes_left: dict[int, int]

    def owner_exists(self) -> bool:
        return any(account.role == Role.OWNER.value and not account.disabled for account in self.accounts.values())

    def sessions_of(self, account_id: int) -> list[SignedInRow]:
        return [row for row in self.sessions.values() if row.account_id == account_id]

    def passkeys_of(self, account_id: int) -> list[PasskeyRow]:
        return [row for row in self.passkeys.values() if row.account_id == account_id]

    def tokens_of(self, account_id: int) -> list[TokenRow]:
        return [row for row in self.tokens.values() if row.account_id == account_id]


def read(book: AccountBook) -> Live:
    accounts = book.accounts()
    return Live(
        accounts={row.id: row for row in accounts},
        by_name={row.name_key: row.id for row in accounts},
        sessions={row.secret_hash: row for row in book.sessions()},
        passkeys={row.credential_id: row for row in book.passkeys()},
        tokens={row.secret_hash: row for row in book.tokens()},
        codes_left=book.recovery_codes_left(),
    )


class Seen:
    """When sessions, tokens and accounts were last used; written now and then. Loses a minute at most when killed."""

    def __init__(self) -> None:
        self.sessions: dict[int, int] = {}
        self.tokens: dict[int, int] = {}
        self.accounts: dict[int, int] = {}

    def unwritten(self, live: Live, *, all_of_them: bool) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
        """By id, those that are worth writing; forgets those that are no more."""
        least_ms = 1 if all_of_them else _WRITTEN_EVERY_MS
        known = (
            (self.sessions, {row.id: row.last_seen_ms for row in live.sessions.values()}),
            (self.tokens, {row.id: row.last_used_ms or 0 for row in live.tokens.values()}),
            (self.accounts, {row.id: row.last_seen_ms or 0 for row in live.accounts.values()}),
        )
        changed = []
        for seen, written in known:
            for gone in dict(seen).keys() - written.keys():
                seen.pop(gone, None)
            changed.append({key: at for key, at in dict(seen).items() if at - written.get(key, at) >= least_ms})
        return changed[0], changed[1], changed[2]


def ends_ms(row: SignedInRow, seen: Mapping[int, int]) -> int:
    """When this session ends if nobody uses it."""
    return min(row.created_ms + LIFE_MS, seen.get(row.id, row.last_seen_ms) + IDLE_MS)


def by_cookie(live: Live, seen: Seen, secret: str, address: str, now_ms: int) -> tuple[Actor, str] | None:
    if len(secret) > _MAX_SECRET:
        return None
    row = live.sessions.get(kept(secret))
    if row is None or now_ms >= ends_ms(row, seen.sessions):
        return None
    account = live.accounts[row.account_id]
    if account.disabled:
        return None
    seen.sessions[row.id] = seen.accounts[account.id] = now_ms
    return person(account, address, row.id, row.proven_ms), csrf_of(secret)


def by_token(live: Live, seen: Seen, secret: str, address: str, now_ms: int) -> Actor | None:
    if len(secret) > _MAX_SECRET:
        return None
    row = live.tokens.get(kept(secret))
    if row is None or (row.expires_ms is not None and now_ms >= row.expires_ms):
        return None
    account = live.accounts[row.account_id]
    if account.disabled:
        return None
    seen.tokens[row.id] = now_ms
    role = Role(account.role)
    allowed = MATRIX[role] & {Permission(scope) for scope in row.scopes.split()}
    return Actor(account.id, account.name, role, allowed, address, "token")


def person(account: AccountRow, address: str, session: int | None, proven_ms: int = 0) -> Actor:
    role = Role(account.role)
    return Actor(account.id, account.name, role, MATRIX[role], address, "session", session, proven_ms)


def account_view(live: Live, account: AccountRow, seen: Seen) -> AccountView:
    return AccountView(
        id=account.id,
        name=account.name,
        role=Role(account.role),
        disabled=account.disabled,
        created_ms=account.created_ms,
        last_seen_ms=seen.accounts.get(account.id, account.last_seen_ms),
        totp=bool(account.totp_secret),
        passkeys=len(live.passkeys_of(account.id)),
        recovery_codes=live.codes_left.get(account.id, 0),
        password=bool(account.password_hash),
    )


def passkey_view(row: PasskeyRow) -> PasskeyView:
    return PasskeyView(row.id, row.name, row.created_ms, row.last_used_ms)


def session_view(row: SignedInRow, seen: Seen, current: int | None) -> SignedInView:
    return SignedInView(
        id=row.id,
        created_ms=row.created_ms,
        last_seen_ms=seen.sessions.get(row.id, row.last_seen_ms),
        expires_ms=ends_ms(row, seen.sessions),
        address=row.address,
        user_agent=row.user_agent,
        current=row.id == current,
    )


def token_view(live: Live, row: TokenRow, seen: Seen) -> TokenView:
    scopes = set(row.scopes.split())
    return TokenView(
        id=row.id,
        name=row.name,
        account=live.accounts[row.account_id].name,
        scopes=tuple(permission for permission in Permission if permission.value in scopes),
        created_ms=row.created_ms,
        expires_ms=row.expires_ms,
        last_used_ms=seen.tokens.get(row.id, row.last_used_ms),
        shown=row.shown,
    )
