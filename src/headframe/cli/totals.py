"""The ledger's totals, read from a data directory.

Responsible for: reading store and journal without disturbing a server that runs, as plain values for JSON.
Not responsible for: what the numbers mean (`ledger.totals`), printing them (`cli.commands`).
Read next: `store.exact`.
"""

from pathlib import Path
from typing import Any

import msgspec

from headframe.journal.reader import SegmentReader
from headframe.service.as_views import totals_view
from headframe.store.exact import ledger_totals


def gather(data_dir: Path) -> tuple[dict[str, Any], list[str]]:
    """(totals as `service.views.Totals` in builtins, what of the journal could not be read, in words).

    Raises StoreRefused, JournalRefused or OSError.
    """
    reader = SegmentReader(data_dir / "journal")
    found: dict[str, Any] = msgspec.to_builtins(totals_view(ledger_totals(data_dir, reader)))
    gaps = [f"part of the journal cannot be read: {gap.segment} from {gap.offset}: {gap.reason}" for gap in reader.gaps]
    return found, gaps
