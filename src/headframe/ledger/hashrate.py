"""Credited work to hashrate.

Responsible for: hashes per second over 1m, 5m, 1h, 24h and 7d, honest also for young data.
Not responsible for: where the work comes from (`store.fold`), difficulty (`mining.vardiff`).
Read next: `store.live`.

Work is summed in steps: 10 s for 1m and 5m, a minute for 1h, an hour for 24h and 7d. A window covers whole steps, from
the start of the step that holds `now - window` until now, and the sum is divided by the time that was really covered:
from there, or from the first work if that came later, so a process that runs for 20 s does not divide by 60. At least
MIN_SPAN_S is divided by, or the first share alone would look like a fleet.
"""

from collections import deque
from typing import Final

import msgspec

from headframe.ledger.rollup import Level
from headframe.mining.units import Work

FINE_STEP_S: Final = 10
FINE_SPAN_S: Final = 300
MIN_SPAN_S: Final = 10.0


class Rates(msgspec.Struct, frozen=True):
    """Hashes per second by window."""

    h1m: float = 0.0
    h5m: float = 0.0
    h1h: float = 0.0
    h24h: float = 0.0
    h7d: float = 0.0


def rate(work: float, window_start_ms: int, first_ms: int, now_ms: int) -> float:
    """`work` done since `window_start_ms`, by someone whose first work was at `first_ms` (0: never)."""
    if not work or not first_ms:
        return 0.0
    span_s = (now_ms - max(window_start_ms, first_ms)) / 1000
    return float(work) / max(span_s, MIN_SPAN_S)


def window_start_ms(now_ms: int, window_s: int, step_s: int) -> int:
    """The start of the step that holds the beginning of the window."""
    start_s = now_ms // 1000 - window_s
    return (start_s - start_s % step_s) * 1000


class Meter:
    """Work of one worker, source or everything, in steps of `step_s`, for windows up to `span_s`.

    Bound: span_s / step_s + 1 steps; older ones go. A time before the newest step counts into the newest: clocks that
    are set back do not reorder the journal.
    """

    __slots__ = ("_span_s", "_step_s", "_steps", "first_ms")

    def __init__(self, step_s: int = FINE_STEP_S, span_s: int = FINE_SPAN_S) -> None:
        self._step_s = step_s
        self._span_s = span_s
        self._steps: deque[list[int]] = deque(maxlen=span_s // step_s + 1)
        self.first_ms = 0

    def add(self, time_ms: int, work: Work) -> None:
        if not self.first_ms:
            self.first_ms = time_ms
        start = time_ms // 1000
        start -= start % self._step_s
        steps = self._steps
        if steps and steps[-1][0] >= start:
            steps[-1][1] += work
        else:
            steps.append([start, work])

    def rate(self, window_s: int, now_ms: int) -> float:
        """Hashes per second over the last `window_s` (at most the span)."""
        start_ms = window_start_ms(now_ms, window_s, self._step_s)
        work = sum(work for start, work in self._steps if start * 1000 >= start_ms)
        return rate(work, start_ms, self.first_ms, now_ms)

    def idle(self, now_ms: int) -> bool:
        """Whether nothing of the span has work any more."""
        return not self._steps or self._steps[-1][0] < now_ms // 1000 - self._span_s - self._step_s


class Meters:
    """All windows of one thing; restored from roll-ups after a restart, save the finest."""

    __slots__ = ("_fine", "_hours", "_minutes")

    def __init__(self) -> None:
        self._fine = Meter()
        self._minutes = Meter(Level.MINUTE, 3_600)
        self._hours = Meter(Level.HOUR, 7 * 86_400)

    def restore(self, level: Level, start_s: int, work: Work) -> None:
        """A stored bucket, oldest first."""
        meter = self._minutes if level is Level.MINUTE else self._hours
        meter.add(start_s * 1000, work)

    def known_since(self, first_ms: int) -> None:
        """The time of the very first work, of an earlier run."""
        self._minutes.first_ms = self._hours.first_ms = first_ms

    def add(self, time_ms: int, work: Work) -> None:
        self._fine.add(time_ms, work)
        self._minutes.add(time_ms, work)
        self._hours.add(time_ms, work)

    def rates(self, now_ms: int) -> Rates:
        return Rates(
            self._fine.rate(60, now_ms),
            self._fine.rate(300, now_ms),
            self._minutes.rate(3_600, now_ms),
            self._hours.rate(86_400, now_ms),
            self._hours.rate(604_800, now_ms),
        )
