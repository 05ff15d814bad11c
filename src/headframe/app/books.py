"""What is durable: journal, store, and the threads that look after them.

Responsible for: opening both in the right order, catching up before anyone mines, the thread that folds and the one that
syncs, closing in the reverse order.
Not responsible for: what is written (`gateway.tally`), what is folded (`ledger`).
Read next: `store.fold`, `journal.segments`.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from headframe.app.trouble import CannotStart
from headframe.journal.base import JournalUnavailable
from headframe.journal.layout import JournalRefused
from headframe.journal.segments import SegmentJournal
from headframe.net.clock import Clock
from headframe.store.fold import StoreWriter
from headframe.store.ledger_store import Store
from headframe.store.trouble import StoreRefused, state_of

log = structlog.get_logger("headframe.app")

FOLD_S = 1.0
PRUNE_EVERY = 60
JOURNAL_KEEP_BYTES = 1024**3
"""Folded segments beyond this much are removed; roll-ups and totals stay."""


class Books:
    """Journal and store of one data directory. `on_trouble` is called from the sync thread."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Raises CannotStart. Everything acknowledged by an earlier run is folded when this returns."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.store = Store.open(folder)
        except StoreRefused as error:
            raise CannotStart(error.reason, error.remedy) from None
        except OSError as error:
            raise CannotStart(
                f"the data directory {folder} cannot be used ({error.strerror})",
                "give [data] dir a directory that the user who runs Headframe may write to",
            ) from None
        try:
            self.journal = SegmentJournal(folder / "journal", after=self.store.position())
        except JournalRefused as error:
            self.store.close()
            raise CannotStart(error.reason, error.remedy) from None
        except OSError as error:
            self.store.close()
            raise CannotStart(
                f"the journal in {folder} cannot be opened ({error.strerror})", "check the disk and its permissions"
            ) from None
        try:
            self.writer = StoreWriter(self.store, self.journal, clock)
        except DBAPIError as error:
            self.journal.close()
            self.store.close()
            state = state_of(error)
            raise CannotStart(state.reason, state.remedy) from None
        while self.writer.fold_once():
            pass
        self.sync_s = 1.0
        """Seconds between forced writes; may be changed while running."""
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, on_trouble: Callable[[JournalUnavailable], None], on_mended: Callable[[], None]) -> None:
        """Begin to fold and to sync. After trouble, `on_mended` tells of the first sync that held."""
        self._threads = [
            threading.Thread(target=self.writer.run, args=(self._stop, FOLD_S), name="fold", daemon=True),
            threading.Thread(target=self._sync, args=(on_trouble, on_mended), name="sync", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _sync(self, on_trouble: Callable[[JournalUnavailable], None], on_mended: Callable[[], None]) -> None:
        rounds, troubled = 0, False
        while not self._stop.wait(self.sync_s):
            rounds += 1
            try:
                self.journal.sync()
                if troubled:
                    troubled = False
                    on_mended()
                if rounds % PRUNE_EVERY == 0:
                    self.journal.prune(self.writer.position, JOURNAL_KEEP_BYTES)
            except JournalUnavailable as trouble:
                troubled = True
                on_trouble(trouble)
            except OSError as error:
                log.warning("journal_not_pruned", reason=error.strerror)

    def close(self) -> None:
        """Fold what is left, sync, close. Blocks for as long as that takes."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        try:
            self.journal.close()
        except JournalUnavailable as trouble:
            log.error("journal_unavailable", reason=trouble.reason, remedy=trouble.remedy)
        self.store.close()
