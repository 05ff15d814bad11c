"""Who decides how much each source gets: looked at, chosen and given up on the sources page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
EARNS = "Automatic: where a hash earns more"
LACKS = "Automatic: where the network lacks hashrate"


@pytest.fixture
def house(scripted: Callable[..., object]) -> object:
    return scripted(miners=6)


def test_a_policy_is_looked_at_before_it_is_chosen_and_given_up_again(
    house: object, open_browser: Open, picture: Callable[[Page, str], object]
) -> None:
    page = house.open(house.sign_in(open_browser(), "admin"), "/sources", ".policies")  # type: ignore[attr-defined]
    world = house.served.house.world  # type: ignore[attr-defined]
    own, earns = page.get_by_role("radio", name="By your weights"), page.get_by_role("radio", name=EARNS)
    use = page.get_by_role("button", name="Use this")
    expect(own).to_be_checked()
    expect(use).to_have_count(0)

    earns.check()
    card = page.locator("section", has=page.locator(".policies"))
    expect(card).to_contain_text("Against the mean of all chains: BCH +1.8%, BTC -0.8%.")
    expect(card).to_contain_text("home: 65% instead of 70%")
    expect(card.locator(".policy-needs li")).to_have_count(6)
    picture(page, "policy-preview")
    assert world.policy == "weights", "a look changes nothing"

    use.click()
    expect(page.get_by_text("The balance is changed")).to_be_visible()
    assert world.policy == "expected_value"
    held = page.locator(".source-note", has_text=EARNS)
    expect(held).to_contain_text("home: 65%, by your weights 70%")
    expect(page.get_by_role("slider", name="Share of home", exact=True)).to_have_value("70")

    own.check()
    use.click()
    expect(held).to_have_count(0)
    assert world.policy == "weights"


def test_what_a_policy_lacks_is_named_and_it_cannot_be_chosen(house: object, open_browser: Open) -> None:
    page = house.open(house.sign_in(open_browser(), "owner"), "/sources", ".policies")  # type: ignore[attr-defined]
    page.get_by_role("radio", name=LACKS).check()
    expect(page.locator(".policy-needs")).to_contain_text("latest blocks of BCH, nothing here knows it")
    expect(page.get_by_role("button", name="Use this")).to_be_disabled()
    page.get_by_role("button", name="Discard").last.click()
    expect(page.get_by_role("radio", name="By your weights")).to_be_checked()


def test_an_operator_sets_weights_and_has_no_choice_of_policies(house: object, open_browser: Open) -> None:
    page = house.open(house.sign_in(open_browser(), "operator"), "/sources", ".weights")  # type: ignore[attr-defined]
    expect(page.get_by_role("heading", name=re.compile("Weights"))).to_be_visible()
    expect(page.get_by_role("radio", name=EARNS)).to_have_count(0)
