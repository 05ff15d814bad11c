"""A viewer looks, and cannot act: not on the pages, and not by asking the API."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from headframe.testing.client import wait_for
from headframe.testing.cockpit_house import CockpitHouse, cockpit_house
from headframe.testing.fleet_thread import fleet
from headframe.testing.pool_house import PAYEE

Open = Callable[..., Page]

ABOUT_ONESELF = ("/session", "/setup/owner", "/me", "/tokens")
"""Acts that are everybody's: signing in and out, one's own account."""

PAGES = {
    "/": ".shaft",
    "/miners": "a[href^='/miners/']",
    "/sources": "#source-birch",
    "/blocks": ".page-blocks h2",
    "/leaderboard": "h1",
    "/miners/{key}": "h2:has-text('Moves')",
}
"""What is there when a page is."""

ROLES: tuple[Any, ...] = ("button", "slider", "checkbox")
ACTING = re.compile(
    r"^(Apply|Pause|Resume|Edit|Remove|Test|Add a source|Pin|Ban|Disconnect|Save|Sign out everybody|Choose this row)",
    re.I,
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[CockpitHouse]:
    with (
        cockpit_house(tmp_path / "house", weights={"home": 50, "larch": 50, "birch": 0}) as house,
        fleet(house.pools.server.stratum_port, miners=2, user=PAYEE),
    ):
        wait_for(lambda: len(house.owner.get("workers")["miners"]) == 2, what="the miners")
        yield house


def acts(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Every route of the document that changes something of others."""
    found = []
    for path, operations in document["paths"].items():
        inside = path.removeprefix("/api/v1")
        mine = any(inside == own or inside.startswith(f"{own}/") for own in ABOUT_ONESELF)
        found += [(method.upper(), inside) for method in operations if method != "get" and not mine]
    return found


def body_of(method: str, path: str) -> object:
    """What would do something, were it allowed."""
    bodies: dict[str, object] = {
        "PATCH /sources": {"weights": {"home": 0, "larch": 100}},
        "POST /sources/preview": {"weights": {"home": 0}},
        "PATCH /sources/{name}": {"values": {"paused": True}},
        "POST /sources": {"values": {"name": "mine", "kind": "pool", "url": ["stratum+tcp://127.0.0.1:1"]}},
        "POST /sources/test": {"name": "larch", "values": {}},
        "PATCH /settings": {"changes": [{"path": "payout.address", "value": PAYEE}]},
        "POST /settings/import": {"text": "[web]\nprivacy = 'workers'\n"},
        "PUT /workers/{key}/pin": {"source": "birch"},
        "PUT /workers/{key}/difficulty": {"difficulty": 5.0},
        "POST /acts/pin": {"keys": ["0123456789"], "source": "birch"},
        "POST /acts/difficulty": {"keys": ["0123456789"], "difficulty": 5.0},
        "POST /acts/disconnect": {"keys": ["0123456789"]},
        "POST /acts/ban": {"keys": ["0123456789"], "seconds": 60},
        "POST /bans": {"address": "127.0.0.1", "seconds": 60},
        "POST /accounts": {"name": "eve", "role": "owner", "password": "correct horse battery"},
        "PATCH /accounts/{id}": {"role": "owner"},
        "POST /setup/finish": {"values": {"payout": {"mode": "miner"}}},
        "POST /setup/check-node": {"values": {"rpc": ["http://127.0.0.1:1"]}},
        "POST /setup/check-pool": {"values": {"url": ["stratum+tcp://127.0.0.1:1"]}},
        "POST /setup/check-address": {"network": "regtest", "address": PAYEE},
    }
    return bodies.get(f"{method} {path}")


def state(house: CockpitHouse) -> dict[str, Any]:
    """All that somebody could have changed."""
    owner = house.owner
    return {
        "file": house.pools.server.file.read_text(),
        "accounts": [(one["name"], one["role"], one["disabled"]) for one in owner.get("accounts")],
        "bans": owner.get("bans"),
        "sessions": {one["session_id"]: one["difficulty"] for one in owner.get("sessions")},
        "pins": [one["pinned_to"] for one in owner.get("workers")["miners"]],
    }


def test_every_acting_route_refuses_a_viewer_and_nothing_changes(house: CockpitHouse) -> None:
    viewer, owner = house.role("viewer"), house.owner
    keys = {
        "{key}": owner.get("workers")["miners"][0]["key"],
        "{name}": "larch",
        "{address}": "127.0.0.1",
    }
    ids = {
        "/sessions": owner.get("sessions")[0]["session_id"],
        "/accounts": str(next(one["id"] for one in owner.get("accounts") if one["name"] == "viewer")),
    }
    document = viewer.get("openapi.json")
    routes = acts(document)
    assert len(routes) >= 20, "the document has lost its routes"
    before = state(house)
    for method, route in routes:
        path = route
        for hole, value in keys.items():
            path = path.replace(hole, value)
        for area, value in ids.items():
            path = path.replace("{id}", value) if path.startswith(area) else path
        said = viewer.ask(method, path.removeprefix("/"), body_of(method, route))
        assert said.status == 403, f"{method} {path}: {said}"
        assert said.body["error"]["code"] == "not_allowed", f"{method} {path}: {said}"
    assert state(house) == before
    for private in ("settings", "logs", "audit", "accounts", "bans", f"sessions/{ids['/sessions']}/wire"):
        assert viewer.ask("GET", private).status == 403, private


def offered(page: Page, url: str, sign: str) -> list[str]:
    """What acts on this page, by its words."""
    page.goto(url)
    expect(page.locator(sign).first).to_be_visible()
    found = [one for role in ROLES for one in page.get_by_role(role).all()]
    named = [(one.get_attribute("aria-label") or one.inner_text()).strip() for one in found]
    return [name for name in named if ACTING.match(name)]


def test_the_pages_offer_a_viewer_nothing_that_acts(house: CockpitHouse, open_browser: Open) -> None:
    page, operating = open_browser(), open_browser()
    page.context.add_cookies([house.cookie(house.role("viewer"))])
    operating.context.add_cookies([house.cookie(house.role("operator"))])
    miner = house.owner.get("workers")["miners"][0]
    for path, sign in PAGES.items():
        url = house.url + path.format(key=miner["key"])
        assert offered(page, url, sign) == [], path
        if path in ("/sources", "/miners/{key}"):
            assert len(offered(operating, url, sign)) >= 2, "nobody is offered anything, so this proves nothing"
    for shut in ("/settings", "/users", "/logs", "/audit"):
        page.goto(house.url + shut)
        expect(page.get_by_role("heading", name="This page is not for your role")).to_be_visible()
    page.goto(house.url + "/")
    page.get_by_role("button", name="Menu").click()
    menu = page.locator(".menu-list")
    expect(menu.get_by_role("link", name="About")).to_be_visible()
    assert menu.get_by_role("link", name=re.compile("Settings|Users|Logs|Audit")).count() == 0


def test_a_visitor_who_did_not_sign_in_is_sent_to_the_door(house: CockpitHouse, open_browser: Open) -> None:
    page = open_browser()
    page.goto(house.url + "/miners")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "next=%2Fminers" in page.url
