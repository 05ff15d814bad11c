"""What a face may see of miners.

Responsible for: the shapes of miners (a worker name of an identity, with its live sessions), their shares and moves.
Not responsible for: gathering them (`service.floor`).
Read next: `service.views` (units and rules hold here too).
"""

from functools import lru_cache
from hashlib import blake2s
from typing import ClassVar

import msgspec

from headframe.bitcoin.address import AddressError, normalise_address, script_of_address
from headframe.bitcoin.networks import NETWORKS, Network
from headframe.service.views import Hashrates, SessionView

_SHORTEST_ADDRESS = 14
"""Of any kind on any network (a witness program of two bytes)."""


class _Names:
    """One of the process, as the log is: names are made where nothing is handed in."""

    secret: ClassVar[bytes] = b""


def use_names_secret(secret: bytes) -> None:
    """Of this installation, at most 32 bytes, before the first name is made: without it who knows an address could see
    whether it is a miner's."""
    _Names.secret = secret
    miner_alias.cache_clear()


def miner_key(identity: str, worker: str) -> str:
    """Names a miner in addresses of pages: stable, says nothing of who it is."""
    return blake2s(f"{identity}\0{worker}".encode(), digest_size=9, key=_Names.secret).hexdigest()


@lru_cache(maxsize=20_000)
def miner_alias(identity: str, worker: str) -> str:
    """What everybody may call a miner: its worker's name, or else the first letters of its key. A name that is an
    address, whole or in part, is none that everybody may see."""
    if worker and not any(_looks_like_address(part) for part in (worker, *worker.replace("_", ".").split("."))):
        return worker
    return miner_key(identity, worker)[:8]


def _looks_like_address(text: str) -> bool:
    return len(text) >= _SHORTEST_ADDRESS and any(_is_address(text, network) for network in NETWORKS.values())


def _is_address(text: str, network: Network) -> bool:
    try:
        script_of_address(normalise_address(text), network)
    except AddressError:
        return False
    return True


class MinerView(msgspec.Struct, frozen=True):
    """One worker of one identity. `state` is mining, rejecting (more than a tenth of its last shares), silent (connected,
    yet no share for ten times as long as expected) or offline. `alias` is what everybody may see: the worker's name, or
    else the first letters of the key; never an address. `identity` is "" for who may not see it."""

    key: str
    alias: str
    identity: str
    worker: str
    state: str
    sessions: int
    sources: tuple[str, ...]
    pinned_to: str | None
    hashrate: Hashrates
    difficulty: float | None
    accepted: int
    rejected: int
    refusals: dict[str, int]
    """By reason, since each was first counted so."""
    best_difficulty_today: float | None
    best_difficulty: float | None
    first_seen_ms: int | None
    last_share_ms: int | None
    connected_ms: int | None
    """Since when its oldest session is there."""
    firmware: str
    device_class: str
    protocol: str
    """ "V1" or "V1 TLS"; "" while offline."""
    fixed_difficulty: float | None = None
    """What the operator fixed it at; None: automatic, or as its password asks."""

    @property
    def reject_share(self) -> float | None:
        """Of its shares the part that was refused, to sort by; None before the first share."""
        shares = self.accepted + self.rejected
        return self.rejected / shares if shares else None


class MinersView(msgspec.Struct, frozen=True):
    """A page of miners, with how many there are in all and by state, source and firmware (for filters)."""

    now_ms: int
    total: int
    matching: int
    miners: tuple[MinerView, ...]
    states: dict[str, int]
    sources: dict[str, int]
    firmwares: dict[str, int]


class ShareView(msgspec.Struct, frozen=True):
    """One share. `difficulty` is what it had to meet, `share_difficulty` what it met (None where it was not hashed);
    `reason` "" when accepted. `explanation` has the numbers that its plain words need, by name."""

    time_ms: int
    key: str
    alias: str
    session_id: str
    source: str
    job_id: str
    difficulty: float | None
    share_difficulty: float | None
    reason: str
    explanation: dict[str, str | int | float]


class MoveView(msgspec.Struct, frozen=True):
    time_ms: int
    key: str
    alias: str
    session_id: str
    from_source: str
    to_source: str
    reason: str


class MinerDetail(msgspec.Struct, frozen=True):
    """All about one miner. `peer` of the sessions is "" for who may not see it."""

    miner: MinerView
    sessions: tuple[SessionView, ...]
    shares: tuple[ShareView, ...]
    moves: tuple[MoveView, ...]


class WireLine(msgspec.Struct, frozen=True):
    """One line that a miner sent or we sent; passwords are stars. `number` counts up within a watch."""

    number: int
    time_ms: int
    from_miner: bool
    text: str


class WireLog(msgspec.Struct, frozen=True):
    """What was said since somebody began to watch; the watch ends `ends_ms` unless it is asked for again."""

    session_id: str
    ends_ms: int
    lines: tuple[WireLine, ...]


class BanView(msgspec.Struct, frozen=True):
    address: str
    until_ms: int
    reason: str
