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


ALL_SAID = """async (language) => {
  const { fetchSaid, said } = await import("/static/core/said.js");
  const { useLanguage } = await import("/static/core/i18n.js");
  await useLanguage(language);
  await fetchSaid();
  const own = await (await fetch(`/static/i18n/${language}/said.json`)).json();
  const fill = (text) => text.replace(/\\{(\\d+)\\}/g, (_, at) => `X${at}Y`);
  return Object.keys(own).map((key) => [fill(key), said(fill(key)), fill(own[key])]).filter(([, got, wanted]) => got !== wanted).slice(0, 5);
}"""


@pytest.mark.parametrize("language", [locale[:2] for locale in LANGUAGES])
def test_every_text_of_the_server_is_known_again_with_what_was_filled_in(
    house: Any, open_browser: Open, language: str
) -> None:
    page = house.sign_in(open_browser())
    house.open(page, "/about", "main h1")
    assert page.evaluate(ALL_SAID, language) == []


REFUSALS = """async (asked) => {
  const { fetchSaid, said } = await import("/static/core/said.js");
  const { api, csrf } = await import("/static/core/api.js");
  await fetchSaid();
  csrf.set((await api.get("session")).csrf);
  const english = [];
  for (const [method, path, body] of asked) {
    const error = await api[method](path, body ?? undefined).then(() => null, (refused) => refused);
    if (!error) { english.push(`${path} was not refused`); continue; }
    for (const text of [error.message, error.remedy, ...error.problems.flatMap((one) => [one.text, one.remedy])])
      if (text && said(text) === text) english.push(`${path}: ${text}`);
  }
  return english;
}"""


def test_refusals_and_the_help_of_settings_are_in_the_viewers_language(
    house: Any, open_browser: Open, watched: Any
) -> None:
    watched.expect("Failed to load resource")
    page = house.sign_in(open_browser(locale="de-DE"))
    house.open(page, "/settings", "main input")
    expect(page.locator(".setting-words p").first).not_to_contain_text(re.compile(r"\b(the|and|of|to)\b"))
    words = page.locator(".setting-words p").all_inner_texts()
    assert [text for text in words if re.search(r"\b(the|which|with)\b", text)] == []
    asked = [
        ["get", "miners/0123456789abcdef0123", None],
        ["get", "miners?sort=shoe", None],
        ["post", "users", {"name": "", "role": "viewer"}],
        ["post", "users", {"name": "second", "role": "viewer", "password": "x"}],
        ["post", "bans", {"address": "shoe", "seconds": 60}],
        ["get", "nothing-here", None],
    ]
    assert page.evaluate(REFUSALS, asked) == []


def test_a_text_that_nobody_translated_is_shown_as_it_came(house: Any, open_browser: Open) -> None:
    page = house.sign_in(open_browser(locale="de-DE"))
    house.open(page, "/settings", "main input")
    for text in ("<b>above target</b>", "", "{0}", "constructor", "bad-txns-inputs-missingorspent"):
        assert page.evaluate('async (text) => (await import("/static/core/said.js")).said(text)', text) == text


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
