"""Fixtures of the browser tests: headless Chromium against a running Headframe with real miners, loopback only.

Every page that a test opens is watched: an error in its console, a breach of the content security policy or a request
that leaves the machine fails the test, whatever it was about.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from headframe.testing.client import wait_for
from headframe.testing.loop_thread import LoopThread
from headframe.testing.scripted_web import ServedHouse

ARTEFACTS = Path(__file__).parents[2] / ".cache" / "screenshots"
"""Where pictures go; kept after the run, and never committed (those of the documentation are copied by `make pictures`)."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
WAIT_MS = 20_000
expect.set_options(timeout=WAIT_MS)

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
WALL = {"width": 2560, "height": 1440}

Open = Callable[..., Page]


def chromium() -> str | None:
    """Where Chromium is: $CHROMIUM, or on PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if chromium() is None:
        pytest.skip("NO BROWSER: install chromium, or name one in $CHROMIUM")
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    try:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
    except Error as trouble:
        pytest.skip(f"NO BROWSER: {chromium()} does not start here: {str(trouble).splitlines()[0]}")
    yield browser
    browser.close()


class Watched:
    """What a page did that it must not."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.expected: list[str] = []

    def watch(self, page: Page) -> Page:
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda said: self._said(said.type, f"{said.text} {said.location.get('url', '')}"))
        page.on("request", lambda request: self._asked(request.url))
        return page

    def expect(self, text: str) -> None:
        """Console errors with this text are what the test is about (a 403 that the browser reports, for one)."""
        self.expected.append(text)

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and not any(known in text for known in self.expected):
            self.faults.append(f"console: {text}")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            self.faults.append(f"asked {url}")


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    assert watched.faults == []


@pytest.fixture
def open_browser(browser: Browser, watched: Watched) -> Iterator[Open]:
    """Opens a page in a fresh profile (its own cookies): `open_browser(viewport=PHONE, color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def open_(**options: object) -> Page:
        options.setdefault("viewport", DESKTOP)
        options.setdefault("locale", "en-GB")
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        return watched.watch(context.new_page())

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def authenticator() -> Callable[[Page], None]:
    """Gives a page's browser a device with a finger on it, of Chromium's own."""

    def give(page: Page) -> None:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        device.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    return give


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], Path]:
    """Takes a picture of a page and keeps it."""

    def take(page: Page, name: str) -> Path:
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        # Asked from here: the page's own policy forbids to wait for an expression in it.
        wait_for(lambda: page.evaluate("[...document.images].every((one) => one.complete)"), what="the images")
        page.screenshot(path=path, full_page=True, animations="disabled")
        return path

    return take


class Scripted:
    """A made-up house on a port; `sign_in` makes a page's visitor one of its roles."""

    def __init__(self, served: ServedHouse, thread: LoopThread) -> None:
        self.served, self._thread = served, thread

    @property
    def url(self) -> str:
        return self.served.url.rstrip("/")

    def sign_in(self, page: Page, role: str = "owner") -> Page:
        secret = self._thread.do(lambda: self.served.house.cookie(role))
        page.context.add_cookies([{"name": "headframe", "value": secret, "url": self.url}])
        return page

    def open(self, page: Page, path: str, sign: str = "h1") -> Page:
        """Go there and wait for what shows that the page is complete, and for the first live numbers."""
        page.goto(self.url + path)
        expect(page.locator(sign).first).to_be_visible()
        return page


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Scripted]]:
    """Makes houses: `scripted(miners=1000, hostile=True)`; they live as long as the module."""
    threads: list[LoopThread] = []

    def make(**options: object) -> Scripted:
        served = ServedHouse(tmp_path_factory.mktemp("scripted"), alive=True, **options)
        thread = LoopThread(served, "scripted house")
        thread.start()
        threads.append(thread)
        return Scripted(served, thread)

    yield make
    for thread in threads:
        thread.close()
