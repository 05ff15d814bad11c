"""What can be mined, and later judged.

Responsible for: the `Job`, one immutable record with everything that judging a share needs, whichever kind of source it
came from; and the `PayoutSet` its coinbase commits to.
Not responsible for: making jobs (`mining.jobmaker`, `sources`), judging (`mining.judge`), encoding them for a wire (`stratum`).
Read next: `mining.judge`.

All bytes are in internal order (as hashed). A header hash read as an integer is `int.from_bytes(hash, "little")`.
"""

from dataclasses import dataclass

from headframe.bitcoin.coinbase import Output
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.units import Sats, Target


@dataclass(frozen=True, slots=True)
class PayoutSet:
    """Who is paid what if a job makes a block: a numbered, immutable rule.

    `parts` are (script, basis points) taken from the reward first, rounded down; `remainder_script` gets the rest, so
    the parts always sum to the reward, whatever it is. Raises ValueError when the basis points are negative or sum to
    more than 10,000: the remainder would be negative.
    """

    number: int
    remainder_script: bytes
    parts: tuple[tuple[bytes, int], ...] = ()

    def __post_init__(self) -> None:
        shares = [basis_points for _, basis_points in self.parts]
        if any(share < 0 for share in shares) or sum(shares) > 10_000:
            raise ValueError("the parts of a payout must not be negative, and not more than 10,000 basis points in all")

    def outputs(self, reward_sats: Sats) -> tuple[Output, ...]:
        """The coinbase outputs for this reward: the remainder first, then the parts; they sum to `reward_sats`."""
        cuts = tuple(Output(reward_sats * basis_points // 10_000, script) for script, basis_points in self.parts)
        rest = reward_sats - sum(cut.value_sats for cut in cuts)
        return (Output(rest, self.remainder_script), *(cut for cut in cuts if cut.value_sats > 0))


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Something to mine. Compared by identity: two jobs are never the same job.

    seq            strictly increasing over all jobs of this installation, also across restarts; the wire's job id
    source         name of the work source; generation its unbroken connection
    version        template version with the bits inside `version_mask` cleared
    coinbase1/2    what the miner hashes before and after extranonce1 || extranonce2 (no witness)
    visit_size     how many bytes at the end of coinbase1 are ours to vary, so that no search is ever repeated
    branch         merkle branch of the coinbase, bottom up
    ntime          the earliest time a miner may use (and what the wire shows)
    source_target  what the source accepts (a pool's difficulty; a node's network target)
    payout_set     number of the PayoutSet this coinbase commits to
    clean          a new previous hash: everything before it is void
    reward_sats    what the coinbase pays in all, where it is known (a pool does not say)
    lane           the stream of jobs it belongs to: a clean job voids the earlier ones of its lane; "" where there is one
    origin         what the source needs to use a solution; opaque to everybody else, kept alive by this job
    """

    seq: int
    source: str
    generation: int
    height: int
    version: int
    version_mask: int
    prev_hash: bytes
    bits: int
    ntime: int
    coinbase1: bytes
    coinbase2: bytes
    layout: ExtranonceLayout
    visit_size: int
    branch: tuple[bytes, ...]
    source_target: Target
    network_target: Target
    payout_set: int
    clean: bool
    origin: object
    reward_sats: Sats = 0
    lane: str = ""

    @property
    def job_id(self) -> str:
        """The id on the wire: lowercase hex of `seq`, an even number of digits (some firmware decodes it as bytes)."""
        digits = f"{self.seq:x}"
        return digits if len(digits) % 2 == 0 else "0" + digits
