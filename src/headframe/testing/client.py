"""An independent Stratum V1 client for functional tests.

Responsible for: playing one miner over a real socket, step by step and blocking, and mining a job to a given target.
Not responsible for: speed, reconnecting, anything a test does not ask for.
Read next: nothing; that is the point.

Deliberately alone: standard library only, nothing of ours is imported. Coinbase, merkle root, header and targets are
put together here once more, so that a share which the server accepts and a block which a node accepts prove something.

Bounds: a line is at most `MAX_LINE` bytes; every wait has a deadline; `transcript` keeps the last 10,000 lines.
"""

import hashlib
import json
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

MAX_LINE = 4 << 20
T = TypeVar("T")


class ClientTrouble(Exception):
    """The server did not do what the test asked for, or not in time."""


def wait_for(
    predicate: Callable[[], T], timeout: float = 30.0, *, what: str = "the condition", every: float = 0.02
) -> T:
    """Ask `predicate` until it gives something true, and return that. Raises ClientTrouble after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise ClientTrouble(f"{what} did not come true within {timeout} s")
        time.sleep(every)


@dataclass(frozen=True)
class ClientJob:
    """A notify as it came, in the wire's own hex, with what held at that moment."""

    job_id: str
    prev_hash_hex: str
    coinbase1_hex: str
    coinbase2_hex: str
    branch_hex: tuple[str, ...]
    version: int
    bits: int
    ntime: int
    clean: bool
    difficulty: float

    @property
    def target(self) -> int:
        """What a hash must not exceed at the difficulty the server set before this job."""
        return min(2**256 - 1, int(Fraction(0xFFFF << 208) / Fraction(self.difficulty)))

    @property
    def network_target(self) -> int:
        """What a block of this job must not exceed."""
        return (self.bits & 0x7FFFFF) << 8 * ((self.bits >> 24) - 3)


@dataclass(frozen=True)
class ClientShare:
    """A solved header, and how it is submitted. `hash_hex` in display order; `coinbase` as it was hashed."""

    job_id: str
    extranonce2_hex: str
    ntime: int
    nonce: int
    version_bits: int | None
    header: bytes
    coinbase: bytes

    @property
    def hash_hex(self) -> str:
        return _sha256d(self.header)[::-1].hex()


@dataclass(frozen=True)
class Answer:
    """What the server answered to one request."""

    id: Any
    result: Any
    error: Any

    @property
    def accepted(self) -> bool:
        return self.result is True and self.error is None


