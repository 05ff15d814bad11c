"""What a face may see and ask of the log.

Responsible for: these shapes.
Not responsible for: keeping the log (`service.logbook`).
Read next: `service.logbook`.
"""

from typing import Literal

import msgspec

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")


class LogEntry(msgspec.Struct, frozen=True):
    """One line: `fields` are its names and numbers. `id` counts up from 1 at the start."""

    id: int
    time_ms: int
    level: str
    event: str
    logger: str
    fields: dict[str, str | int | float | bool | None]


class LogsAsk(msgspec.Struct, frozen=True):
    """Which lines. `level` is the least; empty texts are for all; `text` is looked for everywhere, whatever its case.
    With `after` the first `limit` lines beyond that id, else the last `limit`. `redact` takes out Bitcoin addresses and
    IP addresses (passwords are never there)."""

    level: Level = "debug"
    event: str = ""
    text: str = ""
    worker: str = ""
    source: str = ""
    after: int | None = None
    limit: int = 500
    redact: bool = True


class LogsView(msgspec.Struct, frozen=True):
    """`entries` oldest first. `last_id` is that of the last line looked at: ask for what comes after it. `missed` when
    lines beyond `after` are not remembered any more. `events` and `sources` are
    what there is to filter by (only without `after`: they cost a look at every line)."""

    entries: tuple[LogEntry, ...]
    last_id: int
    missed: bool
    events: tuple[str, ...]
    sources: tuple[str, ...]
