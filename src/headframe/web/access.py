"""Who may ask what: the one table of routes.

Responsible for: what each route needs, and the least privacy setting at which visitors may ask it too.
Not responsible for: what roles may do (`service.permissions`), asking again at each command (`service.commands`),
what of an answer somebody sees (`service.veil`).
Read next: `web.visitor`.

A route that is not here cannot be made: the application refuses to start.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from headframe.service.permissions import Permission, Privacy


class Who(Enum):
    """Where no permission is needed."""

    ANYBODY = "anybody"
    """Also who has not signed in: how to become somebody, and what says nothing of anybody."""
    SIGNED_IN = "signed in"
    """Accounts and tokens alike; about oneself."""
    PERSON = "person"
    """Somebody at a browser, or the console; never an API token: it must not be able to make itself more."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`needs`: what the asker must be or have. `visitors`: the privacy setting from which on visitors may ask as well;
    None: never."""

    needs: Permission | Who
    visitors: Privacy | None = None


_ANYBODY: Final = Rule(Who.ANYBODY)
_PERSON: Final = Rule(Who.PERSON)
_VIEW: Final = Rule(Permission.VIEW)
_TOTALS: Final = Rule(Permission.VIEW, Privacy.TOTALS)
_WORKERS: Final = Rule(Permission.VIEW, Privacy.WORKERS)
_PRIVATE: Final = Rule(Permission.VIEW_PRIVATE)
_MINERS: Final = Rule(Permission.MINERS)
_WEIGHTS: Final = Rule(Permission.WEIGHTS)
_SOURCES: Final = Rule(Permission.SOURCES)
_SETTINGS: Final = Rule(Permission.SETTINGS)
_ACCOUNTS: Final = Rule(Permission.ACCOUNTS)
_AUDIT: Final = Rule(Permission.AUDIT)
_OWNERS: Final = Rule(Permission.OWNERS)

RULES: Final[Mapping[str, Rule]] = {
    # signing in
    "GET /session": _ANYBODY,
    "POST /session": _ANYBODY,
    "DELETE /session": _PERSON,
    "POST /session/passkey/begin": _ANYBODY,
    "POST /session/passkey/finish": _ANYBODY,
    "POST /session/link": _ANYBODY,
    # setting up: the first step takes the secret that was printed; the others whoever was made owner by it
    "GET /setup": _ANYBODY,
    "POST /setup/owner": _ANYBODY,
    "GET /setup/nodes": _OWNERS,
    "POST /setup/check-node": _OWNERS,
    "POST /setup/check-pool": _OWNERS,
    "POST /setup/check-address": _OWNERS,
    "POST /setup/finish": _OWNERS,
    # connecting a miner
    "GET /connect": _VIEW,
    "GET /connect/certificate.pem": _VIEW,
    "GET /connect/qr.svg": _VIEW,
    # oneself
    "GET /me": Rule(Who.SIGNED_IN),
    "POST /me/proof": _PERSON,
    "POST /me/proof/passkey/begin": _PERSON,
    "POST /me/proof/passkey/finish": _PERSON,
    "POST /me/password": _PERSON,
    "POST /me/totp/begin": _PERSON,
    "POST /me/totp/confirm": _PERSON,
    "DELETE /me/totp": _PERSON,
    "POST /me/recovery-codes": _PERSON,
    "POST /me/passkeys/begin": _PERSON,
    "POST /me/passkeys/finish": _PERSON,
    "DELETE /me/passkeys/{id}": _PERSON,
    "DELETE /me/sessions/{id}": _PERSON,
    # accounts and tokens
    "GET /accounts": _ACCOUNTS,
    "POST /accounts": _ACCOUNTS,
    "PATCH /accounts/{id}": _ACCOUNTS,
    "DELETE /accounts/{id}": _ACCOUNTS,
    "POST /accounts/{id}/link": _ACCOUNTS,
    "DELETE /accounts/{id}/second-factor": _ACCOUNTS,
    "GET /tokens": Rule(Who.SIGNED_IN),
    "POST /tokens": _PERSON,
    "DELETE /tokens/{id}": _PERSON,
    "GET /audit": _AUDIT,
    # what there is to see
    "GET /overview": _TOTALS,
    "GET /shaft": _WORKERS,
    "GET /activity": _VIEW,
    "GET /workers": _WORKERS,
    "GET /workers/sparklines": _WORKERS,
    "GET /workers/{key}": _WORKERS,
    "GET /workers/{key}/hashrate": _WORKERS,
    "GET /sessions": _VIEW,
    "GET /sources": _VIEW,
    "GET /sources/{name}/history": _VIEW,
    "GET /sources/balance": _VIEW,
    "GET /networks": _TOTALS,
    "GET /blocks": _TOTALS,
    "GET /hashrate": _TOTALS,
    "GET /best-shares": _WORKERS,
    "GET /jobs/current": _VIEW,
    "GET /version": _TOTALS,
    "GET /about": _VIEW,
    "GET /documents": _VIEW,
    "GET /documents/{folder}/{name}": _VIEW,
    "GET /events": _TOTALS,
    "GET /openapi.json": _ANYBODY,
    # acting on miners
    "PUT /workers/{key}/pin": _MINERS,
    "PUT /workers/{key}/difficulty": _MINERS,
    "POST /acts/pin": _MINERS,
    "POST /acts/difficulty": _MINERS,
    "POST /acts/disconnect": _MINERS,
    "POST /acts/ban": _MINERS,
    "DELETE /sessions/{id}": _MINERS,
    "GET /sessions/{id}/wire": _PRIVATE,
    "GET /bans": _PRIVATE,
    "POST /bans": _MINERS,
    "DELETE /bans/{address}": _MINERS,
    # sources and settings
    "POST /sources": _SOURCES,
    "PATCH /sources": _WEIGHTS,
    "POST /sources/preview": _WEIGHTS,
    "POST /sources/balance/preview": _SETTINGS,
    "POST /sources/test": _SOURCES,
    "PATCH /sources/{name}": _SOURCES,
    "DELETE /sources/{name}": _SOURCES,
    "GET /settings": _SETTINGS,
    "PATCH /settings": _SETTINGS,
    "GET /settings/export": _SETTINGS,
    "POST /settings/import": _SETTINGS,
    "GET /settings/profiles": _SETTINGS,
    "GET /logs": _PRIVATE,
    "GET /logs/download": _PRIVATE,
}
