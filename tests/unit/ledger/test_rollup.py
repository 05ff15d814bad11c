"""Buckets of time."""

from headframe.ledger.facts import Account, BlockSettled, Credit, Refusal, ShareBatch, Terms
from headframe.ledger.rollup import Bucket, Level, bucket_start, coarser, minute_buckets

ANNA = Account("anna", "rig1", "sv1")
HOME = Terms("home", 1, 800_000, 0x17034219, 1, 2**70)
T0 = 1_700_000_000 - 1_700_000_000 % 86_400


def share(at_s: int, number: int, count: int = 1) -> ShareBatch:
    return ShareBatch(at_s * 1000 + 999, [Credit(ANNA, HOME, count, bytes(31) + bytes([number]))], [])


def test_a_bucket_begins_at_a_whole_multiple() -> None:
    assert bucket_start(T0 + 3_599, Level.HOUR) == T0
    assert bucket_start(T0 + 3_600, Level.HOUR) == T0 + 3_600
    assert bucket_start(T0 + 86_399, Level.DAY) == T0


def test_shares_fall_into_their_minute() -> None:
    buckets = minute_buckets([share(T0, 5), share(T0 + 59, 3, count=2), share(T0 + 60, 9), BlockSettled(1, b"", "x")])
    assert buckets == {
        (T0, "anna", "rig1", "home"): Bucket(3 * 2**70, 3, 0, bytes(31) + b"\x03"),
        (T0 + 60, "anna", "rig1", "home"): Bucket(2**70, 1, 0, bytes(31) + b"\x09"),
    }


def test_refusals_are_counted_where_they_belong() -> None:
    buckets = minute_buckets([ShareBatch(T0 * 1000, [], [Refusal(ANNA, "pool", "stale", 4)])])
    assert buckets == {(T0, "anna", "rig1", "pool"): Bucket(rejected=4, reasons={"stale": 4})}


def test_coarser_buckets_hold_the_sums_of_the_finer() -> None:
    minutes = minute_buckets([share(T0 + 30 * minute, 100 - minute % 90) for minute in range(4 * 60)])
    hours = coarser(minutes, Level.HOUR)
    assert [(key[0] - T0, bucket.accepted) for key, bucket in hours.items()] == [(0, 120), (3_600, 120)]
    assert coarser(hours, Level.DAY) == coarser(minutes, Level.DAY)
    assert sum(bucket.accepted for bucket in minutes.values()) == 240, "the finer are untouched"
