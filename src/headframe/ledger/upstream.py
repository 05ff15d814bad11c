"""What pools say of the shares that were passed on to them, in sums.

Responsible for: accepted, refused and lost, each as count and work; refusals by the pool's reason, in bounded number.
Not responsible for: our own verdicts and credit (`ledger.totals`), asking pools (`sources`).
Read next: `ledger.totals`.

Reasons are a stranger's words. The MAX_REASONS shortest ones of a source (the first by alphabet among equals) are told
apart, since what a pool says often is short and what it makes up each time (a hash, a number) is long; the rest counts
as OTHER. Which ones are kept depends on which were ever seen, not on their order: so sums of two pieces of a journal
add up to the sums of both.
"""

from typing import Final

import msgspec

from headframe.ledger.facts import UpstreamSettled
from headframe.mining.units import Work

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
LOST: Final = "lost"
OUTCOMES: Final = (ACCEPTED, REFUSED, LOST)

MAX_REASONS: Final = 32
MAX_REASON_CHARS: Final = 64
OTHER: Final = "other"
UNSAID: Final = "unsaid"
"""Refused without a reason."""


class Passed(msgspec.Struct, frozen=True):
    """Shares that were passed on, and the work that a pool should credit for them: the sum of its own targets."""

    count: int = 0
    work: Work = 0

    def plus(self, other: "Passed") -> "Passed":
        return Passed(self.count + other.count, self.work + other.work)


class UpstreamSum(msgspec.Struct):
    """One source's: each of OUTCOMES, and the refused ones by reason: at most MAX_REASONS, and OTHER."""

    shares: dict[str, Passed] = msgspec.field(default_factory=lambda: dict.fromkeys(OUTCOMES, Passed()))
    reasons: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not any(passed.count for passed in self.shares.values())

    def apply(self, fact: UpstreamSettled) -> None:
        """An outcome that is none of OUTCOMES counts as lost: nobody can say what became of those shares."""
        outcome = fact.outcome if fact.outcome in OUTCOMES else LOST
        self.shares[outcome] = self.shares[outcome].plus(Passed(fact.count, fact.work))
        if outcome == REFUSED:
            self._add_reasons({_reason(fact.reason): fact.count})

    def add(self, other: "UpstreamSum") -> None:
        """Add the sums of another piece of the journal."""
        for outcome, passed in other.shares.items():
            self.shares[outcome] = self.shares[outcome].plus(passed)
        self._add_reasons(other.reasons)

    def _add_reasons(self, more: dict[str, int]) -> None:
        reasons = self.reasons
        for reason, count in more.items():
            reasons[reason] = reasons.get(reason, 0) + count
        if len(reasons) <= MAX_REASONS:
            return
        told = sorted((each for each in reasons if each != OTHER), key=lambda each: (len(each), each))
        for reason in told[MAX_REASONS:]:
            reasons[OTHER] = reasons.get(OTHER, 0) + reasons.pop(reason)


def _reason(text: str) -> str:
    """A pool's words, fit to be kept and shown: cut, and without control characters or half characters."""
    return "".join(char if char.isprintable() else "?" for char in text[:MAX_REASON_CHARS]) or UNSAID
