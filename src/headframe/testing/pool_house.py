"""A whole server in front of fake pools, and a miner that notices everything, for tests.

Responsible for: the configuration of such a server, giving all work to one source or dividing it by reloading, asking
whether the pools' own books agree with the server's; a client that keeps all it was told and checks what may never happen.
Not responsible for: what a pool does (`testing.fake_pool`), the process (`testing.server`).
Read next: `testing.server`, `testing.fake_pool`.

Bounds: a `WatchedClient` keeps the last MAX_HEARD messages; every wait has a deadline.
"""

import contextlib
import json
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headframe.testing.client import ClientJob, ClientShare, ClientTrouble, Sv1Client, wait_for
from headframe.testing.fake_pool import FakePool, PoolThread
from headframe.testing.fake_pool_connection import PoolShare
from headframe.testing.server import ServerProcess, fixed_difficulty, payout, serving

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
MAX_HEARD = 100_000
UNBOUNDED_DIFFICULTY = 1.0
"""Harder than any fake pool: a session then always gets exactly its pool's difficulty, so that every share goes up."""

MAY_HEAR = {"mining.notify", "mining.set_difficulty", "client.show_message", "mining.ping"}
OUR_WORDS = ("Block found at height ",)
"""All that a miner may be told; texts only of our own."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message: when (monotonic seconds), by which read of the socket, and what."""

    at: float
    read: int
    method: str
    params: list[Any]


