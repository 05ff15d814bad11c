"""`mining.configure`, BIP310.

Responsible for: what we answer to each extension that a miner asks for.
Not responsible for: sending it (`stratum.v1.session`), checking rolled bits (`mining.judge`).
Read next: `stratum.v1.session`.
"""

from dataclasses import dataclass

from headframe.mining.units import Target
from headframe.stratum.v1.difficulty import target_of_suggestion

MAX_EXTENSIONS = 32
"""BIP310 knows four; what comes after this many is not answered."""


@dataclass(frozen=True, slots=True)
class Configured:
    """What to answer, and what the miner told us on the way."""

    result: dict[str, object]
    minimum: Target | None = None
    firmware: str = ""
    rolled_mask: int = 0


def negotiate(params: object, version_mask: int) -> Configured | None:
    """The answer to `params`: [[extension, ...], {argument: value, ...}]; None when they are not of that shape.

    An extension that we do not know, or whose arguments make no sense, is answered with false, as BIP310 asks.
    """
    if not isinstance(params, list) or not params or not isinstance(params[0], list):
        return None
    arguments = params[1] if len(params) > 1 and isinstance(params[1], dict) else {}
    asked = [name for name in params[0][:MAX_EXTENSIONS] if isinstance(name, str)]
    result: dict[str, object] = {}
    minimum: Target | None = None
    if "version-rolling" in asked:
        result |= _version_rolling(arguments, version_mask)
    rolled = result.get("version-rolling.mask")
    for name in asked:
        if name == "minimum-difficulty":
            value = arguments.get("minimum-difficulty.value")
            minimum = target_of_suggestion(value)
            # Zero is a valid way to ask for nothing.
            result[name] = minimum is not None or (value == 0 and not isinstance(value, bool))
        elif name in ("subscribe-extranonce", "info"):
            result[name] = True
        elif name != "version-rolling":
            result[name] = False
    firmware = arguments.get("info.sw-version") if "info" in asked else None
    return Configured(
        result,
        minimum,
        firmware if isinstance(firmware, str) else "",
        int(rolled, 16) if isinstance(rolled, str) else 0,
    )


def _version_rolling(arguments: dict[str, object], version_mask: int) -> dict[str, object]:
    wanted = _mask(arguments.get("version-rolling.mask", "ffffffff"))
    if wanted is None:
        return {"version-rolling": False}
    mask = wanted & version_mask
    least = arguments.get("version-rolling.min-bit-count", 0)
    if mask == 0 or (isinstance(least, int) and mask.bit_count() < least):
        return {"version-rolling": False}
    return {"version-rolling": True, "version-rolling.mask": f"{mask:08x}"}


def _mask(value: object) -> int | None:
    if not isinstance(value, str) or not 0 < len(value) <= 8 or not value.isalnum() or not value.isascii():
        return None
    try:
        return int("0" + value, 16)
    except ValueError:
        return None
