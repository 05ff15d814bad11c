"""The shaft shows the truth of a house with few miners, who mine for three sources in turn."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from headframe.testing.client import wait_for
from headframe.testing.cockpit_house import CockpitHouse, cockpit_house
from headframe.testing.fleet_thread import fleet
from headframe.testing.pool_house import PAYEE

WEIGHTS = {"home": 50, "larch": 30, "birch": 20}
MINERS = 2
NEAR = 0.12


@pytest.fixture
def house(tmp_path: Path) -> Iterator[CockpitHouse]:
    with (
        cockpit_house(tmp_path / "house", weights=WEIGHTS) as house,
        fleet(house.pools.server.stratum_port, miners=MINERS, user=PAYEE),
    ):
        yield house


def parts(shaft: dict[str, Any]) -> dict[str, float]:
    """Of all that the ribbons show."""
    rates = {name: sum(flow["hashrate"] or 0 for flow in shaft["flows"] if flow["source"] == name) for name in WEIGHTS}
    whole = sum(rates.values())
    return {name: rate / whole for name, rate in rates.items()} if whole else dict.fromkeys(rates, 0.0)


def is_true(shaft: dict[str, Any]) -> bool:
    return all(abs(part - WEIGHTS[name] / 100) < NEAR for name, part in parts(shaft).items())


def moves(house: CockpitHouse) -> list[dict[str, Any]]:
    return [one["fields"] for one in house.owner.get("activity?limit=500") if one["name"] == "session_moved"]


def test_ribbons_settle_at_the_weights_and_stay_while_miners_go_to_and_fro(house: CockpitHouse) -> None:
    wait_for(lambda: is_true(house.owner.get("shaft")), 120, what="ribbons by the weights", every=0.5)

    seen, start = [], len(moves(house))

    def looked() -> bool:
        seen.append(house.owner.get("shaft"))
        return len(seen) >= 5 and len(moves(house)) >= start + 3

    wait_for(looked, 120, what="some moves more", every=2.0)
    for before, after in pairwise(map(parts, seen)):
        assert all(abs(after[name] - before[name]) < 0.1 for name in WEIGHTS), "nothing jumps"
    assert is_true(seen[-1])
    keys = {flow["key"] for flow in seen[-1]["flows"]}
    assert len(seen[-1]["flows"]) > len(keys) == MINERS, "somebody has several ribbons"


def test_no_move_at_the_start_says_that_a_source_works_again(house: CockpitHouse) -> None:
    wait_for(lambda: len(moves(house)) >= 6, 60, what="moves", every=0.5)
    assert "return" not in {move["reason"] for move in moves(house)}
    source = house.owner.get("sources")[0]
    assert source["delivered_over_s"] > 0
