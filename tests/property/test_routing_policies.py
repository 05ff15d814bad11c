"""Weights that follow the world never leave their bounds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.routing.policies import (
    BaseWeight,
    Block,
    Bounds,
    Decision,
    Economics,
    RecentBlocks,
    Tilt,
    expected_value,
    network_hashrate,
)

CHAINS = ["bch", "btc", "xec"]
BASES = st.lists(st.tuples(st.sampled_from(CHAINS), st.integers(0, 1000)), min_size=1, max_size=6).map(
    lambda rows: [BaseWeight(f"s{number}", chain, weight) for number, (chain, weight) in enumerate(rows)]
)
ODD = st.one_of(st.floats(1e-6, 1e15), st.sampled_from([0.0, -1.0, float("inf"), float("nan"), 5e-324, 1e308]))
READINGS = st.dictionaries(
    st.sampled_from(CHAINS),
    st.tuples(st.floats(-5000, 100), st.one_of(st.integers(-1, 10**10), st.just(10**30)), ODD, ODD),
)
BOUNDS = st.builds(
    Bounds,
    max_deviation=st.floats(0, 1),
    gain=st.floats(-50, 50),
    smooth_s=st.floats(1, 1e5),
    least_step=st.floats(0, 0.2),
)
BLOCKS = st.lists(st.builds(Block, st.integers(-3_000_000, 2_000_000), st.one_of(st.floats(1, 1e14), ODD)), max_size=60)


def check(base: list[BaseWeight], bounds: Bounds, decision: Decision) -> None:
    assert list(decision.weights) == [entry.source for entry in base]
    whole = sum(entry.weight for entry in base)
    assert sum(decision.weights.values()) == whole
    assert decision.reason
    for chain in CHAINS:
        own = [entry for entry in base if entry.chain == chain]
        before = sum(entry.weight for entry in own)
        after = sum(decision.weights[entry.source] for entry in own)
        assert abs(after - before) <= bounds.max_deviation * whole
        assert (after > 0) == (before > 0)
    assert all(decision.weights[entry.source] == 0 for entry in base if entry.weight == 0)


@settings(max_examples=200, deadline=None)
@given(BASES, BOUNDS, st.lists(st.tuples(st.floats(0, 4000), READINGS), max_size=6))
def test_expected_value_stays_within_its_bounds(base, bounds, steps) -> None:  # type: ignore[no-untyped-def]
    now, tilt = 10_000.0, Tilt()
    for wait_s, readings in steps:
        now += wait_s
        told = {chain: Economics(now + age, *rest) for chain, (age, *rest) in readings.items()}
        decision = expected_value(now, base, told, tilt, bounds)
        check(base, bounds, decision)
        tilt = decision.tilt


@settings(max_examples=200, deadline=None)
@given(BASES, BOUNDS, st.dictionaries(st.sampled_from(CHAINS), BLOCKS))
def test_network_hashrate_stays_within_its_bounds(base, bounds, blocks) -> None:  # type: ignore[no-untyped-def]
    told = {chain: RecentBlocks(100.0, 0.0, found) for chain, found in blocks.items()}
    check(base, bounds, network_hashrate(100.0, base, told, Tilt(), bounds))
