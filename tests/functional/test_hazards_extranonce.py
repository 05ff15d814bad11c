"""Hazards of moving a miner between pools: extranonce and search space (H1 to H4, H9, H15).

One server in front of two pools that could hardly differ more: alpha leaves 8 bytes of extranonce, beta 4; both count
their jobs 1, 2, 3, ... No test may cost a refusal, and at the end every pool's own books are the server's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headframe.testing.client import ClientShare
from headframe.testing.fake_pool import FakePool, Manners
from headframe.testing.pool_house import PoolHouse, WatchedClient, pool_house

ROUTING = "\n[routing]\ndwell_s = 1\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PoolHouse]:
    pools = {
        "alpha": FakePool(Manners(extranonce1_size=4, extranonce2_size=8, job_ids="counted"), seed=1),
        "beta": FakePool(Manners(extranonce1_size=8, extranonce2_size=4, job_ids="counted", difficulty=2e-7), seed=2),
    }
    with pool_house(tmp_path_factory.mktemp("extranonce"), pools, before=ROUTING) as house:
        yield house
        house.check_ledger()


@pytest.fixture
def house(shared: PoolHouse) -> Iterator[PoolHouse]:
    """All work to alpha, and no refusal that a test did not ask for."""
    shared.wait_up("alpha", "beta")
    refused = {name: thread.pool.rejected.copy() for name, thread in shared.pools.items()}
    shared.only("alpha")
    yield shared
    assert {name: thread.pool.rejected for name, thread in shared.pools.items()} == refused


def mined_as_rebuilt(house: PoolHouse, name: str, client: WatchedClient) -> ClientShare:
    """A share of this pool's job, which the pool rebuilds to the very same coinbase and header."""
    share = client.mine(house.wait_on(client, name))
    seen = house.wait_share(name, share)
    assert not seen.said
    assert (seen.truth.coinbase, seen.truth.header) == (share.coinbase, share.header)
    return share


def test_h01_every_pool_has_its_own_extranonce1_and_the_miner_keeps_one(house: PoolHouse) -> None:
    """H1: Different extranonce1 per pool."""
    theirs = {name: house.pool(name).connections[0].extranonce1 for name in ("alpha", "beta")}
    assert theirs["alpha"] != theirs["beta"]
    with house.miner() as client:
        for name in ("alpha", "beta", "alpha", "beta"):
            house.only(name)
            share = mined_as_rebuilt(house, name, client)
            assert theirs[name] in share.coinbase
            assert bytes.fromhex(client.extranonce1_hex) in share.coinbase


def test_h02_a_move_is_one_difficulty_and_one_clean_job_side_by_side(house: PoolHouse) -> None:
    """H2: When does set_extranonce apply? It is never sent: between the last job of the old pool and the first of the new
    one there is nothing but the difficulty."""
    with house.miner() as client:
        house.wait_on(client, "alpha")
        before = len(client.heard)
        house.move(client, "beta")
        told = [*client.heard][before:]
        assert [each.method for each in told] == ["mining.set_difficulty", "mining.notify"]
        assert told[1].params[8] is True
        # In one write: one read of the socket brings both.
        assert told[0].read == told[1].read
        mined_as_rebuilt(house, "beta", client)


@pytest.mark.parametrize("at_once", [False, True], ids=["from the next job on", "at once"])
def test_h02_a_set_extranonce_with_its_job_is_consumed_here(house: PoolHouse, at_once: bool) -> None:
    """H2: a pool changes its extranonce in the middle of work; the miner gets another job and never hears of it."""
    pool = house.pool("alpha")
    with house.miner() as client:
        mined_as_rebuilt(house, "alpha", client)
        before = pool.connections[0].extranonce1

        def change(pool: FakePool) -> None:
            pool.manners.extranonce_at_once = at_once
            pool.set_extranonce()
            pool.refresh(clean=True)
            pool.manners.extranonce_at_once = False

        house.do("alpha", change)
        share = mined_as_rebuilt(house, "alpha", client)
        assert pool.connections[0].extranonce1 != before
        assert pool.connections[0].extranonce1 in share.coinbase


def test_h02_a_set_extranonce_without_a_job_leaves_the_jobs_that_are_out_as_they_are(house: PoolHouse) -> None:
    """H2: by the book it holds from the next job on, so shares of the present job go up with the extranonce before."""
    with house.miner() as client:
        job = house.wait_on(client, "alpha")
        before = house.pool("alpha").connections[0].extranonce1
        house.do("alpha", lambda pool: pool.set_extranonce())
        share = client.mine(job)
        assert before in house.wait_share("alpha", share).truth.coinbase
        house.do("alpha", lambda pool: pool.refresh())
        mined_as_rebuilt(house, "alpha", client)


