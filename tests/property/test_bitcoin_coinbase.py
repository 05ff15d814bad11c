"""Coinbases that we write are read back alike by our own reader and by btclib."""

from btclib.block.block import witness_commitment_output
from btclib.tx import Tx
from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.bitcoin.coinbase import (
    Output,
    coinbase_halves,
    push,
    push_height,
    with_witness,
    witness_commitment,
)
from headframe.bitcoin.transaction import ByteReader, Transaction, compact_size

fixed = settings(derandomize=True, deadline=None, database=None)

outputs = st.lists(
    st.builds(Output, st.integers(0, 4 * 10**14), st.binary(min_size=1, max_size=42)), min_size=1, max_size=5
)


@fixed
@given(
    height=st.integers(1, 2**31 - 1),
    tag=st.binary(max_size=60),
    visit=st.binary(max_size=6),
    extranonce=st.binary(min_size=1, max_size=12),
    paid=outputs,
    others=st.none() | st.lists(st.binary(min_size=32, max_size=32), max_size=9),
)
def test_halves_around_an_extranonce_are_the_coinbase_we_meant(
    height: int, tag: bytes, visit: bytes, extranonce: bytes, paid: list[Output], others: list[bytes] | None
) -> None:
    commitment = None if others is None else witness_commitment(others)
    prefix, suffix = coinbase_halves(
        height=height, tag=tag, visit=visit, extranonce_size=len(extranonce), outputs=paid, commitment=commitment
    )
    stripped = prefix + extranonce + suffix
    ours, theirs = Transaction.parse(stripped), Tx.parse(stripped)
    expected = [(output.value_sats, output.script) for output in paid]
    if commitment is not None:
        expected.append((0, commitment))
    script_sig = push_height(height) + push(tag) + push(visit + extranonce)
    assert ours.inputs[0].script_sig == theirs.vin[0].script_sig == script_sig
    assert [(output.value_sats, output.script) for output in ours.outputs] == expected
    assert [(output.value, output.script_pub_key.script) for output in theirs.vout] == expected
    assert ours.txid[::-1] == theirs.id
    assert ours.wtxid[::-1] == theirs.hash
    assert theirs.is_coinbase
    assert (theirs.lock_time, theirs.vin[0].sequence) == (height - 1, 0xFFFFFFFE)
    assert ours.serialize(witness=True) == theirs.serialize(include_witness=True) == stripped


@fixed
@given(paid=outputs, extranonce=st.binary(min_size=4, max_size=4))
def test_the_reserved_witness_changes_nothing_but_the_wtxid(paid: list[Output], extranonce: bytes) -> None:
    prefix, suffix = coinbase_halves(
        height=900_000, tag=b"t", visit=b"", extranonce_size=4, outputs=paid, commitment=witness_commitment([])
    )
    stripped = prefix + extranonce + suffix
    whole = with_witness(stripped)
    ours, theirs = Transaction.parse(whole), Tx.parse(whole)
    assert theirs.vin[0].script_witness.stack == (bytes(32),)
    assert ours.witnesses == ((bytes(32),),)
    assert ours.txid[::-1] == theirs.id == Transaction.parse(stripped).txid[::-1]
    assert ours.wtxid[::-1] == theirs.hash
    assert ours.serialize(witness=True) == theirs.serialize(include_witness=True) == whole


def _transaction(number: int, carries: bool) -> bytes:
    spent = bytes([number]) * 32 + number.to_bytes(4, "little") + b"\x00" + b"\xfd\xff\xff\xff"
    paid = Output(number, b"\x51").serialize()
    witness = b"\x02\x01" + bytes([number]) + b"\x00" if carries else b""
    return b"".join(
        (b"\x02\x00\x00\x00", b"\x00\x01" if carries else b"", b"\x01", spent, b"\x01", paid, witness, bytes(4))
    )


@fixed
@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_the_witness_commitment_is_btclibs(carries: list[bool]) -> None:
    raws = [_transaction(number, flag) for number, flag in enumerate(carries, start=1)]
    prefix, suffix = coinbase_halves(
        height=5, tag=b"", visit=b"", extranonce_size=4, outputs=[Output(1, b"\x51")], commitment=None
    )
    coinbase = Tx.parse(prefix + bytes(4) + suffix)
    theirs = witness_commitment_output([coinbase, *(Tx.parse(raw) for raw in raws)], bytes(32))
    ours = witness_commitment([Transaction.parse(raw).wtxid for raw in raws])
    assert ours == theirs.script_pub_key.script
    for raw, flag in zip(raws, carries, strict=True):
        transaction = Transaction.parse(raw)
        assert transaction.serialize(witness=True) == raw
        assert transaction.txid[::-1] == Tx.parse(raw).id
        assert (transaction.wtxid != transaction.txid) is flag


@fixed
@given(st.integers(0, 2**64 - 1))
def test_a_compact_size_is_read_back_and_as_short_as_can_be(number: int) -> None:
    encoded = compact_size(number)
    assert ByteReader(encoded).compact_size() == number
    assert len(encoded) == (1 if number < 253 else 3 if number < 2**16 else 5 if number < 2**32 else 9)


@fixed
@given(st.binary(max_size=200))
def test_any_bytes_are_a_transaction_that_comes_back_or_a_value_error(data: bytes) -> None:
    try:
        transaction = Transaction.parse(data)
    except ValueError:
        return
    assert Transaction.parse(transaction.serialize(witness=True)) == transaction
