"""What happened lately, for those who look: the last shares and moves of all sessions together.

Responsible for: two bounded rings, and the numbers that explain a refusal.
Not responsible for: what counts (`gateway.tally`), how any of it is shown (`service.floor`).
Read next: `service.floor`.

Keeping is on the per-share path: one tuple and one append. No job is kept alive by it (a job keeps its template alive),
so whatever a reader needs of a job is copied. Bounds: KEPT_SHARES and KEPT_MOVES; the oldest fall out.
"""

from collections import deque
from typing import TypeAlias

from headframe.ledger.facts import Account
from headframe.mining.judge import MAX_NTIME_ROLL_S, STALE_GRACE_S
from headframe.mining.submission import RejectReason
from headframe.mining.units import Target
from headframe.stratum.session import MAX_SENT_CHARS, Submitted

KEPT_SHARES = 8192
KEPT_MOVES = 2000
KEEP_PER_SWEEP = 20
KEEP_BURST = 2000
"""At ten sweeps a second: 200 shares a second are kept, all of those of 2,000 miners; of more, a sample of accepted and
refused ones alike. Not for the append, but because memory that goes round a ring is cold: it cost a microsecond a share."""
Explanation: TypeAlias = dict[str, str | int | float]

KeptShare: TypeAlias = tuple[
    float, Account, str, str, int, Target, bytes | None, RejectReason | None, Explanation | None
]
"""(monotonic time, account, session id, source, seq of the job or 0, issued target or 0, header hash if it was hashed,
reason if refused, explanation if refused)"""

KeptMove: TypeAlias = tuple[float, Account | None, str, str, str, str]
"""(monotonic time, first account, session id, from, to, reason)"""


class Recent:
    """See the module. One owner: the hub."""

    def __init__(self) -> None:
        self.shares: deque[KeptShare] = deque(maxlen=KEPT_SHARES)
        self.moves: deque[KeptMove] = deque(maxlen=KEPT_MOVES)


def explain(event: Submitted, reason: RejectReason, *, void_for_s: float | None, extranonce2_size: int) -> Explanation:
    """The numbers that say what was sent and what was expected. Difficulties are not among them: they follow from the
    hash and the target, which are kept."""
    submission, job, sent = event.submission, event.job, event.sent
    if reason is RejectReason.STALE:
        return {"void_for_s": round(void_for_s or 0.0, 1), "allowed_s": STALE_GRACE_S}
    if reason is RejectReason.JOB_NOT_FOUND:
        return {"job_id": job.job_id if job is not None else _at(sent, 0)}
    if reason is RejectReason.UNAUTHORIZED:
        return {"user": event.user[:MAX_SENT_CHARS]}
    if reason is RejectReason.NTIME_OUT_OF_RANGE and submission is not None and job is not None:
        return {"ntime": submission.ntime, "earliest": job.ntime, "latest": job.ntime + MAX_NTIME_ROLL_S}
    if reason is RejectReason.BAD_VERSION:
        if submission is not None and job is not None:
            return {"bits": f"{submission.version_bits:08x}", "mask": f"{job.version_mask:08x}"}
        return {"sent": _at(sent, 4), "expected_digits": 8}
    if reason is RejectReason.BAD_EXTRANONCE2:
        if submission is not None:
            return {"bytes": len(submission.extranonce2), "expected_bytes": extranonce2_size}
        return {"sent": _at(sent, 1), "expected_bytes": extranonce2_size}
    if reason is RejectReason.BAD_NTIME:
        return {"sent": _at(sent, 2), "expected_digits": 8}
    if reason is RejectReason.BAD_NONCE:
        return {"sent": _at(sent, 3), "expected_digits": 8}
    if reason is RejectReason.MALFORMED:
        return {"fields": len(sent) + 1 if sent else 0, "expected_fields": 5}
    return {}


def _at(sent: tuple[str, ...], index: int) -> str:
    return sent[index] if index < len(sent) else ""
