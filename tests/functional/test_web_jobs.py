"""Whose job the cockpit shows, in houses as people have them: pools alone, and an own node beside a pool."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headframe.testing.client import wait_for
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.server import ServerProcess, fixed_difficulty, node_source, payout

MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
DIFFICULTY = 1e-7


@pytest.fixture
def node() -> Iterator[NodeThread]:
    """An embedded node whose blocks nobody finds by chance."""
    with embedded_node() as thread:
        yield thread


@pytest.fixture
def pool(node: NodeThread, make_server: MakeServer) -> ServerProcess:
    """Another Headframe, as a pool of this one."""
    own = node_source([node.url], user="demo", password="demo")
    server: ServerProcess = make_server(payout(PAYEE) + fixed_difficulty(DIFFICULTY) + own)
    return server


def at_pool(pool: ServerProcess, weight: int = 100) -> str:
    return f"""
[[source]]
name = "larch"
kind = "pool"
network = "regtest"
url = ["stratum+tcp://127.0.0.1:{pool.stratum_port}"]
wallet = "{PAYEE}"
weight = {weight}
"""


def ask(server: ServerProcess, path: str) -> Any:
    """What the API answers whoever has the console's secret."""
    secret = json.loads((server.data / "console.json").read_text())["secret"]
    connection = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=10)
    try:
        connection.request("GET", f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"})
        reply = connection.getresponse()
        body = reply.read()
        assert reply.status == 200, body
        return json.loads(body)
    finally:
        connection.close()


def told(server: ServerProcess, path: str, what: str, good: Callable[[Any], Any]) -> Any:
    """The answer, as soon as it is good."""
    return wait_for(lambda: (found := ask(server, path)) and good(found) and found, 20, what=what, every=0.25)


def test_pools_without_a_miner_are_ready_and_what_they_bring_is_unknown_until_they_have_answered(
    pool: ServerProcess, make_server: MakeServer
) -> None:
    front: ServerProcess = make_server(payout(PAYEE) + fixed_difficulty(DIFFICULTY) + at_pool(pool))
    job = told(front, "jobs/current", "the pool's job", lambda found: found["source"] == "larch")
    assert (job["job_id"], job["miners"], job["source_kind"]) == ("", 0, "pool")
    overview = ask(front, "overview")["overview"]
    assert (overview["job"]["source"], overview["job"]["height"]) == ("larch", job["height"])
    assert overview["attention"] == []
    with front.client() as client:
        mined = client.begin(f"{PAYEE}.rig")
        job = told(front, "jobs/current", "a job that is mined", lambda found: found["miners"] == 1)
        assert job["job_id"] == mined.job_id
        assert client.submit(client.solve(mined)).accepted
        known = told(
            front,
            "overview",
            "an estimate",
            lambda found: any(each["sats_per_day"] is not None for each in found["dashboard"]["expected"]),
        )["dashboard"]
    (expected,) = known["expected"]
    (larch,) = expected["by_source"]
    # The pool took the one share that it was sent: all of the hashrate counts, at what the pool's coinbase pays.
    needed = 2**256 // (int(0xFFFF * 2**208 / job["network_difficulty"]) + 1)
    assert (larch["source"], larch["kind"]) == ("larch", "pool")
    exact = larch["hashrate"] * 86_400 * job["reward_sats"] / needed
    assert larch["sats_per_day"] == pytest.approx(exact, abs=1, rel=1e-6)
    assert known["chance"] == {"expected_s": None, "in_24h": None}


def test_beside_a_pool_with_nearly_all_miners_the_own_nodes_job_is_shown(
    node: NodeThread, pool: ServerProcess, make_server: MakeServer
) -> None:
    own = node_source([node.url], user="demo", password="demo") + "weight = 1\n"
    front: ServerProcess = make_server(payout(PAYEE) + fixed_difficulty(DIFFICULTY) + own + at_pool(pool, 99))
    told(front, "sources", "both to work", lambda found: all(source["up"] for source in found))
    with front.client() as client:
        client.begin(f"{PAYEE}.rig")
        told(front, "jobs/current?source=larch", "the miner at the pool", lambda found: found["miners"] == 1)
        home = ask(front, "jobs/current")
        assert (home["source"], home["job_id"], home["miners"]) == ("home", "", 0)
        assert [each["address"] for each in home["outputs"] if each["kind"] == "payout"] == [PAYEE]
        assert ask(front, "overview")["overview"]["job"]["source"] == "home"
