"""How fast a hashing process goes."""

import random

import pytest

from headframe.testing.hasher import CATCH_UP_S, Allowance


def hashes_within(seconds: float, limit: float, jobs_per_s: float, shares_per_s: float = 1e9) -> tuple[int, int]:
    """Hashes and shares of a miner with these limits; every second hash is a share, and new jobs wake it."""
    rng = random.Random(3)
    allowance, now, hashes, shares = Allowance(), 0.0, 0, 0

    def rest(wanted_s: float) -> float:
        """Until then, or until there is new work."""
        next_job = (int(now * jobs_per_s) + 1.0001) / jobs_per_s
        return min(now + wanted_s, next_job)

    while now < seconds:
        if wanted_s := allowance.rest_s(now, shares_per_s):
            now = rest(wanted_s + 1e-9)
            continue
        allowance.hashed(now, 1, limit)
        hashes += 1
        now += 1e-4
        if rng.random() < 0.5:
            now = rest(allowance.share_rest_s(now))
            allowance.shared(now, shares_per_s)
            shares += 1
    return hashes, shares


@pytest.mark.parametrize("jobs_per_s", [0.01, 1.0, 300.0])
def test_the_limit_holds_however_often_there_is_new_work(jobs_per_s: float) -> None:
    hashes, _ = hashes_within(60.0, 5.0, jobs_per_s)
    assert hashes == pytest.approx(60 * 5, abs=5 * CATCH_UP_S + 2)


@pytest.mark.parametrize("jobs_per_s", [0.01, 1.0, 300.0])
def test_so_does_that_for_shares(jobs_per_s: float) -> None:
    _, shares = hashes_within(60.0, 1_000.0, jobs_per_s, shares_per_s=5.0)
    assert shares == pytest.approx(60 * 5, abs=5)


def test_without_a_limit_there_is_no_rest() -> None:
    allowance = Allowance()
    allowance.hashed(5.0, 1_000_000, float("inf"))
    assert allowance.rest_s(5.0, 20.0) == 0


def test_a_long_rest_is_not_made_up_for() -> None:
    allowance = Allowance()
    allowance.hashed(0.0, 10, 10.0)
    allowance.hashed(1000.0, 10, 10.0)
    assert allowance.rest_s(1000.0, 20.0) == pytest.approx(1 - CATCH_UP_S)
