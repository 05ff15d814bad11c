"""Merkle roots and branches against real blocks."""

from collections.abc import Callable
from typing import Any

import pytest

from headframe.bitcoin.header import Header
from headframe.bitcoin.merkle import coinbase_branch, merkle_root, root_of_branch
from headframe.bitcoin.transaction import Transaction

RealBlock = Callable[[str], dict[str, Any]]


@pytest.mark.parametrize("name", ["mainnet-200000", "mainnet-481824"])
def test_txids_of_a_real_block_give_the_root_in_its_header(real_block: RealBlock, name: str) -> None:
    block = real_block(name)
    coinbase_txid = Transaction.parse(bytes.fromhex(block["coinbase"])).txid
    others = [bytes.fromhex(txid)[::-1] for txid in block["txids_hex"]]
    root = Header.parse(bytes.fromhex(block["header"])).merkle_root
    assert len(others) == block["transactions"] - 1
    assert merkle_root([coinbase_txid, *others]) == root
    assert root_of_branch(coinbase_txid, coinbase_branch(others)) == root


def test_a_real_branch_leads_from_coinbase_to_header(real_block: RealBlock) -> None:
    block = real_block("mainnet-702861")
    coinbase_txid = Transaction.parse(bytes.fromhex(block["coinbase"])).txid
    branch = [bytes.fromhex(sibling) for sibling in block["branch"]]
    assert len(branch) == 12
    assert root_of_branch(coinbase_txid, branch) == Header.parse(bytes.fromhex(block["header"])).merkle_root


def test_a_block_with_only_a_coinbase_has_its_txid_as_root_and_no_branch() -> None:
    leaf = bytes(range(32))
    assert merkle_root([leaf]) == leaf
    assert coinbase_branch([]) == ()
    assert root_of_branch(leaf, ()) == leaf
