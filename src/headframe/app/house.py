"""The running parts, and what another configuration changes of them.

Responsible for: starting and stopping sources while everything else goes on, and making a reload so.
Not responsible for: what a reload changes (`app.reload`), building the parts (`app.running`), when to reload (`app.running`).
Read next: `app.reload`.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping

import structlog

from headframe.app import parts
from headframe.app.autobalance import AutoBalance
from headframe.app.books import Books
from headframe.app.policies import Policies
from headframe.app.reload import Reload, diff
from headframe.bitcoin.target import target_of_difficulty
from headframe.config import AnySource, Config, PoolSource
from headframe.gateway.hub import Hub
from headframe.net.clock import Clock
from headframe.net.fetch import Fetcher
from headframe.net.listener import Listener
from headframe.net.tasks import spawn
from headframe.routing.horizon import Horizon
from headframe.routing.router import Router, RouterPolicy
from headframe.service.networks import ChainReading
from headframe.sources.base import WorkSource
from headframe.sources.node.courier import Courier
from headframe.sources.node.source import NodeSource
from headframe.sources.pool.source import PoolSource as PoolWorkSource
from headframe.stratum.session import DownstreamSession
from headframe.stratum.v1.session import V1Session

log = structlog.get_logger("headframe.app")


class House:
    """See the module. `config` is what is in force; `taken_over` is told when that is another. One owner:
    `app.running.run`."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        hub: Hub,
        books: Books,
        listener: Listener,
        courier: Courier,
        taken_over: Callable[[Config], None] = lambda config: None,
    ) -> None:
        self.config = config
        self._taken_over = taken_over
        self._taking = asyncio.Lock()
        self.changing = asyncio.Lock()
        """Held from reading the configuration file to taking it over, so that an older reading never comes after a newer."""
        self._clock = clock
        self._hub = hub
        self._books = books
        self._listener = listener
        self._courier = courier
        self._fetcher = Fetcher()
        self._balance = AutoBalance(clock, hub.sources, hub.route, self._fetcher.get)
        self.policies = Policies(clock, self._balance, lambda: self.config)
        self._split = _split_of(config)
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._balancing: asyncio.Task[None] | None = None

    # -- sources ------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """All that must hold before the first miner comes: what is decided of miners, who is kept out."""
        self._pins()
        self._fixed()
        self._bans()
        self._stratum()

    def open(self, group: asyncio.TaskGroup) -> None:
        """Start every source of the configuration."""
        self._group = group
        for source in self.config.source:
            self._start(source)
        self._weigh()
        self._balancing = spawn(group, self._balance_weights(), name="balance")

    def close(self) -> None:
        """Stop every source."""
        for task in (*self._tasks.values(), self._balancing):
            if task is not None:
                task.cancel()

    def _start(self, settings: AnySource) -> None:
        assert self._group is not None
        source = self._build(settings)
        self._hub.add_source(source, parts.usage_of(settings))
        self._tasks[source.name] = spawn(self._group, source.run(self._hub.on_source_event), name=source.name)

    async def _stop(self, name: str) -> None:
        """Its sessions go elsewhere first, then it ends."""
        self._hub.remove_source(name)
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])

    def _build(self, settings: AnySource) -> WorkSource:
        if isinstance(settings, PoolSource):
            return PoolWorkSource(parts.pool_settings(settings), self._clock, random.Random())
        node = parts.node_settings(settings, self.config.payout.tag)
        return NodeSource(node, self._clock, self.config.data.dir, courier=self._courier)

    # -- reload -------------------------------------------------------------------------------------------------

    async def take(self, config: Config) -> Reload:
        """Run by this configuration from now on, as far as it can be without a restart. One at a time."""
        async with self._taking:
            change = diff(self.config, config)
            await self.apply(change)
        self._taken_over(self.config)
        log.info("reloaded", changed=list(change.changed), needs_restart=list(change.needs_restart))
        return change

    async def apply(self, reload: Reload) -> None:
        """Make it so. No session is dropped."""
        self.config = reload.in_force
        taken_over = {
            "difficulty": self._difficulty,
            "limits": self._limits,
            "stratum": self._stratum,
            "payout": self._payout,
            "data": self._data,
            "routing": self._routing,
            "pin": self._pins,
            "fixed_difficulty": self._fixed,
            "ban": self._bans,
        }
        for section in sorted(reload.sections & taken_over.keys()):
            taken_over[section]()
        for source in reload.adjusted:
            self._hub.sources.use(source.name, parts.usage_of(source))
        for source in reload.added:
            self._start(source)
        for source in reload.rebuilt:
            await self._stop(source.name)
            self._start(source)
        for name in reload.removed:
            await self._stop(name)
        self._weigh()
        self._hub.route()

    def readings(self) -> Mapping[str, ChainReading]:
        """What feeds say of the chains."""
        return self._balance.of_chains()

    def _difficulty(self) -> None:
        policy = parts.vardiff_policy(self.config)
        self._hub.difficulty.use(policy, target_of_difficulty(self.config.difficulty.start))

    def _limits(self) -> None:
        self._listener.use(parts.limit_settings(self.config))
        self._bans()  # another network may be exempt
        self._hub.use_sessions(session_maker(self.config))
        self._stratum()

    def _stratum(self) -> None:
        self._hub.use_handshake(self.config.limits.handshake_s, hold=parts.holds_without_work(self.config))
        self._hub.sources.use_extranonce2(self.config.stratum.extranonce2_size)

    def _payout(self) -> None:
        self._hub.pay(parts.payout_policy(self.config))

    def _data(self) -> None:
        self._books.sync_s = self.config.data.sync_s

    def _routing(self) -> None:
        """Another policy or other feeds are no reason to measure anew what was delivered."""
        before, self._split = self._split, _split_of(self.config)
        if self._split != before:
            self._hub.dispatch.use_router(*router_of(self.config))

    def _weigh(self) -> None:
        """The weights of the configuration, and the policy that may move them."""
        self._balance.use(parts.balance_settings(self.config), parts.base_weights(self.config))

    async def _balance_weights(self) -> None:
        try:
            await self._balance.run()
        finally:
            await self._fetcher.close()

    def _pins(self) -> None:
        self._hub.dispatch.use_pins(parts.pins(self.config))

    def _fixed(self) -> None:
        self._hub.use_fixed(parts.fixed_difficulties(self.config))

    def _bans(self) -> None:
        self._listener.use_bans(parts.bans(self.config, self._clock.unix_ms()))


def _split_of(config: Config) -> tuple[RouterPolicy, float]:
    """All that the router is made of."""
    return parts.router_policy(config), parts.horizon_s(config)


def session_maker(config: Config) -> Callable[[int], DownstreamSession]:
    """Makes sessions, given the bits of the version that may be promised."""
    limits = parts.v1_limits(config)
    return lambda mask: V1Session(version_mask=mask, limits=limits, server_name="headframe")


def router_of(config: Config) -> tuple[Router, Horizon]:
    """The router and the meter it looks at."""
    span_s = parts.horizon_s(config)
    return Router(parts.router_policy(config), span_s), Horizon(span_s)
