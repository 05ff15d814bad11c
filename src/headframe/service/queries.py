"""All that a face may ask.

Responsible for: the questions, as interfaces; answers are `service.views` and its neighbours.
Not responsible for: how a face shows them; commands that change something (`service.commands`); what who may see
(`service.veil`).
Read next: `service.operator` (the implementation).
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from headframe.service.balance_views import BalanceView
from headframe.service.history_views import (
    ActivityView,
    BestShare,
    BlocksView,
    CurrentJob,
    Dashboard,
    HashrateSeries,
    NetworkView,
    Shaft,
    SourceHistory,
)
from headframe.service.miner_views import BanView, MinerDetail, MinersView, MoveView
from headframe.service.views import BlockView, Overview, SessionView, WorkerView


class Queries(Protocol):
    """Read-only questions; each answer is a frozen snapshot. None blocks the loop for long."""

    def overview(self) -> Overview: ...

    def sessions(self, offset: int = 0, limit: int | None = None) -> Sequence[SessionView]:
        """There may be ten thousand: faces ask for so many."""
        ...

    def workers(self) -> Sequence[WorkerView]: ...

    def blocks(self, limit: int = 100) -> Sequence[BlockView]: ...

    def healthy(self) -> tuple[bool, Sequence[str]]:
        """Whether miners get work now, and if not, why (for /healthz)."""
        ...


class MinersAsk(msgspec.Struct, frozen=True):
    """Which miners, in which order. Filters are empty for all; `text` is looked for in aliases and firmware. `sort` is a
    field of `MinerView`, or a window of its hashrate ("h1h"); unknown values sort last either way. `private`: look in
    identities too (or else what is found would tell whose a miner is); for those who may see them."""

    text: str = ""
    states: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    firmwares: tuple[str, ...] = ()
    sort: str = "h1h"
    descending: bool = True
    offset: int = 0
    limit: int = 100
    private: bool = False


class CockpitQueries(Queries, Protocol):
    """What the cockpit asks besides. Those that are `async` ask the store in a thread. Answers hold everything;
    `service.veil` takes out what the asker may not see. Raise `service.refusals.NotFound` for what is not there."""

    def dashboard(self) -> Dashboard: ...

    def shaft(self) -> Shaft: ...

    async def miners(self, ask: MinersAsk) -> MinersView: ...

    async def miner(self, key: str) -> MinerDetail: ...

    async def sparklines(self, keys: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
        """Hashrate of the last 24 hours of each of these miners (at most 200), by the hour; None while it is unknown."""
        ...

    async def hashrate(self, span: str, *, key: str = "", source: str = "", by_source: bool = False) -> HashrateSeries:
        """Of all, of one miner, or of one source; `span` is one of `history_views.RANGES`."""
        ...

    async def best_shares(self, period: str, limit: int = 100) -> Sequence[BestShare]:
        """One per miner, best first; `period` is day (the current UTC day) or all."""
        ...

    def current_job(self, source: str = "") -> CurrentJob | None:
        """Of this source; without one that of our own node, where one is used, else of the pool that is wanted most."""
        ...

    async def found_blocks(self, offset: int = 0, limit: int = 50) -> BlocksView: ...

    async def source_history(self, name: str, span: str) -> SourceHistory: ...

    def networks(self) -> Sequence[NetworkView]: ...

    def balance(self) -> BalanceView: ...

    def activity(self, limit: int = 100) -> Sequence[ActivityView]:
        """The latest, newest first."""
        ...

    def moves(self, limit: int = 100) -> Sequence[MoveView]: ...

    def bans(self) -> Sequence[BanView]: ...
