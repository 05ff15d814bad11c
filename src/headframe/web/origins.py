"""Where a request came from, and whether its Host and Origin are ours.

Responsible for: the asker's address and scheme behind trusted proxies, the names we answer to (DNS rebinding), the origin
that a browser says it acts from.
Not responsible for: refusing (`web.guard`).
Read next: `web.guard`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

MAX_FORWARDED = 8
"""Proxies in a row that are followed back."""


_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end: `address` without a port ("" when unknown), `https` as the browser sees it, `host` as it
    asked for (lower case, with its port); `relayed` when somebody passed it on whom we do not believe, or who cannot say
    for whom."""

    address: str
    https: bool
    host: str
    relayed: bool = False

    @property
    def loopback(self) -> bool:
        """From this machine itself, not by way of a proxy on it."""
        try:
            return not self.relayed and ip_address(self.address).is_loopback
        except ValueError:
            return False

    @property
    def origin(self) -> str:
        return f"{'https' if self.https else 'http'}://{self.host}"

    @property
    def neighbourhood(self) -> str:
        """What shares a rate limit: an IPv4 address, or the /64 of an IPv6 address."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        if address.version == 6:
            return address.exploded[:19]
        return self.address


def caller(
    peer: str, https: bool, headers: Mapping[bytes, bytes], trusted: Sequence[IPv4Network | IPv6Network]
) -> Caller:
    """The connection's peer, or who stands behind it when it is a proxy that is trusted: the last address of
    X-Forwarded-For that is not a trusted proxy itself."""
    host = _text(headers.get(b"host", b"")).lower()
    address = _plain(peer)
    relayed = b"x-forwarded-for" in headers or b"forwarded" in headers
    if trusted and _among(address, trusted):
        proto = _text(headers.get(b"x-forwarded-proto", b"")).split(",")[-1].strip().lower()
        https = proto == "https" if proto in ("http", "https") else https
        named = [one.strip() for one in _text(headers.get(b"x-forwarded-for", b"")).split(",") if one.strip()]
        for one in reversed(named[-MAX_FORWARDED:]):
            found = _plain(one)
            relayed = not found
            if relayed:
                break
            address = found
            if not _among(found, trusted):
                break
    return Caller(address, https, host, relayed)


def _plain(text: str) -> str:
    """The address in its one form: mapped IPv4 as IPv4, no zone, no port; "" for what is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _among(text: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address.version == network.version and address in network for network in networks)


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def name_of(host: str) -> str:
    """A Host header without its port and brackets; "" for nonsense."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_ours(host: str, origin: str, hostnames: Sequence[str]) -> bool:
    """Whether a browser may ask under this Host: a page elsewhere can point a name of its own at our address, but not an
    IP address, a name without a dot, or one of ours."""
    name = name_of(host)
    if not name:
        return False
    try:
        ip_address(name)
    except ValueError:
        if not set(name) <= _NAME:
            return False
        plain = "." not in name or name.endswith(".localhost")
        return plain or name in hostnames or (origin != "" and name == (urlsplit(origin).hostname or ""))
    return True


def is_same_site(method_is_safe: bool, headers: Mapping[bytes, bytes], here: Caller, origin: str) -> bool:
    """Whether a request that changes something comes from our own page, as far as the browser says (others say nothing)."""
    if method_is_safe:
        return True
    site = headers.get(b"sec-fetch-site")
    if site is not None and site not in (b"same-origin", b"none"):
        return False
    said = headers.get(b"origin")
    if said is None:
        return True
    text = _text(said).lower()
    return text == here.origin or (origin != "" and text == origin.lower().rstrip("/"))
