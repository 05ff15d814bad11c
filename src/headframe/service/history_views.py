"""What a face may see of time: series, best shares, chances, the current job, who mines where.

Responsible for: these shapes.
Not responsible for: gathering them (`service.history`, `service.floor`).
Read next: `service.views` (units and rules hold here too).
"""

import msgspec

from headframe.service.earning_views import Earned, Expected
from headframe.service.views import BlockView, Hashrates

RANGES: dict[str, tuple[int, int]] = {
    "1h": (3_600, 60),
    "24h": (86_400, 300),
    "7d": (604_800, 3_600),
    "30d": (2_592_000, 21_600),
    "1y": (31_536_000, 86_400),
}
"""Ranges of the charts: seconds looked back, seconds of a step."""


class BestShare(msgspec.Struct, frozen=True):
    """The best share of a miner within a step of a series, a day, or ever."""

    time_ms: int
    key: str
    alias: str
    source: str
    difficulty: float


class HashrateSeries(msgspec.Struct, frozen=True):
    """Steps from `from_s` (Unix seconds) on, all lists as long as `hashrate`; None where nothing is known (before the
    first start), 0.0 where nothing was mined. `by_source` only on request. `shares` is behind each hashrate: how many it
    was measured from. `best`, `blocks` and `moves` mark the time axis."""

    range: str
    step_s: int
    from_s: int
    hashrate: tuple[float | None, ...]
    shares: tuple[int, ...]
    rejected: tuple[int, ...]
    by_source: dict[str, tuple[float, ...]] = {}
    best: tuple[BestShare, ...] = ()
    blocks: tuple[BlockView, ...] = ()
    moves: tuple[int, ...] = ()
    """Moves within each step; only as far back as they are remembered."""
    refusals: dict[str, tuple[int, ...]] = {}
    """Rejected by reason and step, since they are told apart."""


class NetworkView(msgspec.Struct, frozen=True):
    """One chain's network. Hashrates from its blocks over a short and a long while; None where nothing says."""

    chain: str
    difficulty: float | None
    short_hashrate: float | None
    long_hashrate: float | None
    short_s: float
    long_s: float


class Chance(msgspec.Struct, frozen=True):
    """Of a block of our own node at the hashrate of the last hour: expected seconds, and the chance within 24 hours
    (0..1). None where hashrate or difficulty is unknown."""

    expected_s: float | None
    in_24h: float | None


class CoinbaseOutput(msgspec.Struct, frozen=True):
    """`kind`: payout, fee, commitment (witness), data, pool (whose it is is the pool's business). `address` "" where the
    script has none."""

    kind: str
    sats: int
    address: str
    script_hex: str


class CurrentJob(msgspec.Struct, frozen=True):
    """The job of a source that most of its miners have, taken apart. `fees_sats`, `weight` and `transactions` are None
    where the source does not say (pools). `job_id` is "" while nobody mines for the source: then this is what a miner
    would get."""

    source: str
    source_kind: str
    job_id: str
    height: int
    prev_hash_hex: str
    version_hex: str
    ntime: int
    network_difficulty: float
    age_s: float
    reward_sats: int | None
    fees_sats: int | None
    transactions: int | None
    weight: int | None
    coinbase_hex: str
    tag: str
    """The readable bytes of the coinbase input."""
    extranonce_at: int
    """Where in the coinbase the miner's extranonce stands, in bytes."""
    outputs: tuple[CoinbaseOutput, ...]
    commitment_hex: str
    extranonce_size: int = 0
    """Its length in bytes; shown as zeros."""
    miners: int | None = None
    """Connections that have a job of its source."""


class FoundBlock(msgspec.Struct, frozen=True):
    """A block with what it cost: `effort` is work since the one before in units of what its difficulty needs (1.0 is as
    expected), None where unknown. `luck` of all blocks is in `BlocksView`. `explorer` "" where none is set."""

    block: BlockView
    key: str
    alias: str
    effort: float | None
    maturity: int
    """Confirmations that make the reward spendable."""
    explorer: str


class BlocksView(msgspec.Struct, frozen=True):
    """`luck` is expected work over work done, of all blocks with a known effort (above 1.0 is lucky). `running_effort` is
    since the last block."""

    total: int
    blocks: tuple[FoundBlock, ...]
    outcomes: dict[str, int]
    luck: float | None
    running_effort: float | None
    earned: tuple[Earned, ...] = ()
    """Their rewards, by chain."""


class Flow(msgspec.Struct, frozen=True):
    """One ribbon of the shaft: work of about the last ten minutes. A miner that mines for several sources in turn has one
    for each. `key` "" for the miners that are shown together, `miners` how many of those give this source most. `hashrate`
    None: nothing is measured yet, and this is the source that it is at."""

    key: str
    alias: str
    source: str
    hashrate: float | None
    miners: int = 1


class Shaft(msgspec.Struct, frozen=True):
    """Who mines where, by measured hashrate: at most `LIMIT` miners by name, the rest together by source."""

    now_ms: int
    flows: tuple[Flow, ...]


class Dashboard(msgspec.Struct, frozen=True):
    """What the strip shows beside `service.views.Overview`; cheap enough for once a second."""

    now_ms: int
    hashrate: Hashrates
    shares_5m: int
    """Accepted in five minutes: how sure the hashrate is (one over its root)."""
    accepted_24h: int
    rejected_24h: dict[str, int]
    best_today: BestShare | None
    best_ever: BestShare | None
    chance: Chance
    networks: tuple[NetworkView, ...]
    miners: dict[str, int]
    """Known miners by state."""
    first_share_ms: int | None = None
    """Of all that is on record. Windows that reach farther back are measured from there."""
    earned: tuple[Earned, ...] = ()
    """Rewards of found blocks, by chain."""
    expected: tuple[Expected, ...] = ()
    """An estimate by chain, of the last hour."""


class SourceHistory(msgspec.Struct, frozen=True):
    """What a source was wanted to get and got, in steps; `delivered` None where nothing was mined by anybody."""

    source: str
    step_s: int
    from_s: int
    delivered: tuple[float | None, ...]
    hashrate: tuple[float, ...]
    wanted_now: float | None
    delivered_1h: float | None
    delivered_24h: float | None
    upstream: dict[str, int] = {}
    refusals: dict[str, int] = {}


class ActivityView(msgspec.Struct, frozen=True):
    """One line of the activity feed: `kind` is session, move, source, job, block, alert or command; `name` the event
    (as in the log), `fields` its numbers and names; the face makes words of them."""

    id: str
    time_ms: int
    kind: str
    name: str
    fields: dict[str, str | int | float | bool | None]
