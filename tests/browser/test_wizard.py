"""From an empty folder to the first block, in the browser."""

import contextlib
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from headframe.testing.chain import Chain
from headframe.testing.fake_pool import fake_pool
from headframe.testing.node_settings import NodeSettings
from headframe.testing.node_thread import NodeThread
from headframe.testing.pace import PacedBits
from headframe.testing.regtest_node import EmbeddedNode
from headframe.testing.setup_process import SetupProcess, setting_up

Open = Callable[..., Page]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
EASY_BITS = 0x207FFFFF
"""Regtest's."""
PASSWORD = "correct horse battery staple"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeThread]:
    """A node with a cookie file, on a chain whose blocks a processor finds within seconds."""
    chain = Chain(pace=PacedBits(first_work=1 << 16), born_at=int(time.time()) - 60, halving_interval=210_000)
    thread = NodeThread(EmbeddedNode(chain, NodeSettings(cookie_file=tmp_path / "cookie")))
    thread.start()
    yield thread
    thread.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SetupProcess]:
    with setting_up(tmp_path / "house") as server:
        yield server


@contextlib.contextmanager
def mining(url: str, user: str) -> Iterator[None]:
    """A miner as somebody would start one after reading the page."""
    process = subprocess.Popen(
        [sys.executable, "-m", "headframe", "miner", url, user, "--hashrate", "100000", "--quiet", "--tied"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.communicate(timeout=10)  # closes its standard input, which ends it


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def go_on(page: Page, words: str = "Continue") -> None:
    page.get_by_role("button", name=words, exact=True).click()


def make_owner(page: Page) -> None:
    heading(page, "Make yourself the owner")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    go_on(page, "Make the account")
    heading(page, "Which network?")


def enter_node(page: Page, url: str, cookie: Path) -> None:
    heading(page, "Your Bitcoin node")
    page.get_by_role("radio", name="A node that I enter").check()
    page.get_by_label("RPC address").fill(url)
    page.get_by_label("Cookie file").fill(str(cookie))


def test_from_nothing_to_the_first_block(
    node: NodeThread, server: SetupProcess, open_browser: Open, watched: Any, picture: Callable[[Page, str], Path]
) -> None:
    page = open_browser()
    page.goto(server.link())
    make_owner(page)
    assert "#" not in page.url, "the secret stays in the address bar"
    page.get_by_role("radio", name="regtest").check()
    picture(page, "wizard-network")
    go_on(page)

    enter_node(page, node.url, server.directory / "nowhere")
    go_on(page, "Test it")
    expect(page.get_by_text("It does not work yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Continue anyway")).to_be_visible()
    picture(page, "wizard-node-refused")
    cookie = node.node.settings.cookie_file
    assert cookie is not None
    page.get_by_label("Cookie file").fill(str(cookie))
    go_on(page, "Test it")
    expect(page.get_by_text("It works.")).to_be_visible()
    expect(page.locator(".report li", has_text="Block template")).to_contain_text("height")
    picture(page, "wizard-node-tested")
    go_on(page)

    heading(page, "Who is paid?")
    page.get_by_label("Payout address").fill("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    go_on(page)
    wrong = page.get_by_text("mainnet address")
    expect(wrong).to_have_count(1)
    page.get_by_label("Payout address").fill(PAYEE)
    expect(page.get_by_text("can be paid on regtest.")).to_be_visible()
    expect(wrong).to_have_count(0)
    picture(page, "wizard-payout")
    go_on(page)

    heading(page, "Other pools")
    go_on(page, "Continue without pools")
    heading(page, "Where it is reached")
    page.get_by_role("group", name="Miners").get_by_role("radio", name="Only this machine").check()
    page.get_by_label("Port for miners").fill(str(server.stratum_port))
    page.get_by_label("Port for these pages").fill(str(server.web_port))
    go_on(page)

    heading(page, "Look over, and start")
    for cut_off in ("/api/v1/events", "/api/v1/version", "/api/v1/setup"):
        watched.expect(cut_off)  # the server starts anew
    picture(page, "wizard-finish")
    go_on(page, "Write it and start")
    heading(page, "Connect your miner")
    expect(page.get_by_text("Headframe runs.")).to_be_visible()
    picture(page, "wizard-connect")
    written = tomllib.loads(server.file.read_text())
    assert written["source"][0]["rpc"] == [node.url]
    assert written["payout"]["address"] == PAYEE
    assert server.file.stat().st_mode & 0o077 == 0

    plain = page.locator(".connect-way").first
    url, user = (plain.locator(".connect-fact code").nth(at).inner_text() for at in (0, 1))
    assert f":{server.stratum_port}" in url
    page.get_by_role("button", name="To the dashboard").click()
    with mining(url, user):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Blocks", exact=True).click()
        row = page.locator("table tbody tr").first
        expect(row).to_contain_text(user.rpartition(".")[2])
    assert node.do(lambda: node.node.chain.tip.height) >= 1
    picture(page, "wizard-first-block")


def to_the_pools(page: Page) -> None:
    """Past the owner, on regtest and without a node of its own."""
    make_owner(page)
    page.get_by_role("radio", name="regtest").check()
    go_on(page)
    heading(page, "Your Bitcoin node")
    page.get_by_role("radio", name="No node").check()
    go_on(page)
    heading(page, "Who is paid?")
    go_on(page)
    heading(page, "Other pools")


def test_a_pool_is_tried_again_until_it_works_and_shows_what_was_found(
    server: SetupProcess, open_browser: Open, picture: Callable[[Page, str], Path]
) -> None:
    page = open_browser()
    page.goto(server.link())
    to_the_pools(page)
    page.get_by_role("button", name="Add a pool").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("ocean")
    dialog.get_by_label("Your address at the pool").fill(PAYEE)
    with fake_pool(bits=EASY_BITS) as pool:
        address = pool.pool.url.removeprefix("stratum+tcp://")
        dialog.get_by_label("Address", exact=True).fill("127.0.0.1:1")
        go_on(page, "Test it")
        expect(dialog.locator(".report")).to_contain_text("connection refused")
        expect(dialog.get_by_role("button", name="Keep it anyway")).to_be_visible()
        picture(page, "wizard-pool-refused")
        go_on(page, "Test again")
        expect(dialog.get_by_role("button", name="Test again")).to_be_enabled()
        dialog.get_by_label("Address", exact=True).fill(address)
        go_on(page, "Test it")
        expect(dialog.locator(".report li", has_text="First job")).to_contain_text("share difficulty")
        picture(page, "wizard-pool-tested")
        go_on(page, "Use this pool")
        row = page.locator(".setup-pool")
        expect(row).to_contain_text("ocean")
    expect(row).to_contain_text("works")


def test_what_is_wrong_with_an_address_stands_at_its_field(
    server: SetupProcess, open_browser: Open, watched: Any
) -> None:
    watched.expect("422")
    page = open_browser()
    page.goto(server.link())
    make_owner(page)
    page.get_by_role("radio", name="regtest").check()
    go_on(page)
    page.get_by_role("radio", name="A node that I enter").check()
    expect(page.get_by_label("RPC address")).to_have_value("http://127.0.0.1:18443")
    page.get_by_label("RPC address").fill("nowhere")
    page.get_by_label("Cookie file").fill("/a/cookie")
    go_on(page, "Test it")
    expect(page.locator(".field", has_text="RPC address").locator(".problem")).to_contain_text("not the URL of a node")
    expect(page.get_by_text("source.home")).to_have_count(0)


def test_loading_the_page_anew_goes_on_where_it_was_without_the_passwords(
    server: SetupProcess, open_browser: Open
) -> None:
    page = open_browser()
    page.goto(server.link())
    to_the_pools(page)
    with fake_pool(bits=EASY_BITS) as pool:
        page.get_by_role("button", name="Add a pool").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name", exact=True).fill("ocean")
        dialog.get_by_label("Your address at the pool").fill(PAYEE)
        dialog.get_by_label("Address", exact=True).fill(pool.pool.url)
        dialog.get_by_label("Password").fill("hunter2")
        go_on(page, "Test it")
        go_on(page, "Use this pool")
    page.reload()
    heading(page, "Other pools")
    row = page.locator(".setup-pool")
    expect(row).to_contain_text("enter its password again")
    assert "hunter2" not in page.evaluate("JSON.stringify(sessionStorage)")
    go_on(page)
    expect(page.locator(".refusal")).to_contain_text("passwords are not kept")


def test_the_link_works_once(server: SetupProcess, open_browser: Open) -> None:
    page = open_browser()
    page.goto(server.link())
    make_owner(page)
    stranger = open_browser()
    stranger.goto(server.link())
    heading(stranger, "Go on with setting up")
    assert stranger.get_by_label("Password").count() == 1


def test_without_the_secret_the_page_explains_and_the_door_stays_shut(
    server: SetupProcess, open_browser: Open, watched: Any
) -> None:
    page = open_browser()
    page.goto(f"http://127.0.0.1:{server.web_port}/")
    heading(page, "Open the link from the terminal")
    watched.expect("401")
    watched.expect("403")
    page.goto(f"http://127.0.0.1:{server.web_port}/setup#guessed")
    page.get_by_label("Name").fill("eve")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    go_on(page, "Make the account")
    expect(page.locator(".refusal")).to_be_visible()
    link = open_browser()
    link.goto(server.link())
    heading(link, "Make yourself the owner")


def test_back_and_forward_keep_what_was_entered(server: SetupProcess, open_browser: Open) -> None:
    page = open_browser()
    page.goto(server.link())
    make_owner(page)
    page.get_by_role("radio", name="regtest").check()
    go_on(page)
    enter_node(page, "http://127.0.0.1:1", Path("/a/cookie"))
    page.go_back()
    heading(page, "Which network?")
    expect(page.get_by_role("radio", name="regtest")).to_be_checked()
    page.go_forward()
    heading(page, "Your Bitcoin node")
    expect(page.get_by_label("RPC address")).to_have_value("http://127.0.0.1:1")
    page.get_by_role("button", name="Back", exact=True).click()
    heading(page, "Which network?")
    go_on(page)
    expect(page.get_by_label("Cookie file")).to_have_value("/a/cookie")
