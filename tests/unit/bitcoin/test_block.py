"""Whole real blocks: read, hashed, written again to the same bytes."""

from collections.abc import Callable
from typing import Any

import pytest

from headframe.bitcoin.block import Block, assemble_block
from headframe.bitcoin.header import HEADER_SIZE, Header, hash_as_integer
from headframe.bitcoin.merkle import merkle_root
from headframe.bitcoin.target import target_of_bits

RealBlock = Callable[[str], dict[str, Any]]

WHOLE = ["mainnet-0", "mainnet-1", "mainnet-170", "testnet3-924634"]
PARTS = ["mainnet-200000", "mainnet-481824", "mainnet-702861"]


@pytest.mark.parametrize("name", WHOLE)
def test_a_real_block_is_read_and_written_to_the_same_bytes(real_block: RealBlock, name: str) -> None:
    raw = bytes.fromhex(real_block(name)["block"])
    block = Block.parse(raw)
    coinbase, *others = (transaction.serialize(witness=True) for transaction in block.transactions)
    assert assemble_block(block.header.pack(), coinbase, others) == raw
    assert merkle_root([transaction.txid for transaction in block.transactions]) == block.header.merkle_root


@pytest.mark.parametrize("name", [*WHOLE, *PARTS])
def test_a_real_header_has_its_known_hash_and_meets_its_own_target(real_block: RealBlock, name: str) -> None:
    record = real_block(name)
    raw = bytes.fromhex(record.get("header", record.get("block")))[:HEADER_SIZE]
    header = Header.parse(raw)
    assert header.pack() == raw
    assert header.hash[::-1].hex() == record["hash_hex"]
    assert hash_as_integer(header.hash) <= target_of_bits(header.bits)


def test_fields_of_the_genesis_header_have_the_known_values(real_block: RealBlock) -> None:
    header = Block.parse(bytes.fromhex(real_block("mainnet-0")["block"])).header
    assert (header.version, header.prev_hash, header.ntime, header.bits, header.nonce) == (
        1,
        bytes(32),
        1231006505,
        0x1D00FFFF,
        2083236893,
    )


def test_bytes_missing_or_left_over_are_refused(real_block: RealBlock) -> None:
    raw = bytes.fromhex(real_block("mainnet-170")["block"])
    with pytest.raises(ValueError, match="left over"):
        Block.parse(raw + b"\x00")
    for size in range(len(raw)):
        with pytest.raises(ValueError, match=r"80 bytes|truncated"):
            Block.parse(raw[:size])
