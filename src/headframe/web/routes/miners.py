"""Miners and their sessions.

Responsible for: these routes.
Not responsible for: who mines (`service.floor`), acting (`service.commands`).
Read next: `service.queries`.
"""

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from headframe.service.history_views import HashrateSeries
from headframe.service.miner_views import BanView, MinerDetail, MinersView, WireLog
from headframe.service.permissions import Permission
from headframe.service.queries import MinersAsk
from headframe.service.refusals import NotAllowed
from headframe.service.settings_views import ChangeResult, ManyResult
from headframe.service.views import SessionView
from headframe.web.answers import done
from headframe.web.areas import Area
from headframe.web.bodies import (
    BanBody,
    BanManyBody,
    DifficultyBody,
    DifficultyOfManyBody,
    Limit,
    MinersBody,
    Name,
    Offset,
    PinBody,
    PinManyBody,
    Span,
)
from headframe.web.visitor import Asker

area = Area("miners")

Sort = Literal[
    "alias", "identity", "worker", "state", "sessions", "h1m", "h5m", "h1h", "h24h", "h7d", "difficulty", "accepted",
    "rejected", "reject_share", "best_difficulty_today", "best_difficulty", "first_seen_ms", "last_share_ms",
    "connected_ms", "firmware", "device_class", "protocol",
]  # fmt: skip
HIDDEN_FROM_VISITORS = frozenset({"identity", "worker", "firmware", "device_class"})
"""To sort or filter by them would tell what they are."""
Filter = Annotated[list[Annotated[str, Query(max_length=128)]], Query(max_length=50)]
MAX_SPARKLINES = 200


@area.get("/workers", MinersView)
async def workers(
    asker: Asker,
    text: Annotated[str, Query(max_length=128)] = "",
    states: Filter = [],  # noqa: B006 - FastAPI copies it
    sources: Filter = [],  # noqa: B006
    firmwares: Filter = [],  # noqa: B006
    sort: Sort = "h1h",
    descending: bool = True,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Response:
    """A page of miners. Filters can be given several times; `sort` by a field or a window of the hashrate."""
    if asker.actor is None and (text or firmwares or sort in HIDDEN_FROM_VISITORS):
        raise NotAllowed("visitors see miners by alias only", "sign in to look for names and firmware")
    private = asker.actor is not None and asker.actor.may(Permission.VIEW_PRIVATE)
    ask = MinersAsk(text, tuple(states), tuple(sources), tuple(firmwares), sort, descending, offset, limit, private)
    return await asker.say(await asker.parts.queries.miners(ask))


@area.get("/workers/sparklines", dict[str, tuple[float | None, ...]])
async def sparklines(
    asker: Asker,
    key: Annotated[list[Annotated[str, Query(max_length=64)]], Query(max_length=MAX_SPARKLINES)] = [],  # noqa: B006
) -> Response:
    """Hashrate of these miners over 24 hours, by the hour, null before their first share; at most 200 at a time."""
    return await asker.say(await asker.parts.queries.sparklines(key))


@area.get("/workers/{key}", MinerDetail)
async def worker(asker: Asker, key: Name) -> Response:
    """All about one miner."""
    return await asker.say(await asker.parts.queries.miner(key))


@area.get("/workers/{key}/hashrate", HashrateSeries)
async def hashrate(asker: Asker, key: Name, span: Span = "24h") -> Response:
    """The hashrate of one miner over time."""
    return await asker.say(await asker.parts.queries.hashrate(span, key=key))


@area.put("/workers/{key}/pin", ChangeResult)
async def pin(asker: Asker, key: Name, body: PinBody) -> Response:
    """Keep a miner on one source; null lets it go."""
    return asker.plainly(await asker.parts.commands.pin(asker.somebody, key, body.source))


@area.put("/workers/{key}/difficulty", ChangeResult)
async def difficulty(asker: Asker, key: Name, body: DifficultyBody) -> Response:
    """Fix the difficulty of a miner, in all its sessions and after a restart; null makes it automatic again."""
    return asker.plainly(await asker.parts.commands.fix_difficulty(asker.somebody, key, body.difficulty))


@area.post("/acts/pin", ManyResult)
async def pin_many(asker: Asker, body: PinManyBody) -> Response:
    """Keep up to 200 miners on one source, as one change; null lets them go."""
    return asker.plainly(await asker.parts.commands.pin_many(asker.somebody, body.keys, body.source))


@area.post("/acts/difficulty", ManyResult)
async def difficulty_of_many(asker: Asker, body: DifficultyOfManyBody) -> Response:
    """Fix the difficulty of up to 200 miners, as one change; null makes it automatic again."""
    commands = asker.parts.commands
    return asker.plainly(await commands.fix_difficulty_of_many(asker.somebody, body.keys, body.difficulty))


@area.post("/acts/disconnect", ManyResult)
async def disconnect_many(asker: Asker, body: MinersBody) -> Response:
    """Close all connections of up to 200 miners; they connect again by themselves."""
    return asker.plainly(await asker.parts.commands.disconnect_many(asker.somebody, body.keys))


@area.post("/acts/ban", ManyResult)
async def ban_many(asker: Asker, body: BanManyBody) -> Response:
    """Refuse connections from the addresses of up to 200 miners for a while, as one change, and close those there are."""
    return asker.plainly(await asker.parts.commands.ban_many(asker.somebody, body.keys, body.seconds))


@area.get("/sessions", tuple[SessionView, ...])
async def sessions(asker: Asker, offset: Offset = 0, limit: Limit = 1000) -> Response:
    """Connections of miners, oldest first."""
    return await asker.say(tuple(asker.parts.queries.sessions(offset, limit)))


@area.delete("/sessions/{id}")
async def disconnect(asker: Asker, id: Name) -> Response:  # noqa: A002
    """Close a connection; the miner connects again by itself."""
    await asker.parts.commands.disconnect(asker.somebody, id)
    return done()


@area.get("/sessions/{id}/wire", WireLog)
async def wire(asker: Asker, id: Name) -> Response:  # noqa: A002
    """What is said on a connection. Asking begins to watch, and goes on watching for five minutes."""
    return asker.plainly(await asker.parts.commands.watch(asker.somebody, id))


@area.get("/bans", tuple[BanView, ...])
async def bans(asker: Asker) -> Response:
    """Addresses from which nobody may connect now."""
    return await asker.say(tuple(asker.parts.queries.bans()))


@area.post("/bans", ChangeResult)
async def ban(asker: Asker, body: BanBody) -> Response:
    """Refuse connections from an address for a while, also after a restart, and close those there are."""
    return asker.plainly(await asker.parts.commands.ban(asker.somebody, body.address, body.seconds))


@area.delete("/bans/{address}")
async def unban(asker: Asker, address: Name) -> Response:
    """Let an address connect again."""
    await asker.parts.commands.unban(asker.somebody, address)
    return done()
