"""Numbers in words for people.

Responsible for: hashrates, ages and amounts as short text.
Not responsible for: where they are shown (`cli.live`).
Read next: `cli.live`.
"""

from headframe.app.words import UNKNOWN as UNKNOWN
from headframe.app.words import difficulty as difficulty
from headframe.app.words import scaled


def hashrate(hashes_per_second: float) -> str:
    """1.23 TH/s."""
    return f"{scaled(hashes_per_second)}H/s"


def whole(value: int) -> str:
    """12 345 678, with thin separators."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def sats(value: int, chain: str | None = "btc") -> str:
    """Satoshis as coins of their chain, exact to the last digit: 3.12500000 BTC; without the name of a chain that is
    not known. A dash for none: a pool does not say what its blocks pay."""
    if not value:
        return UNKNOWN
    return f"{value // 100_000_000}.{value % 100_000_000:08d} {(chain or '').upper()}".rstrip()


def percent(part: float | None) -> str:
    """A part of the whole: 69.8 %; a dash when unknown."""
    return UNKNOWN if part is None else f"{part * 100:.1f}".removesuffix(".0") + " %"


def age(seconds: float | None) -> str:
    """12 s, 3 min, 4 h 5 min, 6 d 7 h; a dash when unknown."""
    if seconds is None:
        return UNKNOWN
    rest = int(seconds)
    if rest < 60:
        return f"{rest} s"
    if rest < 3600:
        return f"{rest // 60} min"
    if rest < 86400:
        return f"{rest // 3600} h {rest % 3600 // 60} min"
    return f"{rest // 86400} d {rest % 86400 // 3600} h"
