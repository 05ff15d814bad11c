"""The embedded chain and Bitcoin Core's consensus engine say the same about good and bad blocks.

Coins are real here: coinbases to anyone, spent a hundred blocks later in witness and legacy transactions.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pbk
import pytest

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.transaction import Transaction, TransactionInput, TransactionOutput
from headframe.testing.block_rules import height_push
from headframe.testing.chain import Chain
from headframe.testing.mempool import PooledTransaction
from headframe.testing.rival import Draft, draft_block

NOW = 1_750_000_000
FEE = 1_000


class Core:
    """Core's engine on a regtest of its own."""

    def __init__(self, folder: Path) -> None:
        self._verdicts: list[bool] = []
        callbacks = pbk.ValidationInterfaceCallbacks(
            block_checked=lambda _, __, state: self._verdicts.append(state.validation_mode == pbk.ValidationMode.VALID)
        )
        self._manager = pbk.load_chainman(folder, pbk.ChainType.REGTEST, callbacks)

    @property
    def height(self) -> int:
        return int(self._manager.get_active_chain().height)

    @property
    def tip_hash(self) -> bytes:
        """Internal order."""
        return bytes(self._manager.get_active_chain().block_tree_entries[-1].block_hash)

    def takes(self, raw: bytes) -> bool:
        """Whether the block became part of the chain or of a valid branch."""
        self._verdicts.clear()
        try:
            block = pbk.Block(raw)
            self._manager.process_block(block)
        except (pbk.ProcessBlockException, RuntimeError):
            return False
        return all(self._verdicts)


class Pair(NamedTuple):
    """The same 110 blocks on both, so that early coinbases can be spent."""

    chain: Chain
    core: Core

    @classmethod
    def grow(cls, folder: Path) -> "Pair":
        chain, core = Chain(), Core(folder)
        for number in range(110):
            raw = draft_block(chain, NOW + number).seal()
            assert chain.submit(raw, NOW + number) is None
            assert core.takes(raw)
        assert chain.tip.height == core.height == 110
        for height in (1, 2):
            chain.mempool.add(PooledTransaction.of(spend(chain, height), fee_sats=FEE))
        return cls(chain, core)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """For blocks that neither takes."""
    return Pair.grow(tmp_path_factory.mktemp("core"))


def spend(chain: Chain, height: int, script: bytes = b"\x00\x14" + b"\x07" * 20) -> Transaction:
    """A transaction that Core, too, finds good: it spends the coinbase of that height."""
    entry = chain.at(height)
    assert entry is not None
    coin = entry.block.transactions[0]
    return Transaction(
        version=2,
        inputs=(TransactionInput(coin.txid, 0, b"", 0xFFFFFFFF),),
        outputs=(TransactionOutput(coin.outputs[0].value_sats - FEE, script),),
        witnesses=((b"\x51",),),
        locktime=0,
    )


def coinbase(draft: Draft, **changes: object) -> None:
    draft.transactions[0] = replace(draft.transactions[0], **changes)  # type: ignore[arg-type]


def pay_more(draft: Draft) -> None:
    first, commitment = draft.transactions[0].outputs
    coinbase(draft, outputs=(replace(first, value_sats=first.value_sats + 1), commitment))


def wrong_commitment(draft: Draft) -> None:
    first, commitment = draft.transactions[0].outputs
    coinbase(draft, outputs=(first, replace(commitment, script=commitment.script[:-1] + b"\0")))


def script_sig(script: bytes) -> Callable[[Draft], None]:
    return lambda draft: coinbase(draft, inputs=(replace(draft.transactions[0].inputs[0], script_sig=script),))


BAD: dict[str, Callable[[Draft], None]] = {
    "pays too much": pay_more,
    "wrong commitment": wrong_commitment,
    "no commitment": lambda draft: coinbase(draft, outputs=draft.transactions[0].outputs[:1]),
    "no coinbase witness": lambda draft: coinbase(draft, witnesses=()),
    "reserved value of 31 bytes": lambda draft: coinbase(draft, witnesses=((bytes(31),),)),
    "height of its parent": script_sig(height_push(110) + b"mark"),
    "height not minimal": script_sig(b"\x03\x6f\x00\x00mark"),
    "script of 101 bytes": script_sig(height_push(111) + bytes(101 - len(height_push(111)))),
    "version 3": lambda draft: setattr(draft, "version", 3),
    "negative version": lambda draft: setattr(draft, "version", 0x80000004),
    "other bits": lambda draft: setattr(draft, "bits", 0x207FFFFE),
    "time of the median": lambda draft: setattr(draft, "ntime", NOW + 104),
    "time far ahead": lambda draft: setattr(draft, "ntime", 0xFFFFFFF0),
    "coin spent twice": lambda draft: (draft.transactions.append(draft.transactions[1]), draft.commit())[1],  # type: ignore[func-returns-value]
    "transaction missing from root": lambda draft: None,
    "locked": lambda draft: coinbase(
        draft, locktime=111, inputs=(replace(draft.transactions[0].inputs[0], sequence=0xFFFFFFFE),)
    ),
    "coin that never was": lambda draft: (
        draft.transactions.__setitem__(
            1, replace(draft.transactions[1], inputs=(TransactionInput(b"\5" * 32, 0, b"", 0xFFFFFFFF),))
        ),
        draft.commit(),
    )[1],
    "two coinbases": lambda draft: draft.transactions.append(replace(draft.transactions[0], locktime=5)),
}


@pytest.mark.parametrize("what", BAD)
def test_both_refuse(unchanged: Pair, what: str) -> None:
    chain, core = unchanged
    draft = draft_block(chain, NOW + 200)
    assert len(draft.transactions) == 3
    BAD[what](draft)
    raw = draft.seal(root=b"\1" * 32) if what == "transaction missing from root" else draft.seal()
    assert chain.submit(raw, NOW + 200) not in (None, "decode", "inconclusive", "duplicate")
    assert not core.takes(raw)
    assert chain.tip.height == core.height == 110


def test_both_refuse_a_hash_above_the_target(unchanged: Pair) -> None:
    chain, core = unchanged
    raw = draft_block(chain, NOW + 200).seal(work=False)
    assert chain.submit(raw, NOW + 200) == "high-hash"
    assert not core.takes(raw)


def test_both_take_full_blocks_blocks_at_the_limits_and_a_longer_branch(tmp_path: Path) -> None:
    chain, core = Pair.grow(tmp_path)
    base = chain.tip
    full = draft_block(chain, NOW + 200)
    assert len(full.transactions) == 3
    edge_time = NOW + 201
    assert chain.submit(full.seal(), NOW + 200) is None
    assert core.takes(full.seal())
    edge = draft_block(chain, edge_time)
    script_sig(height_push(112) + bytes(100 - len(height_push(112))))(edge)
    coinbase(edge, locktime=111, inputs=(replace(edge.transactions[0].inputs[0], sequence=0xFFFFFFFE),))
    edge.ntime = chain.median_time(chain.tip) + 1
    assert chain.submit(edge.seal(), edge_time) is None
    assert core.takes(edge.seal())
    parent = base
    for number in range(3):
        raw = draft_block(chain, NOW + 300 + number, parent=parent, transactions=(), mark=b"branch").seal()
        assert chain.submit(raw, NOW + 400) == ("inconclusive" if number < 2 else None)
        assert core.takes(raw)
        found = chain.find(sha256d(raw[:80]))
        assert found is not None
        parent = found
    assert chain.tip is parent
    assert chain.tip.height == core.height == 113
    assert core.tip_hash == chain.tip.hash
