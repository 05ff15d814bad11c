"""How the log looks and where it goes.

Responsible for: one set-up for structlog and the standard library: JSON lines (event, level, ISO time, keys) or text,
standard error or a rotated file, and the last warnings kept for the live view.
Not responsible for: what is logged (`cli.events` lists it).
Read next: `cli.events`.
"""

import logging
import logging.handlers
import sys
from collections import deque
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor

from headframe.service.logbook import Logbook

KEPT_WARNINGS = 5


class LastWarnings(logging.Handler):
    """Keeps the last warnings and errors for a display. Bound: `KEPT_WARNINGS`; older ones fall out."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[str] = deque(maxlen=KEPT_WARNINGS)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class IntoLogbook(logging.Handler):
    """Keeps every line for those who look at the log from afar."""

    def __init__(self, logbook: Logbook) -> None:
        super().__init__()
        self._logbook = logbook

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if isinstance(record.msg, dict):  # of structlog
                fields = {name: value for name, value in record.msg.items() if name not in _HEAD}
                event = str(record.msg.get("event", ""))
            else:
                fields, event = {}, record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                fields["exception"] = repr(record.exc_info[1])
            level = record.levelname.lower()
            self._logbook.add(int(record.created * 1000), level, event, record.name, fields)
        except Exception:
            self.handleError(record)


_HEAD = frozenset({"event", "level", "logger", "time", "exc_info", "stack_info"})


def set_up(
    *,
    level: str,
    json_lines: bool,
    file: Path | None = None,
    rotate_bytes: int = 16_777_216,
    keep_files: int = 5,
    stream: TextIO | None = None,
    display: LastWarnings | None = None,
    logbook: Logbook | None = None,
) -> None:
    """Send the log to `file` (JSON, rotated), else to `stream` (standard error by default) unless a display has the
    terminal; with a `logbook`, into that as well. Replaces an earlier set-up. Raises OSError when the file cannot be written."""
    handlers: list[logging.Handler] = []
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        rotated = logging.handlers.RotatingFileHandler(
            file, maxBytes=rotate_bytes, backupCount=keep_files, encoding="utf-8", errors="backslashreplace"
        )
        rotated.setFormatter(_formatter(json_lines=True))
        handlers.append(rotated)
    elif display is None:
        written = logging.StreamHandler(stream or sys.stderr)
        written.setFormatter(_formatter(json_lines=json_lines))
        handlers.append(written)
    if display is not None:
        display.setFormatter(_formatter(json_lines=False))
        handlers.append(display)
    if logbook is not None:
        handlers.append(IntoLogbook(logbook))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level.upper())
    for noisy in ("asyncio", "uvicorn", "aiohttp"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _shared() -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]


def _formatter(*, json_lines: bool) -> logging.Formatter:
    if json_lines:
        last: list[Processor] = [
            structlog.processors.format_exc_info,
            _event_first,
            structlog.processors.JSONRenderer(sort_keys=False, default=str),
        ]
    else:
        # Plain: the usual one shows local variables, which may be passwords.
        plain = structlog.dev.plain_traceback
        last = [
            structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, timestamp_key="time", exception_formatter=plain)
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *_shared()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def _event_first(_: object, __: str, event: EventDict) -> EventDict:
    """time, level, event, logger, then the rest: lines that are read by people too."""
    head = {key: event.pop(key) for key in ("time", "level", "event", "logger") if key in event}
    return {**head, **event}
