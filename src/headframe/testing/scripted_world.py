"""All that the cockpit asks, answered from a made-up house.

Responsible for: a `CockpitQueries` over `testing.scripted_miners`, with series, blocks, a job and activity.
Not responsible for: being true.
Read next: `testing.scripted_web`.
"""

import math
from collections.abc import Callable, Sequence

import msgspec

from headframe.net.clock import Clock
from headframe.service.balance_views import BalanceView
from headframe.service.earning_views import Earned, Expected, ExpectedOfSource
from headframe.service.earnings import earned, sats_per_day
from headframe.service.history_views import (
    RANGES,
    ActivityView,
    BestShare,
    BlocksView,
    Chance,
    CoinbaseOutput,
    CurrentJob,
    Dashboard,
    Flow,
    FoundBlock,
    HashrateSeries,
    NetworkView,
    Shaft,
    SourceHistory,
)
from headframe.service.miner_views import BanView, MinerDetail, MinersView, MoveView
from headframe.service.queries import MinersAsk
from headframe.service.refusals import NotFound
from headframe.service.views import (
    BlockView,
    Hashrates,
    JobView,
    NoteView,
    Overview,
    SessionView,
    SourceView,
    WorkerView,
)
from headframe.store.answers import RewardSum
from headframe.testing.balance_samples import sample_balance
from headframe.testing.scripted_miners import PAYOUT, SHARES, SOURCES, Rigs
from headframe.testing.scripted_queries import sample_overview

NETWORK_DIFFICULTY = 1.2e14
REWARD_SATS = 318_200_001
SHAFT_MINERS = 60


