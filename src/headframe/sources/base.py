"""What a work source is: the law that a node, a pool and a scripted source all keep.

Responsible for: the interface between sources and the hub.
Not responsible for: weights, sessions, other sources: a source knows none of them.
Read next: `sources.node.source`, `testing.conformance_source`.

The law
- `run(emit)` lives until it is cancelled and reports only through events; nothing is emitted after cancellation.
- `JobReady` comes only between `Up` and `Down`. A reconnect is a new generation: all jobs of the old one are void.
- The jobs of one `Work` share everything but their coinbase; `job(payout)` is a pure function of its arguments.
- A job's source target never changes after it was issued; a change reaches the next `Work`.
- A session mines for a source only between `lease` and `release`; what it is offered is work of the lane it leased.
- A lane keeps its name while its source lives. A source that goes down says `Down` first and then which lanes are lost.
- A share goes up only by the connection that its job came by; where that is gone it settles as "lost".
- `submit` returns at once and never raises; what became of it arrives later as `Settled` with the token it returned.
- Trouble in the world is `Down(reason, remedy)`, never an exception out of `run`; an exception is our bug.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec

from headframe.ledger.facts import Account
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.submission import Solution, Submission


class Work(Protocol):
    """One thing that a source offers to mine, before it is known who is paid: one job for each payout set."""

    @property
    def source(self) -> str: ...

    @property
    def generation(self) -> int: ...

    @property
    def lane(self) -> str:
        """Which stream of jobs this belongs to: clean work voids the earlier work of its lane. A node has one lane, named
        like itself; a pool one for each upstream connection."""
        ...

    @property
    def height(self) -> int: ...

    @property
    def clean(self) -> bool:
        """True when the previous hash is new."""
        ...

    def job(self, payout: PayoutSet, layout: ExtranonceLayout, seq: int, visit: int = 0) -> Job:
        """The job that pays `payout`, in this extranonce layout, and carries `seq`. Same arguments, same job content.

        `visit` grows with every issue of this work in this class (payout and layout), and with the seconds between them;
        another visit is another search space, so work may be issued again without repeating a search."""
        ...

    def look(self, payout: PayoutSet, layout: ExtranonceLayout, seq: int) -> Job:
        """What `job` would give at the first visit, to be shown and never mined: it has no effect on the source, however
        often and in whatever layout. Raises ValueError where the layout has no place."""
        ...


class Up(msgspec.Struct, frozen=True):
    """The source has a connection; jobs will follow. A new generation begins."""

    source: str
    generation: int


class Down(msgspec.Struct, frozen=True):
    """The source cannot work: what is wrong and what to do about it, in words."""

    source: str
    generation: int
    reason: str
    remedy: str


class JobReady(msgspec.Struct, frozen=True):
    """New work. `heard_at` is when the news reached this process (monotonic seconds), for the fan-out histogram."""

    source: str
    generation: int
    work: Work
    heard_at: float


class LaneLost(msgspec.Struct, frozen=True):
    """A lane ended while its source goes on (a private upstream connection broke): its jobs are void, its sessions
    need another place until it has work again."""

    source: str
    lane: str
    reason: str


class Settled(msgspec.Struct, frozen=True):
    """What became of a submission: outcome "accepted", "refused" (by a pool), "lost" (no answer), and for blocks also
    "stale", "rejected", "orphaned", "matured"; `reason` in the source's words; `confirmations` for blocks. `predicted`
    marks a refusal that our own judgement expected (the share crossed with a change of the pool's)."""

    source: str
    token: int
    outcome: str
    reason: str = ""
    block_hash: bytes = b""
    confirmations: int = 0
    predicted: bool = False


class Noted(msgspec.Struct, frozen=True):
    """Something the operator should know while the source works: a state by name, what it means, what to do.

    `state` "" clears the note of that `kind`.
    """

    source: str
    kind: str
    state: str
    text: str
    remedy: str


SourceEvent: TypeAlias = Up | Down | JobReady | LaneLost | Settled | Noted
Emit: TypeAlias = Callable[[SourceEvent], None]


class Share(msgspec.Struct, frozen=True):
    """An accepted share (or any solution) handed to the source it belongs to."""

    job: Job
    extranonce1: bytes
    submission: Submission
    account: Account
    solution: Solution | None


class SourceStatus(msgspec.Struct, frozen=True):
    """What a source says of itself now. `since` and `last_work_at` are monotonic seconds; endpoint never shows secrets."""

    name: str
    kind: str
    network: str
    endpoint: str
    up: bool
    generation: int
    since: float
    last_work_at: float
    height: int
    reason: str
    remedy: str
    notes: tuple[Noted, ...] = ()


class UpstreamStats(msgspec.Struct, frozen=True):
    """How a pool answers, since this process began: connections open now, and how long its answers to shares took.

    `latency_counts[n]` answers took at most `latency_bounds[n]` seconds (cumulative, one for each bound, ascending);
    `latency_count` answers came in all, `latency_sum_s` seconds together."""

    connections: int
    latency_bounds: tuple[float, ...]
    latency_counts: tuple[int, ...]
    latency_sum_s: float
    latency_count: int


class WorkSource(Protocol):
    """Where work comes from."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str:
        """ "node", "pool" or "scripted"."""
        ...

    @property
    def extranonce_room(self) -> int:
        """How many bytes this source lets extranonce1 + extranonce2 take together (a node: 12)."""
        ...

    @property
    def version_mask(self) -> int:
        """Bits of the version that miners may roll in its jobs; until a pool has said so, what is to be expected."""
        ...

    def status(self) -> SourceStatus: ...

    def upstream_stats(self) -> UpstreamStats | None:
        """For a pool; None for a source that passes no shares on. Cheap: asked with every look at everything."""
        ...

    def lease(self, session_id: str) -> str:
        """Take this session in; returns the lane that its work will come by. It may have no work yet (a private
        connection is being made); then a `JobReady` of that lane follows. Never refuses: room runs out -> another lane."""
        ...

    def release(self, session_id: str) -> None:
        """The session has gone elsewhere, or for good. Releasing what was not leased is harmless."""
        ...

    def wants(self, share_meets_source: bool, is_block: bool) -> bool:
        """Whether a share of that kind should be submitted at all (a node wants blocks only)."""
        ...

    def submit(self, share: Share) -> int:
        """Take a share; returns a token. For a block the bytes leave before this returns control to the loop."""
        ...

    async def run(self, emit: Emit) -> None: ...
