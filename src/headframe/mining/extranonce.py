"""Who varies which bytes of the coinbase.

Responsible for: the sizes of extranonce1 and extranonce2 of a session, and handing out extranonce1 values so that no
two sessions ever search the same space while a job that used it lives.
Not responsible for: where the bytes lie in a coinbase (`mining.jobmaker`), remembering sessions (`gateway.roster`).
Read next: `mining.jobmaker`.
"""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExtranonceLayout:
    """Sizes in bytes; chosen once for a session, never changed. See the design, section 4."""

    extranonce1_size: int
    extranonce2_size: int

    @property
    def size(self) -> int:
        return self.extranonce1_size + self.extranonce2_size


MAX_RESTING = 100_000
"""More than a size of two bytes has; with four bytes a storm of reconnects must not fill the memory."""


class NoExtranonceLeft(Exception):
    """All values of this size are leased or resting."""


class ExtranonceLeases:
    """extranonce1 values of one size: each leased once, and resting `rest_s` after its release.

    A counter hands them out; the seed spreads it so that a restart does not begin with the values of the last run.
    A released value rests until jobs that used it are gone, then may be leased again. A resting value can be taken
    back by name (`resume`). No value begins with a zero byte: that keeps sessions of different sizes apart in one pool's
    coinbase (`mining.splice`). Bound: 255 * 256**(size-1) values leased; MAX_RESTING resting, beyond which the oldest is
    forgotten: the counter comes back to it only after all the others.
    """

    def __init__(self, size: int, *, seed: int, rest_s: float) -> None:
        self._size = size
        self._first: int = 256 ** (size - 1)
        self._space: int = 255 * self._first
        self._next = seed % self._space
        self._rest_s = rest_s
        self._leased: set[bytes] = set()
        self._resting: OrderedDict[bytes, float] = OrderedDict()

    def lease(self, now: float) -> bytes:
        """A value nobody holds. Raises NoExtranonceLeft when every value is leased or resting."""
        self._wake(now)
        if len(self._leased) + len(self._resting) >= self._space:
            raise NoExtranonceLeft
        while True:
            value: bytes = (self._first + self._next).to_bytes(self._size, "big")
            self._next = (self._next + 1) % self._space
            if value not in self._leased and value not in self._resting:
                self._leased.add(value)
                return value

    def resume(self, value: bytes) -> bool:
        """Take this very value, if nobody holds it and it is one that could be leased."""
        if len(value) != self._size or not value[0] or value in self._leased:
            return False
        self._resting.pop(value, None)
        self._leased.add(value)
        return True

    def release(self, value: bytes, now: float) -> None:
        """Give it back; it rests before anyone else gets it. Raises ValueError when nobody holds it."""
        if value not in self._leased:
            raise ValueError("an extranonce1 that is not leased cannot be released")
        self._leased.remove(value)
        self._resting[value] = now
        if len(self._resting) > MAX_RESTING:
            self._resting.popitem(last=False)

    def _wake(self, now: float) -> None:
        while self._resting:
            value, since = next(iter(self._resting.items()))
            if now - since < self._rest_s:
                return
            del self._resting[value]
