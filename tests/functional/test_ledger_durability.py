"""Nothing acknowledged is lost or counted twice: the whole server, killed at any moment, and on a disk that is full.

The bounds are exact: what was answered with true is in the ledger; what was sent and not answered may be.
"""

import asyncio
import random
from collections.abc import Callable, Iterator

import pytest

from headframe.store.ledger_store import Store
from headframe.testing.bitcoind import RegtestNode, wait_for
from headframe.testing.client import Answer, ClientShare, ClientTrouble, Sv1Client
from headframe.testing.fleet import EAGER, HONEST, FleetReport, run_fleet
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.server import ServerProcess, fixed_difficulty, node_source, payout

MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
CHEAP = fixed_difficulty(1e-7)
HUGE = 1 << 40


@pytest.fixture
def node() -> Iterator[NodeThread]:
    """An embedded node whose blocks nobody finds."""
    with embedded_node() as thread:
        yield thread


def settings_for(node: NodeThread) -> str:
    return payout(PAYEE) + CHEAP + node_source([node.url], user="demo", password="demo")


def ledger_by_worker(server: ServerProcess) -> dict[str, int]:
    """Accepted shares by worker, from the database of a server that has stopped in order."""
    store = Store.open(server.data)
    try:
        return {_name(row.identity, row.worker): row.accepted for row in store.workers(0, limit=10_000)}
    finally:
        store.close()


def _name(identity: str, worker: str) -> str:
    return f"{identity}.{worker}" if worker else identity


@pytest.mark.parametrize(("end", "rounds", "seconds"), [("kill", 6, 16.0), ("stop", 3, 9.0)])
def test_ended_at_any_moment_it_loses_no_acknowledged_share(
    node: NodeThread, make_server: MakeServer, end: str, rounds: int, seconds: float
) -> None:
    """By `kill -9`, and by SIGTERM while the miners go on."""
    rng = random.Random(20)
    server = make_server(settings_for(node))
    ending: Callable[[], int | None] = getattr(server, end)

    async def play() -> FleetReport:
        fleet = asyncio.get_running_loop().create_task(
            run_fleet(
                "127.0.0.1", server.stratum_port, miners=12, seconds=seconds, seed=3, mix=(HONEST, EAGER), rate=4.0
            )
        )
        for round_number in range(rounds):
            # The moment is random within the flow of shares; no test could name all of them.
            await asyncio.sleep(rng.uniform(0.3, 1.2))
            if round_number == 2:
                during = await asyncio.to_thread(server.totals)
                assert during["shares_accepted"] > 0
            assert not await asyncio.to_thread(ending)
            await asyncio.to_thread(server.start)
        return await fleet

    report = asyncio.run(play())
    running = server.totals()
    assert server.stop() == 0
    assert not report.troubles
    assert not report.refused
    assert report.accepted > 100
    assert report.unanswered > 0 or end == "stop", "no share was in flight at any kill: the test proves nothing"
    assert report.discrepancies(ledger_by_worker(server)) == []
    totals = server.totals()
    assert report.accepted <= totals["shares_accepted"] <= report.accepted + report.unanswered
    assert running["shares_accepted"] == totals["shares_accepted"]
    assert totals["work"] == sum(part["work"] for part in totals["sources"].values())


def test_totals_beside_a_running_server_hold_every_acknowledged_share(
    node: NodeThread, make_server: MakeServer
) -> None:
    server = make_server(settings_for(node))
    with server.client() as client:
        job = client.begin("rig")
        for count in range(1, 6):
            assert client.submit(client.solve(job)).accepted
            # No waiting: the answer came, so it counts.
            assert server.totals()["shares_accepted"] == count


