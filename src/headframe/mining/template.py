"""What a node offers to mine.

Responsible for: the `Template`, the checked and decoded answer of getblocktemplate.
Not responsible for: asking for it and checking it (`sources.node`), making jobs of it (`mining.jobmaker`).
Read next: `mining.jobmaker`.
"""

from dataclasses import dataclass

from headframe.mining.units import Sats


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A block without its coinbase.

    version       as the node gave it, bits and all
    transactions  raw, with witness, in block order without the coinbase
    branch        merkle branch of the coinbase over their txids, bottom up
    commitment    the witness commitment's script, or None before segwit
    min_time, time  what the header's time must not go below, and what the node's clock said
    reward_sats   subsidy and fees: what the coinbase may claim
    """

    height: int
    version: int
    prev_hash: bytes
    bits: int
    time: int
    min_time: int
    reward_sats: Sats
    transactions: tuple[bytes, ...]
    branch: tuple[bytes, ...]
    commitment: bytes | None
