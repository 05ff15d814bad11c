"""Testing a source from the desk, over real connections."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from headframe.app.desk import Desk
from headframe.app.desk_weights import Standing
from headframe.app.reload import Reload
from headframe.config import Config, parse
from headframe.net.clock import SystemClock
from headframe.service.refusals import Invalid, NotFound
from headframe.testing.fake_pool import FakePool, Manners
from headframe.testing.node_thread import NodeThread, embedded_node

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


class NoFleet:
    def standing(self) -> Sequence[Standing]:
        return ()


async def nothing(_: Config) -> Reload:
    raise AssertionError("a test changes nothing")


@pytest.fixture(scope="module")
def node() -> Iterator[NodeThread]:
    with embedded_node() as found:
        yield found


def desk(tmp_path: Path, text: str = "", environment: dict[str, str] | None = None) -> Desk:
    file = tmp_path / "headframe.toml"
    file.write_text(text)
    return Desk(file, environment or {}, lambda: parse(text, environment or {}), nothing, NoFleet(), SystemClock())


def node_values(node: NodeThread, **more: Any) -> dict[str, Any]:
    return {"name": "home", "network": "regtest", "rpc": [node.url], "user": "demo", "password": "demo", **more}


async def test_a_node_that_works_and_one_that_does_not_let_us_in(tmp_path: Path, node: NodeThread) -> None:
    found = await desk(tmp_path).test_source(node_values(node))
    assert found.ok
    assert [(step.name, step.state) for step in found.steps if step.name in ("chain", "template", "clock")] == [
        ("chain", "ok"),
        ("template", "ok"),
        ("clock", "ok"),
    ]
    assert {step.address for step in found.steps} == {node.url.removeprefix("http://")}
    found = await desk(tmp_path).test_source(node_values(node, password="wrong"))
    assert not found.ok
    (step,) = [step for step in found.steps if step.state == "fail"]
    assert step.remedy


async def test_what_is_not_given_is_taken_from_the_source_of_that_name(tmp_path: Path, node: NodeThread) -> None:
    text = (
        '[payout]\nmode = "miner"\n[[source]]\nname = "home"\nnetwork = "regtest"\nweight = 5\n'
        'rpc = ["http://127.0.0.1:1"]\nuser = "demo"\npassword = "wrong"\n'
    )
    environment = {"HEADFRAME_SOURCE__HOME__PASSWORD": "demo"}
    here = desk(tmp_path, text, environment)
    assert not (await here.test_source({}, "home")).ok
    assert (await here.test_source({"rpc": [node.url], "password": "***"}, "HOME")).ok
    with pytest.raises(NotFound):
        await here.test_source({}, "mars")


async def test_a_pool_is_tested_up_to_its_first_job(tmp_path: Path) -> None:
    async with FakePool(Manners(), seed=1) as pool:
        values = {"name": "ocean", "kind": "pool", "network": "regtest", "url": [pool.url], "wallet": ADDRESS}
        found = await desk(tmp_path).test_source({**values, "weight": 0, "cap": None})
    assert found.ok
    assert [step.name for step in found.steps] == ["connection", "extranonce", "version_rolling", "user", "job"]
    assert {step.address for step in found.steps} == {pool.url}


async def test_addresses_are_taken_as_pools_and_nodes_write_them(tmp_path: Path, node: NodeThread) -> None:
    async with FakePool(Manners(), seed=1) as pool:
        values = {"name": "ocean", "kind": "pool", "network": "regtest", "wallet": ADDRESS}
        found = await desk(tmp_path).test_source({**values, "url": [pool.url.removeprefix("stratum+tcp://")]})
    assert found.ok
    found = await desk(tmp_path).test_source(node_values(node, rpc=[node.url.removeprefix("http://")]))
    assert found.ok


async def test_a_port_that_nobody_listens_on_is_said_in_plain_words(tmp_path: Path, node: NodeThread) -> None:
    found = await desk(tmp_path).test_source(node_values(node, rpc=["127.0.0.1:1"]))
    assert found.steps[0].text == "cannot connect to the node at 127.0.0.1:1: connection refused"


async def test_values_that_cannot_be_are_refused_before_anything_is_contacted(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        await desk(tmp_path).test_source(
            {"name": "x", "kind": "pool", "network": "regtest", "url": ["nonsense"], "reply_s": "soon"}
        )
    assert {one.path for one in caught.value.problems} == {"source.x.url[0]", "source.x.reply_s"}
