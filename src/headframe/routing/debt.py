"""What each source is owed.

Responsible for: comparing the work that was delivered with the parts that were in force while it was delivered.
Not responsible for: measuring work (`routing.horizon`), paying debts (`routing.router`).
Read next: docs/decisions/0010-router.md.

A debt is an integral and not the difference of two windows: a window that corrects a past error meets its own
correction again when that leaves the window. It is bounded three ways: what was delivered under other weights, or while
a source could not work, was right then and is not owed; a debt fades with the horizon; and it never exceeds `bound_s`
seconds of the whole fleet's work.
"""

from collections.abc import Mapping

from headframe.mining.units import Work


class Debts:
    """See the module. One owner. Debts are floats in hashes; positive: the source is owed. They sum to zero."""

    __slots__ = ("_bound_s", "_fade_s", "_last", "_parts", "_seen", "owed")

    def __init__(self, fade_s: float, bound_s: float) -> None:
        self._fade_s = fade_s
        self._bound_s = bound_s
        self._last: float | None = None
        self._parts: dict[str, float] = {}
        self._seen: dict[str, Work] = {}
        self.owed: dict[str, float] = {}

    def settle(self, now: float, sums: Mapping[str, Work]) -> None:
        """Work was delivered up to now, under the parts last put in force."""
        new = {name: sums.get(name, 0) - self._seen.get(name, 0) for name in self._parts}
        self._seen = dict(sums)
        faded = 1.0
        if self._last is not None and now > self._last:
            faded = 1.0 / (1.0 + (now - self._last) / self._fade_s)
        self._last = now
        whole = sum(new.values())
        for name, part in self._parts.items():
            self.owed[name] = self.owed[name] * faded + (part * whole - new[name])

    def put_in_force(self, wanted: Mapping[str, float], *, known: bool) -> None:
        """From now on these hashes per second are right (`known`: they are; else only their ratios). Sources left out
        are owed nothing."""
        hashrate = sum(wanted.values())
        self._parts = {name: rate / hashrate for name, rate in wanted.items()} if hashrate > 0 else {}
        bound = hashrate * self._bound_s if known else float("inf")
        owed = {name: min(max(self.owed.get(name, 0.0), -bound), bound) for name in self._parts}
        over = sum(owed[name] for name in sorted(owed))
        self.owed = {name: debt - over * self._parts[name] for name, debt in owed.items()}
