"""Weights that an automatic policy moves while the program runs.

Responsible for: asking feeds and our own nodes every so often, letting the policy decide, and giving the sources the weights
that follow; the operator's own weights when there is no policy, or it has nothing to go by.
Not responsible for: the rules (`routing.policies`), what can be a number (`app.readings`), moving miners (`gateway.dispatch`).
Read next: docs/operating/auto-balance.md.

States: *manual* (no policy: nothing is asked, the base weights hold) and *automatic*; `use` changes between them at any time.
Each tier is decided for itself, since only one works at a time. Paused sources are left out.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import structlog

from headframe.app.parts import BalanceSettings, FeedSettings
from headframe.app.readings import Readings
from headframe.bitcoin.target import difficulty_of_target, target_of_bits
from headframe.gateway.sourcebook import SourceBook, SourceSeat
from headframe.net.clock import Clock
from headframe.net.fetch import Answer, Unusable
from headframe.net.tasks import spawn
from headframe.routing.policies import BaseWeight, Block, Decision, Tilt, expected_value, network_hashrate
from headframe.service.networks import ChainReading
from headframe.sources.node.history import ChainStats, SeenBlock, SeenBlocks

log = structlog.get_logger("headframe.app")

RESOLUTION = 100
"""Weights of a tier that sum to less are multiplied before a policy moves them: 1 and 1 leave no room for a step."""

BEYOND_S = 7200.0
"""Blocks are asked of nodes so much further back than the long window, because times of blocks are not in order."""

MANUAL = "as the configuration says"


@runtime_checkable
class Witness(Protocol):
    """A source that knows its chain, as `sources.node.source` does."""

    def chain_stats(self) -> ChainStats | None: ...

    def recent_blocks(self, since_unix_s: float) -> SeenBlocks | None: ...


@dataclass(frozen=True, slots=True)
class TierDecision:
    """The weights that sources of a tier are to have, and how that was decided."""

    tier: int
    weights: dict[str, int]
    decision: Decision


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided last, and by what: (chain, kind) of the numbers that are `known` and fresh, what is wrong with the
    feeds that are `failing`."""

    weights: dict[str, int]
    tiers: tuple[TierDecision, ...] = ()
    known: frozenset[tuple[str, str]] = frozenset()
    failing: Mapping[tuple[str, str], str] = field(default_factory=dict)


