"""The 80-byte block header.

Responsible for: packing and reading it.
Not responsible for: whether it is valid.
Read next: `bitcoin.block`.
"""

import struct
from dataclasses import dataclass

from headframe.bitcoin.hashing import sha256d

_LAYOUT = struct.Struct("<I32s32sIII")
HEADER_SIZE = 80

pack_header = _LAYOUT.pack
"""pack_header(version, prev_hash, merkle_root, ntime, bits, nonce) -> 80 bytes; all integers unsigned 32-bit."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header's fields; hashes in internal order."""

    version: int
    prev_hash: bytes
    merkle_root: bytes
    ntime: int
    bits: int
    nonce: int

    @classmethod
    def parse(cls, data: bytes) -> "Header":
        """Read the first 80 bytes. Raises ValueError when there are fewer."""
        if len(data) < HEADER_SIZE:
            raise ValueError("a header has 80 bytes")
        return cls(*_LAYOUT.unpack(data[:HEADER_SIZE]))

    def pack(self) -> bytes:
        return pack_header(self.version, self.prev_hash, self.merkle_root, self.ntime, self.bits, self.nonce)

    @property
    def hash(self) -> bytes:
        return sha256d(self.pack())


def hash_as_integer(header_hash: bytes) -> int:
    """What is compared with a target."""
    return int.from_bytes(header_hash, "little")
