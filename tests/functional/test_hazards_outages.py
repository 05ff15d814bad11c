"""Hazards of moving a miner between pools: outages, silence, shares of the work, blocks, rubbish (H8, H10, H15, H20, H22)."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headframe.testing.client import wait_for
from headframe.testing.fake_pool import FakePool, Manners
from headframe.testing.fake_pool_absurd import ABSURD
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.pool_house import PoolHouse, WatchedClient, pool_house

ROUTING = "\n[routing]\ndwell_s = 1\n"
QUICK = {"silent_s": 5, "reply_s": 1}
FAILOVER_S = 1.0
SLACK_S = 2.0
"""For a test machine that does other things as well; what is measured is the server's own time where it can be."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PoolHouse]:
    pools = {"alpha": FakePool(Manners(resumes=False), seed=1), "beta": FakePool(seed=2)}
    sources = dict.fromkeys(pools, QUICK)
    with pool_house(tmp_path_factory.mktemp("outages"), pools, sources=sources, before=ROUTING) as house:
        yield house


@pytest.fixture
def house(shared: PoolHouse) -> PoolHouse:
    shared.wait_up("alpha", "beta")
    shared.prefer("alpha")
    return shared


def moved_since(clients: list[WatchedClient], house: PoolHouse, name: str, began: float) -> float:
    """Seconds from `began` until the last of these miners had work of this pool."""
    for client in clients:
        house.wait_on(client, name)
    wanted = house.pool(name).current.coinbase1.hex()
    first = [
        next(each.at for each in client.notifies if each.at >= began and each.params[2].startswith(wanted))
        for client in clients
    ]
    return max(first) - began


def test_h15_a_pool_that_dies_loses_all_its_miners_to_the_other_within_a_second(house: PoolHouse) -> None:
    """H15: nobody is kicked; failover of all sessions within 1 s, and each goes on with its own extranonce."""
    with house.miner("a") as a, house.miner("b") as b, house.miner("c") as c:
        clients = [a, b, c]
        for client in clients:
            house.wait_on(client, "alpha")
        began = time.monotonic()
        house.pools["alpha"].stop()
        assert moved_since(clients, house, "beta", began) < FAILOVER_S + SLACK_S
        for client in clients:
            assert house.wait_share("beta", client.mine()).said == ""
        house.pools["alpha"].start()
        # It is back and trusted again when the operator says so.
        house.wait_up("alpha")
        house.only("alpha")
        for client in clients:
            assert house.wait_share("alpha", client.mine(house.wait_on(client, "alpha"))).said == ""
    down = house.server.events("source_down", source="alpha")[-1]
    assert down["reason"]
    assert down["remedy"]


def test_h15_both_pools_die_and_sessions_are_held_until_one_is_back(house: PoolHouse) -> None:
    """H15: held, then served; nothing that was credited is lost, and new connections are closed meanwhile."""
    with house.miner("a") as a, house.miner("b") as b:
        for client in (a, b):
            house.wait_on(client, "alpha")
            client.mine()
        house.pools["alpha"].stop()
        house.pools["beta"].stop()
        wait_for(lambda: not (house.is_up("alpha") or house.is_up("beta")), what="both to be down")
        with WatchedClient("127.0.0.1", house.server.stratum_port) as third:
            third.send("mining.subscribe", [])
            assert third.closed_by_server(), "its own failover would never begin"
        for client in (a, b):
            client.poll()  # raises when it was closed
        house.pools["beta"].start()
        house.wait_up("beta")
        house.do("beta", lambda pool: pool.new_block())
        for client in (a, b):
            house.wait_on(client, "beta")
            assert house.wait_share("beta", client.mine()).said == ""
    house.pools["alpha"].start()


def test_h22_a_pool_that_falls_silent_on_a_share_is_left(house: PoolHouse) -> None:
    """H22: Silent pool: submit-reply timeout -> failover."""
    with house.miner() as client:
        house.wait_on(client, "alpha")
        house.do("alpha", lambda pool: pool.freeze())
        began = time.monotonic()
        client.mine()
        # Its deadline, the second in which deadlines are looked at, and the failover itself.
        assert moved_since([client], house, "beta", began) < QUICK["reply_s"] + 1 + FAILOVER_S + SLACK_S
        assert "silent" in house.server.wait_event("source_down", source="alpha")["reason"]
        assert house.wait_share("beta", client.mine()).said == ""
        house.do("alpha", lambda pool: pool.thaw())


