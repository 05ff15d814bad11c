"""Facts to sums.

Responsible for: what was accepted and refused, in all, by source and by account; what became of each block; best
shares. Integers only.
Not responsible for: what pools say (`ledger.upstream`), sums by time (`ledger.rollup`), rates (`ledger.hashrate`),
storing them (`store`).
Read next: `ledger.upstream`.

Work is work, whichever chain it was for, and is summed over sources. Sats are not: sources may be of different chains,
so what a block pays stays with its block.

Totals of a piece of the journal may be added to the totals of what was before it: `add(totals(b))` after `totals(a)`
equals `totals(a + b)`. That is how the store folds. A share batch, and what a pool said, must be applied once (the
position in the journal sees to that); a fact that is keyed may be delivered again together with all that follows it.
"""

from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

from headframe.ledger.facts import (
    BlockFound,
    BlockSettled,
    Fact,
    PayoutSetIssued,
    ShareBatch,
    UpstreamSettled,
)
from headframe.ledger.upstream import UpstreamSum
from headframe.mining.units import Work

DAY_MS: Final = 86_400_000
PENDING: Final = "pending"

WorkerKey: TypeAlias = tuple[str, str]
"""(identity, worker name). The protocol is no part of who is credited."""


def better_hash(one: bytes, other: bytes) -> bytes:
    """The lower of two header hashes (internal order); b"" is no hash."""
    if not one or not other:
        return one or other
    return one if one[::-1] <= other[::-1] else other


def _better(one: bytes, other: bytes) -> bool:
    """Whether `one` is a hash, and lower than `other`."""
    return bool(one) and (not other or one[::-1] < other[::-1])


class SourceSum(msgspec.Struct):
    """What came for one source; `first_ms` is the time of its first accepted share, 0 before it. `upstream` is what the
    pool made of what was passed on, where the source is one."""

    accepted: int = 0
    work: Work = 0
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    best: bytes = b""
    first_ms: int = 0
    upstream: UpstreamSum = msgspec.field(default_factory=UpstreamSum)

    def add(self, other: "SourceSum") -> None:
        self.accepted += other.accepted
        self.work += other.work
        add_counts(self.rejected, other.rejected)
        self.best = better_hash(self.best, other.best)
        self.first_ms = self.first_ms or other.first_ms
        self.upstream.add(other.upstream)


class WorkerSum(msgspec.Struct):
    """What one worker of one identity did. `best_day` is a day number (Unix days) and `day_best` the best hash of it; when
    and for which source each best was (of equal ones the first). `reasons` counts the rejected, since they are told apart.
    """

    accepted: int = 0
    work: Work = 0
    rejected: int = 0
    best: bytes = b""
    best_day: int = 0
    day_best: bytes = b""
    first_ms: int = 0
    last_ms: int = 0
    best_ms: int = 0
    best_source: str = ""
    day_best_ms: int = 0
    day_best_source: str = ""
    reasons: dict[str, int] = msgspec.field(default_factory=dict)

    def note_best(self, best: bytes, time_ms: int, source: str) -> None:
        """An accepted hash. When the clock steps back over midnight, the newer day's best is kept."""
        day = time_ms // DAY_MS
        if day == self.best_day:
            if self.day_best and best[::-1] >= self.day_best[::-1]:
                return  # the common case: nor is it the best ever
            self.day_best, self.day_best_ms, self.day_best_source = best, time_ms, source
        elif day > self.best_day:
            self.best_day, self.day_best, self.day_best_ms, self.day_best_source = day, best, time_ms, source
        self._take_best(best, time_ms, source)

    def add(self, other: "WorkerSum") -> None:
        """`other` is of a later piece of the journal."""
        self.accepted += other.accepted
        self.work += other.work
        self.rejected += other.rejected
        if other.reasons:
            add_counts(self.reasons, other.reasons)
        self._take_best(other.best, other.best_ms, other.best_source)
        if other.best_day > self.best_day or (
            other.best_day == self.best_day and _better(other.day_best, self.day_best)
        ):
            self.best_day, self.day_best = other.best_day, other.day_best
            self.day_best_ms, self.day_best_source = other.day_best_ms, other.day_best_source
        self.first_ms = self.first_ms or other.first_ms
        self.last_ms = max(self.last_ms, other.last_ms)

    def _take_best(self, best: bytes, time_ms: int, source: str) -> None:
        if _better(best, self.best):
            self.best, self.best_ms, self.best_source = best, time_ms, source


