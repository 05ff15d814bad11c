"""Whatever a miner, its wishes and the clock do, difficulties stay within what was promised."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.bitcoin.target import DIFFICULTY_1_TARGET, MAX_TARGET, difficulty_of_target, target_of_difficulty
from headframe.mining.units import Target
from headframe.mining.vardiff import Change, Vardiff, VardiffPolicy, whole_target

MAINNET = target_of_difficulty(1.2e14)


def difficulties(least: float = 1e-9, most: float = 1e14) -> st.SearchStrategy[float]:
    return st.floats(min_value=least, max_value=most, allow_nan=False)


@st.composite
def policies(draw: st.DrawFn) -> VardiffPolicy:
    least, most = sorted((draw(difficulties(1e-6, 1e12)), draw(difficulties(1e-6, 1e12))))
    wish_least, wish_most = sorted((draw(difficulties(1e-6, 1e12)), draw(difficulties(1e-6, 1e12))))
    return VardiffPolicy(
        easiest_target=target_of_difficulty(least),
        hardest_target=target_of_difficulty(most),
        shares_per_minute=draw(st.floats(min_value=0.1, max_value=600)),
        easiest_wish_target=target_of_difficulty(wish_least),
        hardest_wish_target=target_of_difficulty(wish_most),
    )


@dataclass(frozen=True)
class Step:
    """Wait, then let so many shares come (of the last but `late` jobs), then sweep or offer a job of a source."""

    wait_s: float
    shares: int
    late: int
    source: Target
    offer: bool
    wish: str
    wish_target: Target


TARGETS = st.one_of(
    difficulties().map(target_of_difficulty),
    st.integers(min_value=1, max_value=MAX_TARGET),
    st.just(MAX_TARGET),
)
STEPS = st.lists(
    st.builds(
        Step,
        wait_s=st.one_of(st.just(0.0), st.floats(min_value=0, max_value=4000)),
        shares=st.integers(min_value=0, max_value=30),
        late=st.integers(min_value=0, max_value=3),
        source=TARGETS,
        offer=st.booleans(),
        wish=st.sampled_from(["", "", "", "floor", "weak floor", "no floor", "guess", "fix", "unfix", "pause"]),
        wish_target=TARGETS,
    ),
    min_size=1,
    max_size=30,
)


def play(policy: VardiffPolicy, start: Target, steps: list[Step]) -> list[Target]:
    """Every target issued, with each promise checked on the way."""
    vardiff = Vardiff(policy, start=start, now=0.0)
    issued = [vardiff.issue(MAINNET, 0.0)]
    now, floor, fixed, wished = 0.0, None, None, False
    for step in steps:
        now += step.wait_s
        change = wish(vardiff, step, now)
        if step.wish == "floor":
            floor = policy.bounded_wish(step.wish_target)
        elif step.wish == "no floor":
            floor = None
        elif step.wish in ("fix", "unfix"):
            fixed = policy.bounded_wish(step.wish_target) if step.wish == "fix" else None
        for _ in range(step.shares):
            if vardiff.credited(issued[-1 - min(step.late, len(issued) - 1)], now):
                change = vardiff.review(now, step.source) or change
        change = vardiff.review(now, step.source) or change
        if change is not None:
            assert change.target >= min(step.source, vardiff.target)
        if step.offer or (change is not None and change.urgent):
            given_out = vardiff.issue(step.source, now)
            assert given_out >= step.source, "harder than its source"
            if step.source <= vardiff.target:
                assert given_out == vardiff.target
            issued.append(given_out)
        wished = wished or "floor" in step.wish or step.wish == "fix"
        check_promises(policy, vardiff.target, floor, fixed, wished=wished)
    return issued


def wish(vardiff: Vardiff, step: Step, now: float) -> Change | None:
    match step.wish:
        case "floor":
            return vardiff.set_floor(step.wish_target, step.source)
        case "weak floor":
            return vardiff.set_floor(step.wish_target, step.source, binding=False)
        case "no floor":
            return vardiff.set_floor(None, step.source)
        case "guess":
            return vardiff.guess(step.wish_target, step.source)
        case "fix":
            return vardiff.fix(step.wish_target, step.source)
        case "unfix":
            return vardiff.fix(None, step.source)
        case "pause":
            vardiff.pause(now)
    return None


def check_promises(
    policy: VardiffPolicy, target: Target, floor: Target | None, fixed: Target | None, *, wished: bool
) -> None:
    # A wish at the operator's bound is cut to the whole difficulty below it.
    easiest = max(policy.easiest_target, whole_target(policy.easiest_wish_target))
    hardest = min(policy.hardest_target, policy.hardest_wish_target)
    assert hardest <= target <= easiest
    if floor is None and fixed is None and not wished:
        assert policy.hardest_target <= target <= policy.easiest_target
    if fixed is not None:
        assert target == fixed
    elif floor is not None:
        assert target <= floor, "easier than its floor"


@given(policies(), TARGETS, STEPS)
@settings(max_examples=300, deadline=None)
def test_every_target_is_within_bounds_floor_and_source(
    policy: VardiffPolicy, start: Target, steps: list[Step]
) -> None:
    play(policy, start, steps)


@given(policies(), TARGETS, STEPS)
@settings(max_examples=50, deadline=None)
def test_the_same_events_give_the_same_targets(policy: VardiffPolicy, start: Target, steps: list[Step]) -> None:
    assert play(policy, start, steps) == play(policy, start, steps)


@given(start=difficulties(1e-6, 1e12), shares=st.integers(min_value=0, max_value=200), sweep_s=st.floats(1.0, 30.0))
@settings(max_examples=60, deadline=None)
def test_a_miner_that_stops_gets_ever_easier_targets_down_to_the_easiest(
    start: float, shares: int, sweep_s: float
) -> None:
    policy = VardiffPolicy()
    vardiff = Vardiff(policy, start=target_of_difficulty(start), now=0.0)
    now = 0.0
    for _ in range(shares):
        now += 10.0
        vardiff.credited(vardiff.issue(MAINNET, now), now)
        vardiff.review(now, MAINNET)
    last = vardiff.issue(MAINNET, now)
    for _ in range(int(2 * 3600 / sweep_s)):
        now += sweep_s
        change = vardiff.review(now, MAINNET)
        if change is not None:
            assert change.target > last
            last = vardiff.issue(MAINNET, now)
    assert last == policy.easiest_target


@given(
    difficulty=difficulties(1e-5, 1e11), pace=st.floats(0.5, 60.0), jitter=st.lists(st.floats(-0.4, 0.4), min_size=1)
)
@settings(max_examples=60, deadline=None)
def test_a_steady_miner_at_the_right_difficulty_is_left_alone(
    difficulty: float, pace: float, jitter: list[float]
) -> None:
    policy = VardiffPolicy(shares_per_minute=pace)
    vardiff = Vardiff(policy, start=target_of_difficulty(difficulty), now=0.0)
    start = vardiff.issue(MAINNET, 0.0)
    gap_s = policy.seconds_per_share
    for index in range(400):
        now = (index + 1 + jitter[index % len(jitter)]) * gap_s
        vardiff.credited(vardiff.issue(MAINNET, now), now)
        assert vardiff.review(now, MAINNET) is None
    assert vardiff.target == start


@given(policies(), TARGETS, STEPS)
@settings(max_examples=150, deadline=None)
def test_whatever_is_chosen_a_device_can_say(policy: VardiffPolicy, start: Target, steps: list[Step]) -> None:
    """From 1 on every difficulty issued is whole: firmware that cuts fractions off means the same as we do. A policy's
    own bounds are the operator's and may be anything."""
    own = {policy.easiest_target, policy.hardest_target}
    for issued in play(policy, start, steps):
        if issued not in own and issued <= DIFFICULTY_1_TARGET:
            assert difficulty_of_target(issued).is_integer()
