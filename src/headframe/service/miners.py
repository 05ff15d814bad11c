"""All miners: those that the store knows and those that are here.

Responsible for: putting the two together, once for everybody who looks; filters, order and pages of the table.
Not responsible for: who is here (`gateway.census`), sums and rates (`store.worker_table`), charts (`service.history`).
Read next: `store.worker_table`.

Bound: MAX_WORKERS of the store, the newest, and as many live ones as there are sessions. A table is good for FRESH_S, or
for as long as keeps the making of tables at a twentieth of one core; who asks meanwhile waits for the one in the making.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from headframe.ledger.totals import WorkerKey
from headframe.net.clock import Clock
from headframe.service.as_views import best_difficulty, hashrates_view
from headframe.service.asking import in_thread
from headframe.service.miner_views import MinersView, MinerView, miner_alias, miner_key
from headframe.service.queries import MinersAsk
from headframe.service.refusals import Invalid, NotFound
from headframe.service.veil_text import shown
from headframe.service.views import Hashrates
from headframe.store.answers import WorkerRow
from headframe.store.rows import OTHERS
from headframe.store.worker_table import WorkerTable

FRESH_S: Final = 2.0
REST: Final = 20
"""A table that took a second to make is used for at least so many."""
MAX_PAGE: Final = 1_000
MANY: Final = 2_000
"""More are sorted in a thread."""
OFFLINE: Final = "offline"
_REMEDY: Final = "it may have been away for longer than miners are listed"
_NONE = Hashrates(0.0, 0.0, 0.0, 0.0, 0.0)
_WINDOWS: Final = frozenset(Hashrates.__struct_fields__)
_UNSORTABLE: Final = frozenset({"hashrate", "refusals"})
_SORTS: Final = (frozenset(MinerView.__struct_fields__) | _WINDOWS | {"reject_share"}) - _UNSORTABLE


class Live(Protocol):
    """What is known of a worker that is here (`gateway.census.LiveMiner`). Times are monotonic seconds."""

    state: str
    sessions: int
    sources: tuple[str, ...]
    pinned_to: str | None
    fixed_difficulty: float | None
    difficulty: float | None
    connected_since: float
    firmware: str
    device_class: str
    protocol: str
    accepted: int
    rejected: int
    refusals: dict[str, int]


class Known(msgspec.Struct, frozen=True):
    """Who a key is: `worker_id` 0 and `first_ms` None for one that never had a share on record."""

    key: str
    identity: str
    worker: str
    worker_id: int
    first_ms: int | None = None


class _Table(msgspec.Struct, frozen=True):
    now_ms: int
    good_until: float
    miners: list[MinerView]
    known: dict[str, Known]
    places: dict[str, int]
    states: dict[str, int]


class Miners:
    """See the module. `live` is asked on the event loop; what it returned is not changed any more. `pinned_to(identity,
    worker)` and `fixed_at(identity, worker)` must be callable from any thread."""

    def __init__(
        self,
        table: WorkerTable,
        live: Callable[[], Mapping[WorkerKey, Live]],
        pinned_to: Callable[[str, str], str | None],
        clock: Clock,
        fixed_at: Callable[[str, str], float | None] = lambda identity, worker: None,
    ) -> None:
        self._rows = table
        self._live = live
        self._pinned_to = pinned_to
        self._fixed_at = fixed_at
        self._clock = clock
        self._making = asyncio.Lock()
        self._table: _Table | None = None

    async def page(self, ask: MinersAsk) -> MinersView:
        """A page of those that match. Raises Invalid for an order that is none."""
        table = await self._fresh()
        if len(table.miners) <= MANY:
            return page_of(table.miners, ask, table.now_ms)
        return await in_thread(page_of, table.miners, ask, table.now_ms)

    async def one(self, key: str) -> MinerView:
        """Raises NotFound."""
        table = await self._fresh()
        place = table.places.get(key)
        if place is None:
            raise NotFound("there is no such miner", _REMEDY)
        return table.miners[place]

    async def known(self, key: str) -> Known:
        """Raises NotFound."""
        found = await self.some_known([key])
        if not found:
            raise NotFound("there is no such miner", _REMEDY)
        return found[key]

    async def some_known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Those of these keys that there are."""
        known = (await self._fresh()).known
        return {key: known[key] for key in keys if key in known}

    def known_now(self, key: str) -> WorkerKey | None:
        """(identity, worker) of a key in the last table; nothing is asked."""
        found = self._table.known.get(key) if self._table is not None else None
        return (found.identity, found.worker) if found is not None else None

    async def states(self) -> dict[str, int]:
        """How many there are in each state."""
        return (await self._fresh()).states

    async def _fresh(self) -> _Table:
        async with self._making:
            now = self._clock.monotonic()
            if self._table is None or now >= self._table.good_until:
                self._table = await in_thread(self._make, self._live(), now, self._clock.unix_ms())
            return self._table

    def _make(self, live: Mapping[WorkerKey, Live], now: float, now_ms: int) -> _Table:
        here = dict(live)
        miners: list[MinerView] = []
        known: dict[str, Known] = {}
        rows: list[WorkerRow | None] = [*self._rows.rows(now_ms)]
        keys = [(row.identity, row.worker) for row in rows if row is not None]
        unseen = [key for key in here if key not in set(keys)]
        for (identity, worker), row in zip([*keys, *unseen], [*rows, *[None] * len(unseen)], strict=True):
            if (identity, worker) == OTHERS:
                continue
            worker_id, first_ms = (row.worker_id, row.first_ms or None) if row is not None else (0, None)
            who = Known(miner_key(identity, worker), identity, worker, worker_id, first_ms)
            known[who.key] = who
            miners.append(self._view(who, row, here.get((identity, worker)), now, now_ms))
        miners.sort(key=lambda miner: miner.key)
        took_s = self._clock.monotonic() - now
        return _Table(
            now_ms,
            now + max(FRESH_S, REST * took_s),
            miners,
            known,
            {miner.key: place for place, miner in enumerate(miners)},
            dict(Counter(miner.state for miner in miners)),
        )

    def _view(self, who: Known, row: WorkerRow | None, live: Live | None, now: float, now_ms: int) -> MinerView:
        recorded = row if row is not None and (row.accepted or row.rejected) else None
        return MinerView(
            key=who.key,
            alias=shown(miner_alias(who.identity, who.worker)),
            identity=who.identity,
            worker=who.worker,
            state=live.state if live is not None else OFFLINE,
            sessions=live.sessions if live is not None else 0,
            sources=live.sources if live is not None else (),
            pinned_to=live.pinned_to if live is not None else self._pinned_to(who.identity, who.worker),
            hashrate=hashrates_view(row.rates) if row is not None else _NONE,
            difficulty=live.difficulty if live is not None else None,
            accepted=recorded.accepted if recorded is not None else 0,
            rejected=recorded.rejected if recorded is not None else 0,
            refusals=recorded.reasons if recorded is not None else {},
            best_difficulty_today=best_difficulty(row.best_today) if row is not None else None,
            best_difficulty=best_difficulty(row.best) if row is not None else None,
            first_seen_ms=(row.first_ms or None) if row is not None else None,
            last_share_ms=(row.last_ms or None) if row is not None else None,
            connected_ms=now_ms - int((now - live.connected_since) * 1000) if live is not None else None,
            firmware=live.firmware if live is not None else "",
            device_class=live.device_class if live is not None else "",
            protocol=live.protocol if live is not None else "",
            fixed_difficulty=live.fixed_difficulty if live is not None else self._fixed_at(who.identity, who.worker),
        )


