"""The coinbase transaction, split where the miner's bytes go.

Responsible for: the layout of the coinbase: BIP34 height, tag, our visit bytes, extranonce; outputs; the witness
commitment (BIP141), last; BIP54's locktime and sequence.
Not responsible for: who is paid (`mining.job.PayoutSet`), which bytes are whose (`mining.extranonce`).
Read next: `mining.jobmaker`.

scriptSig = push(height) push(tag) [visit || extranonce as one push]; at most 100 bytes (consensus).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.merkle import merkle_root
from headframe.bitcoin.transaction import compact_size

MAX_SCRIPT_SIG = 100
WITNESS_RESERVED = bytes(32)
_COMMITMENT_PREFIX = bytes.fromhex("6a24aa21a9ed")
_SEQUENCE = 0xFFFFFFFE


@dataclass(frozen=True, slots=True)
class Output:
    """One coinbase output."""

    value_sats: int
    script: bytes

    def serialize(self) -> bytes:
        return self.value_sats.to_bytes(8, "little") + compact_size(len(self.script)) + self.script


def push(data: bytes) -> bytes:
    """A direct push of 1 to 75 bytes; empty data pushes nothing at all."""
    if len(data) > 75:
        raise ValueError("a direct push holds at most 75 bytes")
    return bytes([len(data)]) + data if data else b""


def push_height(height: int) -> bytes:
    """BIP34: the height as a minimal script number (OP_0..OP_16 for the first heights, as CScript << n does)."""
    if height < 0:
        raise ValueError("a height is not negative")
    if height == 0:
        return b"\x00"
    if height <= 16:
        return bytes([0x50 + height])
    return push(height.to_bytes(height.bit_length() // 8 + 1, "little"))


def witness_commitment(wtxids: Sequence[bytes]) -> bytes:
    """The commitment output's script for a block whose other transactions have these wtxids (BIP141)."""
    return _COMMITMENT_PREFIX + sha256d(merkle_root([bytes(32), *wtxids]) + WITNESS_RESERVED)


def coinbase_halves(
    *,
    height: int,
    tag: bytes,
    visit: bytes,
    extranonce_size: int,
    outputs: Sequence[Output],
    commitment: bytes | None,
) -> tuple[bytes, bytes]:
    """The stripped coinbase before and after the extranonce: prefix || extranonce || suffix is the transaction.

    `visit` are the last bytes of the prefix. Raises ValueError when the scriptSig would not have 2 to 100 bytes.
    """
    varied = len(visit) + extranonce_size
    head = push_height(height) + push(tag)
    script_size = len(head) + (1 + varied if varied else 0)
    if varied > 75:
        raise ValueError(f"visit and extranonce are {varied} bytes; one direct push holds at most 75")
    if not 2 <= script_size <= MAX_SCRIPT_SIG:
        raise ValueError(f"the coinbase scriptSig would be {script_size} bytes; it must be 2 to {MAX_SCRIPT_SIG}")
    prefix = b"".join(
        (
            (2).to_bytes(4, "little"),
            b"\x01" + bytes(32) + b"\xff\xff\xff\xff",
            compact_size(script_size),
            head,
            bytes([varied]) if varied else b"",
            visit,
        )
    )
    paid = [output.serialize() for output in outputs]
    if commitment is not None:
        paid.append(Output(0, commitment).serialize())
    # BIP54: locktime height-1 with a sequence that does not disable it.
    suffix = b"".join(
        (_SEQUENCE.to_bytes(4, "little"), compact_size(len(paid)), *paid, max(0, height - 1).to_bytes(4, "little"))
    )
    return prefix, suffix


def with_witness(stripped: bytes) -> bytes:
    """The coinbase as it stands in a block that carries a commitment: marker, flag, and the 32 reserved zero bytes."""
    return stripped[:4] + b"\x00\x01" + stripped[4:-4] + b"\x01\x20" + WITNESS_RESERVED + stripped[-4:]
