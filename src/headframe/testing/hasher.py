"""A process that only hashes.

Responsible for: taking one assignment after another from standard input (a JSON line each), and writing what it finds
and how much it hashed to standard output; at the speed it is told.
Not responsible for: the protocol (`testing.miner_protocol`), who talks to the server (`testing.miner`).
Read next: `testing.miner`.

A process of its own, because hashing in Python keeps the interpreter to itself: the event loop that talks to the server
stays free. It ends when its input does, so it never outlives the miner.
"""

import sys
import threading
import time

import msgspec

from headframe.testing.miner_protocol import FoundShare, MinerJob
from headframe.testing.search import Search

_SLICE_S = 0.02
_REPORT_S = 0.5
_FIRST_SLICE = 2_000

CATCH_UP_S = 0.5


class Assignment(msgspec.Struct, frozen=True):
    """What to search. Hex where the wire has hex; `target_hex` is the integer.

    number          names this assignment in what comes back
    first, stride   this process's share of extranonce2
    hashes_per_s    limit, 0 for none; shares_per_s the same for shares
    """

    number: int
    prev_hash: str
    coinbase1: str
    coinbase2: str
    extranonce2_size: int
    branch: list[str]
    version: int
    version_mask: int
    bits: int
    ntime: int
    target_hex: str
    first: int
    stride: int
    hashes_per_s: float
    shares_per_s: float

    @classmethod
    def of(
        cls, number: int, job: MinerJob, *, first: int, stride: int, hashes_per_s: float, shares_per_s: float
    ) -> "Assignment":
        return cls(
            number=number,
            prev_hash=job.prev_hash.hex(),
            coinbase1=job.coinbase1.hex(),
            coinbase2=job.coinbase2.hex(),
            extranonce2_size=job.extranonce2_size,
            branch=[sibling.hex() for sibling in job.branch],
            version=job.version,
            version_mask=job.version_mask,
            bits=job.bits,
            ntime=job.ntime,
            target_hex=f"{job.target:x}",
            first=first,
            stride=stride,
            hashes_per_s=hashes_per_s,
            shares_per_s=shares_per_s,
        )

    def job(self) -> MinerJob:
        return MinerJob(
            job_id="",
            prev_hash=bytes.fromhex(self.prev_hash),
            coinbase1=bytes.fromhex(self.coinbase1),
            coinbase2=bytes.fromhex(self.coinbase2),
            extranonce2_size=self.extranonce2_size,
            branch=tuple(map(bytes.fromhex, self.branch)),
            version=self.version,
            version_mask=self.version_mask,
            bits=self.bits,
            ntime=self.ntime,
            clean=False,
            target=int(self.target_hex, 16),
        )


class Report(msgspec.Struct, frozen=True):
    """`hashes` done since the last report; a share of assignment `number`, if one was found."""

    number: int
    hashes: int
    extranonce2: str = ""
    ntime: int = 0
    nonce: int = 0
    version_bits: int = 0

    @property
    def share(self) -> FoundShare | None:
        if not self.extranonce2:
            return None
        return FoundShare(bytes.fromhex(self.extranonce2), self.ntime, self.nonce, self.version_bits)


class Allowance:
    """When to hash next, so that hashes and shares stay below their limits.

    It outlives assignments: where every second hash is a block, new work comes faster than the limit, and one that
    began anew with each job would be none. Times are monotonic seconds. What was missed, because the machine was busy
    or there was nothing to do, is made up for `CATCH_UP_S` at most.
    """

    def __init__(self) -> None:
        self._hash_due = self._share_due = float("-inf")

    def rest_s(self, now: float, shares_per_s: float) -> float:
        """How long not to hash; 0 when it is time. Never for hashes whose share would have to wait for two others."""
        return max(0.0, self._hash_due - now, self._share_due - now - 1 / shares_per_s)

    def hashed(self, started: float, hashes: int, hashes_per_s: float) -> None:
        """A slice that began then is done."""
        self._hash_due = max(self._hash_due, started - CATCH_UP_S) + hashes / hashes_per_s

    def share_rest_s(self, now: float) -> float:
        """How long to keep a share that was found now."""
        return max(0.0, self._share_due - now)

    def shared(self, now: float, shares_per_s: float) -> None:
        """A share was handed over."""
        self._share_due = max(now, self._share_due) + 1 / shares_per_s


class _Inbox:
    """The newest assignment; None means rest. Only the newest counts, so it needs no queue."""

    def __init__(self) -> None:
        self.newest: Assignment | None = None
        self.ended = False
        self.changed = threading.Event()

    def read(self) -> None:
        decode = msgspec.json.Decoder(Assignment | None).decode
        for line in sys.stdin.buffer:
            self.newest = decode(line)
            self.changed.set()
        self.ended = True
        self.changed.set()


def _mine(assignment: Assignment, inbox: _Inbox, allowance: Allowance) -> None:
    """Search until there is something newer."""
    search = Search(assignment.job(), first=assignment.first, stride=assignment.stride)
    limit = assignment.hashes_per_s or float("inf")
    began = reported = time.monotonic()
    unreported, size = 0, int(max(1, min(_FIRST_SLICE, limit * _SLICE_S)))
    # Ahead of a limit: rest, and wake at once for new work.
    while not inbox.changed.wait(allowance.rest_s(time.monotonic(), assignment.shares_per_s)):
        started = time.monotonic()
        part = search.run(size, rolled_s=int(started - began))
        allowance.hashed(started, part.hashes, limit)
        unreported += part.hashes
        now = time.monotonic()
        if part.found is not None:
            inbox.changed.wait(allowance.share_rest_s(now))
            allowance.shared(time.monotonic(), assignment.shares_per_s)
            found = part.found
            _write(
                Report(
                    assignment.number, unreported, found.extranonce2.hex(), found.ntime, found.nonce, found.version_bits
                )
            )
            unreported, reported = 0, now
        elif now - reported >= _REPORT_S:
            _write(Report(assignment.number, unreported))
            unreported, reported = 0, now
        rate = part.hashes / max(now - started, 1e-6)
        size = max(1, int(min(rate, limit) * _SLICE_S))
    if unreported:
        _write(Report(assignment.number, unreported))


def _write(report: Report) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    inbox, allowance = _Inbox(), Allowance()
    threading.Thread(target=inbox.read, name="assignments", daemon=True).start()
    while not inbox.ended:
        inbox.changed.wait()
        inbox.changed.clear()
        if inbox.newest is not None and not inbox.ended:
            _mine(inbox.newest, inbox, allowance)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        # Whoever we hash for is gone, or Ctrl-C reached the whole terminal.
        sys.exit(0)
