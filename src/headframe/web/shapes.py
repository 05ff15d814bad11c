"""Answers that only the web has.

Responsible for: these shapes.
Not responsible for: the views of `service`, which most answers are.
Read next: `web.routes`.
"""

from typing import Any

import msgspec

from headframe.service.account_views import AccountView
from headframe.service.history_views import Dashboard
from headframe.service.permissions import Permission, Privacy, Role
from headframe.service.views import Overview


class SessionInfo(msgspec.Struct, frozen=True):
    """Who asks. `how` is session, token, console, or "" for visitors; `csrf` goes into the X-CSRF header of every request
    that changes something, when a cookie is what one is known by. `version` is "" for who may see nothing."""

    signed_in: bool
    setup_needed: bool
    privacy: Privacy
    name: str = ""
    role: Role | None = None
    how: str = ""
    permissions: tuple[Permission, ...] = ()
    csrf: str = ""
    account: AccountView | None = None
    version: str = ""


class Everything(msgspec.Struct, frozen=True):
    """One look at everything, as the event `tick` has it."""

    overview: Overview
    dashboard: Dashboard


class Challenge(msgspec.Struct, frozen=True):
    """For navigator.credentials; `handle` comes back with what it says."""

    handle: str
    options: dict[str, Any]


class TotpStart(msgspec.Struct, frozen=True):
    """To be confirmed with a code. `uri` is otpauth://, `qr` the same as an image (a data: address)."""

    secret: str
    uri: str
    qr: str


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Shown once."""

    codes: tuple[str, ...]


class NewAccount(msgspec.Struct, frozen=True):
    """`link` is a one-time link to sign in with, "" when a password was given."""

    account: AccountView
    link: str


class Link(msgspec.Struct, frozen=True):
    """A one-time link to sign in with; shown once."""

    link: str


class Text(msgspec.Struct, frozen=True):
    text: str


class VersionView(msgspec.Struct, frozen=True):
    version: str
    api: str = "v1"


class Library(msgspec.Struct, frozen=True):
    name: str
    version: str
    licence: str


class DocumentView(msgspec.Struct, frozen=True):
    """A document that came with the program: `name` is its path below /documents."""

    name: str
    title: str


class AboutView(msgspec.Struct, frozen=True):
    """What runs here. `kernel` is how shares are hashed."""

    version: str
    kernel: str
    python: str
    system: str
    licence: str
    libraries: tuple[Library, ...]
