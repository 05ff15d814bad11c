"""The kinds of value that settings of pools and policies have.

Responsible for: reading pool addresses, user templates, hashrates, certificate fingerprints, HTTP addresses and JSON
pointers, with an error that says how they should look.
Not responsible for: values that all settings share (`config.kinds`).
Read next: `config.sources`.
"""

import re
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from headframe.config.kinds import InWords, one_or_more
from headframe.config.problems import refuse

SCHEMES = ("stratum+tcp", "stratum+ssl")
PLACEHOLDERS = ("wallet", "worker")
MAX_TEMPLATE = 192

_URL_REMEDY = 'write "stratum+tcp://pool.example:3333", or "stratum+ssl://pool.example:4333" for TLS'


def pool_url(value: str) -> str:
    """A pool's address in one spelling: scheme and host in lower case, nothing behind the port. host:port alone is plain
    TCP, as pools themselves write it."""
    text = value.strip()
    if "://" not in text:
        text = f"stratum+tcp://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise refuse(f"{value!r} is not the URL of a pool", _URL_REMEDY) from None
    if parts.scheme not in SCHEMES:
        raise refuse(f"{parts.scheme}:// is not a way that pools are spoken to here", _URL_REMEDY)
    if parts.username is not None or parts.password is not None:
        raise refuse("has a user or password in the URL", "put them in user and password (or password_file)")
    host = parts.hostname or ""
    if not re.fullmatch(r"[0-9a-z]([0-9a-z._-]*[0-9a-z])?\.?", host) and ":" not in host:
        raise refuse(f"{value!r} names no host", _URL_REMEDY)
    if not port:
        raise refuse(f"{value!r} names no port", _URL_REMEDY)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise refuse(f"{value!r} has something behind the port", f"a pool has no paths: {_URL_REMEDY}")
    return f"{parts.scheme}://[{host}]:{port}" if ":" in host else f"{parts.scheme}://{host}:{port}"


def user_template(value: str) -> str:
    """A user name with {wallet} and {worker} in it."""
    remedy = "known are {wallet} and {worker}"
    if not value or len(value) > MAX_TEMPLATE or not value.isprintable() or " " in value:
        raise refuse("is empty, too long or has spaces", 'write "{wallet}.{worker}", or the name of your account')
    for name in re.findall(r"\{([^{}]*)\}", value):
        if name not in PLACEHOLDERS:
            raise refuse(f"has {{{name}}}, which nothing is filled in for", remedy)
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", value)):
        raise refuse("has a brace without its partner", remedy)
    return value


_PREFIXES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15, "e": 10**18, "z": 10**21}
MAX_HASHRATE = 10**24


def hashrate_of(value: object) -> int:
    """Whole hashes per second from "200 TH/s", "1.5 PH/s" or a number."""
    remedy = 'write "200 TH/s", or the number of hashes per second'
    if isinstance(value, str):
        parts = re.fullmatch(r"\s*([0-9]+)(?:\.([0-9]{1,9}))?\s*(?:([kmgtpezKMGTPEZ]?)[hH](?:/s)?)?\s*", value)
        if parts is None:
            raise refuse(f"{value!r} is not a hashrate", remedy)
        unit, fraction = _PREFIXES[(parts[3] or "").lower()], parts[2] or ""
        found = int(parts[1] + fraction) * unit // int(10 ** len(fraction))
    elif isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 10**30:
        found = int(value)
    else:
        raise refuse(f"{value!r} is not a hashrate", remedy)
    if not 0 < found <= MAX_HASHRATE:
        raise refuse("is no hashrate that a source could be given", f"{remedy}; to give none, set paused = true")
    return found


def certificate_print(value: str) -> str:
    """SHA-256 of a certificate, with or without colons, in small letters without them."""
    bare = value.replace(":", "").replace(" ", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", bare):
        raise refuse(
            "is not a SHA-256 fingerprint",
            "it has 64 hex digits (colons may stand between); `openssl x509 -noout -fingerprint -sha256` prints it",
        )
    return bare


def http_url(value: str) -> str:
    """An address to GET."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise refuse("is not a URL", 'write "https://example.org/path"') from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refuse("is not an HTTP address", 'write "https://example.org/path"')
    if parts.username is not None or parts.password is not None:
        raise refuse("has credentials in the URL", "use an address that needs none")
    return value


def json_pointer(value: str) -> str:
    """RFC 6901: "" for the whole, else each step behind a slash."""
    if value and not value.startswith("/"):
        raise refuse(f"{value!r} is not a JSON pointer", 'begin with a slash: "/data/price"')
    return value


PoolUrls: TypeAlias = Annotated[tuple[Annotated[str, AfterValidator(pool_url)], ...], BeforeValidator(one_or_more)]
UserTemplate: TypeAlias = Annotated[str, AfterValidator(user_template)]
HashrateCap: TypeAlias = Annotated[int, BeforeValidator(hashrate_of), InWords("hashrate")]
CertificatePrint: TypeAlias = Annotated[str, AfterValidator(certificate_print)]
HttpUrl: TypeAlias = Annotated[str, AfterValidator(http_url)]
JsonPointer: TypeAlias = Annotated[str, AfterValidator(json_pointer)]
