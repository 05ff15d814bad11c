"""Hazards of moving a miner between pools: jobs, difficulties and shares on their way (H5 to H8, H10, H11, H16, H21).

One server in front of two pools that count their jobs 1, 2, 3, ... and ask for different difficulties.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from headframe.testing.client import ClientJob, ClientShare, wait_for
from headframe.testing.fake_pool import FakePool, Manners
from headframe.testing.pool_house import PoolHouse, WatchedClient, pool_house

ROUTING = "\n[routing]\ndwell_s = 1\n"
EASY, HARD = 1e-7, 4e-7
GRACE_S = 3.0
"""So long after a new block a share of a void job still counts here; the pool may say no to it, as foreseen."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PoolHouse]:
    pools = {
        "alpha": FakePool(Manners(difficulty=EASY, job_ids="counted"), seed=1),
        "beta": FakePool(Manners(difficulty=HARD, job_ids="counted", extranonce1_size=8), seed=2),
    }
    with pool_house(tmp_path_factory.mktemp("jobs"), pools, before=ROUTING) as house:
        yield house
        assert not house.server.events("pool_refuses")
        house.check_ledger()


@pytest.fixture
def house(shared: PoolHouse) -> Iterator[PoolHouse]:
    """All work to alpha; both pools in their first temper, with books of their own to compare."""
    for name, difficulty in (("alpha", EASY), ("beta", HARD)):
        shared.do(name, lambda pool, it=difficulty: (setattr(pool.manners, "difficulty", it), pool.new_block()))
    shared.only("alpha")
    return shared


@pytest.fixture
def unrefused(house: PoolHouse) -> Iterator[PoolHouse]:
    """For tests in which no pool has a reason to refuse anything."""
    before = {name: thread.pool.rejected.copy() for name, thread in house.pools.items()}
    yield house
    assert {name: thread.pool.rejected for name, thread in house.pools.items()} == before


def counted_by(house: PoolHouse, name: str, share: ClientShare) -> None:
    """This pool took the share, as the one it is."""
    seen = house.wait_share(name, share)
    assert seen.said == ""
    assert seen.truth.header == share.header


def refused_since(house: PoolHouse, name: str, before: Counter[str]) -> Counter[str]:
    return house.pool(name).rejected - before


def void_at(house: PoolHouse, name: str, client: WatchedClient, job: ClientJob) -> None:
    """Another block at this pool, and wait until this job of it counts no more here."""
    house.do(name, lambda pool: pool.new_block())
    began = time.monotonic()

    def void() -> bool:
        answer = client.submit(client.solve(job, job.target, miss=True))
        assert not answer.accepted
        return answer.error[0] == 21

    client.wait_until(void, "the job to be stale", timeout=GRACE_S + 10)
    assert time.monotonic() - began > GRACE_S / 2


def test_h05_colliding_job_ids_of_two_pools_never_mix_their_shares(unrefused: PoolHouse) -> None:
    """H5: Job id collisions."""
    house = unrefused
    with house.miner() as client:
        jobs = {"alpha": house.wait_on(client, "alpha"), "beta": house.move(client, "beta")}
        # The same number at both: whoever is behind catches up.
        ahead = int(house.pool("alpha").current.job_id) - int(house.pool("beta").current.job_id)
        behind = "beta" if ahead > 0 else "alpha"
        for _ in range(abs(ahead)):
            house.do(behind, lambda pool: pool.refresh())
        assert house.pool("alpha").current.job_id == house.pool("beta").current.job_id
        for name in ("alpha", "beta"):
            jobs[name] = house.move(client, name)
        assert jobs["alpha"].job_id != jobs["beta"].job_id
        for name in ("alpha", "beta", "alpha", "beta"):
            share = client.mine(jobs[name])
            counted_by(house, name, share)
            assert house.wait_share(name, share).job == house.pool(name).current


def test_h06_no_job_id_is_ever_active_already_and_the_pools_clean_flag_is_honoured(unrefused: PoolHouse) -> None:
    """H6: Firmware ignores a notify with an already-active job id (list is cleared by clean=true)."""
    house = unrefused
    with house.miner() as client:
        house.wait_on(client, "alpha")
        for does, clean in (
            (lambda pool: pool.refresh(), False),
            (lambda pool: pool.resend(), False),
            (lambda pool: pool.resend(), False),
            (lambda pool: pool.new_block(), True),
        ):
            had = len(client.notifies)
            house.do("alpha", does)
            client.wait_until(lambda had=had: len(client.notifies) > had, "the next job")
            assert client.notifies[-1].params[8] is clean
            counted_by(house, "alpha", client.mine())
        # Ids unlike any before: `client.check`.


