"""A Headframe in front of two others and a node of its own: three servers as an operator runs them, miners, one client.

Each counts for itself, so what the front says of its pools is compared with what they say, to the share. On real regtest
every second hash is a block; the miners are slow there, and what is proved is that nothing is lost, refused or counted
twice through hundreds of moves. How close the split comes needs many cheap shares, and so a chain too hard for blocks.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from headframe.testing.bitcoind import RegtestNode
from headframe.testing.client import wait_for
from headframe.testing.node_thread import embedded_node
from headframe.testing.server import Metrics, ServerProcess, fixed_difficulty, node_source, payout

MakeNode = Callable[..., RegtestNode]
MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
ROUTING = "\n[routing]\nhorizon_s = 60\ndwell_s = 1\n"
PLACES = ("own", "pool0", "pool1")

MOVES = 200
SHARES = 60
"""To be accepted by each of the two pools while miners move."""
MOST_ROUNDS = 400
SPLIT = (40, 42, 18)
SPLIT_S = 120.0


def pool_source(name: str, pool: ServerProcess) -> str:
    return f"""
[[source]]
name = "{name}"
kind = "pool"
network = "regtest"
url = ["stratum+tcp://127.0.0.1:{pool.stratum_port}"]
wallet = "{PAYEE}"
"""


def weighted(sources: Sequence[str], weights: Sequence[int]) -> str:
    return "".join(f"{source}weight = {weight}\n" for source, weight in zip(sources, weights, strict=True))


@contextmanager
def miners(server: ServerProcess, *hashrates: float) -> Iterator[None]:
    """`headframe miner` at these speeds (hashes per second), as processes."""
    with ExitStack() as stack:
        for number, hashrate in enumerate(hashrates):
            process = stack.enter_context(
                subprocess.Popen(
                    [
                        *(sys.executable, "-m", "headframe", "miner", f"127.0.0.1:{server.stratum_port}"),
                        *(f"{PAYEE}.m{number}", "--hashrate", str(hashrate), "--quiet"),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                )
            )
            stack.callback(process.terminate)
        yield


def moves(metrics: Metrics) -> float:
    """Moves from one source to another; being placed for the first time is none."""
    by_reason = metrics.by("reason", "headframe_moves_total")
    return sum(count for reason, count in by_reason.items() if reason != "assign")


def passed(metrics: Metrics, pool: str, outcome: str) -> float:
    """Shares that went up to this pool and had this outcome."""
    return metrics.value("headframe_upstream_shares_total", source=pool, outcome=outcome)


def reload(server: ServerProcess, settings: str) -> dict[str, Any]:
    """Make this the configuration of the running server; what it said of it."""
    before = len(server.events("reloaded"))
    server.configure(settings)
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)
    return server.wait_event("reloaded", count=before + 1)


def counts(totals: dict[str, Any], pool: str) -> tuple[int, int]:
    """Shares and work that this pool accepted, as the front has it."""
    accepted = totals["upstream"][pool]["accepted"]
    return accepted["count"], accepted["work"]


def own_counts(pool: ServerProcess) -> tuple[int, int]:
    totals = pool.totals()
    return totals["shares_accepted"], totals["work"]


def assert_books_agree(front: ServerProcess, pools: Sequence[ServerProcess]) -> None:
    """Once everything is answered: what the front says was accepted is what each pool accepted, and nothing else."""
    names = PLACES[1:]

    def agree() -> bool:
        totals = front.totals()
        return all(counts(totals, name) == own_counts(pool) for name, pool in zip(names, pools, strict=True))

    wait_for(agree, 20.0, what="the books to agree", every=0.5)
    assert front.stop() == 0
    assert [pool.stop() for pool in pools] == [0, 0]
    totals = front.totals()
    for name, pool in zip(names, pools, strict=True):
        upstream = totals["upstream"][name]
        assert counts(totals, name) == own_counts(pool), name
        assert counts(totals, name)[0] > 0, name
        assert upstream["refused"]["count"] == 0, (name, upstream)
        assert upstream["lost"]["count"] == 0, (name, upstream)
        assert pool.totals()["shares_rejected"] == {}, name
        # All that the front credited to the pool's jobs met the pool's target, and went up.
        assert totals["sources"][name]["work"] == counts(totals, name)[1], name
    assert totals["shares_rejected"] == {}


@pytest.mark.real_node
@pytest.mark.timeout(240)
def test_hundreds_of_moves_between_three_servers_lose_nothing_and_drop_nobody(
    make_node: MakeNode, make_server: MakeServer
) -> None:
    nodes = [make_node() for _ in PLACES]
    for node in nodes:
        node.generate(1)
    own, *homes = nodes
    base = payout(PAYEE)
    pools = [make_server(base + node_source([home.rpc_url], zmq=[home.zmq_hashblock])) for home in homes]
    base += ROUTING
    sources = [
        node_source([own.rpc_url], name="own", zmq=[own.zmq_hashblock]),
        *(pool_source(name, pool) for name, pool in zip(PLACES[1:], pools, strict=True)),
    ]
    front = make_server(base + weighted(sources, (40, 30, 30)))
    ways = [(100, 0, 0), (0, 100, 0), (0, 0, 100), (0, 70, 30), (100, 0, 0), (0, 0, 100), (0, 100, 0), (40, 42, 18)]
    with miners(front, 2, 3, 4, 5), front.client() as client:
        client.begin(f"{PAYEE}.client")
        identity = client.extranonce1_hex, client.extranonce2_size, client.version_mask
        for number in range(MOST_ROUNDS):
            # Found before the move and sent after it: it still belongs to the source whose job it solves.
            late = client.solve(client.wait_job())
            said = reload(front, base + weighted(sources, ways[number % len(ways)]))
            assert said["needs_restart"] == []
            assert client.submit(late).accepted
            assert client.submit(client.solve(client.wait_job())).accepted
            metrics = front.metrics()
            passed_on = [passed(metrics, name, "accepted") for name in PLACES[1:]]
            if moves(metrics) >= MOVES and min(passed_on) >= SHARES:
                break
        assert moves(metrics) >= MOVES
        assert min(passed_on) >= SHARES
        # Nobody was dropped: each of the five came once.
        assert metrics.by("reason", "headframe_moves_total")["assign"] == 5
        assert (client.extranonce1_hex, client.extranonce2_size, client.version_mask) == identity
        kinds = {kind for kind, _ in client.notifications}
        # A share that solves a block is answered with a message too. Nothing else: no reconnect, no other extranonce.
        assert kinds <= {"mining.notify", "mining.set_difficulty", "client.show_message"}
    for place, node in zip(PLACES, nodes, strict=True):
        assert node.height > 1, f"no block on the chain of {place}"
    assert_books_agree(front, pools)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_the_split_is_within_a_point_and_a_half_after_two_minutes(make_server: MakeServer) -> None:
    with ExitStack() as stack:
        own, *homes = [stack.enter_context(embedded_node()) for _ in PLACES]
        base = payout(PAYEE) + fixed_difficulty(1e-7)
        user = {"user": "demo", "password": "demo"}
        pools = [make_server(base + node_source([home.url], **user)) for home in homes]
        sources = [
            node_source([own.url], name="own", **user),
            *(pool_source(name, pool) for name, pool in zip(PLACES[1:], pools, strict=True)),
        ]
        front = make_server(base + ROUTING + weighted(sources, SPLIT))
        with miners(front, 3_000, 4_000, 5_000, 6_000), front.client() as client:
            client.begin(f"{PAYEE}.client")
            until = time.monotonic() + SPLIT_S
            while time.monotonic() < until:
                # The fifth miner: about five shares a second, each waiting for its answer.
                answer = client.submit(client.solve(client.wait_job()))
                assert answer.accepted, answer
                time.sleep(0.2)
            got = front.metrics().by("source", "headframe_source_share")
        wanted = dict(zip(PLACES, (weight / sum(SPLIT) for weight in SPLIT), strict=True))
        assert max(abs(got[name] - part) for name, part in wanted.items()) <= 0.015, got
        assert_books_agree(front, pools)
