"""Every reason for which the embedded chain refuses a block, and that it does so in bitcoind's words."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from headframe.bitcoin.transaction import Transaction, TransactionInput, TransactionOutput
from headframe.testing.block_rules import decode_block, height_push, meets_bits
from headframe.testing.chain import Chain
from headframe.testing.mempool import invent
from headframe.testing.rival import Draft, draft_block

NOW = 1_750_000_000
Spoil = Callable[[Draft], None]


@pytest.fixture
def chain() -> Chain:
    chain = Chain(seed=7)
    for step in range(20):
        chain.invent_transactions(4)
        assert chain.submit(draft_block(chain, NOW - 1_000 + step).seal(), NOW) is None
    chain.invent_transactions(12)
    return chain


def coinbase(draft: Draft, **changes: object) -> None:
    draft.transactions[0] = replace(draft.transactions[0], **changes)  # type: ignore[arg-type]


def script_sig(draft: Draft, script: bytes) -> None:
    coinbase(draft, inputs=(replace(draft.transactions[0].inputs[0], script_sig=script),))


def outputs(draft: Draft, *values: int) -> None:
    paid = tuple(TransactionOutput(value, b"\x51") for value in values)
    coinbase(draft, outputs=(*paid, draft.transactions[0].outputs[-1]))


def spoil_value(draft: Draft) -> None:
    first, commitment = draft.transactions[0].outputs
    coinbase(draft, outputs=(replace(first, value_sats=first.value_sats + 1), commitment))


def spoil_commitment(draft: Draft) -> None:
    first, commitment = draft.transactions[0].outputs
    coinbase(draft, outputs=(first, replace(commitment, script=commitment.script[:-1] + b"\0")))


def drop_commitment(draft: Draft) -> None:
    coinbase(draft, outputs=draft.transactions[0].outputs[:1], witnesses=())


def unknown_transaction(draft: Draft) -> None:
    stranger = invent(random.Random(99))
    draft.transactions.append(Transaction.parse(stranger.raw))
    draft.commit()


def repeat_a_transaction(draft: Draft) -> None:
    draft.transactions.append(draft.transactions[1])
    draft.commit()


def mutate_like_cve_2012_2459(draft: Draft) -> None:
    # Three leaves have the root of four with the last repeated.
    del draft.transactions[3:]
    draft.transactions.append(draft.transactions[2])
    draft.commit()


def change_a_witness(draft: Draft) -> None:
    at = next(at for at, transaction in enumerate(draft.transactions) if at and transaction.witnesses)
    spoilt = draft.transactions[at]
    draft.transactions[at] = replace(spoilt, witnesses=((b"\1" * 71, *spoilt.witnesses[0][1:]), *spoilt.witnesses[1:]))
    draft.commit()


def too_heavy(draft: Draft) -> None:
    # Under the limit without its witness, over it with it.
    big = Transaction(
        2, (TransactionInput(b"\1" * 32, 0, b"", 0),), (TransactionOutput(1, b"\x51"),), ((bytes(4_000_000),),), 0
    )
    draft.transactions = [draft.transactions[0], big]
    draft.commit()


def too_long(draft: Draft) -> None:
    big = Transaction(
        2, (TransactionInput(b"\1" * 32, 0, bytes(1_000_000), 0),), (TransactionOutput(1, b"\x51"),), (), 0
    )
    draft.transactions = [draft.transactions[0], big]


def too_many_sigops(draft: Draft) -> None:
    coinbase(draft, outputs=(TransactionOutput(0, b"\xac" * 20_001), draft.transactions[0].outputs[-1]))


def other_transaction(transaction: Transaction) -> Spoil:
    def spoil(draft: Draft) -> None:
        draft.transactions = [draft.transactions[0], transaction]

    return spoil


INPUT = TransactionInput(b"\1" * 32, 0, b"", 0xFFFFFFFF)
NOWHERE = TransactionInput(bytes(32), 0xFFFFFFFF, b"\0\0", 0)
OUTPUT = TransactionOutput(1, b"\x51")


def locked_for(draft: Draft) -> None:
    # BIP54 wants height - 1, which is final; height itself is not, unless the sequence says so.
    height = 21
    coinbase(draft, locktime=height, inputs=(replace(draft.transactions[0].inputs[0], sequence=0xFFFFFFFE),))


BAD: dict[str, list[Spoil]] = {
    "bad-txns-duplicate": [mutate_like_cve_2012_2459],
    "bad-blk-length": [too_long, lambda draft: draft.transactions.clear()],
    "bad-cb-missing": [lambda draft: draft.transactions.reverse()],
    "bad-cb-multiple": [lambda draft: draft.transactions.append(replace(draft.transactions[0], locktime=5))],
    "bad-cb-length": [
        lambda draft: script_sig(draft, b"\0"),
        lambda draft: script_sig(draft, height_push(21) + bytes(99)),
    ],
    "bad-cb-height": [
        lambda draft: script_sig(draft, height_push(20) + b"mark"),
        lambda draft: script_sig(draft, b"\x02\x15\x00mark"),
    ],
    "bad-cb-amount": [spoil_value],
    "bad-txns-vin-empty": [other_transaction(Transaction(2, (), (), (), 0))],
    "bad-txns-vout-empty": [other_transaction(Transaction(2, (INPUT,), (), (), 0))],
    "bad-txns-vout-toolarge": [lambda draft: outputs(draft, 21_000_000 * 10**8 + 1)],
    "bad-txns-vout-negative": [lambda draft: outputs(draft, 2**64 - 1)],
    "bad-txns-txouttotal-toolarge": [lambda draft: outputs(draft, 20_000_000 * 10**8, 20_000_000 * 10**8)],
    "bad-txns-inputs-duplicate": [other_transaction(Transaction(2, (INPUT, INPUT), (OUTPUT,), (), 0))],
    "bad-txns-prevout-null": [other_transaction(Transaction(2, (INPUT, NOWHERE), (OUTPUT,), (), 0))],
    "bad-blk-sigops": [too_many_sigops],
    "bad-diffbits": [lambda draft: setattr(draft, "bits", 0x207FFFFE)],
    "time-too-old": [lambda draft: setattr(draft, "ntime", NOW - 1_000 + 14)],
    "time-too-new": [lambda draft: setattr(draft, "ntime", NOW + 7_201)],
    "bad-version(0x00000003)": [lambda draft: setattr(draft, "version", 3)],
    "bad-version(0xe0000000)": [lambda draft: setattr(draft, "version", 0xE0000000)],
    "prev-blk-not-found": [lambda draft: setattr(draft, "prev_hash", b"\7" * 32)],
    "bad-txns-nonfinal": [locked_for],
    "bad-witness-merkle-match": [spoil_commitment],
    "bad-witness-nonce-size": [
        lambda draft: coinbase(draft, witnesses=()),
        lambda draft: coinbase(draft, witnesses=((bytes(31),),)),
        lambda draft: coinbase(draft, witnesses=((bytes(32), bytes(32)),)),
    ],
    "unexpected-witness": [drop_commitment],
    "bad-blk-weight": [too_heavy],
    "bad-txns-inputs-missingorspent": [unknown_transaction, repeat_a_transaction],
    "block-script-verify-flag-failed": [change_a_witness],
}


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [(reason, spoil) for reason, spoils in BAD.items() for spoil in spoils],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_block_is_refused_for_its_reason(chain: Chain, reason: str, spoil: Spoil) -> None:
    draft = draft_block(chain, NOW)
    spoil(draft)
    assert chain.submit(draft.seal(), NOW) == reason
    assert chain.tip.height == 20


def test_the_same_block_unspoilt_is_taken(chain: Chain) -> None:
    draft = draft_block(chain, NOW)
    assert len(draft.transactions) > 10
    assert any(transaction.witnesses for transaction in draft.transactions[1:])
    assert any(not transaction.witnesses for transaction in draft.transactions[1:])
    assert chain.submit(draft.seal(), NOW) is None
    assert chain.tip.height == 21


def test_work_and_merkle_root_are_enforced(chain: Chain) -> None:
    draft = draft_block(chain, NOW)
    assert chain.submit(draft.seal(work=False), NOW) == "high-hash"
    assert chain.submit(draft.seal(root=b"\5" * 32), NOW) == "bad-txnmrklroot"


def test_limits_that_are_just_kept_are_kept(chain: Chain) -> None:
    draft = draft_block(chain, NOW)
    script_sig(draft, height_push(21) + bytes(98))
    draft.ntime = NOW + 7_200
    coinbase(draft, locktime=20, inputs=(replace(draft.transactions[0].inputs[0], sequence=0xFFFFFFFE),))
    assert chain.submit(draft.seal(), NOW) is None


def test_less_than_the_whole_reward_may_be_claimed(chain: Chain) -> None:
    draft = draft_block(chain, NOW)
    outputs(draft, 1)
    assert chain.submit(draft.seal(), NOW) is None


def test_a_block_without_witnesses_needs_no_commitment() -> None:
    chain = Chain()
    draft = draft_block(chain, NOW)
    drop_commitment(draft)
    script_sig(draft, b"\x51\x00")
    assert chain.submit(draft.seal(), NOW) is None


def test_bytes_that_are_no_block_cannot_be_decoded(chain: Chain) -> None:
    raw = draft_block(chain, NOW).seal()
    assert decode_block(raw) is not None
    assert decode_block(raw[:-1]) is None
    assert decode_block(raw + b"\0") is None
    assert decode_block(b"") is None
    # The same number of transactions, spelled longer than it needs to be.
    assert decode_block(raw[:80] + b"\xfd" + raw[80:81] + b"\0" + raw[81:]) is None


def test_a_witness_flag_without_witness_cannot_be_decoded() -> None:
    chain = Chain()
    draft = draft_block(chain, NOW)
    coinbase(draft, witnesses=((),))
    assert decode_block(draft.seal()) is None


@pytest.mark.parametrize(
    ("height", "script"),
    [(0, "00"), (1, "51"), (16, "60"), (17, "0111"), (127, "017f"), (128, "028000"), (900_000, "03a0bb0d")],
)
def test_heights_are_pushed_as_script_numbers(height: int, script: str) -> None:
    assert height_push(height).hex() == script


@pytest.mark.parametrize("bits", [0, 0x01003456, 0x04923456, 0xFF123456, 0x20800000])
def test_no_hash_meets_impossible_bits(bits: int) -> None:
    assert not meets_bits(bytes(32), bits)
