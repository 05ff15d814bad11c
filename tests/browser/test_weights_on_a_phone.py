"""The bar of wanted shares lies on a phone: as low as it needs to be, and moved by a finger or by keys."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

PHONE = {"width": 390, "height": 844}
FINGER = 24

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def house(scripted: Callable[..., Any]) -> Any:
    return scripted(miners=20)


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, house: Any, open_browser: Open) -> Page:
    page = house.sign_in(open_browser(viewport=PHONE, color_scheme=request.param, has_touch=True), "operator")
    house.open(page, "/sources", ".shaft-wanted-lies")
    return page


def boundary(page: Page, left: str, right: str) -> Any:
    return page.get_by_role("slider", name=f"Wanted share of {left}, taken from {right}")


def share(page: Page, name: str) -> Any:
    return page.get_by_role("slider", name=f"Share of {name}", exact=True)


def box_of(place: Any) -> dict[str, float]:
    box: dict[str, float] | None = place.bounding_box()
    assert box is not None
    return box


def swipe(page: Page, x: float, y: float, by: float) -> None:
    """A finger put down, moved and lifted, as the browser itself sees it."""
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: dict[str, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    send("touchStart", {"x": x, "y": y})
    for step in range(1, 6):
        send("touchMove", {"x": x + by * step / 5, "y": y})
    send("touchEnd")


def test_the_bar_is_low_and_its_grips_are_for_fingers(page: Page, picture: Callable[[Page, str], Any]) -> None:
    bar = box_of(page.locator(".shaft-wanted"))
    assert bar["height"] <= 60
    assert bar["width"] > 300
    for grip in page.locator(".shaft-grip").all():
        box = box_of(grip)
        assert min(box["width"], box["height"]) >= FINGER
        assert 0 <= box["x"] <= PHONE["width"] - box["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    picture(page, f"sources-phone-{'dark' if dark else 'light'}")


def test_a_finger_moves_a_boundary(page: Page) -> None:
    before = float(share(page, "home").input_value())
    box = box_of(boundary(page, "home", "ocean"))
    bar = box_of(page.locator(".shaft-wanted"))
    swipe(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, -bar["width"] / 5)
    expect(share(page, "home")).to_have_value(f"{before - 20:g}")
    expect(page.locator(".plan li").first).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(share(page, "home")).to_have_value(f"{before:g}")


def test_keys_move_it_the_way_they_point(page: Page) -> None:
    before = float(share(page, "home").input_value())
    grip = boundary(page, "home", "ocean")
    assert grip.get_attribute("aria-orientation") == "horizontal"
    grip.focus()
    x = box_of(grip)["x"]
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(share(page, "home")).to_have_value(f"{before + 3:g}")
    assert box_of(grip)["x"] > x
    page.keyboard.press("Home")
    expect(share(page, "home")).to_have_value("0")
    assert grip.get_attribute("aria-valuenow") == "0"
    page.get_by_role("button", name="Discard").click()


def test_a_phone_that_is_turned_keeps_what_was_drafted(page: Page) -> None:
    grip = boundary(page, "home", "ocean")
    grip.focus()
    page.keyboard.press("ArrowRight")
    drafted = share(page, "home").input_value()
    page.set_viewport_size({"width": 1200, "height": 800})
    expect(page.locator(".shaft-wanted-lies")).to_have_count(0)
    expect(page.get_by_role("slider", name="Wanted share of ocean, taken from home")).to_have_attribute(
        "aria-orientation", "vertical"
    )
    assert share(page, "home").input_value() == drafted
    page.get_by_role("button", name="Discard").click()
