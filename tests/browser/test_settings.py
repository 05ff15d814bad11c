"""Every setting of a real server as a form: checked, saved to the file, and said where it waits."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from headframe.testing.client import wait_for
from headframe.testing.cockpit_client import CockpitClient
from headframe.testing.node_thread import embedded_node
from headframe.testing.ports import free_port
from headframe.testing.server import ServerProcess, node_source, payout, serving

Open = Callable[..., Page]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with embedded_node() as node:
        settings = payout(PAYEE) + node_source([node.url], user="demo", password="demo-secret")
        with serving(tmp_path_factory.mktemp("house"), settings, healthy=False) as server:
            yield server


@pytest.fixture(scope="module")
def owner(server: ServerProcess) -> CockpitClient:
    return CockpitClient(server.web_port).own(server.wait_event("first_visit")["link"])


@pytest.fixture
def page(server: ServerProcess, owner: CockpitClient, open_browser: Open) -> Page:
    page = open_browser()
    url = f"http://127.0.0.1:{server.web_port}"
    page.context.add_cookies([{"name": "headframe", "value": owner.cookie, "url": url}])
    page.goto(f"{url}/settings")
    expect(page.locator(".setting").first).to_be_visible()
    return page


def setting(page: Page, section: str, key: str) -> Locator:
    card = page.locator(".settings-list > .card").filter(has=page.get_by_role("heading", name=section, exact=True))
    return card.locator(".setting").filter(has=page.locator("code", has_text=key).get_by_text(key, exact=True))


def test_a_change_is_checked_first_then_holds_at_once_and_is_in_the_file(page: Page, server: ServerProcess) -> None:
    tag = setting(page, "payout", "tag").locator("input")
    tag.fill("/browser/")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("Checked: this can be saved")).to_be_visible()
    assert "/browser/" not in server.file.read_text()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("1 change is in effect.")).to_be_visible()
    assert tomllib.loads(server.file.read_text())["payout"]["tag"] == "/browser/"
    backup = page.locator(".settings-outcome code").filter(has_text="headframe.toml").inner_text()
    assert "/browser/" not in (server.directory / Path(backup).name).read_text()


def test_what_cannot_be_is_refused_at_its_place_and_nothing_is_written(
    page: Page, server: ServerProcess, watched: Any
) -> None:
    watched.expect("/api/v1/settings")  # 422
    before = server.file.read_text()
    place = setting(page, "payout", "address")
    place.locator("input").fill("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")  # of another network
    page.get_by_role("button", name="Save", exact=True).click()
    expect(place.locator(".problem")).to_be_visible()
    assert server.file.read_text() == before
    page.get_by_role("button", name="Discard").click()
    expect(place.locator("input")).to_have_value(PAYEE)


def test_what_needs_a_restart_says_so(page: Page, server: ServerProcess) -> None:
    listen = setting(page, "web", "listen")
    expect(listen).to_contain_text("needs a restart")
    elsewhere = f"127.0.0.1:{free_port()}"
    listen.locator("input").fill(elsewhere)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".settings-outcome")).to_contain_text("1 setting waits for a restart")
    assert tomllib.loads(server.file.read_text())["web"]["listen"] == elsewhere
    assert server.healthz(), "it left the port at once"
    page.reload()
    expect(page.locator(".waiting")).to_contain_text("web.listen")


def test_in_another_language_no_explanation_is_left_in_english(
    page: Page, owner: CockpitClient, server: ServerProcess
) -> None:
    page.evaluate("localStorage.clear()")
    page.get_by_role("button", name="Menu").click()
    page.get_by_label("Language").select_option("de")
    page.goto(f"http://127.0.0.1:{server.web_port}/settings")
    expect(page.locator(".setting").first).to_be_visible()
    view = owner.get("settings")
    english = {one["help"] for one in (*view["settings"], *view["sections"])}
    explained = page.locator(".setting-words > p, .lead")
    assert explained.count() > 80
    wait_for(lambda: not english & set(explained.all_inner_texts()), what="German explanations")


def test_secrets_never_come_to_the_page(page: Page, owner: CockpitClient) -> None:
    assert "demo-secret" not in page.content()
    assert "demo-secret" not in str(owner.get("settings"))
    assert "demo-secret" not in owner.get("settings/export")


def test_the_search_finds_by_name_and_explanation(page: Page) -> None:
    page.get_by_role("searchbox").fill("extranonce2")
    wait_for(lambda: page.locator(".setting").count() <= 5, what="fewer settings")
    expect(page.locator(".setting").first).to_contain_text("extranonce2_size")


def test_all_settings_fit_a_phone_and_shut_nobody_out(page: Page, picture: Callable[[Page, str], Path]) -> None:
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        for size in ("desktop", "phone"):
            page.set_viewport_size(PHONE if size == "phone" else {"width": 1440, "height": 900})  # type: ignore[arg-type]
            picture(page, f"settings-all-{size}-{theme}")
            assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
            violations = Axe().run(page).response["violations"]
            assert [each["id"] for each in violations if each["impact"] in ("serious", "critical")] == []
