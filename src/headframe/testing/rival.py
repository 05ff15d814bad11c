"""The other miner on the network.

Responsible for: blocks made without any of our mining code: to move a chain on, to fork it, and to be spoilt by tests.
Not responsible for: judging them (`testing.block_rules`).
Read next: `testing.chain`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from headframe.bitcoin.header import Header
from headframe.bitcoin.transaction import Transaction, TransactionInput, TransactionOutput, compact_size
from headframe.testing.block_rules import commitment_of, height_push, meets_bits, root_of
from headframe.testing.chain import Chain, ChainBlock

ANYONE = b"\x00\x20" + bytes.fromhex("4ae81572f06e1b88fd5ced7a1a000945432e83e1551e6f721ee9c00b8cc33260")
"""P2WSH of OP_TRUE."""


@dataclass(slots=True)
class Draft:
    """A block that can still be changed; `seal` makes bytes of it. `transactions` begins with the coinbase."""

    version: int
    prev_hash: bytes
    ntime: int
    bits: int
    transactions: list[Transaction] = field(default_factory=list)

    def commit(self) -> None:
        """Put the witness commitment of the transactions as they are now into the coinbase's last output."""
        coinbase = self.transactions[0]
        script = bytes.fromhex("6a24aa21a9ed") + commitment_of(self.transactions)
        kept = tuple(paid for paid in coinbase.outputs if not paid.script.startswith(b"\x6a\x24\xaa\x21\xa9\xed"))
        outputs = (*kept, TransactionOutput(0, script))
        self.transactions[0] = replace(coinbase, outputs=outputs, witnesses=((bytes(32),),))

    def seal(self, *, root: bytes | None = None, work: bool = True) -> bytes:
        """The raw block, with a nonce that meets its own bits; with `work=False` one that does not, if bits allow."""
        merkle_root = root_of(self.transactions) if root is None else root
        nonce = 0
        while True:
            header = Header(self.version, self.prev_hash, merkle_root, self.ntime, self.bits, nonce)
            if meets_bits(header.hash, self.bits) is work:
                break
            nonce += 1
        raws = [transaction.serialize(witness=True) for transaction in self.transactions]
        return b"".join((header.pack(), compact_size(len(raws)), *raws))


def draft_block(
    chain: Chain,
    now: int,
    *,
    parent: ChainBlock | None = None,
    transactions: Sequence[Transaction] | None = None,
    fees_sats: int = 0,
    script: bytes = ANYONE,
    mark: bytes = b"rival",
) -> Draft:
    """A good block on `parent` (the tip when None), ready to be sealed or spoilt.

    transactions  after the coinbase; None takes what the chain offers on its tip (then fees are known, too)
    fees_sats     what the given transactions pay
    mark          bytes in the coinbase that tell two blocks apart
    """
    if parent is None:
        parent = chain.tip
    if transactions is None:
        offered = chain.offer(now).transactions if parent is chain.tip else ()
        transactions = [Transaction.parse(offer.raw) for offer in offered]
        fees_sats = sum(offer.fee_sats for offer in offered)
    height = parent.height + 1
    coinbase = Transaction(
        version=2,
        inputs=(TransactionInput(bytes(32), 0xFFFFFFFF, height_push(height) + bytes([len(mark)]) + mark, 0xFFFFFFFF),),
        outputs=(TransactionOutput(chain.subsidy(height) + fees_sats, script),),
        witnesses=(),
        locktime=0,
    )
    ntime = max(now, chain.median_time(parent) + 1)
    draft = Draft(0x20000000, parent.hash, ntime, chain.next_bits(parent), [coinbase, *transactions])
    draft.commit()
    return draft
