"""The kinds of value that settings have.

Responsible for: reading text into exact values (listen addresses, URLs, networks of hosts, paths, lists) with an error
that says how it should look.
Not responsible for: which setting has which kind (`config.model`).
Read next: `config.model`.
"""

import ipaddress
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo

from headframe.config.problems import refuse
from headframe.mining.jobmaker import MAX_TAG_SIZE
from headframe.net.limits import address_key, address_text


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen. Port 0 lets the machine choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class InWords:
    """What the reference calls a kind of value that its Python type does not tell."""

    words: str


_LISTEN_REMEDY = 'write "address:port", such as "0.0.0.0:3333", "127.0.0.1:3333" or "[::]:3333"'
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def listen_of(value: object) -> Listen:
    """Read "host:port"; IPv6 in brackets."""
    if isinstance(value, Listen):
        return value
    if not isinstance(value, str):
        raise refuse(f"{value!r} is not an address to listen on", _LISTEN_REMEDY)
    host, colon, port_text = value.rpartition(":")
    if not colon or not host or not port_text.isascii() or not port_text.isdigit():
        raise refuse(f"{value!r} is not an address to listen on", _LISTEN_REMEDY)
    if int(port_text) > 65535:
        raise refuse(f"port {port_text} does not exist", "a port is 1 to 65535 (0 lets the machine choose)")
    if host.startswith("[") and host.endswith("]"):
        return Listen(_ip(host[1:-1], value), int(port_text))
    if ":" in host or not _HOST.fullmatch(host):
        raise refuse(f"{value!r} is not an address to listen on", _LISTEN_REMEDY)
    if re.fullmatch(r"[0-9.]+", host):
        _ip(host, value)
    return Listen(host, int(port_text))


def _ip(text: str, whole: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise refuse(f"{whole!r} is not an address to listen on", _LISTEN_REMEDY) from None


def one_or_more(value: object) -> object:
    """A lone text where a list is expected is a list of one."""
    return (value,) if isinstance(value, str) else value


def rpc_url(value: str) -> str:
    """A node's JSON-RPC address, without credentials in it. host:port alone is plain HTTP."""
    value = value.strip()
    if "://" not in value and re.search(r":\d+/?$", value):
        value = f"http://{value}"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise refuse("is not a URL", 'write "http://127.0.0.1:8332"') from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refuse("is not the URL of a node", 'write "http://127.0.0.1:8332"')
    if parts.username is not None or parts.password is not None:
        raise refuse(
            "has credentials in the URL", "put them in user and password (or password_file), or use cookie_file"
        )
    if port == 0:
        raise refuse("port 0 cannot be connected to", 'write "http://127.0.0.1:8332"')
    return value.rstrip("/")


def zmq_endpoint(value: str) -> str:
    """Where a node publishes, as its own zmqpub... option says it."""
    parts = re.fullmatch(r"(tcp://(\[[0-9A-Fa-f:]+\]|[^:/\s]+):([0-9]{1,5})|ipc://\S+)", value)
    remedy = 'write what bitcoind has for -zmqpubhashblock, such as "tcp://127.0.0.1:28332"'
    if parts is None or (parts[3] and not 0 < int(parts[3]) <= 65535):
        raise refuse(f"{value!r} is not a ZMQ address", remedy)
    if parts[2] in ("0.0.0.0", "*", "[::]"):
        raise refuse(f"{value!r} is where bitcoind listens, not where it can be reached", remedy)
    return value


def host_network(value: object) -> str:
    """An address or network in CIDR notation, in its canonical form."""
    try:
        return str(ipaddress.ip_network(str(value), strict=False))
    except ValueError:
        raise refuse(f"{value!r} is not a network", 'write "192.168.0.0/16", "fd00::/8" or one address') from None


def host_address(value: str) -> str:
    """One address, or an IPv6 /64, as bans are kept."""
    try:
        ip = ipaddress.ip_address(value.strip().removesuffix("/64"))
    except ValueError:
        ip = None
    if ip is None or (ip.version == 4 and "/" in value):
        raise refuse(f"{value!r} is not an IP address", 'write "203.0.113.9" or "2001:db8::/64"')
    return address_text(address_key(str(ip)))


def moment_of(value: object) -> datetime:
    """A date and time with its time zone, as TOML or a text has it; whole seconds of UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise refuse("is not a date and time with its time zone", "write 2026-10-01T12:00:00Z")
    try:
        return value.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise refuse("is not a date and time with its time zone", "write 2026-10-01T12:00:00Z") from None


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What paths are read in: the environment, and the folder that relative ones start from (the file's own)."""

    environment: Mapping[str, str]
    folder: Path


def path_of(value: object, info: ValidationInfo) -> Path:
    """A path, with `~` and `$VARIABLES` (such as $CREDENTIALS_DIRECTORY) filled in; relative to the file's folder."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise refuse(f"{value!r} is not a path", "write it in quotes")
    surroundings = info.context
    if not isinstance(surroundings, Surroundings):
        surroundings = Surroundings({}, Path())

    def fill(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in surroundings.environment:
            raise refuse(f"${name} is not set in the environment", f"set {name}, or write the path out")
        return surroundings.environment[name]

    try:
        return surroundings.folder / Path(_VARIABLE.sub(fill, value)).expanduser()
    except RuntimeError:
        raise refuse("has a ~ but there is no home directory", "write the path out") from None


def coinbase_tag(value: str) -> str:
    """Text for the coinbase: printable ASCII, short enough to leave room for height and extranonce."""
    if not value.isascii() or not (value.isprintable() or not value):
        raise refuse("has characters that are not printable ASCII", "use plain letters, digits and signs")
    if len(value) > MAX_TAG_SIZE:
        raise refuse(f"is {len(value)} bytes long", f"shorten it to at most {MAX_TAG_SIZE}")
    return value


def a_number(value: Any) -> Any:
    """true is no number, and neither is nan; pydantic would take the first for 1."""
    if isinstance(value, bool):
        raise refuse(f"{str(value).lower()} is not a number", "write a number")
    if isinstance(value, str) and value.strip().lower().lstrip("+-") in ("nan", "inf", "infinity"):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise refuse(f"{value} is not a finite number", "write a number")
    return value


WholeNumber: TypeAlias = Annotated[int, BeforeValidator(a_number)]
Number: TypeAlias = Annotated[float, BeforeValidator(a_number)]
ListenAddress: TypeAlias = Annotated[Listen, BeforeValidator(listen_of), PlainSerializer(str)]
ListenAddresses: TypeAlias = Annotated[tuple[ListenAddress, ...], BeforeValidator(one_or_more)]
RpcUrls: TypeAlias = Annotated[tuple[Annotated[str, AfterValidator(rpc_url)], ...], BeforeValidator(one_or_more)]
ZmqEndpoints: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(zmq_endpoint)], ...], BeforeValidator(one_or_more)
]
HostNetworks: TypeAlias = Annotated[
    tuple[Annotated[str, BeforeValidator(host_network)], ...], BeforeValidator(one_or_more)
]
FilePath: TypeAlias = Annotated[Path, BeforeValidator(path_of), PlainSerializer(str)]
CoinbaseTag: TypeAlias = Annotated[str, AfterValidator(coinbase_tag)]
HostAddress: TypeAlias = Annotated[str, AfterValidator(host_address)]
Moment: TypeAlias = Annotated[datetime, BeforeValidator(moment_of)]
