"""A tiny block chain that believes nothing.

Responsible for: a tree of blocks with one active branch (most work), what may be mined on its tip, and the answer to
each submitted block.
Not responsible for: what makes a block good by itself (`testing.block_rules`), difficulty (`testing.pace`), JSON and HTTP
(`testing.regtest_node`).
Read next: `testing.block_rules`.

Pure: time and randomness are arguments. There are no coins and no scripts: a transaction is good when the chain has
been told of it, its parents come before it and no ancestor holds it already.

Bound: the last `KEEP` heights; what lies deeper is forgotten (the demo runs for days), and a branch that starts below
is refused.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from headframe.bitcoin.block import Block
from headframe.bitcoin.header import Header
from headframe.bitcoin.target import target_of_bits, work_of_target
from headframe.bitcoin.transaction import Transaction, TransactionInput, TransactionOutput
from headframe.testing.block_rules import (
    MAX_WEIGHT,
    Place,
    decode_block,
    refusal_by_itself,
    refusal_in_place,
    refusal_of_header,
    refusal_of_value,
    root_of,
)
from headframe.testing.mempool import Mempool, PooledTransaction
from headframe.testing.pace import FixedBits, Pace

KEEP = 2_016
_COINBASE_ROOM = 8_000
"""Weight units that a template leaves for header and coinbase, as bitcoind does."""


@dataclass(frozen=True, eq=False)
class ChainBlock:
    """A block with its place. `transactions` are those after the coinbase, as the mempool knew them."""

    raw: bytes
    header: Header
    height: int
    chain_work: int
    transactions: tuple[PooledTransaction, ...]

    @cached_property
    def hash(self) -> bytes:
        return self.header.hash

    @cached_property
    def block(self) -> Block:
        return Block.parse(self.raw)


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be mined on the tip now: the content of a block template."""

    height: int
    prev_hash: bytes
    bits: int
    min_time: int
    time: int
    reward_sats: int
    transactions: tuple[PooledTransaction, ...]


