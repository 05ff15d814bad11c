"""The log's last lines, for people who look from afar.

Responsible for: keeping them in a ring, finding some, taking addresses and secrets out, packing them.
Not responsible for: where lines come from (`cli.logs` has the handler), the log's file.
Read next: `service.logbook_views`.

Lines come from any thread and are asked for in any; a lock is held for an append or a copy. Bounds: KEPT lines,
MAX_FIELDS fields each, MAX_CHARACTERS a field.
"""

import io
import re
import threading
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping

import msgspec

from headframe.service.logbook_views import LEVELS, LogEntry, LogsAsk, LogsView
from headframe.service.veil_text import redacted, shown

KEPT = 5000
MAX_FIELDS = 24
MAX_CHARACTERS = 2000
MAX_LIMIT = 1000
MAX_CHOICES = 200
STARS = "***"

__all__ = ["Logbook", "LogsAsk", "redacted_entry"]

_SECRET_NAME = re.compile(r"passw|secret|token|cookie|authori[sz]ation|private_?key|credential|api_?key", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"((?:passw\w*|secret|token|authori[sz]ation|api_?key)[\"']?\s*[=:]\s*(?:bearer\s+|basic\s+)?)([^\s,;&]+)",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(\w+://)[^\s/@]+@")
_RANK = {level: rank for rank, level in enumerate(LEVELS)} | {"critical": 3, "exception": 3}

Scalar = str | int | float | bool | None


class Logbook:
    """See the module."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[LogEntry] = deque(maxlen=KEPT)
        self._last_id = 0

    @property
    def last_id(self) -> int:
        return self._last_id

    def add(self, time_ms: int, level: str, event: str, logger: str, fields: Mapping[str, object]) -> None:
        """One line more. Never raises for what a field is. Passwords and tokens are left out here, for good."""
        kept = {
            str(name): STARS if _SECRET_NAME.search(str(name)) else _scalar(value)
            for name, value in list(fields.items())[:MAX_FIELDS]
        }
        event = _without_secrets(shown(event, MAX_CHARACTERS))
        with self._lock:
            self._last_id += 1
            self._entries.append(LogEntry(self._last_id, time_ms, level, event, logger, kept))

    def entries(self, ask: LogsAsk) -> LogsView:
        """The lines that were asked for."""
        kept, last_id = self._snapshot()
        first_id = kept[0].id if kept else last_id + 1
        limit = max(1, min(ask.limit, MAX_LIMIT))
        found: deque[LogEntry] | list[LogEntry]
        if ask.after is None:
            found = deque(_matching(kept, ask), maxlen=limit)
        else:
            found = []
            for entry in _matching(kept[max(0, ask.after + 1 - first_id) :], ask):
                if len(found) == limit:
                    last_id = found[-1].id
                    break
                found.append(entry)
        return LogsView(
            entries=tuple(redacted_entry(entry) for entry in found) if ask.redact else tuple(found),
            last_id=last_id,
            missed=ask.after is not None and ask.after + 1 < first_id,
            events=tuple(sorted({entry.event for entry in kept})[:MAX_CHOICES]) if ask.after is None else (),
            sources=_sources(kept, ask)[:MAX_CHOICES] if ask.after is None else (),
        )

    def zipped(self, ask: LogsAsk) -> bytes:
        """All lines that match, as a zip file of JSON lines, whatever the limit; takes a while: for a thread."""
        kept, _ = self._snapshot()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            lines = (
                msgspec.json.encode(redacted_entry(entry) if ask.redact else entry) for entry in _matching(kept, ask)
            )
            # A date of its own, so that the same lines make the same file.
            archive.writestr(
                zipfile.ZipInfo("headframe.jsonl"), b"".join(line + b"\n" for line in lines), zipfile.ZIP_DEFLATED
            )
        return packed.getvalue()

    def _snapshot(self) -> tuple[list[LogEntry], int]:
        with self._lock:
            return list(self._entries), self._last_id


def redacted_entry(entry: LogEntry) -> LogEntry:
    """The line with [address] and [ip] in place of those, in every text of it."""
    fields: dict[str, Scalar] = {
        redacted(name): redacted(value) if isinstance(value, str) else value for name, value in entry.fields.items()
    }
    return msgspec.structs.replace(entry, event=redacted(entry.event), fields=fields)


def _matching(entries: list[LogEntry], ask: LogsAsk) -> Iterator[LogEntry]:
    least, text = _RANK[ask.level], ask.text.casefold()
    for entry in entries:
        fields = entry.fields
        if (
            _RANK.get(entry.level, 1) >= least
            and (not ask.event or entry.event == ask.event)
            and (not ask.worker or fields.get("worker") == ask.worker)
            and (not ask.source or ask.source in (fields.get("source"), fields.get("to")))
            and (not text or _holds(entry, text))
        ):
            yield entry


def _holds(entry: LogEntry, text: str) -> bool:
    return (
        text in entry.event.casefold()
        or text in entry.logger.casefold()
        or any(text in f"{name}={value}".casefold() for name, value in entry.fields.items())
    )


def _sources(entries: list[LogEntry], ask: LogsAsk) -> tuple[str, ...]:
    names = {str(entry.fields["source"]) for entry in entries if "source" in entry.fields}
    return tuple(sorted(redacted(name) if ask.redact else name for name in names))


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool | float) or value is None or (isinstance(value, int) and abs(value) < 2**63):
        return value
    try:
        return _without_secrets(shown(str(value), MAX_CHARACTERS))
    except Exception as error:  # what cannot be said must not stop whoever logs it
        return f"<{type(error).__name__}>"


def _without_secrets(text: str) -> str:
    if "://" in text:
        text = _USER_INFO.sub(rf"\1{STARS}@", text)
    return _SECRET_TEXT.sub(rf"\1{STARS}", text)