class BlockSum(msgspec.Struct):
    """A block as known: how it was found (the first telling counts) and what became of it (the latest counts).
    `source_work` is all work of its source that was on record before the finding was."""

    found: BlockFound | None = None
    settled: BlockSettled | None = None
    source_work: Work = 0

    @property
    def outcome(self) -> str:
        return self.settled.outcome if self.settled else PENDING

    def add(self, other: "BlockSum") -> None:
        if self.found is None and other.found is not None:
            self.found, self.source_work = other.found, other.source_work
        self.settled = other.settled or self.settled


class LedgerTotals(msgspec.Struct):
    """The fold. Grows with sources, workers, blocks and payout sets; who folds decides how much at once."""

    accepted: int = 0
    work: Work = 0
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    best: bytes = b""
    sources: dict[str, SourceSum] = msgspec.field(default_factory=dict)
    workers: dict[WorkerKey, WorkerSum] = msgspec.field(default_factory=dict)
    blocks: dict[bytes, BlockSum] = msgspec.field(default_factory=dict)
    payout_sets: dict[int, PayoutSetIssued] = msgspec.field(default_factory=dict)

    def apply(self, fact: Fact) -> None:
        """One more fact, in the order of the journal."""
        if type(fact) is ShareBatch:
            self._apply_shares(fact)
        elif type(fact) is UpstreamSettled:
            self._source(fact.source).upstream.apply(fact)
        elif type(fact) is BlockFound:
            source = self.sources.get(fact.source)
            self._block(fact.hash).add(BlockSum(fact, None, source.work if source is not None else 0))
        elif type(fact) is BlockSettled:
            self._block(fact.hash).add(BlockSum(settled=fact))
        elif type(fact) is PayoutSetIssued:
            self.payout_sets.setdefault(fact.number, fact)

    def apply_all(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            self.apply(fact)

    def add(self, later: "LedgerTotals") -> None:
        """Add the totals of the piece of the journal that follows what is folded here."""
        self.accepted += later.accepted
        self.work += later.work
        add_counts(self.rejected, later.rejected)
        self.best = better_hash(self.best, later.best)
        for block_hash, block in later.blocks.items():  # before the work of the sources, which they count from
            self._block(block_hash).add(BlockSum(block.found, block.settled, self._work_at(block)))
        for name, source in later.sources.items():
            self._source(name).add(source)
        for key, worker in later.workers.items():
            self._worker(key).add(worker)
        for number, payout_set in later.payout_sets.items():
            self.payout_sets.setdefault(number, payout_set)

    def blocks_by_outcome(self) -> dict[str, int]:
        """Found blocks; an outcome whose finding is not known counts too."""
        counts: dict[str, int] = {}
        for block in self.blocks.values():
            counts[block.outcome] = counts.get(block.outcome, 0) + 1
        return counts

    def _work_at(self, later: BlockSum) -> Work:
        """A later piece's block counts work from the beginning of its piece."""
        before = self.sources.get(later.found.source) if later.found is not None else None
        return later.source_work + (before.work if before is not None else 0)

    def _apply_shares(self, batch: ShareBatch) -> None:
        time_ms = batch.time_ms
        for credit in batch.credits:
            terms, count, best = credit.terms, credit.count, credit.best_hash
            work = terms.work * count
            self.accepted += count
            self.work += work
            source = self.sources.get(terms.source) or self._source(terms.source)
            source.accepted += count
            source.work += work
            source.first_ms = source.first_ms or time_ms
            account = credit.account
            worker = self.workers.get((account.identity, account.worker)) or self._worker(
                (account.identity, account.worker)
            )
            worker.accepted += count
            worker.work += work
            worker.first_ms = worker.first_ms or time_ms
            worker.last_ms = max(worker.last_ms, time_ms)
            worker.note_best(best, time_ms, terms.source)
            if best is not source.best and better_hash(source.best, best) is best:
                source.best = best
                self.best = better_hash(self.best, best)
        for refusal in batch.refusals:
            reason, count = refusal.reason, refusal.count
            self.rejected[reason] = self.rejected.get(reason, 0) + count
            refused = self._source(refusal.source).rejected
            refused[reason] = refused.get(reason, 0) + count
            worker = self._worker((refusal.account.identity, refusal.account.worker))
            worker.rejected += count
            worker.reasons[reason] = worker.reasons.get(reason, 0) + count

    def _source(self, name: str) -> SourceSum:
        found = self.sources.get(name)
        if found is None:
            found = self.sources[name] = SourceSum()
        return found

    def _worker(self, key: WorkerKey) -> WorkerSum:
        found = self.workers.get(key)
        if found is None:
            found = self.workers[key] = WorkerSum()
        return found

    def _block(self, block_hash: bytes) -> BlockSum:
        found = self.blocks.get(block_hash)
        if found is None:
            found = self.blocks[block_hash] = BlockSum()
        return found


def add_counts(into: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        into[name] = into.get(name, 0) + count
