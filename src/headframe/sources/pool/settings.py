"""What a pool source must be told.

Responsible for: its settings as plain values, reading a pool's URL, filling in the user template.
Not responsible for: reading them from anywhere (`config`).
Read next: `sources.pool.source`.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from headframe.bitcoin.networks import Network
from headframe.mining.layout import SMALLEST_ROOM
from headframe.mining.splice import VersionRule
from headframe.net.dial import Trust

MAX_WORKER_CHARS = 32
"""Avalon firmware and several pools cut longer names."""

_SCHEMES = {
    "stratum+tcp": False,
    "tcp": False,
    "stratum+ssl": True,
    "stratum+tls": True,
    "ssl": True,
    "tls": True,
}
_ODD = re.compile(r"[^A-Za-z0-9_-]+")


class Mode(Enum):
    """SHARED: one upstream connection carries all sessions. PER_MINER: each session has one of its own."""

    SHARED = "shared"
    PER_MINER = "per_miner"


@dataclass(frozen=True, slots=True)
class PoolUrl:
    """Where a pool listens."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"stratum+{'ssl' if self.tls else 'tcp'}://{host}:{self.port}"


def read_url(text: str) -> PoolUrl:
    """A pool's address: stratum+tcp://host:port or stratum+ssl://host:port. Raises ValueError with what is wrong."""
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"{text!r} does not begin with stratum+tcp:// or stratum+ssl://")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{text!r} has more than a host and a port: the user has a setting of its own")
    if not parts.hostname or parts.port is None or not parts.port:
        raise ValueError(f"{text!r} names no host, or no port")
    return PoolUrl(parts.hostname, parts.port, _SCHEMES[parts.scheme])


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """One pool, at one or more addresses.

    urls             in order of preference; the later ones serve while the earlier do not work
    user             template of the name we submit under: {wallet} and {worker} are filled in
    worker           the worker of that name for miners that name none, and for pools that take only one name
    mode             see Mode; max_connections bounds both
    sessions_per_connection   how many sessions share one connection (SHARED)
    version_rule     how the pool puts rolled bits into its version (see mining.splice)
    assumed_room     bytes of extranonce2 to count on before the pool said so
    least_room       a connection with less is not used
    suggest_difficulty  wish sent when connecting; 0 none
    resume           whether to ask for the extranonce of the connection before

    Deadlines: connect_s to be connected; handshake_s from there to the first job; no_job_s without one before the pool
    is asked whether it lives, max_job_age_s before it is given up; reply_s for an answer to a share or a ping.
    retry_s, max_retry_s  first and longest pause between rounds of attempts (with jitter)
    steady_s         a connection that lived this long begins the pauses anew
    return_s         between attempts to return to a preferred URL
    linger_s         how long a connection without sessions is kept (shares of its last jobs may come)
    refusals_in_row  refusals that nothing here explains, without a share accepted between, before it is left; 0 never
    """

    name: str
    network: Network
    urls: tuple[PoolUrl, ...]
    wallet: str = ""
    user: str = "{wallet}.{worker}"
    password: str = field(default="x", repr=False)
    worker: str = "headframe"
    mode: Mode = Mode.SHARED
    trust: Trust = field(default_factory=Trust)
    version_rule: VersionRule = VersionRule.MASK
    max_connections: int = 100
    sessions_per_connection: int = 5000
    assumed_room: int = 8
    least_room: int = SMALLEST_ROOM
    suggest_difficulty: float = 0.0
    resume: bool = True
    connect_s: float = 10.0
    handshake_s: float = 15.0
    no_job_s: float = 120.0
    max_job_age_s: float = 600.0
    reply_s: float = 30.0
    retry_s: float = 1.0
    max_retry_s: float = 60.0
    steady_s: float = 60.0
    return_s: float = 60.0
    linger_s: float = 60.0
    refusals_in_row: int = 50

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("a pool source needs at least one url")
        if min(self.max_connections, self.sessions_per_connection) < 1:
            raise ValueError("a pool source needs at least one connection that carries at least one session")
        self.user_for(self.worker)

    @property
    def sessions_each(self) -> int:
        return 1 if self.mode is Mode.PER_MINER else self.sessions_per_connection

    @property
    def main_user(self) -> str:
        """The name we authorise first, and fall back to."""
        return self.user_for("")

    def user_for(self, worker: str) -> str:
        """The upstream name of one of our workers ("" for our own). Raises ValueError for a template that asks for
        something else than {wallet} and {worker}."""
        tidy = _ODD.sub("-", worker)[:MAX_WORKER_CHARS].strip("-") or self.worker
        try:
            return self.user.format(wallet=self.wallet, worker=tidy)
        except (KeyError, IndexError, AttributeError, ValueError):
            raise ValueError(f"the user template {self.user!r} may contain only {{wallet}} and {{worker}}") from None