class Chain:
    """See the module. Starts at real regtest's genesis block, or with one of its own at `born_at`."""

    def __init__(
        self, *, pace: Pace | None = None, born_at: int | None = None, halving_interval: int = 150, seed: int = 1
    ) -> None:
        self.pace: Pace = pace or FixedBits()
        self.mempool = Mempool()
        self._rng = random.Random(seed)
        self._halving_interval = halving_interval
        genesis = _genesis(1296688602 if born_at is None else born_at, self.pace.first_bits, 2)
        self._active: list[ChainBlock] = [genesis]
        self._blocks: dict[bytes, ChainBlock] = {genesis.hash: genesis}
        self._confirmed: dict[bytes, int] = {}

    # What there is

    @property
    def tip(self) -> ChainBlock:
        return self._active[-1]

    def at(self, height: int) -> ChainBlock | None:
        """The block of the active branch at this height; None when there is none or it is forgotten."""
        index = height - self._active[0].height
        return self._active[index] if 0 <= index < len(self._active) else None

    def find(self, block_hash: bytes) -> ChainBlock | None:
        """A block of any branch."""
        return self._blocks.get(block_hash)

    def confirmations(self, block: ChainBlock) -> int:
        """As bitcoind counts: 1 for the tip, -1 for a block that is not on the active branch."""
        return self.tip.height - block.height + 1 if self.at(block.height) is block else -1

    def median_time(self, block: ChainBlock) -> int:
        """Median of the times of this block and up to ten before it (BIP113)."""
        times = [ancestor.header.ntime for ancestor, _ in zip(self._branch(block), range(11), strict=False)]
        return sorted(times)[len(times) // 2]

    def next_bits(self, parent: ChainBlock) -> int:
        """Bits that a child of `parent` must carry."""
        if parent.height == 0:
            return self.pace.first_bits
        grandparent = self._blocks[parent.header.prev_hash]
        return self.pace.bits_after(parent.header.bits, parent.header.ntime - grandparent.header.ntime)

    def subsidy(self, height: int) -> int:
        """Sats that a block of this height makes."""
        halvings = height // self._halving_interval
        return 50 * 100_000_000 >> halvings if halvings < 64 else 0

    # What may come next

    def invent_transactions(self, count: int) -> None:
        """Have at least `count` transactions wait."""
        self.mempool.fill(self._rng, count)

    def offer(self, now: int) -> Offer:
        """A template's content on the tip."""
        tip = self.tip
        chosen = self.mempool.select(MAX_WEIGHT - _COINBASE_ROOM)
        min_time = self.median_time(tip) + 1
        return Offer(
            height=tip.height + 1,
            prev_hash=tip.hash,
            bits=self.next_bits(tip),
            min_time=min_time,
            time=max(min_time, now),
            reward_sats=self.subsidy(tip.height + 1) + sum(transaction.fee_sats for transaction in chosen),
            transactions=chosen,
        )

    def submit(self, raw: bytes, now: int, *, check_work: bool = True) -> str | None:
        """Take a block: None when it became the tip, else why not, in the words of bitcoind's submitblock.

        "decode" stands for bytes that are no block. `check_work=False` is for tests that need a new tip on a chain
        too hard to mine.
        """
        block = decode_block(raw)
        if block is None:
            return "decode"
        if block.header.hash in self._blocks:
            return "duplicate"
        refused = self.refusal(block, now, check_work=check_work)
        if refused is not None:
            return refused
        parent = self._blocks[block.header.prev_hash]
        taken = tuple(known for tx in block.transactions[1:] if (known := self._known(tx.txid)) is not None)
        work = parent.chain_work + work_of_target(target_of_bits(block.header.bits))
        entry = ChainBlock(raw, block.header, parent.height + 1, work, taken)
        self._blocks[entry.hash] = entry
        if entry.chain_work <= self.tip.chain_work:
            return "inconclusive"
        self._activate(entry)
        self._forget_deep()
        return None

    def refusal(self, block: Block, now: int, *, check_work: bool = True) -> str | None:
        """Why the chain would not take this block on the branch it names; None when it would."""
        if reason := refusal_by_itself(block, check_work=check_work):
            return reason
        parent = self._blocks.get(block.header.prev_hash)
        # A parent at the edge of what is kept has no grandparent to work out the difficulty from.
        if parent is None or (parent.height and parent.header.prev_hash not in self._blocks):
            return "prev-blk-not-found"
        place = Place(parent.height + 1, self.next_bits(parent), self.median_time(parent), now)
        if reason := refusal_of_header(block.header, place) or refusal_in_place(block, place):
            return reason
        fees, reason = self._fees(block.transactions[1:], parent)
        return reason or refusal_of_value(block.transactions[0], self.subsidy(place.height) + fees)

    # How it is kept

    def _branch(self, block: ChainBlock) -> Iterator[ChainBlock]:
        at: ChainBlock | None = block
        while at is not None:
            yield at
            at = self._blocks.get(at.header.prev_hash)

    def _known(self, txid: bytes) -> PooledTransaction | None:
        if waiting := self.mempool.get(txid):
            return waiting
        for entry in reversed(self._blocks.values()):
            for transaction in entry.transactions:
                if transaction.txid == txid:
                    return transaction
        return None

    def _fees(self, transactions: tuple[Transaction, ...], parent: ChainBlock) -> tuple[int, str | None]:
        fork, side = parent, set[bytes]()
        while self.at(fork.height) is not fork:
            side.update(transaction.txid for transaction in fork.transactions)
            fork = self._blocks[fork.header.prev_hash]

        def confirmed(txid: bytes) -> bool:
            return txid in side or self._confirmed.get(txid, fork.height + 1) <= fork.height

        fees, earlier = 0, set[bytes]()
        for transaction in transactions:
            known = self._known(transaction.txid)
            spent_twice = transaction.txid in earlier or confirmed(transaction.txid)
            if known is None or spent_twice or not all(p in earlier or confirmed(p) for p in known.parents):
                return 0, "bad-txns-inputs-missingorspent"
            if known.wtxid != transaction.wtxid:
                return 0, "block-script-verify-flag-failed"
            earlier.add(known.txid)
            fees += known.fee_sats
        return fees, None

    def _activate(self, entry: ChainBlock) -> None:
        joining: list[ChainBlock] = []
        while self.at(entry.height) is not entry:
            joining.append(entry)
            entry = self._blocks[entry.header.prev_hash]
        while self.tip is not entry:
            left = self._active.pop()
            for transaction in left.transactions:
                del self._confirmed[transaction.txid]
            self.mempool.put_back(left.transactions)
        for block in reversed(joining):
            self._active.append(block)
            for transaction in block.transactions:
                self._confirmed[transaction.txid] = block.height
                self.mempool.remove(transaction.txid)

    def _forget_deep(self) -> None:
        floor = self.tip.height - KEEP
        if self._active[0].height >= floor:
            return
        while self._active[0].height < floor:
            for transaction in self._active.pop(0).transactions:
                del self._confirmed[transaction.txid]
        self._blocks = {key: block for key, block in self._blocks.items() if block.height >= floor}


def _genesis(time: int, bits: int, nonce: int) -> ChainBlock:
    """Bitcoin's first coinbase under a header of ours; with regtest's time, bits and nonce it is regtest's block 0."""
    words = b"The Times 03/Jan/2009 Chancellor on brink of second bailout for banks"
    key = bytes.fromhex(
        "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
    )
    script = b"\x04\xff\xff\x00\x1d\x01\x04" + bytes([len(words)]) + words
    coinbase = Transaction(
        version=1,
        inputs=(TransactionInput(bytes(32), 0xFFFFFFFF, script, 0xFFFFFFFF),),
        outputs=(TransactionOutput(50 * 100_000_000, bytes([len(key)]) + key + b"\xac"),),
        witnesses=(),
        locktime=0,
    )
    header = Header(1, bytes(32), root_of([coinbase]), time, bits, nonce)
    raw = header.pack() + b"\x01" + coinbase.serialize(witness=False)
    return ChainBlock(raw, header, 0, work_of_target(target_of_bits(bits)), ())
