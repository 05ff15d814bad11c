"""What is kept of accounts, as it comes out of the database.

Responsible for: these shapes.
Not responsible for: what a face may see of them (`service.account_views`): they hold hashes and secrets.
Read next: `store.account_book`.
"""

import msgspec


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `name_key` is what makes names unique; `password_hash` "" while it has no password; `totp_secret` is
    base32, "" while off; `totp_step` the number of the last 30 seconds whose code was taken; `user_handle` names it to
    passkeys."""

    id: int = 0
    name: str
    name_key: str
    role: str
    disabled: bool = False
    password_hash: str = ""
    totp_secret: str = ""
    totp_step: int = 0
    user_handle: bytes
    created_ms: int
    last_seen_ms: int | None = None

    def __repr__(self) -> str:
        return f"AccountRow(id={self.id}, name={self.name!r}, role={self.role!r}, disabled={self.disabled})"


class SignedInRow(msgspec.Struct, frozen=True, kw_only=True):
    """One session of a person. `how` it began: password, passkey, link or setup; `proven_ms`: when its person last showed
    that it is them."""

    id: int = 0
    account_id: int
    secret_hash: bytes
    how: str
    created_ms: int
    last_seen_ms: int
    address: str
    user_agent: str
    proven_ms: int


class PasskeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One passkey. `public_key` is COSE; `rp_id` the host name for which it was made, where alone it works."""

    id: int = 0
    account_id: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    rp_id: str
    name: str
    created_ms: int
    last_used_ms: int | None = None


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """One API token. `scopes` are values of permissions, apart by spaces."""

    id: int = 0
    account_id: int
    name: str
    secret_hash: bytes
    shown: str
    scopes: str
    created_ms: int
    expires_ms: int | None
    last_used_ms: int | None = None


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """The one link of an account that signs in once."""

    account_id: int
    secret_hash: bytes
    expires_ms: int


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `before` and `after` are JSON."""

    id: int = 0
    time_ms: int
    actor: str
    how: str
    address: str
    action: str
    target: str
    before: str
    after: str
    outcome: str
