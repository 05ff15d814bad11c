"""A thousand miners: the page holds a windowful of them, and shows the first at once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from headframe.testing.client import wait_for

Open = Callable[..., Page]

MINERS = 1_000
MOST_ROWS = 80
MOST_NODES = 4_000
"""Of elements in the document, whatever there is to show."""

PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
ROWS = "document.querySelectorAll('main [role=row]').length"
NODES = "document.querySelectorAll('*').length"
SHOWN = "[...document.querySelectorAll('main [role=row] a[href^=\"/miners/\"]')].map((one) => one.getAttribute('href'))"


@pytest.fixture(scope="module")
def house(scripted: Callable[..., Any]) -> Any:
    return scripted(miners=MINERS)


@pytest.fixture
def page(house: Any, open_browser: Open) -> Page:
    page: Page = house.sign_in(open_browser())
    return page


def is_bounded(page: Page) -> None:
    assert 0 < page.evaluate(ROWS) <= MOST_ROWS
    assert page.evaluate(NODES) <= MOST_NODES


def test_the_table_holds_a_window_of_rows_and_reaches_the_last(house: Any, page: Page, capsys: Any) -> None:
    house.open(page, "/miners", "a[href^='/miners/']")
    painted_ms = page.evaluate(PAINTED)
    with capsys.disabled():
        print(f"\n/miners of {MINERS}: first contentful paint after {painted_ms:.0f} ms, {page.evaluate(NODES)} nodes")
    assert painted_ms > 0
    expect(page.get_by_text("1,000 miners")).to_be_visible()
    is_bounded(page)
    first = page.evaluate(SHOWN)
    grid = page.get_by_role("grid")
    assert int(grid.get_attribute("aria-rowcount") or 0) >= MINERS
    grid.locator("[role=row] a").first.focus()
    page.keyboard.press("End")
    expect(page.locator(f"[role=row][aria-rowindex='{MINERS + 1}']")).to_be_visible()
    is_bounded(page)
    assert not set(first) & set(page.evaluate(SHOWN)), "the first rows are still there"


@pytest.mark.parametrize("path", ["/", "/miners", "/sources", "/settings"])
def test_a_first_visit_asks_for_few_files(house: Any, open_browser: Open, path: str) -> None:
    """Each costs a turn of the network and a millisecond of the server; as single modules there would be sixty."""
    page = house.sign_in(open_browser())
    page.evaluate("1")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    house.open(page, path, "main h1, main h2, .shaft")
    page.wait_for_load_state("load")
    scripts = [url for url in asked if url.endswith((".js", ".css"))]
    assert len(scripts) <= 5, scripts
    assert len(asked) <= 24, asked


@pytest.mark.parametrize("path", ["/", "/sources", "/leaderboard", "/kiosk"])
def test_other_pages_are_bounded_too(house: Any, page: Page, path: str, capsys: Any) -> None:
    house.open(page, path, "h1, .shaft, .kiosk, .page-kiosk *")
    wait_for(lambda: page.evaluate(NODES) > 100, what="the page")
    with capsys.disabled():
        print(f"\n{path}: first contentful paint after {page.evaluate(PAINTED):.0f} ms, {page.evaluate(NODES)} nodes")
    assert page.evaluate(NODES) <= MOST_NODES


def test_a_filter_finds_one_among_all(house: Any, page: Page) -> None:
    rig = house.served.house.world.rigs.rigs[777]
    house.open(page, "/miners", "a[href^='/miners/']")
    page.get_by_role("searchbox").fill(rig.alias)
    expect(page.locator(f"a[href='/miners/{rig.key}']").first).to_be_visible()
    is_bounded(page)


FITS = "(() => { const box = document.querySelector('.table-box'); return box.scrollWidth <= box.clientWidth })()"
HEADS = "[...document.querySelectorAll('[role=columnheader] span')].map((one) => one.textContent)"


@pytest.mark.parametrize(
    ("width", "shown"), [(820, "Rejects"), (1100, "Last share"), (1440, "Difficulty"), (1920, "Connected")]
)
def test_a_table_shows_as_many_columns_as_there_is_room_for(
    house: Any, open_browser: Open, width: int, shown: str
) -> None:
    page = house.sign_in(open_browser(viewport={"width": width, "height": 900}))
    house.open(page, "/miners", "a[href^='/miners/']")
    expect(page.get_by_role("columnheader", name=shown)).to_be_visible()
    wait_for(lambda: page.evaluate(FITS), what="all columns in view")


def test_who_chooses_a_column_keeps_the_others_and_can_scroll_to_it(house: Any, open_browser: Open) -> None:
    page = house.sign_in(open_browser(viewport={"width": 1100, "height": 900}))
    house.open(page, "/miners", "a[href^='/miners/']")
    expect(page.get_by_role("columnheader", name="Last share")).to_be_visible()
    before = page.evaluate(HEADS)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("dialog").get_by_label("Protocol").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="Protocol")).to_be_attached()
    assert set(page.evaluate(HEADS)) == {*before, "Protocol"}
    page.evaluate("document.querySelector('.table-box').scrollLeft = 9999")
    expect(page.get_by_role("columnheader", name="Protocol")).to_be_in_viewport()


def test_on_a_phone_the_search_is_in_view_and_cards_show_what_they_are_sorted_by(
    house: Any, open_browser: Open
) -> None:
    page = house.sign_in(open_browser(viewport={"width": 390, "height": 844}))
    house.open(page, "/miners", "a[href^='/miners/']")
    place = page.get_by_role("searchbox").bounding_box()
    assert place is not None
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= 390
    card = page.locator("main [role=rowgroup].table-body [role=row]").first
    expect(card.locator("[data-label='1 h']")).to_be_visible()
    expect(card.locator("[data-label='24 h']")).to_be_hidden()
    page.get_by_label("Sort by").select_option(label="24 h")
    expect(card.locator("[data-label='24 h']")).to_be_visible()
    is_bounded(page)


def test_the_filters_by_source_are_those_of_the_house_in_its_order(house: Any, page: Page) -> None:
    house.open(page, "/miners", "a[href^='/miners/']")
    chips = page.get_by_role("group", name="Source").get_by_role("button")
    wait_for(lambda: chips.locator("bdi").all_text_contents() == ["home", "ocean", "spare"], what="all sources")
