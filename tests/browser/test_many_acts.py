"""Acts on miners that were chosen: one request however many, who was left out is named, bans are seen and lifted."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]

MINERS = 30


@pytest.fixture(scope="module")
def house(scripted: Callable[..., Any]) -> Any:
    return scripted(miners=MINERS)


@pytest.fixture
def page(house: Any, open_browser: Open) -> Page:
    page: Page = house.sign_in(open_browser())
    house.open(page, "/miners?state=mining", "a[href^='/miners/']")
    return page


def choose(page: Page, count: int) -> list[str]:
    """The names of those that are chosen now."""
    rows = page.locator("[role=row]", has=page.locator("a[href^='/miners/']"))
    chosen = [rows.nth(index) for index in range(count)]
    names = [one.locator("a").first.inner_text().strip() for one in chosen]
    for name in names:
        row_of(page, name).get_by_role("checkbox").check()
    return names


def row_of(page: Page, name: str) -> Locator:
    return page.locator("[role=row]", has=page.get_by_role("link", name=name, exact=True))


def acting(page: Page) -> list[str]:
    """What is asked of the server from now on."""
    asked: list[str] = []
    page.on(
        "request",
        lambda each: (
            asked.append(f"{each.method} {each.url.partition('/api/v1/')[2]}") if each.method != "GET" else None
        ),
    )
    return asked


def press(page: Page, name: str) -> None:
    page.get_by_role("region", name="Acts on the chosen miners").get_by_role("button", name=name).click()


def test_a_difficulty_is_fixed_for_all_that_are_chosen_with_one_request(page: Page) -> None:
    names = choose(page, 3)
    asked = acting(page)
    press(page, "Set difficulty")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").select_option("fixed")
    dialog.get_by_role("textbox").fill("4096")
    dialog.get_by_role("button", name="Set").click()
    expect(page.get_by_text("Done for 3 miners")).to_be_visible()
    assert asked == ["POST acts/difficulty"]
    row_of(page, names[0]).get_by_role("link").click()
    expect(page.get_by_text("Difficulty fixed at 4.10 k")).to_be_visible()
    page.get_by_role("button", name="Set difficulty").click()
    expect(dialog.get_by_role("textbox")).to_have_value("4096")
    dialog.get_by_role("combobox").select_option("automatic")
    dialog.get_by_role("button", name="Set").click()
    expect(page.get_by_text("The difficulty is automatic again")).to_be_visible()
    expect(page.get_by_text("Difficulty fixed at")).to_have_count(0)


def test_bans_of_many_are_listed_and_lifted_one_by_one(page: Page) -> None:
    choose(page, 2)
    asked = acting(page)
    press(page, "Ban")
    page.get_by_role("dialog").get_by_role("button", name="Ban").click()
    expect(page.get_by_text("Done for 2 miners")).to_be_visible()
    bans = page.locator(".bans")
    bans.locator("summary").click()
    expect(bans.get_by_role("listitem")).to_have_count(2)
    expect(bans.get_by_role("listitem").first).to_contain_text("by an operator")
    bans.get_by_role("button", name="Lift the ban").first.click()
    expect(bans.get_by_role("listitem")).to_have_count(1)
    expect(bans.locator("summary")).to_contain_text("1 banned address")
    bans.get_by_role("button", name="Lift the ban").click()
    expect(bans).to_have_count(0)
    assert [one.partition("/")[0] for one in asked] == ["POST acts", "DELETE bans", "DELETE bans"]


def test_who_was_left_out_is_named_with_the_reason(house: Any, page: Page) -> None:
    house.open(page, "/miners?state=offline", "a[href^='/miners/']")
    names = choose(page, 2)
    press(page, "Disconnect")
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    said = page.get_by_role("dialog", name="2 miners were left out")
    for name in names:
        expect(said.get_by_role("listitem").filter(has_text=name)).to_contain_text("this miner is not connected")
    said.get_by_role("button", name="Close").last.click()
    expect(said).to_have_count(0)
