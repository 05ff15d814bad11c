"""What the router is told and what it answers.

Responsible for: the plain values on both sides of `Router.plan`.
Not responsible for: deciding (`routing.router`), carrying a move out (`gateway`).
Read next: `routing.router`.

Hashrates are floats in hashes per second (estimates); delivered work is an integer (`routing.horizon`). Times are
monotonic seconds.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

SessionKey: TypeAlias = int | str


class Reason(StrEnum):
    """Why a session moves; the label of a metric and the word in an event."""

    ASSIGN = "assign"
    """It had no source."""
    FAILOVER = "failover"
    """Its source cannot work, or is gone."""
    RETURN = "return"
    """A source that had gone (down, paused, or its tier) is trusted again."""
    BALANCE = "balance"
    """Whole miners no longer fit the weights."""
    SLICE = "slice"
    """The one miner of a boundary that makes up the remainder changes sides."""
    PIN = "pin"
    """It belongs to that source."""
    CAP = "cap"
    """Its source has more hashrate than it may have."""
    PAUSE = "pause"
    """Its source was paused."""
    WEIGHT = "weight"
    """The weights were changed."""


class SourceInput(msgspec.Struct, frozen=True, gc=False):
    """One source as it is now.

    weight            its part of the work; 0 takes no session except a pinned one
    tier              a higher tier works only while no lower one can
    can_work          it is up and has work
    paused            the operator wants nothing sent there
    cap_hashes_per_s  at most this much hashrate at any time, as far as others have room; None: no cap
    fresh_at          when its latest clean job came; None: none yet
    """

    name: str
    weight: int
    tier: int = 1
    can_work: bool = True
    paused: bool = False
    cap_hashes_per_s: float | None = None
    fresh_at: float | None = None


class SessionInput(msgspec.Struct, frozen=True, gc=False):
    """One session as it is now.

    source    where it mines; "": nowhere yet
    hashrate  estimated hashes per second; 0: not known (counted as an average miner)
    since     when it came to this source
    pinned    the source it must mine for whenever that can work; None: any
    movable   False: leave it alone
    suits     the sources it can mine for (its extranonce fits, its rolled bits are granted); None: all
    """

    key: SessionKey
    source: str = ""
    hashrate: float = 0.0
    since: float = 0.0
    pinned: str | None = None
    movable: bool = True
    suits: frozenset[str] | None = None

    def can_go(self, to: str) -> bool:
        """Whether it may be moved to that source."""
        return self.movable and (self.suits is None or to in self.suits)


class Move(msgspec.Struct, frozen=True, gc=False):
    """Let session `key` mine for source `to` from now on."""

    key: SessionKey
    to: str
    reason: Reason


def order(key: SessionKey) -> tuple[bool, SessionKey]:
    """Sorts keys of both kinds, always the same way."""
    return isinstance(key, str), key