def page_of(miners: Sequence[MinerView], ask: MinersAsk, now_ms: int) -> MinersView:
    """The page that is asked for, of these miners. Raises Invalid for an order that is none."""
    if ask.sort not in _SORTS:
        raise Invalid(f"miners cannot be sorted by {ask.sort[:40]!r}", f"sort by one of {', '.join(sorted(_SORTS))}")
    found = [miner for miner in miners if _matches(miner, ask)]
    named = ask.sort in ("identity", "worker") and not ask.private
    found = in_order(found, "alias" if named else ask.sort, descending=ask.descending)
    start = max(0, ask.offset)
    return MinersView(
        now_ms=now_ms,
        total=len(miners),
        matching=len(found),
        miners=tuple(found[start : start + max(0, min(ask.limit, MAX_PAGE))]),
        states=dict(Counter(miner.state for miner in miners)),
        sources=dict(Counter(source for miner in miners for source in miner.sources)),
        firmwares=dict(Counter(miner.firmware for miner in miners if miner.firmware)),
    )


def in_order(miners: Sequence[MinerView], sort: str, *, descending: bool) -> list[MinerView]:
    """By a field or a window of the hashrate; unknown ones last either way, equal ones by key."""
    told: list[tuple[Any, MinerView]] = []
    untold: list[MinerView] = []
    for miner in sorted(miners, key=lambda each: each.key):
        value = getattr(miner.hashrate if sort in _WINDOWS else miner, sort)
        if value is None or value == "" or value == ():
            untold.append(miner)
        else:
            told.append((value.casefold() if isinstance(value, str) else value, miner))
    told.sort(key=lambda pair: pair[0], reverse=descending)
    return [*(miner for _, miner in told), *untold]


def _matches(miner: MinerView, ask: MinersAsk) -> bool:
    if ask.states and miner.state not in ask.states:
        return False
    if ask.sources and not any(source in ask.sources for source in miner.sources):
        return False
    if ask.firmwares and miner.firmware not in ask.firmwares:
        return False
    text = ask.text.casefold()
    looked_in = (miner.alias, miner.firmware, *((miner.identity, miner.worker) if ask.private else ()))
    return not text or any(text in each.casefold() for each in looked_in)
