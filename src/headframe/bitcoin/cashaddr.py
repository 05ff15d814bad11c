"""CashAddr: the address format of Bitcoin Cash.

Responsible for: whether a text is an address of one of that chain's networks; its kind and hash.
Not responsible for: who is paid (the pool; our own blocks are never of that chain), the older base58 form
(`bitcoin.address`).
Read next: `config.checks`.

A prefix, a colon (both may be left out), then digits of five bits: a version byte and a hash, and a checksum of forty
bits over GF(32) that covers the prefix too. Source: the CashAddr specification of the Bitcoin Cash project. Error texts
never repeat what was given.
"""

from collections.abc import Iterable
from typing import NamedTuple

from headframe.bitcoin.address import AddressError

CASH_PREFIXES = {"mainnet": "bitcoincash", "testnet3": "bchtest", "testnet4": "bchtest", "regtest": "bchreg"}
"""Networks of that chain; it has no signet."""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_DIGITS = {letter: value for value, letter in enumerate(_ALPHABET)}
_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_CHECKSUM_DIGITS = 8
_HASH_BITS = (160, 192, 224, 256, 320, 384, 448, 512)
_MAX_SIZE = 140
_KINDS = ("p2pkh", "p2sh", "p2pkh", "p2sh")
"""By type bits; 2 and 3 say that the wallet also takes tokens."""


class CashAddress(NamedTuple):
    """`kind` "p2pkh" or "p2sh"; `digest` as it stands in the script, 20 bytes (32 for the longer p2sh)."""

    kind: str
    digest: bytes


def read_cash_address(address: str, network: str) -> CashAddress:
    """The address on this network of the chain. Raises AddressError, with problem and remedy in its text."""
    wanted = CASH_PREFIXES[network]
    expected = f"give a {network} address, {wanted}:q... or {wanted}:p..."
    if not address or len(address) > _MAX_SIZE or not address.isascii():
        raise AddressError(f"this is no CashAddr address: {expected}")
    if address not in (address.lower(), address.upper()):
        raise AddressError("upper and lower case are mixed: write the address all in lower case")
    prefix, colon, text = address.lower().rpartition(":")
    if colon and prefix != wanted:
        others = sorted({name for name, known in CASH_PREFIXES.items() if known == prefix})
        what = f"a {' or '.join(others)} address" if others else "an address of another currency"
        raise AddressError(f"this is {what} and the network is {network}: {expected}")
    digits = [_DIGITS.get(letter, -1) for letter in text]
    if -1 in digits or len(digits) <= _CHECKSUM_DIGITS:
        raise AddressError(f"this is no CashAddr address: {expected}")
    if checksum(wanted, digits) != 0:
        raise AddressError("the address's checksum is wrong (mistyped, cut, or of another network): copy it again")
    return _unpacked(digits[:-_CHECKSUM_DIGITS], expected)


def looks_like_cash_address(address: str) -> bool:
    """Whether it is written in this format rather than in base58: by its prefix, or by its first letter and length."""
    text = address.lower()
    return ":" in text or (len(text) >= 42 and text[0] in "qpzr")


def checksum(prefix: str, digits: Iterable[int]) -> int:
    """0 for a prefix and digits (checksum included) that belong together."""
    state = 1
    for digit in (*(code & 31 for code in prefix.encode()), 0, *digits):
        top = state >> 35
        state = (state & 0x07FFFFFFFF) << 5 ^ digit
        for bit, term in enumerate(_GENERATOR):
            if top >> bit & 1:
                state ^= term
    return state ^ 1


def _unpacked(digits: list[int], expected: str) -> CashAddress:
    number = 0
    for digit in digits:
        number = number << 5 | digit
    size, padding = divmod(5 * len(digits), 8)
    if padding > 4 or number & ((1 << padding) - 1) or size < 1:
        raise AddressError(f"the address has a length that no address has: {expected}")
    version, digest = (data := (number >> padding).to_bytes(size, "big"))[0], data[1:]
    if version & 0x80 or version >> 3 >= len(_KINDS) or len(digest) * 8 != _HASH_BITS[version & 7]:
        raise AddressError(f"the address is of a kind that does not exist: {expected}")
    kind = _KINDS[version >> 3]
    if len(digest) != 20 and not (kind == "p2sh" and len(digest) == 32):
        raise AddressError(f"the address is of a kind that nobody can spend from: {expected}")
    return CashAddress(kind, digest)
