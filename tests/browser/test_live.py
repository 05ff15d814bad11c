"""Pages that stay open: new miners appear, a lost connection is said and heals, the demo lets its guest in."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from headframe.testing.client import wait_for
from headframe.testing.cockpit_client import CockpitClient
from headframe.testing.node_thread import embedded_node
from headframe.testing.server import ServerProcess, fixed_difficulty, node_source, payout, serving

Open = Callable[..., Page]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
SECRETS = ("bcrt1", "127.0.0.1")
"""What no visitor ever sees."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with embedded_node() as node:
        settings = payout(PAYEE) + fixed_difficulty(1e-7) + node_source([node.url], user="demo", password="demo")
        with serving(tmp_path / "house", settings, healthy=False) as server:
            yield server


def own(server: ServerProcess, page: Page) -> CockpitClient:
    owner = CockpitClient(server.web_port).own(server.wait_event("first_visit")["link"])
    page.context.add_cookies([{"name": "headframe", "value": owner.cookie, "url": home(server)}])
    return owner


def home(server: ServerProcess) -> str:
    return f"http://127.0.0.1:{server.web_port}"


def test_a_new_miner_appears_on_the_open_page_and_its_leaving_too(server: ServerProcess, open_browser: Open) -> None:
    page = open_browser()
    own(server, page)
    page.goto(home(server) + "/miners")
    expect(page.get_by_role("heading", name="No miner has connected yet")).to_be_visible()
    with server.client() as client:
        job = client.begin(f"{PAYEE}.kitchen")
        assert client.submit(client.solve(job)).accepted
        row = page.get_by_role("row").filter(has_text="kitchen")
        expect(row).to_contain_text("mining")
        page.evaluate("window.__same = true")
        page.get_by_role("link", name="Dashboard", exact=True).click()
        expect(page.get_by_text("kitchen").first).to_be_attached()
    page.get_by_role("link", name="Miners", exact=True).click()
    expect(row).to_contain_text("offline")
    assert page.evaluate("window.__same") is True, "the page was loaded anew"


def test_a_lost_connection_is_said_at_once_and_heals_by_itself(
    server: ServerProcess, open_browser: Open, watched: Any
) -> None:
    page = open_browser()
    own(server, page)
    page.goto(home(server) + "/sources")
    expect(page.locator("#source-home figure").first).to_be_visible()
    expect(page.locator(".top-marks")).to_contain_text("regtest")
    watched.expect("/api/v1/")  # the browser's own words for a server that is away
    server.kill()
    lost = page.get_by_text("The connection to Headframe is lost.")
    expect(lost).to_be_visible()
    server.start(healthy=False)
    expect(lost).to_be_hidden(timeout=60_000)
    expect(page.locator(".top-marks")).to_contain_text("regtest")
    page.get_by_role("link", name="Blocks", exact=True).click()
    expect(page.get_by_role("heading", name="Our blocks")).to_be_visible()  # still signed in


def test_a_server_that_hangs_is_told_from_a_quiet_one_within_seconds(server: ServerProcess, open_browser: Open) -> None:
    page = open_browser()
    own(server, page)
    page.goto(home(server) + "/sources")
    expect(page.locator(".top-marks")).to_contain_text("regtest")
    lost = page.get_by_text("The connection to Headframe is lost.")
    expect(lost).to_be_hidden()
    os.kill(server.pid, signal.SIGSTOP)
    try:
        expect(lost).to_be_visible(timeout=10_000)
        expect(page.locator(".top-marks")).to_contain_text("regtest")  # what was known stays
    finally:
        os.kill(server.pid, signal.SIGCONT)
    expect(lost).to_be_hidden()


@pytest.mark.parametrize("privacy", ["nothing", "totals", "workers"])
def test_visitors_see_what_the_setting_says_and_never_addresses(
    server: ServerProcess, open_browser: Open, watched: Any, privacy: str
) -> None:
    watched.expect("/api/v1/")  # 401 and 403 are what visitors get
    page = open_browser()
    owner = CockpitClient(server.web_port).own(server.wait_event("first_visit")["link"])
    owner.act("PATCH", "settings", {"changes": [{"path": "web.privacy", "value": privacy}]})
    with server.client() as client:
        job = client.begin(f"{PAYEE}.kitchen")
        assert client.submit(client.solve(job)).accepted
        wait_for(lambda: owner.get("workers")["miners"], what="the miner")
        page.goto(home(server))
        if privacy == "nothing":
            expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        else:
            expect(page.locator("main")).to_contain_text("H/s")
        if privacy == "workers":
            expect(page.get_by_text("kitchen").first).to_be_attached()
        else:
            assert page.get_by_text("kitchen").count() == 0
        seen = page.locator("body").inner_text()
        assert [secret for secret in SECRETS if secret in seen] == []


def test_the_demo_prints_a_link_that_lets_its_guest_in_as_owner(open_browser: Open, tmp_path: Path) -> None:
    words = ["demo", "--port", "0", "--web-port", "0", "--no-live", "--log-format", "json", "--duration", "60"]
    demo = subprocess.Popen(
        [sys.executable, "-m", "headframe", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert demo.stderr is not None
        said = next(filter(None, (re.search(r'"(http://[^"]*/login#[^"]+)"', line) for line in demo.stderr)))
        page = open_browser()
        page.goto(said[1])
        expect(page.locator(".top-marks")).to_contain_text("regtest")
        assert "#" not in page.url
        page.get_by_role("button", name="Menu").click()
        expect(page.get_by_role("link", name="Users")).to_be_visible()
        page.close()
    finally:
        demo.terminate()
        demo.communicate(timeout=30)
