"""Transactions that were never signed by anyone.

Responsible for: inventing well-formed transactions (legacy and segwit, some spending others), and holding them until a
block takes them.
Not responsible for: scripts, signatures and coins: an embedded chain has none, it only knows what it has invented or
was handed.
Read next: `testing.chain`.

Bound: `Mempool.MAX` transactions; a full mempool takes no more.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from headframe.bitcoin.transaction import Transaction, TransactionInput, TransactionOutput

_FINAL = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, eq=False)
class PooledTransaction:
    """A transaction and what a node would know of it.

    raw      with witness
    sigops   the weighted count that a template shows
    parents  txids of other invented transactions that must come first
    """

    raw: bytes
    txid: bytes
    wtxid: bytes
    fee_sats: int
    weight: int
    sigops: int
    parents: tuple[bytes, ...] = ()

    @classmethod
    def of(
        cls, transaction: Transaction, *, fee_sats: int, sigops: int = 0, parents: tuple[bytes, ...] = ()
    ) -> "PooledTransaction":
        raw = transaction.serialize(witness=True)
        stripped = transaction.serialize(witness=False)
        weight = 3 * len(stripped) + len(raw)
        return cls(raw, transaction.txid, transaction.wtxid, fee_sats, weight, sigops, parents)


def invent(rng: random.Random, parents: tuple[PooledTransaction, ...] = ()) -> PooledTransaction:
    """A new transaction of one to three inputs, legacy or segwit at random; it also spends output 0 of each parent."""
    outpoints = [(parent.txid, 0) for parent in parents]
    outpoints += [(rng.randbytes(32), rng.randrange(4)) for _ in range(rng.randint(1, 3))]
    segwit = rng.random() < 0.6
    # Shapes of P2WPKH and P2PKH spends; the bytes mean nothing.
    witnesses = tuple((rng.randbytes(71), b"\x02" + rng.randbytes(32)) for _ in outpoints) if segwit else ()
    script_sig = b"" if segwit else b"\x47" + rng.randbytes(71) + b"\x21\x02" + rng.randbytes(32)
    outputs = [TransactionOutput(rng.randint(1_000, 10**8), b"\x00\x14" + rng.randbytes(20))]
    if rng.random() < 0.5:
        outputs.append(TransactionOutput(rng.randint(1_000, 10**8), b"\x76\xa9\x14" + rng.randbytes(20) + b"\x88\xac"))
    transaction = Transaction(
        version=2,
        inputs=tuple(TransactionInput(txid, index, script_sig, _FINAL) for txid, index in outpoints),
        outputs=tuple(outputs),
        witnesses=witnesses,
        locktime=0,
    )
    legacy_sigops = 4 * (len(outputs) - 1)
    return PooledTransaction.of(
        transaction,
        fee_sats=rng.randint(300, 30_000),
        sigops=legacy_sigops + (len(outpoints) if segwit else 0),
        parents=tuple(parent.txid for parent in parents),
    )


class Mempool:
    """What the next block may take, parents before children."""

    MAX = 5_000

    def __init__(self) -> None:
        self._waiting: dict[bytes, PooledTransaction] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[PooledTransaction]:
        return iter(self._waiting.values())

    def get(self, txid: bytes) -> PooledTransaction | None:
        return self._waiting.get(txid)

    def add(self, transaction: PooledTransaction) -> bool:
        """Take a transaction whose parents are here or confirmed; False when full or known."""
        if len(self._waiting) >= self.MAX or transaction.txid in self._waiting:
            return False
        self._waiting[transaction.txid] = transaction
        return True

    def remove(self, txid: bytes) -> None:
        self._waiting.pop(txid, None)

    def put_back(self, transactions: tuple[PooledTransaction, ...]) -> None:
        """Return what a reorganisation took out of the chain, in front: others may depend on it."""
        returned = {transaction.txid: transaction for transaction in transactions}
        self._waiting = {**returned, **{txid: kept for txid, kept in self._waiting.items() if txid not in returned}}

    def fill(self, rng: random.Random, count: int) -> None:
        """Invent until `count` wait; every fourth or so spends one that waits already."""
        while len(self._waiting) < min(count, self.MAX):
            spendable = tuple(self._waiting.values())[-8:]
            parents = (rng.choice(spendable),) if spendable and rng.random() < 0.25 else ()
            self.add(invent(rng, parents))

    def select(self, max_weight: int) -> tuple[PooledTransaction, ...]:
        """What a template takes, in block order; one that is too heavy is left out with all that depend on it."""
        chosen: list[PooledTransaction] = []
        left_out: set[bytes] = set()
        for transaction in self._waiting.values():
            if transaction.weight > max_weight or not left_out.isdisjoint(transaction.parents):
                left_out.add(transaction.txid)
                continue
            max_weight -= transaction.weight
            chosen.append(transaction)
        return tuple(chosen)
