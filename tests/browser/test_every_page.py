"""Every page on phone and desktop, dark and light: kept as pictures, within the window, and usable by everybody."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Open = Callable[..., Page]

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
THEMES = ("dark", "light")

PAGES = {
    "dashboard": ("/", "main:has(.shaft) h3:has-text('coinbase pays')"),
    "miners": ("/miners", "a[href^='/miners/']"),
    "miner": ("/miners/{key}", "h2:has-text('Moves')"),
    "sources": ("/sources", "main:has(#source-spare) .shaft a[href^='/miners/']:visible"),
    "blocks": ("/blocks", "tbody tr"),
    "leaderboard": ("/leaderboard", ".board tbody tr"),
    "kiosk": ("/kiosk", ".kiosk, .page-kiosk *"),
    "connect": ("/connect", ".connect-way"),
    "settings": ("/settings", "main input"),
    "users": ("/users", "main h2, main table"),
    "logs": ("/logs", ".log-row"),
    "audit": ("/audit", ".audit-row"),
    "about": ("/about", "main h2"),
    "me": ("/me", "main h2"),
}
"""Where it is, and what is there when it is complete."""

GATES = {"login": ("/login", "main form"), "missing": ("/no-such-page", "main h1")}
"""Also for those who are not signed in."""

WIDER = "document.scrollingElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def house(scripted: Callable[..., Any]) -> Any:
    return scripted(miners=40)


def key(house: Any) -> str:
    rig = house.served.house.world.rigs.rigs[0]
    return str(rig.key)


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']} at "
        + "; ".join(" ".join(map(str, node["target"])) for node in each["nodes"][:4])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [*PAGES, *GATES])
def test_a_page_is_within_the_window_and_shuts_nobody_out(
    house: Any, open_browser: Open, picture: Callable[[Page, str], Path], watched: Any, name: str, theme: str
) -> None:
    path, sign = {**PAGES, **GATES}[name]
    faults: list[str] = []
    page = open_browser(color_scheme=theme, viewport=SIZES["desktop"])
    if name in PAGES:
        house.sign_in(page)
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        house.open(page, path.format(key=key(house)), sign)
        picture(page, f"{name}-{size}-{theme}")
        if page.evaluate(WIDER):
            faults.append(f"wider than the {size}'s window")
        faults += [f"{size}: {fault}" for fault in serious(page)]
    assert faults == []