class WatchedClient(Sv1Client):
    """A miner that begins each job's search at nought, as machines do, and knows what must never happen to it."""

    def __init__(self, host: str, port: int, *, timeout: float = 10.0) -> None:
        self.heard: deque[Heard] = deque(maxlen=MAX_HEARD)
        self.reads = 0
        self.promised: tuple[str, int, int] | None = None
        super().__init__(host, port, timeout=timeout)

    def __enter__(self) -> "WatchedClient":
        return self

    def begin(self, user: str, password: str = "x", *, roll: bool = True, session_id: str | None = None) -> ClientJob:
        job = super().begin(user, password, roll=roll, session_id=session_id)
        self.promised = self.extranonce1_hex, self.extranonce2_size, self.version_mask
        return job

    def _receive(self, timeout: float) -> bool:
        self.reads += 1
        return super()._receive(timeout)

    def _heed(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if isinstance(method, str):
            self.heard.append(Heard(time.monotonic(), self.reads, method, message["params"]))
            if method == "mining.notify":
                self._extranonce2 = 0
        super()._heed(message)

    def wait_until(self, true: Callable[[], bool], what: str, timeout: float = 15.0) -> None:
        """Read on until this holds."""

        def look() -> bool:
            self.poll()
            return true()

        wait_for(look, timeout, what=what)

    def mine(self, job: ClientJob | None = None, **how: Any) -> ClientShare:
        """A share of this job (the newest), submitted and accepted."""
        share = self.solve(job or self.wait_job(), **how)
        answer = self.submit(share)
        if not answer.accepted:
            raise AssertionError(f"a good share was refused: {answer.error}")
        return share

    @property
    def notifies(self) -> list[Heard]:
        return [each for each in self.heard if each.method == "mining.notify"]

    def check(self) -> None:
        """What holds for every miner whatever its pools do."""
        self.poll()
        assert self.promised == (self.extranonce1_hex, self.extranonce2_size, self.version_mask)
        strange = {each.method for each in self.heard} - MAY_HEAR
        assert not strange, f"a miner was told {strange}"
        for each in self.heard:
            if each.method == "client.show_message":
                assert str(each.params[0]).startswith(OUR_WORDS), f"a miner was shown {each.params}"
        ids = [each.params[0] for each in self.notifies]
        assert len(ids) == len(set(ids)), "a job id came twice"
        # Coinbase halves, branch, previous hash, time and version: the search that a job opens.
        searches = [json.dumps([*each.params[1:5], each.params[5], each.params[7]]) for each in self.notifies]
        assert len(searches) == len(set(searches)), "the same search was asked for twice"
        for before, after in zip(self.heard, list(self.heard)[1:], strict=False):
            twice = before.method == after.method == "mining.set_difficulty"
            assert not twice, f"two difficulties in a row: {before.params}, {after.params}"


@dataclass(slots=True)
class PoolHouse:
    """The server, its pools by name, and how it may be told to use them."""

    pools: dict[str, PoolThread]
    sources: dict[str, dict[str, Any]]
    before: str
    after: str
    server: ServerProcess = field(init=False)

    # The configuration

    def settings(self, usage: Mapping[str, Mapping[str, Any]]) -> str:
        parts = [self.before]
        for name, fields in self.sources.items():
            pool = {"kind": "pool", "network": "regtest", "wallet": PAYEE} if name in self.pools else {}
            merged = {**pool, **fields, **usage.get(name, {})}
            lines = [f"{key} = {json.dumps(value)}" for key, value in merged.items()]
            parts.append("\n".join(["[[source]]", f'name = "{name}"', *lines]) + "\n")
        return "\n".join([*parts, self.after])

    def use(self, **usage: Mapping[str, Any]) -> None:
        """Reload with these settings of the sources (those that are not named keep what they began with)."""
        self.reload(self.settings(usage))

    def reload(self, settings: str) -> None:
        """Write the file anew, tell the server, and wait until it has done so."""
        seen = len(self.server.events("reloaded"))
        self.server.configure(settings)
        self.hup()
        self.server.wait_event("reloaded", count=seen + 1)

    def hup(self) -> None:
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGHUP)

    def only(self, name: str) -> None:
        """All work to this source: every session moves there at once."""
        self.use(**{other: {"weight": 100 if other == name else 0} for other in self.sources})

    def prefer(self, name: str) -> None:
        """All work to this source, and to the others only while it is down."""
        self.only(name)  # whatever befell it before, it is trusted from here on
        self.use(**{other: {"tier": 1 if other == name else 2} for other in self.sources})

    # Miners

    @contextlib.contextmanager
    def miner(self, user: str = "rig", *, roll: bool = True) -> Iterator[WatchedClient]:
        """A miner that has work; what must never happen is looked for at the end."""
        with WatchedClient("127.0.0.1", self.server.stratum_port) as client:
            client.begin(f"{PAYEE}.{user}", roll=roll)
            yield client
            client.check()

    def wait_on(self, client: WatchedClient, name: str) -> ClientJob:
        """Until the newest job is the newest of this pool."""
        client.wait_until(lambda: self.newest_is_of(client, name), f"work of {name}")
        return client.wait_job()

    def newest_is_of(self, client: WatchedClient, name: str) -> bool:
        """Whether the newest job is made of this pool's present one."""
        job, current = client._latest, self.pool(name).current
        if job is None:
            return False
        return job.coinbase1_hex.startswith(current.coinbase1.hex()) and job.prev_hash_hex == current.params(False)[1]

    def move(self, client: WatchedClient, name: str) -> ClientJob:
        """All work to this source; its job when it has come."""
        self.only(name)
        return self.wait_on(client, name)

    # Pools

    def pool(self, name: str) -> FakePool:
        return self.pools[name].pool

    def do(self, name: str, action: Callable[[FakePool], Any]) -> Any:
        """Let a pool do something, in its own thread."""
        return self.pools[name].do(lambda: action(self.pool(name)))

    def shares(self, name: str) -> list[PoolShare]:
        return self.pools[name].do(lambda: list(self.pool(name).shares))

    def wait_share(self, name: str, share: ClientShare) -> PoolShare:
        """The pool's record of this share."""
        wanted = bytes.fromhex(share.hash_hex)[::-1]

        def look() -> PoolShare | None:
            return next((each for each in reversed(self.shares(name)) if each.truth.hash == wanted), None)

        found = wait_for(look, what=f"the share to reach {name}")
        assert found is not None
        return found

    def wait_up(self, *names: str, timeout_s: float = 20.0) -> None:
        """Until these sources give work."""
        wait_for(lambda: all(self.is_up(name) for name in names), timeout_s, what=f"{names} to be up", every=0.05)

    def is_up(self, name: str) -> bool:
        return self.server.metrics().value("headframe_source_up", source=name) == 1

    # Books

    def wait_settled(self) -> None:
        """Until every pool's own count is what the server counts of it: accepted, refused, nothing lost or open."""
        try:
            wait_for(lambda: not self._differences(), what="the books to agree", every=0.05)
        except ClientTrouble as trouble:
            raise AssertionError(f"{trouble}: {self._differences()}") from None

    def _differences(self) -> dict[str, tuple[dict[str, int], dict[str, float]]]:
        metrics = self.server.metrics()
        found = {}
        for name in self.sources:
            if name not in self.pools:
                continue
            pool = self.pool(name)
            theirs = {"accepted": sum(pool.accepted.values()), "refused": sum(pool.rejected.values())}
            ours = metrics.by("outcome", "headframe_upstream_shares_total", source=name)
            ours.pop("lost", None)
            if {key: value for key, value in theirs.items() if value} != ours:
                found[name] = (theirs, ours)
        return found

    def check_ledger(self) -> None:
        """`ledger totals`, in a process of its own, has what the pools have: count and work of what they accepted."""
        self.wait_settled()
        upstream = self.server.totals()["upstream"]
        for name, thread in self.pools.items():
            said = upstream.get(name, {"accepted": {"count": 0, "work": 0}})["accepted"]
            pool = thread.pool
            assert (said["count"], said["work"]) == (sum(pool.accepted.values()), sum(pool.work.values())), name


@contextlib.contextmanager
def pool_house(
    directory: Path,
    pools: Mapping[str, FakePool],
    *,
    sources: Mapping[str, Mapping[str, Any]] | None = None,
    before: str = "",
    after: str = "",
    difficulty: float = UNBOUNDED_DIFFICULTY,
    wait_for_pools: bool = True,
) -> Iterator[PoolHouse]:
    """A server in front of these pools, all started. `sources`: further settings by name, also of sources that are no
    fake pools; `before` and `after`: TOML before and after the sources."""
    threads = {name: PoolThread(pool) for name, pool in pools.items()}
    with contextlib.ExitStack() as stack:
        for thread in threads.values():
            thread.start()
            stack.callback(thread.close)
        fields: dict[str, dict[str, Any]] = {name: {"url": thread.pool.url} for name, thread in threads.items()}
        for name, more in (sources or {}).items():
            fields[name] = {**fields.get(name, {}), **more}
        start = payout(PAYEE) + fixed_difficulty(difficulty) + before
        house = PoolHouse(threads, fields, start, after)
        house.server = stack.enter_context(serving(directory, house.settings({}), healthy=False, level="debug"))
        if wait_for_pools:
            house.wait_up(*threads)
        yield house
