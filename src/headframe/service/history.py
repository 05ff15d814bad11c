"""Charts, bests and blocks.

Responsible for: choosing what to ask of the past and making views of it.
Not responsible for: steps and rates (`service.series`), effort (`service.effort`), the SQL (`store.past`).
Read next: `service.series`, docs/flows/cockpit-numbers.md.

Each answer is read in a thread, by a question or two that take milliseconds.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from headframe.ledger.rollup import Level
from headframe.ledger.totals import WorkerKey
from headframe.mining.units import Work
from headframe.net.clock import Clock
from headframe.service import effort
from headframe.service.as_views import MATURITY, best_difficulty, block_view
from headframe.service.asking import in_thread
from headframe.service.earnings import earned
from headframe.service.history_views import BestShare, BlocksView, FoundBlock, HashrateSeries, SourceHistory
from headframe.service.miner_views import miner_alias, miner_key
from headframe.service.miners import Miners
from headframe.service.refusals import Invalid
from headframe.service.series import Steps, StepSum, counted, steps_of, summed, work_by
from headframe.service.veil_text import shown
from headframe.store.answers import BlockRow, RollupRow, WorkerRow
from headframe.store.history import MAX_COSTS
from headframe.store.past import MAX_CHARTS, Past, Series

MAX_MARKS: Final = 500
"""Blocks that a chart marks; the newest."""
MAX_BESTS: Final = 1_000
_HOUR_S: Final = 3_600
_SURE_S: Final = 300.0
"""Of an hour must have been mined in before a small chart shows it."""


class History:
    """See the module. `chains` are those of the sources by name, `explorers` links by chain with {hash} in them;
    `moved_ms` when miners were moved lately, of all or of one (identity, worker); `needed` what a block takes now, of each
    source that looks for blocks."""

    def __init__(
        self,
        past: Past,
        miners: Miners,
        clock: Clock,
        *,
        chains: Callable[[], Mapping[str, str]],
        explorers: Callable[[], Mapping[str, str]],
        moved_ms: Callable[[WorkerKey | None], Sequence[int]],
        needed: Callable[[], Mapping[str, Work]],
    ) -> None:
        self._past = past
        self._miners = miners
        self._clock = clock
        self._chains = chains
        self._explorers = explorers
        self._moved_ms = moved_ms
        self._needed = needed

    async def hashrate(self, span: str, *, key: str = "", source: str = "", by_source: bool = False) -> HashrateSeries:
        """See `service.queries`. Raises Invalid for a range that is none, NotFound for a miner that is none."""
        steps = steps_of(span, self._clock.unix_ms())
        who = await self._miners.known(key) if key else None
        account = (who.identity, who.worker) if who is not None else None
        found = await in_thread(
            self._past.series,
            steps.level,
            steps.from_s,
            source=source or None,
            worker_id=who.worker_id if who is not None else None,
            blocks=MAX_MARKS,
        )
        sums = summed(steps, found.buckets)
        # A miner's line begins with its first share, as its windows do; before, nobody knows whether it was switched on.
        known_since_ms = who.first_ms if who is not None else found.known_since_ms
        rates = steps.rates([each.work for each in sums], known_since_ms)
        moves = counted(steps, ((ms // 1000, "", 1) for ms in self._moved_ms(account)))
        chains = self._chains()
        return HashrateSeries(
            range=span,
            step_s=steps.step_s,
            from_s=steps.from_s,
            hashrate=rates,
            shares=tuple(each.accepted for each in sums),
            rejected=tuple(each.rejected for each in sums),
            by_source=_by_source(steps, found) if by_source else {},
            best=_bests(sums, found.names),
            blocks=tuple(
                block_view(row, chains)
                for row in reversed(found.blocks)
                if (not source or row.source == source) and (account is None or (row.identity, row.worker) == account)
            ),
            moves=moves.get("", ()),
            refusals=counted(steps, found.refusals),
        )

    async def sparklines(self, keys: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
        """24 values each, oldest first; None before a miner's first share. Keys of nobody are left out."""
        if len(keys) > MAX_CHARTS:
            raise Invalid(f"{len(keys)} are too many at once", f"ask for at most {MAX_CHARTS}")
        now_ms = self._clock.unix_ms()
        now_s = now_ms // 1000
        from_s = now_s - now_s % _HOUR_S - 23 * _HOUR_S
        steps = Steps(Level.HOUR, _HOUR_S, from_s, 24, now_ms)
        who = await self._miners.some_known(keys)
        hours = await in_thread(self._past.hours_of, [each.worker_id for each in who.values()], from_s)
        return {key: _sparkline(steps, hours.get(each.worker_id, {}), each.first_ms) for key, each in who.items()}

    async def best_shares(self, period: str, limit: int = 100) -> Sequence[BestShare]:
        """See `service.queries`. Raises Invalid for a period that is none."""
        if period not in ("day", "all"):
            raise Invalid(f"there is no period {period[:20]!r}", "ask for day or all")
        today = period == "day"
        asked = max(0, min(limit, MAX_BESTS))
        rows = await in_thread(self._past.best, self._clock.unix_ms(), asked, today=today)
        return [share for row in rows if (share := best_share(row, today=today)) is not None]

    async def found_blocks(self, offset: int = 0, limit: int = 50) -> BlocksView:
        """See `service.queries`."""
        page = await in_thread(self._past.blocks, max(0, min(limit, MAX_MARKS)), max(0, offset))
        whole = len(page.costs) < MAX_COSTS
        efforts = effort.efforts(page.costs, whole=whole)
        chains, explorers = self._chains(), self._explorers()
        return BlocksView(
            total=sum(page.outcomes.values()),
            blocks=tuple(_found_block(row, efforts.get(row.hash), chains, explorers) for row in page.blocks),
            outcomes=dict(sorted(page.outcomes.items())),
            luck=effort.luck(page.costs, whole=whole),
            running_effort=effort.running_effort(page.costs, page.work, self._needed()),
            earned=earned(page.rewards, chains),
        )

    async def source_history(self, name: str, span: str, wanted: float | None) -> SourceHistory:
        """What the source was given of all that was mined. `wanted`: the part that it should have now."""
        now_ms = self._clock.unix_ms()
        steps = steps_of(span, now_ms)
        found = await in_thread(self._past.of_source, name, steps.level, steps.from_s)
        day = await in_thread(self._past.of_source, name, Level.MINUTE, now_ms // 1000 - 86_400)
        own = work_by(steps, found.buckets, lambda row: row.source).get(name, [0] * steps.count)
        whole = [each.work for each in summed(steps, found.buckets)]
        rates = steps.rates(own, found.known_since_ms)
        upstream = found.sums.upstream
        return SourceHistory(
            source=name,
            step_s=steps.step_s,
            from_s=steps.from_s,
            delivered=tuple(mine / all_ if all_ else None for mine, all_ in zip(own, whole, strict=True)),
            hashrate=tuple(rate or 0.0 for rate in rates),
            wanted_now=wanted,
            delivered_1h=_part(day.buckets, name, now_ms // 1000 - 3_600),
            delivered_24h=_part(day.buckets, name, 0),
            upstream={outcome: passed.count for outcome, passed in upstream.shares.items()} if upstream else {},
            refusals=dict(upstream.reasons) if upstream else {},
        )


def best_share(row: WorkerRow, *, today: bool) -> BestShare | None:
    """A worker's best, of today or ever."""
    hash_, when, source = (
        (row.best_today, row.best_today_ms, row.best_today_source)
        if today
        else (row.best, row.best_ms, row.best_source)
    )
    difficulty = best_difficulty(hash_)
    if difficulty is None:
        return None
    return BestShare(
        when, miner_key(row.identity, row.worker), shown(miner_alias(row.identity, row.worker)), source, difficulty
    )


def _bests(sums: Sequence[StepSum], names: Mapping[int, WorkerKey]) -> tuple[BestShare, ...]:
    out = []
    for each in sums:
        row = each.best
        difficulty = best_difficulty(row.best) if row is not None else None
        if row is not None and difficulty is not None:
            who = names.get(row.worker_id, ("", ""))
            out.append(BestShare(row.start_s * 1000, miner_key(*who), shown(miner_alias(*who)), row.source, difficulty))
    return tuple(out)


def _by_source(steps: Steps, found: Series) -> dict[str, tuple[float, ...]]:
    work = work_by(steps, found.buckets, lambda row: row.source)
    return {
        name: tuple(rate or 0.0 for rate in steps.rates(each, found.known_since_ms))
        for name, each in sorted(work.items())
    }


def _sparkline(steps: Steps, hours: Mapping[int, float], first_ms: int | None) -> tuple[float | None, ...]:
    work = [hours.get(steps.from_s + place * _HOUR_S, 0.0) for place in range(steps.count)]
    rates = list(steps.rates(work, first_ms, least_s=_SURE_S))
    if steps.now_ms / 1000 - (steps.from_s + (steps.count - 1) * _HOUR_S) < _SURE_S:
        rates[-1] = rates[-2]  # too early to say: no dent at each full hour
    return tuple(rates)


def _found_block(
    row: BlockRow, spent: float | None, chains: Mapping[str, str], explorers: Mapping[str, str]
) -> FoundBlock:
    view = block_view(row, chains)
    link = explorers.get(view.chain or "", "").replace("{hash}", view.hash_hex)
    who = row.identity, row.worker
    return FoundBlock(view, miner_key(*who), shown(miner_alias(*who)), spent, MATURITY, link)


def _part(rows: Sequence[RollupRow], name: str, from_s: int) -> float | None:
    """Which part of the work of these minutes was this source's; None where there was no work."""
    whole = own = 0
    for row in rows:
        if row.start_s >= from_s:
            whole += row.work
            own += row.work if row.source == name else 0
    return own / whole if whole else None
