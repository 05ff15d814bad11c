"""What one loop turn adds to the ledger.

Responsible for: gathering credits, refusals and other facts until the turn's end, and handing them to the journal in
one append, before any reply of the turn leaves; keeping a found block's facts until the journal takes them.
Not responsible for: what a share is worth (`mining.judge`), folding (`ledger`).
Read next: `gateway.hub`.

Bounds: rows grow with the shares of one loop turn only; MAX_KEPT facts that are not shares wait for a journal that is
not available, then the oldest go (their blocks are on disk all the same, with the sources).
"""

from headframe.journal.base import Journal, JournalUnavailable
from headframe.ledger.facts import Account, Credit, Fact, Refusal, ShareBatch, Terms

MAX_KEPT = 1024


class CreditLine:
    """The running credit of one account on one terms within a turn; kept by a seat and used again in later turns."""

    __slots__ = ("_best_value", "_turn", "account", "best_hash", "count", "terms")

    def __init__(self, account: Account, terms: Terms) -> None:
        self.account = account
        self.terms = terms
        self.count = 0
        self.best_hash = b""
        self._best_value = 0
        self._turn = -1

    def add(self, turn: int, header_hash: bytes) -> bool:
        """Count one share; True when this line is new in this turn."""
        if self._turn != turn:
            self._turn = turn
            self.count = 1
            self.best_hash = header_hash
            self._best_value = 0
            return True
        self.count += 1
        best = self._best_value or int.from_bytes(self.best_hash, "little")
        value = int.from_bytes(header_hash, "little")
        if value < best:
            self.best_hash = header_hash
            best = value
        self._best_value = best
        return False


class Tally:
    """See the module. One owner: the hub."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._turn = 0
        self._lines: list[CreditLine] = []
        self._refusals: dict[tuple[Account, str, str], int] = {}
        self._facts: list[Fact] = []

    def credit(self, line: CreditLine, header_hash: bytes) -> None:
        if line.add(self._turn, header_hash):
            self._lines.append(line)

    def refuse(self, account: Account, source: str, reason: str) -> None:
        key = (account, source, reason)
        self._refusals[key] = self._refusals.get(key, 0) + 1

    def note(self, fact: Fact) -> None:
        """A fact that is not a share: kept until the journal takes it."""
        self._facts.append(fact)
        if len(self._facts) > MAX_KEPT:
            del self._facts[0]

    def credited(self) -> dict[str, int]:
        """Work of this turn so far, by source."""
        sums: dict[str, int] = {}
        for line in self._lines:
            terms = line.terms
            sums[terms.source] = sums.get(terms.source, 0) + terms.work * line.count
        return sums

    @property
    def empty(self) -> bool:
        return not (self._lines or self._refusals or self._facts)

    def probe(self, time_ms: int) -> None:
        """Write a batch of nothing, to see whether the journal takes anything. Raises JournalUnavailable."""
        self._journal.append([ShareBatch(time_ms, [], [])])

    def write(self, time_ms: int) -> None:
        """Append the turn. Raises JournalUnavailable; the turn's shares are then gone (and must not be acknowledged),
        its other facts wait."""
        lines, self._lines = self._lines, []
        refusals, self._refusals = self._refusals, {}
        self._turn += 1
        facts: list[Fact] = list(self._facts)
        if lines or refusals:
            facts.append(
                ShareBatch(
                    time_ms,
                    [Credit(line.account, line.terms, line.count, line.best_hash) for line in lines],
                    [Refusal(account, source, reason, n) for (account, source, reason), n in refusals.items()],
                )
            )
        if facts:
            self._journal.append(facts)
            self._facts.clear()


__all__ = ["CreditLine", "JournalUnavailable", "Tally"]
