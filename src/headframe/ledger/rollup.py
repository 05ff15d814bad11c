"""Facts to sums by time.

Responsible for: buckets of a minute, an hour and a day per worker and source, and making the coarser from the finer.
Not responsible for: storing them (`store`), rates (`ledger.hashrate`).
Read next: `ledger.hashrate`.

Like totals, buckets of two pieces of the journal add up to the buckets of both. Days are UTC.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TypeAlias

import msgspec

from headframe.ledger.facts import Fact, ShareBatch
from headframe.ledger.totals import add_counts, better_hash
from headframe.mining.units import Work


class Level(IntEnum):
    """Seconds of a bucket."""

    MINUTE = 60
    HOUR = 3_600
    DAY = 86_400


BucketKey: TypeAlias = tuple[int, str, str, str]
"""(start in Unix seconds, identity, worker, source)."""


class Bucket(msgspec.Struct, gc=False):
    """What one worker did for one source in one span of time. `best` is the lowest header hash, b"" for none; `reasons`
    counts the rejected."""

    work: Work = 0
    accepted: int = 0
    rejected: int = 0
    best: bytes = b""
    reasons: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, other: "Bucket") -> None:
        self.work += other.work
        self.accepted += other.accepted
        self.rejected += other.rejected
        self.best = better_hash(self.best, other.best)
        if other.reasons:
            add_counts(self.reasons, other.reasons)


def bucket_start(time_s: int, level: Level) -> int:
    """The start of the bucket that holds `time_s`."""
    return time_s - time_s % level


def minute_buckets(facts: Iterable[Fact]) -> dict[BucketKey, Bucket]:
    """The minutes of some facts; facts that are not shares add nothing."""
    buckets: dict[BucketKey, Bucket] = {}
    for fact in facts:
        if type(fact) is ShareBatch:
            _add_shares(buckets, fact)
    return buckets


def coarser(buckets: Mapping[BucketKey, Bucket], level: Level) -> dict[BucketKey, Bucket]:
    """The same sums in buckets of `level`, from finer ones."""
    out: dict[BucketKey, Bucket] = {}
    for (start, identity, worker, source), bucket in buckets.items():
        _bucket(out, (bucket_start(start, level), identity, worker, source)).add(bucket)
    return out


def _add_shares(buckets: dict[BucketKey, Bucket], batch: ShareBatch) -> None:
    start = bucket_start(batch.time_ms // 1000, Level.MINUTE)
    for credit in batch.credits:
        account, terms = credit.account, credit.terms
        key = (start, account.identity, account.worker, terms.source)
        bucket = buckets.get(key) or _bucket(buckets, key)
        bucket.work += terms.work * credit.count
        bucket.accepted += credit.count
        bucket.best = better_hash(bucket.best, credit.best_hash)
    for refusal in batch.refusals:
        account, count = refusal.account, refusal.count
        bucket = _bucket(buckets, (start, account.identity, account.worker, refusal.source))
        bucket.rejected += count
        bucket.reasons[refusal.reason] = bucket.reasons.get(refusal.reason, 0) + count


def _bucket(buckets: dict[BucketKey, Bucket], key: BucketKey) -> Bucket:
    found = buckets.get(key)
    if found is None:
        found = buckets[key] = Bucket()
    return found
