"""Addresses to output scripts and back.

Responsible for: every address kind on every network we know: P2PKH and P2SH (base58check), P2WPKH and P2WSH (bech32,
BIP173), P2TR and later witness versions (bech32m, BIP350); saying in words what is wrong with an address.
Not responsible for: who is paid (`mining.job.PayoutSet`), what a miner's user name means (`mining.identity`).
Read next: `mining.identity`.

Error texts never repeat what was given: people paste private keys into the wrong box. Why bech32 is written here and
base58 is not: docs/decisions/0005-addresses.md.
"""

from collections.abc import Iterable, Sequence

import base58

from headframe.bitcoin.networks import NETWORKS, Network

MAX_ADDRESS_SIZE = 90
"""BIP173's bound; base58 addresses are far shorter."""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_DIGITS = {letter: value for value, letter in enumerate(_ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32, _BECH32M = 1, 0x2BC830A3
_CHECKSUM_SIZE = 6
_EXTENDED_KEYS = ("xpub", "ypub", "zpub", "tpub", "upub", "vpub", "xprv", "yprv", "zprv", "tprv", "uprv", "vprv")
_PRIVATE_KEY_VERSIONS = (128, 239)


class AddressError(ValueError):
    """Not an address of this network; the text says what is wrong and what to do, without repeating the address."""


def normalise_address(address: str) -> str:
    """The one spelling to compare and store: bech32 in lower case when it came all in upper case (as in QR codes).

    Anything else comes back as it was; nothing is checked.
    """
    lower = address.lower()
    is_bech32 = any(lower.startswith(f"{known.bech32_prefix}1") for known in NETWORKS.values())
    return lower if is_bech32 and address.isascii() and address == address.upper() else address


def script_of_address(address: str, network: Network) -> bytes:
    """The output script that pays `address` on `network`. Raises AddressError, with problem and remedy in its text.

    Witness versions 2 to 16, and version 1 with a length that is not taproot's, are accepted as BIP350 asks; until a
    soft fork gives them a meaning anybody can spend such an output.
    """
    if not address:
        raise AddressError(f"the address is empty: give {_expected(network)}")
    if address.startswith(_EXTENDED_KEYS) and len(address) > MAX_ADDRESS_SIZE:
        raise AddressError(f"this is an extended key of a wallet, not an address: give {_expected(network)}")
    if len(address) > MAX_ADDRESS_SIZE:
        raise AddressError(f"an address has at most {MAX_ADDRESS_SIZE} characters: give {_expected(network)}")
    if not (address.isascii() and address.isprintable()) or " " in address:
        raise AddressError("the address contains a space or a character that no address has: copy it again")
    prefix = address.lower().partition("1")[0]
    if any(prefix == known.bech32_prefix for known in NETWORKS.values()):
        return _segwit_script(address, prefix, network)
    return _base58_script(address, network)


def address_of_script(script: bytes, network: Network) -> str | None:
    """The address that `script` pays on `network`, or None when it has none (OP_RETURN, bare keys, anything odd)."""
    if len(script) == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return base58.b58encode_check(bytes([network.p2pkh_version]) + script[3:23]).decode()
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return base58.b58encode_check(bytes([network.p2sh_version]) + script[2:22]).decode()
    if not (4 <= len(script) <= 42 and script[1] == len(script) - 2):
        return None
    if script[0] == 0:
        return _encode(network.bech32_prefix, 0, script[2:]) if len(script) in (22, 34) else None
    if 0x51 <= script[0] <= 0x60:
        return _encode(network.bech32_prefix, script[0] - 0x50, script[2:])
    return None


def kind_of_script(script: bytes) -> str:
    """What an output script is called: P2PKH, P2SH, P2WPKH, P2WSH, P2TR, another witness version, or "" for others."""
    if len(script) == 25 and script.startswith(b"\x76\xa9\x14") and script.endswith(b"\x88\xac"):
        return "P2PKH"
    if len(script) == 23 and script.startswith(b"\xa9\x14") and script.endswith(b"\x87"):
        return "P2SH"
    if 4 <= len(script) <= 42 and script[0] in (0, *range(0x51, 0x61)) and script[1] == len(script) - 2:
        version, size = (0 if script[0] == 0 else script[0] - 0x50), script[1]
        known = {(0, 20): "P2WPKH", (0, 32): "P2WSH", (1, 32): "P2TR"}
        return known.get((version, size), f"witness version {version}")
    return ""


def _expected(network: Network) -> str:
    base58_starts = "1 or 3" if network.p2pkh_version == 0 else "m, n or 2"
    return f"a {network.name} address (it starts with {network.bech32_prefix}1, {base58_starts})"


def _wrong_network(owners: Iterable[Network], network: Network) -> AddressError:
    *others, last = [owner.name for owner in owners]
    names = f"{', '.join(others)} or {last}" if others else last
    return AddressError(f"this is a {names} address and the network is {network.name}: give {_expected(network)}")


# base58check


def _base58_script(address: str, network: Network) -> bytes:
    try:
        payload = base58.b58decode(address)
    except ValueError:
        raise AddressError(f"this is no Bitcoin address: give {_expected(network)}") from None
    try:
        payload = base58.b58decode_check(address)
    except ValueError:
        if len(payload) != 25:
            raise AddressError(f"this is no Bitcoin address: give {_expected(network)}") from None
        raise AddressError("the address's checksum is wrong, it was mistyped or cut: copy it again") from None
    version, digest = payload[:1], payload[1:]
    if len(digest) in (32, 33) and version[0] in _PRIVATE_KEY_VERSIONS:
        raise AddressError("this is a private key, show it to nobody: give the address that belongs to it")
    if len(digest) != 20:
        raise AddressError(f"a base58 address holds 20 bytes, this one {len(digest)}: give {_expected(network)}")
    if version[0] == network.p2pkh_version:
        return b"\x76\xa9\x14" + digest + b"\x88\xac"
    if version[0] == network.p2sh_version:
        return b"\xa9\x14" + digest + b"\x87"
    owners = [known for known in NETWORKS.values() if version[0] in (known.p2pkh_version, known.p2sh_version)]
    if owners:
        raise _wrong_network(owners, network)
    raise AddressError(f"an address of another currency (version {version[0]}): give {_expected(network)}")


# bech32 and bech32m


def _segwit_script(address: str, prefix: str, network: Network) -> bytes:
    if address not in (address.lower(), address.upper()):
        raise AddressError("upper and lower case are mixed: write the address all in lower case")
    owners = [known for known in NETWORKS.values() if known.bech32_prefix == prefix]
    if network not in owners:
        raise _wrong_network(owners, network)
    try:
        digits = [_DIGITS[letter] for letter in address.lower()[len(prefix) + 1 :]]
    except KeyError:
        raise AddressError("the address contains a letter that no bech32 address has: copy it again") from None
    if len(digits) < _CHECKSUM_SIZE + 1:
        raise AddressError("the address is cut short: copy it again")
    checksum = _polymod([*_expanded(prefix), *digits])
    if checksum not in (_BECH32, _BECH32M):
        raise AddressError("the address's checksum is wrong, it was mistyped or cut: copy it again")
    version, program = digits[0], _bytes_of_digits(digits[1:-_CHECKSUM_SIZE])
    if version > 16:
        raise AddressError(f"witness version {version} does not exist: give {_expected(network)}")
    if checksum != _constant(version):
        used, needed = ("bech32", "bech32m") if version else ("bech32m", "bech32")
        raise AddressError(
            f"the address is written in {used} and witness version {version} needs {needed}: "
            "make it again with an up-to-date wallet"
        )
    if program is None or not 2 <= len(program) <= 40 or (version == 0 and len(program) not in (20, 32)):
        raise AddressError(f"the address's length does not suit witness version {version}: copy it again")
    return bytes([0x50 + version if version else 0, len(program)]) + program


def _encode(prefix: str, version: int, program: bytes) -> str:
    digits = [version, *_digits_of_bytes(program)]
    check = _polymod([*_expanded(prefix), *digits, *bytes(_CHECKSUM_SIZE)]) ^ _constant(version)
    digits += [check >> shift & 31 for shift in range(25, -1, -5)]
    return f"{prefix}1" + "".join(_ALPHABET[digit] for digit in digits)


def _constant(version: int) -> int:
    return _BECH32M if version else _BECH32


def _expanded(prefix: str) -> list[int]:
    codes = prefix.encode()
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(digits: Iterable[int]) -> int:
    """BIP173's checksum: the remainder of a polynomial over GF(32), five bits a coefficient."""
    state = 1
    for digit in digits:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ digit
        for bit, term in enumerate(_GENERATOR):
            if top >> bit & 1:
                state ^= term
    return state


def _digits_of_bytes(data: bytes) -> list[int]:
    """8-bit to 5-bit, most significant first, the last digit padded with zero bits."""
    padding = -len(data) * 8 % 5
    number = int.from_bytes(data, "big") << padding
    count = (len(data) * 8 + padding) // 5
    return [number >> 5 * position & 31 for position in reversed(range(count))]


def _bytes_of_digits(digits: Sequence[int]) -> bytes | None:
    """5-bit to 8-bit; None when the padding is longer than four bits or not zero (BIP173)."""
    number = 0
    for digit in digits:
        number = number << 5 | digit
    size, padding = divmod(5 * len(digits), 8)
    if padding > 4 or number & ((1 << padding) - 1):
        return None
    return (number >> padding).to_bytes(size, "big")
