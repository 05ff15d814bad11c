"""Whole days of fleets, with the luck of shares, estimates that are off, and miners that come and go.

Each miner finds shares at random, six a minute on average, each worth ten seconds of its work; hashrates are estimated
with an error of some per cent that changes every ten minutes; a tenth of the miners of fleets of five and more leaves
for ten minutes every two hours or so. Fixed seeds. The tables are printed (pytest -s).

What can be reached is bounded by luck: a share of a lone miner is worth 0.28 points of an hour's work, and the split of
an hour that nobody steers is off by 2.6 points (1 sigma); for the fleet of five here, of which one miner is nearly half,
by 1.6. Measured therefore are (all in percentage points of delivered, that is credited, work):

    day     all since the start: the worst of all minutes after the first hour
    end     the same after 24 hours
    median, 95 %   of the sliding hour, over all minutes after the first hour
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from headframe.routing.horizon import Horizon
from headframe.routing.moves import Move, Reason, SessionInput, SourceInput
from headframe.routing.router import Router

TH = 1e12
SHARE_S = 10.0
NAMES = "abc"
WEIGHTS = [(50, 50), (70, 30), (21, 79), (34, 33, 33), (95, 5), (0, 100)]
FIVE = [1.0, 14.0, 90.0, 120.0, 200.0]


def sizes(count: int) -> list[float]:
    """TH/s of a fleet, from 1 to 500, as many of each order of magnitude."""
    few = {1: [100.0], 2: [100.0, 200.0], 5: FIVE}
    if count in few:
        return few[count]
    rng = random.Random(1)
    return [round(math.exp(rng.uniform(0, math.log(500))), 1) for _ in range(count)]


def poisson(rng: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


@dataclass
class Miner:
    key: int
    hashrate: float
    bias: float
    estimate: float = 0.0
    source: str = ""
    since: float = 0.0
    back_at: float = 0.0
    online: bool = True


@dataclass
class World:
    """A fleet, sources, and the router between them, moved on in steps."""

    count: int
    weights: tuple[int, ...]
    seed: int = 1
    luck: bool = True
    step_s: float = 10.0
    down: set[str] = field(default_factory=set)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.rng = random.Random(1000 * self.seed + self.count)
        self.miners = [
            Miner(key, size * TH, self.rng.lognormvariate(0, 0.03)) for key, size in enumerate(sizes(self.count))
        ]
        self.router, self.horizon = Router(), Horizon()
        self.moves: list[tuple[float, Move]] = []
        self.fresh_at, self.next_block = 0.0, self.rng.expovariate(1 / 600)

    @property
    def parts(self) -> dict[str, float]:
        return {name: weight / sum(self.weights) for name, weight in zip(NAMES, self.weights, strict=False)}

    def sources(self) -> list[SourceInput]:
        return [
            SourceInput(name, weight, can_work=name not in self.down, fresh_at=self.fresh_at)
            for name, weight in zip(NAMES, self.weights, strict=False)
        ]

    def sessions(self) -> list[SessionInput]:
        return [SessionInput(m.key, m.source, m.estimate, m.since) for m in self.miners if m.online]

    def plan(self) -> list[Move]:
        moves = self.router.plan(self.now, self.sources(), self.sessions(), self.horizon)
        for move in moves:
            miner = self.miners[int(move.key)]
            miner.source, miner.since = move.to, self.now
            self.moves.append((self.now, move))
        return moves

    def step(self) -> list[Move]:
        now, rng = self.now, self.rng
        if now >= self.next_block:
            self.fresh_at, self.next_block = now, now + rng.expovariate(1 / 600)
        self._come_and_go()
        for miner in self.miners:
            if now >= 60 and (
                miner.estimate == 0 or (round(now / self.step_s) + 7 * miner.key) % round(600 / self.step_s) == 0
            ):
                miner.estimate = miner.hashrate * miner.bias * max(0.5, rng.gauss(1, 0.07))
        moves = self.plan()
        self._mine()
        self.now += self.step_s
        return moves

    def _come_and_go(self) -> None:
        for miner in self.miners[1::10] if self.count >= 5 else ():
            if miner.online and self.rng.random() < self.step_s / 7200:
                miner.online, miner.source, miner.back_at = False, "", self.now + 600
            elif not miner.online and self.now >= miner.back_at:
                miner.online, miner.since = True, self.now

    def _mine(self) -> None:
        rates: dict[str, list[float]] = {}
        for miner in self.miners:
            if miner.online and miner.source and miner.source not in self.down:
                rates.setdefault(miner.source, []).append(miner.hashrate)
        for source, fleet in sorted(rates.items()):
            if not self.luck:
                work = sum(fleet) * self.step_s
            elif self.count > 100:  # the same mean and variance, without drawing for every miner
                spread = math.sqrt(sum(rate * rate for rate in fleet) * SHARE_S * self.step_s)
                work = max(0.0, self.rng.gauss(sum(fleet) * self.step_s, spread))
            else:
                work = sum(poisson(self.rng, self.step_s / SHARE_S) * rate * SHARE_S for rate in fleet)
            self.horizon.add(self.now, source, int(work))

    def until(self, time_s: float) -> None:
        while self.now < time_s:
            self.step()

    def error(self) -> float:
        """Of the sliding hour, in points."""
        shares = self.horizon.shares(self.now)
        return 100 * max(abs(shares.get(name, 0.0) - part) for name, part in self.parts.items())

    def error_of_all(self) -> float:
        """Of all work since the start, in points."""
        whole = sum(self.horizon.sums.values())
        return 100 * max(abs(self.horizon.sums.get(name, 0) / whole - part) for name, part in self.parts.items())

    def moves_per_miner_hour(self) -> float:
        moved = sum(move.reason is not Reason.ASSIGN for _, move in self.moves)
        return moved / self.count / (self.now / 3600)


@dataclass(frozen=True)
class Day:
    worst: float
    end: float
    median: float
    most: float
    moves: float

    def __str__(self) -> str:
        return f"{self.worst:6.2f} {self.end:6.2f} {self.median:7.2f} {self.most:6.2f} {self.moves:12.2f}"


def a_day(world: World) -> Day:
    worst, hourly = 0.0, []
    world.until(3600)
    while world.now < 24 * 3600:
        world.until(world.now + 60)
        worst = max(worst, world.error_of_all())
        hourly.append(world.error())
    hourly.sort()
    return Day(
        worst,
        world.error_of_all(),
        hourly[len(hourly) // 2],
        hourly[len(hourly) * 95 // 100],
        world.moves_per_miner_hour(),
    )


@dataclass(frozen=True)
class Allowed:
    """Points, and moves per miner and hour on average over the weights."""

    worst: float
    end: float
    median: float
    most: float
    moves: float


ALLOWED = {
    1: Allowed(1.5, 0.5, 1.2, 2.2, 40),
    2: Allowed(1.5, 0.5, 0.9, 1.7, 20),
    5: Allowed(1.5, 0.5, 1.0, 2.2, 2),
    50: Allowed(0.5, 0.1, 0.3, 0.6, 2),
    1000: Allowed(0.2, 0.1, 0.15, 0.3, 2),
}


@pytest.mark.parametrize("count", ALLOWED)
def test_delivered_work_comes_to_the_weights_with_few_moves(count: int) -> None:
    allowed = ALLOWED[count]
    days = {
        weights: a_day(World(count, weights, step_s={50: 20.0, 1000: 60.0}.get(count, 10.0))) for weights in WEIGHTS
    }
    print(f"\n{count:5} miners      day    end  median   95 %  moves/miner/h")
    for weights, day in days.items():
        print(f"{'/'.join(map(str, weights)):>15} {day}")
    assert max(day.worst for day in days.values()) <= allowed.worst
    assert max(day.end for day in days.values()) <= allowed.end
    assert max(day.median for day in days.values()) <= allowed.median
    assert max(day.most for day in days.values()) <= allowed.most
    assert sum(day.moves for day in days.values()) / len(days) <= allowed.moves
    assert days[0, 100] == Day(0, 0, 0, 0, 0), "exact, and without a move"


@pytest.mark.parametrize("weights", [(50, 50), (70, 30), (21, 79), (95, 5)])
def test_without_luck_what_is_left_is_the_slicing(weights: tuple[int, ...]) -> None:
    """Five miners, hashrates misjudged and miners flapping as ever, but shares that come like clockwork."""
    day = a_day(World(5, weights, luck=False))
    print(f"\n{'/'.join(map(str, weights)):>15} {day}")
    assert day.median <= 0.35
    assert day.most <= 0.8
    assert day.moves <= 2


@pytest.mark.parametrize("count", [1, 2, 5, 50, 1000])
def test_all_sessions_of_a_lost_source_are_elsewhere_after_one_plan_and_come_back(count: int) -> None:
    world = World(count, (70, 30), step_s=10.0)
    world.until(2 * 3600)
    world.down = {"a"}
    world.plan()
    assert {miner.source for miner in world.miners if miner.online} == {"b"}
    moved = len(world.moves)
    world.until(world.now + 1200)
    assert all(move.reason is Reason.ASSIGN for _, move in world.moves[moved:]), "nothing more to do meanwhile"
    world.down = set()
    back_at = world.now
    world.until(back_at + 120)
    assert "a" in {miner.source for miner in world.miners}, "trusted after its probation"
    world.until(back_at + 3600 + 120)
    print(f"\n{count} miners, an hour after the return: {world.error():.2f} points")
    assert world.error() <= (0.5 if count >= 50 else 2.5)


def test_when_both_die_sessions_keep_their_source_and_are_served_when_one_returns() -> None:
    world = World(50, (70, 30))
    world.until(3600)
    kept = {miner.key: miner.source for miner in world.miners}
    world.down = {"a", "b"}
    for _ in range(30):
        assert world.plan() == []
        world.now += 1
    assert {miner.key: miner.source for miner in world.miners} == kept
    world.down = {"a"}
    world.plan()
    assert {miner.source for miner in world.miners if miner.online} == {"b"}, "at once: there is no better one"
    world.until(world.now + 60)
    world.down = set()
    world.until(world.now + 3720)
    assert world.error() <= 0.7


@pytest.mark.parametrize("count", [2, 5, 50, 1000])
def test_new_weights_are_met_within_the_horizon_and_the_past_is_not_paid_back(count: int) -> None:
    world = World(count, (90, 10))
    world.until(6 * 3600)
    world.weights = (30, 70)
    changed_at = world.now
    first = world.step()
    assert first or count < 50, "convergence begins at once"
    world.until(changed_at + 600)
    before = dict(world.horizon.sums)
    world.until(changed_at + 3600 + 60)
    after = world.horizon.sums
    part = (after["a"] - before["a"]) / sum(after[name] - before[name] for name in "ab")
    print(f"\n{count} miners, an hour after: {world.error():.2f} points, {100 * part:.1f} % since")
    assert world.error() <= (0.7 if count >= 50 else 3.0)
    assert abs(part - 0.3) < 0.03, "the new weights, and not less for having had more"


def test_a_flapping_source_costs_ever_fewer_moves() -> None:
    """Ten seconds up, ten down, for hours."""
    world = World(50, (50, 50))
    world.until(3600)
    moves_by_hour = []
    for hour in range(4):
        moved = len(world.moves)
        while world.now < 3600 * (hour + 2):
            world.down = set() if round(world.now / 10) % 2 else {"a"}
            world.step()
        moves_by_hour.append(sum(move.reason is not Reason.ASSIGN for _, move in world.moves[moved:]))
    print("\nmoves in each hour of flapping:", moves_by_hour)
    assert moves_by_hour[0] <= 100
    assert moves_by_hour[1:] == [0, 0, 0], "it is never up for as long as its probation"


def test_a_source_that_falls_every_five_minutes_is_trusted_less_and_less() -> None:
    world = World(50, (50, 50))
    world.until(3600)
    failovers = []
    while world.now < 7 * 3600:
        world.down = {"a"} if world.now % 300 < 20 else set()
        failovers += [world.now for move in world.step() if move.reason is Reason.FAILOVER][:1]
    assert len(failovers) <= 6
    assert all(late > early for early, late in pairwise(failovers))
