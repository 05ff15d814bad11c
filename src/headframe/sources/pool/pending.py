"""Shares that wait for the pool's answer.

Responsible for: what we remember of each until it is settled, whether a refusal is what we expected, how long answers take.
Not responsible for: sending (`sources.pool.connection`), counting outcomes (the hub, from `Settled`).
Read next: `sources.pool.connection`.

Bound: the client keeps so many submits open (stratum.v1.client_events.ClientLimits) and settles the oldest beyond.
"""

from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from headframe.mining.splice import PoolOffer
from headframe.sources.base import UpstreamStats

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Sent(msgspec.Struct, frozen=True, gc=False):
    """One share on its way: the source's token for it, when it left (monotonic seconds), as whom, of which offer."""

    token: int
    at: float
    user: str
    offer: PoolOffer
    block_hash: bytes
    version_bits: int


class Pending:
    """Shares of one connection, oldest first, by the client's token."""

    def __init__(self) -> None:
        self._sent: dict[int, Sent] = {}

    def __len__(self) -> int:
        return len(self._sent)

    def add(self, client_token: int, sent: Sent) -> None:
        self._sent[client_token] = sent

    def take(self, client_token: int) -> Sent | None:
        return self._sent.pop(client_token, None)

    def overdue(self, before: float) -> Iterator[tuple[int, Sent]]:
        """Takes, one by one, those that left before then."""
        while self._sent:
            client_token, sent = next(iter(self._sent.items()))
            if sent.at >= before:
                return
            del self._sent[client_token]
            yield client_token, sent


class AnswerTimes:
    """How long a source's pools took to answer shares, since the start."""

    def __init__(self) -> None:
        self._counts = [0] * len(BOUNDS_S)
        self._sum_s = 0.0
        self._count = 0

    def add(self, seconds: float) -> None:
        self._sum_s += seconds
        self._count += 1
        place = bisect_left(BOUNDS_S, seconds)
        if place < len(self._counts):
            self._counts[place] += 1

    def stats(self, connections: int) -> UpstreamStats:
        cumulative: list[int] = []
        for count in self._counts:
            cumulative.append((cumulative[-1] if cumulative else 0) + count)
        return UpstreamStats(connections, BOUNDS_S, tuple(cumulative), self._sum_s, self._count)
