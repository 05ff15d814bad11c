"""What a journal is: append facts, read them back from a position.

Responsible for: the one narrow interface between whoever produces facts and whoever folds them.
Not responsible for: folding (`ledger`, `store`).
Read next: `journal.segments`.

Facts survive `kill -9` once `append` returned, and a power cut once `sync` returned. Another carrier (NATS JetStream)
may implement the same interface later.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from headframe.ledger.facts import Fact
from headframe.ledger.facts import Position as Position


class JournalUnavailable(Exception):
    """The journal cannot take facts now (disk full, read-only, I/O error). Nothing of the failed append is readable."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


class Journal(Protocol):
    """Append-only facts of one gateway."""

    def append(self, facts: Sequence[Fact]) -> Position:
        """Write a batch; on return it survives the process. Raises JournalUnavailable; then nothing was written."""
        ...

    def read(self, after: Position) -> Iterator[tuple[Position, Sequence[Fact]]]:
        """Batches after a position, in order, up to what is written now. May be used from another thread."""
        ...

    def sync(self) -> None:
        """Make all that was appended survive a power cut. May be called from another thread."""
        ...
