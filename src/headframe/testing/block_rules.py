"""What makes a block good: strict checks, written apart from the code that makes our blocks.

Responsible for: refusing a block for what is wrong with it, in bitcoind's words and in bitcoind's order.
Not responsible for: which chain it extends and which transactions exist (`testing.chain`), scripts and signatures.
Read next: `testing.chain`.

This is the demo's and the tests' honest second opinion, so it must share nothing with `mining`: merkle roots, the
witness commitment (BIP141), the height push (BIP34), finality and targets are worked out here once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from headframe.bitcoin.block import Block
from headframe.bitcoin.header import Header
from headframe.bitcoin.transaction import Transaction, compact_size

MAX_WEIGHT = 4_000_000
MAX_SIGOPS_COST = 80_000
MAX_FUTURE_S = 7_200
MAX_MONEY_SATS = 21_000_000 * 100_000_000
_COMMITMENT_HEAD = bytes.fromhex("6a24aa21a9ed")
_LOCKTIME_IS_TIME = 500_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its chain a block would stand."""

    height: int
    expected_bits: int
    median_time: int
    now: int


def decode_block(raw: bytes) -> Block | None:
    """The block, or None for bytes that a node cannot read ("Block decode failed")."""
    try:
        block = Block.parse(raw)
    except (ValueError, KeyError):
        return None
    # Numbers of unusual length and a witness flag without any witness have another, proper spelling.
    respelled = b"".join(transaction.serialize(witness=True) for transaction in block.transactions)
    superfluous = any(tx.witnesses and not any(tx.witnesses) for tx in block.transactions)
    return block if raw == raw[:80] + compact_size(len(block.transactions)) + respelled and not superfluous else None


def refusal_by_itself(block: Block, *, check_work: bool = True) -> str | None:
    """What is wrong with a block wherever it stands; None when nothing is (Core's CheckBlock)."""
    if check_work and not meets_bits(block.header.hash, block.header.bits):
        return "high-hash"
    transactions = block.transactions
    txids = [transaction.txid for transaction in transactions]
    root, mutated = _root(txids)
    if root != block.header.merkle_root:
        return "bad-txnmrklroot"
    if mutated:
        return "bad-txns-duplicate"
    if not transactions or _stripped_size(transactions) * 4 > MAX_WEIGHT:
        return "bad-blk-length"
    if not _is_coinbase(transactions[0]):
        return "bad-cb-missing"
    if any(_is_coinbase(transaction) for transaction in transactions[1:]):
        return "bad-cb-multiple"
    for transaction in transactions:
        if reason := _refusal_of_transaction(transaction):
            return reason
    if 4 * sum(map(_legacy_sigops, transactions)) > MAX_SIGOPS_COST:
        return "bad-blk-sigops"
    return None


def refusal_of_header(header: Header, place: Place) -> str | None:
    """What is wrong with a header in its place (Core's ContextualCheckBlockHeader)."""
    if header.bits != place.expected_bits:
        return "bad-diffbits"
    if header.ntime <= place.median_time:
        return "time-too-old"
    if header.ntime > place.now + MAX_FUTURE_S:
        return "time-too-new"
    signed = header.version - (1 << 32 if header.version >> 31 else 0)
    return f"bad-version(0x{header.version:08x})" if signed < 4 else None


def refusal_in_place(block: Block, place: Place) -> str | None:
    """What is wrong with a block in its place (Core's ContextualCheckBlock)."""
    if not all(_is_final(transaction, place) for transaction in block.transactions):
        return "bad-txns-nonfinal"
    if not block.transactions[0].inputs[0].script_sig.startswith(height_push(place.height)):
        return "bad-cb-height"
    if reason := _refusal_of_witnesses(block.transactions):
        return reason
    total = 80 + _count_size(block.transactions) + sum(len(tx.serialize(witness=True)) for tx in block.transactions)
    if 3 * _stripped_size(block.transactions) + total > MAX_WEIGHT:
        return "bad-blk-weight"
    return None


def refusal_of_value(coinbase: Transaction, allowed_sats: int) -> str | None:
    """What is wrong with what the coinbase pays itself, given subsidy and fees."""
    return "bad-cb-amount" if sum(paid.value_sats for paid in coinbase.outputs) > allowed_sats else None


def meets_bits(header_hash: bytes, bits: int) -> bool:
    """Whether the hash is at most the target that the bits spell out."""
    size, word = bits >> 24, bits & 0xFFFFFF
    target = word << 8 * (size - 3) if size > 3 else word >> 8 * (3 - size)
    return word < 0x800000 and 0 < target < 1 << 256 and int.from_bytes(header_hash, "little") <= target


