"""The miner's end of Stratum V1, without I/O.

Responsible for: what a miner sends and what it makes of what it is told: extranonce, target, version mask, jobs, answers.
Not responsible for: sockets and reconnecting (`testing.miner`, `testing.fleet`), hashing (`testing.search`).
Read next: `testing.search`.

Written from the protocol's description, not from our server: shares nothing with `stratum`. A new difficulty, extranonce
or mask holds from the next notify on, as ASIC firmware does it.

Bounds: a line is at most `MAX_LINE` bytes and at most `MAX_PENDING` requests wait for their answer; beyond either the
server is not worth talking to and `ProtocolTrouble` is raised.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from headframe.bitcoin.target import MAX_TARGET, target_of_difficulty

MAX_LINE = 1 << 20
MAX_PENDING = 4_096
USER_AGENT = "headframe-cpu/0.1"


class ProtocolTrouble(Exception):
    """The server said something that no miner can work with; disconnect."""


@dataclass(frozen=True, slots=True, eq=False)
class MinerJob:
    """One notify with all that held when it came; bytes in internal order, coinbase1 with extranonce1 at its end."""

    job_id: str
    prev_hash: bytes
    coinbase1: bytes
    coinbase2: bytes
    extranonce2_size: int
    branch: tuple[bytes, ...]
    version: int
    version_mask: int
    bits: int
    ntime: int
    clean: bool
    target: int


@dataclass(frozen=True, slots=True)
class FoundShare:
    """What a search found; `version_bits` is 0 when the job's mask is."""

    extranonce2: bytes
    ntime: int
    nonce: int
    version_bits: int


@dataclass(frozen=True, slots=True)
class JobArrived:
    job: MinerJob


@dataclass(frozen=True, slots=True)
class ShareAnswered:
    """`reason` is "" when accepted, else the server's text."""

    job: MinerJob
    share: FoundShare
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Authorized:
    """The server takes this worker, or says why not."""

    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ReconnectAsked:
    host: str
    port: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class MessageShown:
    text: str


MinerEvent: TypeAlias = JobArrived | ShareAnswered | Authorized | ReconnectAsked | MessageShown


