"""Sending one block to one node, and understanding the answer.

Responsible for: submitblock from a thread of its own, which waits for no event loop, and sorting what a node says.
Not responsible for: when to send and what follows (`sources.node.courier`).
Read next: `sources.node.courier`.
"""

import binascii
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import msgspec

from headframe.sources.node.answers import Envelope
from headframe.sources.node.rpc import (
    RpcAddress,
    RpcError,
    RpcNonsense,
    RpcTrouble,
    call_blocking,
    raise_fault,
)

SEND_TIMEOUT_S = 60.0
"""Connecting a full block can take a slow node many seconds."""

_UNDECODABLE = -22
_decode = msgspec.json.Decoder(Envelope[str]).decode


class Answer(Enum):
    """What a node's answer to submitblock means for us."""

    ACCEPTED = "accepted"
    """It has the block and made it its tip."""
    HAS_IT = "has it"
    """It has the block; whether on the active chain must be asked."""
    REFUSED = "refused"
    """It will never take it."""
    UNSURE = "unsure"
    """It did not say, or cannot tell yet; ask again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One node's answer: its own words in `reason`."""

    endpoint: RpcAddress
    answer: Answer
    reason: str


_MEANING = {
    "duplicate": Answer.HAS_IT,
    "duplicate-inconclusive": Answer.HAS_IT,
    "inconclusive": Answer.HAS_IT,
    # The parent may be on its way to this node.
    "prev-blk-not-found": Answer.UNSURE,
    "inconclusive-not-best-prevblk": Answer.UNSURE,
}


def submit_request(raw: bytes) -> bytes:
    """The JSON-RPC body that submits a raw block."""
    return b'{"jsonrpc":"1.0","id":1,"method":"submitblock","params":["' + binascii.hexlify(raw) + b'"]}'


def understand(endpoint: RpcAddress, status: int, body: bytes) -> Reply:
    """What an answer to submitblock means: null is success, a string is a reason (BIP22)."""
    try:
        envelope = _decode(body)
        raise_fault(envelope)
    except RpcError as error:
        answer = Answer.REFUSED if error.code == _UNDECODABLE else Answer.UNSURE
        return Reply(endpoint, answer, error.message)
    except RpcTrouble as trouble:
        return Reply(endpoint, Answer.UNSURE, str(trouble))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Reply(endpoint, Answer.UNSURE, str(RpcNonsense(f"HTTP {status}: {error}")))
    reason = envelope.result
    if reason is None:
        return Reply(endpoint, Answer.ACCEPTED, "")
    return Reply(endpoint, _MEANING.get(reason, Answer.REFUSED), reason)


def send(endpoint: RpcAddress, request: bytes, done: Callable[[Reply], None]) -> None:
    """Start sending now; `done` is called from the thread with the reply. Never raises.

    A daemon thread: a node that hangs must not keep the process from ending (the block is on disk by then).
    """

    def work() -> None:
        try:
            status, body = call_blocking(endpoint, request, timeout_s=SEND_TIMEOUT_S)
            reply = understand(endpoint, status, body)
        except RpcTrouble as trouble:
            reply = Reply(endpoint, Answer.UNSURE, str(trouble))
        done(reply)

    try:
        threading.Thread(target=work, name=f"submitblock-{endpoint.shown}", daemon=True).start()
    except RuntimeError as error:  # the system gives us no more threads
        done(Reply(endpoint, Answer.UNSURE, str(error)))
