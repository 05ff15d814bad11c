"""A miner's submission and what we say to it.

Responsible for: the values that travel from a session to the judge and back, and the one table that maps each reason
for a refusal to its wire code, its text and its metric label.
Not responsible for: deciding (`mining.judge`), reading or writing a wire (`stratum`).
Read next: `mining.judge`.
"""

from enum import Enum
from typing import TypeAlias

import msgspec

from headframe.mining.units import Work


class RejectReason(Enum):
    """Why a share is refused: (wire code, text, metric label).

    The texts are words that AxeOS explains to its user when they match exactly, so they carry no numbers.
    """

    MALFORMED = (20, "Invalid array size", "malformed")
    BAD_EXTRANONCE2 = (20, "Invalid nonce2 length", "bad_extranonce2")
    BAD_NTIME = (20, "No ntime", "bad_ntime")
    BAD_NONCE = (20, "No nonce", "bad_nonce")
    BAD_VERSION = (20, "Invalid version mask", "bad_version")
    NTIME_OUT_OF_RANGE = (20, "Ntime out of range", "ntime_out_of_range")
    NOT_RECORDED = (20, "Share could not be recorded", "not_recorded")
    JOB_NOT_FOUND = (21, "Job not found", "job_not_found")
    STALE = (21, "Stale", "stale")
    DUPLICATE = (22, "Duplicate share", "duplicate")
    ABOVE_TARGET = (23, "Difficulty too low", "above_target")
    UNAUTHORIZED = (24, "Unauthorized worker", "unauthorized")
    NOT_SUBSCRIBED = (25, "Not subscribed", "not_subscribed")

    def __init__(self, code: int, text: str, label: str) -> None:
        self.code = code
        self.text = text
        self.label = label


class Submission(msgspec.Struct, frozen=True, gc=False):
    """One nonce that a miner found: sizes checked by the wire's parser, meaning checked by the judge.

    extranonce2    the miner's bytes
    ntime, nonce   unsigned 32-bit
    version_bits   the rolled bits, 0 when the miner does not roll
    """

    extranonce2: bytes
    ntime: int
    nonce: int
    version_bits: int = 0


class Solution(msgspec.Struct, frozen=True, gc=False):
    """Proof that a header meets the network target: exactly what was hashed, never to be rebuilt.

    header 80 bytes; coinbase without witness; hash in internal order.
    """

    header: bytes
    coinbase: bytes
    hash: bytes


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """A share that counts. `work` is that of the issued target; `meets_source` says that the source wants it too."""

    work: Work
    hash: bytes
    meets_source: bool
    solution: Solution | None = None


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A share that does not count; it may solve a block all the same. `hash` is what it hashed to where the reason is
    about that (ABOVE_TARGET, DUPLICATE)."""

    reason: RejectReason
    solution: Solution | None = None
    hash: bytes | None = None


Verdict: TypeAlias = Accepted | Rejected
