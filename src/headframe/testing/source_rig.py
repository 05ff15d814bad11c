"""Watching a work source, and solving its jobs.

Responsible for: running a source with its events collected, waiting for one with a bound, and finding a solution of a
job whose target is easy.
Not responsible for: what the events ought to be (`testing.conformance_source`).
Read next: `testing.conformance_source`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from headframe.ledger.facts import Account
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.judge import judge
from headframe.mining.submission import Solution, Submission
from headframe.sources.base import Down, JobReady, LaneLost, Noted, Settled, Share, SourceEvent, Up, WorkSource

E = TypeVar("E", Up, Down, JobReady, LaneLost, Noted, Settled)

LAYOUT = ExtranonceLayout(4, 8)
EXTRANONCE1 = bytes.fromhex("00112233")
PAYOUT = PayoutSet(1, bytes.fromhex("0014") + bytes(range(20)))
ACCOUNT = Account("somebody", "rig", "test")
WAIT_S = 20.0
MAX_TRIES = 1_000_000


class Unsolved(Exception):
    """No solution within MAX_TRIES: the job's target is not an easy one."""


@dataclass(eq=False)
class EventLog:
    """All events of a source, in order."""

    events: list[SourceEvent] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, event: SourceEvent) -> None:
        self.events.append(event)
        self._news.set()

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def until(
        self,
        kind: type[E],
        condition: Callable[[E], bool] = lambda _: True,
        *,
        after: int = 0,
        timeout_s: float = WAIT_S,
    ) -> E:
        """The first event of a kind that meets the condition, from position `after` on; waits for it, boundedly."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    for event in self.events[after:]:
                        if isinstance(event, kind) and condition(event):
                            return event
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            tail = "\n  ".join(repr(event)[:200] for event in self.events[-20:])
            raise AssertionError(f"no such {kind.__name__} within {timeout_s} s; the last events:\n  {tail}") from None

    def mark(self) -> int:
        """The position after what was heard so far."""
        return len(self.events)


@asynccontextmanager
async def running(source: WorkSource) -> AsyncIterator[EventLog]:
    """The source's events while it runs; it is cancelled at the end, and a failure of `run` surfaces."""
    log = EventLog()
    task = asyncio.get_running_loop().create_task(source.run(log), name="source-under-test")
    try:
        yield log
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def job_of(event: JobReady, seq: int = 1, layout: ExtranonceLayout = LAYOUT) -> Job:
    """The job of some work, paying PAYOUT."""
    return event.work.job(PAYOUT, layout, seq)


def solve(job: Job, *, extranonce2: bytes = bytes(8), ntime: int | None = None) -> Share:
    """A share of `job` that solves its block. Two hashes on regtest; raises Unsolved where it is not that easy."""
    for nonce in range(MAX_TRIES):
        submission = Submission(extranonce2, job.ntime if ntime is None else ntime, nonce)
        verdict = judge(job, job.network_target, EXTRANONCE1, submission, seen=(), stale_for_s=None)
        solution: Solution | None = verdict.solution
        if solution is not None:
            return Share(job, EXTRANONCE1, submission, ACCOUNT, solution)
    raise Unsolved(f"{MAX_TRIES} nonces of job {job.job_id} do not meet {job.network_target:x}")
