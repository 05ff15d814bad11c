"""The pictures of the documentation: `python tests/browser/pictures.py [FOLDER]`, by default docs/operating/images.

Responsible for: a made-up house that looks the same each time, the pages that the guides show, files small enough to keep.
Not responsible for: judging pages (`test_every_page.py`).
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from conftest import ARGUMENTS, PHONE, WAIT_MS, chromium
from headframe.testing.client import wait_for
from headframe.testing.cockpit_client import CockpitClient
from headframe.testing.loop_thread import LoopThread
from headframe.testing.node_thread import embedded_node
from headframe.testing.scripted_web import ServedHouse
from headframe.testing.server import node_source, payout, serving

FOLDER = Path(__file__).parents[2] / "docs" / "operating" / "images"
MOST_BYTES = 250_000
WIDE = {"width": 1280, "height": 800}
TALL = {"width": 1280, "height": 1120}
PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"

PAGES = (
    ("dashboard", "/", "h3:has-text('coinbase pays')", "dark", WIDE),
    ("miners", "/miners", "a[href^='/miners/']", "light", WIDE),
    ("miner", "/miners/{key}", "h2:has-text('Moves')", "light", WIDE),
    ("sources", "/sources", "main:has(#source-spare) .shaft a[href^='/miners/']:visible", "light", TALL),
    ("blocks", "/blocks", "tbody tr", "light", WIDE),
    ("leaderboard", "/leaderboard", ".board tbody tr", "light", WIDE),
    ("kiosk", "/kiosk", ".kiosk, .page-kiosk *", "dark", WIDE),
    ("users", "/users", "main h2", "light", WIDE),
    ("connect", "/connect", ".connect-way", "light", WIDE),
    ("phone", "/", ".page-dashboard h2", "dark", PHONE),
)


@contextlib.contextmanager
def scripted(folder: Path, **options: object) -> Iterator[tuple[str, str, ServedHouse]]:
    """A made-up house: where it is, its owner's cookie, and itself."""
    served = ServedHouse(folder, alive=True, **options)
    thread = LoopThread(served, "scripted house")
    thread.start()
    try:
        yield served.url.rstrip("/"), thread.do(lambda: served.house.cookie("owner")), served
    finally:
        thread.close()


@contextlib.contextmanager
def visiting(browser: Browser, url: str, cookie: str, viewport: Any, theme: Any) -> Iterator[Page]:
    context = browser.new_context(viewport=viewport, color_scheme=theme, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([{"name": "headframe", "value": cookie, "url": url}])
    try:
        yield context.new_page()
    finally:
        context.close()


def keep(page: Page, folder: Path, name: str) -> None:
    """What is in the window now."""
    wait_for(lambda: page.evaluate("[...document.images].every((one) => one.complete)"), what="the images")
    path = folder / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes, more than {MOST_BYTES}")


def take_pages(browser: Browser, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as house, scripted(Path(house), miners=24) as (url, cookie, served):
        key = served.house.world.rigs.rigs[2].key
        for name, path, sign, theme, viewport in PAGES:
            with visiting(browser, url, cookie, viewport, theme) as page:
                page.goto(url + path.format(key=key))
                expect(page.locator(sign).first).to_be_visible()
                keep(page, folder, name)


def take_wizard(browser: Browser, folder: Path) -> None:
    with contextlib.ExitStack() as stack:
        house = stack.enter_context(tempfile.TemporaryDirectory())
        url, cookie, _ = stack.enter_context(scripted(Path(house), stage="settings"))
        page = stack.enter_context(visiting(browser, url, cookie, WIDE, "light"))
        page.goto(f"{url}/setup")
        page.get_by_role("button", name="Continue", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Your Bitcoin node")
        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Test it").click()
        expect(page.get_by_text("It works.")).to_be_visible()
        keep(page, folder, "wizard")


def take_settings(browser: Browser, folder: Path) -> None:
    """Of a real server: a made-up one has no settings to speak of."""
    with tempfile.TemporaryDirectory() as house, embedded_node() as node:
        settings = payout(PAYEE) + node_source([node.url], user="demo", password="demo")
        with serving(Path(house), settings) as server:
            owner = CockpitClient(server.web_port).own(server.wait_event("first_visit")["link"])
            url = f"http://127.0.0.1:{server.web_port}"
            with visiting(browser, url, owner.cookie, WIDE, "light") as page:
                page.goto(f"{url}/settings")
                expect(page.locator("main input").first).to_be_visible()
                keep(page, folder, "settings")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    takes: tuple[Callable[[Browser, Path], None], ...] = (take_pages, take_wizard, take_settings)
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for take in takes:
            take(browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
