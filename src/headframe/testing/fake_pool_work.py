"""The work of a fake pool, and its judgement.

Responsible for: jobs on a small chain of the pool's own, what each was issued with, and judging a submit from the wire's
own texts.
Not responsible for: connections and what a pool says (`testing.fake_pool_core`).
Read next: `testing.fake_pool_core`.

Pure: randomness and time are arguments. Deliberately alone: coinbase, merkle root, header and targets are put together
here once more, so that a share which this pool accepts proves something about whoever made it.
"""

import random
import struct
from collections.abc import Container
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from typing import Any

DIFFICULTY_1 = 0xFFFF << 208
MAX_JOBS = 64
"""Jobs remembered, voided ones too; the oldest goes."""


def target_of(difficulty: float) -> int:
    """The most that a hash may be at this difficulty."""
    return min(2**256 - 1, int(DIFFICULTY_1 / Fraction(difficulty)))


def network_target_of(bits: int) -> int:
    return (bits & 0x7FFFFF) << 8 * ((bits >> 24) - 3)


@dataclass(frozen=True, slots=True)
class PoolJob:
    """One job, as bytes in internal order. `prev_hash` names the pool's tip; `siblings` is the merkle branch."""

    job_id: str
    prev_hash: bytes
    coinbase1: bytes
    coinbase2: bytes
    branch: tuple[bytes, ...]
    version: int
    bits: int
    ntime: int
    height: int

    def params(self, clean: bool) -> list[Any]:
        """As mining.notify has it."""
        turned = b"".join(self.prev_hash[at : at + 4][::-1] for at in range(0, 32, 4))
        halves = [self.coinbase1.hex(), self.coinbase2.hex(), [sibling.hex() for sibling in self.branch]]
        numbers = [f"{self.version:08x}", f"{self.bits:08x}", f"{self.ntime:08x}"]
        return [self.job_id, turned.hex(), *halves, *numbers, clean]


@dataclass(frozen=True, slots=True)
class Issued:
    """A job as one connection got it: with what it is judged."""

    job: PoolJob
    target: int
    extranonce1: bytes
    extranonce2_size: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict: `reason` "" for a good share, else its `code` and text. `hash` in internal order, empty when the share
    could not be read. `coinbase` and `header` are what was hashed, for comparing byte by byte."""

    code: int
    reason: str
    hash: bytes = b""
    coinbase: bytes = b""
    header: bytes = b""
    version_bits: int = 0
    extranonce2: bytes = b""

    @property
    def value(self) -> int:
        return int.from_bytes(self.hash, "little")


class PoolChain:
    """A tip, and jobs on it. `bits` is the network target of all its jobs."""

    def __init__(self, rng: random.Random, *, bits: int, version: int = 0x20000000, height: int = 100) -> None:
        self.bits = bits
        self.version = version
        self.height = height
        self._rng = rng
        self._counter = 0
        self.tip = rng.randbytes(32)

    def advance(self, tip: bytes | None = None) -> None:
        """A block was found: with this hash, or by somebody else."""
        self.tip = self._rng.randbytes(32) if tip is None else tip
        self.height += 1

    def job(self, *, counted: bool, extranonce_size: int, ntime: int) -> PoolJob:
        """The next job on the tip, for coinbases that leave this much room."""
        rng = self._rng
        self._counter += 1
        tag = b"\x08" + rng.randbytes(8)
        height = self.height.to_bytes(4, "little")
        script_size = 5 + len(tag) + 1 + extranonce_size
        # The shape of a coinbase: its script ends right after the extranonce.
        head = b"".join(
            (
                struct.pack("<I", 2),
                b"\x01" + bytes(32) + b"\xff" * 4,
                bytes([script_size]),
                b"\x04" + height + tag + bytes([extranonce_size]),
            )
        )
        tail = b"\xff" * 4 + b"\x01" + struct.pack("<Q", 50 * 10**8) + b"\x16\x00\x14" + rng.randbytes(20) + bytes(4)
        branch = tuple(rng.randbytes(32) for _ in range(rng.randint(0, 4)))
        job_id = str(self._counter) if counted else f"{rng.getrandbits(32):x}"
        return PoolJob(job_id, self.tip, head, tail, branch, self.version, self.bits, ntime, self.height)


def judge(
    issued: Issued, params: list[str], *, version_mask: int, target: int, ntime_roll_s: int, seen: Container[bytes]
) -> Judged:
    """The verdict on the parameters of a submit, by the book. `target` is what the hash must meet; whether the job still
    counts is not asked here."""
    job = issued.job
    try:
        extranonce2, ntime, nonce = bytes.fromhex(params[2]), int(params[3], 16), int(params[4], 16)
        rolled = int(params[5], 16) if len(params) > 5 else None
    except (ValueError, IndexError, TypeError):
        return Judged(20, "Invalid parameters")
    if len(extranonce2) != issued.extranonce2_size:
        return Judged(20, "Invalid nonce2 length")
    if not 0 <= ntime < 2**32 or not 0 <= nonce < 2**32:
        return Judged(20, "Invalid parameters")
    coinbase = job.coinbase1 + issued.extranonce1 + extranonce2 + job.coinbase2
    root = _sha256d(coinbase)
    for sibling in job.branch:
        root = _sha256d(root + sibling)
    bits = rolled or 0
    version = job.version if rolled is None else (job.version & ~version_mask | bits & version_mask) & 0xFFFFFFFF
    header = struct.pack("<I32s32sIII", version, job.prev_hash, root, ntime, job.bits, nonce)
    found = Judged(0, "", _sha256d(header), coinbase, header, bits, extranonce2)
    if bits & ~version_mask:
        return replace(found, code=20, reason="Invalid version mask")
    if not job.ntime <= ntime <= job.ntime + ntime_roll_s:
        return replace(found, code=20, reason="Ntime out of range")
    if found.value > target:
        return replace(found, code=23, reason="Difficulty too low")
    if found.hash in seen:
        return replace(found, code=22, reason="Duplicate share")
    return found


def _sha256d(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()
