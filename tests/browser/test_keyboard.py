"""Without a mouse: everything is reached, opened, closed and left again."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]

REACHED = """() => {
  const one = document.activeElement;
  return one === document.body ? "" : `${one.tagName} ${one.getAttribute("aria-label") ?? one.textContent.trim().slice(0, 40)}`;
}"""
OUTLINED = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
}"""


@pytest.fixture(scope="module")
def house(scripted: Callable[..., Any]) -> Any:
    return scripted(miners=5)


@pytest.fixture
def page(house: Any, open_browser: Open) -> Page:
    page: Page = house.sign_in(open_browser())
    return page


def test_the_first_tab_skips_to_the_content(house: Any, page: Page) -> None:
    house.open(page, "/sources")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    assert page.url.endswith("/sources"), "the router took it for a page"


def test_the_menu_opens_by_enter_closes_by_escape_and_leads_to_pages(house: Any, page: Page) -> None:
    house.open(page, "/")
    menu = page.get_by_role("button", name="Menu")
    link = page.locator(".menu-list").get_by_role("link", name="About")
    menu.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if "About" in page.evaluate(REACHED):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="About")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()


def test_going_to_another_page_moves_the_focus_to_its_content(house: Any, page: Page) -> None:
    house.open(page, "/")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Blocks").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Blocks")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()
    expect(page).to_have_title("Blocks · Headframe")


def test_a_dialog_holds_the_focus_and_escape_gives_it_back(house: Any, page: Page) -> None:
    house.open(page, "/sources", "#source-ocean")
    pause = page.locator("#source-ocean").get_by_role("button", name="Pause")
    pause.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(5):
        assert page.evaluate(
            "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
        )
        page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(pause).to_be_focused()
    assert house.served.house.world.paused == set(), "a question that was dismissed was taken for a yes"


@pytest.mark.parametrize("path", ["/", "/miners", "/sources", "/blocks", "/leaderboard", "/settings", "/users", "/me"])
def test_tab_goes_through_the_page_and_always_shows_where_it_is(house: Any, page: Page, path: str) -> None:
    house.open(page, path)
    seen: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        where = page.evaluate(REACHED)
        if not where:
            break  # round the browser's own frame
        seen.append(where)
        assert page.evaluate(OUTLINED), f"nothing shows that {where} has the focus"
    assert len(set(seen)) >= 8, f"only {seen} can be reached"


def test_rows_of_miners_are_gone_through_and_opened(house: Any, page: Page) -> None:
    house.open(page, "/miners", "a[href^='/miners/']")
    grid = page.get_by_role("grid")
    grid.locator("[role=row][tabindex='0'], [role=row] a[tabindex='0']").first.focus()
    page.keyboard.press("ArrowDown")
    expect(grid.locator("[role=row][aria-rowindex='3']")).to_be_focused()  # the head is the first, then two rows
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Last shares")).to_be_visible()


def test_live_numbers_do_not_take_the_focus_away(house: Any, page: Page) -> None:
    house.open(page, "/", ".shaft")
    marked = page.locator(".top-marks a")
    marked.focus()
    strip = page.locator("dl", has_text="Age of the work").first
    before = strip.inner_text()
    expect(strip).not_to_have_text(before, use_inner_text=True)
    expect(marked).to_be_focused()