def height_push(height: int) -> bytes:
    """How BIP34 wants the height at the head of the coinbase's script."""
    if height <= 16:
        return bytes([0x50 + height]) if height else b"\x00"
    size = 1
    while height >= 1 << (8 * size - 1):
        size += 1
    return bytes([size]) + height.to_bytes(size, "little")


def commitment_of(transactions: Sequence[Transaction], reserved: bytes = bytes(32)) -> bytes:
    """BIP141's commitment (32 bytes) over a block's transactions, coinbase first."""
    root, _ = _root([bytes(32), *(transaction.wtxid for transaction in transactions[1:])])
    return _sha256d(root + reserved)


def root_of(transactions: Sequence[Transaction]) -> bytes:
    """The merkle root that a header must carry."""
    return _root([transaction.txid for transaction in transactions])[0]


def _sha256d(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def _root(leaves: Sequence[bytes]) -> tuple[bytes, bool]:
    """The root, and whether some level ends in two equal hashes (CVE-2012-2459: another list has the same root)."""
    row, mutated = list(leaves) or [bytes(32)], False
    while len(row) > 1:
        mutated = mutated or any(row[i] == row[i + 1] for i in range(0, len(row) - 1, 2))
        if len(row) & 1:
            row.append(row[-1])
        row = [_sha256d(left + right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0], mutated


def _is_coinbase(transaction: Transaction) -> bool:
    spent = transaction.inputs
    return len(spent) == 1 and spent[0].prev_txid == bytes(32) and spent[0].prev_index == 0xFFFFFFFF


def _refusal_of_transaction(transaction: Transaction) -> str | None:
    if not transaction.inputs:
        return "bad-txns-vin-empty"
    if not transaction.outputs:
        return "bad-txns-vout-empty"
    if any(paid.value_sats > MAX_MONEY_SATS for paid in transaction.outputs):
        return (
            "bad-txns-vout-toolarge"
            if all(paid.value_sats < 1 << 63 for paid in transaction.outputs)
            else "bad-txns-vout-negative"
        )
    if sum(paid.value_sats for paid in transaction.outputs) > MAX_MONEY_SATS:
        return "bad-txns-txouttotal-toolarge"
    outpoints = [(spent.prev_txid, spent.prev_index) for spent in transaction.inputs]
    if len(set(outpoints)) != len(outpoints):
        return "bad-txns-inputs-duplicate"
    if _is_coinbase(transaction):
        return None if 2 <= len(transaction.inputs[0].script_sig) <= 100 else "bad-cb-length"
    return "bad-txns-prevout-null" if (bytes(32), 0xFFFFFFFF) in outpoints else None


def _refusal_of_witnesses(transactions: Sequence[Transaction]) -> str | None:
    coinbase = transactions[0]
    commitments = [
        paid.script[6:38] for paid in coinbase.outputs if len(paid.script) >= 38 and paid.script[:6] == _COMMITMENT_HEAD
    ]
    if not commitments:
        return "unexpected-witness" if any(transaction.witnesses for transaction in transactions) else None
    if len(coinbase.witnesses) != 1 or [len(item) for item in coinbase.witnesses[0]] != [32]:
        return "bad-witness-nonce-size"
    if commitment_of(transactions, coinbase.witnesses[0][0]) != commitments[-1]:
        return "bad-witness-merkle-match"
    return None


def _is_final(transaction: Transaction, place: Place) -> bool:
    # BIP113: a lock that is a time is compared with the median time, not with the header's own.
    limit = place.height if transaction.locktime < _LOCKTIME_IS_TIME else place.median_time
    return transaction.locktime < limit or all(spent.sequence == 0xFFFFFFFF for spent in transaction.inputs)


def _legacy_sigops(transaction: Transaction) -> int:
    scripts = [spent.script_sig for spent in transaction.inputs] + [paid.script for paid in transaction.outputs]
    return sum(map(_sigops_of_script, scripts))


def _sigops_of_script(script: bytes) -> int:
    count, at = 0, 0
    while at < len(script):
        opcode, at = script[at], at + 1
        if opcode <= 75:
            at += opcode
        elif opcode <= 78:
            width = 1 << (opcode - 76)
            at += width + int.from_bytes(script[at : at + width], "little")
        elif opcode in (0xAC, 0xAD):
            count += 1
        elif opcode in (0xAE, 0xAF):
            count += 20
    return count


def _stripped_size(transactions: Sequence[Transaction]) -> int:
    return 80 + _count_size(transactions) + sum(len(tx.serialize(witness=False)) for tx in transactions)


def _count_size(transactions: Sequence[Transaction]) -> int:
    return 1 if len(transactions) < 0xFD else 3 if len(transactions) <= 0xFFFF else 5
