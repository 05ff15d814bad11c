"""Many scripted miners in one process, each with its own manners and its own exact books.

Responsible for: playing N miners against a server for a bounded time (honest, eager, dropping, babbling, slow to read,
sloppy), and reporting for each worker what the server acknowledged.
Not responsible for: judging the server: a test compares the report with the ledger (`FleetReport.discrepancies`).
Read next: `testing.miner_protocol`.

What a miner knows for certain: a share answered with true counts, a share answered with an error does not, and a share
whose answer never came (the connection died first) may or may not count. Hence bounds, and equality where every
answer came.

The hashing is real, so shares must be cheap: at a difficulty of 1e-7 one takes about 430 hashes, half a millisecond.
Bounds: `2 * miners` tasks, one connection each; reasons for rejection beyond 32 count as "other".
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from headframe.net.tasks import spawn
from headframe.testing.miner_protocol import (
    Authorized,
    FoundShare,
    JobArrived,
    MinerJob,
    MinerProtocol,
    ProtocolTrouble,
    ReconnectAsked,
    ShareAnswered,
)
from headframe.testing.search import Search

_SLICE = 400
_MAX_REASONS = 32
_READ = 4_096
_DRAIN_S = 10.0
_LAST_GASP_S = 3.0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One kind of miner. Rates are means; what happens when is drawn from the fleet's seed.

    in_flight       shares sent without waiting for their answers
    life_s          mean life of a connection before it is torn down without a word; 0: never
    garbage_per_s   lines that are not the protocol
    deaf_s          how long it stops reading, each time it does (about every other share); 0: never
    bad_ratio       part of its shares that are deliberately bad: repeated, too weak, of no job
    resume          asks for its old session when it comes back
    """

    name: str
    shares_per_s: float = 1.0
    in_flight: int = 1
    life_s: float = 0.0
    garbage_per_s: float = 0.0
    deaf_s: float = 0.0
    bad_ratio: float = 0.0
    resume: bool = True


HONEST = Behaviour("honest")
EAGER = Behaviour("eager", shares_per_s=4.0, in_flight=8)
DROPPING = Behaviour("dropping", life_s=4.0)
FORGETFUL = Behaviour("forgetful", life_s=4.0, resume=False)
BABBLING = Behaviour("babbling", garbage_per_s=0.3)
DEAF = Behaviour("deaf", in_flight=4, deaf_s=2.0)
SLOPPY = Behaviour("sloppy", bad_ratio=0.3)

MIX: tuple[Behaviour, ...] = (HONEST, HONEST, HONEST, EAGER, DROPPING, FORGETFUL, BABBLING, DEAF, SLOPPY)


@dataclass(slots=True)
class WorkerTally:
    """One worker's books. `unanswered`: sent, and the connection died before the answer."""

    behaviour: str
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    submitted: int = 0
    connections: int = 0
    closed_by_server: int = 0
    garbage: int = 0


@dataclass(slots=True)
class FleetReport:
    """`troubles`: what a miner could not understand of the server; `refused`: workers that were not authorised."""

    workers: dict[str, WorkerTally] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def accepted(self) -> int:
        return sum(tally.accepted for tally in self.workers.values())

    @property
    def unanswered(self) -> int:
        return sum(tally.unanswered for tally in self.workers.values())

    @property
    def rejected(self) -> Counter[str]:
        return sum((tally.rejected for tally in self.workers.values()), Counter())

    def discrepancies(self, ledger: Mapping[str, int]) -> list[str]:
        """Workers whose accepted shares in the ledger are not what was acknowledged, in words; empty when all agree."""
        wrong = []
        for name, tally in self.workers.items():
            counted, most = ledger.get(name, 0), tally.accepted + tally.unanswered
            if not tally.accepted <= counted <= most:
                wrong.append(f"{name}: {tally.accepted} acknowledged, at most {most} possible, {counted} in the ledger")
        wrong += [
            f"{name}: {count} in the ledger, but no such miner"
            for name, count in ledger.items()
            if count and name not in self.workers
        ]
        return wrong


