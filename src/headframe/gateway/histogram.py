"""How long things took, counted in buckets.

Responsible for: cheap latency histograms for the hot path.
Not responsible for: exposing them (`service`, `metrics`).
Read next: `gateway.hub`.
"""

from bisect import bisect_left

BOUNDS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class LatencyHistogram:
    """Counts per bucket (the last is beyond every bound), total seconds and total count."""

    __slots__ = ("counts", "total_count", "total_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.total_s = 0.0
        self.total_count = 0

    def observe(self, seconds: float, times: int = 1) -> None:
        self.counts[bisect_left(BOUNDS_S, seconds)] += times
        self.total_s += seconds * times
        self.total_count += times
