"""A small Stratum V1 server that does as it is told.

Responsible for: serving made-up jobs to the kit's own miners and clients (later: being the pool that a pool source
connects to), judging each share with code of its own, and counting.
Not responsible for: being a good pool: no vardiff, no limits worth the name, no blocks.
Read next: `testing.client`, `testing.miner_protocol`.

Shares nothing with `stratum` and `mining`. Bounds: `MAX_CONNECTIONS`; the last `MAX_JOBS` jobs; lines of asyncio's 64 KiB.
"""

import asyncio
import contextlib
import json
import random
import ssl
import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from headframe.net.certificates import make_self_signed

MAX_CONNECTIONS = 1_000
MAX_JOBS = 64
_DIFFICULTY_1 = 0xFFFF << 208


@dataclass(frozen=True, slots=True)
class PoolJob:
    """One made-up job, in the wire's terms."""

    job_id: str
    prev_hash: bytes
    coinbase1: bytes
    coinbase2: bytes
    branch: tuple[bytes, ...]
    version: int
    bits: int
    ntime: int

    def params(self, clean: bool) -> list[Any]:
        turned = b"".join(self.prev_hash[at : at + 4][::-1] for at in range(0, 32, 4))
        halves = [self.coinbase1.hex(), self.coinbase2.hex(), [sibling.hex() for sibling in self.branch]]
        numbers = [f"{self.version:08x}", f"{self.bits:08x}", f"{self.ntime:08x}"]
        return [self.job_id, turned.hex(), *halves, *numbers, clean]


@dataclass(slots=True, eq=False)
class PoolConnection:
    """One miner, as the pool sees it. `difficulties` remembers what each job was issued with."""

    writer: asyncio.StreamWriter
    extranonce1: bytes
    user_agent: str = ""
    resumed: str = ""
    workers: list[str] = field(default_factory=list)
    version_mask: int = 0
    subscribed: bool = False
    difficulties: dict[str, float] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, method: str, params: list[Any], request_id: object = None) -> None:
        self.say({"id": request_id, "method": method, "params": params})

    def say(self, message: dict[str, Any]) -> None:
        self.writer.write(json.dumps(message).encode() + b"\n")


