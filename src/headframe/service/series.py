"""Buckets to charts.

Responsible for: the steps of a range, which part of each is over, exact sums by step, and hashrates of them.
Not responsible for: reading buckets (`store.past`), choosing what to ask (`service.history`).
Read next: `service.history`.

A hashrate is the work of a step over the part of it that is over and of which anything can be known. The last step is the
running one; until MIN_SPAN_S of it are over its hashrate is not known, since one share would be too much or too little.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from headframe.ledger.hashrate import MIN_SPAN_S
from headframe.ledger.rollup import Level
from headframe.ledger.totals import better_hash
from headframe.mining.units import Work
from headframe.service.history_views import RANGES
from headframe.service.refusals import Invalid
from headframe.store.answers import RollupRow


class Steps(msgspec.Struct, frozen=True):
    """Equal steps from `from_s` (Unix seconds), `count` of them; the last holds `now_ms`."""

    level: Level
    step_s: int
    from_s: int
    count: int
    now_ms: int

    def place(self, time_s: int) -> int:
        """Which step a time is in; the last for later ones (clocks are set back), -1 for one before all."""
        return min((time_s - self.from_s) // self.step_s, self.count - 1) if time_s >= self.from_s else -1

    def rates(
        self, work: Sequence[Work | float], known_since_ms: int | None, least_s: float = MIN_SPAN_S
    ) -> tuple[float | None, ...]:
        """Hashes per second of each step; None where nothing can be known, or for less than `least_s`."""
        if known_since_ms is None:
            return (None,) * self.count
        out: list[float | None] = []
        for place, each in enumerate(work):
            start_ms = (self.from_s + place * self.step_s) * 1000
            span_s = (min(start_ms + self.step_s * 1000, self.now_ms) - max(start_ms, known_since_ms)) / 1000
            out.append(each / span_s if span_s >= least_s else None)
        return tuple(out)


class StepSum(msgspec.Struct):
    """One step: what its buckets hold together, and which of them has the best share."""

    work: Work = 0
    accepted: int = 0
    rejected: int = 0
    best: RollupRow | None = None


def steps_of(span: str, now_ms: int) -> Steps:
    """The steps of a range that ends now. Raises Invalid for a range that is none."""
    if span not in RANGES:
        raise Invalid(f"there is no range {span[:20]!r}", f"ask for one of {', '.join(RANGES)}")
    seconds, step_s = RANGES[span]
    count = seconds // step_s + 1
    now_s = now_ms // 1000
    level = max(level for level in Level if step_s % level == 0)
    return Steps(level, step_s, now_s - now_s % step_s - (count - 1) * step_s, count, now_ms)


def summed(steps: Steps, rows: Iterable[RollupRow]) -> list[StepSum]:
    """Buckets by step."""
    sums = [StepSum() for _ in range(steps.count)]
    for row in rows:
        place = steps.place(row.start_s)
        if place < 0:
            continue
        into = sums[place]
        into.work += row.work
        into.accepted += row.accepted
        into.rejected += row.rejected
        if row.best and (into.best is None or better_hash(into.best.best, row.best) is row.best):
            into.best = row
    return sums


def work_by(steps: Steps, rows: Iterable[RollupRow], name: Callable[[RollupRow], str]) -> dict[str, list[Work]]:
    """Work by step of each name."""
    out: dict[str, list[Work]] = {}
    for row in rows:
        place = steps.place(row.start_s)
        if place >= 0 and row.work:
            out.setdefault(name(row), [0] * steps.count)[place] += row.work
    return out


def counted(steps: Steps, counts: Iterable[tuple[int, str, int]]) -> dict[str, tuple[int, ...]]:
    """(time in Unix seconds, name, count) by name, by step."""
    out: dict[str, list[int]] = {}
    for start_s, name, count in counts:
        place = steps.place(start_s)
        if place >= 0:
            out.setdefault(name, [0] * steps.count)[place] += count
    return {name: tuple(each) for name, each in sorted(out.items())}
