"""Answers to getblocktemplate as a node would give them, made to measure.

Responsible for: a consistent answer around given transactions, for tests of what reads it.
Not responsible for: answering over a wire (`testing.regtest_node`).
Read next: `sources.node.templates`.
"""

import json
import random
from collections.abc import Sequence
from typing import Any

from headframe.bitcoin.coinbase import witness_commitment
from headframe.bitcoin.transaction import Transaction, TransactionInput, TransactionOutput

FEE_SATS = 1000
SUBSIDY_SATS = 50 * 100_000_000
PREV_HASH_HEX = "00" * 31 + "aa"


def some_transactions(count: int, seed: int = 1) -> list[Transaction]:
    """Well-formed transactions that spend nothing real; every third has no witness."""
    source = random.Random(seed)
    found = []
    for place in range(count):
        inputs = tuple(
            TransactionInput(
                source.randbytes(32), source.randrange(4), source.randbytes(source.randrange(30)), 0xFFFFFFFD
            )
            for _ in range(1 + source.randrange(3))
        )
        outputs = tuple(
            TransactionOutput(source.randrange(10**9), b"\x00\x14" + source.randbytes(20))
            for _ in range(1 + source.randrange(3))
        )
        witnesses = tuple((source.randbytes(72), source.randbytes(33)) for _ in inputs) if place % 3 else ()
        found.append(Transaction(2, inputs, outputs, witnesses, 0))
    return found


def template_answer(transactions: Sequence[Transaction] = (), **changes: Any) -> dict[str, Any]:
    """The result member, on regtest at height 1 unless `changes` say otherwise."""
    listed = [_listed(transaction) for transaction in transactions]
    answer = {
        "capabilities": ["proposal"],
        "version": 0x20000000,
        "rules": ["csv", "!segwit", "taproot"],
        "vbavailable": {},
        "vbrequired": 0,
        "previousblockhash": PREV_HASH_HEX,
        "transactions": listed,
        "coinbaseaux": {},
        "coinbasevalue": SUBSIDY_SATS + FEE_SATS * len(listed),
        "longpollid": PREV_HASH_HEX + str(len(listed)),
        "target": "7fffff" + "00" * 29,
        "mintime": 1_700_000_000,
        "mutable": ["time", "transactions", "prevblock"],
        "noncerange": "00000000ffffffff",
        "sigoplimit": 80_000,
        "sizelimit": 4_000_000,
        "weightlimit": 4_000_000,
        "curtime": 1_700_000_600,
        "bits": "207fffff",
        "height": 1,
        "default_witness_commitment": witness_commitment([transaction.wtxid for transaction in transactions]).hex(),
    }
    return answer | changes


def _listed(transaction: Transaction) -> dict[str, Any]:
    raw, stripped = transaction.serialize(witness=True), transaction.serialize(witness=False)
    return {
        "data": raw.hex(),
        "txid": transaction.txid[::-1].hex(),
        "hash": transaction.wtxid[::-1].hex(),
        "depends": [],
        "fee": FEE_SATS,
        "sigops": 4,
        "weight": 3 * len(stripped) + len(raw),
    }


def answer_body(result: object, error: object = None) -> bytes:
    """The JSON-RPC answer around a result."""
    return json.dumps({"result": result, "error": error, "id": 1}).encode()
