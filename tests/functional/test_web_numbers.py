"""The numbers of the cockpit against what really happened: a server, its API, and miners that count for themselves."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headframe.bitcoin.block import Block
from headframe.testing.client import wait_for
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.pace import REGTEST_BITS
from headframe.testing.server import ServerProcess, fixed_difficulty, node_source, payout

MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
DIFFICULTY = 1e-7
WORK_OF_ONE = 2**256 // (int(0xFFFF * 2**208 / DIFFICULTY) + 1)


@pytest.fixture
def node() -> Iterator[NodeThread]:
    """An embedded node whose blocks nobody finds by chance."""
    with embedded_node() as thread:
        yield thread


@pytest.fixture
def easy_node() -> Iterator[NodeThread]:
    """An embedded node of which every second hash is a block."""
    with embedded_node(bits=REGTEST_BITS) as thread:
        yield thread


def settings_for(node: NodeThread) -> str:
    return payout(PAYEE) + fixed_difficulty(DIFFICULTY) + node_source([node.url], user="demo", password="demo")


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


def test_a_miner_that_mines_is_there_with_its_shares_and_charts_hold_what_the_ledger_holds(
    node: NodeThread, make_server: MakeServer
) -> None:
    server = make_server(settings_for(node))
    with server.client() as client:
        job = client.begin(f"{PAYEE}.rig1")
        for _ in range(30):
            assert client.submit(client.solve(job)).accepted
        assert not client.submit(client.solve(job, miss=True)).accepted

        def counted() -> Any:
            found = ask(server, "workers")["miners"]
            return found[0] if found and (found[0]["accepted"], found[0]["rejected"]) == (30, 1) else None

        miner = wait_for(counted, 20, what="the miner's 31 shares", every=0.25)
        assert (miner["alias"], miner["state"], miner["sources"]) == ("rig1", "mining", ["home"])
        assert miner["refusals"] == {"above_target": 1}
        assert miner["best_difficulty"] == miner["best_difficulty_today"] >= DIFFICULTY
        detail = ask(server, f"workers/{miner['key']}")
        assert len(detail["sessions"]) == 1
        assert len(detail["shares"]) == 31
        for path in ("hashrate?range=1h", "hashrate?range=1y&by=source", f"workers/{miner['key']}/hashrate?range=24h"):
            series = ask(server, path)
            assert (sum(series["shares"]), sum(series["rejected"])) == (30, 1)
            assert {reason: sum(each) for reason, each in series["refusals"].items()} == {"above_target": 1}
        (best,) = ask(server, "best-shares?period=all")
        assert (best["key"], best["difficulty"]) == (miner["key"], miner["best_difficulty"])
        shown = ask(server, "jobs/current")
        assert [each["kind"] for each in shown["outputs"]] == ["payout", "commitment"]
        assert shown["outputs"][0]["address"] == PAYEE
        coinbase = bytes.fromhex(shown["coinbase_hex"])
        assert coinbase.startswith(bytes.fromhex(client.wait_job().coinbase1_hex))
        dashboard = wait_for(
            lambda: (found := ask(server, "overview")["dashboard"])["accepted_24h"] == 30 and found,
            20,
            what="the dashboard's count",
            every=0.25,
        )
        assert (dashboard["rejected_24h"], dashboard["miners"]) == ({"above_target": 1}, {"mining": 1})
        assert dashboard["best_ever"]["key"] == miner["key"]
    wait_for(
        lambda: ask(server, "workers?state=offline")["miners"], 20, what="the miner that left to be offline", every=0.25
    )
    assert server.stop() == 0
    totals = server.totals()
    assert (totals["shares_accepted"], totals["work"]) == (30, 30 * WORK_OF_ONE)
    assert totals["shares_rejected"] == {"above_target": 1}
    # Another run knows the past.
    server.start()
    assert sum(ask(server, "hashrate?range=1h")["shares"]) == 30
    assert ask(server, "workers")["states"] == {"offline": 1}


def test_blocks_are_those_of_the_ledger_and_cost_what_was_mined_for_them(
    easy_node: NodeThread, make_server: MakeServer
) -> None:
    server = make_server(payout(PAYEE) + node_source([easy_node.url], user="demo", password="demo"))
    with server.client() as client:
        client.begin("rig")
        for height in range(1, 4):
            job = wait_for(lambda at=height: (j := client.wait_job()) and _height(j) == at and j, what="the next job")  # type: ignore[misc]
            assert client.submit(client.solve(job, job.network_target)).accepted

        def accepted() -> Any:
            found = ask(server, "blocks")
            return found if found["outcomes"] == {"accepted": 3} else None

        blocks = wait_for(accepted, 20, what="three blocks", every=0.25)
    assert [each["block"]["height"] for each in blocks["blocks"]] == [3, 2, 1]
    efforts = [each["effort"] for each in blocks["blocks"]]
    assert all(effort is not None for effort in efforts)
    # The first block was found before any share was on record; each later one after exactly one.
    assert efforts[2] == 0.0
    assert efforts[0] == efforts[1] > 0
    # What the coinbases of the blocks pay, as the node has them.
    paid = sum(sum(out.value_sats for out in block.transactions[0].outputs) for block in _found(easy_node))
    (earned,) = blocks["earned"]
    assert (earned["maturing"], earned["maturing_sats"], earned["spendable_sats"]) == (3, paid, 0)
    shown = wait_for(
        lambda: (found := ask(server, "overview")["dashboard"])["earned"] and found["expected"] and found,
        20,
        what="the dashboard's sums",
        every=0.25,
    )
    assert shown["earned"] == blocks["earned"]
    (expected,) = shown["expected"]
    # The reward of the next block, as often as this hashrate finds one.
    (home,) = expected["by_source"]
    job = ask(server, "jobs/current")
    needed = 2**256 // (int(0xFFFF * 2**208 / job["network_difficulty"]) + 1)
    per_day = home["hashrate"] * 86_400 / needed * job["reward_sats"]
    assert (home["source"], expected["chain"]) == ("home", "btc")
    assert expected["sats_per_day"] == pytest.approx(per_day, rel=1e-6)
    first = sum(out.value_sats for out in _found(easy_node)[0].transactions[0].outputs)
    easy_node.do(lambda: easy_node.node.extend(97))  # the first of them has a hundred confirmations now

    def matured() -> Any:
        (sums,) = ask(server, "blocks")["earned"]
        return sums if sums["spendable"] else None

    sums = wait_for(matured, 30, what="the first block to mature", every=0.25)
    assert (sums["spendable_sats"], sums["maturing"], sums["maturing_sats"]) == (first, 2, paid - first)
    assert server.stop() == 0
    assert server.totals()["blocks"] == {"accepted": 2, "matured": 1}


def _found(node: NodeThread) -> list[Block]:
    """All blocks of its chain but the first."""
    chain = node.node.chain
    return [found.block for height in range(1, chain.tip.height + 1) if (found := chain.at(height)) is not None]


def _height(job: Any) -> int:
    """BIP34's height of a job of the embedded node (below 17: one byte that says it)."""
    return int(bytes.fromhex(job.coinbase1_hex)[42] - 0x50)