def test_h22_a_pool_without_a_word_is_asked_and_then_left(house: PoolHouse) -> None:
    """H22: Idle timer from last notify/response, keepalive; a half-open connection is found without any share."""
    with house.miner() as client:
        house.wait_on(client, "alpha")
        seen = len(house.server.events("source_down", source="alpha"))
        house.do("alpha", lambda pool: (pool.refresh(), pool.freeze()))
        client.wait_until(
            lambda: len(house.server.events("source_down", source="alpha")) > seen, "the pool to be down", timeout=20
        )
        house.wait_on(client, "beta")
        assert "silent" in house.server.events("source_down", source="alpha")[-1]["reason"]
        house.do("alpha", lambda pool: pool.thaw())


def test_h20_what_is_divided_is_accepted_work_and_not_time(tmp_path: Path) -> None:
    """H20: Ratio definition: verified accepted work, fleet-wide, with whole miners placed to fit the weights."""
    pools = {"alpha": FakePool(seed=1), "beta": FakePool(Manners(difficulty=2e-7), seed=2)}
    sources = {"alpha": {"weight": 75}, "beta": {"weight": 25}}
    with pool_house(tmp_path, pools, sources=sources, before=ROUTING) as house:
        first, second, third, fourth = (WatchedClient("127.0.0.1", house.server.stratum_port) for _ in range(4))
        clients = [first, second, third, fourth]
        for number, client in enumerate(clients):
            client.begin(f"rig{number}")
        on = {name: [client for client in clients if house.newest_is_of(client, name)] for name in pools}
        assert (len(on["alpha"]), len(on["beta"])) == (3, 1)
        # The one at beta is as long there as the others at alpha, and works more.
        for client, times in (*((each, 1) for each in on["alpha"]), (on["beta"][0], 6)):
            for _ in range(times):
                client.mine()
        house.wait_settled()
        metrics = house.server.metrics()
        work = {name: house.pool(name).work.total() for name in pools}
        assert work["beta"] > 3 * work["alpha"]
        part = metrics.value("headframe_source_share", source="beta")
        assert part == pytest.approx(work["beta"] / sum(work.values()))
        assert metrics.value("headframe_source_target_share", source="beta") == 0.25
        for client in clients:
            client.check()
            client.close()
        house.check_ledger()


@pytest.mark.parametrize("mode", ["shared", "per_miner"])
def test_h10_a_share_that_solves_a_block_always_goes_up(tmp_path: Path, mode: str) -> None:
    """H8, H10: forward whatever meets the network target: of a pool that was left, and of a job that is void."""
    bits = 0x1F00FFFF  # 65,536 hashes
    pools = {"alpha": FakePool(seed=1, bits=bits), "beta": FakePool(seed=2)}
    for pool in pools.values():
        pool.manners.moves_on = False
    with pool_house(tmp_path, pools, sources={"alpha": {"mode": mode}}, before=ROUTING) as house:
        house.only("alpha")
        with house.miner() as client:
            job = house.wait_on(client, "alpha")
            blocks = [client.solve(job, job.network_target) for _ in range(2)]
            house.move(client, "beta")
            assert client.submit(blocks[0]).accepted
            assert house.wait_share("alpha", blocks[0]).solves
            house.do("alpha", lambda pool: pool.new_block())

            def void() -> bool:
                answer = client.submit(client.solve(job, job.target, miss=True))
                return bool(answer.error and answer.error[0] == 21)

            client.wait_until(void, "the job to be stale")
            refused = client.submit(blocks[1])
            assert (refused.accepted, refused.error[0]) == (False, 21)
            assert house.wait_share("alpha", blocks[1]).truth.header == blocks[1].header
        found = house.server.events("block_found", source="alpha")
        assert {each["block_hash"] for each in found} >= {block.hash_hex for block in blocks}
        house.wait_settled()


