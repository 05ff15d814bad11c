"""Who did what: writing it down.

Responsible for: entries in the accounts' file, from any thread and from the event loop; keeping them while the disk does
not take them; a bound on refusals.
Not responsible for: showing them (`service.accounts`), what is worth an entry (whoever acts), how much of it is kept
(`service.audit_text`).
Read next: `store.account_schema` (nothing there is changed or deleted).

Entries are kept for ever, until an operator prunes them on the machine itself. What the disk does not take waits, up to
`MAX_WAITING`; then `check` refuses what would be next to write down, before it is done. Refusals can be caused by anybody,
so that after a burst of `REFUSALS` one in `REFUSAL_EVERY_S` seconds is written singly; the others are counted, and the
next entry says how many they were.
"""

import threading
from collections import deque
from typing import Any, Final, Protocol

import msgspec
import structlog

from headframe.net.clock import Clock
from headframe.service.asking import aside
from headframe.service.audit_text import as_json
from headframe.service.permissions import Actor
from headframe.service.refusals import Unavailable
from headframe.store.account_rows import AuditRow
from headframe.store.account_store import AccountStore
from headframe.store.trouble import StoreRefused

MAX_WAITING: Final = 1_000
REFUSALS: Final = 100
REFUSAL_EVERY_S: Final = 10
_MAX_TEXT: Final = 200

DONE: Final = "done"
REFUSED: Final = "refused"
FAILED: Final = "failed"

log = structlog.get_logger("headframe.service")


class Audit(Protocol):
    """Where acts are written down."""

    def check(self) -> None:
        """Raises Unavailable when nothing more can be written down; then nothing more may be done."""
        ...

    def note(
        self, actor: Actor, action: str, target: str = "", before: Any = None, after: Any = None, outcome: str = DONE
    ) -> None:
        """Keep it in memory; `record` or `flush` writes it. Never waits."""
        ...

    async def record(
        self, actor: Actor, action: str, target: str = "", before: Any = None, after: Any = None, outcome: str = DONE
    ) -> None:
        """Note it, and write it in a thread. It is safe from the first instant: who is cancelled here loses nothing."""
        ...


class AuditLog:
    """The audit in the accounts' file."""

    def __init__(self, store: AccountStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: deque[AuditRow] = deque()
        self._writing = threading.Lock()
        self._noting = threading.Lock()
        self._refusals_left = float(REFUSALS)
        self._counted_s = clock.monotonic()
        self._skipped = 0
        self._delayed = False

    @property
    def waiting(self) -> int:
        """Entries that the disk has not taken yet."""
        return len(self._waiting)

    def check(self) -> None:
        if len(self._waiting) >= MAX_WAITING:
            raise Unavailable(
                "nothing can be changed now: the audit cannot be written",
                "see the disk of [data] dir; it heals by itself",
            )

    def row(self, actor: Actor, action: str, target: str, before: Any, after: Any, outcome: str) -> AuditRow:
        """An entry as it is kept, for who writes it within a transaction of their own."""
        was, became = as_json(before, after)
        return AuditRow(
            time_ms=self._clock.unix_ms(),
            actor=actor.name[:_MAX_TEXT],
            how=actor.how,
            address=actor.address[:_MAX_TEXT],
            action=action,
            target=target[:_MAX_TEXT],
            before=was,
            after=became,
            outcome=outcome,
        )

    def note(
        self, actor: Actor, action: str, target: str = "", before: Any = None, after: Any = None, outcome: str = DONE
    ) -> None:
        entry = self.row(actor, action, target, before, after, outcome)
        with self._noting:
            if outcome == REFUSED and not self._refusal_fits():
                self._skipped += 1
                return
            if self._skipped:
                skipped = msgspec.structs.replace(
                    entry, actor="", how="", address="", action="audit.skipped", target="", before="null"
                )
                _, count = as_json(None, {"refusals": self._skipped})
                self._waiting.append(msgspec.structs.replace(skipped, after=count, outcome=REFUSED))
                self._skipped = 0
            self._waiting.append(entry)

    async def record(
        self, actor: Actor, action: str, target: str = "", before: Any = None, after: Any = None, outcome: str = DONE
    ) -> None:
        self.note(actor, action, target, before, after, outcome)
        await aside(self.flush)

    def flush(self) -> None:
        """Write what waits. What cannot be written goes on waiting, and the log says so."""
        with self._writing:
            entries = list(self._waiting)
            if not entries:
                return
            try:
                with self._store.writing() as book:
                    for entry in entries:
                        book.add_audit(entry)
            except StoreRefused as trouble:
                if not self._delayed:
                    log.error("audit_delayed", waiting=len(entries), reason=trouble.reason, remedy=trouble.remedy)
                self._delayed = True
                return
            for _ in entries:
                self._waiting.popleft()
            if self._delayed:
                log.info("audit_written", entries=len(entries))
            self._delayed = False

    def close(self) -> None:
        """At the end: what the disk does not take even now goes to the log, entry by entry."""
        self.flush()
        with self._writing:
            while self._waiting:
                entry = msgspec.structs.asdict(self._waiting.popleft())
                log.error("audit_unwritten", entry={key: value for key, value in entry.items() if key != "id"})

    def _refusal_fits(self) -> bool:
        now_s = self._clock.monotonic()
        gained = (now_s - self._counted_s) / REFUSAL_EVERY_S
        self._refusals_left = min(REFUSALS, self._refusals_left + gained)
        self._counted_s = now_s
        if self._refusals_left < 1 or len(self._waiting) >= MAX_WAITING:
            return False
        self._refusals_left -= 1
        return True