async def run_fleet(
    host: str,
    port: int,
    *,
    miners: int = 200,
    seconds: float = 60.0,
    seed: int = 1,
    mix: Sequence[Behaviour] = MIX,
    user: str = "fleet",
    rate: float = 1.0,
) -> FleetReport:
    """Play `miners` miners, named `user.0` and on, for `seconds`; then wait (bounded) for the last answers.

    rate  multiplies every behaviour's shares per second
    A server that is down is tried again until the time is over, so it may be killed and restarted meanwhile.
    """
    report = FleetReport()
    until = asyncio.get_running_loop().time() + seconds
    async with asyncio.TaskGroup() as group:
        for number in range(miners):
            behaviour = mix[number % len(mix)]
            behaviour = replace(behaviour, shares_per_s=behaviour.shares_per_s * rate)
            name = f"{user}.{number}"
            report.workers[name] = WorkerTally(behaviour.name)
            miner = _ScriptedMiner(host, port, name, behaviour, report, random.Random(f"{seed}/{number}"), until)
            spawn(group, miner.run(), name=name)
    return report


class _Over(Exception):
    """This connection has lived long enough."""


class _ScriptedMiner:
    def __init__(
        self,
        host: str,
        port: int,
        name: str,
        behaviour: Behaviour,
        report: FleetReport,
        rng: random.Random,
        until: float,
    ) -> None:
        self._host, self._port, self._name = host, port, name
        self._behaviour = behaviour
        self._report = report
        self._tally = report.workers[name]
        self._rng = rng
        self._until = until
        self._session_id = ""
        self._last: tuple[MinerJob, FoundShare] | None = None
        self._protocol = MinerProtocol(name)
        self._search: Search | None = None
        self._job: MinerJob | None = None
        self._deaf_until = 0.0
        self._ready = asyncio.Event()
        self._answered = asyncio.Event()

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Connect again and again until the time is over."""
        await asyncio.sleep(self._rng.uniform(0, min(1.0, (self._until - self._now) / 4)))
        while self._now < self._until:
            try:
                async with asyncio.timeout(10):
                    reader, writer = await asyncio.open_connection(self._host, self._port, limit=_READ)
            except (OSError, TimeoutError):
                await asyncio.sleep(self._rng.uniform(0.1, 0.5))
                continue
            self._tally.connections += 1
            try:
                await self._live(reader, writer)
            except* (ConnectionError, _Over, TimeoutError):
                pass
            except* ProtocolTrouble as troubles:
                self._report.troubles.update(str(trouble) for trouble in troubles.exceptions)
            finally:
                # No farewell: the server sees a reset, and answers on their way are lost.
                writer.transport.abort()
            self._tally.unanswered += self._protocol.unanswered
            self._session_id = self._protocol.session_id if self._behaviour.resume else ""
            await asyncio.sleep(self._rng.uniform(0, 0.2))

    async def _live(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._protocol = MinerProtocol(self._name, user_agent="headframe-fleet/1", session_id=self._session_id)
        self._job = self._search = None
        self._ready.clear()
        self._protocol.hello()
        writer.write(self._protocol.take_output())
        life_s = self._rng.expovariate(1 / self._behaviour.life_s) if self._behaviour.life_s else float("inf")
        async with asyncio.TaskGroup() as group:
            spawn(group, self._read(reader, writer), name=f"{self._name} reads")
            spawn(group, self._work(writer, self._now + life_s), name=f"{self._name} works")

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_READ):
            for event in self._protocol.receive(data):
                match event:
                    case JobArrived(job):
                        # Which extranonce2 it begins with does not matter: jobs never share a search space.
                        self._job, self._search = job, Search(job, first=self._rng.getrandbits(16))
                        self._ready.set()
                    case ShareAnswered(_, _, accepted, reason):
                        self._count(accepted, reason)
                        self._answered.set()
                    case Authorized(False, reason):
                        self._report.refused[reason] += 1
                    case ReconnectAsked():
                        raise _Over
            writer.write(self._protocol.take_output())
            await asyncio.sleep(max(0.0, self._deaf_until - self._now))
        self._tally.closed_by_server += 1
        raise _Over

    def _count(self, accepted: bool, reason: str) -> None:
        rejected = self._tally.rejected
        if accepted:
            self._tally.accepted += 1
        else:
            rejected[reason if reason in rejected or len(rejected) < _MAX_REASONS else "other"] += 1

    async def _work(self, writer: asyncio.StreamWriter, dies_at: float) -> None:
        behaviour, rng = self._behaviour, self._rng
        async with asyncio.timeout(max(0.1, self._until - self._now)):
            await self._ready.wait()
        next_garbage = self._soon(behaviour.garbage_per_s)
        next_share = self._soon(behaviour.shares_per_s)
        while self._now < self._until:
            if self._now >= dies_at + _LAST_GASP_S:
                raise _Over
            if self._now >= next_garbage:
                writer.write(_garbage(rng))
                self._tally.garbage += 1
                next_garbage = self._soon(behaviour.garbage_per_s)
            if self._now >= next_share and self._protocol.unanswered < behaviour.in_flight:
                if await self._submit_one(writer):
                    next_share = self._soon(behaviour.shares_per_s)
                    if self._now >= dies_at:
                        # The worst moment: a share is on its way and nobody waits for its answer.
                        raise _Over
                continue
            await asyncio.sleep(min(0.1, max(0.005, min(next_share, next_garbage) - self._now)))
        async with asyncio.timeout(_DRAIN_S):
            while self._protocol.unanswered:
                self._answered.clear()
                await self._answered.wait()
        raise _Over

    def _soon(self, per_s: float) -> float:
        return self._now + self._rng.expovariate(per_s) if per_s else float("inf")

    async def _submit_one(self, writer: asyncio.StreamWriter) -> bool:
        """Search a little and send what was found; True when something was sent."""
        job, search = self._job, self._search
        if job is None or search is None:
            return False
        behaviour, rng = self._behaviour, self._rng
        if behaviour.bad_ratio and rng.random() < behaviour.bad_ratio:
            job, share = self._bad_share(job)
        else:
            found = search.run(_SLICE).found
            await asyncio.sleep(0)
            if found is None or job is not self._job:
                return False
            self._last = job, found
            share = found
        self._protocol.submit(job, share)
        self._tally.submitted += 1
        writer.write(self._protocol.take_output())
        await writer.drain()
        if behaviour.deaf_s and rng.random() < 0.5:
            self._deaf_until = min(self._until, self._now + behaviour.deaf_s)
        return True

    def _bad_share(self, job: MinerJob) -> tuple[MinerJob, FoundShare]:
        """A share that no server may accept: sent before, of an unknown job, or with an extranonce2 of the wrong size."""
        kind = self._rng.randrange(3)
        if kind == 0 and self._last is not None:
            return self._last
        share = FoundShare(self._rng.randbytes(job.extranonce2_size), job.ntime, self._rng.getrandbits(32), 0)
        if kind == 1:
            return replace(job, job_id="ffffffffffffff"), share
        return job, replace(share, extranonce2=share.extranonce2 + b"\0")


def _garbage(rng: random.Random) -> bytes:
    """A line that is not the protocol; never one that could pass for a request of ours."""
    return rng.choice(
        (
            b"hello?\n",
            b"{}\n",
            b"[1, 2, 3]\n",
            b'{"id": null}\n',
            b'{"id": [], "method": 5, "params": {}}\n',
            b'{"id": -1, "method": "mining.nosuch", "params": [null]}\n',
            b'{"id": -2, "method": "mining.submit", "params": []}\n',
            b'{"id": -3, "method": "mining.submit", "params": {"a": "' + b"b" * rng.randrange(2_000) + b'"}}\n',
            b'{"id": "\\ud800", "method": "mining.subscribe\n',
            b"GET / HTTP/1.1\r\n\r\n",
            rng.randbytes(40).replace(b"\n", b"") + b"\n",
            b"9" * 5_000 + b"\n",
            b"[" * 500 + b"\n",
        )
    )
