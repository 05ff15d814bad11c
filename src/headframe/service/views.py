"""What a face may see: frozen read models.

Responsible for: their shapes and units.
Not responsible for: gathering them (`service.queries`), showing them (`cli`, `web`, `metrics`).
Read next: `service.queries`.

Times are Unix milliseconds, ages seconds, hashrates hashes per second, work integer hashes; hashes are shown as
reversed hex. Unknown is None, never 0.
"""

import msgspec

WINDOWS: tuple[tuple[str, int], ...] = (("1m", 60), ("5m", 300), ("1h", 3600), ("24h", 86400), ("7d", 604800))
"""Hashrate windows: name and seconds."""


class Hashrates(msgspec.Struct, frozen=True):
    """Hashes per second per window, from accepted work."""

    h1m: float
    h5m: float
    h1h: float
    h24h: float
    h7d: float


class SessionView(msgspec.Struct, frozen=True):
    session_id: str
    peer: str
    transport_kind: str
    protocol: str
    user_agent: str
    device_class: str
    workers: tuple[str, ...]
    source: str
    difficulty: float | None
    connected_s: float
    last_share_age_s: float | None
    accepted: int
    rejected: int
    fixed: bool = False
    """Its difficulty was set by hand and does not follow it."""


class NoteView(msgspec.Struct, frozen=True):
    """Something to attend to: what, in words, and what to do."""

    kind: str
    state: str
    text: str
    remedy: str


class SourceView(msgspec.Struct, frozen=True):
    name: str
    kind: str
    network: str
    endpoint: str
    up: bool
    since_s: float
    template_age_s: float | None
    height: int | None
    reason: str
    remedy: str
    notes: tuple[NoteView, ...]
    weight: int
    sessions: int
    chain: str = "btc"
    tier: int = 1
    paused: bool = False
    target_share: float | None = None
    delivered_share: float | None = None
    delivered_over_s: float | None = None
    """Over how much time `delivered_share` is measured."""
    upstream: "UpstreamView | None" = None


class UpstreamView(msgspec.Struct, frozen=True):
    """What a pool made of what we sent it: shares by outcome (always all of accepted, refused, lost), refusals by its
    reason, how long its answers took, and how many connections carry its sessions."""

    outcomes: dict[str, int]
    refused: dict[str, int]
    latency: "Histogram | None"
    connections: int


class MoveCount(msgspec.Struct, frozen=True):
    """How often sessions were moved from one source ("" none) to another, and why."""

    from_source: str
    to_source: str
    reason: str
    count: int


class JobView(msgspec.Struct, frozen=True):
    source: str
    job_id: str
    height: int
    network_difficulty: float
    reward_sats: int
    transactions: int
    age_s: float


class BlockView(msgspec.Struct, frozen=True):
    time_ms: int
    hash_hex: str
    height: int
    source: str
    identity: str
    worker: str
    reward_sats: int
    outcome: str
    reason: str
    confirmations: int
    chain: str | None = None
    """Of which `reward_sats` are; None when the source is not configured any more."""


class WorkerView(msgspec.Struct, frozen=True):
    identity: str
    worker: str
    hashrate: Hashrates
    accepted: int
    work: int
    best_difficulty_today: float | None
    best_difficulty: float | None
    last_share_ms: int | None


class SourceTotals(msgspec.Struct, frozen=True):
    shares_accepted: int
    shares_rejected: dict[str, int]
    work: int


class Passed(msgspec.Struct, frozen=True):
    """Shares that were passed on to a pool, and the work that it should credit for them."""

    count: int
    work: int


class UpstreamTotals(msgspec.Struct, frozen=True):
    """What a pool said of the shares that were passed on to it; `reasons` counts the refused ones."""

    accepted: Passed
    refused: Passed
    lost: Passed
    reasons: dict[str, int]


class Totals(msgspec.Struct, frozen=True):
    """The ledger, whole: what `headframe ledger totals` prints and `/metrics` counts. `upstream` is by source, for those
    to which shares were passed on. There are no sums of sats: sources may be of different chains."""

    shares_accepted: int
    shares_rejected: dict[str, int]
    work: int
    sources: dict[str, SourceTotals]
    blocks: dict[str, int]
    blocks_by_source: dict[str, dict[str, int]]
    best_difficulty: float | None
    upstream: dict[str, UpstreamTotals] = {}


class Histogram(msgspec.Struct, frozen=True):
    """Cumulative counts per upper bound in seconds (as Prometheus wants them), with sum and count."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float
    count: int


class Overview(msgspec.Struct, frozen=True):
    """One look at everything; cheap enough for once a second."""

    version: str
    network: str
    started_ms: int
    now_ms: int
    kernel: str
    sessions: dict[str, int]
    hashrate: Hashrates
    totals: Totals
    sources: tuple[SourceView, ...]
    job: JobView | None
    blocks: tuple[BlockView, ...]
    attention: tuple[NoteView, ...]
    submit_seconds: Histogram
    fanout_seconds: Histogram
    listen: tuple[str, ...]
    web: str
    moves: tuple[MoveCount, ...] = ()
