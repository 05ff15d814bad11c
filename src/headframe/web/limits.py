"""How often somebody may ask.

Responsible for: token buckets by name, bounded in number.
Not responsible for: who is who (`web.visitor`), refusing (`web.guard`), attempts to sign in (`service.accounts`).
Read next: `web.guard`.
"""

from collections import OrderedDict
from math import ceil

MAX_BUCKETS = 4096
"""The one that asked longest ago goes first: it is full again by then, unless thousands ask at once."""


class Buckets:
    """`per_s` requests a second in the long run, `burst` at once."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, name: str, now: float) -> int:
        """Take one: 0, or in how many whole seconds there will be one."""
        level, since = self._levels.pop(name, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._per_s)
        allowed = level >= 1.0
        self._levels[name] = (level - 1.0 if allowed else level, now)
        if len(self._levels) > MAX_BUCKETS:
            self._levels.popitem(last=False)
        return 0 if allowed else max(1, ceil((1.0 - level) / self._per_s))
