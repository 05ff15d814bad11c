"""A hub with real sessions, a real judge and an easy network: no sockets, a loop and a clock moved by hand.

Responsible for: the house, its sources by script, and miners that solve what came over the wire.
Not responsible for: the work that they mine (tests bring it), real connections (`testing.server`).
Read next: `gateway.hub`.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, TypeVar, cast

from headframe.bitcoin.networks import NETWORKS
from headframe.bitcoin.target import target_of_bits, target_of_difficulty
from headframe.gateway.difficulty import DifficultyDesk
from headframe.gateway.hub import Hub, HubParts
from headframe.gateway.jobbook import JobBook
from headframe.gateway.payouts import PayoutBook, PayoutPolicy
from headframe.gateway.roster import Roster
from headframe.gateway.sourcebook import Usage
from headframe.gateway.tally import Tally
from headframe.gateway.worker_memory import WorkerMemory
from headframe.journal.base import Journal, JournalUnavailable
from headframe.ledger.facts import Fact
from headframe.mining.jobmaker import VERSION_MASK
from headframe.mining.vardiff import VardiffPolicy
from headframe.net.endpoint import Endpoint
from headframe.routing.horizon import Horizon
from headframe.routing.router import Router
from headframe.sources.base import JobReady, Share, Up, Work, WorkSource
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import V1Session

F = TypeVar("F")

EASY_BITS = 0x207FFFFF
HARD_BITS = 0x1D00FFFF
EASY_TARGET = target_of_bits(EASY_BITS)


class HandClock:
    """`net.clock.Clock` that is set by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def unix_ms(self) -> int:
        return int(self.at * 1000)


class Loop:
    """call_soon, run by hand."""

    def __init__(self) -> None:
        self.ready: list[Callable[[], None]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.ready.append(callback)

    def run(self) -> None:
        while self.ready:
            batch, self.ready = self.ready, []
            for callback in batch:
                callback()


class Pages:
    """A journal in memory. It says in `order` when it was written, and can be told to refuse."""

    def __init__(self, order: list[str]) -> None:
        self.facts: list[Fact] = []
        self.refuses = False
        self._order = order

    def append(self, facts: Sequence[Fact]) -> None:
        if self.refuses:
            raise JournalUnavailable("disk full", "free some space")
        self.facts.extend(facts)
        self._order.append("journalled")

    def of(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.facts if isinstance(fact, kind)]


class Source:
    """A node source as the hub sees it: it wants blocks."""

    kind = "node"
    extranonce_room = 12
    version_mask = VERSION_MASK

    def __init__(self, name: str, order: list[str]) -> None:
        self.name = name
        self.taken: list[Share] = []
        self.order = order

    def upstream_stats(self) -> None:
        return None

    def lease(self, session_id: str) -> str:
        return self.name

    def release(self, session_id: str) -> None:
        pass

    def wants(self, share_meets_source: bool, is_block: bool) -> bool:
        return is_block

    def submit(self, share: Share) -> int:
        self.order.append("submitted")
        self.taken.append(share)
        return len(self.taken)


class Miner:
    """One wire and what came over it."""

    def __init__(self, house: "House", peer: str = "10.0.0.1") -> None:
        self.house = house
        self.peer = peer
        self.transport_kind = "tcp"
        self.lines: list[dict[str, Any]] = []
        self.closed_because: str | None = None
        self.cost = 0
        self.endpoint: Endpoint | None = house.hub.accept(self)

    def adopt(self, endpoint: Endpoint, *, settled: bool) -> None:
        self.endpoint = endpoint

    def write(self, data: bytes) -> None:
        assert self.closed_because is None
        self.house.order.append("written")
        self.lines += [json.loads(line) for line in data.splitlines()]

    def close(self, reason: str) -> None:
        self.closed_because = reason

    def misbehaved(self, cost: int) -> None:
        self.cost += cost

    def says(self, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        """Send these; what was answered in that turn."""
        return self.sends(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def sends(self, data: bytes) -> list[dict[str, Any]]:
        """Send these bytes; what was answered in that turn."""
        before = len(self.lines)
        assert self.endpoint is not None
        self.endpoint.receive(data)
        self.house.loop.run()
        return self.lines[before:]

    def joins(
        self, user: str = "rig.one", password: str = "x", agent: str = "test/1.0", session: str | None = None
    ) -> list[dict[str, Any]]:
        subscribe = [agent] if session is None else [agent, session]
        return self.says(
            {"id": 1, "method": "mining.subscribe", "params": subscribe},
            {"id": 2, "method": "mining.authorize", "params": [user, password]},
        )

    @property
    def notifies(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line.get("method") == "mining.notify"]

    def solve(
        self,
        notify: dict[str, Any] | None = None,
        *,
        start: int = 0,
        user: str = "rig.one",
        target: int = EASY_TARGET,
    ) -> dict[str, Any]:
        """A submit whose header meets the target, found as a miner would: from what came over the wire."""
        job = (notify or self.notifies[-1])["params"]
        (_, extranonce1, size) = next(line["result"] for line in self.lines if line.get("id") == 1)
        for number in count(start):
            extranonce2 = number.to_bytes(size, "big").hex()
            root = sha256d(bytes.fromhex(job[2] + extranonce1 + extranonce2 + job[3]))
            for node in job[4]:
                root = sha256d(root + bytes.fromhex(node))
            previous = b"".join(bytes.fromhex(job[1])[i : i + 4][::-1] for i in range(0, 32, 4))
            words = [bytes.fromhex(job[index])[::-1] for index in (5, 7, 6)]
            header = words[0] + previous + root + words[1] + words[2] + bytes(4)
            if int.from_bytes(sha256d(header), "little") <= target:
                return {"id": 9, "method": "mining.submit", "params": [user, job[0], extranonce2, job[7], "00000000"]}
        raise AssertionError("count never ends")


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


class House:
    """The hub and all around it."""

    def __init__(
        self,
        *,
        operator: bytes | None = b"\x51",
        difficulty_start: float = 1e-9,
        log: Callable[..., None] | None = None,
        call_soon: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        self.clock, self.loop = HandClock(), Loop()
        self.order: list[str] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.pages = Pages(self.order)
        ids = count(1)
        easiest = target_of_difficulty(1e-9)
        self.hub = Hub(
            HubParts(
                clock=self.clock,
                book=JobBook(1),
                tally=Tally(cast("Journal", self.pages)),
                roster=Roster(new_id=lambda: f"{next(ids):016x}", seed=1, max_parked=100),
                difficulty=DifficultyDesk(
                    VardiffPolicy(easiest_target=easiest, shares_per_minute=6),
                    target_of_difficulty(difficulty_start),
                    WorkerMemory(lambda *_: None),
                ),
                router=Router(),
                horizon=Horizon(),
                handshake_s=15.0,
                new_session=lambda mask: V1Session(version_mask=mask, limits=V1Limits(), server_name="headframe"),
                call_soon=call_soon or self.loop.call_soon,
                log=log or self._say,
            ),
            lambda issued: PayoutBook(PayoutPolicy(NETWORKS["regtest"], operator, ()), issued),
        )
        self.sources: dict[str, Source] = {}

    def _say(self, event: str, **fields: Any) -> None:
        self.events.append((event, fields))

    def source(self, name: str = "home", weight: int = 100) -> Source:
        source = self.sources[name] = Source(name, self.order)
        self.hub.add_source(cast("WorkSource", source), Usage(weight))
        self.hub.on_source_event(Up(name, 1))
        return source

    def work(self, offered: Work) -> None:
        self.hub.on_source_event(JobReady(offered.source, 1, offered, self.clock.at))
        self.loop.run()
