"""Passwords, one-time codes, passkeys, and sessions that end elsewhere."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from headframe.testing.cockpit_client import PASSWORD, CockpitClient
from headframe.testing.node_thread import embedded_node
from headframe.testing.server import ServerProcess, node_source, payout, serving

Open = Callable[..., Page]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
STEP_S = 30
_numbers = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with embedded_node() as node:
        settings = payout(PAYEE) + node_source([node.url], user="demo", password="demo")
        with serving(tmp_path_factory.mktemp("house"), settings) as server:
            yield server


@pytest.fixture(scope="module")
def owner(server: ServerProcess) -> CockpitClient:
    return CockpitClient(server.web_port).own(server.wait_event("first_visit")["link"])


@pytest.fixture
def person(owner: CockpitClient) -> str:
    """Somebody new; the password is PASSWORD."""
    name = f"person{next(_numbers)}"
    owner.act("POST", "accounts", {"name": name, "role": "operator", "password": PASSWORD})
    return name


def home(server: ServerProcess) -> str:
    # By name: browsers make no passkeys for bare addresses.
    return f"http://localhost:{server.web_port}"


def type_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def arrived(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="My account")).to_be_visible()


def sign_in(page: Page, server: ServerProcess, name: str) -> None:
    page.goto(f"{home(server)}/login?next=/me")
    type_in(page, name)
    arrived(page)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_refused_with_the_words_for_an_unknown_name(
    server: ServerProcess, person: str, open_browser: Open, watched: Any
) -> None:
    watched.expect("/api/v1/session")  # 401
    page = open_browser()
    page.goto(f"{home(server)}/login")
    said = []
    for name in (person, "nobody-of-this-name"):
        type_in(page, name, "not the password")
        expect(page.locator(".refusal")).to_be_visible()
        said.append(page.locator(".refusal").inner_text())
        page.reload()
    assert said[0] == said[1]


def test_one_time_codes_and_recovery_codes(
    server: ServerProcess, person: str, open_browser: Open, watched: Any, picture: Callable[[Page, str], Any]
) -> None:
    watched.expect("/api/v1/session")  # 401: the second factor is missing, or wrong
    page = open_browser()
    sign_in(page, server, person)
    page.get_by_role("button", name="Turn on one-time codes").click()
    dialog = page.get_by_role("dialog")
    secret = dialog.locator(".totp-offer code").inner_text().replace(" ", "")
    picture(page, "totp-enrolment")
    codes = pyotp.TOTP(secret)
    at = int(time.time())
    dialog.get_by_label("Code from the app").fill(codes.at(at))
    dialog.get_by_role("button", name="Confirm").click()
    kept = page.get_by_role("dialog").locator(".codes code")
    expect(kept.first).to_be_visible()
    recovery = kept.all_inner_texts()
    assert len(set(recovery)) >= 8
    page.get_by_label("I have kept them").check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text(f"{len(recovery)} recovery codes are left.")).to_be_visible()

    def again(code: str) -> None:
        page.goto(f"{home(server)}/login?next=/me")
        type_in(page, person)
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Sign in", exact=True).click()

    sign_out(page)
    again(codes.at(at))
    expect(page.locator(".refusal")).to_be_visible()  # each code is good once
    again(codes.at(at + STEP_S))
    arrived(page)
    sign_out(page)
    again(recovery[0])
    arrived(page)
    expect(page.get_by_text(f"{len(recovery) - 1} recovery codes are left.")).to_be_visible()
    sign_out(page)
    again(recovery[0])
    expect(page.locator(".refusal")).to_be_visible()


def test_a_passkey_is_made_signs_in_and_is_removed(
    server: ServerProcess, person: str, open_browser: Open, watched: Any, authenticator: Callable[[Page], None]
) -> None:
    page = open_browser()
    authenticator(page)
    sign_in(page, server, person)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("dialog").get_by_label("Name").fill("the finger")
    page.get_by_role("button", name="Continue on the device").click()
    expect(page.get_by_text("the finger", exact=True)).to_be_visible()
    sign_out(page)
    page.goto(f"{home(server)}/login?next=/me")
    page.get_by_role("button", name="Sign in with a passkey").click()
    arrived(page)
    expect(page.get_by_text("last used")).to_be_visible()

    page.get_by_role("button", name="Remove the finger").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("the finger", exact=True)).to_be_hidden()
    sign_out(page)
    watched.expect("/api/v1/session")  # 401
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".refusal")).to_be_visible()


def test_a_passkey_of_another_name_of_this_server_is_none_here(
    server: ServerProcess, person: str, owner: CockpitClient
) -> None:
    """What the server lets a browser sign names the host that the page was asked under, and no other."""
    here = CockpitClient(server.web_port, "localhost")
    assert here.act("POST", "session/passkey/begin")["options"]["rpId"] == "localhost"
    refused = CockpitClient(server.web_port).ask("POST", "session/passkey/begin")
    assert refused.status == 422
    assert "name" in refused.body["error"]["remedy"]


def test_a_session_that_is_ended_elsewhere_ends_the_open_page(
    server: ServerProcess, person: str, open_browser: Open, watched: Any
) -> None:
    left, here = open_browser(), open_browser(user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    sign_in(left, server, person)
    sign_in(here, server, person)
    left.get_by_role("link", name="Miners", exact=True).click()
    expect(left.get_by_role("heading", level=1)).to_be_visible()
    for known in ("401", "/api/v1/events", "/api/v1/"):
        watched.expect(known)
    here.get_by_role("button", name="Sign out there").click()
    here.get_by_role("dialog").get_by_role("button", name="Sign out there").click()
    expect(here.get_by_text("Signed out there")).to_be_visible()
    expect(left.get_by_role("heading", name="Sign in")).to_be_visible(timeout=40_000)
    assert re.search("next=%2Fminers", left.url)
    type_in(left, person)
    expect(left.get_by_role("heading", level=1, name="Miners")).to_be_visible()