class ScriptedWorld:
    """`now_ms` tells the time; weights, pauses, pins and bans are what the commands make of them."""

    def __init__(self, clock: Clock, miners: int = 40, *, hostile: bool = False) -> None:
        self._clock = clock
        self.started_ms = self.now_ms - 7_200_000
        self.rigs = Rigs(miners, self.started_ms, hostile=hostile)
        self.weights = {"home": 70, "ocean": 30, "spare": 0}
        self.paused: set[str] = set()
        self.banned: dict[str, int] = {}
        self.policy = "weights"
        self.happened: Callable[[int], Sequence[ActivityView]] = lambda _limit: ()
        self.hostile = hostile

    @property
    def now_ms(self) -> int:
        return self._clock.unix_ms()

    def _hashrate(self) -> Hashrates:
        views = self.rigs.views(self.now_ms)
        return Hashrates(*(sum(getattr(one.hashrate, name) for one in views) for name in Hashrates.__struct_fields__))

    def _by_source(self) -> dict[str, float]:
        rates = dict.fromkeys(SOURCES, 0.0)
        for one in self.rigs.views(self.now_ms):
            for source in one.sources:
                rates[source] += one.hashrate.h5m
        return rates

    def overview(self) -> Overview:
        now, age_s = self.now_ms, (self.now_ms // 1000) % 30
        rates, total = self._by_source(), sum(self.weights.values()) or 1
        all_rates = sum(rates.values()) or 1.0
        sample = sample_overview()
        notes = (
            (NoteView("upstream", "<b>pool says hello</b>", "<script>alert(2)</script>", "nothing"),)
            if self.hostile
            else ()
        )
        sources = tuple(
            msgspec.structs.replace(
                source,
                name=name,
                network="mainnet",
                weight=self.weights.get(name, 0),
                paused=name in self.paused,
                template_age_s=float(age_s) if source.up else None,
                since_s=(now - self.started_ms) / 1000,
                height=870_000 + (now - self.started_ms) // 600_000 if source.up else None,
                target_share=self.weights.get(name, 0) / total if source.up else None,
                delivered_share=rates[name] / all_rates if source.up else None,
                delivered_over_s=3600.0,
                sessions=sum(name in one.sources for one in self.rigs.views(now)),
                notes=notes if source.kind == "pool" else (),
            )
            for name, source in zip(SOURCES, _by_kind(sample.sources), strict=True)
        )
        return msgspec.structs.replace(
            sample,
            network="mainnet",
            started_ms=self.started_ms,
            now_ms=now,
            sessions={"mining": len(self.rigs.sessions(now)), "connecting": 1},
            hashrate=self._hashrate(),
            sources=sources,
            job=JobView("home", f"{now // 30_000:x}", 870_012, NETWORK_DIFFICULTY, REWARD_SATS, 3_120, float(age_s)),
            blocks=tuple(block.block for block in self._blocks()[:5]),
            attention=(
                NoteView("source", "down", "spare: cannot connect", "start bitcoind, or remove the source"),
                NoteView("miner", "rejecting", "3 miners send many refused shares", "see them under Miners"),
            ),
        )

    def healthy(self) -> tuple[bool, Sequence[str]]:
        return True, ()

    def sessions(self, offset: int = 0, limit: int | None = None) -> Sequence[SessionView]:
        return self.rigs.sessions(self.now_ms)[offset : None if limit is None else offset + limit]

    def workers(self) -> Sequence[WorkerView]:
        return [
            WorkerView(
                one.identity,
                one.worker,
                one.hashrate,
                one.accepted,
                one.accepted * 2**42,
                one.best_difficulty_today,
                one.best_difficulty,
                one.last_share_ms,
            )
            for one in self.rigs.views(self.now_ms)
        ]

    def blocks(self, limit: int = 100) -> Sequence[BlockView]:
        return [found.block for found in self._blocks()[:limit]]

    def dashboard(self) -> Dashboard:
        views, rates = self.rigs.views(self.now_ms), self._hashrate()
        expected = NETWORK_DIFFICULTY * 2**32 / rates.h1h if rates.h1h else None
        states: dict[str, int] = {}
        for one in views:
            states[one.state] = states.get(one.state, 0) + 1
        best = self._best(1)
        return Dashboard(
            self.now_ms,
            rates,
            shares_5m=len(views) * 25,
            accepted_24h=sum(one.accepted for one in views),
            rejected_24h={"stale": 12, "above_target": 5},
            best_today=best[0] if best else None,
            best_ever=msgspec.structs.replace(best[0], time_ms=self.now_ms - 10**9, difficulty=best[0].difficulty * 40)
            if best
            else None,
            chance=Chance(expected, 1 - math.exp(-86_400 / expected) if expected else None),
            networks=tuple(self.networks()),
            miners=states,
            first_share_ms=self.started_ms,
            earned=self._earned(),
            expected=self._expected(),
        )

    def _earned(self) -> tuple[Earned, ...]:
        blocks = [one.block for one in self._blocks()]
        return earned((RewardSum(one.source, one.outcome, 1, 0, one.reward_sats) for one in blocks), {"home": "btc"})

    def _expected(self) -> tuple[Expected, ...]:
        needed = int(NETWORK_DIFFICULTY * 2**32)
        each = tuple(
            ExpectedOfSource(name, "pool" if name == "ocean" else "node", rate, sats_per_day(rate, needed, REWARD_SATS))
            for name, rate in self._by_source().items()
            if rate
        )
        return (Expected("btc", sum(one.sats_per_day or 0 for one in each), True, each),) if each else ()

    def shaft(self) -> Shaft:
        views = sorted(self.rigs.views(self.now_ms), key=lambda one: one.hashrate.h5m, reverse=True)
        flows = [
            Flow(one.key, one.alias, source, one.hashrate.h5m) for one in views[:SHAFT_MINERS] for source in one.sources
        ]
        rest: dict[str, tuple[float, int]] = {}
        for one in views[SHAFT_MINERS:]:
            for source in one.sources:
                rate, count = rest.get(source, (0.0, 0))
                rest[source] = (rate + one.hashrate.h5m, count + 1)
        flows += [Flow("", "", source, rate, count) for source, (rate, count) in rest.items()]
        return Shaft(self.now_ms, tuple(flows))

    async def miners(self, ask: MinersAsk) -> MinersView:
        return self.rigs.page(ask, self.now_ms)

    async def miner(self, key: str) -> MinerDetail:
        return self.rigs.detail(key, self.now_ms)

    async def sparklines(self, keys: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
        wanted, now_s = set(keys), self.now_ms // 3_600_000 * 3600
        return {
            rig.key: tuple(self.rigs.rate(rig, now_s - back * 3600, 3600) for back in range(23, -1, -1))
            for rig in self.rigs.rigs
            if rig.key in wanted
        }

    async def hashrate(self, span: str, *, key: str = "", source: str = "", by_source: bool = False) -> HashrateSeries:
        if key:
            self.rigs.detail(key, self.now_ms)
        if source:
            self.known(source)
        seconds, step = RANGES[span]
        from_s = (self.now_ms // 1000 - seconds) // step * step
        count = seconds // step
        size = self._hashrate().h24h * (1 / len(self.rigs.rigs) if key else 0.5 if source else 1)
        rates = tuple(
            None if at < count // 10 else size * (1 + 0.1 * math.sin(at / 9) + 0.03 * math.sin(at * 2.7))
            for at in range(count)
        )
        best = tuple(
            msgspec.structs.replace(one, time_ms=(from_s + (at * count // 12) * step) * 1000)
            for at, one in enumerate(self._best(12))
        )
        return HashrateSeries(
            span,
            step,
            from_s,
            rates,
            tuple(0 if rate is None else int(step / 12 * 40) for rate in rates),
            tuple(at % 3 for at in range(count)),
            {name: tuple((rate or 0.0) * part for rate in rates) for name, part in zip(SOURCES, SHARES, strict=True)}
            if by_source
            else {},
            best,
            tuple(one.block for one in self._blocks() if one.block.time_ms >= from_s * 1000),
            tuple(2 if at % 6 == 0 else 0 for at in range(count)),
            {
                "stale": tuple(min(1, at % 3) for at in range(count)),
                "above_target": tuple(at % 3 // 2 for at in range(count)),
            },
        )

    async def best_shares(self, period: str, limit: int = 100) -> Sequence[BestShare]:
        return self._best(limit)

    def _best(self, limit: int) -> tuple[BestShare, ...]:
        views = sorted(self.rigs.views(self.now_ms), key=lambda one: one.best_difficulty or 0.0, reverse=True)
        return tuple(
            BestShare(self.now_ms - at * 700_000, one.key, one.alias, "home", one.best_difficulty or 0.0)
            for at, one in enumerate(views[:limit])
        )

    def current_job(self, source: str = "") -> CurrentJob | None:
        if source:
            self.known(source)
        return CurrentJob(
            source=source or "home",
            source_kind="pool" if source == "ocean" else "node",
            job_id=f"{self.now_ms // 30_000:x}",
            height=870_012,
            prev_hash_hex="00000000000000000001" + "ab" * 22,
            version_hex="20000000",
            ntime=self.now_ms // 1000,
            network_difficulty=NETWORK_DIFFICULTY,
            age_s=float((self.now_ms // 1000) % 30),
            reward_sats=REWARD_SATS,
            fees_sats=5_700_001,
            transactions=3_120,
            weight=3_993_212,
            coinbase_hex="01000000010000000000000000" + "00" * 24 + "ffffffff2f" + "ab" * 47,
            tag="/Headframe/" + ("<img src=x onerror=alert(3)>" if self.hostile else ""),
            extranonce_at=60,
            outputs=(
                CoinbaseOutput("payout", 318_200_001, PAYOUT + "0", "0014" + "cd" * 20),
                CoinbaseOutput("commitment", 0, "", "6a24aa21a9ed" + "ef" * 32),
            ),
            commitment_hex="ef" * 32,
            miners=sum((source or "home") in one.sources for one in self.rigs.views(self.now_ms)),
        )

    async def found_blocks(self, offset: int = 0, limit: int = 50) -> BlocksView:
        found = self._blocks()
        outcomes = {"accepted": 2, "matured": 2, "orphaned": 1, "pending": 1}
        return BlocksView(len(found), found[offset : offset + limit], outcomes, 1.13, 0.42, self._earned())

    def _blocks(self) -> tuple[FoundBlock, ...]:
        made = []
        for at in range(6):
            rig = self.rigs.rigs[at * 5 % len(self.rigs.rigs)]
            outcome = ("pending", "accepted", "accepted", "orphaned", "matured", "matured")[at]
            block = BlockView(
                self.now_ms - at * 86_400_000 * 3 - 3_600_000,
                f"{at:02x}".rjust(20, "0") + "ab" * 22,
                870_000 - at * 430,
                "home",
                rig.identity,
                rig.worker,
                318_000_000 + at,
                outcome,
                "" if outcome != "orphaned" else "another block was first",
                0 if at == 0 else min(100, 6 + at * 40),
                "btc",
            )
            explorer = f"https://explorer.example/block/{block.hash_hex}"
            made.append(FoundBlock(block, rig.key, rig.alias, 0.3 + at * 0.4 if at != 5 else None, 100, explorer))
        return tuple(made)

    async def source_history(self, name: str, span: str) -> SourceHistory:
        self.known(name)
        seconds, step = RANGES[span]
        count, part = seconds // step, SHARES[SOURCES.index(name)] if name in SOURCES else 0.0
        delivered = tuple(None if at < 3 else part * (1 + 0.05 * math.sin(at)) for at in range(count))
        rates = tuple(self._hashrate().h24h * (one or 0.0) for one in delivered)
        upstream = {"accepted": 9000, "refused": 12, "lost": 1} if name == "ocean" else {}
        return SourceHistory(
            name,
            step,
            (self.now_ms // 1000 - seconds) // step * step,
            delivered,
            rates,
            self.weights.get(name, 0) / (sum(self.weights.values()) or 1),
            part,
            part,
            upstream,
            {"stale": 10, "other": 2} if upstream else {},
        )

    def known(self, name: str) -> None:
        if name not in self.weights:
            raise NotFound(f"there is no source {name}", "see GET /api/v1/sources for their names")

    def networks(self) -> Sequence[NetworkView]:
        return (NetworkView("btc", NETWORK_DIFFICULTY, 8.1e20, 7.9e20, 86_400.0, 1_209_600.0),)

    def balance(self) -> BalanceView:
        return sample_balance(self.policy, self.weights)

    def activity(self, limit: int = 100) -> Sequence[ActivityView]:
        return self.happened(limit)

    def moves(self, limit: int = 100) -> Sequence[MoveView]:
        return ()

    def bans(self) -> Sequence[BanView]:
        now = self.now_ms
        return tuple(BanView(address, until, "operator") for address, until in self.banned.items() if until > now)


def _by_kind(sources: Sequence[SourceView]) -> tuple[SourceView, ...]:
    """Our node, the pool, the node that is down: in the order of `SOURCES`."""
    home, spare, ocean = sources
    return home, ocean, spare
