"""What goes up to the sources, and what they say of it.

Responsible for: handing blocks and shares to their source, a block once and before anything else; putting on record what
was found, what became of it, and how pools settled shares; noticing a pool that refuses more than it should.
Not responsible for: judging (`mining.judge`), delivering (`sources`).
Read next: docs/flows/block.md, docs/flows/pool.md.

Bounds: MAX_BLOCKS block hashes and MAX_OPEN unanswered shares are remembered, the oldest goes first (its answer then
counts with no work).
"""

from collections import OrderedDict, deque
from collections.abc import Callable

from headframe.bitcoin.target import work_of_target
from headframe.gateway.sourcebook import SourceBook
from headframe.ledger.facts import Account, BlockFound, BlockSettled, Fact, UpstreamSettled
from headframe.mining.job import Job
from headframe.mining.submission import Solution, Submission
from headframe.sources.base import Settled, Share

MAX_BLOCKS = 4096
MAX_OPEN = 100_000

ALARM_WINDOW = 200
ALARM_LEAST = 10
ALARM_PART = 0.02
"""Alarm when, of a pool's last ALARM_WINDOW answers, at least ALARM_LEAST and more than this part were refusals that our
own judgement does not explain."""

_BLOCK_OUTCOMES = {
    "accepted": "accepted",
    "stale": "stale",
    "rejected": "rejected",
    "refused": "rejected",  # a pool's word
    "orphaned": "orphaned",
    "matured": "matured",
}

Log = Callable[..., None]


class Outgoing:
    """See the module. One owner: the hub. `note` puts a fact on record at the end of the turn."""

    def __init__(self, sources: SourceBook, note: Callable[[Fact], None], unix_ms: Callable[[], int], log: Log) -> None:
        self._sources = sources
        self._note = note
        self._unix_ms = unix_ms
        self.log = log
        self._solved: OrderedDict[bytes, None] = OrderedDict()
        self._outcomes: OrderedDict[bytes, str] = OrderedDict()
        self._open: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._settled: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._surprises: dict[str, deque[bool]] = {}
        self._alarmed: set[str] = set()

    @property
    def alarmed(self) -> frozenset[str]:
        """Pools that refuse more than our own judgement predicts."""
        return frozenset(self._alarmed)

    def solved(
        self, job: Job, extranonce1: bytes, submission: Submission, account: Account, solution: Solution
    ) -> bool:
        """A block: to its source first, then on record. False when it went up before."""
        if solution.hash in self._solved:
            return False
        self._submit(Share(job, extranonce1, submission, account, solution))
        self._solved[solution.hash] = None
        if len(self._solved) > MAX_BLOCKS:
            self._solved.popitem(last=False)
        self._note(
            BlockFound(
                time_ms=self._unix_ms(),
                hash=solution.hash,
                height=job.height,
                source=job.source,
                generation=job.generation,
                account=account,
                payout_set=job.payout_set,
                reward_sats=job.reward_sats,
                bits=job.bits,
            )
        )
        self.log(
            "block_found",
            source=job.source,
            height=job.height,
            block_hash=solution.hash[::-1].hex(),
            worker=account.worker,
            identity=account.identity,
        )
        return True

    def forward(self, job: Job, extranonce1: bytes, submission: Submission, account: Account) -> None:
        """A share that meets its source's target and is no block (those went already)."""
        source = self._sources.get(job.source)
        if source is not None and source.source.wants(True, False):
            self._submit(Share(job, extranonce1, submission, account, None))

    def settled(self, event: Settled) -> None:
        """What became of something that went up."""
        work = self._open.pop((event.source, event.token), None)
        if work is not None:
            self._count(event, work)
        if event.block_hash and event.outcome in _BLOCK_OUTCOMES:
            self._block_settled(event, _BLOCK_OUTCOMES[event.outcome])

    def abandon(self, source: str) -> None:
        """The source is gone for good: what it did not answer is lost."""
        for name, token in [key for key in self._open if key[0] == source]:
            self._count(Settled(name, token, "lost"), self._open.pop((name, token)))
        self._surprises.pop(source, None)
        self._alarmed.discard(source)

    def facts(self) -> list[Fact]:
        """What pools said since the last call, as facts."""
        settled, self._settled = self._settled, {}
        time_ms = self._unix_ms()
        return [
            UpstreamSettled(time_ms, source, outcome, reason, count, work)
            for (source, outcome, reason), (count, work) in settled.items()
        ]

    def _submit(self, share: Share) -> None:
        for source in self._sources.takers(share.job.source):
            token = source.submit(share)
            if token:
                break
        else:
            self.log("nobody_takes", source=share.job.source, is_block=share.solution is not None)
            return
        if source.wants(True, False):
            # A source that takes shares will say what it made of this one.
            self._open[source.name, token] = work_of_target(share.job.source_target)
            if len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)

    def _count(self, event: Settled, work: int) -> None:
        key = (event.source, event.outcome, event.reason if event.outcome == "refused" else "")
        count, sum_of_work = self._settled.get(key, (0, 0))
        self._settled[key] = (count + 1, sum_of_work + work)
        self.log(
            "share_settled",
            source=event.source,
            outcome=event.outcome,
            reason=event.reason,
            expected=event.predicted,
            work=work,
        )
        if event.outcome == "lost":
            return
        recent = self._surprises.setdefault(event.source, deque(maxlen=ALARM_WINDOW))
        recent.append(event.outcome == "refused" and not event.predicted)
        surprises = sum(recent)
        if surprises >= ALARM_LEAST and surprises > ALARM_PART * len(recent):
            if event.source not in self._alarmed:
                self._alarmed.add(event.source)
                self.log("pool_refuses", source=event.source, refused=surprises, of=len(recent), reason=event.reason)
        elif not surprises:
            self._alarmed.discard(event.source)

    def _block_settled(self, event: Settled, outcome: str) -> None:
        self._note(BlockSettled(self._unix_ms(), event.block_hash, outcome, event.reason, event.confirmations))
        if self._outcomes.get(event.block_hash) == outcome:
            return
        self._outcomes[event.block_hash] = outcome
        if len(self._outcomes) > MAX_BLOCKS:
            self._outcomes.popitem(last=False)
        self.log(
            "block_settled",
            source=event.source,
            block_hash=event.block_hash[::-1].hex(),
            outcome=outcome,
            reason=event.reason,
            confirmations=event.confirmations,
        )
