"""May a pool send us to that host?

Responsible for: the rule by which a `client.reconnect` is obeyed.
Not responsible for: reconnecting.
Read next: `stratum.v1.client`.

An unauthenticated line that sends hashrate to a stranger is the oldest theft in mining, so a pool may only move us
within its own registered domain. There is no public-suffix database here; the rule is:

- addresses (IPv4, IPv6) only to themselves;
- names of one label, and names that end in a number, only to themselves;
- other names when their last two labels are equal; three, where the last has two letters and the one before at most
  three (co.uk, com.au): such a pair is more often a registry than a registered domain. That errs towards refusing.
"""

import re
from ipaddress import ip_address

MAX_NAME_CHARS = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def same_domain(old: str, new: str) -> bool:
    """Whether who trusts `old` may follow to `new`. Case and a final dot do not matter. Anything that is no host name or
    address is nobody's."""
    ours, theirs = _normal(old), _normal(new)
    if not ours or not theirs:
        return False
    if ours == theirs:
        return True
    return (domain := _registered(ours)) is not None and domain == _registered(theirs)


def _normal(host: str) -> str:
    """Lower case, addresses in their canonical form; "" when it is neither a name nor an address."""
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return str(ip_address(bare))
    except ValueError:
        pass
    name = host.lower().removesuffix(".")
    if not 0 < len(name) <= MAX_NAME_CHARS or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        return ""
    return name


def _registered(name: str) -> tuple[str, ...] | None:
    """The labels that decide; None for what only equals itself."""
    labels = tuple(name.split("."))
    if ":" in name or len(labels) < 2 or _NUMBER.fullmatch(labels[-1]):
        return None
    count = 3 if len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2
    return labels[-count:] if len(labels) >= count else None
