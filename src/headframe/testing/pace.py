"""How hard the next block of an embedded chain is.

Responsible for: the `bits` that a block must carry, as a function of the blocks before it.
Not responsible for: checking that it does (`testing.block_rules`).
Read next: `testing.chain`.

Real regtest never changes its bits, so a chain of it either finds blocks with every second hash or never. A demo wants
a block every few seconds on whatever machine it runs, hence `PacedBits`.
"""

from dataclasses import dataclass
from typing import Protocol

from headframe.bitcoin.target import MAX_TARGET, bits_of_target, target_of_bits, work_of_target

REGTEST_BITS = 0x207FFFFF
"""Bits of real regtest: every second hash is a block."""

MAINNET_LIKE_BITS = 0x17021369
"""Bits that no test will ever meet: shares are cheap, blocks never happen."""

_UNIT = 1 << 16


class Pace(Protocol):
    """The difficulty rule of a chain."""

    @property
    def first_bits(self) -> int:
        """Bits of the genesis block and of the first block after it."""
        ...

    def bits_after(self, parent_bits: int, block_interval_s: int) -> int:
        """Bits of the next block; `block_interval_s` is the header time of its parent less that of its grandparent."""
        ...


@dataclass(frozen=True, slots=True)
class FixedBits:
    """Every block as hard as the first."""

    first_bits: int = REGTEST_BITS

    def bits_after(self, parent_bits: int, block_interval_s: int) -> int:
        return parent_bits


@dataclass(frozen=True, slots=True)
class PacedBits:
    """Starts easy, then steers towards one block per `spacing_s`.

    A block that came `half_life_s` early doubles the expected work of the next, one that came as late halves it; one
    block counts for at most `4 * spacing_s`, so that a machine that slept does not wake up to an avalanche.
    """

    first_work: int = 1 << 17
    spacing_s: int = 9
    half_life_s: int = 27
    easiest_work: int = 1 << 12

    @property
    def first_bits(self) -> int:
        return _bits_of_work(self.first_work)

    def bits_after(self, parent_bits: int, block_interval_s: int) -> int:
        interval_s = max(0, min(block_interval_s, 4 * self.spacing_s))
        steps = (self.spacing_s - interval_s) * _UNIT // self.half_life_s
        doublings, rest = divmod(steps, _UNIT)
        # 2**x is drawn as straight lines between whole powers: integers only, and close enough to steer by.
        work = work_of_target(target_of_bits(parent_bits)) * (_UNIT + rest)
        work = work << doublings if doublings >= 0 else work >> -doublings
        return _bits_of_work(max(self.easiest_work, min(work // _UNIT, 1 << 200)))


def _bits_of_work(work: int) -> int:
    return bits_of_target(min(MAX_TARGET, 2**256 // work - 1))
