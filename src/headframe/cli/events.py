"""What Headframe says in its log, as data.

Responsible for: the name, least level and meaning of every event that is logged anywhere.
Not responsible for: logging it (whoever has something to say), how it looks (`cli.logs`).
Read next: `docs/reference/events.md`, which is made from this; a test finds every event name in the sources here.

To add one: log it as `log.info("what_happened", key=value)` on a logger named after the area ("headframe.net") and put a
row here. Names and numbers go into keys, never into the event's name; a remedy where there is one.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event. `remedy` is "" when there is nothing to do, or when the line carries its own."""

    logger: str
    name: str
    level: Literal["debug", "info", "warning", "error"]
    meaning: str
    remedy: str = ""


EVENTS: tuple[LogEvent, ...] = ()
"""By logger, then by name."""