class PlainPool:
    """Start it (`async with`), read `url`; change `difficulty` and call `new_job`, `tell_all`, `drop_all` at any time."""

    def __init__(
        self,
        *,
        difficulty: float = 1e-7,
        extranonce2_size: int = 4,
        version_mask: int = 0x1FFFE000,
        seed: int = 1,
        tls: ssl.SSLContext | None = None,
        refuse_worker: Callable[[str, str], str] = lambda user, password: "",
    ) -> None:
        self.difficulty = difficulty
        self.extranonce2_size = extranonce2_size
        self.version_mask = version_mask
        self.refuse_worker = refuse_worker
        self.connections: list[PoolConnection] = []
        self.served = 0
        self.accepted: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.version_bits_seen: set[int] = set()
        self.extranonce2_seen: set[bytes] = set()
        self.mute = False
        self._rng = random.Random(seed)
        self._tls = tls
        self._jobs: dict[str, PoolJob] = {}
        self._current: PoolJob
        self._seen: set[bytes] = set()
        self._server: asyncio.Server | None = None
        self.new_job(clean=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"stratum+{'ssl' if self._tls else 'tcp'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> "PlainPool":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop_all()
        await self._server.wait_closed()

    # What a test makes it do

    def new_job(self, *, clean: bool) -> PoolJob:
        """Another job for everybody; `clean` voids those before it."""
        rng = self._rng
        if clean:
            self._jobs.clear()
        while len(self._jobs) >= MAX_JOBS:
            del self._jobs[next(iter(self._jobs))]
        # The shape of a coinbase: its script ends right after the extranonce.
        head = (
            struct.pack("<I", 2)
            + b"\x01"
            + bytes(32)
            + b"\xff" * 4
            + bytes([4 + 4 + self.extranonce2_size])
            + rng.randbytes(4)
        )
        tail = b"\xff" * 4 + b"\x01" + rng.randbytes(8) + b"\x16\x00\x14" + rng.randbytes(20) + bytes(4)
        branch = tuple(rng.randbytes(32) for _ in range(rng.randint(0, 4)))
        job = PoolJob(
            f"{rng.getrandbits(32):x}", rng.randbytes(32), head, tail, branch, 0x20000000, 0x17021369, 1_750_000_000
        )
        self._jobs[job.job_id] = self._current = job
        for connection in self.connections:
            self._offer(connection, clean)
        return job

    def tell_all(self, method: str, params: list[Any], request_id: object = None) -> None:
        """Any message to everybody."""
        for connection in self.connections:
            connection.tell(method, params, request_id)

    def drop_all(self) -> None:
        """Close every connection at once."""
        for connection in self.connections:
            connection.writer.transport.abort()

    # Serving

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self.connections) >= MAX_CONNECTIONS:
            writer.close()
            return
        self.served += 1
        connection = PoolConnection(writer, self.served.to_bytes(4, "big"))
        self.connections.append(connection)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                try:
                    message = json.loads(line)
                except ValueError:
                    continue
                if self.mute or not isinstance(message, dict):
                    continue
                if isinstance(message.get("method"), str):
                    self._answer(connection, message)
                    await writer.drain()
                else:
                    connection.said.append(message)
        self.connections.remove(connection)
        writer.close()

    def _answer(self, connection: PoolConnection, message: dict[str, Any]) -> None:
        method, params = message["method"], message.get("params") or []
        result: Any = True
        error: Any = None
        if method == "mining.configure":
            connection.version_mask = self.version_mask
            result = {"version-rolling": True, "version-rolling.mask": f"{self.version_mask:08x}"}
        elif method == "mining.subscribe":
            connection.subscribed = True
            connection.user_agent, connection.resumed = (*params, "", "")[:2]
            session = f"s{connection.extranonce1.hex()}"
            kinds = [["mining.notify", session], ["mining.set_difficulty", session]]
            result = [kinds, connection.extranonce1.hex(), self.extranonce2_size]
        elif method == "mining.authorize":
            reason = self.refuse_worker(params[0], params[1])
            connection.workers += [] if reason else [params[0]]
            result, error = (False, [24, reason, None]) if reason else (True, None)
        elif method == "mining.submit":
            reason = self._judge(connection, params)
            (self.rejected if reason else self.accepted)[reason or params[0]] += 1
            result, error = (None, [20, reason, None]) if reason else (True, None)
        connection.say({"id": message.get("id"), "result": result, "error": error})
        if method == "mining.authorize" and error is None and connection.subscribed:
            self._offer(connection, clean=True)

    def _offer(self, connection: PoolConnection, clean: bool) -> None:
        if clean:
            connection.difficulties.clear()
        connection.tell("mining.set_difficulty", [self.difficulty])
        connection.tell("mining.notify", self._current.params(clean))
        connection.difficulties[self._current.job_id] = self.difficulty

    def _judge(self, connection: PoolConnection, params: list[Any]) -> str:
        """ "" for a good share, else what is wrong."""
        if params[0] not in connection.workers:
            return "Unauthorized worker"
        job = self._jobs.get(params[1])
        if job is None or job.job_id not in connection.difficulties:
            return "Job not found"
        extranonce2, ntime, nonce = bytes.fromhex(params[2]), int(params[3], 16), int(params[4], 16)
        bits = int(params[5], 16) if len(params) > 5 else 0
        if len(extranonce2) != self.extranonce2_size:
            return "Invalid nonce2 length"
        if bits & ~connection.version_mask:
            return "Invalid version mask"
        if not job.ntime <= ntime <= job.ntime + 7_000:
            return "Ntime out of range"
        root = _sha256d(job.coinbase1 + connection.extranonce1 + extranonce2 + job.coinbase2)
        for sibling in job.branch:
            root = _sha256d(root + sibling)
        version = job.version & ~connection.version_mask | bits
        header = struct.pack("<I32s32sIII", version, job.prev_hash, root, ntime, job.bits, nonce)
        found = _sha256d(header)
        if int.from_bytes(found, "little") * connection.difficulties[job.job_id] > _DIFFICULTY_1:
            return "Difficulty too low"
        if found in self._seen:
            return "Duplicate share"
        self._seen.add(found)
        self.version_bits_seen.add(bits)
        self.extranonce2_seen.add(extranonce2)
        return ""


def self_signed_context(folder: Path) -> ssl.SSLContext:
    """TLS for a test server; writes its certificate and key into `folder`."""
    certificate, key = make_self_signed(["127.0.0.1", "localhost"], int(time.time()))
    (folder / "certificate.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def _sha256d(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()