def test_h07_a_strict_pools_difficulty_reaches_the_miner_at_once_and_each_job_keeps_its_own(house: PoolHouse) -> None:
    """H7: Difficulty ordering: VarDiff mid-job on strict pools."""
    refused = house.pool("alpha").rejected.copy()
    with house.miner() as client:
        old = house.wait_on(client, "alpha")
        assert old.difficulty == pytest.approx(EASY)
        for difficulty in (2 * EASY, 4 * EASY, EASY):
            had = len(client.heard)
            house.do("alpha", lambda pool, it=difficulty: (_strict(pool), pool.set_difficulty(it)))
            client.wait_until(lambda it=difficulty: client.wait_job().difficulty == pytest.approx(it), "the change")
            assert [each.method for each in [*client.heard][had:]] == ["mining.set_difficulty", "mining.notify"]
            assert client.notifies[-1].params[8] is False
            counted_by(house, "alpha", client.mine())
        # Nothing of the new work was refused.
        assert not refused_since(house, "alpha", refused)
        # What the miner began before a raise is credited here; the pool may say no, as foreseen.
        house.do("alpha", lambda pool: pool.set_difficulty(16 * EASY))
        share = client.mine(old)
        assert house.wait_share("alpha", share).said in ("", "Difficulty too low")
        assert sum(refused_since(house, "alpha", refused).values()) <= 1
    house.pool("alpha").manners.strict_difficulty = False


def _strict(pool: FakePool) -> None:
    pool.manners.strict_difficulty = True


def test_h08_shares_in_flight_for_the_old_pool_count_there_as_long_as_its_job_is_valid(unrefused: PoolHouse) -> None:
    """H8: In-flight shares for old pool: no cut-off but the job's own end."""
    house = unrefused
    with house.miner() as client:
        job = house.wait_on(client, "alpha")
        ready = [client.solve(job) for _ in range(3)]
        house.move(client, "beta")
        began = time.monotonic()
        assert client.submit(ready[0]).accepted
        counted_by(house, "alpha", ready[0])
        # Far beyond any grace, with blocks at the other pool meanwhile.
        house.do("beta", lambda pool: pool.new_block())
        client.wait_until(lambda: time.monotonic() - began > GRACE_S + 1.5, "more than any grace to pass")
        counted_by(house, "beta", client.mine(house.wait_on(client, "beta")))
        house.move(client, "alpha")
        house.move(client, "beta")
        for share in ready[1:]:
            assert client.submit(share).accepted
            counted_by(house, "alpha", share)
        # And exactly once.
        assert not client.submit(ready[1]).accepted


def test_h10_each_share_is_judged_by_what_its_own_job_was_issued_with(unrefused: PoolHouse) -> None:
    """H10: Low-diff shares right after switch: no fake accept, nothing good dropped."""
    house = unrefused
    with house.miner() as client:
        easy = house.wait_on(client, "alpha")
        hard = house.move(client, "beta")
        assert (easy.difficulty, hard.difficulty) == (pytest.approx(EASY), pytest.approx(HARD))
        submits = house.pool("beta").submits
        low = _between(client, hard, easy.target)
        answer = client.submit(low)
        assert not answer.accepted
        assert answer.error[0] == 23
        # As low, and of the easy job: good, and alpha's.
        counted_by(house, "alpha", client.mine(easy))
        counted_by(house, "beta", client.mine(hard))
        assert house.pool("beta").submits == submits + 1
        # The other way round nothing is asked for that the easy pool does not want.
        again = house.move(client, "alpha")
        assert again.difficulty == pytest.approx(EASY)
        counted_by(house, "alpha", _sent(client, _between(client, again, again.target, harder=hard.target)))


def _between(client: WatchedClient, job: ClientJob, target: int, *, harder: int | None = None) -> ClientShare:
    """A share that meets `target` and misses the harder one (the job's)."""
    limit = job.target if harder is None else harder
    while True:
        share = client.solve(job, target)
        if int(share.hash_hex, 16) > limit:
            return share


