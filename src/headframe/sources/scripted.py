"""A source that does what its script says, for tests and for the house without a node.

Responsible for: the smallest honest `WorkSource`: its events come when its owner calls for them, its jobs are real.
Not responsible for: chains, nodes, pools; its blocks go nowhere but into `submitted`.
Read next: `sources.base`.

Deterministic: templates follow from the number of calls made, times from the clock given.
"""

import asyncio
from collections import deque

from headframe.bitcoin.coinbase import witness_commitment
from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.merkle import coinbase_branch
from headframe.mining.jobmaker import VERSION_MASK, JobStyle
from headframe.mining.template import Template
from headframe.net.clock import Clock
from headframe.sources.base import Down, Emit, JobReady, Settled, Share, SourceEvent, SourceStatus, Up, UpstreamStats
from headframe.sources.template_work import TemplateWork

EASY_BITS = 0x207FFFFF
"""Regtest's target: every other hash meets it."""

MAX_SUBMITTED = 1024
MAX_WAITING = 1024
_SUBSIDY_SATS = 50 * 100_000_000


class ScriptedSource:
    """See `sources.base.WorkSource`. Calls made before `run` take effect when it starts, in order.

    Bounds: the last MAX_SUBMITTED shares and the last MAX_WAITING events are kept.
    """

    kind = "scripted"
    extranonce_room = 12
    version_mask = VERSION_MASK

    def __init__(
        self,
        clock: Clock,
        name: str = "scripted",
        *,
        bits: int = EASY_BITS,
        transactions: tuple[bytes, ...] = (),
        network: str = "regtest",
    ) -> None:
        self.name = name
        self.submitted: deque[Share] = deque(maxlen=MAX_SUBMITTED)
        self._clock = clock
        self._bits = bits
        self._transactions = transactions
        self._network = network
        self._style = JobStyle(name, b"/scripted/")
        self._emit_to: Emit | None = None
        self._waiting: deque[SourceEvent] = deque(maxlen=MAX_WAITING)
        self._up = False
        self._generation = 0
        self._height = 0
        self._fresh_tip = True
        self._tokens = 0
        self._reason = ("not started", "call up()")
        self._since = clock.monotonic()
        self._last_work_at = 0.0

    # The script -----------------------------------------------------------------------------------------------------

    def up(self) -> None:
        """Come up: a new generation, whose first work is clean."""
        self._up = True
        self._generation += 1
        self._since = self._clock.monotonic()
        self._fresh_tip = True
        self._emit(Up(self.name, self._generation))

    def down(self, reason: str = "the script says so", remedy: str = "call up()") -> None:
        """Go down."""
        self._up = False
        self._since = self._clock.monotonic()
        self._reason = (reason, remedy)
        self._emit(Down(self.name, self._generation, reason, remedy))

    def new_block(self) -> TemplateWork:
        """The next height: clean work. The source must be up."""
        self._height += 1
        self._fresh_tip = True
        return self.refresh()

    def refresh(self) -> TemplateWork:
        """Work again on the same tip, clean only when it is the first there."""
        if not self._up:
            raise ValueError("a source that is down has no work")
        self._height = max(1, self._height)
        work = TemplateWork(self._template(), self._style, self._generation, self._fresh_tip)
        self._fresh_tip = False
        self._last_work_at = self._clock.monotonic()
        self._emit(JobReady(self.name, self._generation, work, self._last_work_at))
        return work

    def settle(self, token: int, outcome: str, reason: str = "", *, confirmations: int = 0) -> None:
        """Say what became of a submission."""
        self._emit(Settled(self.name, token, outcome, reason, confirmations=confirmations))

    # The law --------------------------------------------------------------------------------------------------------

    def status(self) -> SourceStatus:
        reason, remedy = ("", "") if self._up else self._reason
        return SourceStatus(
            name=self.name,
            kind=self.kind,
            network=self._network,
            endpoint="script",
            up=self._up,
            generation=self._generation,
            since=self._since,
            last_work_at=self._last_work_at,
            height=self._height,
            reason=reason,
            remedy=remedy,
        )

    def upstream_stats(self) -> UpstreamStats | None:
        return None

    def lease(self, session_id: str) -> str:
        return self.name

    def release(self, session_id: str) -> None:
        pass

    def wants(self, share_meets_source: bool, is_block: bool) -> bool:
        return is_block

    def submit(self, share: Share) -> int:
        self.submitted.append(share)
        self._tokens += 1
        return self._tokens

    async def run(self, emit: Emit) -> None:
        self._emit_to = emit
        try:
            while self._waiting:
                emit(self._waiting.popleft())
            await asyncio.Event().wait()
        finally:
            self._emit_to = None

    def _emit(self, event: SourceEvent) -> None:
        if self._emit_to is None:
            self._waiting.append(event)
        else:
            self._emit_to(event)

    def _template(self) -> Template:
        ids = [sha256d(raw) for raw in self._transactions]
        now_s = self._clock.unix_ms() // 1000
        return Template(
            height=self._height,
            version=0x20000000,
            prev_hash=sha256d(b"scripted block %d" % (self._height - 1)),
            bits=self._bits,
            time=now_s,
            min_time=now_s - 3600,
            reward_sats=_SUBSIDY_SATS,
            transactions=self._transactions,
            branch=coinbase_branch(ids),
            commitment=witness_commitment(ids),
        )
