"""What the house earns, and whose job is shown, as people see it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture(scope="module")
def house(scripted: Callable[..., Any]) -> Any:
    return scripted(miners=20)


@pytest.fixture
def page(open_browser: Callable[..., Page]) -> Page:
    return open_browser(viewport={"width": 1440, "height": 900}, locale="en-GB")


def tile(page: Page, word: str) -> Any:
    return page.locator(".tile", has_text=word).locator(".tile-value")


def test_the_strip_marks_what_is_expected_as_an_estimate_and_says_what_it_is_made_of(page: Page, house: Any) -> None:
    house.open(house.sign_in(page), "/", ".shaft")
    cell = page.locator(".stat", has_text="Expected a day (estimate)")
    expect(cell.locator(".stat-value")).to_contain_text("≈")
    expect(cell.locator(".stat-below")).to_contain_text(
        "6.36000009 BTC spendable · 6.36000003 BTC maturing".replace(" BTC", "\u202fBTC")
    )
    cell.get_by_role("button").click()
    bubble = page.locator(".why-bubble")
    for words in ("An estimate", "home:", "ocean:", "before its fee", "not counted"):
        expect(bubble).to_contain_text(words)


def test_blocks_sum_what_was_found_and_a_hash_can_be_copied_beside_the_explorer(page: Page, house: Any) -> None:
    house.open(house.sign_in(page), "/blocks", "tbody tr")
    expect(tile(page, "Spendable")).to_contain_text("6.36000009")
    expect(tile(page, "Maturing")).to_contain_text("6.36000003")
    row = page.locator("tbody tr").first
    expect(row.get_by_role("button", name="Copy")).to_be_visible()
    expect(row.get_by_role("link", name="in the explorer")).to_be_visible()
    expect(row.locator(".copyable code")).to_have_text("000000…ababab")


def test_a_block_on_its_way_is_called_so_on_every_page(page: Page, house: Any) -> None:
    house.sign_in(page)
    for path, sign in (("/", ".blocks-few li"), ("/blocks", "tbody tr"), ("/kiosk?pages=blocks", ".kiosk-blocks li")):
        house.open(page, path, sign)
        expect(page.locator(sign).first.locator(".badge")).to_have_text("on its way")


def test_the_job_of_another_source_is_shown_on_request(page: Page, house: Any) -> None:
    house.open(house.sign_in(page), "/blocks", ".block-money")
    whose = page.locator(".job-tabs")
    expect(whose.get_by_role("button", name="home")).to_have_attribute("aria-pressed", "true")
    whose.get_by_role("button", name="ocean").click()
    expect(page.locator(".block-money bdi", has_text="ocean")).to_be_visible()
    expect(whose.get_by_role("button", name="home")).to_have_attribute("aria-pressed", "false")