def _sent(client: WatchedClient, share: ClientShare) -> ClientShare:
    assert client.submit(share).accepted
    return share


def test_h11_a_new_block_at_one_pool_voids_that_pools_jobs_alone(house: PoolHouse) -> None:
    """H11: Stale vs clean_jobs: each pool has its own epoch, and what is stale is answered here."""
    with house.miner() as client:
        on_alpha = house.wait_on(client, "alpha")
        on_beta = house.move(client, "beta")
        refused = house.pool("alpha").rejected.copy()
        void_at(house, "alpha", client, on_alpha)
        submits = house.pool("alpha").submits
        late = client.submit(client.solve(on_alpha))
        assert not late.accepted
        assert late.error[0] == 21
        assert house.pool("alpha").submits == submits, "a stale share went up"
        assert not refused_since(house, "alpha", refused)
        assert on_beta.job_id != on_alpha.job_id
        counted_by(house, "beta", client.mine(on_beta))


def test_h16_jobs_that_arrive_during_moves_are_never_lost(house: PoolHouse) -> None:
    """H16: Notify arriving during switch."""
    with house.miner("one") as one, house.miner("two") as two:
        for turn in range(12):
            target = ("beta", "alpha")[turn % 2]
            house.do("alpha", lambda pool: pool.refresh())
            house.do("beta", lambda pool, turn=turn: pool.new_block() if turn % 3 else pool.refresh())
            house.only(target)
            house.do("beta", lambda pool: pool.refresh())
            house.do("alpha", lambda pool, turn=turn: pool.refresh() if turn % 3 else pool.new_block())
            for client in (one, two):
                counted_by(house, target, client.mine(house.wait_on(client, target)))
    moves = house.server.metrics().by("reason", "headframe_moves_total")
    assert moves["weight"] >= 24


def test_h21_a_move_leads_onto_the_pools_newest_job_and_never_a_cached_one(unrefused: PoolHouse) -> None:
    """H21: Switch away just before a new block / onto stale cached job."""
    house = unrefused
    with house.miner() as client:
        first_of_beta = house.move(client, "beta")
        house.move(client, "alpha")
        for _ in range(5):
            house.do("beta", lambda pool: pool.new_block())
        newest = house.pool("beta").current
        # A flood of jobs is passed on once a second.
        wait_for(lambda: house.server.metrics().value("headframe_source_height", source="beta") == newest.height)
        had = len(client.notifies)
        house.only("beta")
        client.wait_until(lambda: len(client.notifies) > had, "the move")
        assert client.notifies[had].params[1] == newest.params(True)[1] != first_of_beta.prev_hash_hex
        assert client.notifies[had].params[8] is True
        counted_by(house, "beta", client.mine(house.wait_on(client, "beta")))


def test_h08_thirty_moves_under_load_cost_no_share_and_no_refusal(unrefused: PoolHouse) -> None:
    """H8, H16: miners that never pause, with shares on their way at every move: each is credited and settled once."""
    house = unrefused
    stop = threading.Event()
    before = {name: house.pool(name).accepted.total() for name in house.pools}
    with house.miner("a") as a, house.miner("b") as b, ThreadPoolExecutor(2) as threads:
        diggers = [threads.submit(dig, client, stop) for client in (a, b)]
        try:
            for turn in range(30):
                target = ("beta", "alpha")[turn % 2]
                house.do("alpha", lambda pool: pool.refresh())
                house.only(target)
                house.do("beta", lambda pool: pool.refresh())
        finally:
            stop.set()
        dug = sum(digger.result(timeout=30) for digger in diggers)
    house.wait_settled()
    counted = {name: house.pool(name).accepted.total() - before[name] for name in house.pools}
    assert sum(counted.values()) == dug
    assert min(counted.values()) > 10


def dig(client: WatchedClient, stop: threading.Event) -> int:
    """Mine the newest job with up to eight shares unanswered; how many there were. Every one must be accepted."""
    asked: deque[int] = deque()
    dug = 0
    while not stop.is_set() or asked:
        if len(asked) >= 8 or stop.is_set():
            answer = client.answer(asked.popleft())
            assert answer.accepted, answer.error
            continue
        asked.append(client.submit_only(client.solve(client.wait_job())))
        dug += 1
    return dug