def test_h03_extranonce2_sizes_of_pools_differ_and_the_miners_fits_all(house: PoolHouse) -> None:
    """H3: en2 size differs."""
    with house.miner() as client:
        for name in ("beta", "alpha"):
            house.only(name)
            mined_as_rebuilt(house, name, client)
        assert client.extranonce2_size == 2
        assert len(client.extranonce1_hex) == 4
        assert {len(each) for each in house.pool("alpha").extranonce2_seen} == {8}
        assert {len(each) for each in house.pool("beta").extranonce2_seen} == {4}


def test_h03_a_pool_changes_its_extranonce2_size_and_the_miners_stays(house: PoolHouse) -> None:
    """H3: en2 size differs from one moment to the next."""
    with house.miner() as client:
        for size in (6, 4, 8):
            house.do("alpha", lambda pool, size=size: (pool.set_extranonce(size), pool.refresh(clean=True)))
            share = mined_as_rebuilt(house, "alpha", client)
            assert len(house.wait_share("alpha", share).truth.extranonce2) == size


def test_h03_a_pool_that_takes_back_room_loses_the_miners_that_no_longer_fit_and_gets_new_ones(tmp_path: Path) -> None:
    """H3: en2 size shrinks below what live sessions have: they mine for the other pool, with what they have."""
    pools = {"alpha": FakePool(seed=1), "beta": FakePool(seed=2)}
    with pool_house(tmp_path, pools, before=ROUTING) as house:
        house.prefer("alpha")
        with house.miner("old") as old:
            house.wait_on(old, "alpha")
            assert (len(old.extranonce1_hex), old.extranonce2_size) == (8, 4)
            house.do("alpha", lambda pool: (pool.set_extranonce(4), pool.refresh(clean=True)))
            mined_as_rebuilt(house, "beta", old)
            house.wait_up("alpha")
            house.only("alpha")
            with house.miner("new") as new:
                assert (len(new.extranonce1_hex), new.extranonce2_size) == (4, 2)
                mined_as_rebuilt(house, "alpha", new)
            mined_as_rebuilt(house, "beta", old)
        house.check_ledger()
        assert not house.pool("alpha").rejected
        assert not house.pool("beta").rejected


def test_h04_a_miner_that_comes_back_to_the_same_job_never_repeats_a_search(house: PoolHouse) -> None:
    """H4: Search-space repetition on return to same job (same id, en1, en2 from 0)."""
    with house.miner() as client:
        jobs = []
        for name in ("alpha", "beta") * 4:
            house.only(name)
            mined_as_rebuilt(house, name, client)
            jobs.append(client.wait_job())
        assert len({job.prev_hash_hex for job in jobs}) == 2, "the pools had no new job meanwhile"
        # `client.check` compares all searches; the pools would have called a repetition a duplicate.


def test_h04_a_pool_that_sends_the_identical_job_again_opens_another_search(house: PoolHouse) -> None:
    """H4: resends identical job."""
    with house.miner() as client:
        for name in ("alpha", "beta"):
            house.move(client, name)
            for clean in (False, True, False):
                had = len(client.notifies)
                mined_as_rebuilt(house, name, client)
                house.do(name, lambda pool, clean=clean: pool.resend(clean=clean))
                client.wait_until(lambda had=had: len(client.notifies) > had, "the job again")
            mined_as_rebuilt(house, name, client)


def test_h09_a_share_of_mixed_context_is_answered_here_and_hurts_at_no_pool(house: PoolHouse) -> None:
    """H9: Share built with mixed context (old job + new en1)."""
    with house.miner() as client:
        old = house.wait_on(client, "alpha")
        house.move(client, "beta")
        submits = {name: thread.pool.submits for name, thread in house.pools.items()}
        right = client.extranonce1_hex
        for wrong in ("0000", "ffff"):
            client.extranonce1_hex = wrong
            share = client.solve(old, old.target >> 6)
            client.extranonce1_hex = right
            answer = client.submit(share)
            assert not answer.accepted
            assert answer.error[0] == 23
        mined_as_rebuilt(house, "beta", client)
        assert house.pool("alpha").submits == submits["alpha"]
        assert house.pool("beta").submits == submits["beta"] + 1


def test_h15_a_pools_reconnect_is_another_clean_job_and_nothing_else(house: PoolHouse) -> None:
    """H15: Pool reconnect -> new en1."""
    pool = house.pool("alpha")
    pool.manners.resumes = False
    with house.miner() as client:
        mined_as_rebuilt(house, "alpha", client)
        before, had = pool.connections[0].extranonce1, len(client.notifies)
        house.do("alpha", lambda pool: pool.drop_all())

        def back() -> bool:
            now = [each.extranonce1.hex() for each in pool.connections]
            return bool(now) and now[0] != before.hex() and now[0] in client.notifies[-1].params[2]

        client.wait_until(back, "work after the reconnect")
        assert client.notifies[-1].params[8] is True
        assert len(client.notifies) <= had + 2
        mined_as_rebuilt(house, "alpha", client)
    pool.manners.resumes = True