def test_a_share_is_not_credited_again_after_a_crash(node: NodeThread, make_server: MakeServer) -> None:
    server = make_server(settings_for(node))
    with server.client() as client:
        share = client.solve(client.begin("rig"))
        assert client.submit(share).accepted
        session_id = client.session_id
    server.kill()
    server.start()
    with server.client() as client:
        client.begin("rig", session_id=session_id)
        assert client.submit(share).error[1] == "Job not found"
        assert client.submit(client.solve(client.wait_job())).accepted
    assert server.stop() == 0
    assert server.totals()["shares_accepted"] == 2


@pytest.mark.real_node
def test_a_block_acknowledged_while_its_node_is_dead_survives_kill_9_in_the_same_instant(
    bitcoind: RegtestNode, make_server: MakeServer
) -> None:
    server = make_server(payout(PAYEE) + node_source([bitcoind.rpc_url], zmq=[bitcoind.zmq_hashblock]))
    for _ in range(3):
        with server.client() as client:
            job = client.begin("rig")
            share = client.solve(job, job.network_target)
            bitcoind.kill()
            assert client.submit(share).accepted
            server.kill()
        bitcoind.start()
        server.start()
        wait_for(lambda hash_hex=share.hash_hex: bitcoind.tip_hex == hash_hex, what="the block to be the tip")  # type: ignore[misc]
    wait_for(lambda: server.totals()["blocks"] == {"accepted": 3}, what="all three to be accepted")


def submit(client: Sv1Client, share: ClientShare) -> Answer | None:
    """The answer; None when the connection was closed instead."""
    try:
        return client.submit(share)
    except (ClientTrouble, OSError):
        return None


def test_a_full_disk_takes_no_shares_says_so_and_goes_on_when_there_is_room(
    node: NodeThread, make_server: MakeServer
) -> None:
    server = make_server(settings_for(node))
    acknowledged = 0
    with server.client() as client:
        job = client.begin("rig")
        assert client.submit(client.solve(job)).accepted
        acknowledged += 1
    server.bound_file_sizes(0)
    answers: list[Answer | None] = []
    for _ in range(4):
        try:
            with server.client() as client:
                client.begin("rig")
                for _ in range(3):
                    answers.append(submit(client, client.solve(client.wait_job())))
                    if answers[-1] is None:
                        break
        except (ClientTrouble, OSError):
            answers.append(None)
    # Whatever came, none was called accepted.
    assert answers
    assert not any(answer.accepted for answer in answers if answer is not None)
    reasons = {answer.error[1] for answer in answers if answer is not None}
    assert reasons <= {"Share could not be recorded"}
    alarm = server.wait_event("journal_unavailable")
    assert alarm["level"] == "error"
    assert "free space" in alarm["remedy"]
    wait_for(lambda: server.healthz()[0] == 503, what="/healthz to say so")
    assert any("shares cannot be recorded" in reason for reason in server.healthz()[1]["reasons"])
    server.bound_file_sizes(None)
    wait_for(lambda: server.healthz()[0] == 200, what="recovery")
    with server.client() as client:
        job = client.begin("rig")
        for _ in range(3):
            assert client.submit(client.solve(job)).accepted
            acknowledged += 1
    assert server.stop() == 0
    assert server.totals()["shares_accepted"] == acknowledged


@pytest.mark.real_node
def test_blocks_are_submitted_though_the_disk_is_full(bitcoind: RegtestNode, make_server: MakeServer) -> None:
    server = make_server(payout(PAYEE) + node_source([bitcoind.rpc_url], zmq=[bitcoind.zmq_hashblock]))
    with server.client() as client:
        job = client.begin("rig")
        server.bound_file_sizes(0)
        share = client.solve(job, job.network_target)
        answer = submit(client, share)
        assert answer is None or not answer.accepted
        wait_for(lambda: bitcoind.tip_hex == share.hash_hex, what="the block to be the tip")
    server.wait_event("journal_unavailable")
    server.bound_file_sizes(None)
    # What could not be recorded of the block is, once there is room.
    wait_for(lambda: server.totals()["blocks"] == {"accepted": 1}, what="the ledger to know the block")
    assert server.stop() == 0
    assert server.totals()["blocks"] == {"accepted": 1}