class MinerProtocol:
    """One connection's state. `hello()` begins; feed `receive`; send what `take_output` returns."""

    def __init__(
        self,
        user: str,
        password: str = "x",
        *,
        user_agent: str = USER_AGENT,
        session_id: str = "",
        roll_version: bool = True,
    ) -> None:
        self.user = user
        self.password = password
        self.user_agent = user_agent
        self.session_id = session_id
        self.roll_version = roll_version
        self.authorized = False
        self.difficulty = 1.0
        self.extranonce1 = b""
        self.extranonce2_size = 0
        self.version_mask = 0
        self._buffer = b""
        self._output = bytearray()
        self._next_id = 1
        self._pending: dict[int, tuple[str, MinerJob | None, FoundShare | None]] = {}

    @property
    def unanswered(self) -> int:
        """Shares that the server has not answered yet."""
        return sum(1 for what, _, _ in self._pending.values() if what == "submit")

    def hello(self) -> None:
        """Everything a miner says on connecting, without waiting in between (as ESP-Miner does)."""
        if self.roll_version:
            self._ask(
                "mining.configure",
                [["version-rolling"], {"version-rolling.mask": "ffffffff", "version-rolling.min-bit-count": 2}],
            )
        self._ask("mining.subscribe", [self.user_agent, self.session_id] if self.session_id else [self.user_agent])
        self._ask("mining.authorize", [self.user, self.password])
        self._ask("mining.extranonce.subscribe", [])

    def suggest_difficulty(self, difficulty: float) -> None:
        """Ask for easier or harder shares."""
        self._ask("mining.suggest_difficulty", [difficulty])

    def submit(self, job: MinerJob, share: FoundShare) -> None:
        """Queue a share."""
        params = [self.user, job.job_id, share.extranonce2.hex(), f"{share.ntime:08x}", f"{share.nonce:08x}"]
        if job.version_mask:
            params.append(f"{share.version_bits:08x}")
        self._ask("mining.submit", params, job, share)

    def take_output(self) -> bytes:
        """Bytes to send now; empties the buffer."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def receive(self, data: bytes) -> Iterator[MinerEvent]:
        """Feed what the server sent. Raises ProtocolTrouble."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MAX_LINE:
            raise ProtocolTrouble("an endless line")
        for line in lines:
            if not line.strip():
                continue
            try:
                message = json.loads(line)
            except ValueError:
                raise ProtocolTrouble("a line that is not JSON") from None
            if not isinstance(message, dict):
                raise ProtocolTrouble("a line that is not an object")
            try:
                event = self._told(message) if isinstance(message.get("method"), str) else self._answered(message)
            except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise ProtocolTrouble(f"a message of the wrong shape: {line[:80]!r}") from error
            if event is not None:
                yield event

    def _ask(
        self, method: str, params: list[Any], job: MinerJob | None = None, share: FoundShare | None = None
    ) -> None:
        if len(self._pending) >= MAX_PENDING:
            raise ProtocolTrouble("too many requests without an answer")
        self._pending[self._next_id] = (method.removeprefix("mining."), job, share)
        self._say({"id": self._next_id, "method": method, "params": params})
        self._next_id += 1

    def _say(self, message: dict[str, Any]) -> None:
        self._output += json.dumps(message).encode() + b"\n"

    def _answered(self, message: dict[str, Any]) -> MinerEvent | None:
        identity = message.get("id")
        what, job, share = (
            self._pending.pop(identity, ("", None, None)) if isinstance(identity, int) else ("", None, None)
        )
        result, reason = message.get("result"), _reason(message)
        if what == "submit" and job is not None and share is not None:
            return ShareAnswered(job, share, result is True, reason)
        if what == "subscribe":
            if reason or not isinstance(result, list):
                raise ProtocolTrouble(f"subscribe refused: {reason}")
            self.session_id = str(result[0][0][1]) if result[0] else ""
            self._take_extranonce(result[1], result[2])
        elif what == "authorize":
            self.authorized = result is True
            return Authorized(self.authorized, reason)
        elif what == "configure" and isinstance(result, dict) and result.get("version-rolling") is True:
            self.version_mask = int(result["version-rolling.mask"], 16)
        return None

    def _told(self, message: dict[str, Any]) -> MinerEvent | None:
        method, params = message["method"], message.get("params") or []
        if method == "mining.notify":
            return JobArrived(self._job(params))
        if method == "mining.set_difficulty":
            self.difficulty = float(params[0])
            target_of_difficulty(self.difficulty)
        elif method == "mining.set_extranonce":
            self._take_extranonce(params[0], params[1])
        elif method == "mining.set_version_mask":
            self.version_mask = int(params[0], 16) if self.roll_version else 0
        elif method == "mining.ping":
            self._say({"id": message.get("id"), "result": "pong", "error": None})
        elif method == "client.get_version":
            self._say({"id": message.get("id"), "result": self.user_agent, "error": None})
        elif method == "client.show_message":
            return MessageShown(str(params[0]))
        elif method == "client.reconnect":
            host, port, wait_s = ([*params, None, None, None])[:3]
            return ReconnectAsked(str(host or ""), int(port or 0), float(wait_s or 0))
        return None

    def _take_extranonce(self, extranonce1_hex: str, extranonce2_size: int) -> None:
        if not isinstance(extranonce2_size, int) or not 1 <= extranonce2_size <= 32:
            raise ValueError("extranonce2 size")
        self.extranonce1, self.extranonce2_size = bytes.fromhex(extranonce1_hex), extranonce2_size

    def _job(self, params: list[Any]) -> MinerJob:
        if not self.extranonce2_size:
            raise ProtocolTrouble("a job before an extranonce")
        job_id, prev_hash, coinbase1, coinbase2, branch, version, bits, ntime, clean = params[:9]
        words = bytes.fromhex(prev_hash)
        return MinerJob(
            job_id=str(job_id),
            # The wire shows the previous hash as eight words, each with its bytes turned round.
            prev_hash=b"".join(words[at : at + 4][::-1] for at in range(0, 32, 4)),
            coinbase1=bytes.fromhex(coinbase1) + self.extranonce1,
            coinbase2=bytes.fromhex(coinbase2),
            extranonce2_size=self.extranonce2_size,
            branch=tuple(bytes.fromhex(sibling) for sibling in branch),
            version=int(version, 16),
            version_mask=self.version_mask,
            bits=int(bits, 16),
            ntime=int(ntime, 16),
            clean=bool(clean),
            target=min(MAX_TARGET, target_of_difficulty(self.difficulty)),
        )


def _reason(message: dict[str, Any]) -> str:
    error = message.get("error")
    if error is None:
        return "" if message.get("result") not in (None, False) else "refused without a reason"
    if isinstance(error, list) and len(error) > 1:
        return str(error[1])
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
