"""The fleet as one plan sees it.

Responsible for: who mines where, how much that is, who may be moved, and the moves of this plan as they are decided.
Not responsible for: deciding them (`routing.router`, `routing.balance`, `routing.slices`).
Read next: `routing.router`.

Sums are `math.fsum`, which is exact, so that the order in which sessions are told changes nothing.
"""

from collections.abc import Container, Mapping, Sequence
from math import fsum

from headframe.routing.moves import Move, Reason, SessionInput, SessionKey, SourceInput, order


class Fleet:
    """See the module. Lives for one plan.

    now      monotonic seconds
    force    the sources that share the work, by name
    known    some hashrate is known; until then miners are counted, and their loads are no hashrates
    loads    hashes per second on each of them, pinned and immovable sessions included
    pinned   of that, what is pinned there
    strays   movable sessions that are not where they may stay: without a source, on one that is not in force, not on the one they
             are pinned to
    """

    __slots__ = (
        "_free",
        "_moves",
        "_uncounted",
        "average",
        "dwell_s",
        "force",
        "known",
        "loads",
        "now",
        "pinned",
        "sources",
        "strays",
    )

    def __init__(
        self,
        now: float,
        dwell_s: float,
        force: Sequence[SourceInput],
        usable: frozenset[str],
        sessions: Sequence[SessionInput],
    ) -> None:
        self.now = now
        self.dwell_s = dwell_s
        self.force = force
        self.sources = {source.name: source for source in force}
        self.strays: list[SessionInput] = []
        self._moves: dict[SessionKey, Move] = {}
        self._uncounted: set[SessionKey] = set()
        """On a source in force, but about to leave it for their pin: in none of the loads."""
        free: dict[str, list[SessionInput]] = {source.name: [] for source in force}
        held: dict[str, list[SessionInput]] = {}
        for session in sessions:
            at = session.source
            pin = session.pinned
            if pin is not None and pin in usable:
                if at == pin:
                    held.setdefault(at, []).append(session)
                    continue
                if session.can_go(pin):
                    self.strays.append(session)
                    self._uncounted.add(session.key)
                    continue
            group = free.get(at)
            if group is not None:
                group.append(session)
            elif session.movable:
                self.strays.append(session)
        self._free = free
        average = _average(sessions)
        self.known = average is not None
        self.average = average if average is not None else 1.0
        self.pinned = {name: self._sum(held.get(name, [])) for name in free}
        self.loads = {name: self._sum(group) + self.pinned[name] for name, group in free.items()}

    def hashrate(self, session: SessionInput) -> float:
        """Its estimated hashrate; that of an average miner while it is not known."""
        return session.hashrate if session.hashrate > 0 else self.average

    @property
    def total(self) -> float:
        """Hashes per second in all, of what is on sources in force."""
        return fsum(self.loads.values())

    @property
    def free_count(self) -> int:
        """How many sessions the weights decide about."""
        return sum(map(len, self._free.values()))

    def candidates(
        self, name: str, to: str | None, *, settled: bool = True, among: Container[SessionKey] | None = None
    ) -> list[SessionInput]:
        """Sessions on this source that may be moved to that one (None: to some other), the largest first.

        settled  only those that have been there for their dwell
        among    only these
        """
        latest = self.now - self.dwell_s if settled else float("inf")
        found = [
            session
            for session in self._free[name]
            if (session.movable if to is None else session.can_go(to))
            and session.since <= latest
            and session.key not in self._moves
            and (among is None or session.key in among)
        ]
        return sorted(found, key=lambda session: (-self.hashrate(session), order(session.key)))

    def sizes(self, name: str, to: str) -> list[float]:
        """Hashrates of all that may be moved from this source to that one, at once or after their dwell."""
        return [
            self.hashrate(session)
            for session in self._free[name]
            if session.can_go(to) and session.key not in self._moves
        ]

    def fixed_sizes(self, name: str, to: str) -> list[float]:
        """Hashrates of those that may be moved to that one, but only after their dwell."""
        latest = self.now - self.dwell_s
        return [
            self.hashrate(session)
            for session in self._free[name]
            if session.can_go(to) and session.since > latest and session.key not in self._moves
        ]

    def room(self, name: str) -> float:
        """Hashes per second that still fit under this source's cap."""
        cap = self.sources[name].cap_hashes_per_s
        return float("inf") if cap is None else cap - self.loads[name]

    def keys_beside(self, index: int, left: bool) -> set[SessionKey]:
        """Free sessions on the source left (right) of the boundary after `index`."""
        return {session.key for session in self._free[self.force[index if left else index + 1].name]}

    def surplus(self, wanted: Mapping[str, float], upto: int) -> float:
        """By how much the first `upto` sources have more than wanted."""
        return sum(self.loads[source.name] - wanted[source.name] for source in self.force[:upto])

    def move(self, session: SessionInput, to: str, reason: Reason) -> None:
        """Decide a move; at most one for each session and plan."""
        assert session.key not in self._moves
        self._moves[session.key] = Move(session.key, to, reason)
        hashrate = self.hashrate(session)
        if session.source in self.loads and session.key not in self._uncounted:
            self.loads[session.source] -= hashrate
        if to in self.loads:
            self.loads[to] += hashrate
        if to in self.pinned and session.pinned == to:
            self.pinned[to] += hashrate

    def moved(self, key: SessionKey) -> bool:
        return key in self._moves

    def moves(self) -> list[Move]:
        """What was decided, in the order it was."""
        return list(self._moves.values())

    def _sum(self, sessions: Sequence[SessionInput]) -> float:
        return fsum([session.hashrate if session.hashrate > 0 else self.average for session in sessions])


def _average(sessions: Sequence[SessionInput]) -> float | None:
    known = [session.hashrate for session in sessions if session.hashrate > 0]
    return fsum(known) / len(known) if known else None
