"""The routes of the API, area by area.

Responsible for: the list of areas.
Not responsible for: how a route becomes one (`web.areas`), who may ask it (`web.access`).
Read next: any of the areas.
"""

from headframe.web.areas import Spec
from headframe.web.routes import (
    about,
    accounts,
    audit,
    connect,
    events,
    history,
    logs,
    me,
    miners,
    session,
    settings,
    setup,
    sources,
    tokens,
)

_AREAS = (session, setup, connect, me, accounts, tokens, audit, events, miners, sources, history, settings, logs, about)


def specs() -> list[Spec]:
    """All routes, in the order of the reference page."""
    return [spec for module in _AREAS for spec in module.area.specs]
