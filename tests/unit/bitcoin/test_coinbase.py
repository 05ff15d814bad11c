"""Coinbases: real ones come back byte for byte, ours have the layout that consensus and BIP54 ask for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from headframe.bitcoin.block import Block
from headframe.bitcoin.coinbase import (
    MAX_SCRIPT_SIG,
    Output,
    coinbase_halves,
    push,
    push_height,
    with_witness,
    witness_commitment,
)
from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.merkle import root_of_branch
from headframe.bitcoin.transaction import Transaction

RealBlock = Callable[[str], dict[str, Any]]
SCRIPT = bytes.fromhex("0014751e76e8199196d454941c45d1b3a323f1433bd6")
REAL = ["mainnet-200000", "mainnet-481824", "mainnet-702861"]


@pytest.mark.parametrize(
    ("height", "pushed"),
    [
        (0, "00"),
        (1, "51"),
        (16, "60"),
        (17, "0111"),
        (127, "017f"),
        (128, "028000"),
        (255, "02ff00"),
        (256, "020001"),
        (32767, "02ff7f"),
        (32768, "03008000"),
        (8388607, "03ffff7f"),
        (8388608, "0400008000"),
    ],
)
def test_height_is_a_minimal_script_number(height: int, pushed: str) -> None:
    assert push_height(height).hex() == pushed


@pytest.mark.parametrize(("name", "height"), [(name, int(name.split("-")[1])) for name in [*REAL, "testnet3-924634"]])
def test_real_coinbases_begin_with_the_height_as_we_push_it(real_block: RealBlock, name: str, height: int) -> None:
    record = real_block(name)
    coinbase = (
        Transaction.parse(bytes.fromhex(record["coinbase"]))
        if "coinbase" in record
        else Block.parse(bytes.fromhex(record["block"])).transactions[0]
    )
    assert coinbase.inputs[0].script_sig.startswith(push_height(height))


@pytest.mark.parametrize("name", REAL)
def test_a_real_coinbase_is_read_and_written_to_the_same_bytes(real_block: RealBlock, name: str) -> None:
    raw = bytes.fromhex(real_block(name)["coinbase"])
    coinbase = Transaction.parse(raw)
    assert coinbase.serialize(witness=True) == raw
    if coinbase.witnesses:
        assert with_witness(coinbase.serialize(witness=False)) == raw


def test_our_halves_write_a_real_coinbase_but_for_bip54(real_block: RealBlock) -> None:
    raw = bytes.fromhex(real_block("mainnet-702861")["coinbase"])
    real = Transaction.parse(raw)
    *paid, commitment = real.outputs
    prefix, suffix = coinbase_halves(
        height=702861,
        tag=b"",
        visit=b"",
        extranonce_size=8,
        outputs=[Output(output.value_sats, output.script) for output in paid],
        commitment=commitment.script,
    )
    ours = Transaction.parse(prefix + bytes(8) + suffix)
    script_sig = real.inputs[0].script_sig
    assert (ours.version, ours.locktime, ours.inputs[0].sequence) == (2, 702860, 0xFFFFFFFE)
    like_theirs = replace(
        ours, locktime=0, inputs=(replace(ours.inputs[0], script_sig=script_sig, sequence=0xFFFFFFFF),)
    )
    assert with_witness(like_theirs.serialize(witness=False)) == raw


def test_the_commitment_of_the_first_segwit_block_is_recomputed(real_block: RealBlock) -> None:
    block = real_block("mainnet-481824")
    wtxids = [
        bytes.fromhex(block["wtxids_hex"].get(str(position), txid))[::-1]
        for position, txid in enumerate(block["txids_hex"], start=1)
    ]
    committed = Transaction.parse(bytes.fromhex(block["coinbase"])).outputs[-1]
    assert len(block["wtxids_hex"]) == 6
    assert (committed.value_sats, committed.script) == (0, witness_commitment(wtxids))


def test_the_commitment_of_a_modern_block_follows_from_its_witness_branch(real_block: RealBlock) -> None:
    block = real_block("mainnet-702861")
    root = root_of_branch(bytes(32), [bytes.fromhex(sibling) for sibling in block["witness_branch"]])
    script = Transaction.parse(bytes.fromhex(block["coinbase"])).outputs[-1].script
    assert script == bytes.fromhex("6a24aa21a9ed") + sha256d(root + bytes(32))


def test_the_commitment_of_a_whole_testnet_block_is_recomputed(real_block: RealBlock) -> None:
    coinbase, *others = Block.parse(bytes.fromhex(real_block("testnet3-924634")["block"])).transactions
    assert witness_commitment([transaction.wtxid for transaction in others]) in [o.script for o in coinbase.outputs]


def test_the_halves_hold_height_tag_visit_and_extranonce_in_this_order() -> None:
    prefix, suffix = coinbase_halves(
        height=840000, tag=b"/tag/", visit=b"VISIT!", extranonce_size=12, outputs=[Output(5, SCRIPT)], commitment=None
    )
    spent = Transaction.parse(prefix + b"extranonce12" + suffix).inputs[0]
    assert spent.script_sig == push_height(840000) + push(b"/tag/") + push(b"VISIT!extranonce12")
    assert (spent.prev_txid, spent.prev_index) == (bytes(32), 0xFFFFFFFF)
    assert prefix.endswith(b"VISIT!")


def test_outputs_keep_their_order_and_the_commitment_comes_last() -> None:
    outputs = [Output(3, SCRIPT), Output(2, b"\x51"), Output(1, SCRIPT)]
    commitment = witness_commitment([])
    prefix, suffix = coinbase_halves(
        height=1, tag=b"", visit=b"", extranonce_size=4, outputs=outputs, commitment=commitment
    )
    paid = Transaction.parse(prefix + bytes(4) + suffix).outputs
    assert [(o.value_sats, o.script) for o in paid] == [(3, SCRIPT), (2, b"\x51"), (1, SCRIPT), (0, commitment)]


@pytest.mark.parametrize(("height", "locktime"), [(0, 0), (1, 0), (17, 16), (840000, 839999)])
def test_locktime_and_sequence_are_as_bip54_demands(height: int, locktime: int) -> None:
    prefix, suffix = coinbase_halves(
        height=height, tag=b"t", visit=b"", extranonce_size=8, outputs=[Output(0, SCRIPT)], commitment=None
    )
    coinbase = Transaction.parse(prefix + bytes(8) + suffix)
    assert coinbase.locktime == locktime
    assert coinbase.inputs[0].sequence != 0xFFFFFFFF


def test_a_script_sig_over_100_bytes_is_refused_and_one_of_100_is_not() -> None:
    # 4 for the height, 1 + tag, 1 + visit + extranonce
    def size_with(tag_size: int) -> int:
        prefix, suffix = coinbase_halves(
            height=840000,
            tag=b"t" * tag_size,
            visit=bytes(6),
            extranonce_size=30,
            outputs=[Output(0, SCRIPT)],
            commitment=None,
        )
        return len(Transaction.parse(prefix + bytes(30) + suffix).inputs[0].script_sig)

    assert size_with(58) == MAX_SCRIPT_SIG
    with pytest.raises(ValueError, match="101 bytes"):
        size_with(59)


def test_varied_bytes_that_one_direct_push_cannot_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="visit and extranonce are 76 bytes"):
        coinbase_halves(height=1, tag=b"", visit=bytes(6), extranonce_size=70, outputs=[], commitment=None)


def test_a_script_sig_under_two_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="1 bytes"):
        coinbase_halves(height=1, tag=b"", visit=b"", extranonce_size=0, outputs=[], commitment=None)


def test_a_direct_push_is_bounded() -> None:
    assert push(b"") == b""
    assert push(b"x" * 75) == b"\x4b" + b"x" * 75
    with pytest.raises(ValueError, match="at most 75"):
        push(b"x" * 76)


def test_a_negative_height_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        push_height(-1)
