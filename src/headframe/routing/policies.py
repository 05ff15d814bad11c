"""Weights that follow the world.

Responsible for: two rules that shift the base weights between chains: what a hash is expected to earn
(`expected_value`), and how a network's hashrate of late compares with its usual one (`network_hashrate`).
Not responsible for: getting the data (`sources`, `app`), weights inside a chain (they keep their proportion), moving
sessions (`routing.router`).
Read next: docs/decisions/0010-router.md.

Pure: readings carry the time they were taken. The result always sums to what the base weights sum to, no chain is ever
further from its base than the bounds allow, and data that is missing, absurd or old never decides: the last weights are
held for a while, then the base weights hold. Both rules smooth, and change nothing for less than a worthwhile step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import exp, inf, isfinite, log, sqrt

from headframe.bitcoin.target import DIFFICULTY_1_TARGET, work_of_target

_WORK_OF_DIFFICULTY_1 = work_of_target(DIFFICULTY_1_TARGET)
_ABSURD_SATS = 2**63


@dataclass(frozen=True, slots=True)
class BaseWeight:
    """A source's own weight and the chain that it mines."""

    source: str
    chain: str
    weight: int


@dataclass(frozen=True, slots=True)
class Economics:
    """What a block of a chain is worth. `price` in any one currency that all chains share; `at` monotonic seconds."""

    at: float
    reward_sats: int
    price: float
    difficulty: float


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its header's time (unix seconds) and its own difficulty."""

    time_unix_s: int
    difficulty: float


@dataclass(frozen=True, slots=True)
class RecentBlocks:
    """Blocks of a chain, back beyond the long window; `at` (monotonic) and `now_unix_s` are when they were asked for."""

    at: float
    now_unix_s: float
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Bounds:
    """max_deviation  no chain gets more or less than its base by this part (0..1) of all
    gain           a chain 1 % better than the mean gets `gain` % more
    smooth_s       time constant of the average
    fresh_s        older readings are not used
    hold_s         without fresh readings for all chains the last weights are kept so long, then the base weights hold
    least_step     a smaller change (part of all) is not made
    """

    max_deviation: float = 0.1
    gain: float = 5.0
    smooth_s: float = 1800.0
    fresh_s: float = 900.0
    hold_s: float = 3600.0
    least_step: float = 0.01


@dataclass(frozen=True, slots=True)
class Windows:
    """noise: so many standard deviations of the short window's count of blocks are taken for luck."""

    short_s: float = 6 * 3600.0
    long_s: float = 14 * 86400.0
    noise: float = 1.5


@dataclass(frozen=True, slots=True)
class Tilt:
    """What a rule remembers between calls: to be given back to it. `logs`: smoothed log of each chain's value."""

    base: tuple[BaseWeight, ...] = ()
    weights: tuple[int, ...] = ()
    logs: tuple[tuple[str, float], ...] = ()
    at: float = -inf


class Standing(Enum):
    """How a decision came about."""

    MOVED = "moved"
    KEPT = "kept"
    """The numbers say nothing else than before, or too little for a step."""
    HELD = "held"
    """Numbers are missing: the last weights hold for a while."""
    BASE = "base"
    """Numbers are missing: the base weights hold."""
    ONE_CHAIN = "one_chain"
    """There is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The weights to use, by source; why, in words; and what to give the rule next time. The same in parts: `missing` are
    the chains of which nothing usable is known, `over` by how much (percent) a chain's value is above the mean of all."""

    weights: dict[str, int]
    reason: str
    tilt: Tilt
    standing: Standing = Standing.BASE
    missing: tuple[str, ...] = ()
    over: Mapping[str, float] = field(default_factory=dict)


