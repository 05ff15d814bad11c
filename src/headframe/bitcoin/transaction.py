"""Raw transactions, as far as mining needs them.

Responsible for: compact sizes, and reading a raw transaction into its parts, its txid and its wtxid.
Not responsible for: scripts, signatures, validity.
Read next: `bitcoin.block`.
"""

from dataclasses import dataclass

from headframe.bitcoin.hashing import sha256d


def compact_size(number: int) -> bytes:
    """Bitcoin's variable-length integer."""
    if number < 0xFD:
        return number.to_bytes(1, "little")
    if number <= 0xFFFF:
        return b"\xfd" + number.to_bytes(2, "little")
    if number <= 0xFFFFFFFF:
        return b"\xfe" + number.to_bytes(4, "little")
    return b"\xff" + number.to_bytes(8, "little")


class ByteReader:
    """Reads fields off the front of bytes; raises ValueError when they run out."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self.data):
            raise ValueError("truncated data")
        piece = self.data[self.position : end]
        self.position = end
        return piece

    def integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def compact_size(self) -> int:
        first = self.integer(1)
        return first if first < 0xFD else self.integer({0xFD: 2, 0xFE: 4, 0xFF: 8}[first])


@dataclass(frozen=True, slots=True)
class TransactionInput:
    prev_txid: bytes
    prev_index: int
    script_sig: bytes
    sequence: int


@dataclass(frozen=True, slots=True)
class TransactionOutput:
    value_sats: int
    script: bytes


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction read from raw bytes; `witnesses` is empty when it carries none."""

    version: int
    inputs: tuple[TransactionInput, ...]
    outputs: tuple[TransactionOutput, ...]
    witnesses: tuple[tuple[bytes, ...], ...]
    locktime: int

    @classmethod
    def parse(cls, data: bytes) -> "Transaction":
        """Read a whole transaction; raises ValueError when bytes are missing or left over."""
        reader = ByteReader(data)
        transaction = cls.read(reader)
        if reader.position != len(data):
            raise ValueError("bytes left over after the transaction")
        return transaction

    @classmethod
    def read(cls, reader: ByteReader) -> "Transaction":
        """Read the next transaction off a block."""
        version = reader.integer(4)
        segwit = reader.data[reader.position : reader.position + 2] == b"\x00\x01"
        if segwit:
            reader.take(2)
        inputs = tuple(
            TransactionInput(reader.take(32), reader.integer(4), reader.take(reader.compact_size()), reader.integer(4))
            for _ in range(reader.compact_size())
        )
        outputs = tuple(
            TransactionOutput(reader.integer(8), reader.take(reader.compact_size()))
            for _ in range(reader.compact_size())
        )
        witnesses: tuple[tuple[bytes, ...], ...] = ()
        if segwit:
            witnesses = tuple(
                tuple(reader.take(reader.compact_size()) for _ in range(reader.compact_size())) for _ in inputs
            )
            if not any(witnesses):
                raise ValueError("a transaction marked as having a witness has none")
        return cls(version, inputs, outputs, witnesses, reader.integer(4))

    def serialize(self, *, witness: bool) -> bytes:
        """Bytes with or without witness."""
        carries = witness and bool(self.witnesses)
        parts = [self.version.to_bytes(4, "little"), b"\x00\x01" if carries else b"", compact_size(len(self.inputs))]
        for spent in self.inputs:
            parts += [spent.prev_txid, spent.prev_index.to_bytes(4, "little"), compact_size(len(spent.script_sig))]
            parts += [spent.script_sig, spent.sequence.to_bytes(4, "little")]
        parts.append(compact_size(len(self.outputs)))
        for paid in self.outputs:
            parts += [paid.value_sats.to_bytes(8, "little"), compact_size(len(paid.script)), paid.script]
        if carries:
            for stack in self.witnesses:
                parts.append(compact_size(len(stack)))
                for item in stack:
                    parts += [compact_size(len(item)), item]
        parts.append(self.locktime.to_bytes(4, "little"))
        return b"".join(parts)

    @property
    def txid(self) -> bytes:
        return sha256d(self.serialize(witness=False))

    @property
    def wtxid(self) -> bytes:
        return sha256d(self.serialize(witness=True))
