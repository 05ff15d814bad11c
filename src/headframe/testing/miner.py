"""A CPU miner that speaks Stratum V1.

Responsible for: connecting (plain or TLS), reconnecting with growing pauses, handing jobs to hashing processes and their
shares to the server, and keeping count of what the server says. What `headframe miner` and the demo run.
Not responsible for: the protocol (`testing.miner_protocol`), hashing (`testing.hasher`), showing anything.
Read next: `testing.miner_protocol`.

Bounds: `MAX_JOBS` jobs are remembered for shares on their way; `MAX_UNANSWERED` shares wait for an answer, further ones
are thrown away; reasons for rejection beyond `MAX_REASONS` are counted as "other".
"""

import asyncio
import contextlib
import random
import ssl
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from headframe.net.tasks import spawn
from headframe.testing.hasher import Assignment, Report
from headframe.testing.miner_protocol import (
    Authorized,
    JobArrived,
    MessageShown,
    MinerEvent,
    MinerJob,
    MinerProtocol,
    ProtocolTrouble,
    ReconnectAsked,
    ShareAnswered,
)

MAX_JOBS = 16
MAX_UNANSWERED = 256
MAX_REASONS = 16
CONNECT_S = 10.0
SILENCE_S = 180.0
"""A server that says nothing for this long is given up."""

_RATE_WINDOW_S = 10.0


@dataclass(frozen=True, slots=True)
class ServerAddress:
    host: str
    port: int
    tls: bool

    @classmethod
    def parse(cls, url: str) -> "ServerAddress":
        """stratum+tcp://host:port, stratum+ssl://host:port (or +tls), or host:port. Raises ValueError saying so."""
        parts = urlsplit(url if "://" in url else f"stratum+tcp://{url}")
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        tls = {"stratum+tcp": False, "tcp": False, "stratum+ssl": True, "stratum+tls": True, "ssl": True}.get(
            parts.scheme
        )
        if not host or not port or tls is None:
            raise ValueError("the server is written stratum+tcp://host:port or stratum+ssl://host:port")
        return cls(host, port, tls)


@dataclass(frozen=True, slots=True)
class MinerSettings:
    """hashrate 0 is as fast as it goes; `threads` hashing processes share it. shares_per_s caps what is submitted, for
    difficulties at which nearly every hash is a share. tls_verify=False takes self-signed certificates, as ASICs do."""

    url: str
    user: str
    password: str = field(default="x", repr=False)
    hashrate: float = 0.0
    threads: int = 1
    shares_per_s: float = 20.0
    suggest_difficulty: float = 0.0
    tls_verify: bool = False
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0


@dataclass(slots=True)
class MinerStats:
    """What the miner knows of itself. `state` in words for people; rejected by the server's reason."""

    state: str = "starting"
    connected: bool = False
    connections: int = 0
    difficulty: float = 0.0
    jobs: int = 0
    hashes: int = 0
    hashrate: float = 0.0
    accepted: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    discarded: int = 0
    message: str = ""