class AutoBalance:
    """See the module. `fetch(url, pointer)` asks a feed; `route` lets the router look at once. One owner: the house."""

    def __init__(
        self,
        clock: Clock,
        sources: SourceBook,
        route: Callable[[], None],
        fetch: Callable[[str, str], Awaitable[Answer]],
        *,
        quiet: bool = False,
    ) -> None:
        """`quiet`: what is wrong with feeds is kept, and not logged."""
        self._clock = clock
        self._sources = sources
        self._route = route
        self._fetch = fetch
        self._quiet = quiet
        self._settings: BalanceSettings | None = None
        self._base: dict[str, int] = {}
        self._given: dict[str, int] = {}
        """What was decided last: a reload gives single sources their own weights for a moment."""
        self._tiers: tuple[TierDecision, ...] = ()
        self._readings = Readings()
        self._tilts: dict[int, Tilt] = {}
        self._failing: dict[tuple[str, str], str] = {}
        self._changed = asyncio.Event()

    def use(self, settings: BalanceSettings | None, base: Mapping[str, int]) -> None:
        """Another policy or other weights from now on; None: the base weights alone. Takes effect at once."""
        before = self._settings
        self._base = dict(base)
        if settings != before:
            if settings is None or before is None or settings.policy != before.policy:
                self._tilts.clear()
            if settings is None or before is None or settings.feeds != before.feeds:
                self._readings.forget_fed()
                self._failing.clear()
            self._settings = settings
            self._changed.set()
        self.decide()

    def of_chains(self) -> Mapping[str, ChainReading]:
        """What is known of each chain that feeds tell of, while it is fresh."""
        settings = self._settings
        if settings is None:
            return {}
        now, fresh_s = self._clock.monotonic(), settings.bounds.fresh_s
        difficulties = self._readings.difficulties(now, fresh_s)
        blocks = self._readings.recent_blocks(now, fresh_s)
        return {
            chain: ChainReading(difficulties.get(chain), blocks[chain].blocks if chain in blocks else None)
            for chain in difficulties.keys() | blocks.keys()
        }

    async def run(self) -> None:
        """Ask and decide, until cancelled."""
        while True:
            self._changed.clear()
            settings = self._settings
            if settings is None:
                await self._changed.wait()
                continue
            await self.ask(settings)
            self.decide()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.refresh_s):
                    await self._changed.wait()

    # Asking

    async def ask(self, settings: BalanceSettings) -> None:
        """All feeds at once, each within its time; and what our own nodes know."""
        self._ask_nodes(settings)
        async with asyncio.TaskGroup() as group:
            for feed in settings.feeds:
                spawn(group, self._ask_feed(feed, settings), name=f"feed-{feed.chain}-{feed.what}")

    async def _ask_feed(self, feed: FeedSettings, settings: BalanceSettings) -> None:
        answer = await self._fetch(feed.url, feed.pointer)
        if self._settings is not settings:
            return  # asked for settings that are no longer in force
        if isinstance(answer, Unusable):
            wrong = answer.reason
        else:
            now, unix_s = self._clock.monotonic(), self._clock.unix_ms() / 1000
            wrong = self._readings.of_feed(feed.chain, feed.what, answer.value, now, unix_s)
        self._say_once(feed, wrong)

    def _say_once(self, feed: FeedSettings, wrong: str) -> None:
        """A feed's trouble when it begins or changes, and its end."""
        key = (feed.chain, feed.what)
        before = self._failing.pop(key, "")
        if wrong:
            self._failing[key] = wrong
            if wrong != before and not self._quiet:
                log.warning("feed_failed", chain=feed.chain, what=feed.what, reason=wrong)
        elif before:
            log.info("feed_works", chain=feed.chain, what=feed.what)

    def _ask_nodes(self, settings: BalanceSettings) -> None:
        now, unix_s = self._clock.monotonic(), self._clock.unix_ms() / 1000
        for seat in self._sources.all():
            if not isinstance(seat.source, Witness):
                continue
            chain = seat.usage.chain
            if settings.policy == "network_hashrate":
                seen = seat.source.recent_blocks(unix_s - settings.windows.long_s - BEYOND_S)
                if seen is not None:
                    blocks = [_block(one) for one in seen.blocks]
                    self._readings.blocks_of_node(chain, blocks, seen.at, unix_s - (now - seen.at))
            elif (stats := seat.source.chain_stats()) is not None:
                difficulty = difficulty_of_target(target_of_bits(stats.bits))
                self._readings.of_node(chain, difficulty, stats.reward_sats, stats.at)

    # Deciding

    def decide(self) -> None:
        """Give the sources the weights that hold now; say so where they are others than before."""
        settings = self._settings
        seats = self._seats()
        weights = self._weigh(settings, seats)
        for seat in seats:
            self._sources.use(seat.name, replace(seat.usage, weight=weights[seat.name]))
        before = {name: self._given.get(name, weight) for name, weight in weights.items()}
        self._given = weights
        moved = {name for name, weight in weights.items() if weight != before[name]}
        if moved:
            reason = "; ".join(tier.decision.reason for tier in self._tiers if moved & tier.weights.keys())
            policy = "weights" if settings is None else settings.policy
            log.info("weights_changed", policy=policy, weights=weights, before=before, reason=reason or MANUAL)
            self._route()

    def outcome(self) -> Outcome:
        """How it stands."""
        settings = self._settings
        if settings is None:
            return Outcome(dict(self._base))
        known = self._readings.known(self._clock.monotonic(), settings.bounds.fresh_s)
        return Outcome(dict(self._given), self._tiers, known, dict(self._failing))

    async def trial(self, settings: BalanceSettings, base: Mapping[str, int]) -> Outcome:
        """What would be decided by other settings, now and for the first time: asks once, and gives nobody a weight."""
        other = AutoBalance(self._clock, self._sources, self._route, self._fetch, quiet=True)
        other._settings, other._base = settings, dict(base)
        await other.ask(settings)
        other._given = other._weigh(settings, other._seats())
        return other.outcome()

    def _seats(self) -> list[SourceSeat]:
        return [seat for seat in self._sources.all() if seat.name in self._base]

    def _weigh(self, settings: BalanceSettings | None, seats: list[SourceSeat]) -> dict[str, int]:
        """The weights that these sources are to have."""
        self._tiers = ()
        if settings is not None:
            tiers = sorted({seat.usage.tier for seat in seats})
            self._tiers = tuple(self._decide_tier(settings, tier, seats) for tier in tiers)
        decided = {name: weight for tier in self._tiers for name, weight in tier.weights.items()}
        return {seat.name: self._base[seat.name] for seat in seats} | decided

    def _decide_tier(self, settings: BalanceSettings, tier: int, seats: list[SourceSeat]) -> TierDecision:
        """Let the policy decide among the sources of a tier that are not paused."""
        own = [seat for seat in seats if seat.usage.tier == tier]
        whole = sum(self._base[seat.name] for seat in own if not seat.usage.paused)
        factor = -(-RESOLUTION // whole) if whole else 1
        base = tuple(
            BaseWeight(seat.name, seat.usage.chain, factor * self._base[seat.name])
            for seat in own
            if not seat.usage.paused
        )
        decision = self._rule(settings, base, self._tilts.get(tier))
        self._tilts[tier] = decision.tilt
        if all(decision.weights[entry.source] == entry.weight for entry in base):
            return TierDecision(tier, {seat.name: self._base[seat.name] for seat in own}, decision)
        paused = {seat.name: factor * self._base[seat.name] for seat in own if seat.usage.paused}
        return TierDecision(tier, paused | decision.weights, decision)

    def _rule(self, settings: BalanceSettings, base: tuple[BaseWeight, ...], tilt: Tilt | None) -> Decision:
        now, bounds = self._clock.monotonic(), settings.bounds
        if settings.policy == "network_hashrate":
            blocks = self._readings.recent_blocks(now, bounds.fresh_s)
            return network_hashrate(now, base, blocks, tilt, bounds, settings.windows)
        return expected_value(now, base, self._readings.economics(now, bounds.fresh_s), tilt, bounds)


def _block(seen: SeenBlock) -> Block:
    return Block(seen.time_unix_s, difficulty_of_target(target_of_bits(seen.bits)))
