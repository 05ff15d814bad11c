"""An automatic balance is looked at, chosen and given up again over the API of a running server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headframe.testing.client import wait_for
from headframe.testing.cockpit_house import CockpitHouse, cockpit_house
from headframe.testing.feed_thread import feed_site

FEEDS = "".join(
    f'\n[[routing.feed]]\nchain = "{chain}"\nwhat = "{what}"\nurl = "SITE/{chain}"\npointer = "/{what}"\n'
    for chain, what in (("btc", "price"), ("bch", "price"), ("bch", "difficulty"), ("bch", "reward"))
)
ELDER = (
    '\n[[source]]\nname = "elder"\nkind = "pool"\nchain = "bch"\nnetwork = "regtest"\nurl = "stratum+tcp://127.0.0.1:1"\n'
    'user = "me"  # theirs is a house account\nweight = 40\n'
)
"""A pool of the other chain; whether it works does not matter to its weight."""

DEAR = {"price": 1e15, "difficulty": 1.0, "reward": 312_500_000}
"""A hash earns far more there, whatever the own node's regtest says."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[CockpitHouse]:
    with (
        feed_site({"/btc": json.dumps({"price": 1.0}), "/bch": json.dumps(DEAR)}) as site,
        cockpit_house(
            tmp_path / "house",
            weights={"home": 60, "larch": 0, "birch": 0},
            after=ELDER + FEEDS.replace("SITE", site.url),
        ) as house,
    ):
        yield house


def choose(house: CockpitHouse, policy: str | None) -> Any:
    change = {"changes": [{"path": "routing.policy", "value": policy}]}
    return house.role("admin").act("PATCH", "settings", change)


def balance(house: CockpitHouse) -> Any:
    return house.owner.get("sources/balance")


def test_a_policy_is_tried_chosen_and_given_up_and_the_file_is_as_it_was(house: CockpitHouse) -> None:
    file = house.pools.server.file
    before, admin = file.read_bytes(), house.role("admin")
    found = balance(house)
    assert (found["policy"], found["chains"], found["tiers"]) == ("weights", ["bch", "btc"], [])
    assert {one["name"]: one["able"] for one in found["options"]} == {
        "weights": True,
        "expected_value": True,
        "network_hashrate": False,
    }
    lacks = [(one["chain"], one["what"]) for one in found["options"][2]["needs"] if not one["by"]]
    assert lacks == [("bch", "blocks")]

    tried = admin.act("POST", "sources/balance/preview", {"policy": "expected_value"})
    assert tried["trial"]["weights"]["elder"] == 50
    assert tried["trial"]["weights"]["home"] == 50
    assert tried["trial"]["tiers"][0]["state"] == "moved"
    assert all(need["known"] for need in tried["trial"]["option"]["needs"])
    assert balance(house)["weights"]["elder"] == 40, "a preview changes nothing"
    assert file.read_bytes() == before

    result = choose(house, "expected_value")
    assert result["changed"] == ["routing.policy"]
    wait_for(lambda: balance(house)["weights"]["elder"] == 50, what="the policy to decide")
    found = balance(house)
    assert found["base"]["elder"] == 40, "the operator's own weights stay what they are"
    assert found["tiers"][0]["over"]["bch"] > found["tiers"][0]["over"]["btc"]

    choose(house, None)
    assert balance(house)["weights"]["elder"] == 40
    assert file.read_bytes() == before


def test_a_policy_that_lacks_something_is_neither_tried_nor_taken(house: CockpitHouse) -> None:
    file, admin = house.pools.server.file, house.role("admin")
    before = file.read_bytes()
    tried = admin.act("POST", "sources/balance/preview", {"policy": "network_hashrate"})
    assert tried["trial"]["tiers"] == []
    assert tried["plan"]["moves"] == []
    said = admin.ask("PATCH", "settings", {"changes": [{"path": "routing.policy", "value": "network_hashrate"}]})
    assert said.status == 422
    assert said.body["error"]["problems"][0]["path"] == "routing.policy"
    assert file.read_bytes() == before
    assert admin.ask("POST", "sources/balance/preview", {"policy": "luck"}).status == 404


def test_who_may_not_choose_sees_how_it_stands_and_tries_nothing(house: CockpitHouse) -> None:
    for role in ("operator", "viewer"):
        person = house.role(role)
        assert person.get("sources/balance")["policy"] == "weights"
        assert person.ask("POST", "sources/balance/preview", {"policy": "expected_value"}).status == 403
        change = {"changes": [{"path": "routing.policy", "value": "expected_value"}]}
        assert person.ask("PATCH", "settings", change).status == 403
