"""Which session mines by which lane.

Responsible for: the lanes of a source, choosing one for a session, when another is wanted and which one is no longer.
Not responsible for: connecting (`sources.pool.upstream`), telling the hub (`sources.pool.source`).
Read next: `sources.pool.upstream`.

The same rule serves both modes: a lane takes `sessions_each` sessions (one, with a connection per miner), and one lane
with room is always kept, so that the next session finds work waiting. Bound: `max_connections`; beyond it sessions share.
"""

from collections.abc import Callable

from headframe.sources.pool.settings import PoolSettings
from headframe.sources.pool.upstream import Upstream


class Leases:
    """Mutable; owned by the source. `open_lane` makes a lane and starts it."""

    def __init__(self, settings: PoolSettings, open_lane: Callable[[], Upstream]) -> None:
        self._settings = settings
        self._open_lane = open_lane
        self._of: dict[str, Upstream] = {}
        self.lanes: list[Upstream] = [open_lane()]

    @property
    def crowded(self) -> bool:
        """Sessions share lanes that were meant for fewer."""
        return any(len(lane.sessions) > self._settings.sessions_each for lane in self.lanes)

    def lease(self, session_id: str) -> Upstream:
        """The lane of this session; chosen now if it has none."""
        lane = self._of.get(session_id)
        if lane is None:
            lane = self._of[session_id] = self._choose(session_id)
            lane.sessions.add(session_id)
            lane.last_session = session_id
            self._keep_one_free()
        return lane

    def release(self, session_id: str, now: float) -> None:
        lane = self._of.pop(session_id, None)
        if lane is not None:
            lane.sessions.discard(session_id)
            lane.idle_since = now

    def take_idle(self, now: float) -> list[Upstream]:
        """Lanes that nobody needs: without sessions for long enough, and not the last one with room. They are ours no
        longer."""
        free = [lane for lane in self.lanes if self._has_room(lane)]
        keep = min(free, key=lambda lane: lane.work is None, default=None)
        before = now - self._settings.linger_s
        idle = [lane for lane in free if lane is not keep and not lane.sessions and lane.idle_since < before]
        for lane in idle:
            self.lanes.remove(lane)
        return idle

    def _choose(self, session_id: str) -> Upstream:
        free = [lane for lane in self.lanes if self._has_room(lane)]
        if free:
            # Its own lane of a moment ago; then one that has work; then the longest-lived.
            return min(
                free, key=lambda lane: (lane.last_session != session_id or bool(lane.sessions), lane.work is None)
            )
        if len(self.lanes) < self._settings.max_connections:
            return self._open()
        return min(self.lanes, key=lambda lane: (lane.work is None, len(lane.sessions)))

    def _keep_one_free(self) -> None:
        if len(self.lanes) < self._settings.max_connections and not any(map(self._has_room, self.lanes)):
            self._open()

    def _has_room(self, lane: Upstream) -> bool:
        return len(lane.sessions) < self._settings.sessions_each

    def _open(self) -> Upstream:
        lane = self._open_lane()
        self.lanes.append(lane)
        return lane
