"""A store on a journal in a temporary directory, with a clock that stands still until told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import Account, BlockFound, Credit, Fact, Refusal, ShareBatch, Terms, UpstreamSettled
from headframe.store.fold import StoreWriter
from headframe.store.ledger_store import Store

T0_MS = 1_700_000_000_000
WORK = 2**70


class StillClock:
    """Stands at `now_ms`."""

    def __init__(self) -> None:
        self.now_ms = T0_MS

    def monotonic(self) -> float:
        return self.now_ms / 1000

    def unix_ms(self) -> int:
        return self.now_ms


class Bench:
    """Everything a store's test needs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = StillClock()
        self.journal = SegmentJournal(directory / "journal", reserve_bytes=0)
        self.store = Store.open(directory)
        self.writer = StoreWriter(self.store, self.journal, self.clock)

    def restart(self) -> None:
        """A new process after a crash: nothing was said goodbye to."""
        self.journal.close()
        self.store.close()
        self.store = Store.open(self.directory)
        self.journal = SegmentJournal(self.directory / "journal", after=self.store.position(), reserve_bytes=0)
        self.writer = StoreWriter(self.store, self.journal, self.clock)

    def share(
        self,
        identity: str = "anna",
        worker: str = "rig1",
        source: str = "home",
        *,
        count: int = 1,
        best: int = 9,
        at_ms: int | None = None,
    ) -> None:
        """Append accepted shares."""
        row = Credit(
            Account(identity, worker, "sv1"), Terms(source, 1, 7, 0x17034219, 1, WORK), count, bytes(31) + bytes([best])
        )
        self.journal.append([ShareBatch(self.clock.now_ms if at_ms is None else at_ms, [row], [])])

    def refuse(self, identity: str = "anna", worker: str = "rig1", reason: str = "stale", count: int = 1) -> None:
        row = Refusal(Account(identity, worker, "sv1"), "home", reason, count)
        self.journal.append([ShareBatch(self.clock.now_ms, [], [row])])

    def settle(self, outcome: str, reason: str = "", count: int = 1, source: str = "pool") -> None:
        """Append what a pool said of shares that were passed on."""
        self.journal.append([UpstreamSettled(self.clock.now_ms, source, outcome, reason, count, count * WORK)])

    def note(self, *facts: Fact) -> None:
        self.journal.append(facts)

    def found(self, number: int, source: str = "home") -> BlockFound:
        account = Account("anna", "rig1", "sv1")
        when = self.clock.now_ms + number
        return BlockFound(when, bytes([number]) * 32, 800_000 + number, source, 1, account, 1, 50, 0x17034219)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.journal.close()
    made.store.close()
