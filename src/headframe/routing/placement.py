"""Where a session mines: the first, simple router.

Responsible for: choosing a source for a session that needs one, by weight and by how many sessions each source has.
Not responsible for: moving sessions that are well where they are, measuring delivered work (the router to come).
Read next: `gateway.hub`.
"""

from collections.abc import Mapping


def place(weights: Mapping[str, int], counts: Mapping[str, int]) -> str | None:
    """The source furthest below its share of the sessions; None when no source has weight.

    weights  of the sources that can work now (a weight of 0 takes no session)
    counts   sessions per source now
    Ties go to the heavier source, then to the earlier name, so that the same input gives the same answer.
    """
    candidates = [name for name, weight in weights.items() if weight > 0]
    if not candidates:
        return None
    return min(candidates, key=lambda name: (counts.get(name, 0) / weights[name], -weights[name], name))
