"""Whatever sources and sessions do, the router keeps its rules."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.routing.horizon import Horizon
from headframe.routing.moves import Move, Reason, SessionInput, SourceInput
from headframe.routing.router import Router, RouterPolicy

DWELL_S = RouterPolicy().min_dwell_s
BY_AND_BY = {Reason.SLICE, Reason.BALANCE, Reason.RETURN}
NAMES = ["a", "b", "c", "d"]


@dataclass(frozen=True)
class Source:
    weight: int
    tier: int
    up: bool
    paused: bool
    cap: float | None


@dataclass(frozen=True)
class Session:
    hashrate: float
    pinned: str | None
    movable: bool


@dataclass(frozen=True)
class Step:
    wait_s: float
    turn: str
    """A source that goes up or down; "": none."""
    weigh: tuple[str, int] | None
    leave: int
    join: Session | None
    shuffle: int


SOURCES = st.builds(
    Source,
    weight=st.integers(0, 100),
    tier=st.sampled_from([1, 1, 1, 2]),
    up=st.sampled_from([True, True, False]),
    paused=st.sampled_from([False, False, False, True]),
    cap=st.one_of(st.none(), st.none(), st.integers(1, 400).map(float)),
)
SESSIONS = st.builds(
    Session,
    hashrate=st.integers(1, 500).map(float),
    pinned=st.sampled_from([None, None, None, None, "a", "b", "gone"]),
    movable=st.sampled_from([True, True, True, True, False]),
)
STEPS = st.lists(
    st.builds(
        Step,
        wait_s=st.sampled_from([0.0, 1.0, 1.0, 5.0, 30.0, 61.0, 400.0]),
        turn=st.sampled_from(["", "", "", "a", "b", "c"]),
        weigh=st.one_of(st.none(), st.none(), st.tuples(st.sampled_from(NAMES), st.integers(0, 100))),
        leave=st.integers(-8, 12),
        join=st.one_of(st.none(), SESSIONS),
        shuffle=st.integers(0, 10**6),
    ),
    max_size=25,
)


class House:
    """The router with its surroundings, and a twin that is told everything in another order."""

    def __init__(self, sources: list[Source], sessions: list[Session]) -> None:
        self.now = 1000.0
        self.router, self.twin = Router(), Router()
        self.horizon = Horizon()
        self.told = dict(zip(NAMES, sources, strict=False))
        self.made = dict(enumerate(sessions))
        self.at = dict.fromkeys(self.made, "")
        self.since = dict.fromkeys(self.made, self.now)
        self.next_key = len(sessions)

    def sources(self) -> list[SourceInput]:
        return [SourceInput(n, s.weight, s.tier, s.up, s.paused, s.cap, self.now) for n, s in self.told.items()]

    def sessions(self) -> list[SessionInput]:
        return [
            SessionInput(key, self.at[key], made.hashrate, self.since[key], made.pinned, made.movable)
            for key, made in self.made.items()
        ]

    def take(self, step: Step) -> None:
        for key, made in self.made.items():
            if self.at[key] in self.told and self.told[self.at[key]].up:
                self.horizon.add(self.now, self.at[key], int(made.hashrate * step.wait_s))
        self.now += step.wait_s
        if step.turn in self.told:
            self.told[step.turn] = replace(self.told[step.turn], up=not self.told[step.turn].up)
        if step.weigh is not None and step.weigh[0] in self.told:
            self.told[step.weigh[0]] = replace(self.told[step.weigh[0]], weight=step.weigh[1])
        if step.leave in self.made:
            del self.made[step.leave], self.at[step.leave], self.since[step.leave]
        if step.join is not None:
            self.made[self.next_key], self.at[self.next_key] = step.join, ""
            self.since[self.next_key] = self.now
            self.next_key += 1

    def plan(self, shuffle: int = 0) -> list[Move]:
        moves = self.router.plan(self.now, self.sources(), self.sessions(), self.horizon)
        cut = shuffle % (len(self.made) + 1)
        mixed = self.sessions()[cut:][::-1] + self.sessions()[:cut]
        assert self.twin.plan(self.now, self.sources()[::-1], mixed, self.horizon) == moves, "order decides nothing"
        self.check(moves)
        for move in moves:
            self.at[int(move.key)], self.since[int(move.key)] = move.to, self.now
        return moves

    def check(self, moves: list[Move]) -> None:
        assert len({move.key for move in moves}) == len(moves), "one move for each session"
        for move in moves:
            key, made = int(move.key), self.made[int(move.key)]
            assert made.movable
            assert move.to != self.at[key]
            assert self.told[move.to].up
            assert not self.told[move.to].paused
            assert self.told[move.to].weight > 0 or made.pinned == move.to
            if move.reason in BY_AND_BY:
                assert self.now - self.since[key] >= DWELL_S
        slices = [move for move in moves if move.reason is Reason.SLICE]
        assert len(slices) <= max(0, len(self.told) - 1)
        assert all(list(self.router.sliced.values()).count(move.key) >= 1 for move in slices)

    def force(self) -> set[str]:
        """Sources that might share the work, probation apart."""
        able = {name: s for name, s in self.told.items() if s.up and not s.paused and s.weight > 0}
        return set(able)


@settings(max_examples=150, deadline=None)
@given(st.lists(SOURCES, min_size=1, max_size=4), st.lists(SESSIONS, max_size=12), STEPS)
def test_rules_hold_after_every_plan(sources: list[Source], sessions: list[Session], steps: list[Step]) -> None:
    house = House(sources, sessions)
    house.plan()
    for step in steps:
        house.take(step)
        moves = house.plan(step.shuffle)
        able = house.force()
        if not able:
            assert all(house.made[int(move.key)].pinned == move.to for move in moves), "nowhere to go: nothing moves"
            continue
        for key, made in house.made.items():
            if made.movable:
                at = house.told.get(house.at[key])
                assert at is not None, "everybody has a source"
                assert at.up, "and it can work"
                assert not at.paused


@settings(max_examples=100, deadline=None)
@given(st.lists(SOURCES, min_size=1, max_size=4), st.lists(SESSIONS, max_size=12), STEPS)
def test_a_pinned_session_is_at_its_pin_while_that_can_work(
    sources: list[Source], sessions: list[Session], steps: list[Step]
) -> None:
    house = House([replace(source, up=True) for source in sources], sessions)
    house.plan()
    for step in steps:
        house.take(replace(step, turn=""))
        house.plan(step.shuffle)
        for key, made in house.made.items():
            pin = house.told.get(made.pinned or "")
            if pin is not None and not pin.paused and made.movable:
                assert house.at[key] == made.pinned


@settings(max_examples=100, deadline=None)
@given(st.lists(SOURCES, min_size=2, max_size=4), st.lists(SESSIONS, max_size=12), STEPS)
def test_a_source_is_over_its_cap_only_when_no_other_has_room(
    sources: list[Source], sessions: list[Session], steps: list[Step]
) -> None:
    plain = [replace(made, pinned=None, movable=True) for made in sessions]
    house = House([replace(source, up=True, paused=False, tier=1) for source in sources], plain)
    for step in [Step(0, "", None, -1, None, 0), *steps]:
        joined = None if step.join is None else replace(step.join, pinned=None, movable=True)
        house.take(replace(step, turn="", join=joined))
        house.plan(step.shuffle)
        house.plan(step.shuffle)
        force = house.force()
        loads = {name: sum(m.hashrate for k, m in house.made.items() if house.at[k] == name) for name in force}
        room = {name: (house.told[name].cap or float("inf")) - loads[name] for name in force}
        for name in force:
            here = [made.hashrate for key, made in house.made.items() if house.at[key] == name]
            if room[name] < 0:
                assert all(room[other] < size for other in force - {name} for size in here)


@settings(max_examples=60, deadline=None)
@given(st.lists(SESSIONS, max_size=12), STEPS)
def test_a_single_source_and_weights_of_0_and_100_need_no_moves(sessions: list[Session], steps: list[Step]) -> None:
    plain = [replace(made, pinned=None) for made in sessions]
    for sources in (
        [Source(7, 1, True, False, None)],
        [Source(0, 1, True, False, None), Source(100, 1, True, False, None)],
    ):
        house = House(sources, plain)
        house.plan()
        for step in steps:
            joined = None if step.join is None else replace(step.join, pinned=None)
            house.take(replace(step, turn="", weigh=None, join=joined))
            assert all(move.reason is Reason.ASSIGN for move in house.plan(step.shuffle))
        served = {house.at[key] for key, made in house.made.items() if made.movable}
        assert served <= {NAMES[len(sources) - 1]}


@settings(max_examples=100, deadline=None)
@given(st.lists(SOURCES, min_size=1, max_size=4), st.lists(SESSIONS, max_size=12), STEPS, SESSIONS)
def test_a_new_session_is_placed_where_the_plan_would_place_it(
    sources: list[Source], sessions: list[Session], steps: list[Step], new: Session
) -> None:
    house = House(sources, sessions)
    house.plan()
    for step in steps:
        house.take(step)
        house.plan(step.shuffle)
    placed = house.router.place_new(house.now, house.sources(), hashrate=new.hashrate, pinned=new.pinned)
    told = [*house.sessions(), SessionInput(-1, "", new.hashrate, house.now, new.pinned)]
    planned = [move.to for move in house.twin.plan(house.now, house.sources(), told, house.horizon) if move.key == -1]
    assert planned == ([] if placed is None else [placed])


@settings(max_examples=60, deadline=None)
@given(st.lists(SOURCES, min_size=2, max_size=4), st.lists(SESSIONS, min_size=1, max_size=12), st.integers(2, 30))
def test_plans_without_news_do_not_chase_their_tail(sources: list[Source], sessions: list[Session], plans: int) -> None:
    """Without work delivered and without time passing, the second plan and all after it find nothing to do."""
    house = House(sources, sessions)
    house.plan()
    house.plan()
    for _ in range(plans):
        assert house.plan() == []
