"""The jobs that can still be submitted: numbers, sharing, what is void, what is forgotten."""

from headframe.gateway import jobbook
from headframe.gateway.jobbook import JobBook
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import PayoutSet

LAYOUT = ExtranonceLayout(4, 8)
PAYOUT = PayoutSet(1, b"\x51")
OTHER = PayoutSet(2, b"\x52")


def test_one_job_is_shared_by_all_sessions_of_a_payout(work):
    book = JobBook(100)
    offered = work(7)
    book.begin(offered, 0.0)
    assert book.job(offered, PAYOUT, LAYOUT, 0.0) is book.job(offered, PAYOUT, LAYOUT, 1.0)
    assert book.job(offered, OTHER, LAYOUT, 0.0) is not book.job(offered, PAYOUT, LAYOUT, 0.0)


def test_numbers_only_grow_and_a_session_that_saw_a_later_one_gets_a_fresh_job(work):
    book = JobBook(100)
    offered = work(7)
    book.begin(offered, 0.0)
    first = book.job(offered, PAYOUT, LAYOUT, 0.0)
    own = book.reissue(offered, PAYOUT, LAYOUT, 0.0)
    assert own.seq > first.seq
    fresh = book.job(offered, PAYOUT, LAYOUT, 0.0, above_seq=own.seq)
    assert fresh.seq > own.seq
    assert book.job(offered, PAYOUT, LAYOUT, 0.0) is fresh


def test_a_reissued_job_searches_another_space(work):
    book = JobBook(100)
    offered = work(7)
    book.begin(offered, 0.0)
    assert book.reissue(offered, PAYOUT, LAYOUT, 0.0).coinbase1 != book.reissue(offered, PAYOUT, LAYOUT, 0.0).coinbase1


def test_a_new_block_voids_earlier_jobs_of_its_source_only(work):
    book = JobBook(1)
    old, elsewhere, new = work(7), work(7, source="pool"), work(8)
    book.begin(old, 0.0)
    book.begin(elsewhere, 0.0)
    old_job, pool_job = book.job(old, PAYOUT, LAYOUT, 0.0), book.job(elsewhere, PAYOUT, LAYOUT, 0.0)
    assert book.void_for_s(old_job, 5.0) is None
    book.begin(new, 10.0)
    new_job = book.job(new, PAYOUT, LAYOUT, 10.0)
    assert book.void_for_s(old_job, 12.5) == 2.5
    assert book.void_for_s(pool_job, 12.5) is None
    assert book.void_for_s(new_job, 12.5) is None


def test_void_counts_from_the_first_block_that_made_it_so(work):
    book = JobBook(1)
    first = work(7)
    book.begin(first, 0.0)
    job = book.job(first, PAYOUT, LAYOUT, 0.0)
    for height in (8, 9, 10):
        book.begin(work(height), float(height))
    assert book.void_for_s(job, 20.0) == 12.0


def test_refreshed_work_of_the_same_block_voids_nothing(work):
    book = JobBook(1)
    first = work(7)
    book.begin(first, 0.0)
    job = book.job(first, PAYOUT, LAYOUT, 0.0)
    book.begin(work(7, clean=False), 30.0)
    assert book.void_for_s(job, 31.0) is None


def test_jobs_stay_ten_minutes_and_at_least_three_works_stay_for_ever(work):
    book = JobBook(1)
    jobs = []
    for index in range(5):
        offered = work(7, clean=index == 0)
        book.begin(offered, float(index))
        jobs.append(book.job(offered, PAYOUT, LAYOUT, float(index)))
    assert all(book.get(job.seq) for job in jobs)
    newest = work(7, clean=False)
    book.begin(newest, 10_000.0)
    kept = [job for job in jobs if book.get(job.seq)]
    assert kept == jobs[-2:], "the newest work counts as the third"
    assert book.oldest_seq == jobs[-2].seq


def test_the_seen_shares_are_bounded_and_the_oldest_job_goes_first(work, monkeypatch):
    monkeypatch.setattr(jobbook, "MAX_SEEN", 10)
    book = JobBook(1)
    first, second = work(7), work(7, clean=False)
    book.begin(first, 0.0)
    old = book.job(first, PAYOUT, LAYOUT, 0.0)
    book.begin(second, 1.0)
    new = book.job(second, PAYOUT, LAYOUT, 1.0)
    for number in range(8):
        book.remember(book.get(old.seq), number.to_bytes(16, "big"))
    for number in range(8):
        book.remember(book.get(new.seq), number.to_bytes(16, "big"))
    assert book.get(old.seq) is None
    assert len(book.get(new.seq).seen) == 8


class Visited:
    """Work that only says at which visits it was issued."""

    lane = "pool#1"
    clean = True

    def __init__(self, made):
        self._made = made
        self.visits = []

    def job(self, payout, layout, seq, visit=0):
        self.visits.append(visit)
        return self._made.job(payout, layout, seq)


def test_a_visit_lies_beyond_what_the_clock_has_reached_in_earlier_ones(work):
    # Where visits are told by the time alone, a second for each, a miner that rolls it by the clock must not be met again.
    book, offered = JobBook(1), Visited(work(7, source="pool"))
    book.begin(offered, 0.0)
    times = [0.0, 0.0, 0.9, 1.0, 30.5, 30.6, 60.0]
    for now in times:
        book.reissue(offered, PAYOUT, LAYOUT, now)
    issued = list(zip(offered.visits, times, strict=True))
    assert offered.visits[0] == 0
    for at, (visit, now) in enumerate(issued):
        assert all(visit > earlier + (now - then) for earlier, then in issued[:at])
    assert offered.visits[-1] <= 60 + len(times)
