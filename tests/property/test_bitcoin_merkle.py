"""The branch of the coinbase leads to the same root as the whole tree, and that root is btclib's."""

import pytest
from btclib.hashes import hash256, merkle_root_and_mutated_from_hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.merkle import coinbase_branch, merkle_root, root_of_branch


def leaves_of(count: int) -> list[bytes]:
    return [sha256d(number.to_bytes(4, "little")) for number in range(count)]


@pytest.mark.parametrize("count", [*range(1, 68), 127, 128, 129, 1000, 2049])
def test_branch_tree_and_btclib_agree_for_any_number_of_transactions(count: int) -> None:
    leaves = leaves_of(count)
    root, _ = merkle_root_and_mutated_from_hashes(leaves, hash256)
    branch = coinbase_branch(leaves[1:])
    assert merkle_root(leaves) == root
    assert root_of_branch(leaves[0], branch) == root
    assert len(branch) == (count - 1).bit_length()


@settings(derandomize=True, deadline=None, database=None)
@given(st.binary(min_size=32, max_size=32), st.integers(0, 40))
def test_the_branch_serves_any_coinbase(coinbase_txid: bytes, others: int) -> None:
    rest = leaves_of(others)
    assert root_of_branch(coinbase_txid, coinbase_branch(rest)) == merkle_root([coinbase_txid, *rest])
