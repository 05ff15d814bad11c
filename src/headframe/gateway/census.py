"""Who mines, by worker: one walk over all sessions, for those who look.

Responsible for: putting the live sessions of each worker together (state, hashrate by source, difficulty, refusals),
in slices, and keeping the result for a moment.
Not responsible for: workers that are not here (the store knows them), how it is shown (`service.floor`).
Read next: `service.floor`.

Nothing is done until somebody asks. Up to DIRECT sessions are walked at once; more in slices of SLICE through the loop,
and until a walk is done the one before answers, unless that is older than STALE_S: then, as for the first time, it is walked
at once (35 ms for 10,000 sessions).
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from heapq import nlargest
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from headframe.bitcoin.target import difficulty_of_target, work_of_target
from headframe.mining.devices import normalise_user_agent

if TYPE_CHECKING:
    from headframe.gateway.hub import Hub
    from headframe.gateway.seat import Seat

FRESH_S = 2.0
STALE_S = 30.0
DIRECT = 500
SLICE = 200
LAST_SHARES_S = 600.0
REJECTING_SHARES = 10
"""Of how many shares at least a tenth must be refused before a miner is called rejecting."""
SILENT_INTERVALS = 10.0
STRONGEST = 40

_agent = lru_cache(maxsize=4096)(normalise_user_agent)


class LiveMiner:
    """One worker's live sessions. Times are monotonic seconds; hashrates hashes per second, by the source that the work
    of the last ten minutes was for. 0.0 is a hashrate that is not known yet."""

    __slots__ = (
        "accepted",
        "connected_since",
        "device_class",
        "difficulty",
        "firmware",
        "fixed_difficulty",
        "hashrate",
        "hashrates",
        "identity",
        "last_share_at",
        "pinned_to",
        "protocol",
        "refusals",
        "rejected",
        "session_ids",
        "sessions",
        "silent",
        "sources",
        "state",
        "worker",
    )

    def __init__(self, identity: str, worker: str, connected_since: float) -> None:
        self.identity = identity
        self.worker = worker
        self.state = "mining"
        """mining, rejecting or silent"""
        self.sessions = 0
        self.session_ids: list[str] = []
        self.silent = 0
        self.sources: tuple[str, ...] = ()
        self.pinned_to: str | None = None
        self.fixed_difficulty: float | None = None
        self.hashrate = 0.0
        self.hashrates: dict[str, float] = {}
        self.difficulty: float | None = None
        """Of its newest session, as `fixed_difficulty`: there another of its workers may rule."""
        self.connected_since = connected_since
        self.last_share_at: float | None = None
        self.firmware = ""
        self.device_class = ""
        self.protocol = ""
        self.accepted = 0
        self.rejected = 0
        self.refusals: dict[str, int] = {}


Miners = dict[tuple[str, str], LiveMiner]


class Standing(NamedTuple):
    """All miners; the STRONGEST of them, strongest first; and of the others by source: hashrate and how many."""

    miners: Miners
    strongest: list[LiveMiner]
    others: dict[str, tuple[float, int]]


class Census:
    """See the module. One owner: the hub."""

    def __init__(self, hub: "Hub", call_soon: Callable[[Callable[[], None]], object]) -> None:
        self._hub = hub
        self._call_soon = call_soon
        self._standing = Standing({}, [], {})
        self._taken_at: float | None = None
        self._walk: Iterator[Standing | None] | None = None

    def take(self) -> Miners:
        """(identity, worker) -> its live sessions, put together; at most about FRESH_S old. What was returned is not
        changed any more."""
        return self.standing().miners

    def standing(self) -> Standing:
        """The same, with who is strongest."""
        hub = self._hub
        now = hub.now()
        if self._taken_at is not None and now - self._taken_at < FRESH_S:
            return self._standing
        if len(hub.seats) <= DIRECT or self._taken_at is None or now - self._taken_at > STALE_S:
            self._walk = None
            self._standing = next(found for found in self._steps(now) if found is not None)
            self._taken_at = now
        elif self._walk is None:
            self._walk = self._steps(now)
            self._step()
        return self._standing

    def _step(self) -> None:
        walk = self._walk
        if walk is None:
            return
        found = next(walk)
        if found is None:
            self._call_soon(self._step)
            return
        self._standing, self._taken_at, self._walk = found, self._hub.now(), None

    def _steps(self, now: float) -> Iterator[Standing | None]:
        """None after each slice, the result at last."""
        hub = self._hub
        miners: Miners = {}
        seconds_per_share = hub.difficulty.seconds_per_share
        difficulties: dict[int, float] = {}
        for number, seat in enumerate(list(hub.seats), 1):
            if seat.accounts:
                _count(miners, seat, now, seconds_per_share, difficulties)
            if not number % SLICE:
                yield None
        refused = self._lately_refused(now)
        others: dict[str, tuple[float, int]] = {}
        yield None
        for index, (key, miner) in enumerate(miners.items(), 1):
            miner.pinned_to = hub.dispatch.pinned_to(*key)
            of, bad = refused.get(key, (miner.accepted + miner.rejected, miner.rejected))
            if bad * 10 > of and of >= REJECTING_SHARES:
                miner.state = "rejecting"
            elif miner.silent == miner.sessions:
                miner.state = "silent"
            if not index % (10 * SLICE):
                yield None
        strongest = nlargest(STRONGEST, miners.values(), key=attrgetter("hashrate"))
        named = set(map(id, strongest)) if len(miners) > STRONGEST else ()
        for index, miner in enumerate(miners.values() if named else (), 1):
            if id(miner) not in named:
                _add(others, miner)
            if not index % (10 * SLICE):
                yield None
        yield Standing(miners, strongest, others)

    def _lately_refused(self, now: float) -> dict[tuple[str, str], tuple[int, int]]:
        """(identity, worker) -> (shares, refused ones) of those that are still remembered."""
        counts: dict[tuple[str, str], list[int]] = {}
        for share in reversed(self._hub.recent.shares):
            if now - share[0] > LAST_SHARES_S:
                break
            account = share[1]
            found = counts.setdefault((account.identity, account.worker), [0, 0])
            found[0] += 1
            found[1] += share[7] is not None
        return {key: (of, bad) for key, (of, bad) in counts.items() if of >= REJECTING_SHARES}


def _add(sums: dict[str, tuple[float, int]], miner: LiveMiner) -> None:
    """Its hashrate goes to all its sources; it is counted at the one that it gives most."""
    most = max(miner.hashrates, key=miner.hashrates.__getitem__, default="")
    for source, rate in miner.hashrates.items():
        total, count = sums.get(source, (0.0, 0))
        sums[source] = total + rate, count + (source == most)


def _count(miners: Miners, seat: "Seat", now: float, seconds_per_share: float, difficulties: dict[int, float]) -> None:
    """Add one session to its workers; what it delivers goes to the first of them."""
    seat.measure(now)
    silent = is_silent(seat, now, seconds_per_share)
    first = True
    for account in (seat.accounts or {}).values():
        key = (account.identity, account.worker)
        miner = miners.get(key)
        if miner is None:
            miner = miners[key] = LiveMiner(account.identity, account.worker, seat.connected_at)
        miner.sessions += 1
        miner.session_ids.append(seat.session_id)
        miner.silent += silent
        if seat.source and seat.source not in miner.sources:
            miner.sources += (seat.source,)
        if first:
            first = False
            miner.hashrate += seat.hashrate
            for source, rate in seat.hashrates(now).items():
                miner.hashrates[source] = miner.hashrates.get(source, 0.0) + rate
            miner.accepted += seat.accepted
            miner.rejected += seat.rejected
            if seat.refusals:
                for reason, number in seat.refusals.items():
                    miner.refusals[reason] = miner.refusals.get(reason, 0) + number
            if seat.last_share_at is not None:
                miner.last_share_at = max(miner.last_share_at or 0.0, seat.last_share_at)
        miner.connected_since = min(miner.connected_since, seat.connected_at)
        miner.firmware = _agent(seat.session.user_agent)
        miner.device_class = seat.wishes.device.name
        miner.protocol = protocol_of(seat)
        miner.fixed_difficulty = seat.wishes.decreed
        target = issued_target(seat)
        if target is not None:
            difficulty = difficulties.get(target)
            if difficulty is None:
                difficulty = difficulties[target] = difficulty_of_target(target)
            miner.difficulty = difficulty


def issued_target(seat: "Seat") -> int | None:
    """What its shares must meet now; None before its first job."""
    job, vardiff = seat.last_job, seat.vardiff
    return max(vardiff.target, job.source_target) if job is not None and vardiff is not None else None


def protocol_of(seat: "Seat") -> str:
    """ "V1", "V1 TLS"."""
    name = seat.session.protocol.removeprefix("s").upper()
    return f"{name} TLS" if seat.wire.transport_kind == "tls" else name


def is_silent(seat: "Seat", now: float, seconds_per_share: float) -> bool:
    """No share for ten times as long as one should take: by the rate that is asked for, or by what it has shown where
    its difficulty allows it less than that."""
    last = seat.last_share_at
    quiet = now - (last if last is not None else seat.connected_at)
    if quiet <= SILENT_INTERVALS * seconds_per_share:
        return False
    if last is not None and last > seat.connected_at and seat.credited_work:
        target = issued_target(seat)
        if target is not None:
            rate = seat.credited_work / (last - seat.connected_at)
            return quiet > SILENT_INTERVALS * work_of_target(target) / rate
    return True
