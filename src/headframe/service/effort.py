"""What blocks cost, in units of what they should.

Responsible for: the effort of each block, luck over many, what is spent since the last, and the chance of the next.
Not responsible for: the sums that this is computed from (`store.history`).
Read next: docs/flows/cockpit-numbers.md.

Effort counts by source: all work that was credited to a source between two of its blocks, over the work that a block of
that difficulty needs on average. Blocks that were not taken (stale, rejected) were found all the same and count.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import exp

from headframe.bitcoin.target import target_of_bits, work_of_target
from headframe.mining.units import Work
from headframe.service.history_views import Chance
from headframe.store.answers import BlockCost

DAY_S = 86_400.0


def needed_work(bits: int) -> Work | None:
    """Hashes that a block of these bits takes on average; None for bits that no header has."""
    try:
        return work_of_target(target_of_bits(bits))
    except ValueError:
        return None


def spent(costs: Iterable[BlockCost]) -> dict[bytes, Work]:
    """The work between each block and the one before it of the same source; blocks of which it is not known are left
    out. Work of a source only grows, so that is their order, whatever the clock did."""
    by_source: dict[str, list[BlockCost]] = {}
    unknown: set[str] = set()
    for cost in costs:
        if cost.source_work is None:
            unknown.add(cost.source)
        else:
            by_source.setdefault(cost.source, []).append(cost)
    out: dict[bytes, Work] = {}
    for source, blocks in by_source.items():
        blocks.sort(key=lambda each: each.source_work or 0)
        before: Work | None = None if source in unknown else 0
        for block in blocks:
            assert block.source_work is not None
            if before is not None:
                out[block.hash] = block.source_work - before
            before = block.source_work
    return out


def efforts(costs: Sequence[BlockCost], *, whole: bool = True) -> dict[bytes, float]:
    """Effort by block hash. `whole`: these are all blocks there are; or else the first of each source has none."""
    done = spent(costs)
    if not whole:
        for first in _firsts(costs):
            done.pop(first, None)
    out = {}
    for cost in costs:
        needed = needed_work(cost.bits)
        if needed is not None and cost.hash in done:
            out[cost.hash] = float(Fraction(done[cost.hash], needed))
    return out


def luck(costs: Sequence[BlockCost], *, whole: bool = True) -> float | None:
    """Work that these blocks needed on average over what was done for them; None where there is none."""
    done = spent(costs)
    if not whole:
        for first in _firsts(costs):
            done.pop(first, None)
    work = expected = 0
    for cost in costs:
        needed = needed_work(cost.bits)
        if needed is not None and cost.hash in done:
            work, expected = work + done[cost.hash], expected + needed
    return float(Fraction(expected, work)) if work else None


def running_effort(costs: Iterable[BlockCost], work: Mapping[str, Work], needed: Mapping[str, Work]) -> float | None:
    """Of the source that is furthest: its work since its last block over what the next one needs.

    work    all work of each source until now
    needed  what a block takes now, of the sources that look for blocks
    """
    last: dict[str, Work] = {}
    unknown: set[str] = set()
    for cost in costs:
        if cost.source_work is None:
            unknown.add(cost.source)
        else:
            last[cost.source] = max(last.get(cost.source, 0), cost.source_work)
    known = [source for source in needed if source in last or source not in unknown]
    return max(
        (float(Fraction(work.get(source, 0) - last.get(source, 0), needed[source])) for source in known),
        default=None,
    )


def chance(hashrates: Mapping[str, float], needed: Mapping[str, Work]) -> Chance:
    """Of a block at these hashrates by source; `needed` as above. Nothing is known where nothing is looked for."""
    per_s = sum(hashrates.get(source, 0.0) / work for source, work in needed.items())
    if not per_s > 0:
        return Chance(None, None)
    return Chance(1 / per_s, 1 - exp(-DAY_S * per_s))


def _firsts(costs: Iterable[BlockCost]) -> set[bytes]:
    first: dict[str, BlockCost] = {}
    for cost in costs:
        known = first.get(cost.source)
        if cost.source_work is not None and (known is None or cost.source_work < (known.source_work or 0)):
            first[cost.source] = cost
    return {cost.hash for cost in first.values()}
