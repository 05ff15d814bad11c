"""The slider of a source moves real work, and the file says so afterwards."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from headframe.testing.client import wait_for
from headframe.testing.cockpit_house import CockpitHouse, cockpit_house
from headframe.testing.fleet_thread import fleet
from headframe.testing.pool_house import PAYEE

Open = Callable[..., Page]
MINERS = 4


@pytest.fixture
def house(tmp_path: Path) -> Iterator[CockpitHouse]:
    """Everything goes to the own node at first."""
    with (
        cockpit_house(tmp_path / "house", weights={"home": 100, "larch": 0, "birch": 0}) as house,
        fleet(house.pools.server.stratum_port, miners=MINERS, user=PAYEE),
    ):
        wait_for(lambda: list(house.sessions().values()) == ["home"] * MINERS, what="the miners on the node")
        yield house


def weights_in(file: Path) -> dict[str, float]:
    return {source["name"]: source["weight"] for source in tomllib.loads(file.read_text())["source"]}


def as_role(open_browser: Open, house: CockpitHouse, role: str, path: str) -> Page:
    page = open_browser()
    page.context.add_cookies([house.cookie(house.role(role))])
    page.goto(house.url + path)
    return page


def test_a_slider_moves_real_work_and_undo_brings_it_back(
    house: CockpitHouse, open_browser: Open, picture: Callable[[Page, str], Path]
) -> None:
    assert sum(house.pools.pool("larch").accepted.values()) == 0
    page = as_role(open_browser, house, "operator", "/sources")
    slider = page.get_by_role("slider", name="Share of larch", exact=True)
    slider.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("slider", name="Share of home", exact=True)).to_have_value("0")
    expect(page.locator(".plan li")).to_contain_text(re.compile(rf"from home to larch: about {MINERS} miners"))
    picture(page, "weights-preview")
    assert set(house.sessions().values()) == {"home"}, "a preview moves nobody"
    assert weights_in(house.pools.server.file)["larch"] == 0

    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The new weights are in use")).to_be_visible()
    wait_for(lambda: set(house.sessions().values()) == {"larch"}, what="all miners on larch")
    wait_for(lambda: sum(house.pools.pool("larch").accepted.values()) > 2 * MINERS, 30, what="shares at larch")
    assert sum(house.pools.pool("birch").accepted.values()) == 0
    assert weights_in(house.pools.server.file) == {"home": 0, "larch": 100, "birch": 0}
    backups = [file for file in house.pools.server.directory.glob("headframe.toml*") if file != house.pools.server.file]
    assert any(weights_in(file)["home"] == 100 for file in backups)
    entry = house.owner.get("audit")[0]
    assert (entry["actor"], entry["action"]) == ("operator", "weights.set")

    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: set(house.sessions().values()) == {"home"}, what="all miners back on the node")
    assert weights_in(house.pools.server.file)["home"] == 100
    house.pools.wait_settled()


def test_the_boundary_on_the_shaft_is_dragged_and_leaving_it_alone_changes_nothing(
    house: CockpitHouse, open_browser: Open
) -> None:
    page = as_role(open_browser, house, "operator", "/sources")
    grip = page.get_by_role("slider", name=re.compile("Wanted share of home, taken from birch"))
    box = grip.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 60, steps=5)
    page.mouse.up()
    dragged = page.get_by_role("slider", name="Share of birch", exact=True)
    expect(dragged).not_to_have_value("0")
    expect(page.locator(".plan li")).to_contain_text("from home to birch")
    grip.focus()
    before = float(dragged.input_value())
    page.keyboard.press("ArrowDown")
    expect(dragged).to_have_value(f"{before + 1:g}")
    page.get_by_role("button", name="Discard").click()
    expect(dragged).to_have_value("0")
    assert set(house.sessions().values()) == {"home"}
    assert weights_in(house.pools.server.file) == {"home": 100, "larch": 0, "birch": 0}


def test_what_a_source_less_would_move_is_shown_before_it_is_confirmed(
    house: CockpitHouse, open_browser: Open, picture: Callable[[Page, str], Path]
) -> None:
    wait_for(lambda: len(house.owner.get("workers")["miners"]) == MINERS, what="the miners in the list")
    key = house.owner.get("workers")["miners"][0]["key"]
    house.owner.act("PUT", f"workers/{key}/pin", {"source": "larch"})
    pinned = ["home"] * (MINERS - 1) + ["larch"]
    wait_for(lambda: sorted(house.sessions().values()) == pinned, what="the pinned miner")
    page = as_role(open_browser, house, "admin", "/sources")
    larch, home = page.locator("#source-larch"), page.locator("#source-home")

    home.get_by_role("button", name="Pause", exact=True).click()
    dialog = page.get_by_role("dialog", name="Pause home?")
    expect(dialog).to_contain_text("No other source could give work then.")
    dialog.get_by_role("button", name="Cancel").click()

    larch.get_by_role("button", name="Pause", exact=True).click()
    dialog = page.get_by_role("dialog", name="Pause larch?")
    expect(dialog).to_contain_text("1 pin leads to it; until it goes on")
    dialog.get_by_role("button", name="Cancel").click()
    assert sorted(house.sessions().values()) == pinned

    house.owner.act("PATCH", "sources", {"weights": {"home": 50, "larch": 50}})
    wait_for(lambda: sorted(house.sessions().values()) == ["home", "home", "larch", "larch"], what="half of them there")
    larch.get_by_role("button", name="Remove", exact=True).click()
    dialog = page.get_by_role("dialog", name="Remove larch?")
    expect(dialog.locator(".plan").first).to_contain_text("from larch to home: about")
    expect(dialog).to_contain_text("1 pin leads to it and is removed with it:")
    expect(dialog.locator(".plan-pins li")).to_have_count(1)
    picture(page, "source-remove")
    assert "larch" in weights_in(house.pools.server.file)
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("larch is removed")).to_be_visible()
    wait_for(lambda: set(house.sessions().values()) == {"home"}, 30, what="all miners on the node")
    assert "pin" not in tomllib.loads(house.pools.server.file.read_text())
