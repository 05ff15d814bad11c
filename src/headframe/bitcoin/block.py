"""Blocks as bytes.

Responsible for: putting a block together from its parts, and reading one.
Not responsible for: validity.
Read next: `sources.node.blocks`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from headframe.bitcoin.header import HEADER_SIZE, Header
from headframe.bitcoin.transaction import ByteReader, Transaction, compact_size


def assemble_block(header: bytes, coinbase: bytes, transactions: Sequence[bytes]) -> bytes:
    """A raw block. `coinbase` as it stands in a block (with its witness where there is a commitment); transactions raw."""
    return b"".join((header, compact_size(1 + len(transactions)), coinbase, *transactions))


@dataclass(frozen=True, slots=True)
class Block:
    header: Header
    transactions: tuple[Transaction, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Block":
        """Read a whole block; raises ValueError when bytes are missing or left over."""
        header = Header.parse(data)
        reader = ByteReader(data, HEADER_SIZE)
        transactions = tuple(Transaction.read(reader) for _ in range(reader.compact_size()))
        if reader.position != len(data):
            raise ValueError("bytes left over after the block")
        return cls(header, transactions)
