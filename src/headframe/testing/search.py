"""Looking for shares.

Responsible for: walking the space of a job (extranonce2, version bits, nonce) without ever repeating a header, and
hashing it a slice at a time.
Not responsible for: how fast and for how long (`testing.hasher`, `testing.fleet`).
Read next: `testing.hasher`.

Pure. The header's first 64 bytes are hashed once (the midstate); about a million hashes per second and core.
"""

from dataclasses import dataclass
from hashlib import sha256

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.header import pack_header
from headframe.bitcoin.merkle import root_of_branch
from headframe.testing.miner_protocol import FoundShare, MinerJob

NONCES = 1 << 20
"""Nonces tried before the version is rolled: far from all of them, so that rolling is seen within seconds."""

VERSIONS = 4
"""Versions tried before extranonce2 moves on."""

MAX_ROLLED_S = 600
"""How far the header's time follows the clock beyond the job's time; servers allow more."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What became of a slice: hashes done, and the share that ended it, if any."""

    hashes: int
    found: FoundShare | None


class Search:
    """The search of one job. Several miners of one connection share it by `first` and `stride` over extranonce2."""

    def __init__(self, job: MinerJob, *, first: int = 0, stride: int = 1) -> None:
        self._job = job
        self._stride = stride
        self._space: int = 256**job.extranonce2_size
        self._extranonce2 = first % self._space
        self._variant = 0
        self._nonce = 0
        self._root = self._merkle_root()
        # A cheap first test: the hash of a share ends in at least these zeros.
        self._zeros = bytes((256 - job.target.bit_length()) // 8)

    def run(self, count: int, *, rolled_s: int = 0) -> Slice:
        """Try up to `count` headers; ends early at a share. `rolled_s`: seconds since the job came."""
        job = self._job
        bits = self._version_bits()
        ntime = job.ntime + min(max(rolled_s, 0), MAX_ROLLED_S)
        version = job.version & ~job.version_mask | bits
        header = pack_header(version & 0xFFFFFFFF, job.prev_hash, self._root, ntime, job.bits, 0)
        copy, tail, zeros, target = sha256(header[:64]).copy, header[64:76], self._zeros, job.target
        start = self._nonce
        end = min(start + count, NONCES)
        for nonce in range(start, end):
            inner = copy()
            inner.update(tail + nonce.to_bytes(4, "little"))
            digest = sha256(inner.digest()).digest()
            if digest.endswith(zeros) and int.from_bytes(digest, "little") <= target:
                extranonce2 = self._extranonce2_bytes()
                self._advance(nonce + 1)
                return Slice(nonce + 1 - start, FoundShare(extranonce2, ntime, nonce, bits))
        self._advance(end)
        return Slice(end - start, None)

    def _advance(self, nonce: int) -> None:
        self._nonce = nonce
        if nonce < NONCES:
            return
        self._nonce = 0
        self._variant += 1
        if self._variant < VERSIONS and self._job.version_mask:
            return
        self._variant = 0
        self._extranonce2 = (self._extranonce2 + self._stride) % self._space
        self._root = self._merkle_root()

    def _version_bits(self) -> int:
        mask = self._job.version_mask
        return self._variant * (mask & -mask) & mask

    def _extranonce2_bytes(self) -> bytes:
        extranonce2: bytes = self._extranonce2.to_bytes(self._job.extranonce2_size, "big")
        return extranonce2

    def _merkle_root(self) -> bytes:
        coinbase = self._job.coinbase1 + self._extranonce2_bytes() + self._job.coinbase2
        return root_of_branch(sha256d(coinbase), self._job.branch)
