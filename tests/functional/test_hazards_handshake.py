"""Hazards of moving a miner between pools: handshakes, masks, control messages, names and ids (H12 to H14, H17 to H19)."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from headframe.testing.client import wait_for
from headframe.testing.fake_pool import FakePool, Manners, PoolThread
from headframe.testing.pool_house import PAYEE, PoolHouse, pool_house

ROUTING = "\n[routing]\ndwell_s = 1\n"
ALPHA_MASK, BETA_MASK = 0x1FFFE000, 0x00FFE000


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PoolHouse]:
    """Alpha and beta grant different version bits; beta knows one name only; gamma grants no rolling at all."""
    pools = {
        "alpha": FakePool(Manners(version_mask=ALPHA_MASK), seed=1),
        "beta": FakePool(Manners(version_mask=BETA_MASK, one_worker=True), seed=2),
        "gamma": FakePool(Manners(version_mask=0), seed=3),
    }
    with pool_house(tmp_path_factory.mktemp("handshake"), pools, before=ROUTING) as house:
        yield house
        house.check_ledger()


@pytest.fixture
def house(shared: PoolHouse) -> PoolHouse:
    shared.wait_up("alpha", "beta")
    shared.only("alpha")
    return shared


def test_h12_a_miner_may_roll_what_all_pools_grant_and_no_more(house: PoolHouse) -> None:
    """H12: Version-rolling masks differ."""
    refused = {name: thread.pool.rejected.copy() for name, thread in house.pools.items()}
    with house.miner() as client:
        assert client.version_mask == ALPHA_MASK & BETA_MASK
        for name in ("alpha", "beta", "alpha"):
            job = house.move(client, name)
            share = client.mine(job, version_bits=0x00AAA000)
            seen = house.wait_share(name, share)
            assert (seen.said, seen.truth.header) == ("", share.header)
            assert seen.truth.version_bits == 0x00AAA000
    assert {name: thread.pool.rejected for name, thread in house.pools.items()} == refused


def test_h12_a_pool_without_rolling_gets_only_miners_that_do_not_roll(house: PoolHouse) -> None:
    """H12: if one pool lacks version rolling, avoid that pairing and warn."""
    house.server.wait_event("source_note", source="gamma", state="no_rolling")
    with house.miner("still", roll=False) as still, house.miner("roller") as roller:
        house.only("gamma")
        share = still.mine(house.wait_on(still, "gamma"))
        assert house.wait_share("gamma", share).said == ""
        assert house.newest_is_of(roller, "alpha"), "a miner that rolls was sent to a pool that grants nothing"
        # It goes on with what it has.
        assert house.wait_share("alpha", roller.mine(version_bits=0x00002000)).said == ""
    assert not house.pool("gamma").rejected


def test_h12_a_pool_that_narrows_its_mask_keeps_no_miner_that_was_promised_more(house: PoolHouse) -> None:
    """H12, H14: set_version_mask while miners work: nobody is told another mask, nobody is refused for the old one."""
    house.prefer("beta")
    with house.miner() as client:
        house.wait_on(client, "beta")
        house.do("beta", lambda pool: pool.set_version_mask(0x0000E000))
        client.wait_until(lambda: not house.newest_is_of(client, "beta"), "another pool's work")
        share = client.mine(version_bits=0x00AAA000)
        assert house.wait_share("alpha", share).said == ""
        house.do("beta", lambda pool: pool.set_version_mask(BETA_MASK))
        house.move(client, "beta")
        assert house.wait_share("beta", client.mine(version_bits=0x00AAA000)).said == ""


def test_h13_a_miner_is_greeted_at_once_whatever_state_other_pools_handshakes_are_in(tmp_path: Path) -> None:
    """H13: configure/subscribe answered by one pool only."""
    pools = {
        "alpha": FakePool(seed=1),
        "mute": FakePool(Manners(mute=True), seed=2),
        "slow": FakePool(Manners(handshake_delay_s=1.5), seed=3),
        "terse": FakePool(Manners(version_mask=None), seed=4),
        "early": FakePool(Manners(work_first=True), seed=5),
        "closing": FakePool(Manners(hang_up_after="mining.subscribe"), seed=6),
    }
    with pool_house(tmp_path, pools, before=ROUTING, wait_for_pools=False) as house:
        house.wait_up("alpha")
        with house.miner() as client:
            assert client.version_mask == 0x1FFFE000
            assert client.extranonce1_hex
            client.mine()
            house.wait_up("slow", timeout_s=15)
            assert house.wait_share("slow", client.mine(house.move(client, "slow"))).said == ""
        assert not house.is_up("mute")
        assert not house.is_up("closing")


def test_h14_control_messages_of_pools_are_consumed_here(house: PoolHouse) -> None:
    """H14: Pool-initiated set_extranonce / set_version_mask / reconnect / get_version / ping."""
    pool = house.pool("alpha")
    with house.miner() as client:
        house.wait_on(client, "alpha")
        connection = pool.connections[0]
        served = pool.served

        def pester(pool: FakePool) -> None:
            connection.said.clear()
            pool.tell_all("client.show_message", ["buy our tokens"])
            pool.tell_all("client.get_version", [], 71)
            pool.tell_all("mining.ping", [], "seventy-two")
            pool.tell_all("client.ping", [], 73)
            pool.tell_all("client.reconnect", ["evil.example", 3333, 0])
            pool.tell_all("client.reconnect", ["127.0.0.1.evil.example", 3333, 0])
            pool.tell_all("mining.who_knows", [1, {"a": None}], 74)
            pool.tell_all("mining.set_goal", ["x"])
            pool.set_version_mask(ALPHA_MASK)
            pool.set_extranonce()
            pool.refresh()

        house.do("alpha", pester)
        share = client.mine(house.wait_on(client, "alpha"))
        assert house.wait_share("alpha", share).said == ""
        answered = {each.get("id") for each in connection.said}
        assert {71, "seventy-two", 73, 74} <= answered
        assert (pool.served, pool.connections) == (served, [connection])
        assert house.server.wait_event("pool_says", source="alpha")["text"] == "buy our tokens"
        # That the miner heard of nothing: `client.check`.


def test_h14_a_reconnect_within_the_pools_own_domain_is_obeyed_upstream_alone(house: PoolHouse) -> None:
    """H14: obey client.reconnect upstream-side only."""
    elsewhere = PoolThread(FakePool(Manners(version_mask=ALPHA_MASK), seed=9))
    elsewhere.start()
    try:
        with house.miner() as client:
            house.wait_on(client, "alpha")
            port = elsewhere.pool.port
            house.do("alpha", lambda pool: pool.reconnect_all("127.0.0.1", port))
            wanted = elsewhere.pool.current.coinbase1.hex()
            client.wait_until(lambda: client.wait_job().coinbase1_hex.startswith(wanted), "the other address' work")
            share = client.mine(client.wait_job())
            wait_for(lambda: elsewhere.pool.truly_good.total() == 1, what="the share to arrive there")
            assert elsewhere.pool.shares[-1].truth.header == share.header
            # It goes away: the configured address takes over, and the miner stays.
            elsewhere.stop()
            house.wait_on(client, "alpha")
            assert house.wait_share("alpha", client.mine()).said == ""
    finally:
        elsewhere.close()
    # What that pool counted is alpha's in the ledger.
    house.pool("alpha").accepted.update(elsewhere.pool.accepted)
    house.pool("alpha").work.update(elsewhere.pool.work)


def test_h17_each_name_is_authorised_once_and_submitted_as_it_was(house: PoolHouse) -> None:
    """H17: Worker naming: authorize once per upstream; identical user in submit."""
    with house.miner("east") as east, house.miner("west") as west:
        for turn in range(3):
            house.only("alpha")
            for client in (east, west):
                share = client.mine(house.wait_on(client, "alpha"))
                seen = house.wait_share("alpha", share)
                assert seen.said == ""
            house.only("beta")
            for client in (east, west):
                assert house.wait_share("beta", client.mine(house.wait_on(client, "beta"))).said == ""
            assert turn == 0 or seen.user == f"{PAYEE}.west"
    for name in ("alpha", "beta"):
        for connection in house.pool(name).connections:
            asked = [each["params"][0] for each in connection.heard if each["method"] == "mining.authorize"]
            assert len(asked) == len(set(asked)), f"{name} was asked twice for a name"
    # The pool that says "Already authorized" to a second name was asked once, and gets everything under the first.
    assert set(house.pool("beta").accepted) == {f"{PAYEE}.headframe"}
    assert {f"{PAYEE}.east", f"{PAYEE}.west"} <= set(house.pool("alpha").accepted)
    assert not house.pool("beta").rejected


def test_h18_pools_see_one_steady_connection_however_miners_come_and_go(house: PoolHouse) -> None:
    """H18: VarDiff reaction to on/off hashrate: one shared upstream, and the pool's last difficulty on return."""
    with house.miner() as client:
        house.move(client, "beta")
        house.do("beta", lambda pool: (pool.set_difficulty(3e-7), pool.refresh()))
        client.wait_until(lambda: client.wait_job().difficulty == pytest.approx(3e-7), "the pool's difficulty")
        before = {name: (house.pool(name).served, house.pool(name).connections[0]) for name in ("alpha", "beta")}
        for _ in range(4):
            assert house.move(client, "alpha").difficulty == pytest.approx(1e-7)
            client.mine()
            assert house.move(client, "beta").difficulty == pytest.approx(3e-7)
            client.mine()
        after = {name: (house.pool(name).served, house.pool(name).connections[0]) for name in ("alpha", "beta")}
        assert after == before
    house.do("beta", lambda pool: (pool.set_difficulty(1e-7), pool.refresh()))


