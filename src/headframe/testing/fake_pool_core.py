"""A Stratum V1 pool for tests, without I/O.

Responsible for: what a pool says and decides: handshake, jobs, difficulties, verdicts by its own sums, exact books; and
each bad habit that `Manners` names.
Not responsible for: sockets and delays (`testing.fake_pool`), hashing rules (`testing.fake_pool_work`).
Read next: `testing.fake_pool`.

Shares nothing with `stratum` and `mining`. Bounds: `MAX_CONNECTIONS`; `MAX_JOBS` jobs; the last `MAX_KEPT` shares and as
many hashes for finding duplicates; a line of `MAX_LINE` bytes, beyond which the connection is cut.
"""

import json
import random
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from headframe.testing.fake_pool_connection import Line, PoolConnection, PoolShare
from headframe.testing.fake_pool_manners import Manners
from headframe.testing.fake_pool_work import (
    MAX_JOBS,
    Issued,
    Judged,
    PoolChain,
    PoolJob,
    judge,
    network_target_of,
    target_of,
)

MAX_CONNECTIONS = 1_000
MAX_KEPT = 10_000
MAX_LINE = 64 * 1024
CONSTANT_ID = 4


class FakePoolCore:
    """Connect clients, feed what they say, tell it what to do. `manners` may be changed at any time.

    bits   network target of its chain; the default is far harder than any test's share
    now    time for its jobs, seconds since 1970
    """

    def __init__(
        self,
        manners: Manners,
        *,
        seed: int = 1,
        bits: int = 0x1D00FFFF,
        now: Callable[[], float] = lambda: 1_750_000_000.0,
    ) -> None:
        self.manners = manners
        self.connections: list[PoolConnection] = []
        self.served = 0
        self.submits = 0
        self.accepted: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.rejected_by: Counter[tuple[str, str]] = Counter()
        self.truly_good: Counter[str] = Counter()
        self.work: Counter[str] = Counter()
        self.shares: deque[PoolShare] = deque(maxlen=MAX_KEPT)
        self.blocks: list[PoolShare] = []
        self.version_bits_seen: set[int] = set()
        self.extranonce2_seen: set[bytes] = set()
        self.odd_methods: Counter[str] = Counter()
        self._rng = random.Random(seed)
        self._now = now
        self._next_extranonce1 = self._rng.getrandbits(64)
        self._sessions: dict[str, bytes] = {}
        self._seen: dict[bytes, None] = {}
        self.chain = PoolChain(self._rng, bits=bits)
        self.current = self._make_job()

    # What a test makes it do

    @property
    def difficulty(self) -> float:
        return self.manners.difficulty

    def new_block(self, tip: bytes | None = None) -> PoolJob:
        """A new previous hash: everything before is void, and everybody gets clean work."""
        self.chain.advance(tip)
        return self.refresh(clean=True)

    def refresh(self, *, clean: bool = False) -> PoolJob:
        """Another job on the same tip, for everybody; `clean` voids those before all the same."""
        self.current = self._make_job()
        for connection in self._working():
            self._offer(connection, clean)
        return self.current

    def resend(self, *, clean: bool = False) -> PoolJob:
        """The identical job once more, for everybody (H4, H6)."""
        for connection in self._working():
            self._offer(connection, clean)
        return self.current

    def set_difficulty(self, difficulty: float, *, tell: bool = True) -> None:
        """Another difficulty: told at once, with no job (H7); `tell=False`: only with the next job."""
        self.manners.difficulty = difficulty
        for connection in self._working() if tell else []:
            connection.target = target_of(difficulty)
            connection.tell("mining.set_difficulty", [difficulty])

    def set_extranonce(self, extranonce2_size: int | None = None, *, extranonce1_size: int | None = None) -> None:
        """Other extranonces for everybody who is connected, with no job (H2, H14)."""
        manners = self.manners
        manners.extranonce2_size = extranonce2_size or manners.extranonce2_size
        manners.extranonce1_size = extranonce1_size or manners.extranonce1_size
        for connection in self._working():
            connection.extranonce1 = self._fresh_extranonce1()
            connection.extranonce2_size = manners.extranonce2_size
            if manners.extranonce_at_once:
                connection.issued = {
                    job_id: Issued(issued.job, issued.target, connection.extranonce1, connection.extranonce2_size)
                    for job_id, issued in connection.issued.items()
                }
            connection.tell("mining.set_extranonce", [connection.extranonce1.hex(), connection.extranonce2_size])

    def set_version_mask(self, mask: int) -> None:
        """Other version bits, at once (H12, H14)."""
        self.manners.version_mask = mask
        for connection in self._working():
            connection.version_mask = mask & connection.wanted_mask
            connection.tell("mining.set_version_mask", [f"{mask:08x}"])

    def reconnect_all(self, host: str | None = None, port: int | None = None, wait_s: float = 0) -> None:
        """client.reconnect to everybody; without a host, without parameters (H14)."""
        self.tell_all("client.reconnect", [] if host is None else [host, port, wait_s])

    def tell_all(self, method: str, params: object, request_id: object = None) -> None:
        """Any message to everybody (H14)."""
        for connection in [*self.connections]:
            connection.tell(method, params, request_id)

    def say_raw(self, data: bytes) -> None:
        """Any bytes to everybody; see `testing.fake_pool_absurd`."""
        for connection in [*self.connections]:
            connection.say_raw(data)

    def drop_all(self) -> None:
        """Cut every connection at once (H15)."""
        for connection in [*self.connections]:
            connection.cut()

    # Serving

    def connect(self, line: Line) -> PoolConnection:
        """A client has come."""
        self.served += 1
        manners = self.manners
        connection = PoolConnection(
            line, self._fresh_extranonce1(), manners.extranonce2_size, target_of(manners.difficulty)
        )
        connection.session_id = f"s{self._rng.getrandbits(48):012x}"
        if len(self.connections) >= MAX_CONNECTIONS or manners.hang_up_after == "connect":
            connection.cut()
            return connection
        self.connections.append(connection)
        if manners.work_first and not manners.mute:
            self._offer(connection, clean=True)
        return connection

    def disconnected(self, connection: PoolConnection) -> None:
        """The client has gone."""
        connection.open = False
        if connection in self.connections:
            self.connections.remove(connection)

    def receive(self, connection: PoolConnection, data: bytes) -> None:
        """What a client says."""
        *lines, connection.buffer = (connection.buffer + data).split(b"\n")
        if len(connection.buffer) > MAX_LINE:
            connection.cut()
            return
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if not isinstance(message, dict) or not connection.open:
                continue
            if isinstance(message.get("method"), str):
                connection.heard.append(message)
                if not self.manners.mute:
                    self._answer(connection, message)
            else:
                connection.said.append(message)

    def _answer(self, connection: PoolConnection, message: dict[str, Any]) -> None:
        method, params = message["method"], message.get("params")
        handler = _HANDLERS.get(method)
        if handler is None:
            self.odd_methods[method] += 1
            self._reply(connection, message, None, (-3, "Method not found"))
        else:
            handler(self, connection, message, params if isinstance(params, list) else [])
        if method == self.manners.hang_up_after:
            connection.cut()
        elif method == self.manners.work_at and connection.subscribed and not connection.worked:
            if method == "mining.subscribe" or connection.workers:
                self._offer(connection, clean=True)
        elif connection.workers and connection.subscribed and not connection.worked:
            self._offer(connection, clean=True)  # authorised before it subscribed

    def _configure(self, connection: PoolConnection, message: dict[str, Any], params: list[Any]) -> None:
        wanted = params[1].get("version-rolling.mask", "ffffffff") if len(params) > 1 else "ffffffff"
        connection.wanted_mask = int(wanted, 16)
        granted = self.manners.version_mask
        if granted is None:
            return
        connection.version_mask = granted & connection.wanted_mask
        if not connection.version_mask:
            self._reply(connection, message, {"version-rolling": False})
        else:
            mask = f"{connection.version_mask:08x}"
            self._reply(connection, message, {"version-rolling": True, "version-rolling.mask": mask})

    def _subscribe(self, connection: PoolConnection, message: dict[str, Any], params: list[Any]) -> None:
        manners = self.manners
        connection.user_agent, connection.resumed = (*params, "", "")[:2]
        known = self._sessions.get(connection.resumed or "")
        if manners.resumes and known is not None and len(known) == manners.extranonce1_size:
            connection.extranonce1, connection.session_id = known, connection.resumed
        while len(self._sessions) >= MAX_CONNECTIONS:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[connection.session_id] = connection.extranonce1
        connection.subscribed = True
        session = connection.session_id
        pairs = [["mining.set_difficulty", session], ["mining.notify", session]]
        named: Any = {"usual": pairs, "nested": [pairs], "one pair": pairs[1], "bare id": session, "no ids": []}
        result = [named[manners.subscription], connection.extranonce1.hex(), connection.extranonce2_size]
        self._reply(connection, message, [result] if manners.subscription == "nested" else result)

    def _authorize(self, connection: PoolConnection, message: dict[str, Any], params: list[Any]) -> None:
        user, password = (*map(str, params), "", "")[:2]
        reason = self.manners.take_worker(user, password)
        if not reason and self.manners.one_worker and any(name != user for name in connection.workers):
            reason = "Already authorized"
        if reason:
            self._reply(connection, message, False, (24, reason))
            return
        self._reply(connection, message, True)
        if user not in connection.workers:
            connection.workers.append(user)

    def _suggest(self, connection: PoolConnection, message: dict[str, Any], params: list[Any]) -> None:
        connection.suggested = params[0] if params else None
        self._reply(connection, message, True)

    def _wants_extranonce(self, connection: PoolConnection, message: dict[str, Any], params: list[Any]) -> None:
        connection.wants_extranonce = True
        self._reply(connection, message, True)

    def _pong(self, connection: PoolConnection, message: dict[str, Any], params: list[Any]) -> None:
        self._reply(connection, message, "pong")

    def _submit(self, connection: PoolConnection, message: dict[str, Any], params: list[Any]) -> None:
        share = self._judge(connection, [str(each) for each in params])
        self.submits += 1
        self.shares.append(share)
        user, truth = share.user, share.truth
        if not truth.reason:
            self.truly_good[user] += 1
            self.version_bits_seen.add(truth.version_bits)
            self.extranonce2_seen.add(truth.extranonce2)
            while len(self._seen) >= MAX_KEPT:
                del self._seen[next(iter(self._seen))]
            self._seen[truth.hash] = None
        if share.said:
            self.rejected[share.said] += 1
            self.rejected_by[user, share.said] += 1
        else:
            self.accepted[user] += 1
            self.work[user] += 2**256 // (share.issued_target + 1)
        self._reply(
            connection, message, None if share.said else True, (truth.code or 20, share.said) if share.said else None
        )
        if share.solves:
            self.blocks.append(share)
            if self.manners.moves_on:
                self.new_block(truth.hash)

    def _judge(self, connection: PoolConnection, params: list[str]) -> PoolShare:
        user, job_id = (*params, "", "")[:2]
        issued = connection.issued.get(job_id)
        if issued is None:
            return self._share(user, None, Judged(21, "Job not found"), 0, solves=False)
        target = connection.target if self.manners.strict_difficulty else issued.target
        truth = judge(
            issued,
            params,
            version_mask=connection.version_mask,
            target=target,
            ntime_roll_s=self.manners.ntime_roll_s,
            seen=self._seen,
        )
        on_tip = issued.job.prev_hash == self.chain.tip
        solves = (
            bool(truth.hash)
            and on_tip
            and truth.value <= network_target_of(issued.job.bits)
            and truth.hash not in self._seen
        )
        if user not in connection.workers:
            truth = _refused(truth, 24, "Unauthorized worker")
        elif job_id in connection.voided:
            truth = _refused(truth, 21, "Stale")
        return self._share(user, issued.job, truth, target, solves=solves)

    def _share(self, user: str, job: PoolJob | None, truth: Judged, target: int, *, solves: bool) -> PoolShare:
        said = {
            "honest": truth.reason,
            "accept all": "",
            "refuse good": truth.reason or "Difficulty too low",
            "refuse all": "We do not like you",
        }[self.manners.verdict]
        return PoolShare(user, job, truth, said, target, solves)

    # What it says

    def _reply(
        self, connection: PoolConnection, message: dict[str, Any], result: Any, error: tuple[int, str] | None = None
    ) -> None:
        manners = self.manners
        request_id = message.get("id")
        shown: Any = None
        if error is not None:
            code, text = error
            shown = {"list": [code, text, None], "object": {"code": code, "message": text}, "text": text}[
                manners.errors
            ]
        number: Any = {"echo": request_id, "constant": CONSTANT_ID, "null": None, "text": str(request_id)}[manners.ids]
        reply = {"id": number, "result": result, "error": shown}
        if message["method"] != "mining.submit" or not manners.hold_verdicts:
            connection.say(reply)
            return
        connection.verdicts.append(reply)
        if len(connection.verdicts) >= manners.hold_verdicts:
            for held in reversed(connection.verdicts):
                connection.say(held)
            connection.verdicts.clear()

    def _offer(self, connection: PoolConnection, clean: bool) -> None:
        if self.manners.mute or not connection.open:
            return
        job = self.current
        if clean:
            connection.voided.update(connection.issued)
            connection.voided.discard(job.job_id)
        difficulty = self.manners.difficulty
        target = target_of(difficulty)
        if target != connection.target or not connection.worked:
            connection.target = target
            connection.tell("mining.set_difficulty", [difficulty])
        connection.worked = True
        while len(connection.issued) >= MAX_JOBS:
            oldest = next(iter(connection.issued))
            del connection.issued[oldest]
            connection.voided.discard(oldest)
        connection.issued[job.job_id] = Issued(job, target, connection.extranonce1, connection.extranonce2_size)
        connection.tell("mining.notify", job.params(clean))

    # How it is kept

    def _working(self) -> list[PoolConnection]:
        return [connection for connection in self.connections if connection.worked]

    def _make_job(self) -> PoolJob:
        manners = self.manners
        size = manners.extranonce1_size + manners.extranonce2_size
        return self.chain.job(counted=manners.job_ids == "counted", extranonce_size=size, ntime=int(self._now()))

    def _fresh_extranonce1(self) -> bytes:
        self._next_extranonce1 += 1
        size = self.manners.extranonce1_size
        space: int = 256**size
        return (self._next_extranonce1 % space).to_bytes(size, "big")


def _refused(truth: Judged, code: int, reason: str) -> Judged:
    """The same share, refused for what matters more."""
    return Judged(code, reason, truth.hash, truth.coinbase, truth.header, truth.version_bits, truth.extranonce2)


_Handler = Callable[[FakePoolCore, PoolConnection, dict[str, Any], list[Any]], None]
_HANDLERS: dict[str, _Handler] = {
    "mining.configure": FakePoolCore._configure,
    "mining.subscribe": FakePoolCore._subscribe,
    "mining.authorize": FakePoolCore._authorize,
    "mining.submit": FakePoolCore._submit,
    "mining.suggest_difficulty": FakePoolCore._suggest,
    "mining.extranonce.subscribe": FakePoolCore._wants_extranonce,
    "mining.ping": FakePoolCore._pong,
}
