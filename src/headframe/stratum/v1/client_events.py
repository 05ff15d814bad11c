"""What an upstream pool's connection tells us.

Responsible for: the events that `V1Client` yields, and the bounds of one such connection.
Not responsible for: reading them off the wire (`stratum.v1.client`), acting on them (`sources.pool`).
Read next: `stratum.v1.client`.

All bytes are in internal order. Nothing of what a pool sent is kept in its own words but job ids (which go back to it)
and texts for people, which are cut and printable.
"""

from typing import TypeAlias

import msgspec

from headframe.mining.units import Target


class ClientLimits(msgspec.Struct, frozen=True, gc=False):
    """Bounds of one upstream connection; each says what happens beyond it.

    line_bytes       a longer line is fatal; a notify with the largest coinbase below has some 205,000
    coinbase_bytes   both halves together; more is fatal
    siblings         entries of a merkle branch; more is fatal: 32 is a block of four billion transactions
    job_id_chars     longer is fatal
    submits          unanswered submits; beyond it the oldest is settled as lost
    requests         other unanswered requests (authorize ...); beyond it the oldest counts as refused or is forgotten
    reply_bytes      our answers to what the pool asks, not yet taken; more is fatal: it asks faster than it reads
    oddities         strange but harmless messages on one connection; more is fatal
    text_chars       texts for people are cut here
    """

    line_bytes: int = 256 * 1024
    coinbase_bytes: int = 100 * 1024
    siblings: int = 32
    job_id_chars: int = 128
    submits: int = 4096
    requests: int = 1024
    reply_bytes: int = 64 * 1024
    oddities: int = 1000
    text_chars: int = 255


class Configured(msgspec.Struct, frozen=True, gc=False):
    """Version rolling is settled: the bits that may be rolled, of those we asked for; 0 when it was refused, or when
    the pool answered what came after without answering this. Comes once, before the first `PoolJob`."""

    version_mask: int


class SubscribedUpstream(msgspec.Struct, frozen=True, gc=False):
    """The pool gave us extranonce space: 0 to 32 bytes of its own, then 1 to 32 that are ours.

    `session_id` is what to resume with; "" when the pool named none.
    """

    session_id: str
    extranonce1: bytes
    extranonce2_size: int


class SubscribeRefused(msgspec.Struct, frozen=True, gc=False):
    """No extranonce: this connection will never have work."""

    code: int
    reason: str


class Authorized(msgspec.Struct, frozen=True, gc=False):
    """The worker that `authorize` returned this token for may submit."""

    token: int


class AuthorizeRefused(msgspec.Struct, frozen=True, gc=False):
    """The pool does not take that worker."""

    token: int
    reason: str


class PoolTarget(msgspec.Struct, frozen=True, gc=False):
    """The pool asks for another target (set_difficulty, set_target), from the next `PoolJob` on; each job carries its own.

    Strict pools apply it at once: until the next job, a share of an older one is safe when it meets both.
    """

    target: Target


class PoolJob(msgspec.Struct, frozen=True, gc=False):
    """One notify, checked, with all that held when it came. A job that came before the reply to subscribe or configure
    is held back until then.

    job_id           the pool's own, for `submit`; may be the same as that of an earlier job
    prev_hash, branch, coinbase1, coinbase2   internal order, without extranonce
    target, extranonce1, extranonce2_size, version_mask   in force for this job
    clean            as the pool said: earlier jobs of this connection are void
    """

    job_id: str
    prev_hash: bytes
    coinbase1: bytes
    coinbase2: bytes
    branch: tuple[bytes, ...]
    version: int
    bits: int
    ntime: int
    clean: bool
    target: Target
    extranonce1: bytes
    extranonce2_size: int
    version_mask: int


class ExtranonceChanged(msgspec.Struct, frozen=True, gc=False):
    """set_extranonce: holds for later jobs; each job carries its own. Jobs issued before keep theirs."""

    extranonce1: bytes
    extranonce2_size: int


class VersionMaskChanged(msgspec.Struct, frozen=True, gc=False):
    """set_version_mask: holds at once, also for submits of earlier jobs (BIP310). Only bits that we asked for."""

    version_mask: int


class ReconnectAsked(msgspec.Struct, frozen=True, gc=False):
    """The pool asks us to leave and come back: to `host`/`port` (None: the same), not before `wait_s` seconds.

    The host is of the same registered domain; other requests of that kind arrive as `PoolMisbehaved`, not fatal.
    """

    host: str | None
    port: int | None
    wait_s: float


class Message(msgspec.Struct, frozen=True, gc=False):
    """A text for the operator."""

    text: str


class Ponged(msgspec.Struct, frozen=True, gc=False):
    """The answer to our `ping`, whatever it was (a pool that does not know the method says so: a sign of life too)."""

    token: int


class SubmitSettled(msgspec.Struct, frozen=True, gc=False):
    """What became of a submit: `outcome` is "accepted", "refused" or "lost" (pushed out by later ones, or the connection
    ended). `code` is 0 where the pool gave none; `reason` in the pool's words."""

    token: int
    outcome: str
    code: int = 0
    reason: str = ""

    @property
    def accepted(self) -> bool:
        return self.outcome == "accepted"


class PoolMisbehaved(msgspec.Struct, frozen=True, gc=False):
    """The pool broke the protocol. After a fatal one nothing more comes: close, and come back later.

    What is not fatal was answered or dropped: for counting.
    """

    reason: str
    fatal: bool


ClientEvent: TypeAlias = (
    Configured
    | SubscribedUpstream
    | SubscribeRefused
    | Authorized
    | AuthorizeRefused
    | PoolTarget
    | PoolJob
    | ExtranonceChanged
    | VersionMaskChanged
    | ReconnectAsked
    | Message
    | Ponged
    | SubmitSettled
    | PoolMisbehaved
)
