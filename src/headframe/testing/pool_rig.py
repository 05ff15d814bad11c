"""A pool source and the fake pool behind it, for tests.

Responsible for: settings with short deadlines, putting the two together over TCP, shares of a pool's jobs.
Not responsible for: what ought to happen (the tests), a pool's manners (`testing.fake_pool`).
Read next: `testing.source_rig`.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from headframe.bitcoin.networks import NETWORKS
from headframe.ledger.facts import Account
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.judge import judge
from headframe.mining.submission import Accepted, Submission
from headframe.net.clock import SystemClock
from headframe.sources.base import JobReady, Share
from headframe.sources.pool.settings import PoolSettings, read_url
from headframe.sources.pool.source import PoolSource
from headframe.testing.source_rig import EventLog, Unsolved, running

LAYOUT = ExtranonceLayout(4, 4)
EXTRANONCE1 = bytes.fromhex("a1a2a3a4")
PAYOUT = PayoutSet(1, b"\x51")
MAX_TRIES = 2_000_000


def pool_settings(*urls: str, **changes: Any) -> PoolSettings:
    """A source called "ocean" with pauses that a test can wait for."""
    fields: dict[str, Any] = {
        "wallet": "bc1qsomebody",
        "connect_s": 2.0,
        "handshake_s": 2.0,
        "retry_s": 0.02,
        "max_retry_s": 0.1,
        "return_s": 0.1,
        "reply_s": 5.0,
    }
    return PoolSettings("ocean", NETWORKS["mainnet"], tuple(read_url(url) for url in urls), **(fields | changes))


def pool_source(*urls: str, **changes: Any) -> PoolSource:
    return PoolSource(pool_settings(*urls, **changes), SystemClock(), random.Random(1))


@dataclass(slots=True)
class Mine:
    """A running source, what it said, and a miner that never searches the same nonce twice."""

    source: PoolSource
    log: EventLog
    extranonce1: bytes = EXTRANONCE1
    last_nonce: int = 0
    seq: int = 0

    def job(self, ready: JobReady, visit: int = 0) -> Job:
        self.seq += 1
        return ready.work.job(PAYOUT, LAYOUT, self.seq, visit)

    def share(
        self,
        job: Job,
        *,
        worker: str = "rig",
        target: int | None = None,
        version_bits: int = 0,
        extranonce2: bytes = b"\x00\x00\x00\x07",
    ) -> Share:
        """A share of this job that meets its source target (or another one)."""
        bits = version_bits & job.version_mask
        for _ in range(MAX_TRIES):
            self.last_nonce += 1
            submission = Submission(extranonce2, job.ntime, self.last_nonce, bits)
            wanted = job.source_target if target is None else target
            verdict = judge(job, wanted, self.extranonce1, submission, seen=(), stale_for_s=None)
            if isinstance(verdict, Accepted):
                account = Account("somebody", worker, "test")
                return Share(job, self.extranonce1, submission, account, verdict.solution)
        raise Unsolved(f"no share of job {job.job_id} in {MAX_TRIES} tries")


@asynccontextmanager
async def mining(*urls: str, **changes: Any) -> AsyncIterator[Mine]:
    """A source that runs, on these pools."""
    source = pool_source(*urls, **changes)
    async with running(source) as log:
        yield Mine(source, log)
