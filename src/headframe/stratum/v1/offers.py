"""What a session was offered, and what it was asked for with each.

Responsible for: remembering the jobs of one session with the target that each carried, finding one by the id that a
miner sends, and handing the whole to the connection that resumes the session.
Not responsible for: how long a job may be submitted (`gateway.jobbook` says when to forget).
Read next: `stratum.v1.session`.

There are thousands of these: two short lists that share their jobs and targets with everybody else's.
"""

from bisect import bisect_left
from dataclasses import dataclass

from headframe.mining.job import Job
from headframe.mining.units import Target

MAX_JOB_ID_CHARS = 16
"""ckpool's length; a sequence number of ours has fewer digits for millions of years."""

NO_TARGET: Target = 0
"""Issued with no job at all: no hash meets it."""


@dataclass(frozen=True, slots=True)
class OfferMemory:
    """What outlives a connection: jobs in the order they were offered, and their targets."""

    jobs: tuple[Job, ...]
    targets: tuple[Target, ...]


def _seq(job: Job) -> int:
    return job.seq


class Offers:
    """Jobs in the order of their seq, at most `max_jobs`: when there is one more, the oldest is forgotten."""

    __slots__ = ("_jobs", "_max_jobs", "_newest_id", "_targets")

    def __init__(self, max_jobs: int) -> None:
        self._max_jobs = max_jobs
        self._jobs: list[Job] = []
        self._targets: list[Target] = []
        self._newest_id = ""

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job, job_id: str, target: Target) -> None:
        """Remember that this job was offered with this target. ValueError (our bug) unless its seq is a new highest.

        `job_id` is its id on the wire; nearly every share names the newest job by exactly this text.
        """
        jobs = self._jobs
        if jobs and job.seq <= jobs[-1].seq:
            raise ValueError(f"job {job.seq} offered after job {jobs[-1].seq}")
        jobs.append(job)
        self._targets.append(target)
        self._newest_id = job_id
        if len(jobs) > self._max_jobs:
            del jobs[0], self._targets[0]

    def find(self, job_id: str) -> tuple[Job | None, Target]:
        """The job that the wire calls by this id and the target it was issued with; (None, NO_TARGET) if there is none.

        Hex digits in either case, leading zeros allowed, nothing else.
        """
        if job_id == self._newest_id and self._jobs:
            return self._jobs[-1], self._targets[-1]
        if len(job_id) > MAX_JOB_ID_CHARS or not job_id.isalnum() or not job_id.isascii():
            return None, NO_TARGET
        try:
            seq = int("0" + job_id, 16)  # the zero makes an 0x prefix an error
        except ValueError:
            return None, NO_TARGET
        jobs = self._jobs
        index = bisect_left(jobs, seq, key=_seq)
        if index < len(jobs) and jobs[index].seq == seq:
            return jobs[index], self._targets[index]
        return None, NO_TARGET

    def forget(self, before_seq: int) -> None:
        """Drop all jobs with a lower seq."""
        if self._jobs and self._jobs[0].seq < before_seq:
            index = bisect_left(self._jobs, before_seq, key=_seq)
            del self._jobs[:index], self._targets[:index]

    def memory(self) -> OfferMemory:
        return OfferMemory(tuple(self._jobs), tuple(self._targets))

    def restore(self, memory: OfferMemory) -> None:
        """Begin with what another connection left behind. Only before the first offer."""
        if self._jobs:
            raise ValueError("this session has offers of its own already")
        self._jobs = list(memory.jobs[-self._max_jobs :])
        self._targets = list(memory.targets[-self._max_jobs :])
        self._newest_id = self._jobs[-1].job_id if self._jobs else ""
