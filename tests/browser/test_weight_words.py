"""Weights say what they come to: in percent beside the number, and in the file as people would write them."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from headframe.testing.client import wait_for
from headframe.testing.cockpit_house import CockpitHouse, cockpit_house

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CockpitHouse]:
    folder = tmp_path_factory.mktemp("house")
    with cockpit_house(folder / "house", weights={"home": 50, "larch": 30, "birch": 20}) as house:
        yield house


def at_sources(house: CockpitHouse, page: Page) -> Page:
    page.context.add_cookies([house.cookie(house.role("admin"))])
    page.goto(house.url + "/sources")
    expect(page.locator("#source-home")).to_be_visible()
    return page


def weights_in(file: Path) -> dict[str, int]:
    return {source["name"]: source["weight"] for source in tomllib.loads(file.read_text())["source"]}


def test_whole_percents_are_written_as_such_and_a_draft_that_is_undone_is_none(
    house: CockpitHouse, open_browser: Open
) -> None:
    page, file = at_sources(house, open_browser()), house.pools.server.file
    slider = page.get_by_role("slider", name="Share of home", exact=True)
    slider.focus()
    for key in ("ArrowRight",) * 4 + ("ArrowLeft",) * 4:
        page.keyboard.press(key)
    expect(page.get_by_role("slider", name="Share of larch", exact=True)).to_have_value("30")
    apply = page.get_by_role("button", name="Apply")
    expect(apply).to_be_disabled()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    apply.click()
    wait_for(lambda: weights_in(file) == {"home": 53, "larch": 28, "birch": 19}, what="the file")


def test_a_weight_shows_its_part_of_the_tier_and_one_more_source_gets_what_fits(
    house: CockpitHouse, open_browser: Open, picture: Callable[[Page, str], Path]
) -> None:
    weights = {"weights": {"home": 525, "larch": 275, "birch": 200}}
    house.owner.act("PATCH", "sources", weights)
    page = at_sources(house, open_browser())
    page.locator("#source-larch").get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit larch")
    weight = dialog.get_by_label("Weight")
    expect(weight).to_have_value("275")
    expect(dialog.locator(".field-beside")).to_have_text("27.5% of its tier")
    weight.fill("725")
    expect(dialog.locator(".field-beside")).to_have_text("50% of its tier")
    picture(page, "weight-edit")
    dialog.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="Add a source").click()
    dialog = page.get_by_role("dialog", name="Add a source")
    expect(dialog.get_by_label("Weight")).to_have_value("333")
    expect(dialog.locator(".field-beside")).to_have_text(re.compile(r"^25(\.0)?% of its tier$"))
    picture(page, "weight-add")
