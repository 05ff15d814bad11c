"""Confirm it is you: what a page of long ago asks for before it changes who gets in or where the money goes."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from headframe.net.clock import SystemClock
from headframe.service.permissions import Role, console
from headframe.testing.scripted_web import PASSWORD

Open = Callable[..., Page]
Picture = Callable[[Page, str], Path]

LATER_S = 16 * 60
_numbers = count(1)


class LateClock:
    """The machine's clock, put forward by hand."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self.ahead_s = 0

    def monotonic(self) -> float:
        return self._real.monotonic() + self.ahead_s

    def unix_ms(self) -> int:
        return self._real.unix_ms() + self.ahead_s * 1000


clock = LateClock()


@pytest.fixture(scope="module")
def house(scripted: Callable[..., Any]) -> Any:
    return scripted(miners=8, clock=clock)


@pytest.fixture
def page(house: Any, open_browser: Open, watched: Any) -> Page:
    """Somebody new, an admin, on the page of their account; under a name for which browsers make passkeys."""
    watched.expect("403")
    watched.expect("422")
    name = f"person{next(_numbers)}"
    house.served.house.accounts.create_account(console(), name, Role.ADMIN, PASSWORD)
    page = open_browser()
    page.goto(f"{at(house)}/login?next=/me")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="My account")).to_be_visible()
    return page


def at(house: Any) -> str:
    return str(house.url).replace("127.0.0.1", "localhost")


def later() -> None:
    clock.ahead_s += LATER_S


def make_token(page: Page, name: str) -> None:
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("What it is for").fill(name)
    page.get_by_role("button", name="Make it").click()


def token_made(page: Page) -> None:
    expect(page.get_by_role("heading", name="The token is made")).to_be_visible()
    page.get_by_role("button", name="Done").click()


def asked(page: Page) -> Locator:
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    expect(dialog).to_be_visible()
    return dialog


def test_an_old_session_is_asked_and_then_goes_on_where_it_was(page: Page, picture: Picture) -> None:
    make_token(page, "fresh")
    token_made(page)  # not asked: signed in just now
    later()
    make_token(page, "grafana")
    dialog = asked(page)
    expect(dialog.get_by_label("Your password")).to_be_focused()
    picture(page, "confirm-it-is-you")
    dialog.get_by_label("Your password").fill("not the password")
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    expect(dialog.get_by_text("this is not your password").first).to_be_visible()
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    token_made(page)
    expect(page.get_by_text("grafana", exact=True)).to_be_visible()
    make_token(page, "another")
    token_made(page)  # not asked again


def test_who_does_not_confirm_changes_nothing_and_is_told(page: Page) -> None:
    later()
    make_token(page, "never")
    asked(page)
    page.keyboard.press("Escape")
    expect(page.locator(".refusal")).to_contain_text("recent proof that it is you")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("never", exact=True)).to_be_hidden()


def test_with_one_time_codes_the_password_alone_does_not_confirm(page: Page) -> None:
    page.get_by_role("button", name="Turn on one-time codes").click()
    secret = page.locator(".totp-offer code").inner_text().replace(" ", "")
    codes = pyotp.TOTP(secret)
    page.get_by_label("Code from the app").fill(codes.at(clock.unix_ms() // 1000))
    page.get_by_role("button", name="Confirm", exact=True).click()
    page.get_by_label("I have kept them").check()
    page.get_by_role("button", name="Done").click()
    later()
    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    dialog = asked(page)
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    expect(dialog.get_by_text("a second factor is needed").first).to_be_visible()
    dialog.get_by_label("Code", exact=True).fill(codes.at(clock.unix_ms() // 1000))
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("One-time codes are off")).to_be_visible()


def test_a_passkey_confirms(page: Page, picture: Picture, authenticator: Callable[[Page], None]) -> None:
    authenticator(page)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("dialog").get_by_label("Name").fill("the finger")
    page.get_by_role("button", name="Continue on the device").click()
    expect(page.get_by_text("the finger", exact=True)).to_be_visible()
    later()
    page.get_by_role("button", name="Remove the finger").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    dialog = asked(page)
    picture(page, "confirm-by-passkey")
    dialog.get_by_role("button", name="Confirm with a passkey").click()
    expect(page.get_by_text("the finger", exact=True)).to_be_hidden()


def test_a_new_password_can_take_the_tokens_with_it(page: Page) -> None:
    make_token(page, "grafana")
    token_made(page)
    expect(page.get_by_text("grafana", exact=True)).to_be_visible()
    box = page.get_by_label("Revoke my API tokens too")
    expect(box).not_to_be_checked()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("another password")
    page.get_by_label("The new password again").fill("another password")
    box.check()
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("its API tokens are revoked")).to_be_visible()
    expect(page.get_by_text("grafana", exact=True)).to_be_hidden()
    expect(box).not_to_be_checked()


def test_the_payout_address_is_asked_for_and_other_settings_are_not(
    house: Any, open_browser: Open, watched: Any
) -> None:
    watched.expect("403")
    page = house.sign_in(open_browser())
    house.open(page, "/settings", "main input")
    later()

    def change(key: str, value: str) -> None:
        row = page.locator(".setting").filter(has=page.get_by_text(key, exact=True))
        row.locator("input").fill(value)
        page.get_by_role("button", name="Save", exact=True).click()

    values = house.served.house.commands._steering.values
    change("start", "2048")
    expect(page.get_by_text("1 change is in effect.")).to_be_visible()
    change("address", "bc1qother")
    dialog = asked(page)
    expect(dialog).to_contain_text("where the money goes")
    assert values["payout.address"] != "bc1qother"
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.locator(".settings-outcome")).to_contain_text("bc1qother")
    assert (values["difficulty.start"], values["payout.address"]) == (2048, "bc1qother")
