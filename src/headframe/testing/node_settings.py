"""What an embedded node is, and what may go wrong with it.

Responsible for: the settings of a `EmbeddedNode`, its fault switches, and the record of a submission.
Not responsible for: acting on them (`testing.regtest_node`).
Read next: `testing.regtest_node`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class NodeSettings:
    """What a node is, other than its chain.

    cookie_file      write a cookie there at each start, and take no password
    network          the chain's name in getblockchaininfo
    mempool_size     transactions that wait at most; 0 for empty blocks. Every template sees a few new ones
    mempool_poll_s   how long a longpoll waits before new transactions alone end it (bitcoind: 60)
    announce         publish hashblock and rawblock over ZMQ
    """

    user: str = "demo"
    password: str = field(default="demo", repr=False)
    cookie_file: Path | None = None
    network: str = "regtest"
    mempool_size: int = 40
    mempool_poll_s: float = 60.0
    announce: bool = False


class SubmitFault(Enum):
    """What may go wrong with submitblock."""

    NONE = "none"
    UNREACHED = "the connection dies and the block is not taken"
    UNANSWERED = "the block is taken and the connection dies before the answer"


@dataclass(slots=True)
class Faults:
    """Switches; set them at any time.

    warming_up        text of the -28 error that every call gets
    hang              requests are read and never answered
    stale_template    getblocktemplate keeps saying what it said before
    spoil_template    changes a template before it is sent
    submit            see SubmitFault; submit_reply is said instead of an answer, and the block is not taken
    """

    warming_up: str = ""
    hang: bool = False
    stale_template: bool = False
    spoil_template: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    submit: SubmitFault = SubmitFault.NONE
    submit_reply: str = ""
    initial_block_download: bool = False
    pruned: bool = False
    peers: int = 8


@dataclass(frozen=True, slots=True)
class Submitted:
    """A block that was handed in, and the answer (None: it became the tip)."""

    hash: bytes
    answer: str | None
