"""The numbers of the strip.

Responsible for: gathering what takes a thread, at most every EVERY_S and only while somebody looks; answering at once
from what was gathered last.
Not responsible for: the numbers themselves (`store.past`, `service.effort`, `service.networks`).
Read next: docs/flows/cockpit-numbers.md.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from headframe.mining.template import Template
from headframe.net.clock import Clock
from headframe.service import effort
from headframe.service.as_views import hashrates_view
from headframe.service.asking import in_thread
from headframe.service.current_job import transactions_weight
from headframe.service.earnings import Prospect, earned, expected, needed_of
from headframe.service.history import best_share
from headframe.service.history_views import BestShare, Dashboard
from headframe.service.miners import Miners
from headframe.service.networks import Networks
from headframe.service.refusals import Unavailable
from headframe.store.answers import Counts, RewardSum
from headframe.store.fold import StoreWriter
from headframe.store.past import Past

EVERY_S: Final = 5.0
_FIVE_MINUTES_S: Final = 300
_DAY_S: Final = 86_400


class _Gathered(msgspec.Struct, frozen=True):
    """What the last look found; nothing before the first."""

    last_5m: Counts = Counts(0, {})
    last_24h: Counts = Counts(0, {})
    best_today: BestShare | None = None
    best_ever: BestShare | None = None
    states: Mapping[str, int] = {}
    rewards: Sequence[RewardSum] = ()
    prospects: Mapping[str, Prospect] = {}
    first_share_ms: int | None = None


class DashboardDesk:
    """See the module. Belongs to the event loop. `prospects`: what the work of each source promises."""

    def __init__(
        self,
        past: Past,
        miners: Miners,
        writer: StoreWriter,
        networks: Networks,
        prospects: Callable[[], Mapping[str, Prospect]],
        clock: Clock,
    ) -> None:
        self._past = past
        self._miners = miners
        self._writer = writer
        self._networks = networks
        self._prospects = prospects
        self._clock = clock
        self._last = _Gathered()
        self._asked = asyncio.Event()
        self._template: Template | None = None
        self._weighed: Template | None = None
        self._weight: int | None = None

    def view(self) -> Dashboard:
        """At most about EVERY_S old in what takes a thread; its hashrates are of the last fold."""
        self._asked.set()
        last, snapshot = self._last, self._writer.snapshot()
        hashrates = {name: rates.h1h for name, rates in snapshot.source_rates.items()}
        return Dashboard(
            now_ms=self._clock.unix_ms(),
            hashrate=hashrates_view(snapshot.rates),
            shares_5m=last.last_5m.accepted,
            accepted_24h=last.last_24h.accepted,
            rejected_24h=last.last_24h.rejected,
            best_today=last.best_today,
            best_ever=last.best_ever,
            chance=effort.chance(hashrates, needed_of(last.prospects)),
            networks=self._networks.views(),
            miners=dict(last.states),
            first_share_ms=last.first_share_ms,
            earned=earned(last.rewards, {name: each.chain for name, each in last.prospects.items()}),
            expected=expected(hashrates, last.prospects, snapshot.sums.sources),
        )

    def weight(self, template: Template) -> int | None:
        """Of its transactions; None until the next look has weighed them."""
        self._template = template
        self._asked.set()
        return self._weight if self._weighed is template else None

    async def run(self) -> None:
        """Gather, once at first and then whenever somebody asked, until cancelled."""
        while True:
            self._asked.clear()
            with contextlib.suppress(Unavailable):  # what was gathered last stays; attention says what is wrong
                await self.gather()
            await asyncio.sleep(EVERY_S)
            await self._asked.wait()

    async def gather(self) -> None:
        """One look."""
        prospects, states = self._prospects(), await self._miners.states()
        template = self._template if self._template is not self._weighed else None
        self._last = await in_thread(self._read, prospects, states)
        if template is not None:
            self._weight = await in_thread(_weight_of, template)
            self._weighed = template

    def _read(self, prospects: Mapping[str, Prospect], states: Mapping[str, int]) -> _Gathered:
        now_ms = self._clock.unix_ms()
        now_s = now_ms // 1000
        today = self._past.best(now_ms, 1, today=True)
        ever = self._past.best(now_ms, 1, today=False)
        return _Gathered(
            self._past.counts(now_s - _FIVE_MINUTES_S),
            self._past.counts(now_s - _DAY_S),
            best_share(today[0], today=True) if today else None,
            best_share(ever[0], today=False) if ever else None,
            states,
            self._past.rewards(),
            prospects,
            self._past.first_share_ms(),
        )


def _weight_of(template: Template) -> int | None:
    try:
        return transactions_weight(template.transactions)
    except ValueError:
        return None  # a node of other rules: its blocks are its own affair
