"""Merkle roots, and the branch that lets a miner change only the coinbase.

Responsible for: root of leaves, branch of the first leaf, root from branch.
Not responsible for: which ids the leaves are (txids for the header, wtxids for the witness commitment).
Read next: `bitcoin.coinbase`.

All hashes 32 bytes in internal order. An odd level repeats its last hash, as consensus demands.
"""

from collections.abc import Iterable, Sequence

from headframe.bitcoin.hashing import sha256d


def _parents(level: Sequence[bytes]) -> list[bytes]:
    padded = [*level, level[-1]] if len(level) % 2 else level
    return [sha256d(padded[i] + padded[i + 1]) for i in range(0, len(padded), 2)]


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root over at least one leaf."""
    level = list(leaves)
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def coinbase_branch(others: Sequence[bytes]) -> tuple[bytes, ...]:
    """Branch of leaf 0 (the coinbase, unknown here) in a tree whose other leaves are `others`, bottom up."""
    branch: list[bytes] = []
    level = list(others)
    while level:
        branch.append(level[0])
        rest = level[1:]
        level = _parents(rest) if rest else []
    return tuple(branch)


def root_of_branch(coinbase_txid: bytes, branch: Iterable[bytes]) -> bytes:
    """Merkle root, from the coinbase's txid and its branch."""
    root = coinbase_txid
    for sibling in branch:
        root = sha256d(root + sibling)
    return root
