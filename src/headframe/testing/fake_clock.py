"""A clock that a test moves by hand.

Responsible for: being a `net.clock.Clock` that stands still until it is told otherwise.
Not responsible for: waking whoever sleeps; code that decides takes time as an argument and never sleeps.
Read next: `net.clock`.
"""


class FakeClock:
    """Monotonic and Unix time move together, and only by `advance`."""

    def __init__(self, *, monotonic_s: float = 1_000.0, unix_ms: int = 1_700_000_000_000) -> None:
        self._start_s = monotonic_s
        self._start_ms = unix_ms
        self._elapsed_ms = 0

    def monotonic(self) -> float:
        """Seconds, as `Clock.monotonic`."""
        return self._start_s + self._elapsed_ms / 1000

    def unix_ms(self) -> int:
        """Milliseconds since 1970, as `Clock.unix_ms`."""
        return self._start_ms + self._elapsed_ms

    def advance(self, seconds: float) -> None:
        """Move both forward, to the millisecond. Raises ValueError for a step back: no clock of ours goes back."""
        step_ms = round(seconds * 1000)
        if step_ms < 0:
            raise ValueError("a monotonic clock does not go back")
        self._elapsed_ms += step_ms
