"""How much one peer, and all peers together, may take: pure arithmetic.

Responsible for: counting connections (in all, per IPv4 /32 and IPv6 /64), the cost account of each address, slowing and
banning, exemptions, and how many log lines an event may produce.
Not responsible for: sockets, timers, closing anything (`net.keeper`); what an offence costs (the protocol says).
Read next: `net.keeper`.

The account works like a leaky bucket: offences add cost, time takes it away at a steady rate. Above the soft limit a
peer is read more slowly, at the hard limit its address is banned, twice as long each time. Connecting and leaving costs
nothing, because devices do it for good reasons (ESP-Miner probes its primary pool every minute from the fallback), and
nothing here knows of stale shares: what is not charged cannot ban. Time is an argument everywhere.
"""

import enum
import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

LOCAL_NETWORKS: Final = (
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
"""Loopback and private networks: a home must never lock its own miners out."""

_IPV6_MARK: Final = 1 << 64
_UNKNOWN_KEY: Final = -1
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Every bound of the connection floor. Seconds end in _s, bytes in _bytes; cost has no unit (an offence is 0..100)."""

    connections: int = 20_000
    connections_per_ip: int = 256
    handshake_s: float = 30.0
    """From accept until the protocol is known and TLS, if any, is done."""
    tls_handshakes: int = 512
    """TLS handshakes in progress at once; further ones wait unread, first come first served."""
    tls_handshake_s: float = 10.0
    """One handshake's turn, so that peers who stall do not hold the others up."""
    idle_s: float = 900.0
    """Without a byte from the peer."""
    write_buffer_bytes: int = 256 * 1024
    """Unsent bytes of one connection; a peer that lets them pile up higher is closed at once."""
    write_stall_s: float = 60.0
    """How long unsent bytes may lie without becoming none."""
    linger_s: float = 5.0
    """After a close, to let what was written leave."""
    cost_soft: int = 1_000
    cost_hard: int = 5_000
    cost_decay_per_s: int = 10
    slow_s: float = 10.0
    """The longest pause in reading, just below the hard limit."""
    ban_s: float = 900.0
    ban_max_s: float = 86_400.0
    ban_memory_s: float = 86_400.0
    """After this long without a ban the next one is short again."""
    max_addresses: int = 65_536
    exempt: tuple[str, ...] = LOCAL_NETWORKS
    """Networks that are slowed but never banned."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the setting."""
        for name in ("connections", "connections_per_ip", "tls_handshakes", "write_buffer_bytes", "max_addresses"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        for name in ("handshake_s", "tls_handshake_s", "idle_s", "write_stall_s", "linger_s", "slow_s", "ban_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be more than 0 seconds")
        if not 0 < self.cost_soft <= self.cost_hard:
            raise ValueError("cost_soft must be more than 0 and at most cost_hard")
        if self.cost_decay_per_s < 1:
            raise ValueError("cost_decay_per_s must be at least 1, or no offence is ever forgiven")
        if self.ban_max_s < self.ban_s:
            raise ValueError("ban_max_s must be at least ban_s")
        _networks(self.exempt)


class Refusal(enum.Enum):
    """Why a connection is not taken; the value is for logs and metrics."""

    BANNED = "banned"
    FULL = "too many connections"
    ADDRESS_FULL = "too many connections from this address"
    TABLE_FULL = "too many addresses"


class Measure(enum.Enum):
    NONE = "none"
    SLOW = "slow"
    BAN = "ban"


class Sentence(NamedTuple):
    """What a charge leads to, and for how long. `fresh` is True for the charge that caused a new ban."""

    measure: Measure
    seconds: float
    fresh: bool = False


NOTHING: Final = Sentence(Measure.NONE, 0.0)


class Address:
    """One address's account. Mutable, owned by `Limits`; others only hold it and hand it back."""

    __slots__ = ("banned_until", "connections", "cost", "cost_at", "exempt", "key", "strikes")

    def __init__(self, key: int, exempt: bool, now: float) -> None:
        self.key = key
        self.exempt = exempt
        self.connections = 0
        self.cost = 0.0
        self.cost_at = now
        self.banned_until = 0.0
        self.strikes = 0

    def __str__(self) -> str:
        return address_text(self.key)


class Limits:
    """The counts and accounts of all addresses.

    Bounded: at most `max_addresses` accounts. One that is clean and unconnected is dropped at once; the unconnected
    others wait in the order they left, and the oldest goes when room is needed. When every account is connected, a
    further address is refused.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self.settings = settings
        self.connections = 0
        self._exempt = within(settings.exempt)
        self._accounts: dict[int, Address] = {}
        self._dormant: OrderedDict[int, Address] = OrderedDict()
        self._ordered: dict[int, float] = {}
        """Until when the operator bans addresses, by their keys. They need no account, so no flood can push them out."""

    def use(self, settings: LimitSettings) -> None:
        """Other bounds from now on. Who is in stays in; networks that are newly exempt lose their bans as they expire."""
        self.settings = settings
        self._exempt = within(settings.exempt)

    @property
    def addresses(self) -> int:
        """Accounts kept now, connected or not."""
        return len(self._accounts)

    def admit(self, peer: str, now: float) -> Address | Refusal:
        """Count a new connection in. Give the address back to `release` exactly once when it ends."""
        key = address_key(peer)
        account = self._accounts.get(key)
        if account is not None and account.banned_until > now:
            return Refusal.BANNED
        if self._ordered.get(key, now) > now and not self.is_exempt(peer):  # within a banned /64 some may be exempt
            return Refusal.BANNED
        if self.connections >= self.settings.connections:
            return Refusal.FULL
        if account is None:
            if len(self._accounts) >= self.settings.max_addresses and not self._evict():
                return Refusal.TABLE_FULL
            account = self._accounts[key] = Address(key, self.is_exempt(peer), now)
        elif account.connections >= self.settings.connections_per_ip:
            return Refusal.ADDRESS_FULL
        self._dormant.pop(key, None)
        account.connections += 1
        self.connections += 1
        return account

    def release(self, account: Address, now: float) -> None:
        """Count a connection out. More often than `admit` is our bug and raises."""
        if account.connections < 1:
            raise AssertionError("a connection was released twice")
        account.connections -= 1
        self.connections -= 1
        if account.connections == 0:
            self._dormant[account.key] = account
            self._forgive(account, now)

    def charge(self, account: Address, cost: int, now: float) -> Sentence:
        """Book an offence and say what follows from it. `account` must be connected."""
        if cost <= 0:
            return NOTHING
        settings = self.settings
        if account.banned_until > now:
            return Sentence(Measure.BAN, account.banned_until - now)
        account.cost = min(self._cost(account, now) + cost, float(settings.cost_hard))
        account.cost_at = now
        if account.cost < settings.cost_soft:
            return NOTHING
        if account.cost < settings.cost_hard or account.exempt:
            span = settings.cost_hard - settings.cost_soft
            share = (account.cost - settings.cost_soft) / span if span else 1.0
            return Sentence(Measure.SLOW, settings.slow_s * max(share, 0.1))
        return Sentence(Measure.BAN, self._ban(account, now), fresh=True)

    def bans(self, now: float) -> Mapping[str, float]:
        """Address or network -> seconds left."""
        until = {key: account.banned_until for key, account in self._accounts.items()}
        for key, ordered in self._ordered.items():
            until[key] = max(ordered, until.get(key, ordered))
        return {address_text(key): end - now for key, end in until.items() if end > now}

    def use_bans(self, seconds: Mapping[str, float], now: float) -> Mapping[int, float]:
        """The operator bans these addresses for so long from now, and no others; exempt ones are left out. Returns the seconds of
        those that were not banned so before, by their keys; who is connected is the caller's to close."""
        before = self._ordered
        self._ordered = {
            address_key(peer): now + left for peer, left in seconds.items() if left > 0 and not self.is_exempt(peer)
        }
        return {key: until - now for key, until in self._ordered.items() if before.get(key, now) <= now}

    def is_ordered(self, peer: str) -> bool:
        """Whether its ban is the operator's word."""
        return address_key(peer) in self._ordered

    def pardon(self, peer: str, now: float) -> bool:
        """Lift a ban for misbehaviour and forget what led to it; False if there was none."""
        account = self._accounts.get(address_key(peer))
        if account is None or account.banned_until <= now:
            return False
        account.banned_until, account.cost, account.strikes = 0.0, 0.0, 0
        self._forgive(account, now)
        return True

    def forgive(self, now: float, most: int = 256) -> None:
        """Drop clean accounts from the old end of the unconnected ones; called now and then, looks at `most`."""
        for key in [key for key, until in self._ordered.items() if until <= now]:
            del self._ordered[key]
        for _ in range(min(most, len(self._dormant))):
            key, account = next(iter(self._dormant.items()))
            self._dormant.move_to_end(key)
            self._forgive(account, now)

    def _cost(self, account: Address, now: float) -> float:
        return max(0.0, account.cost - self.settings.cost_decay_per_s * max(0.0, now - account.cost_at))

    def _ban(self, account: Address, now: float) -> float:
        settings = self.settings
        if account.strikes and now - account.banned_until > settings.ban_memory_s:
            account.strikes = 0
        seconds = float(min(settings.ban_s * 2.0 ** min(account.strikes, 30), settings.ban_max_s))
        account.strikes = min(account.strikes + 1, 30)
        account.banned_until = now + seconds
        account.cost = 0.0  # paid with the ban; the strike is what remains
        return seconds

    def _forgive(self, account: Address, now: float) -> None:
        """Drop an unconnected account that has nothing left to remember."""
        if account.connections or account.banned_until > now or self._cost(account, now) > 0:
            return
        if account.strikes and now - account.banned_until <= self.settings.ban_memory_s:
            return
        self._dormant.pop(account.key, None)
        self._accounts.pop(account.key, None)

    def _evict(self) -> bool:
        if not self._dormant:
            return False
        key, _ = self._dormant.popitem(last=False)
        del self._accounts[key]
        return True

    def is_exempt(self, peer: str) -> bool:
        """Whether an address is never banned."""
        return self._exempt(peer)


class LogBudget:
    """How many lines each event may write per window, so that a flood of peers cannot fill a disk.

    Bounded by construction for the few event names of this floor; a name beyond `max_names` is not permitted.
    """

    def __init__(self, lines: int = 20, window_s: float = 60.0, max_names: int = 64) -> None:
        self._lines = lines
        self._window_s = window_s
        self._max_names = max_names
        self._began = 0.0
        self._used: dict[str, int] = {}

    def permit(self, event: str) -> bool:
        """Whether this event may be written now; counts it either way."""
        if event not in self._used and len(self._used) >= self._max_names:
            return False
        used = self._used[event] = self._used.get(event, 0) + 1
        return used <= self._lines

    def suppressed(self, now: float) -> Iterator[tuple[str, int]]:
        """At the end of a window: (event, lines not written), once. Nothing before that."""
        if now - self._began < self._window_s:
            return
        used, self._used, self._began = self._used, {}, now
        for event, count in used.items():
            if count > self._lines:
                yield event, count - self._lines


def address_key(peer: str) -> int:
    """The number an address is counted under: an IPv4 address as it is (also when mapped into IPv6), an IPv6 address by
    its /64 (one household or server owns all of it; also written so, as `address_text` does). Text that is no address shares one number."""
    ip = _address(peer.removesuffix("/64"))
    if ip is None:
        return _UNKNOWN_KEY
    return int(ip) if isinstance(ip, ipaddress.IPv4Address) else _IPV6_MARK | (int(ip) >> 64)


def address_text(key: int) -> str:
    """The inverse, for people: "203.0.113.9" or "2001:db8::/64"."""
    if key == _UNKNOWN_KEY:
        return "unknown"
    if key >= _IPV6_MARK:
        return f"{ipaddress.IPv6Address((key ^ _IPV6_MARK) << 64)}/64"
    return str(ipaddress.IPv4Address(key))


def _address(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip


def within(networks: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether an address (an IPv6 one also by its /64) is in one of these networks. Raises ValueError, naming the text."""
    found = _networks(networks)

    def inside(peer: str) -> bool:
        ip = _address(peer.removesuffix("/64"))
        return ip is not None and any(ip in network for network in found)

    return inside


def _networks(texts: tuple[str, ...]) -> tuple[_Network, ...]:
    """Raises ValueError, naming the text."""
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise ValueError(f"exempt: {error} (write a network as 192.168.1.0/24 or fd00::/8)") from None
