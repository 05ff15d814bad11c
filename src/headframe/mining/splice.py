"""A pool's job as ours, and our miner's share as the pool's.

Responsible for: which bytes of a pool's coinbase are the pool's, which vary with the visit, which are the miner's; turning
what a pool offers into a `Job` and a submission of that job back into what the pool must be told.
Not responsible for: reading a pool's wire (`stratum.v1.client`), choosing sizes (`mining.layout`), sending (`sources.pool`).
Read next: docs/flows/pool.md.

    pool's view :  coinbase1 | extranonce1 |        extranonce2 (room bytes)        | coinbase2
    miner's view:  coinbase1 + extranonce1 + visit | our extranonce1 | extranonce2  | coinbase2

Visit n has n in the visit bytes, as a big-endian number below VISITS_SPARE; where those run out (or there are none) each
wrap adds one second to the time. Together with extranonce1 values that never begin with a zero byte
(`mining.extranonce`) this keeps sessions of different sizes apart: the shorter layout has a zero where the longer one has
the first byte of its extranonce1, as long as their sizes differ by two or more.
"""

from dataclasses import dataclass
from enum import Enum

from headframe.bitcoin.target import target_of_bits
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job
from headframe.mining.jobmaker import VERSION_MASK
from headframe.mining.submission import Submission
from headframe.mining.units import Target

VISITS_SPARE = 256
"""How many visits the spare bytes tell apart: one byte's worth, so that all before it stay zero (see the module)."""

MAX_BUMP_S = 3600
"""How far visits may move the time: half of what a node allows, the other half is for miners that roll it."""


class RoomTooSmall(ValueError):
    """A session's extranonce does not fit into what the pool lets us vary; its owner must not send it there."""


class VersionRule(Enum):
    """How a pool puts our rolled bits into its version. They agree while its own bits in the mask are zero.

    MASK  (version & ~mask) | bits: BIP310, and nearly everybody. Own bits of the pool are cleared: exact always.
    XOR   version ^ bits: own bits are cleared and undone in what is submitted: exact always.
    OR    version | bits: bits that the pool has set cannot be cleared, so they are not offered for rolling in that job.
    """

    MASK = "mask"
    XOR = "xor"
    OR = "or"


@dataclass(frozen=True, slots=True, eq=False)
class PoolOffer:
    """What a pool offers to mine, with what was in force when it did. Bytes in internal order.

    room          bytes of extranonce2 that the pool lets us vary
    version_mask  the bits it lets us roll
    connection    number of the connection it came by: its shares go nowhere else
    """

    job_id: str
    prev_hash: bytes
    coinbase1: bytes
    coinbase2: bytes
    branch: tuple[bytes, ...]
    version: int
    bits: int
    ntime: int
    target: Target
    extranonce1: bytes
    room: int
    version_mask: int
    rule: VersionRule = VersionRule.MASK
    connection: int = 0

    @property
    def rolled_mask(self) -> int:
        """The bits that a miner may roll in this job."""
        mask = self.version_mask & VERSION_MASK
        return mask & ~self.version if self.rule is VersionRule.OR else mask

    @property
    def searched(self) -> tuple[object, ...]:
        """What tells its search space from another's, but for the time and what is rolled."""
        return self.coinbase1 + self.extranonce1, self.coinbase2, self.room, self.prev_hash, self.branch, self.bits


@dataclass(frozen=True, slots=True)
class Upstreamed:
    """A submission as the pool must be told: `extranonce2` as long as its room; `version_bits` None where it grants no
    rolling."""

    job_id: str
    extranonce2: bytes
    ntime: int
    nonce: int
    version_bits: int | None


@dataclass(frozen=True, slots=True)
class JobPlace:
    """Where a job belongs: what its maker knows and the pool does not."""

    source: str
    generation: int
    lane: str
    height: int
    payout_set: int
    seq: int
    clean: bool


def spliced_job(offer: PoolOffer, layout: ExtranonceLayout, visit: int, place: JobPlace, *, ntime: int) -> Job:
    """The job of this offer for sessions of this layout, at this visit; `ntime` is what a visit's seconds are added to.

    Raises RoomTooSmall when the layout does not fit, ValueError for bits that no header can have.
    """
    visit_size = offer.room - layout.size
    if visit_size < 0:
        raise RoomTooSmall(f"{layout.size} bytes of extranonce do not fit into {offer.room}")
    visit_bytes, bump_s = visit_at(visit, visit_size)
    mask = offer.rolled_mask
    network_target = target_of_bits(offer.bits)
    return Job(
        seq=place.seq,
        source=place.source,
        generation=place.generation,
        height=place.height,
        version=offer.version & ~mask & 0xFFFFFFFF,
        version_mask=mask,
        prev_hash=offer.prev_hash,
        bits=offer.bits,
        ntime=min(ntime + bump_s, 0xFFFFFFFF),
        coinbase1=offer.coinbase1 + offer.extranonce1 + visit_bytes,
        coinbase2=offer.coinbase2,
        layout=layout,
        visit_size=visit_size,
        branch=offer.branch,
        # A pool on a test chain may ask for more than the block does; a block is never worth less than a share.
        source_target=max(offer.target, network_target),
        network_target=network_target,
        payout_set=place.payout_set,
        clean=place.clean,
        origin=offer,
        lane=place.lane,
    )


def visit_at(visit: int, visit_size: int) -> tuple[bytes, int]:
    """(the visit bytes, seconds added to the time) of the n-th visit. No two visits are the same while the seconds stay
    below MAX_BUMP_S; after that they begin anew."""
    spare = VISITS_SPARE if visit_size else 1
    wraps, number = divmod(visit, spare)
    return number.to_bytes(visit_size, "big"), wraps % MAX_BUMP_S


def to_upstream(job: Job, extranonce1: bytes, submission: Submission) -> Upstreamed:
    """What to tell the pool about a submission of one of its jobs. Raises TypeError for a job that is no pool's."""
    offer = job.origin
    if not isinstance(offer, PoolOffer):
        raise TypeError("this job is not of a pool")
    visit = job.coinbase1[len(job.coinbase1) - job.visit_size :]
    extranonce2 = visit + extranonce1 + submission.extranonce2
    bits: int | None = None
    if offer.version_mask:
        mask = job.version_mask
        version = job.version & ~mask | submission.version_bits & mask
        bits = (version ^ offer.version if offer.rule is VersionRule.XOR else version) & offer.version_mask
    return Upstreamed(offer.job_id, extranonce2, submission.ntime, submission.nonce, bits)


def height_in(coinbase1: bytes) -> int:
    """The height that a coinbase's first half says (BIP34); 0 where it says none that we understand."""
    at = 4 + 1 + 32 + 4 + 1  # version, one input, its previous output, a script length of one byte
    if len(coinbase1) <= at:
        return 0
    size = coinbase1[at]
    if 0x51 <= size <= 0x60:  # OP_1 .. OP_16
        return size - 0x50
    number = coinbase1[at + 1 : at + 1 + size]
    if not 1 <= size <= 5 or len(number) != size:
        return 0
    height = int.from_bytes(number, "little", signed=True)
    return max(0, height)


def pool_header_version(offer: PoolOffer, bits: int | None) -> int:
    """The header version that a pool of this rule rebuilds; what `to_upstream` is held against."""
    if bits is None:
        return offer.version
    mask = offer.version_mask
    if offer.rule is VersionRule.OR:
        return offer.version | (bits & mask)
    if offer.rule is VersionRule.XOR:
        return offer.version ^ (bits & mask)
    return offer.version & ~mask & 0xFFFFFFFF | bits & mask