class Sv1Client:
    """One connection. Every call blocks until it is done or its deadline has passed (ClientTrouble)."""

    def __init__(self, host: str, port: int, *, tls: bool | ssl.SSLContext = False, timeout: float = 30.0) -> None:
        self.timeout = timeout
        self.extranonce1_hex = ""
        self.extranonce2_size = 0
        self.session_id = ""
        self.version_mask = 0
        self.difficulty = 1.0
        self.jobs: dict[str, ClientJob] = {}
        self.notifications: deque[tuple[str, list[Any]]] = deque(maxlen=1_000)
        self.transcript: deque[str] = deque(maxlen=10_000)
        self.user = ""
        self._latest: ClientJob | None = None
        self._taken: ClientJob | None = None
        self._answers: dict[str, Answer] = {}
        self._buffer = b""
        self._last_id = 0
        self._extranonce2 = 0
        self._socket = socket.create_connection((host, port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self._socket = (tls if isinstance(tls, ssl.SSLContext) else _trusting()).wrap_socket(
                self._socket, server_hostname=host
            )

    def __enter__(self) -> "Sv1Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    # The conversation

    def send_raw(self, data: bytes) -> None:
        """Bytes as they are, good or bad."""
        self._socket.settimeout(self.timeout)
        self._socket.sendall(data)

    def send(self, method: str, params: object) -> int:
        """A request; returns its id, for `answer`."""
        self._last_id += 1
        line = json.dumps({"id": self._last_id, "method": method, "params": params})
        self.transcript.append(f"> {line}")
        self.send_raw(line.encode() + b"\n")
        return self._last_id

    def answer(self, request_id: object, timeout: float | None = None) -> Answer:
        """The answer to a request, whatever else arrives before it."""
        key = json.dumps(request_id)
        self._read_until(lambda: key in self._answers, timeout, f"an answer to request {key}")
        return self._answers.pop(key)

    def call(self, method: str, params: object, timeout: float | None = None) -> Answer:
        return self.answer(self.send(method, params), timeout)

    def configure(self, mask: int = 0xFFFFFFFF) -> int:
        """Negotiate version rolling; returns the mask that the server allows."""
        wanted = {"version-rolling.mask": f"{mask:08x}", "version-rolling.min-bit-count": 2}
        result = self.call("mining.configure", [["version-rolling"], wanted]).result
        self.version_mask = int(result["version-rolling.mask"], 16) if result.get("version-rolling") is True else 0
        return self.version_mask

    def subscribe(self, user_agent: str = "headframe-test/1", session_id: str | None = None) -> None:
        """Get an extranonce; with `session_id`, ask for that of an earlier connection."""
        reply = self.call("mining.subscribe", [user_agent] if session_id is None else [user_agent, session_id])
        if reply.error is not None or not isinstance(reply.result, list):
            raise ClientTrouble(f"subscribe was refused: {reply.error}")
        subscriptions, self.extranonce1_hex, self.extranonce2_size = reply.result
        self.session_id = subscriptions[0][1]

    def authorize(self, user: str, password: str = "x") -> Answer:
        self.user = user
        return self.call("mining.authorize", [user, password])

    def begin(self, user: str, password: str = "x", *, roll: bool = True, session_id: str | None = None) -> ClientJob:
        """Configure, subscribe, authorize, and the first job."""
        if roll:
            self.configure()
        self.subscribe(session_id=session_id)
        reply = self.authorize(user, password)
        if not reply.accepted:
            raise ClientTrouble(f"authorize was refused: {reply.error}")
        return self.wait_job()

    def wait_job(self, timeout: float | None = None, *, fresh: bool = False) -> ClientJob:
        """The newest job; waits for the first one, or with `fresh` for one that no call has returned before."""
        self.poll()
        known = self._taken if fresh else None
        self._read_until(lambda: self._latest is not None and self._latest is not known, timeout, "a job")
        assert self._latest is not None
        self._taken = self._latest
        return self._latest

    def wait_notification(self, method: str, timeout: float | None = None) -> list[Any]:
        """Parameters of the oldest notification of that kind; takes it."""
        self._read_until(lambda: any(kind == method for kind, _ in self.notifications), timeout, method)
        found = next(each for each in self.notifications if each[0] == method)
        self.notifications.remove(found)
        return found[1]

    def poll(self) -> None:
        """Read what has arrived already, without waiting."""
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline and self._receive(0.001):
            pass

    def closed_by_server(self, timeout: float | None = None) -> bool:
        """Wait for the server to close the connection; True when it did in time."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        try:
            while time.monotonic() < deadline:
                self._receive(0.05)
        except (ClientTrouble, OSError):
            return True
        return False

    # Mining

    def solve(
        self,
        job: ClientJob,
        target: int | None = None,
        *,
        version_bits: int | None = None,
        miss: bool = False,
        max_hashes: int = 20_000_000,
    ) -> ClientShare:
        """Search a header of this job whose hash is at most `target` (the share target when None), with a fresh
        extranonce2 each call. `version_bits` are rolled in if given; None sends no sixth parameter. `miss` looks for
        a hash above the target instead."""
        wanted = job.target if target is None else target
        extranonce2_hex = (
            (self._extranonce2 % 256**self.extranonce2_size).to_bytes(self.extranonce2_size, "little").hex()
        )
        self._extranonce2 += 1
        coinbase = bytes.fromhex(job.coinbase1_hex + self.extranonce1_hex + extranonce2_hex + job.coinbase2_hex)
        root = _sha256d(coinbase)
        for sibling in job.branch_hex:
            root = _sha256d(root + bytes.fromhex(sibling))
        version = job.version
        if version_bits is not None:
            version = version & ~self.version_mask & 0xFFFFFFFF | version_bits & self.version_mask
        # Eight words, each turned round on the wire.
        prev_hash = struct.pack("<8I", *struct.unpack(">8I", bytes.fromhex(job.prev_hash_hex)))
        head = struct.pack("<I", version) + prev_hash + root + struct.pack("<II", job.ntime, job.bits)
        for nonce in range(max_hashes):
            header = head + struct.pack("<I", nonce)
            if (int.from_bytes(_sha256d(header), "little") <= wanted) is not miss:
                return ClientShare(job.job_id, extranonce2_hex, job.ntime, nonce, version_bits, header, coinbase)
        raise ClientTrouble(f"nothing found in {max_hashes} hashes")

    def submit(self, share: ClientShare, *, user: str | None = None, timeout: float | None = None) -> Answer:
        return self.answer(self.submit_only(share, user=user), timeout)

    def submit_only(self, share: ClientShare, *, user: str | None = None) -> int:
        """Send a share without waiting; returns the id for `answer`."""
        params = [user or self.user, share.job_id, share.extranonce2_hex, f"{share.ntime:08x}", f"{share.nonce:08x}"]
        if share.version_bits is not None:
            params.append(f"{share.version_bits:08x}")
        return self.send("mining.submit", params)

    # Reading

    def _read_until(self, done: Callable[[], bool], timeout: float | None, what: str) -> None:
        limit = self.timeout if timeout is None else timeout
        deadline = time.monotonic() + limit
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise ClientTrouble(f"{what} did not come within {limit} s")
            self._receive(left)

    def _receive(self, timeout: float) -> bool:
        """Read once; False when nothing came. Raises ClientTrouble when the server has closed."""
        self._socket.settimeout(max(timeout, 0.001))
        try:
            data = self._socket.recv(1 << 16)
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        if not data:
            raise ClientTrouble("the server closed the connection")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MAX_LINE:
            raise ClientTrouble("an endless line")
        for line in lines:
            self.transcript.append(f"< {line.decode()}")
            self._heed(json.loads(line))
        return True

    def _heed(self, message: dict[str, Any]) -> None:
        if not isinstance(message.get("method"), str):
            self._answers[json.dumps(message["id"])] = Answer(
                message["id"], message.get("result"), message.get("error")
            )
            return
        method, params = message["method"], message["params"]
        self.notifications.append((method, params))
        if method == "mining.set_difficulty":
            self.difficulty = params[0]
        elif method == "mining.set_extranonce":
            self.extranonce1_hex, self.extranonce2_size = params
        elif method == "mining.set_version_mask":
            self.version_mask = int(params[0], 16)
        elif method == "mining.notify":
            job_id, prev_hash, coinbase1, coinbase2, branch, version, bits, ntime, clean = params
            job = ClientJob(
                job_id,
                prev_hash,
                coinbase1,
                coinbase2,
                tuple(branch),
                int(version, 16),
                int(bits, 16),
                int(ntime, 16),
                clean,
                self.difficulty,
            )
            if clean or len(self.jobs) >= 1_000:
                self.jobs.clear()
            self.jobs[job_id] = job
            self._latest = job


def _sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
