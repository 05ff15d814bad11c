"""Names for the integers of mining.

Responsible for: saying which integer is meant (a target, work, satoshis).
Not responsible for: converting between them (`bitcoin.target`).
Read next: `mining.job`.
"""

from typing import TypeAlias

Target: TypeAlias = int
"""A 256-bit threshold; a header hash, read as a little-endian integer, meets it when it is <= the target."""

Work: TypeAlias = int
"""Expected number of hashes: 2**256 // (target + 1). What is credited, summed and split."""

Sats: TypeAlias = int
"""Satoshis."""
