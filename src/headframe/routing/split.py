"""How much hashrate each source should have.

Responsible for: dividing a fleet by weight under caps, above what is pinned.
Not responsible for: which sessions those are (`routing.router`).
Read next: `routing.router`.
"""

from collections.abc import Mapping, Sequence

from headframe.routing.moves import SourceInput

CAP_ROOM = 0.97
"""A capped source is given a little less than its cap, because hashrates are estimates."""


def split(hashrate: float, sources: Sequence[SourceInput], pinned: Mapping[str, float]) -> dict[str, float]:
    """Hashes per second for each source (all of weight > 0), in proportion to their weights; they sum to `hashrate`.

    A source gets no less than what is pinned to it, and no more than its cap unless more is pinned or all are full;
    what it does not take, or takes too much, is shared by the others in proportion.
    """
    whole = sum(source.weight for source in sources)
    level = hashrate / whole if whole else 0.0
    shares = {source.name: level * source.weight for source in sources}
    low = {source.name: pinned.get(source.name, 0.0) for source in sources}
    high = {source.name: max(low[source.name], _cap(source)) for source in sources}
    if all(low[name] <= share <= high[name] for name, share in shares.items()):
        return shares
    if sum(high.values()) <= hashrate:  # all are full: what is too much is shared by weight
        rest = (hashrate - sum(high.values())) / whole
        return {source.name: high[source.name] + rest * source.weight for source in sources}
    below, above = (
        0.0,
        max(max(high[s.name], 0.0) / s.weight if high[s.name] < float("inf") else hashrate for s in sources),
    )
    above = max(above, hashrate)
    for _ in range(100):  # the water level at which all of it is given out
        level = (below + above) / 2
        shares = {s.name: min(max(level * s.weight, low[s.name]), high[s.name]) for s in sources}
        if sum(shares.values()) > hashrate:
            above = level
        else:
            below = level
    return shares


def _cap(source: SourceInput) -> float:
    cap = source.cap_hashes_per_s
    return float("inf") if cap is None else cap * CAP_ROOM
