"""Taking out of text what tells who or where somebody is.

Responsible for: finding Bitcoin addresses and IP addresses in any text, shortening identities, and making text that came
off a wire harmless to look at.
Not responsible for: which answers are so treated for whom (`service.veil`), the log (`service.logbook`).
Read next: `service.veil`.

Rather too much than too little: a version number of four parts looks like an IPv4 address and goes as one.
"""

import ipaddress
import re

ADDRESS = "[address]"
IP = "[ip]"
SHOWN_CHARACTERS = 200

_WORD = re.compile(r"[A-Za-z0-9]{11,}")
_BECH32 = re.compile(r"(?:bc|tb|bcrt|bnc)1[02-9ac-hj-np-z]{8,}", re.IGNORECASE)
_BASE58 = re.compile(r"[123mn][1-9A-HJ-NP-Za-km-z]{25,}")
_CASHADDR = re.compile(r"[qp][02-9ac-hj-np-z]{41,}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]+")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def redacted(text: str) -> str:
    """The text with [address] and [ip] in place of those."""
    if ":" in text:
        text = _IPV6.sub(_without_ipv6, text)
    if "." in text:
        text = _IPV4.sub(IP, text)
    return _WORD.sub(_without_address, text) if len(text) > 10 else text


def short_identity(identity: str) -> str:
    """An address by its first six and last four characters; a short name as it is, unless it is an IP address."""
    if len(identity) > 14:
        return f"{identity[:6]}…{identity[-4:]}"
    try:
        ipaddress.ip_address(identity)
    except ValueError:
        return redacted(identity)
    return IP


def shown(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """Text off a wire as it may be looked at: bounded, what cannot be printed (controls, marks that turn the direction of
    writing) replaced by one visible character. It stays data: whoever shows it escapes it."""
    text = text if len(text) <= most else text[: most - 1] + "…"
    return text if text.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in text)


def _without_ipv6(match: re.Match[str]) -> str:
    found = match.group()
    is_one = ("::" in found or found.count(":") >= 6) and _HEX.search(found) is not None
    return IP if is_one else found


def _without_address(match: re.Match[str]) -> str:
    word = match.group()
    if _HEX.fullmatch(word) is not None and not _BECH32.search(word):
        return word
    is_one = _BECH32.search(word) or (len(word) > 25 and (_BASE58.search(word) or _CASHADDR.search(word)))
    return ADDRESS if is_one else word
