"""The ledger's sums to the last acknowledged share, also beside a running server.

Responsible for: the store's sums plus the tail of the journal that is not folded yet.
Not responsible for: printing them (`cli`), writing anything.
Read next: `store.fold`.
"""

from pathlib import Path

from headframe.ledger.facts import START
from headframe.ledger.totals import LedgerTotals, better_hash
from headframe.store import queries, schema
from headframe.store.answers import Sums, sums_of, sums_of_totals
from headframe.store.database import Database
from headframe.store.fold import Tail
from headframe.store.ledger_store import GATEWAY


def ledger_totals(directory: Path, journal: Tail, *, gateway: str = GATEWAY) -> Sums:
    """Sums of all that the journal has acknowledged by now.

    directory  the data directory
    journal    a reader of its journal (`journal.reader.SegmentReader`)

    Only reads; raises StoreRefused for a database that cannot be used, and OSError for a disk that cannot be read.
    """
    database = Database.look(directory)
    if database is None:
        totals = LedgerTotals()
        for _, facts in journal.read(START):
            totals.apply_all(facts)
        return sums_of_totals(totals)
    try:
        with database.reading() as connection:
            after = queries.position(connection, gateway)
            tail = LedgerTotals()
            for _, facts in journal.read(after):
                tail.apply_all(facts)
            sources = queries.source_sums(connection)
            blocks = queries.block_counts(connection)
            for block_hash, block in tail.blocks.items():
                table = schema.blocks
                known = connection.execute(table.select().where(table.c.hash == block_hash)).first()
                source = known.source if known and known.found_ms is not None else ""
                outcome = known.outcome if known else ""
                if known:
                    blocks[known.source][outcome] -= 1
                if not source and block.found:
                    source = block.found.source
                if block.settled or not known:
                    outcome = block.outcome
                outcomes = blocks.setdefault(source, {})
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
    finally:
        database.close()
    together = LedgerTotals(sources=sources)
    together.add(tail)
    best = b""
    for each in together.sources.values():
        best = better_hash(best, each.best)
    counted = {name: {o: n for o, n in outcomes.items() if n} for name, outcomes in blocks.items()}
    return sums_of(together.sources, best, {name: each for name, each in counted.items() if each})
