"""Which difficulty a worker last had.

Responsible for: start difficulties that survive reconnects (here) and restarts (through the sink that is told).
Not responsible for: choosing difficulties (`mining.vardiff`), storing them (`store`).
Read next: `gateway.seat`.

Bound: MAX_WORKERS; the least recently seen goes first.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from headframe.mining.units import Target

MAX_WORKERS = 50_000

Sink = Callable[[str, str, Target, int], None]
"""Told (identity, worker, target, seen_ms) of every change."""


class WorkerMemory:
    """Last target per (identity, worker), with when it was seen (Unix ms)."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._known: OrderedDict[tuple[str, str], tuple[Target, int]] = OrderedDict()

    def restore(self, known: Iterable[tuple[str, str, Target, int]]) -> None:
        for identity, worker, target, seen_ms in known:
            self._known[(identity, worker)] = (target, seen_ms)
            if len(self._known) > MAX_WORKERS:
                self._known.popitem(last=False)

    def recall(self, identity: str, worker: str) -> tuple[Target, int] | None:
        return self._known.get((identity, worker))

    def remember(self, identity: str, worker: str, target: Target, seen_ms: int) -> None:
        key = (identity, worker)
        self._known[key] = (target, seen_ms)
        self._known.move_to_end(key)
        if len(self._known) > MAX_WORKERS:
            self._known.popitem(last=False)
        self._sink(identity, worker, target, seen_ms)
