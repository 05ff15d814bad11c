"""What a face may see of accounts.

Responsible for: these shapes; never a hash, a secret or a token.
Not responsible for: keeping them (`service.accounts`).
Read next: `service.accounts`.
"""

from typing import Any

import msgspec

from headframe.service.permissions import Permission, Role


class AccountView(msgspec.Struct, frozen=True):
    id: int
    name: str
    role: Role
    disabled: bool
    created_ms: int
    last_seen_ms: int | None
    totp: bool
    passkeys: int
    recovery_codes: int
    """How many are left."""
    password: bool
    """Whether it has one: who came by a link may have none yet."""


class PasskeyView(msgspec.Struct, frozen=True):
    id: int
    name: str
    created_ms: int
    last_used_ms: int | None


class SignedInView(msgspec.Struct, frozen=True):
    """A session of a person. `id` cannot be used to sign in."""

    id: int
    created_ms: int
    last_seen_ms: int
    expires_ms: int
    address: str
    user_agent: str
    current: bool


class TokenView(msgspec.Struct, frozen=True):
    id: int
    name: str
    account: str
    scopes: tuple[Permission, ...]
    created_ms: int
    expires_ms: int | None
    last_used_ms: int | None
    shown: str
    """Its first letters, to know it by."""


class NewToken(msgspec.Struct, frozen=True):
    """`secret` is shown once and kept nowhere."""

    token: TokenView
    secret: str


class SignIn(msgspec.Struct, frozen=True):
    """A session that began: `secret` is for the cookie, `csrf` for the header of every request that changes something."""

    secret: str
    csrf: str
    account: AccountView
    expires_ms: int


class TotpOffer(msgspec.Struct, frozen=True):
    """To be confirmed with a code. `uri` is otpauth://, for the QR code."""

    secret: str
    uri: str


class MeView(msgspec.Struct, frozen=True):
    account: AccountView
    permissions: tuple[Permission, ...]
    passkeys: tuple[PasskeyView, ...]
    sessions: tuple[SignedInView, ...]


class AuditEntry(msgspec.Struct, frozen=True):
    """Who did what, from where, and what it changed. `outcome` is done or refused."""

    id: int
    time_ms: int
    actor: str
    how: str
    address: str
    action: str
    target: str
    before: Any
    after: Any
    outcome: str
