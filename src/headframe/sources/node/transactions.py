"""The transactions of templates, kept once.

Responsible for: turning a template's hex transactions into checked bytes, and sharing those bytes between successive
templates: ten minutes of templates differ by a few transactions, not by all of them.
Not responsible for: templates (`sources.node.templates`).
Read next: `sources.node.templates`.

Bound: only what the last two templates hold is remembered; jobs keep their own template's bytes alive.
"""

from dataclasses import dataclass

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.transaction import ByteReader
from headframe.sources.node.answers import TemplateTransaction


class BadTransaction(ValueError):
    """A transaction of a template is not what the template says it is."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownTransaction:
    """Raw bytes with witness; ids in internal order; weight as BIP141 counts it."""

    raw: bytes
    txid: bytes
    wtxid: bytes
    weight: int


class KnownTransactions:
    """Checked transactions by wtxid. Used by one thread at a time."""

    def __init__(self) -> None:
        self._current: dict[str, KnownTransaction] = {}
        self._before: dict[str, KnownTransaction] = {}

    def __len__(self) -> int:
        return len(self._current.keys() | self._before.keys())

    def resolve(self, listed: list[TemplateTransaction]) -> list[KnownTransaction]:
        """The transactions of a new template. Raises BadTransaction; then nothing is remembered of it."""
        current, before = self._current, self._before
        found: dict[str, KnownTransaction] = {}
        for entry in listed:
            known = current.get(entry.hash) or before.get(entry.hash)
            if known is None:
                known = read_transaction(entry)
            elif known.txid[::-1].hex() != entry.txid:
                raise BadTransaction(f"transaction {entry.hash[:64]} changed its txid")
            found[entry.hash] = known
        if len(found) != len(listed):
            raise BadTransaction("a transaction is listed twice")
        if found:
            self._current, self._before = found, current
        return list(found.values())


def read_transaction(entry: TemplateTransaction) -> KnownTransaction:
    """Bytes and ids of a listed transaction, all recomputed. Raises BadTransaction when they disagree."""
    try:
        raw = bytes.fromhex(entry.data)
        stripped = strip_witness(raw)
    except ValueError as error:
        raise BadTransaction(f"transaction {entry.txid[:64]} is no transaction") from error
    wtxid = sha256d(raw)
    txid = wtxid if stripped is raw else sha256d(stripped)
    if txid[::-1].hex() != entry.txid or wtxid[::-1].hex() != entry.hash:
        raise BadTransaction(f"transaction {entry.txid[:64]} does not hash to its id")
    return KnownTransaction(raw, txid, wtxid, 3 * len(stripped) + len(raw))


def strip_witness(raw: bytes) -> bytes:
    """The transaction without marker, flag and witness; `raw` itself when it has none.

    Only skips along the lengths: thousands of transactions are read for each template. Raises ValueError when bytes
    are missing.
    """
    if raw[4:6] != b"\x00\x01":
        if len(raw) < 10:
            raise ValueError("too short for a transaction")
        return raw
    reader = ByteReader(raw, 6)
    for _ in range(reader.compact_size()):
        _skip(reader, 36)
        _skip(reader, reader.compact_size() + 4)
    for _ in range(reader.compact_size()):
        _skip(reader, 8)
        _skip(reader, reader.compact_size())
    if reader.position + 4 > len(raw):
        raise ValueError("truncated data")
    return raw[:4] + raw[6 : reader.position] + raw[-4:]


def _skip(reader: ByteReader, size: int) -> None:
    reader.position += size
