"""How often somebody may try a password.

Responsible for: counting attempts per account and per address, and how long to wait after too many.
Not responsible for: what an attempt is (`service.accounts_signing_in`).
Read next: `service.accounts_signing_in`.

Every attempt counts from its beginning, so that many at once gain nothing; one that succeeds is taken off. After the free
ones each costs twice the wait of the one before, up to 15 minutes, and all is forgotten an hour after the last. An account
that is hammered from elsewhere stays open from the addresses where its owner is signed in: those count by themselves. The
table has a bound; the longest untouched goes first.
"""

import ipaddress
import threading
from collections import OrderedDict
from typing import Final

from headframe.service.refusals import TooMany

FREE_PER_ACCOUNT: Final = 5
FREE_PER_ADDRESS: Final = 20
FIRST_WAIT_S: Final = 2
LONGEST_WAIT_S: Final = 900
FORGET_S: Final = 3_600
MAX_SLOTS: Final = 20_000


class _Count:
    """Attempts of one slot, and when it is open again."""

    __slots__ = ("attempts", "last_s", "open_s")

    def __init__(self) -> None:
        self.attempts = 0
        self.open_s = 0.0
        self.last_s = 0.0


class Throttle:
    """Safe from any thread."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, slots: dict[str, int], now_s: float) -> None:
        """Begin an attempt in each of `slots` (with how many are free). Raises TooMany; then none is counted."""
        with self._lock:
            counts = [(self._count(slot, now_s), free) for slot, free in slots.items()]
            wait_s = max(count.open_s - now_s for count, _ in counts)
            if wait_s > 0:
                seconds = int(wait_s) + 1
                raise TooMany("too many attempts", f"try again in {seconds} seconds", retry_after_s=seconds)
            for count, free in counts:
                count.attempts += 1
                count.last_s = now_s
                over = count.attempts - free
                if over >= 0:
                    count.open_s = now_s + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(over, 20))

    def forgive(self, slots: dict[str, int]) -> None:
        """The attempt was a good one."""
        with self._lock:
            for slot in slots:
                count = self._counts.get(slot)
                if count is not None:
                    count.attempts = max(0, count.attempts - 1)
                    count.open_s = 0.0

    def forget(self, slot: str) -> None:
        """All of it was good in the end."""
        with self._lock:
            self._counts.pop(slot, None)

    def _count(self, slot: str, now_s: float) -> _Count:
        count = self._counts.get(slot)
        if count is None or now_s - count.last_s > FORGET_S:
            count = self._counts[slot] = _Count()
        self._counts.move_to_end(slot)
        while len(self._counts) > MAX_SLOTS:
            self._counts.popitem(last=False)
        return count


def address_slot(address: str) -> str:
    """Whoever has one address of IPv6 has 2**64 of them: a /64 counts as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address[:64]}"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return f"address {parsed.ipv4_mapped}"
        return f"address {ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address {parsed}"