def test_h08_in_flight_shares_keep_their_private_connection(tmp_path: Path) -> None:
    """H8: with a connection per miner, one that was left stays open for what its miner still sends."""
    pools = {"alpha": FakePool(seed=1), "beta": FakePool(seed=2)}
    sources = {name: {"mode": "per_miner"} for name in pools}
    with pool_house(tmp_path, pools, sources=sources, before=ROUTING) as house:
        house.only("alpha")
        with house.miner("a") as a, house.miner("b") as b:
            jobs = [house.wait_on(client, "alpha") for client in (a, b)]
            assert jobs[0].coinbase1_hex != jobs[1].coinbase1_hex
            late = [client.solve(job) for client, job in zip((a, b), jobs, strict=True)]
            for client in (a, b):
                house.move(client, "beta")
            for client, share in zip((a, b), late, strict=True):
                assert client.submit(share).accepted
                assert house.wait_share("alpha", share).said == ""
                assert house.wait_share("beta", client.mine()).said == ""
        house.check_ledger()


@pytest.fixture
def node() -> Iterator[NodeThread]:
    with embedded_node() as thread:
        yield thread


def test_h15_our_own_node_takes_over_from_a_pool_and_gives_back(tmp_path: Path, node: NodeThread) -> None:
    """H1, H15: a pool beside an own node: the same extranonce through both, and through the pool's end."""
    ours = {
        "kind": "node", "network": "regtest", "rpc": [node.url], "user": "demo", "password": "demo", "tier": 2,
    }  # fmt: skip
    pools = {"alpha": FakePool(Manners(difficulty=2e-7), seed=1)}
    with pool_house(tmp_path, pools, sources={"home": ours}, before=ROUTING, difficulty=1e-7) as house:
        house.wait_up("home")
        with house.miner() as client:
            house.wait_on(client, "alpha")
            # Easier than the pool asks for: only what the pool wants goes up.
            assert client.wait_job().difficulty == pytest.approx(1e-7)
            job = client.wait_job()
            house.wait_share("alpha", client.mine(job, target=job.target // 2))
            house.pools["alpha"].stop()
            client.wait_until(lambda: not house.newest_is_of(client, "alpha"), "the node's work")
            client.mine()
            house.pools["alpha"].start()
            house.wait_up("alpha")
            house.use(home={"weight": 0, "tier": 1})
            house.wait_on(client, "alpha")
            job = client.wait_job()
            assert house.wait_share("alpha", client.mine(job, target=job.target // 2)).said == ""
        house.check_ledger()


def test_rubbish_from_pools_costs_nobody_else_anything(tmp_path: Path) -> None:
    """Malformed, oversized and absurd data: that pool is left with a reason and tried again after a pause; sessions on the
    other source go on. One pool for each entry of the catalogue, all at once."""
    names = {f"p{number}": what for number, what in enumerate(ABSURD)}
    pools = {"good": FakePool(seed=1), **{name: FakePool(seed=2 + at) for at, name in enumerate(names)}}
    sources = {name: {"weight": 1} for name in names} | {"good": {"weight": 100}}
    with pool_house(tmp_path, pools, sources=sources, before=ROUTING) as house:
        with house.miner() as client:
            house.wait_on(client, "good")
            said_at = time.monotonic()
            for name, what in names.items():
                house.do(name, lambda pool, what=what: pool.say_raw(ABSURD[what]))
            left: dict[str, str] = {}

            def all_left() -> bool:
                left.update({each["source"]: each["reason"] for each in house.server.events("source_down")})
                return names.keys() <= left.keys()

            try:
                client.wait_until(all_left, "all to be left", timeout=15)
            except Exception:
                missing = {what for name, what in names.items() if name not in left}
                raise AssertionError(f"pools that were not left: {missing}") from None
            assert "good" not in left
            assert all(left.values())
            assert house.wait_share("good", client.mine(house.wait_on(client, "good"))).said == ""
            # Not at once, but again: and as pools that have come to their senses they are taken.
            house.wait_up(*names, timeout_s=30)
            assert time.monotonic() - said_at > 0.4
            assert all(house.pool(name).served == 2 for name in names), "tried again without a pause"
        connects = itertools.chain.from_iterable(house.pool(name).connections for name in names)
        assert all(connection.subscribed for connection in connects)
