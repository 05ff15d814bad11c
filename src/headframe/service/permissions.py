"""Who may do what: the one matrix, and what needs a recent proof besides.

Responsible for: roles, permissions, which role has which; which acts a person does only who has shown lately that it is
them.
Not responsible for: who somebody is (`service.accounts`), asking at each command (`service.commands`), how somebody shows
that it is them (`service.accounts_proofs`).
Read next: `service.commands`, docs/operating/accounts.md.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec


class Role(Enum):
    """What an account is. Each role may all that the ones after it may."""

    OWNER = "owner"
    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Permission(Enum):
    """What can be allowed. The values are also the scopes of API tokens."""

    VIEW = "view"
    """Pages and their numbers: miners by name, sources, blocks."""
    VIEW_PRIVATE = "view.private"
    """Addresses of peers, payout addresses in full, logs, what miners and we said on the wire."""
    MINERS = "miners"
    """Pin, set difficulty, disconnect, ban."""
    WEIGHTS = "weights"
    """Weights and pauses of sources."""
    SOURCES = "sources"
    """Add, edit, remove and test sources."""
    SETTINGS = "settings"
    """Read and change settings, export and import them."""
    ACCOUNTS = "accounts"
    """Accounts that are not owners, and everybody's tokens."""
    OWNERS = "owners"
    """Make and change owners; where the money goes (`payout`)."""
    AUDIT = "audit"
    """Read who did what."""


_VIEWER: Final = frozenset({Permission.VIEW})
_OPERATOR: Final = _VIEWER | {Permission.VIEW_PRIVATE, Permission.MINERS, Permission.WEIGHTS}
_ADMIN: Final = _OPERATOR | {Permission.SOURCES, Permission.SETTINGS, Permission.ACCOUNTS, Permission.AUDIT}

MATRIX: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.OWNER: _ADMIN | {Permission.OWNERS},
    Role.ADMIN: _ADMIN,
    Role.OPERATOR: _OPERATOR,
    Role.VIEWER: _VIEWER,
}


FRESH_MS: Final = 900_000
"""So long a session counts as shown to be its person's: by signing in, or by a password or passkey given again."""

CREDENTIALS: Final = frozenset(
    {
        "password.change",
        "passkey.add",
        "passkey.remove",
        "totp.on",
        "totp.off",
        "recovery_codes.new",
        "token.create",
        "account.link",
        "account.reset_second_factor",
    }
)
"""Acts, by their names in the audit, on what opens an account. No token does them, whatever its scopes."""

PROVEN_ACTS: Final = CREDENTIALS | {"account.create", "account.change", "account.remove", "source.add"}
"""Acts that a person does only with a recent proof: a browser that was left open, or a stolen cookie, is not enough."""

_PROVEN_SECTIONS: Final = ("payout",)
_PROVEN_OF_SOURCES: Final = frozenset({"url", "rpc", "user", "wallet", "password", "tls_fingerprint"})
_FILES: Final = frozenset({"file", "dir", "certificate", "key"})


def names_a_file(key: str) -> bool:
    """Whether a setting of this key says which file the server reads or writes."""
    return key in _FILES or key.endswith("_file")


def setting_needs_proof(path: str) -> bool:
    """Whether a person changes this setting only with a recent proof: where the money goes, which files are read. A whole
    source (`source.NAME`) is one."""
    section, _, key = path.rpartition(".")
    if any(path == root or path.startswith((f"{root}.", f"{root}[")) for root in _PROVEN_SECTIONS):
        return True
    if path == "source" or section == "source" or (section.startswith("source.") and key in _PROVEN_OF_SOURCES):
        return True
    return names_a_file(key)


class Privacy(Enum):
    """What visitors who have not signed in may see; never addresses, IPs or anything that acts."""

    NOTHING = "nothing"
    TOTALS = "totals"
    WORKERS = "workers"


class Actor(msgspec.Struct, frozen=True):
    """Who asks. `account_id` is None for the console (a command on the server's own machine).

    `name` is what the audit log says; `address` where the request came from; `permissions` are those of the role,
    narrowed by the scopes of a token; `how` is "session", "token", "console" or "setup"; `session` is the id of the
    session by which a person asks, `proven_ms` when they last showed that it is them.
    """

    account_id: int | None
    name: str
    role: Role
    permissions: frozenset[Permission]
    address: str
    how: str
    session: int | None = None
    proven_ms: int = 0

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def console(address: str = "") -> Actor:
    """Whoever can run commands as the user of the data directory may do everything."""
    return Actor(None, "console", Role.OWNER, MATRIX[Role.OWNER], address, "console")
