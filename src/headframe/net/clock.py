"""The only place that reads a clock.

Responsible for: monotonic seconds for durations, Unix milliseconds for records.
Not responsible for: anything that decides; time is an argument everywhere else.
Read next: `net.tasks`.
"""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Time, as an argument."""

    def monotonic(self) -> float:
        """Seconds that only go forward; for durations and deadlines."""
        ...

    def unix_ms(self) -> int:
        """Milliseconds since 1970 UTC; for records."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000