def expected_value(
    now: float,
    base: Sequence[BaseWeight],
    readings: Mapping[str, Economics],
    tilt: Tilt | None = None,
    bounds: Bounds | None = None,
) -> Decision:
    """More to the chain where a hash is expected to earn more: reward x price / difficulty."""
    bounds = bounds or Bounds()
    values = {
        chain: log(reading.reward_sats) + log(reading.price) - log(reading.difficulty)
        for chain, reading in readings.items()
        if 0 <= now - reading.at <= bounds.fresh_s
        and 0 < reading.reward_sats < _ABSURD_SATS
        and all(isfinite(part) and part > 0 for part in (reading.price, reading.difficulty))
    }
    return _decide(now, tuple(base), values, tilt or Tilt(), bounds, "expected value")


def network_hashrate(
    now: float,
    base: Sequence[BaseWeight],
    readings: Mapping[str, RecentBlocks],
    tilt: Tilt | None = None,
    bounds: Bounds | None = None,
    windows: Windows | None = None,
) -> Decision:
    """More to the chain whose network has less hashrate of late than it usually has."""
    bounds, windows = bounds or Bounds(), windows or Windows()
    fresh = {chain: reading for chain, reading in readings.items() if 0 <= now - reading.at <= bounds.fresh_s}
    values = {chain: _want_of_hashrate(reading, windows) for chain, reading in fresh.items()}
    known = {chain: value for chain, value in values.items() if value is not None}
    return _decide(now, tuple(base), known, tilt or Tilt(), bounds, "network hashrate")


def hashrate_of(blocks: Sequence[Block], now_unix_s: float, window_s: float) -> float | None:
    """Hashes per second of a network over the window that ends now, the wait for the next block included.

    Each block counts with its own difficulty, so a chain that adjusts every block is measured right. A time in the
    future counts as now. None if the blocks do not reach back beyond the window, or one is absurd.
    """
    if any(not (isfinite(block.difficulty) and block.difficulty > 0) for block in blocks):
        return None
    begin = now_unix_s - window_s
    if not any(block.time_unix_s <= begin for block in blocks):
        return None
    return sum(block.difficulty for block in blocks if block.time_unix_s > begin) * _WORK_OF_DIFFICULTY_1 / window_s


def _want_of_hashrate(reading: RecentBlocks, windows: Windows) -> float | None:
    """Log of usual over recent hashrate, less what may be luck; None if it cannot be said."""
    short = hashrate_of(reading.blocks, reading.now_unix_s, windows.short_s)
    long = hashrate_of(reading.blocks, reading.now_unix_s, windows.long_s)
    if short is None or not long:
        return None
    counted = sum(block.time_unix_s > reading.now_unix_s - windows.long_s for block in reading.blocks)
    expected = counted * windows.short_s / windows.long_s
    luck = windows.noise / sqrt(expected)
    want = log(long / short) if short > 0 else log(1 + expected)
    return max(0.0, want - luck) if want > 0 else min(0.0, want + luck)


def _decide(
    now: float, base: tuple[BaseWeight, ...], values: Mapping[str, float], tilt: Tilt, bounds: Bounds, what: str
) -> Decision:
    plain = {entry.source: entry.weight for entry in base}
    chains = _chains(base)
    if len(chains) < 2:
        reason = "base weights: there is only one chain with a weight"
        return Decision(plain, reason, Tilt(), Standing.ONE_CHAIN)
    if tilt.base != base:
        tilt = Tilt()
    missing = tuple(chain for chain in chains if chain not in values)
    if missing:
        said = f"no usable data of {', '.join(missing)}"
        if tilt.weights and now - tilt.at <= bounds.hold_s:
            held = _named(base, tilt.weights)
            return Decision(held, f"{what}: weights held, {said}", tilt, Standing.HELD, missing)
        return Decision(plain, f"base weights: {said}", Tilt(), Standing.BASE, missing)
    before = dict(tilt.logs)
    fresh = 1.0 - exp(-max(0.0, now - tilt.at) / bounds.smooth_s) if tilt.logs else 1.0
    logs = {chain: before.get(chain, 0.0) * (1 - fresh) + values[chain] * fresh for chain in chains}
    weights = _inside(base, _tilted(chains, logs, bounds))
    least = max(1.0, bounds.least_step * sum(plain.values()))
    over = {chain: 100 * (exp(_over(chains, logs, chain)) - 1) for chain in chains}
    reason = f"{what}: " + ", ".join(f"{chain} {part:+.1f} %" for chain, part in over.items())
    old = tilt.weights or tuple(entry.weight for entry in base)
    standing = Standing.MOVED
    if max(abs(new - was) for new, was in zip(weights, old, strict=True)) < least:
        weights, reason, standing = old, reason + "; no step worth making", Standing.KEPT
    tilt = Tilt(base, weights, tuple(sorted(logs.items())), now)
    return Decision(_named(base, weights), reason, tilt, standing, over=over)


