"""The networks that are mined for.

Responsible for: difficulty and hashrate of each chain, from our own nodes first, then from what else is known.
Not responsible for: asking feeds (`app.autobalance`), what weights follow from it (`routing.policies`).
Read next: `routing.policies`.

A network's hashrate is the work of its blocks within a window over the window: of n blocks, so with an error of one over
the root of n. It is unknown where the blocks that are known do not reach back to the window's beginning.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

import msgspec

from headframe.bitcoin.target import difficulty_of_target, target_of_bits
from headframe.gateway.hub import Hub
from headframe.net.clock import Clock
from headframe.routing.policies import Block, Windows
from headframe.service.history_views import NetworkView
from headframe.service.job_choice import newest_job
from headframe.sources.node.history import ChainStats, SeenBlocks

HASHES_PER_DIFFICULTY: Final = 2**32
BEYOND_S: Final = 7_200.0
"""Times of blocks are not in order: look back so much further."""
FRESH_S: Final = 60.0


@runtime_checkable
class Witness(Protocol):
    """A source that knows its chain."""

    def chain_stats(self) -> ChainStats | None: ...

    def recent_blocks(self, since_unix_s: float) -> SeenBlocks | None: ...


class ChainReading(msgspec.Struct, frozen=True):
    """What else is known of a chain (from feeds): its difficulty, its latest blocks; None where nothing says."""

    difficulty: float | None = None
    blocks: Sequence[Block] | None = None


Readings = Callable[[], Mapping[str, ChainReading]]


def no_readings() -> Mapping[str, ChainReading]:
    """Nothing but our own nodes says anything."""
    return {}


class Networks:
    """See the module. Belongs to the event loop; looks at most every FRESH_S."""

    def __init__(self, hub: Hub, clock: Clock, readings: Readings, windows: Callable[[], Windows]) -> None:
        self._hub = hub
        self._clock = clock
        self._readings = readings
        self._windows = windows
        self._views: tuple[NetworkView, ...] = ()
        self._good_until = -1.0
        self._chains: frozenset[str] = frozenset()

    def views(self) -> tuple[NetworkView, ...]:
        """One for each chain that a source is of."""
        now = self._clock.monotonic()
        chains = frozenset(seat.usage.chain for seat in self._hub.sources.all())
        if now >= self._good_until or chains != self._chains:
            self._views = tuple(self._look(chain) for chain in sorted(chains))
            known = all(view.difficulty is not None for view in self._views)
            self._good_until = now + (FRESH_S if known else 1.0)
            self._chains = chains
        return self._views

    def _look(self, chain: str) -> NetworkView:
        windows, unix_s = self._windows(), self._clock.unix_ms() / 1000
        fed = self._readings().get(chain, ChainReading())
        difficulty: float | None = None
        blocks = fed.blocks
        for seat in self._hub.sources.all():
            source = seat.source
            if seat.usage.chain != chain or not isinstance(source, Witness):
                continue
            stats = source.chain_stats()
            if stats is not None and difficulty is None:
                difficulty = difficulty_of_target(target_of_bits(stats.bits))
            seen = source.recent_blocks(unix_s - windows.long_s - BEYOND_S)
            if seen is not None and blocks is None:
                blocks = [
                    Block(each.time_unix_s, difficulty_of_target(target_of_bits(each.bits))) for each in seen.blocks
                ]
        if difficulty is None:
            difficulty = fed.difficulty if fed.difficulty is not None else self._of_jobs(chain)
        short, long = (hashrate_of(blocks or (), unix_s, span_s) for span_s in (windows.short_s, windows.long_s))
        return NetworkView(chain, difficulty, short, long, windows.short_s, windows.long_s)

    def _of_jobs(self, chain: str) -> float | None:
        """A pool's jobs say what their blocks must meet."""
        for seat in self._hub.sources.all():
            job = newest_job(self._hub, seat) if seat.usage.chain == chain and seat.works else None
            if job is not None:
                return difficulty_of_target(job.network_target)
        return None


def hashrate_of(blocks: Sequence[Block], now_unix_s: float, span_s: float) -> float | None:
    """Hashes per second over the last `span_s`; None where the blocks do not reach back so far."""
    start_s = now_unix_s - span_s
    if not any(block.time_unix_s <= start_s for block in blocks):
        return None
    return HASHES_PER_DIFFICULTY * sum(b.difficulty for b in blocks if b.time_unix_s > start_s) / span_s
