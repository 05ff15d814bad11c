"""SHA-256d, the only hash that mining needs.

Responsible for: the double hash. Not responsible for: what is hashed.
Read next: `bitcoin.target`.

hashlib is the fastest library there is for this (docs/decisions/0004).
"""

from hashlib import sha256


def sha256d(data: bytes) -> bytes:
    """SHA-256 of SHA-256: 32 bytes in internal order."""
    return sha256(sha256(data).digest()).digest()
