"""Names that came off the wire are text: nothing that a miner or a pool says is ever more than letters on a page."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from headframe.testing.client import Sv1Client, wait_for
from headframe.testing.cockpit_house import CockpitHouse, cockpit_house
from headframe.testing.pace import REGTEST_BITS

Open = Callable[..., Page]

PHONE = {"width": 390, "height": 844}

SHOWN = (
    "<script>window.__pwned=1</script>",
    '"><img src=x onerror="window.__pwned=1">',
    "<svg/onload=window.__pwned=1>",
    "javascript:window.__pwned=1",
    "{{7*7}}${7*7}<%=7*7%>",
    "';DROP TABLE miners;--",
    "&lt;b&gt;bold&lt;/b&gt;",
    "__proto__",
    "../../etc/passwd",
)
"""Shown as they are, letter for letter."""

ODD = (
    "\u202egnp.exe",
    "null\0byte\x07bell",
    "l" + "o" * 2_000 + "ng",
    "line\nbreak\ttab",
    "👩‍🚀 日本語 مرحبا",
)
"""Refused as names, or shown somehow: shortened, isolated or without what cannot be shown."""

MESSAGE = "<img src=x onerror=window.__pwned=1>pool speaks"
REASON = "<script>window.__pwned=1</script>pool refuses"


def mine_as(client: Sv1Client, worker: str) -> None:
    """A session whose every name is hostile, and a share of it (here: a block)."""
    client.subscribe(user_agent=worker)
    if not client.authorize(f"{worker.replace('.', '')}.{worker}", worker).accepted:
        assert worker in ODD
        assert client.authorize("odd.one", worker).accepted  # and what it says it is stays odd
    job = client.wait_job()
    client.submit(client.solve(job))


def speak_as_pools(house: CockpitHouse) -> None:
    """One pool talks to miners, the other refuses everybody with words."""
    house.pools.do("larch", lambda pool: pool.tell_all("client.show_message", [MESSAGE]))
    manners = house.pools.pool("birch").manners
    manners.take_worker = lambda user, password: REASON
    house.pools.do("birch", lambda pool: pool.drop_all())
    wait_for(lambda: not house.pools.is_up("birch"), what="birch to be down")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[CockpitHouse]:
    with contextlib.ExitStack() as stack:
        weights = {"home": 100, "larch": 0, "birch": 0}
        house = stack.enter_context(cockpit_house(tmp_path / "house", weights=weights, bits=REGTEST_BITS))
        for name in (*SHOWN, *ODD):
            mine_as(stack.enter_context(house.pools.server.client()), name)
        speak_as_pools(house)
        wait_for(lambda: house.owner.get("blocks")["total"] >= len(SHOWN), what="their blocks")
        wait_for(lambda: len(house.owner.get("workers")["miners"]) >= len(SHOWN), what="the miners")
        for miner in house.owner.get("workers")["miners"]:
            house.owner.act("PUT", f"workers/{miner['key']}/pin", {"source": "home"})
        yield house


@pytest.fixture
def page(house: CockpitHouse, open_browser: Open, watched: Any) -> Page:
    """The owner's; a dialog of the browser fails the test."""
    page = open_browser()
    page.context.add_cookies([house.cookie(house.owner)])

    def refuse(dialog: Any) -> None:
        watched.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", refuse)
    return page


def is_harmless(page: Page) -> None:
    assert page.evaluate("window.__pwned") is None
    made = page.evaluate("document.querySelectorAll('img[src=x], script:not([src]), svg[onload], b').length")
    assert made == 0, "a name became an element"
    links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href') ?? '')")
    assert [link for link in links if link.lower().startswith("javascript")] == []


WIDE = """() => document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
  .map((one) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 60)}`)"""


def fits(page: Page) -> None:
    assert page.evaluate(WIDE) == [], f"{page.url} is wider than the window"


def test_they_are_text_on_every_page_and_push_nothing_out_of_the_window(
    house: CockpitHouse, page: Page, picture: Callable[[Page, str], Path]
) -> None:
    miners = house.owner.get("workers")["miners"]
    aliases = {miner["alias"]: miner["key"] for miner in miners}
    assert set(SHOWN) <= set(aliases), "a name was changed on its way"
    for width in ("desktop", "phone"):
        if width == "phone":
            page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        for path in ("/", "/miners", "/sources", "/blocks", "/leaderboard", "/kiosk", "/logs", "/audit"):
            page.goto(house.url + path)
            expect(page.locator("h1, .kiosk").first).to_be_attached()
            if path in ("/miners", "/blocks", "/leaderboard", "/logs"):
                expect(page.get_by_text(SHOWN[0]).first).to_be_attached()
            elif path == "/sources":
                expect(page.get_by_text("pool refuses").first).to_contain_text("<script>")
            is_harmless(page)
            picture(page, f"hostile{path.replace('/', '-')}-{width}")
            fits(page)
    assert "49" not in page.title()


def test_the_page_of_each_of_them_opens_and_says_its_name(house: CockpitHouse, page: Page) -> None:
    for miner in house.owner.get("workers")["miners"]:
        page.goto(f"{house.url}/miners/{miner['key']}")
        name = page.get_by_role("heading", level=1).locator("bdi")
        expect(name).to_be_visible()
        if miner["alias"] in SHOWN:
            assert name.inner_text() == miner["alias"]
        is_harmless(page)
        fits(page)
    page.get_by_role("link", name="Leaderboard", exact=True).click()
    is_harmless(page)
