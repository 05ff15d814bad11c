"""Which sources may be given sessions now.

Responsible for: pause, weights of 0, tiers, and the trust that a source has to win back after it went down.
Not responsible for: noticing that a source is down (`sources`), how much each gets (`routing.split`).
Read next: `routing.router`.

    fresh --up--> trusted --down--> fallen --up--> on probation --time--> trusted
                     ^                  ^____________down______|
                     '--- put to work because there is no better one

Probation doubles with each fall, up to a bound, and a long time up without a fall clears the account. A source that is
needed because nothing trusted is left works at once: bad work is better than none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from headframe.routing.moves import SourceInput


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """first_s: probation after one fall; longest_s: its bound; calm_s: so long up, and earlier falls are forgotten."""

    first_s: float = 15.0
    longest_s: float = 900.0
    calm_s: float = 3600.0


class _Record:
    __slots__ = ("falls", "trusted_at", "up", "up_at")

    def __init__(self, up: bool, now: float) -> None:
        self.up = up
        self.up_at = now
        self.falls = 0
        self.trusted_at = now


class Standing:
    """See the module. Bound: one record for each source of the last look."""

    __slots__ = ("_policy", "_records")

    def __init__(self, policy: TrustPolicy) -> None:
        self._policy = policy
        self._records: dict[str, _Record] = {}

    def observe(self, now: float, sources: Sequence[SourceInput]) -> tuple[list[SourceInput], frozenset[str]]:
        """(sources that share the work now, by name; names of all that a pinned session may use)."""
        records = self._records
        for source in sources:
            record = records.get(source.name)
            if record is None:
                records[source.name] = _Record(source.can_work, now)
            elif record.up != source.can_work:
                self._turned(record, now)
        if len(records) > len(sources):
            names = {source.name for source in sources}
            for name in [name for name in records if name not in names]:
                del records[name]
        able = [source for source in sources if source.can_work and not source.paused]
        trusted = [source for source in able if records[source.name].trusted_at <= now]
        pool = [source for source in trusted if source.weight > 0] or [source for source in able if source.weight > 0]
        tier = min((source.tier for source in pool), default=0)
        force = sorted((source for source in pool if source.tier == tier), key=lambda source: source.name)
        for source in force:
            record = records[source.name]
            record.trusted_at = min(record.trusted_at, now)
        return force, frozenset(source.name for source in (*trusted, *force))

    def _turned(self, record: _Record, now: float) -> None:
        policy = self._policy
        record.up = not record.up
        if record.up:
            wait = policy.first_s * 2.0 ** min(record.falls - 1, 32) if record.falls else 0.0
            record.up_at = now
            record.trusted_at = now + min(wait, policy.longest_s)
            return
        record.falls = 1 if now - record.up_at >= policy.calm_s else record.falls + 1
