"""The fields of a `mining.submit`.

Responsible for: turning a share's hex into a `Submission`, strictly, or into the refusal that fits what is wrong with it.
Not responsible for: whose share it is and of which job (`stratum.v1.session`), whether it is any good (`mining.judge`).
Read next: `mining.submission`.

Per-share path. Every field has an exact length and is nothing but hex digits in either case: a tail that is not hex, a
space or an 0x once let people be paid twice for one share elsewhere (field notes, 2.4).
"""

from struct import Struct

from headframe.mining.submission import Rejected, RejectReason, Submission

MAX_EXTRANONCE2_BYTES = 32
"""No pool gives a miner more; what its size must be is the judge's to say."""

NO_VERSION_BITS = "00000000"

_unpack = Struct(">III").unpack
_from_hex = bytes.fromhex

MALFORMED = Rejected(RejectReason.MALFORMED)
_BAD_EXTRANONCE2 = Rejected(RejectReason.BAD_EXTRANONCE2)
_BAD_NTIME = Rejected(RejectReason.BAD_NTIME)
_BAD_NONCE = Rejected(RejectReason.BAD_NONCE)
_BAD_VERSION = Rejected(RejectReason.BAD_VERSION)


def read_submission(extranonce2: str, ntime: str, nonce: str, version_bits: str) -> Submission | Rejected:
    """The share, or why it cannot be read. ntime, nonce and version bits are 8 hex digits, most significant first."""
    try:
        words = _from_hex(ntime + nonce + version_bits)
        tail = _from_hex(extranonce2)
    except ValueError:
        return _what_is_wrong(extranonce2, ntime, nonce, version_bits)
    # fromhex skips spaces between digits; then there are fewer bytes than pairs of characters.
    if (
        len(words) == 12
        and len(ntime) == 8
        and len(nonce) == 8
        and len(version_bits) == 8
        and 0 < len(tail) <= MAX_EXTRANONCE2_BYTES
        and 2 * len(tail) == len(extranonce2)
    ):
        time, number, bits = _unpack(words)
        return Submission(tail, time, number, bits)
    if not version_bits:
        return read_submission(extranonce2, ntime, nonce, NO_VERSION_BITS)  # quirk no_version_bits
    return _what_is_wrong(extranonce2, ntime, nonce, version_bits)


def _what_is_wrong(extranonce2: str, ntime: str, nonce: str, version_bits: str) -> Rejected:
    # In ckpool's order, so that a device shows what its owner finds when searching for the text.
    if not 0 < len(extranonce2) <= 2 * MAX_EXTRANONCE2_BYTES or not is_hex(extranonce2, len(extranonce2)):
        return _BAD_EXTRANONCE2
    if not is_hex(ntime, 8):
        return _BAD_NTIME
    if not is_hex(nonce, 8):
        return _BAD_NONCE
    return _BAD_VERSION  # all else was right


def as_texts(params: object) -> list[str]:
    """Parameters of which some are no strings: those are read as empty, and refused where something is needed."""
    if not isinstance(params, list):
        return []
    return [value if isinstance(value, str) else "" for value in params]


def is_hex(text: str, digits: int) -> bool:
    """Exactly that many hex digits, an even number, and nothing else."""
    if len(text) != digits:
        return False
    try:
        return 2 * len(_from_hex(text)) == digits
    except ValueError:
        return False
