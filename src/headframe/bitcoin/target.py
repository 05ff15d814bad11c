"""bits <-> target <-> work <-> difficulty.

Responsible for: exact conversion between the compact form in a header, the 256-bit target, the expected work and the
difficulty that people and the SV1 wire speak of.
Not responsible for: which target applies (`mining`).
Read next: `bitcoin.header`.

Targets and work are integers. Only difficulty is a float, and it is never used to decide.
"""

from fractions import Fraction

MAX_TARGET = 2**256 - 1
DIFFICULTY_1_TARGET = 0xFFFF << 208
"""The target of difficulty 1, as every pool and miner uses it ("bdiff")."""


def target_of_bits(bits: int) -> int:
    """The target that a header's compact `bits` stands for (Bitcoin Core's arith_uint256::SetCompact).

    Raises ValueError for a negative, overflowing or zero target: no valid header has one.
    """
    exponent, mantissa = bits >> 24, bits & 0x007FFFFF
    if bits & 0x00800000:
        raise ValueError(f"negative target in bits {bits:08x}")
    target = mantissa >> (8 * (3 - exponent)) if exponent <= 3 else mantissa << (8 * (exponent - 3))
    if not 0 < target <= MAX_TARGET:
        raise ValueError(f"impossible target in bits {bits:08x}")
    return target


def bits_of_target(target: int) -> int:
    """The compact form, rounded down as Bitcoin Core's GetCompact does. Raises ValueError outside 1..MAX_TARGET."""
    if not 0 < target <= MAX_TARGET:
        raise ValueError("target out of range")
    exponent = (target.bit_length() + 7) // 8
    mantissa = target << (8 * (3 - exponent)) if exponent <= 3 else target >> (8 * (exponent - 3))
    if mantissa & 0x00800000:
        mantissa >>= 8
        exponent += 1
    return exponent << 24 | mantissa


def work_of_target(target: int) -> int:
    """Expected number of hashes to meet the target: 2**256 // (target + 1)."""
    return 2**256 // (target + 1)


def difficulty_of_target(target: int) -> float:
    """Difficulty for people and for the SV1 wire."""
    return DIFFICULTY_1_TARGET / target


def target_of_difficulty(difficulty: float) -> int:
    """The target of a difficulty, exact for the float given, at most MAX_TARGET. Raises ValueError unless positive and
    finite."""
    if not 0 < difficulty < float("inf"):
        raise ValueError("difficulty must be a positive number")
    return max(1, min(MAX_TARGET, int(DIFFICULTY_1_TARGET / Fraction(difficulty))))
