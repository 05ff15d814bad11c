"""Compact sizes, and transactions from real blocks."""

from collections.abc import Callable
from typing import Any

import pytest

from headframe.bitcoin.block import Block
from headframe.bitcoin.transaction import ByteReader, Transaction, compact_size

RealBlock = Callable[[str], dict[str, Any]]


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "00"),
        (0xFC, "fc"),
        (0xFD, "fdfd00"),
        (0xFFFF, "fdffff"),
        (0x10000, "fe00000100"),
        (0xFFFFFFFF, "feffffffff"),
        (0x100000000, "ff0000000001000000"),
    ],
)
def test_compact_sizes_at_their_edges(number: int, encoded: str) -> None:
    assert compact_size(number).hex() == encoded
    assert ByteReader(bytes.fromhex(encoded)).compact_size() == number


def test_the_first_payment_has_its_known_txid(real_block: RealBlock) -> None:
    payment = Block.parse(bytes.fromhex(real_block("mainnet-170")["block"])).transactions[1]
    assert payment.txid[::-1].hex() == "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
    assert payment.wtxid == payment.txid
    assert [output.value_sats for output in payment.outputs] == [10 * 10**8, 40 * 10**8]


def test_a_witness_changes_the_wtxid_and_not_the_txid(real_block: RealBlock) -> None:
    block = real_block("mainnet-702861")
    coinbase = Transaction.parse(bytes.fromhex(block["coinbase"]))
    stripped = Transaction.parse(coinbase.serialize(witness=False))
    assert coinbase.witnesses == ((bytes(32),),)
    assert stripped.witnesses == ()
    assert stripped.txid == coinbase.txid == stripped.wtxid != coinbase.wtxid


def test_every_cut_of_a_transaction_is_refused(real_block: RealBlock) -> None:
    raw = bytes.fromhex(real_block("mainnet-702861")["coinbase"])
    with pytest.raises(ValueError, match="left over"):
        Transaction.parse(raw + b"\x00")
    for size in range(len(raw)):
        with pytest.raises(ValueError, match=r"truncated|left over|has none"):
            Transaction.parse(raw[:size])


def test_a_witness_marker_without_a_witness_is_refused_as_bitcoin_core_does(real_block: RealBlock) -> None:
    raw = Block.parse(bytes.fromhex(real_block("mainnet-1")["block"])).transactions[0].serialize(witness=False)
    with pytest.raises(ValueError, match="has none"):
        Transaction.parse(raw[:4] + b"\x00\x01" + raw[4:-4] + b"\x00" + raw[-4:])


def test_an_enormous_count_is_refused_without_an_enormous_effort() -> None:
    with pytest.raises(ValueError, match="truncated"):
        Transaction.parse(b"\x01\x00\x00\x00" + compact_size(2**63) + bytes(100))
