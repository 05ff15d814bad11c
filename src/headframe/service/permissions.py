"""Who may do what: the one matrix.

Responsible for: roles, permissions, and which role has which.
Not responsible for: who somebody is (`service.accounts`), asking at each command (`service.commands`).
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


class Privacy(Enum):
    """What visitors who have not signed in may see; never addresses, IPs or anything that acts."""

    NOTHING = "nothing"
    TOTALS = "totals"
    WORKERS = "workers"


class Actor(msgspec.Struct, frozen=True):
    """Who asks. `account_id` is None for the console (a command on the server's own machine).

    `name` is what the audit log says; `address` where the request came from; `permissions` are those of the role,
    narrowed by the scopes of a token; `how` is "session", "token", "console" or "setup"; `session` is the id of the
    session by which a person asks.
    """

    account_id: int | None
    name: str
    role: Role
    permissions: frozenset[Permission]
    address: str
    how: str
    session: int | None = None

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def console(address: str = "") -> Actor:
    """Whoever can run commands as the user of the data directory may do everything."""
    return Actor(None, "console", Role.OWNER, MATRIX[Role.OWNER], address, "console")
