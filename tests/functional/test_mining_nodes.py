"""The whole server through its nodes' troubles: real nodes that die, come back, disagree and lie about nothing.

What a miner and an operator see, not how the source does it (that is `test_node_source.py` and `test_node_blocks.py`).
"""

from collections.abc import Callable

import pytest

from headframe.testing.bitcoind import RegtestNode, wait_for
from headframe.testing.client import ClientJob, ClientShare, Sv1Client
from headframe.testing.server import ServerProcess, node_source, payout

pytestmark = pytest.mark.real_node

MakeNode = Callable[..., RegtestNode]
MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"


def settings_for(*nodes: RegtestNode, **changes: str) -> str:
    zmq = [node.zmq_hashblock for node in nodes if node.zmq]
    return payout(PAYEE) + node_source([node.rpc_url for node in nodes], zmq=zmq, **changes)


def wire_hash(hash_hex: str) -> str:
    """A hash as nodes show it, as a notify has it."""
    internal = bytes.fromhex(hash_hex)[::-1]
    return b"".join(internal[at : at + 4][::-1] for at in range(0, 32, 4)).hex()


def job_on(client: Sv1Client, tip_hex: str) -> ClientJob:
    wait_for(lambda: client.wait_job().prev_hash_hex == wire_hash(tip_hex), what=f"a job on {tip_hex}")
    return client.wait_job()


def send_block(client: Sv1Client, job: ClientJob) -> ClientShare:
    share = client.solve(job, job.network_target)
    assert client.submit(share).accepted
    return share


def blocks_by_outcome(server: ServerProcess) -> dict[str, float]:
    return server.metrics().by("outcome", "headframe_blocks_total")


def refuses_newcomers(server: ServerProcess) -> bool:
    """Connections are closed unanswered, so that a device turns to its fallback."""
    with server.client() as client:
        client.send("mining.subscribe", ["rig/1"])
        return client.closed_by_server(timeout=5.0) and not any(line.startswith("<") for line in client.transcript)


def test_miners_stay_and_mine_on_while_the_node_is_dead_and_after(
    bitcoind: RegtestNode, make_server: MakeServer
) -> None:
    server = make_server(settings_for(bitcoind))
    with server.client() as client:
        job = client.begin("rig")
        first = send_block(client, job)
        job = job_on(client, first.hash_hex)
        bitcoind.kill()
        server.wait_event("source_down", logger="headframe.gateway")
        status, said = server.healthz()
        assert status == 503
        assert any("home: " in reason and "cannot connect" in reason for reason in said["reasons"])
        assert refuses_newcomers(server)
        # The work it has is still judged, and a block found now waits for the node.
        assert client.submit(client.solve(job, miss=True)).error[1] == "Difficulty too low"
        second = send_block(client, job)
        bitcoind.start()
        wait_for(lambda: bitcoind.tip_hex == second.hash_hex, what="the block to be delivered")
        third = send_block(client, job_on(client, second.hash_hex))
        wait_for(lambda: bitcoind.tip_hex == third.hash_hex, what="the third block")
        wait_for(lambda: blocks_by_outcome(server) == {"accepted": 3}, what="all three on record")
        assert server.healthz() == (200, {"healthy": True, "reasons": []})
    assert server.stop() == 0
    assert server.totals()["shares_accepted"] == 3


def test_a_wrong_password_is_said_and_nobody_is_taken_in(bitcoind: RegtestNode, make_server: MakeServer) -> None:
    server = make_server(settings_for(bitcoind, password="wrong"), healthy=False)
    down = server.wait_event("source_down", logger="headframe.gateway")
    assert "password" in down["remedy"]
    status, said = server.healthz()
    assert status == 503
    assert not said["healthy"]
    assert any("refuses" in reason for reason in said["reasons"]), said
    assert refuses_newcomers(server)
    metrics = server.metrics()
    assert metrics.value("headframe_source_up", source="home") == 0
    assert metrics.value("headframe_attention") > 0
    assert server.stop() == 0
    # With the right one, on the same data, it mines.
    server.configure(settings_for(bitcoind))
    server.start()
    with server.client() as client:
        share = send_block(client, client.begin("rig"))
        wait_for(lambda: bitcoind.tip_hex == share.hash_hex, what="the block to be the tip")


def test_a_node_that_still_downloads_the_chain_gives_no_work(make_node: MakeNode, make_server: MakeServer) -> None:
    node = make_node(chain="main", extra_args=("-connect=0",), zmq=False)
    source = node_source([node.rpc_url]).replace("regtest", "mainnet")
    server = make_server(payout("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4") + source, healthy=False)
    server.wait_event("source_down", logger="headframe.gateway")
    status, said = server.healthz()
    assert status == 503
    assert any("still downloading the chain" in reason for reason in said["reasons"]), said
    assert refuses_newcomers(server)