def _named(base: tuple[BaseWeight, ...], weights: tuple[int, ...]) -> dict[str, int]:
    return {entry.source: weight for entry, weight in zip(base, weights, strict=True)}


def _chains(base: tuple[BaseWeight, ...]) -> dict[str, int]:
    """Chain to the sum of its weights, where that is not 0; by name."""
    sums: dict[str, int] = {}
    for entry in sorted(base, key=lambda entry: entry.chain):
        if entry.weight > 0:
            sums[entry.chain] = sums.get(entry.chain, 0) + entry.weight
    return sums


def _over(chains: Mapping[str, int], logs: Mapping[str, float], chain: str) -> float:
    """Log of this chain's value over the mean of all, weighted by their base."""
    mean = sum(weight * logs[name] for name, weight in chains.items()) / sum(chains.values())
    return min(max(logs[chain] - mean, -20.0), 20.0)


def _tilted(chains: Mapping[str, int], logs: Mapping[str, float], bounds: Bounds) -> dict[str, int]:
    """Whole weights per chain, within the bounds, with the sum of the base."""
    whole = sum(chains.values())
    room = int(bounds.max_deviation * whole)
    low = {chain: max(1, weight - room) for chain, weight in chains.items()}
    high = {chain: weight + room for chain, weight in chains.items()}
    pull = {c: w * exp(min(max(bounds.gain * _over(chains, logs, c), -50.0), 50.0)) for c, w in chains.items()}
    below, above = 0.0, max(high[chain] / pull[chain] for chain in chains)
    for _ in range(200):  # the factor at which the clamped parts sum to the whole
        factor = (below + above) / 2
        if sum(min(max(pull[c] * factor, low[c]), high[c]) for c in chains) > whole:
            above = factor
        else:
            below = factor
    return _rounded({c: min(max(pull[c] * below, low[c]), high[c]) for c in chains}, whole, high)


def _inside(base: tuple[BaseWeight, ...], chains: Mapping[str, int]) -> tuple[int, ...]:
    """Each chain's weight divided among its sources in the proportion of their base; in the order of `base`."""
    weights = {entry.source: 0 for entry in base}
    for chain, weight in chains.items():
        own = [entry for entry in base if entry.chain == chain and entry.weight > 0]
        sum_of_base = sum(entry.weight for entry in own)
        weights |= _rounded({entry.source: weight * entry.weight / sum_of_base for entry in own}, weight)
    return tuple(weights[entry.source] for entry in base)


def _rounded(parts: Mapping[str, float], whole: int, high: Mapping[str, int] | None = None) -> dict[str, int]:
    """Whole numbers that sum to `whole`: rounded down, and what is left to the largest remainders below their bound."""
    floors = {name: int(part + 1e-9) for name, part in parts.items()}
    by_rest = sorted(parts, key=lambda name: (floors[name] - parts[name], name))
    left = whole - sum(floors.values())
    for name in by_rest * 2:
        if left > 0 and (high is None or floors[name] < high[name]):
            floors[name] += 1
            left -= 1
    return floors