def test_h19_answers_with_odd_ids_still_settle_each_share(tmp_path: Path) -> None:
    """H19: Reply id matching: tolerate constant/null/string ids."""
    pools = {
        "constant": FakePool(Manners(ids="constant"), seed=1),
        "null": FakePool(Manners(ids="null"), seed=2),
        "text": FakePool(Manners(ids="text"), seed=3),
    }
    with pool_house(tmp_path, pools, before=ROUTING) as house, house.miner() as client:
        for name in pools:
            job = house.move(client, name)
            shares = [client.solve(job) for _ in range(4)]
            for request in [client.submit_only(share) for share in shares]:
                assert client.answer(request).accepted
            for share in shares:
                assert house.wait_share(name, share).said == ""
        house.check_ledger()
        assert not house.server.metrics().by("outcome", "headframe_upstream_shares_total").get("lost")


def test_h19_answers_out_of_order_are_of_the_share_they_name(house: PoolHouse) -> None:
    """H19: Proxy-owned upstream ids, map back; two miners may use the same id."""
    with house.miner("a") as a, house.miner("b") as b:
        for client in (a, b):
            house.wait_on(client, "alpha")
        pool = house.pool("alpha")
        pool.manners.hold_verdicts = 4
        work = pool.work.total()
        for client, _ in itertools.product((a, b), range(2)):
            client.mine()
        house.wait_settled()
        assert pool.work.total() > work
        pool.manners.hold_verdicts = 0


@pytest.mark.parametrize("errors", ["list", "object", "text"])
def test_h19_refusals_of_every_shape_are_settled_with_their_reason(house: PoolHouse, errors: str) -> None:
    """H19: array, object or string errors; the miner was answered by our own judgement before."""
    with house.miner() as client:
        house.wait_on(client, "alpha")
        pool = house.pool("alpha")
        pool.manners.errors = errors  # type: ignore[assignment]
        pool.manners.verdict = "refuse all"
        share = client.mine()
        assert house.wait_share("alpha", share).said == "We do not like you"
        pool.manners.verdict = "honest"
        house.wait_settled()
    reasons = house.server.totals()["upstream"]["alpha"]
    assert "We do not like you" in str(reasons)
