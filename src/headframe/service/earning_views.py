"""What a face may see of money.

Responsible for: these shapes. Sums of found blocks are money, to the sat; what is expected is an estimate, in whole sats a
day.
Not responsible for: the sums (`service.earnings`), rewards for members (`ledger`).
Read next: docs/flows/cockpit-numbers.md.

Sats of different chains are never added up: everything here is of one chain.
"""

import msgspec


class Earned(msgspec.Struct, frozen=True):
    """The rewards of the blocks that were found on a chain, whole, whoever their coinbases pay; `chain` "" for those of
    sources that are not configured any more. What was orphaned, stale or rejected pays nothing and is in none of the
    sums."""

    chain: str
    spendable_sats: int
    """Of blocks with enough confirmations."""
    maturing_sats: int
    """Of blocks in the chain that need more confirmations."""
    pending_sats: int
    """Of blocks that no node has answered for yet."""
    spendable: int = 0
    maturing: int = 0
    pending: int = 0
    """How many blocks these are."""
    unknown: int = 0
    """Of those, blocks whose reward is not on record (such as one that a miner found for a pool); they add nothing."""


class ExpectedOfSource(msgspec.Struct, frozen=True):
    """What a source is expected to bring. `hashrate` is what it got in the last hour; of a pool only the part of it that
    the pool accepts, as soon as it has answered. `sats_per_day` None: unknown."""

    source: str
    kind: str
    hashrate: float
    sats_per_day: int | None


class Expected(msgspec.Struct, frozen=True):
    """An estimate of sats a day on a chain, of all sources that were mined for in the last hour. `sats_per_day` is the sum
    of those that are known, None where none is; `complete` says whether all are."""

    chain: str
    sats_per_day: int | None
    complete: bool
    by_source: tuple[ExpectedOfSource, ...] = ()
