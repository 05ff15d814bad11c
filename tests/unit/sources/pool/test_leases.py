"""Which session mines by which lane."""

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.sources.pool.leases import Leases
from headframe.sources.pool.settings import Mode, PoolSettings, PoolUrl


class Lane:
    """What leases look at in a lane."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sessions: set[str] = set()
        self.last_session = ""
        self.idle_since = 0.0
        self.work: object | None = object()


def leases(**changes: object) -> tuple[Leases, list[Lane]]:
    settings = PoolSettings(
        "ocean",
        NETWORKS["mainnet"],
        (PoolUrl("pool.example", 1, tls=False),),
        **{"linger_s": 60.0, **changes},  # type: ignore[arg-type]
    )
    made: list[Lane] = []

    def open_lane() -> Lane:
        made.append(Lane(f"#{len(made) + 1}"))
        made[-1].idle_since = 100.0
        return made[-1]

    return Leases(settings, open_lane), made  # type: ignore[arg-type]


def test_shared_sessions_fill_one_lane_before_the_next() -> None:
    desk, made = leases(sessions_per_connection=2)
    assert [desk.lease(name).name for name in "abc"] == ["#1", "#1", "#2"]
    assert len(made) == 2


def test_a_lane_with_room_is_ready_before_it_is_needed() -> None:
    desk, made = leases(sessions_per_connection=1)
    desk.lease("a")
    assert len(made) == 2


def test_leasing_twice_is_leasing_once() -> None:
    desk, made = leases(mode=Mode.PER_MINER)
    assert desk.lease("a") is desk.lease("a")
    assert made[0].sessions == {"a"}


def test_a_lane_that_has_work_comes_before_one_that_has_none() -> None:
    desk, made = leases(mode=Mode.PER_MINER)
    desk.lease("a")
    desk.release("a", 0.0)
    made[0].work = None
    assert desk.lease("b").name == "#2"


def test_a_miner_gets_its_lane_of_a_moment_ago() -> None:
    desk, _ = leases(mode=Mode.PER_MINER)
    mine, other = desk.lease("a"), desk.lease("b")
    desk.release("b", 0.0)
    desk.release("a", 0.0)
    assert (desk.lease("b"), desk.lease("a")) == (other, mine)


def test_beyond_the_bound_the_emptiest_lane_is_shared() -> None:
    desk, made = leases(mode=Mode.PER_MINER, max_connections=2)
    lanes = [desk.lease(name).name for name in "abcd"]
    assert sorted(lanes) == ["#1", "#1", "#2", "#2"]
    assert desk.crowded
    for name in "abc":
        desk.release(name, 0.0)
    assert not desk.crowded
    assert len(made) == 2


def test_idle_lanes_go_after_a_while_and_one_with_room_stays() -> None:
    desk, made = leases(mode=Mode.PER_MINER)
    for name in "abc":
        desk.lease(name)
    for name in "ab":
        desk.release(name, 100.0)
    assert desk.take_idle(159.0) == []
    gone = desk.take_idle(161.0)
    assert len(gone) == 2
    assert len(desk.lanes) == 2
    assert sum(not lane.sessions for lane in desk.lanes) == 1
    assert desk.take_idle(1e9) == []
    assert len(made) == 4


def test_the_lane_that_stays_is_one_that_has_work() -> None:
    desk, made = leases(mode=Mode.PER_MINER)
    desk.lease("a")
    desk.release("a", 0.0)
    made[0].work = None
    assert [lane.name for lane in desk.take_idle(1e9)] == ["#1"]


@pytest.mark.parametrize("name", ["never seen", ""])
def test_releasing_what_was_not_leased_is_harmless(name: str) -> None:
    desk, made = leases()
    desk.release(name, 5.0)
    assert made[0].idle_since == 100.0
