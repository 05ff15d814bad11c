"""What each fact adds to the sums."""

from headframe.ledger.facts import (
    Account,
    BlockFound,
    BlockSettled,
    Credit,
    PayoutSetIssued,
    Refusal,
    ShareBatch,
    Terms,
)
from headframe.ledger.totals import DAY_MS, LedgerTotals, WorkerSum, better_hash

ANNA = Account("anna", "rig1", "sv1")
BERT = Account("bert", "rig1", "sv2")
HOME = Terms("home", 1, 800_000, 0x17034219, 1, 2**70)
POOL = Terms("pool", 4, 800_000, 0x17034219, 1, 3)
HASH = b"\x07" * 32
DAY = 20_000


def low(number: int) -> bytes:
    """A hash that is lower for a lower number: internal order ends with the high bytes."""
    return bytes(31) + bytes([number])


def totals_of(*facts: object) -> LedgerTotals:
    totals = LedgerTotals()
    totals.apply_all(facts)  # type: ignore[arg-type]
    return totals


def found(time_ms: int = 5, source: str = "home") -> BlockFound:
    return BlockFound(time_ms, HASH, 800_000, source, 1, ANNA, 1, 312_500_000, 0x17034219)


def test_credit_is_the_work_of_the_terms_times_the_count_never_the_luck_of_the_hash() -> None:
    totals = totals_of(ShareBatch(1, [Credit(ANNA, HOME, 3, low(1)), Credit(BERT, POOL, 2, low(200))], []))
    assert (totals.accepted, totals.work) == (5, 3 * 2**70 + 6)
    assert totals.sources["home"].work == totals.workers[("anna", "rig1")].work == 3 * 2**70
    assert totals.sources["pool"].work == totals.workers[("bert", "rig1")].work == 6


def test_refusals_count_by_reason_source_and_worker_and_earn_nothing() -> None:
    totals = totals_of(ShareBatch(1, [], [Refusal(ANNA, "home", "stale", 2), Refusal(ANNA, "", "job_not_found", 1)]))
    assert totals.rejected == {"stale": 2, "job_not_found": 1}
    assert totals.sources["home"].rejected == {"stale": 2}
    assert totals.sources[""].rejected == {"job_not_found": 1}
    assert totals.workers[("anna", "rig1")].rejected == 3
    assert (totals.accepted, totals.work) == (0, 0)


def test_one_worker_over_two_protocols_is_one_worker() -> None:
    other = Account("anna", "rig1", "sv2")
    totals = totals_of(ShareBatch(1, [Credit(ANNA, HOME, 1, low(1)), Credit(other, HOME, 1, low(2))], []))
    assert list(totals.workers) == [("anna", "rig1")]


def test_the_best_hash_is_the_lowest_number_in_internal_order() -> None:
    assert better_hash(b"\xff" * 31 + b"\x00", bytes(31) + b"\x01") == b"\xff" * 31 + b"\x00"
    assert better_hash(b"", low(9)) == better_hash(low(9), b"") == low(9)


def test_best_ever_and_best_of_the_day() -> None:
    def share(day: int, number: int) -> ShareBatch:
        return ShareBatch(day * DAY_MS + 5, [Credit(ANNA, HOME, 1, low(number))], [])

    totals = totals_of(share(DAY, 5), share(DAY, 9), share(DAY + 1, 7), share(DAY + 1, 8))
    worker = totals.workers[("anna", "rig1")]
    assert (worker.best, worker.best_day, worker.day_best) == (low(5), DAY + 1, low(7))
    assert totals.best == totals.sources["home"].best == low(5)
    totals.apply(share(DAY, 3))  # the clock stepped back over midnight
    assert (worker.best, worker.best_day, worker.day_best) == (low(3), DAY + 1, low(7))
    assert totals.best == low(3)


def test_first_and_last_times() -> None:
    totals = totals_of(*(ShareBatch(at, [Credit(ANNA, HOME, 1, low(1))], []) for at in (50, 70, 60)))
    worker = totals.workers[("anna", "rig1")]
    assert (worker.first_ms, worker.last_ms, totals.sources["home"].first_ms) == (50, 70, 50)


def test_a_found_block_is_pending_until_it_is_settled_and_the_latest_word_counts() -> None:
    totals = totals_of(found())
    assert totals.blocks_by_outcome() == {"pending": 1}
    totals.apply(BlockSettled(6, HASH, "accepted", "", 1))
    assert totals.blocks_by_outcome() == {"accepted": 1}
    totals.apply(BlockSettled(4, HASH, "orphaned"))
    assert totals.blocks_by_outcome() == {"orphaned": 1}, "the journal's order counts, not the clock"


def test_a_block_found_twice_stays_as_first_told() -> None:
    totals = totals_of(found(), BlockSettled(6, HASH, "accepted"), found(9, "other"))
    assert totals.blocks[HASH].found == found()
    assert totals.blocks_by_outcome() == {"accepted": 1}


def test_a_payout_set_never_changes() -> None:
    first, second = PayoutSetIssued(1, 7, b"a", [(b"b", 100)]), PayoutSetIssued(2, 7, b"z", [])
    assert totals_of(first, second).payout_sets == {7: first}


def test_adding_nothing_changes_nothing() -> None:
    totals = totals_of(found(), ShareBatch(1, [Credit(ANNA, HOME, 1, low(1))], []))
    before = totals_of(found(), ShareBatch(1, [Credit(ANNA, HOME, 1, low(1))], []))
    totals.add(LedgerTotals())
    assert totals == before
    assert WorkerSum() == WorkerSum()
