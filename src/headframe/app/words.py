"""Numbers with a decimal prefix.

Responsible for: difficulties, and any large number, as three digits.
Not responsible for: what else people read (`cli.words`).
Read next: `cli.words`.
"""

_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
UNKNOWN = "–"


def scaled(value: float) -> str:
    """Three digits and a decimal prefix: 1.23 T; small numbers as they are."""
    if value < 1:
        return f"{value:.3g} " if value else "0 "
    step = 0
    while value >= 999.5 and step < len(_PREFIXES) - 1:
        value /= 1000
        step += 1
    return f"{value:.3g} {_PREFIXES[step]}"


def difficulty(value: float | None) -> str:
    """1.23 M; a dash when unknown."""
    return UNKNOWN if value is None else scaled(value).strip()
