"""Who sits where, and who may come back to their seat.

Responsible for: session ids, extranonce1 leases, and keeping what a session leaves behind for ten minutes, so that a
miner that reconnects with its session id goes on with the same extranonce1, difficulty and work in flight.
Not responsible for: what a session does (`gateway.seat`).
Read next: `gateway.seat`.

Bound: as many parked sessions as connections are allowed; the oldest goes first.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from headframe.mining.extranonce import ExtranonceLayout, ExtranonceLeases
from headframe.mining.units import Target

RESUME_S = 600.0
"""How long a session may be taken up again (ckpool's number)."""


@dataclass(frozen=True, slots=True)
class Parked:
    """What a session left behind. `memory` is the session's own, opaque, None after a restart; `last_seq` the number of
    the last job it was offered."""

    session_id: str
    extranonce1: bytes
    target: Target
    since: float
    memory: object = None
    last_seq: int = 0


class Roster:
    """See the module. Time is monotonic seconds; `new_id` makes ids that cannot be guessed."""

    def __init__(self, *, new_id: Callable[[], str], seed: int, max_parked: int) -> None:
        self._new_id = new_id
        self._seed = seed
        self._max_parked = max_parked
        self._leases: dict[int, ExtranonceLeases] = {}
        self._parked: OrderedDict[str, Parked] = OrderedDict()

    def restore(self, parked: Iterable[Parked]) -> None:
        """Sessions of an earlier run, oldest first."""
        for one in parked:
            leases = self._of_size(len(one.extranonce1))
            if one.session_id not in self._parked and leases.resume(one.extranonce1):
                self._parked[one.session_id] = one

    def seat(self, layout: ExtranonceLayout, now: float) -> tuple[str, bytes]:
        """A new session id and an extranonce1 that nobody else has."""
        self._expire(now)
        return self._new_id(), self._of_size(layout.extranonce1_size).lease(now)

    def resume(self, session_id: str, layout: ExtranonceLayout, now: float) -> Parked | None:
        """What this session left behind, if it may come back to it; the lease is the caller's then."""
        self._expire(now)
        parked = self._parked.get(session_id)
        if parked is None or len(parked.extranonce1) != layout.extranonce1_size:
            return None
        del self._parked[session_id]
        return parked

    def park(self, parked: Parked) -> None:
        """A session has gone; its extranonce1 stays its own for RESUME_S."""
        self._parked[parked.session_id] = parked
        if len(self._parked) > self._max_parked:
            _, oldest = self._parked.popitem(last=False)
            self._give_back(oldest)

    def parked(self) -> list[Parked]:
        """For keeping over a restart."""
        return list(self._parked.values())

    def _of_size(self, size: int) -> ExtranonceLeases:
        if size not in self._leases:
            self._leases[size] = ExtranonceLeases(size, seed=self._seed, rest_s=RESUME_S)
        return self._leases[size]

    def _expire(self, now: float) -> None:
        while self._parked:
            session_id, parked = next(iter(self._parked.items()))
            if now - parked.since < RESUME_S:
                return
            del self._parked[session_id]
            self._give_back(parked)

    def _give_back(self, parked: Parked) -> None:
        """It rests from when its session left, for its jobs live no longer than that."""
        self._of_size(len(parked.extranonce1)).release(parked.extranonce1, parked.since)