def test_the_node_dies_between_template_and_block_and_the_other_takes_it(
    make_node: MakeNode, make_server: MakeServer
) -> None:
    preferred, other = make_node(), make_node()
    other.connect(preferred)
    server = make_server(settings_for(preferred, other))
    with server.client() as client:
        job = client.begin("rig")
        preferred.kill()
        share = send_block(client, job)
        wait_for(lambda: other.tip_hex == share.hash_hex, what="the other node to have the block")
        again = send_block(client, job_on(client, share.hash_hex))
        wait_for(lambda: other.tip_hex == again.hash_hex, what="mining to go on")
        wait_for(lambda: blocks_by_outcome(server) == {"accepted": 2}, what="both on record")
    assert not server.events("source_down")


@pytest.mark.parametrize("zmq", [True, False], ids=["zmq and longpoll", "longpoll only"])
def test_somebody_elses_block_reaches_the_miner(make_node: MakeNode, make_server: MakeServer, zmq: bool) -> None:
    node = make_node(zmq=zmq)
    server = make_server(settings_for(node))
    with server.client() as client:
        client.begin("rig")
        for _ in range(3):
            (found,) = node.generate()
            job = job_on(client, found)
            first = next(iter(client.jobs.values()))  # a clean job voids what was there before
            assert first.clean
            assert first.prev_hash_hex == job.prev_hash_hex
        share = send_block(client, job)
        wait_for(lambda: node.tip_hex == share.hash_hex, what="our block on theirs")


def test_a_share_of_the_last_block_is_stale_and_a_late_block_is_submitted_all_the_same(
    bitcoind: RegtestNode, make_server: MakeServer
) -> None:
    """A second block on the same parent loses the race at the node, but the node is asked."""
    server = make_server(settings_for(bitcoind))
    with server.client() as client:
        old = client.begin("rig")
        (found,) = bitcoind.generate()
        job_on(client, found)
        share = client.solve(old, old.network_target)
        client.submit(share)
        server.wait_event("block_answered", hash=share.hash_hex)
        assert bitcoind.rpc("getblockheader", share.hash_hex)["confirmations"] == -1
        assert bitcoind.tip_hex == found


def test_a_longer_chain_makes_a_found_block_an_orphan(make_node: MakeNode, make_server: MakeServer) -> None:
    ours, theirs = make_node(), make_node()
    server = make_server(settings_for(ours))
    with server.client() as client:
        share = send_block(client, client.begin("rig"))
        wait_for(lambda: blocks_by_outcome(server) == {"accepted": 1}, what="the block to be accepted")
        theirs.generate(3)
        ours.connect(theirs)
        wait_for(lambda: ours.tip_hex == theirs.tip_hex, what="the reorganisation")
        wait_for(lambda: blocks_by_outcome(server) == {"orphaned": 1}, what="the block to be an orphan")
        assert ours.rpc("getblockheader", share.hash_hex)["confirmations"] == -1
        job_on(client, theirs.tip_hex)
    assert server.stop() == 0
    totals = server.totals()
    assert totals["blocks"] == {"orphaned": 1}
    assert totals["shares_accepted"] == 1


@pytest.mark.parametrize("end", ["SIGTERM", "kill -9"])
def test_a_block_found_while_the_node_is_down_is_delivered_after_both_come_back(
    bitcoind: RegtestNode, make_server: MakeServer, end: str
) -> None:
    server = make_server(settings_for(bitcoind))
    with server.client() as client:
        job = client.begin("rig")
        bitcoind.kill()
        share = send_block(client, job)
        # Acknowledged, so it is on disk or will be in a moment, which no process can take from us but only the next.
        wait_for(
            lambda: (server.data / "blocks" / "pending" / f"{share.hash_hex}.json").exists(), what="the block on disk"
        )
    if end == "kill -9":
        server.kill()
    else:
        assert server.stop() == 0
    server.start(healthy=False)
    assert server.totals()["blocks"].get("accepted", 0) == 0
    bitcoind.start()
    wait_for(lambda: bitcoind.tip_hex == share.hash_hex, what="the block to be the tip")
    wait_for(lambda: blocks_by_outcome(server) == {"accepted": 1}, what="the ledger to know")
    # And not again.
    server.restart()
    assert server.stop() == 0
    totals = server.totals()
    assert totals["blocks"] == {"accepted": 1}
    assert totals["shares_accepted"] == 1
    assert len(server.events("block_settled", outcome="accepted", logger="headframe.gateway")) == 1


def test_two_servers_on_one_data_directory_are_one_too_many(bitcoind: RegtestNode, make_server: MakeServer) -> None:
    server = make_server(settings_for(bitcoind))
    again = server.command("run", "--no-live")
    assert again.returncode != 0
    assert "another Headframe" in again.stderr
    assert "fault of the program's own" not in again.stderr
    assert server.healthz()[0] == 200
