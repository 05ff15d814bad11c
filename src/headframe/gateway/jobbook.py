"""The jobs that can still be submitted.

Responsible for: numbering jobs, making each (work, payout, layout) job once and sharing it, knowing which are void,
which shares of each were seen, and letting old ones go.
Not responsible for: offering them (`gateway.hub`), judging (`mining.judge`).
Read next: `gateway.seat`.

Kept: every job of the last ten minutes and at least the three newest works of each lane. Bounds: MAX_JOBS jobs and
MAX_SEEN shares remembered in all; beyond either, the oldest void or superseded jobs go first. A share of a job that is
gone is `Job not found`, and is block-tested all the same, since the session still holds the job.
"""

from collections import OrderedDict

from headframe.ledger.facts import Terms
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.sources.base import Work

KEEP_S = 600.0
KEEP_WORKS = 3
MAX_JOBS = 100_000
MAX_SEEN = 2_000_000
MAX_VOID_MARKS = 8


class BookedJob:
    """One job, and what was seen of the work it belongs to."""

    __slots__ = ("_terms", "issue", "issued_at", "job", "seen")

    def __init__(self, job: Job, issue: "Issue", issued_at: float) -> None:
        self.job = job
        self.issue = issue
        self.issued_at = issued_at
        self.seen = issue.seen
        self._terms: dict[int, Terms] = {}

    def terms(self, work: int) -> Terms:
        """What a share of this job, asked for with this much work, is credited under; one object for each."""
        found = self._terms.get(work)
        if found is None:
            job = self.job
            found = Terms(job.source, job.generation, job.height, job.bits, job.payout_set, work)
            self._terms[work] = found
        return found


class Issue:
    """All jobs of one work. What was seen belongs to the work: two of its jobs may lead to the same header (a pool that
    leaves us no visit bytes gets another time instead, which a miner may roll as well, and further than the clock)."""

    __slots__ = ("by_class", "live_jobs", "seen", "visits", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.by_class: dict[tuple[int, ExtranonceLayout], Job] = {}
        self.visits: dict[tuple[int, ExtranonceLayout], tuple[int, float]] = {}
        """The latest visit of each class, and when it was issued."""
        self.seen: set[bytes] = set()
        self.live_jobs = 0

    def next_visit(self, key: tuple[int, ExtranonceLayout], now: float) -> int:
        """The number of a visit that begins now. Where it is told by the time alone, a second for each number, it lies
        beyond all that miners who roll the time by the clock have reached in earlier ones."""
        latest = self.visits.get(key)
        visit = 0 if latest is None else latest[0] + 1 + max(0, int(now - latest[1]))
        self.visits[key] = visit, now
        return visit


class JobBook:
    """See the module. `first_seq` must be above every seq of earlier runs."""

    def __init__(self, first_seq: int) -> None:
        self._next_seq = first_seq
        self._booked: OrderedDict[int, BookedJob] = OrderedDict()
        self._issues: dict[str, list[Issue]] = {}
        self._seen_total = 0
        self._voids: dict[str, list[tuple[int, float]]] = {}
        self._lane_jobs: dict[str, int] = {}
        self._private: OrderedDict[int, None] = OrderedDict()
        """Jobs of one session alone: the first to go when there are too many."""

    def __len__(self) -> int:
        return len(self._booked)

    @property
    def oldest_seq(self) -> int:
        """Sessions may forget everything below."""
        return next(iter(self._booked), self._next_seq)

    def get(self, seq: int) -> BookedJob | None:
        return self._booked.get(seq)

    def void_for_s(self, job: Job, now: float) -> float | None:
        """Seconds since this job became worthless; None while it is worth mining."""
        marks = self._voids.get(job.lane)
        if not marks or job.seq >= marks[-1][0]:
            return None
        return next(now - since for seq, since in marks if job.seq < seq)

    def begin(self, work: Work, now: float) -> None:
        """A lane has new work; if it is clean, the lane's earlier jobs are void from now on."""
        if work.clean:
            self.void(work.lane, now)
        self._issues.setdefault(work.lane, []).append(Issue(work))
        self._trim(now)

    def void(self, lane: str, now: float) -> None:
        """Every job of this lane so far is void from now on."""
        marks = self._voids.setdefault(lane, [])
        marks.append((self._next_seq, now))
        del marks[:-MAX_VOID_MARKS]

    def end(self, lane: str, now: float) -> None:
        """The lane is gone for good: its jobs can be submitted for a while, and nothing is issued of it any more."""
        self.void(lane, now)
        self._issues.pop(lane, None)

    def job(self, work: Work, payout: PayoutSet, layout: ExtranonceLayout, now: float, *, above_seq: int = 0) -> Job:
        """The shared job of this work for this payout and layout; a fresh one where the shared one's number is not
        above `above_seq` (a session's numbers only grow), which then is the shared one."""
        issue = self._issue(work)
        key = (payout.number, layout)
        job = issue.by_class.get(key)
        if job is None or job.seq <= above_seq:
            job = self.reissue(work, payout, layout, now)
            self._private.pop(job.seq, None)
            issue.by_class[key] = job
        return job

    def reissue(self, work: Work, payout: PayoutSet, layout: ExtranonceLayout, now: float) -> Job:
        """A job of this work for one session alone: same transactions, another search space."""
        issue = self._issue(work)
        key = (payout.number, layout)
        visit = issue.next_visit(key, now)
        seq = self._next_seq
        self._next_seq += 1
        job = work.job(payout, layout, seq, visit)
        issue.live_jobs += 1
        self._booked[seq] = BookedJob(job, issue, now)
        self._private[seq] = None
        self._lane_jobs[job.lane] = self._lane_jobs.get(job.lane, 0) + 1
        if len(self._booked) > MAX_JOBS:
            self._drop(next(iter(self._private if len(self._private) > 1 else self._booked)))
        return job

    def newest(self, source: str) -> Job | None:
        """The latest job that was made for a source, for those who look."""
        for booked in reversed(self._booked.values()):
            if booked.job.source == source:
                return booked.job
        return None

    def remember(self, booked: BookedJob, key: bytes) -> None:
        """This share was accepted; seeing it again is a duplicate."""
        booked.seen.add(key)
        self._seen_total += 1
        if self._seen_total > MAX_SEEN and len(self._booked) > 1:
            self._drop(next(iter(self._booked)))

    def _issue(self, work: Work) -> Issue:
        for issue in reversed(self._issues[work.lane]):
            if issue.work is work:
                return issue
        raise LookupError("this work was never begun")

    def _trim(self, now: float) -> None:
        for issues in self._issues.values():
            del issues[:-KEEP_WORKS]
        kept = {job.seq for issues in self._issues.values() for issue in issues for job in issue.by_class.values()}
        while self._booked:
            seq, booked = next(iter(self._booked.items()))
            if seq in kept or now - booked.issued_at < KEEP_S:
                return
            self._drop(seq)

    def _drop(self, seq: int) -> None:
        booked = self._booked.pop(seq)
        self._private.pop(seq, None)
        lane = booked.job.lane
        self._lane_jobs[lane] -= 1
        if not self._lane_jobs[lane]:
            del self._lane_jobs[lane]
            if lane not in self._issues:
                self._voids.pop(lane, None)  # nothing is left that a mark could void
        booked.issue.live_jobs -= 1
        if not booked.issue.live_jobs:
            self._seen_total -= len(booked.seen)
            booked.issue.seen = set()
