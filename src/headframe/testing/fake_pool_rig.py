"""A pool and the client that speaks to it, in one process and without a socket.

Responsible for: carrying bytes between a `FakePoolCore` and a `V1Client`, and mining what the pool offers.
Not responsible for: what either of them does.
Read next: `testing.fake_pool_core`, `stratum.v1.client`.

Bounds: `MAX_EVENTS` events kept; what a client does not take in one exchange of `MAX_ROUNDS` is a loop and an error.
"""

from collections import deque
from collections.abc import Iterable
from typing import TypeVar

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.header import pack_header
from headframe.bitcoin.merkle import root_of_branch
from headframe.mining.submission import Submission
from headframe.mining.units import Target
from headframe.stratum.v1.client import V1Client
from headframe.stratum.v1.client_events import ClientEvent, ClientLimits, PoolJob
from headframe.testing.fake_pool_core import FakePoolCore

MAX_EVENTS = 10_000
MAX_ROUNDS = 1_000
E = TypeVar("E")


class ClientRig:
    """`client` connected to `pool`; nothing moves but by `pump`. `chunk` bytes of the pool's arrive at a time."""

    def __init__(
        self,
        pool: FakePoolCore,
        *,
        host: str = "pool.example",
        version_mask: int = 0x1FFFE000,
        limits: ClientLimits | None = None,
        chunk: int = 1 << 16,
    ) -> None:
        self.pool = pool
        self.client = V1Client(host=host, user_agent="headframe-test/1", version_mask=version_mask, limits=limits)
        self.events: deque[ClientEvent] = deque(maxlen=MAX_EVENTS)
        self.cut_by_pool = False
        self._chunk = chunk
        self._to_client: list[bytes] = []
        self._extranonce2 = 0
        self.connection = pool.connect(self)

    def write(self, data: bytes, *, greeted: bool) -> None:
        """The pool says something."""
        self._to_client.append(data)

    def cut(self) -> None:
        """The pool hangs up."""
        self.cut_by_pool = True

    def begin(self, user: str = "w.1", *, resume: str = "") -> "ClientRig":
        """The whole handshake, in one go."""
        self.client.begin(resume=resume)
        self.client.authorize(user, "x")
        return self.pump()

    def pump(self) -> "ClientRig":
        """Carry everything both ways until both have said all."""
        for _ in range(MAX_ROUNDS):
            asked = self.client.take_output()
            told, self._to_client = b"".join(self._to_client), []
            if not asked and not told:
                self.events.extend(self.client.receive(b""))
                return self
            if asked:
                self.pool.receive(self.connection, asked)
            for at in range(0, len(told), self._chunk):
                self.events.extend(self.client.receive(told[at : at + self._chunk]))
        raise AssertionError("pool and client never come to an end")

    def seen(self, kind: type[E]) -> list[E]:
        """The events of one kind, oldest first."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def job(self) -> PoolJob:
        """The newest."""
        return self.seen(PoolJob)[-1]

    def mine(self, job: PoolJob | None = None, *, target: Target | None = None, bits: int = 0) -> Submission:
        """A share of this job (the newest) at its own target, with an extranonce2 of its own."""
        job = job or self.job
        self._extranonce2 += 1
        return solve(job, self._extranonce2, job.target if target is None else target, bits)

    def submit(self, job: PoolJob, share: Submission, *, user: str = "w.1") -> int:
        """Queue that share; `pump` sends it."""
        bits = share.version_bits if job.version_mask else None
        return self.client.submit(user, job.job_id, share.extranonce2, share.ntime, share.nonce, bits)


def solve(
    job: PoolJob, number: int, target: Target, bits: int = 0, *, nonces: Iterable[int] = range(1 << 22)
) -> Submission:
    """A header of this job that meets `target`, with `number` as extranonce2."""
    extranonce2 = (number % 256**job.extranonce2_size).to_bytes(job.extranonce2_size, "big")
    root = root_of_branch(sha256d(job.coinbase1 + job.extranonce1 + extranonce2 + job.coinbase2), job.branch)
    version = job.version & ~job.version_mask & 0xFFFFFFFF | bits & job.version_mask
    for nonce in nonces:
        header = pack_header(version, job.prev_hash, root, job.ntime, job.bits, nonce)
        if int.from_bytes(sha256d(header), "little") <= target:
            return Submission(extranonce2, job.ntime, nonce, bits & job.version_mask)
    raise AssertionError("no share in all nonces that were tried")
