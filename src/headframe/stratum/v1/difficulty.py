"""Targets as the difficulty that the SV1 wire speaks of, and back.

Responsible for: the decimal that stands for a target in `mining.set_difficulty`, and reading what a miner suggests.
Not responsible for: choosing a target (`mining.vardiff`), exact conversions inside (`bitcoin.target`).
Read next: `stratum.v1.messages`.
"""

from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction

from headframe.bitcoin.target import DIFFICULTY_1_TARGET, target_of_difficulty
from headframe.mining.units import Target

_DIGITS = Context(prec=15, rounding=ROUND_CEILING)
"""Fifteen significant digits: the most that every decimal keeps on its way through a double."""

MAX_NUMBER_CHARS = 32
"""Longest numeric string that is read; a double needs 24."""


def decimal_of_target(target: Target) -> str:
    """The difficulty to send for a target: the least decimal of 15 digits that never asks for less.

    A JSON number without exponent (some parsers know none), an integer where it is one. The target that it implies is
    never easier than `target`, whether the miner reads the decimal exactly or as the nearest double, so that a miner
    never sends a share because of our rounding that we then refuse. (What a miner's own division in doubles adds
    concerns one share in 2**52.)
    """
    # A hash meets difficulty d when hash <= floor(D1 / d); that is <= target exactly when d > D1 / (target + 1).
    bound = target + 1
    decimal = _DIGITS.divide(Decimal(DIFFICULTY_1_TARGET), Decimal(bound))
    while not _asks_enough(Fraction(decimal), bound) or not _asks_enough(Fraction(float(decimal)), bound):
        decimal = _DIGITS.next_plus(decimal)
    text = f"{decimal:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _asks_enough(difficulty: Fraction, bound: int) -> bool:
    return difficulty * bound > DIFFICULTY_1_TARGET


def target_of_suggestion(value: object) -> Target | None:
    """The target of a difficulty that a miner sent as a number or as a numeric string; None when it makes no sense."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and (len(value) > MAX_NUMBER_CHARS or not value.isascii() or "_" in value):
        return None
    if not isinstance(value, int | float | str):
        return None
    try:
        return target_of_difficulty(float(value))
    except (ValueError, OverflowError):
        return None


def target_of_hex(value: object) -> Target | None:
    """The target of `mining.suggest_target`: up to 64 hex digits, most significant first; None when it is not that."""
    if not isinstance(value, str) or not 0 < len(value) <= 64 or not value.isascii() or not value.isalnum():
        return None
    try:
        return int.from_bytes(bytes.fromhex(value.zfill(64)), "big") or None
    except ValueError:
        return None
