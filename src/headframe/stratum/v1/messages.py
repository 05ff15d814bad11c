"""SV1 lines: the shapes we read and the bytes we write.

Responsible for: decoding one line, and encoding everything that we send: replies, refusals, jobs, difficulties.
Not responsible for: which of them is sent when (`stratum.v1.session`).
Read next: `stratum.v1.session`.

An id is whatever JSON the peer put there, kept as its bytes and echoed as they came; empty when there was none. Each
line ends with one newline. Lines that go to many sessions are encoded once and shared.
"""

from functools import lru_cache
from typing import TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from headframe.mining.job import Job
from headframe.mining.submission import RejectReason
from headframe.mining.units import Target
from headframe.stratum.v1.difficulty import decimal_of_target

RequestId: TypeAlias = Raw

NO_ID = Raw(b"")
NULL_ID = Raw(b"null")


class TextRequest(msgspec.Struct, gc=False):
    """A request all of whose parameters are strings: every ordinary submit. The quick way in."""

    method: str
    params: list[str] = []
    id: RequestId = NO_ID


class AnyMessage(msgspec.Struct, gc=False):
    """Any JSON object: the tolerant way in."""

    method: object = None
    params: object = None
    id: RequestId = NO_ID
    result: object | UnsetType = UNSET
    error: object | UnsetType = UNSET

    @property
    def is_reply(self) -> bool:
        """As ESP-Miner tells them apart: no method that is a string."""
        return not isinstance(self.method, str) and (self.result is not UNSET or self.error is not UNSET)


decode_text_request = msgspec.json.Decoder(TextRequest).decode
decode_any_message = msgspec.json.Decoder(AnyMessage).decode

UNREADABLE = (msgspec.DecodeError, RecursionError, ValueError, OverflowError)
"""What decoding hostile bytes raises: malformed JSON, too deep nesting, numbers out of range."""

WRONG_SHAPE = msgspec.ValidationError
"""Among them, JSON that is no object."""

to_json = msgspec.json.encode


def reply(request_id: RequestId, result: bytes) -> bytes:
    """`result` is JSON."""
    return b'{"id":%b,"result":%b,"error":null}\n' % (request_id, result)


def refusal(request_id: RequestId, code: int, text: str, result: bytes = b"null") -> bytes:
    """An error that a device can show: always [code, "text", null], never an object (ESP-Miner)."""
    return b'{"id":%b,"result":%b,"error":[%d,%b,null]}\n' % (request_id, result, code, to_json(text))


def accepted_share(request_id: RequestId) -> bytes:
    return b'{"id":%b,"result":true,"error":null}\n' % (request_id or b"null")


def refused_share(request_id: RequestId, reason: RejectReason) -> bytes:
    return b'{"id":%b,"result":null,"error":%b}\n' % (request_id or b"null", _SHARE_ERRORS[reason])


_SHARE_ERRORS = {reason: b"[%d,%b,null]" % (reason.code, to_json(reason.text)) for reason in RejectReason}


def subscription(request_id: RequestId, session_id: str, extranonce1: bytes, extranonce2_size: int) -> bytes:
    """A failover probe of ESP-Miner reads once, at most 1023 bytes, and looks for the words mining.notify."""
    sid = to_json(session_id)
    result = b'[[["mining.set_difficulty",%b],["mining.notify",%b]],"%b",%d]' % (
        sid,
        sid,
        extranonce1.hex().encode(),
        extranonce2_size,
    )
    return reply(request_id, result)


def request(request_id: int | None, method: str, params: list[object]) -> bytes:
    """Something that we ask or tell."""
    return to_json({"id": request_id, "method": method, "params": params}) + b"\n"


@lru_cache(maxsize=256)
def set_difficulty(target: Target) -> bytes:
    """The line that asks for this target from the next job on."""
    return b'{"id":null,"method":"mining.set_difficulty","params":[%b]}\n' % decimal_of_target(target).encode()


@lru_cache(maxsize=8)
def notify(job: Job, clean: bool) -> tuple[bytes, str]:
    """The line that offers this job, and its job id: the same objects for everybody who gets the same job."""
    job_id = job.job_id
    line = _notify(
        job_id, job.prev_hash, job.coinbase1, job.coinbase2, job.branch, job.version, job.bits, job.ntime, clean
    )
    return line, job_id


@lru_cache(maxsize=256)
def _notify(
    job_id: str,
    prev_hash: bytes,
    coinbase1: bytes,
    coinbase2: bytes,
    branch: tuple[bytes, ...],
    version: int,
    bits: int,
    ntime: int,
    clean: bool,
) -> bytes:
    # Two caches, because a job keeps its whole template alive: few by job, quick; many by what is encoded, for when
    # every payout address has a job of its own.
    siblings = ",".join(f'"{sibling.hex()}"' for sibling in branch)
    return (
        f'{{"id":null,"method":"mining.notify","params":["{job_id}","{swap_words(prev_hash).hex()}",'
        f'"{coinbase1.hex()}","{coinbase2.hex()}",[{siblings}],'
        f'"{version:08x}","{bits:08x}","{ntime:08x}",{"true" if clean else "false"}]}}\n'
    ).encode()


def swap_words(prev_hash: bytes) -> bytes:
    """The previous hash as SV1 has it: each of its eight words with its bytes turned around."""
    return b"".join(prev_hash[at : at + 4][::-1] for at in range(0, 32, 4))