class CpuMiner:
    """`await run()` mines until cancelled, or until `stop_after` shares were accepted. `on_change` is called after
    anything that `stats` shows has changed; it must be quick."""

    def __init__(
        self, settings: MinerSettings, *, on_change: Callable[[MinerStats], None] | None = None, seed: int | None = None
    ) -> None:
        self.settings = settings
        self.stats = MinerStats()
        self._address = ServerAddress.parse(settings.url)
        self._on_change = on_change or (lambda _: None)
        self._rng = random.Random(seed)
        self._workers: list[asyncio.subprocess.Process] = []
        self._jobs: OrderedDict[int, MinerJob] = OrderedDict()
        self._number = 0
        self._protocol: MinerProtocol | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._session_id = ""
        self._pause_s = settings.first_pause_s
        self._enough = asyncio.Event()
        self._stop_after = 0
        self._rates: deque[tuple[float, int]] = deque(maxlen=1_000)

    async def run(self, *, stop_after: int = 0) -> None:
        """Mine. Raises nothing for what a server does: it is tried again for ever."""
        self._stop_after = stop_after
        try:
            for _ in range(self.settings.threads):
                self._workers.append(await self._start_worker())
            async with asyncio.TaskGroup() as group:
                work = [spawn(group, self._stay_connected(), name="miner connection")]
                for index, worker in enumerate(self._workers):
                    work.append(spawn(group, self._follow(worker), name=f"hasher {index}"))
                await self._enough.wait()
                for task in work:
                    task.cancel()
        finally:
            await self._stop_workers()
            self.stats.state = "stopped"
            self._on_change(self.stats)

    # The server

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._converse()
            except (OSError, TimeoutError, ProtocolTrouble, asyncio.IncompleteReadError) as error:
                self.stats.state = f"disconnected: {str(error) or type(error).__name__}"
            finally:
                self._disconnected()
            self._on_change(self.stats)
            # Spread out, so that a server that comes back is not met by everybody at once.
            await asyncio.sleep(self._pause_s * self._rng.uniform(0.5, 1.0))
            self._pause_s = min(self.settings.longest_pause_s, self._pause_s * 2)

    async def _converse(self) -> None:
        self.stats.state = "connecting"
        address = self._address
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(address.host, address.port, ssl=self._tls())
        self._writer = writer
        protocol = MinerProtocol(self.settings.user, self.settings.password, session_id=self._session_id)
        self._protocol = protocol
        protocol.hello()
        if self.settings.suggest_difficulty:
            protocol.suggest_difficulty(self.settings.suggest_difficulty)
        writer.write(protocol.take_output())
        self.stats.connected = True
        self.stats.connections += 1
        self.stats.state = "connected"
        self._on_change(self.stats)
        while True:
            async with asyncio.timeout(SILENCE_S):
                data = await reader.read(1 << 16)
            if not data:
                raise ProtocolTrouble("the server closed the connection")
            for event in protocol.receive(data):
                self._heed(event)
            self._session_id = protocol.session_id
            writer.write(protocol.take_output())
            await writer.drain()

    def _tls(self) -> ssl.SSLContext | None:
        if not self._address.tls:
            return None
        context = ssl.create_default_context()
        if not self.settings.tls_verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _disconnected(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = self._protocol = None
        self.stats.connected = False
        self._jobs.clear()
        self._assign(None)

    def _heed(self, event: MinerEvent) -> None:
        stats = self.stats
        match event:
            case JobArrived(job):
                self._pause_s = self.settings.first_pause_s
                stats.state = "mining"
                stats.jobs += 1
                self._take_job(job)
            case ShareAnswered():
                self._count(event)
            case Authorized(accepted, reason):
                stats.state = "authorized" if accepted else f"refused: {reason}"
            case MessageShown(text):
                stats.message = text
            case ReconnectAsked(host, _, wait_s):
                # Only ever back to where we were sent by our operator: a server may not hand us to strangers.
                self._pause_s = max(self.settings.first_pause_s, min(wait_s, self.settings.longest_pause_s))
                raise ProtocolTrouble(f"the server asked us to reconnect{f' (to {host})' if host else ''}")
        self._on_change(stats)

    def _count(self, answer: ShareAnswered) -> None:
        stats = self.stats
        if answer.accepted:
            stats.accepted += 1
            if self._stop_after and stats.accepted >= self._stop_after:
                self._enough.set()
            return
        known = answer.reason in stats.rejected or len(stats.rejected) < MAX_REASONS
        reason = answer.reason if known else "other"
        stats.rejected[reason] = stats.rejected.get(reason, 0) + 1

    # The hashing processes

    def _take_job(self, job: MinerJob) -> None:
        if job.clean:
            self._jobs.clear()
        self._number += 1
        self._jobs[self._number] = job
        while len(self._jobs) > MAX_JOBS:
            self._jobs.popitem(last=False)
        if self._protocol is not None:
            self.stats.difficulty = self._protocol.difficulty
        self._assign(job)

    def _assign(self, job: MinerJob | None) -> None:
        count = len(self._workers)
        for index, worker in enumerate(self._workers):
            assert worker.stdin is not None
            assignment = job and Assignment.of(
                self._number,
                job,
                first=index,
                stride=count,
                hashes_per_s=self.settings.hashrate / count,
                shares_per_s=self.settings.shares_per_s / count,
            )
            worker.stdin.write(msgspec.json.encode(assignment) + b"\n")

    async def _start_worker(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "headframe.testing.hasher",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )

    async def _follow(self, worker: asyncio.subprocess.Process) -> None:
        """Everything one hashing process reports. Its death is our bug, and ends the miner."""
        decode = msgspec.json.Decoder(Report).decode
        assert worker.stdout is not None
        while line := await worker.stdout.readline():
            report = decode(line)
            self._clock_hashes(report.hashes)
            job, share = self._jobs.get(report.number), report.share
            if share is not None:
                if job is None or self._protocol is None or self._protocol.unanswered >= MAX_UNANSWERED:
                    self.stats.discarded += 1
                elif self._writer is not None:
                    self._protocol.submit(job, share)
                    self._writer.write(self._protocol.take_output())
            self._on_change(self.stats)
        raise RuntimeError("a hashing process ended by itself")

    def _clock_hashes(self, hashes: int) -> None:
        now = time.monotonic()
        self.stats.hashes += hashes
        self._rates.append((now, hashes))
        while now - self._rates[0][0] > _RATE_WINDOW_S:
            self._rates.popleft()
        since = now - self._rates[0][0]
        if since > 0.5:
            self.stats.hashrate = sum(count for _, count in list(self._rates)[1:]) / since

    async def _stop_workers(self) -> None:
        for worker in self._workers:
            if worker.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    worker.kill()
            await worker.wait()
        self._workers.clear()
