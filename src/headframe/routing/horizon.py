"""How much work each source was given.

Responsible for: adding up credited work per source, over a sliding horizon (for people and metrics) and since the start
(for the router, which looks only at what was added since it last looked).
Not responsible for: what to do about it (`routing.router`).
Read next: `routing.debt`.

Exact integers. The horizon is kept in steps, so a total covers between one horizon and one horizon and a step. Bounds:
`steps` + 1 steps, and in each at most as many sources as were credited in it. A source that is removed is forgotten
when its last step ends, its sum at `forget`.
"""

from collections import deque
from collections.abc import Mapping

from headframe.mining.units import Work


class Horizon:
    """See the module. One owner; times are monotonic seconds, and one earlier than the last counts as the last."""

    __slots__ = ("_rows", "_since", "_step", "_step_s", "_steps", "_sums", "_totals", "horizon_s")

    def __init__(self, horizon_s: float = 3600.0, steps: int = 60) -> None:
        if not (0 < horizon_s < float("inf") and steps > 0):
            raise ValueError("a horizon is a positive number of seconds in at least one step")
        self.horizon_s = horizon_s
        self._steps = steps
        self._step_s = horizon_s / steps
        self._step: int | None = None
        self._since: float | None = None
        self._rows: deque[tuple[int, dict[str, Work]]] = deque()
        self._totals: dict[str, Work] = {}
        self._sums: dict[str, Work] = {}

    def add(self, now: float, source: str, work: Work) -> None:
        """`work` (>= 0) was credited to a job of this source."""
        self._advance(now)
        step = self._step
        assert step is not None
        if self._since is None:
            self._since = now
        if not self._rows or self._rows[-1][0] != step:
            self._rows.append((step, {}))
        row = self._rows[-1][1]
        row[source] = row.get(source, 0) + work
        self._totals[source] = self._totals.get(source, 0) + work
        self._sums[source] = self._sums.get(source, 0) + work

    def totals(self, now: float) -> dict[str, Work]:
        """Work per source within the horizon; a source without any is left out."""
        self._advance(now)
        return dict(self._totals)

    def shares(self, now: float) -> dict[str, float]:
        """The part (0..1) of the horizon's work that each source had."""
        totals = self.totals(now)
        whole = sum(totals.values())
        return {source: work / whole for source, work in totals.items()} if whole else {}

    def covers_s(self, now: float) -> float | None:
        """Over how much time the totals are: the horizon, or since the first work if that is less; None before it."""
        return None if self._since is None else min(self.horizon_s, max(0.0, now - self._since))

    @property
    def sums(self) -> Mapping[str, Work]:
        """Work per source since the start. Only grows; to be read, not kept."""
        return self._sums

    def forget(self, source: str) -> None:
        """The source is gone for good."""
        self._sums.pop(source, None)

    def _advance(self, now: float) -> None:
        step = int(now // self._step_s)
        if self._step is not None and step <= self._step:
            return
        self._step = step
        rows = self._rows
        while rows and rows[0][0] < step - self._steps:
            for source, work in rows.popleft()[1].items():
                left = self._totals[source] - work
                if left:
                    self._totals[source] = left
                else:
                    del self._totals[source]
