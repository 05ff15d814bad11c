"""A fake pool's records: one connection, one share.

Responsible for: what a pool remembers of a client, and of each submit.
Not responsible for: what it makes of it (`testing.fake_pool_core`).
Read next: `testing.fake_pool_core`.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

from headframe.testing.fake_pool_work import Issued, Judged, PoolJob


class Line(Protocol):
    """Where a connection's bytes go."""

    def write(self, data: bytes, *, greeted: bool) -> None:
        """`greeted` once a worker is authorised."""
        ...

    def cut(self) -> None: ...


@dataclass(frozen=True, slots=True)
class PoolShare:
    """One submit as the pool saw it. `truth` by its own sums; `said` is the reason that it answered ("" accepted)."""

    user: str
    job: PoolJob | None
    truth: Judged
    said: str
    issued_target: int
    solves: bool


@dataclass(slots=True, eq=False)
class PoolConnection:
    """One client, as the pool sees it. `issued` remembers what each job was issued with; `said` what the client answered
    to the pool's own questions, `heard` every request of its."""

    line: Line
    extranonce1: bytes
    extranonce2_size: int
    target: int
    user_agent: str = ""
    session_id: str = ""
    resumed: str = ""
    workers: list[str] = field(default_factory=list)
    version_mask: int = 0
    wanted_mask: int = 0
    wants_extranonce: bool = False
    suggested: float | None = None
    subscribed: bool = False
    worked: bool = False
    issued: dict[str, Issued] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)
    said: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1_000))
    heard: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1_000))
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    open: bool = True
    buffer: bytes = b""

    def tell(self, method: str, params: object, request_id: object = None) -> None:
        """Ask or tell the client something."""
        self.say({"id": request_id, "method": method, "params": params})

    def say(self, message: dict[str, Any]) -> None:
        self.say_raw(json.dumps(message).encode() + b"\n")

    def say_raw(self, data: bytes) -> None:
        """Bytes as they are."""
        if self.open:
            self.line.write(data, greeted=bool(self.workers))

    def cut(self) -> None:
        self.open = False
        self.line.cut()
