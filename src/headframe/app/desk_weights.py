"""What other weights, or a source less, would move.

Responsible for: shares wanted now and then, the hashrate that would go from one source to another because of it, and the
pins that would lead to where no work is.
Not responsible for: moving anything (`routing`), which miners those would be, who mines where at this moment.
Read next: `routing.split`.

What moves is the difference between what is wanted now and then. Where miners are at this moment says nothing of it: one
that mines for several sources in turn is at one of them, and will leave it whatever the weights are.

Pure but for who is asked for the standing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from headframe.routing.moves import SourceInput
from headframe.routing.split import split
from headframe.service.settings_views import PlannedMove, WeightPreview

LEAST_PART = 0.005
"""Of all hashrate: less is within what the router lets stand."""

PINS_NAMED = 10
"""The others are only counted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One source now: how it is used, whether it can work, and what is measured there (H/s, sessions)."""

    name: str
    weight: int
    tier: int
    able: bool
    paused: bool
    cap_hashes_per_s: float | None
    hashrate: float
    sessions: int


class Fleet(Protocol):
    """Who knows how all sources stand."""

    def standing(self) -> Sequence[Standing]: ...


def preview(
    standing: Sequence[Standing],
    weights: Mapping[str, int],
    without: Collection[str] = (),
    pins: Iterable[tuple[str, str]] = (),
) -> WeightPreview:
    """`weights` by source; what is left out keeps its weight. `without`: sources that would be paused or gone; `pins`:
    workers and their sources. Just after the start nobody's hashrate is known: then all miners count as alike, and the
    moves say how many they are only."""
    whole = sum(one.hashrate for one in standing)
    measured = whole > 0
    if not measured:
        standing = [replace(one, hashrate=float(one.sessions), cap_hashes_per_s=None) for one in standing]
        whole = float(sum(one.sessions for one in standing))
    left = [replace(one, paused=one.paused or one.name in without) for one in standing]
    now, then = wanted(standing, {}, whole), wanted(left, weights, whole)
    moves = _moves(standing, now, then, whole)
    if not measured:
        moves = [msgspec.structs.replace(move, hashrate=None) for move in moves]
    gone = {name.lower() for name in without}
    loose = [worker for worker, source in pins if source.lower() in gone]
    return WeightPreview(now, then, tuple(moves), len(loose), tuple(loose[:PINS_NAMED]))


def wanted(standing: Sequence[Standing], weights: Mapping[str, int], whole: float) -> dict[str, float]:
    """The part of the work that each source should get (0..1): by weight, under its cap, in the first tier that can
    work."""
    inputs = [
        SourceInput(
            one.name, max(0, weights.get(one.name, one.weight)), one.tier, cap_hashes_per_s=one.cap_hashes_per_s
        )
        for one in standing
        if one.able and not one.paused
    ]
    inputs = [one for one in inputs if one.weight]
    first = min((one.tier for one in inputs), default=0)
    own = [one for one in inputs if one.tier == first]
    if not whole:
        sum_of_weights = sum(one.weight for one in own)
        shares = {one.name: one.weight / sum_of_weights for one in own}
    else:
        shares = {name: part / whole for name, part in split(whole, own, {}).items()}
    return {one.name: shares.get(one.name, 0.0) for one in standing}


def _moves(
    standing: Sequence[Standing], now: Mapping[str, float], then: Mapping[str, float], whole: float
) -> list[PlannedMove]:
    """From who is wanted to have less to who is wanted to have more, the largest first. Where nobody is wanted now, from
    where miners are held."""
    held = {name: part * whole for name, part in now.items()}
    if not any(held.values()):
        held = {one.name: one.hashrate for one in standing}
    over = {name: rate - then[name] * whole for name, rate in held.items()}
    sessions = sum(one.sessions for one in standing)
    usual = whole / sessions if sessions else 0.0
    mean = {one.name: one.hashrate / one.sessions if one.sessions else usual for one in standing}
    givers = sorted((name for name in over if over[name] > 0), key=lambda name: -over[name])
    takers = sorted((name for name in over if over[name] < 0), key=lambda name: over[name])
    found: list[PlannedMove] = []
    for giver in givers:
        for taker in takers:
            part = min(over[giver], -over[taker])
            if part <= LEAST_PART * whole:
                continue
            over[giver] -= part
            over[taker] += part
            miners = part / mean[giver] if mean[giver] else 0.0
            found.append(PlannedMove(giver, taker, part, round(min(miners, sessions))))
    return found
