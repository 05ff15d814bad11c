"""What every downstream session is, whichever protocol it speaks.

Responsible for: the interface between a wire protocol (`stratum.v1`, later `stratum.v2`) and the hub, and the events a
session yields.
Not responsible for: any policy (difficulty, routing, crediting), sockets, clocks.
Read next: `stratum.v1.session`, `gateway.hub`.

A session is sans-I/O: bytes in through `receive`, events out, bytes to send from `take_output`. Requests are answered
in the order they came: `receive` is lazy, and the hub answers each event before it asks for the next. Anything a peer
sends gives events or one clean refusal, never an exception.
"""

from collections.abc import Iterator
from typing import Protocol, TypeAlias

import msgspec

from headframe.mining.job import Job
from headframe.mining.submission import Submission, Verdict
from headframe.mining.units import Target

MAX_SENT_CHARS = 64
"""What is kept of each text of a share that could not be taken."""


class Subscribing(msgspec.Struct, frozen=True, gc=False):
    """The miner asks for its extranonce. Answer with `subscribed`. `resume` is the session id it had before, if any."""

    user_agent: str
    resume: str


class Authorizing(msgspec.Struct, frozen=True, gc=False):
    """The miner names a worker. Answer with `authorized` or `refuse_worker`."""

    token: object
    user: str
    password: str


class TargetSuggested(msgspec.Struct, frozen=True, gc=False):
    """The miner proposes an easiest target for itself (suggest_difficulty, suggest_target, minimum-difficulty).

    Already acknowledged on the wire. `binding` is True when it was asked for as a minimum (BIP310 minimum-difficulty).
    """

    target: Target
    binding: bool


class Submitted(msgspec.Struct, frozen=True, gc=False):
    """A share. Answer with `answer(token, verdict)`.

    `job` is what the session was offered under that id (None: never offered or forgotten), `issued_target` the target
    it carried then. `submission` is None when it could not be read; `fault` is then the verdict to answer with, made
    by the wire's parser. `authorized` says whether `user` had been authorised on this connection. `sent` is what the
    miner wrote after its name (job id, extranonce2, ntime, nonce, version bits), each cut to MAX_SENT_CHARS, where it
    could not be read or its job was not found; else empty.
    """

    token: object
    user: str
    authorized: bool
    job: Job | None
    issued_target: Target
    submission: Submission | None
    fault: Verdict | None
    sent: tuple[str, ...] = ()


class PeerMisbehaved(msgspec.Struct, frozen=True, gc=False):
    """Bytes that were not the protocol: already answered or dropped. `cost` (0..100) feeds the limits."""

    what: str
    cost: int


Event: TypeAlias = Subscribing | Authorizing | TargetSuggested | Submitted | PeerMisbehaved


class DownstreamSession(Protocol):
    """One miner's connection (SV1) or channel (SV2). Mutable, owned by one seat of the hub."""

    @property
    def protocol(self) -> str:
        """ "sv1" or "sv2": for views and the journal, never for policy."""
        ...

    @property
    def user_agent(self) -> str: ...

    @property
    def rolled_mask(self) -> int:
        """Bits of the version that this miner was promised it may roll; 0 when it never asked. Holds for its life."""
        ...

    @property
    def subscribed_as(self) -> bytes | None:
        """extranonce1 once subscribed."""
        ...

    def receive(self, data: bytes) -> Iterator[Event]:
        """Feed bytes; yields events in the order of the wire. Must be exhausted before the next call."""
        ...

    def subscribed(self, session_id: str, extranonce1: bytes, extranonce2_size: int, memory: object = None) -> None:
        """Answer to `Subscribing`. `memory` is what `memory()` of the connection that is being resumed returned, so
        that work in flight over a reconnect still counts."""
        ...

    def memory(self) -> object:
        """Offered jobs and their targets, opaque; outlives the connection."""
        ...

    def authorized(self, token: object) -> None:
        """Answer to `Authorizing`: yes."""
        ...

    def refuse_worker(self, token: object, reason: str) -> None:
        """Answer to `Authorizing`: no; `reason` is text that a device can show."""
        ...

    def offer(self, job: Job, target: Target, *, clean: bool) -> None:
        """Queue this job, preceded by the target if it differs from the last one sent.

        Offers to one session have strictly increasing `job.seq`; no job is offered twice. The session remembers
        that this job was issued with this target, however often the target changes later, as long as `forget` does
        not say otherwise.
        """
        ...

    def forget(self, before_seq: int) -> None:
        """Jobs with a lower seq can no longer be submitted (they become `Job not found`)."""
        ...

    def answer(self, token: object, verdict: Verdict) -> None:
        """Answer to `Submitted`. Answering twice is our bug and raises."""
        ...

    def message(self, text: str) -> None:
        """Show a text on the device, where the protocol has a way."""
        ...

    def ping(self) -> None:
        """Ask for a sign of life, where the protocol has a way."""
        ...

    def ask_reconnect(self) -> None:
        """Ask the miner to come back (draining only)."""
        ...

    def take_output(self) -> bytes:
        """Bytes to send now; empties the buffer."""
        ...
