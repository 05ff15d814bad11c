"""What one miner's connection to the whole server is like: names, TLS, coming back, orderly ends."""

import ssl
from collections.abc import Callable, Iterator

import pytest

from headframe.testing.bitcoind import RegtestNode, wait_for
from headframe.testing.client import Sv1Client
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.server import ServerProcess, node_source, payout

MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
EASY = "\n[difficulty]\nstart = 2e-7\nmin = 1e-7\nmax = 1\n"


@pytest.fixture
def node() -> Iterator[NodeThread]:
    """An embedded node whose blocks nobody finds."""
    with embedded_node() as thread:
        yield thread


def settings_for(node: NodeThread, way: str = "") -> str:
    return payout(way) + EASY + node_source([node.url], user="demo", password="demo")


@pytest.mark.real_node
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_block_is_found_over_tls(bitcoind: RegtestNode, make_server: MakeServer, version: ssl.TLSVersion) -> None:
    server = make_server(payout() + node_source([bitcoind.rpc_url], zmq=[bitcoind.zmq_hashblock]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(server.data / "tls" / "tls-cert.pem")
    context.minimum_version = context.maximum_version = version
    with Sv1Client("127.0.0.1", server.stratum_port, tls=context) as client:
        job = client.begin(f"{PAYEE}.secure")
        share = client.solve(job, job.network_target, version_bits=client.version_mask & 0x00AAA000)
        assert client.submit(share).accepted
        wait_for(lambda: bitcoind.tip_hex == share.hash_hex, what="the block to be the tip")
        # Plain on the same port, meanwhile.
        with server.client() as plain:
            plain.begin(PAYEE)


@pytest.mark.parametrize(
    "user",
    [
        "rig1",
        "",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.mainnet",
        "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwx.checksum",
        "bcrt1QQYPQXPQ9QCRSSZG2PVXQ6RS0ZQG3YYC5phstwt.mixed",
    ],
)
def test_in_miner_mode_a_name_that_cannot_be_paid_is_refused_and_may_be_mended(
    node: NodeThread, make_server: MakeServer, user: str
) -> None:
    server = make_server(settings_for(node))
    with server.client() as client:
        client.subscribe()
        refused = client.authorize(user)
        assert refused.result is not True
        assert refused.error[1] == "Invalid Bitcoin address"
        # The same connection, the right name.
        assert client.authorize(f"{PAYEE}.rig").accepted
        assert client.submit(client.solve(client.wait_job())).accepted


def test_a_miner_that_comes_back_after_a_restart_keeps_its_extranonce_and_difficulty(
    node: NodeThread, make_server: MakeServer
) -> None:
    server = make_server(settings_for(node, PAYEE))
    with server.client() as client:
        client.subscribe()
        client.authorize("rig", "d=5e-7")
        wait_for(lambda: client.wait_job().difficulty == pytest.approx(5e-7), what="the difficulty asked for")
        assert client.submit(client.solve(client.wait_job())).accepted
        kept = client.session_id, client.extranonce1_hex, client.difficulty
        assert server.stop() == 0
        assert client.closed_by_server()
    server.start()
    with server.client() as client:
        client.subscribe(session_id=kept[0])
        client.authorize("rig")
        job = client.wait_job()
        assert (client.session_id, client.extranonce1_hex, client.difficulty) == kept
        assert client.submit(client.solve(job)).accepted
        # Anybody else gets another extranonce.
        with server.client() as other:
            other.subscribe()
            assert other.extranonce1_hex != kept[1]
    assert server.stop() == 0
    assert server.totals()["shares_accepted"] == 2


def test_a_miner_that_comes_back_while_the_server_runs_may_finish_its_work(
    node: NodeThread, make_server: MakeServer
) -> None:
    server = make_server(settings_for(node, PAYEE))
    with server.client() as client:
        job = client.begin("rig")
        late = client.solve(job)
        session_id, extranonce1 = client.session_id, client.extranonce1_hex
    with server.client() as again:
        again.begin("rig", session_id=session_id)
        assert again.extranonce1_hex == extranonce1
        assert again.submit(late, user="rig").accepted
        assert again.submit(late, user="rig").error[1] == "Duplicate share"


def test_job_numbers_never_come_again_after_a_restart(node: NodeThread, make_server: MakeServer) -> None:
    server = make_server(settings_for(node, PAYEE))
    seen: list[str] = []
    for end in (server.stop, server.kill, server.stop):
        with server.client() as client:
            seen.append(client.begin("rig").job_id)
        end()
        server.start()
    assert len(set(seen)) == len(seen), "a start within the second of another gave the same numbers"
    assert sorted(seen) == seen
