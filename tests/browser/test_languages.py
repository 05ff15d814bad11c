"""The pages in every language, on the smallest screen: nothing is missing, nothing sticks out."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]

LANGUAGES = ("de-DE", "es-ES", "fr-FR", "it-IT", "pt-PT", "ja-JP", "zh-CN")
PHONE = {"width": 390, "height": 844}
PAGES = {
    "/": ".shaft",
    "/miners": "a[href^='/miners/']",
    "/sources": "#source-spare",
    "/blocks": "tbody tr",
    "/leaderboard": ".board tbody tr",
    "/connect": ".connect-way",
    "/settings": "main input",
    "/users": "main h2",
    "/logs": "main h1",
    "/audit": ".audit-row",
    "/me": "main h2",
}

AREAS = "core|dashboard|miners|sources|blocks|leaderboard|connect|settings|users|logs|audit|about|me|login|setup"
KEY = re.compile(rf"(?<![\w./])(?:{AREAS})\.[a-z]\w*(?![\w.(/])")
"""What stands on a page where a word is missing: its key."""
SETTINGS = ("/settings", "/audit", "/logs")
"""Where names of settings are meant to be seen, which look alike."""

WIDER = """() => document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 4)
  .map((one) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 40)}`)"""


@pytest.fixture(scope="module")
def house(scripted: Callable[..., Any]) -> Any:
    return scripted(miners=12)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_pages_of_a_language_are_whole_and_fit_a_phone(
    house: Any, open_browser: Open, picture: Callable[[Page, str], Path], locale: str
) -> None:
    page = house.sign_in(open_browser(locale=locale, viewport=PHONE))
    faults: list[str] = []
    for path, sign in PAGES.items():
        house.open(page, path, sign)
        expect(page.locator("html")).to_have_attribute("lang", locale[:2])
        text = page.locator("body").inner_text()
        if path not in SETTINGS:
            faults += [f"{path}: no word for {key}" for key in KEY.findall(text)]
        faults += [f"{path}: wider than the window: {one}" for one in page.evaluate(WIDER)]
        if path == "/":
            picture(page, f"dashboard-phone-{locale[:2]}")
    assert faults == []


def test_the_language_changes_where_it_is_chosen_without_loading_anew(house: Any, open_browser: Open) -> None:
    page = house.sign_in(open_browser())
    house.open(page, "/miners", "a[href^='/miners/']")
    page.evaluate("window.__same = true")
    page.get_by_role("button", name="Menu").click()
    page.get_by_label("Language").select_option("de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator(".nav")).not_to_contain_text("Leaderboard")
    assert page.evaluate("window.__same") is True
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "de")
