"""What an asker may not see is taken out of an answer.

Responsible for: the audiences, and `veiled`, one pure function over every view.
Not responsible for: who belongs to which audience, and which questions an audience may ask at all (`web`).
Read next: `service.veil_text`.

    private   everything
    viewer    no peers; identities shortened; no raw coinbase; nothing that says who did what
    workers   visitors who may see workers: aliases instead of names; no sessions, firmware, endpoints or trouble
    totals    visitors who may see sums: nobody and no source by name

It is safe by construction: every text of a veiled answer goes through `redacted`, also in fields that are added later.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

import msgspec

from headframe.service.history_views import ActivityView, Flow, HashrateSeries, Shaft
from headframe.service.miner_views import MinerDetail, MinersView, miner_alias
from headframe.service.veil_text import redacted, short_identity
from headframe.service.views import BlockView, NoteView, Overview, SourceView, Totals, WorkerView

T = TypeVar("T")


class Audience(Enum):
    """Who looks; all of one audience are told the same."""

    PRIVATE = "private"
    VIEWER = "viewer"
    WORKERS = "workers"
    TOTALS = "totals"


VISITORS: Final = frozenset({Audience.WORKERS, Audience.TOTALS})

_HIDDEN: Final = object()
"""In place of something that is not to be seen at all; sequences leave it out."""

_EMPTIED: Final[Mapping[Audience, frozenset[str]]] = {
    Audience.VIEWER: frozenset({"peer", "listen", "web", "coinbase_hex", "script_hex"}),
    Audience.WORKERS: frozenset(
        {"peer", "listen", "web", "coinbase_hex", "identity", "session_id", "user_agent", "firmware", "device_class"}
        | {"endpoint", "remedy", "notes", "attention", "explanation", "workers", "firmwares", "upstream", "outputs"}
        | {"worker", "earned", "expected"}
    ),
    Audience.TOTALS: frozenset(
        {"peer", "listen", "web", "coinbase_hex", "identity", "session_id", "user_agent", "firmware", "device_class"}
        | {"endpoint", "remedy", "notes", "attention", "explanation", "workers", "firmwares", "upstream", "outputs"}
        | {"alias", "key", "worker", "source", "from_source", "to_source", "sources", "by_source", "pinned_to"}
        | {"blocks_by_source", "refusals", "refused", "tag", "earned", "expected"}
    ),
}
"""Fields by name that an audience gets empty (of whatever type they are)."""

_SHORT: Final = frozenset({"identity", "address"})

_ACTIVITY: Final[Mapping[Audience, frozenset[str]]] = {
    Audience.VIEWER: frozenset({"session", "move", "source", "job", "block", "alert"}),
    Audience.WORKERS: frozenset({"session", "move", "source", "job", "block"}),
    Audience.TOTALS: frozenset({"block"}),
}
_FIELDS_OF_ACTIVITY: Final[Mapping[Audience, frozenset[str]]] = {
    Audience.WORKERS: frozenset(
        {"key", "alias", "source", "to", "height", "clean", "outcome", "block_hash", "confirmations", "count", "kind"}
    ),
    Audience.TOTALS: frozenset({"height", "outcome", "block_hash", "confirmations", "count", "kind"}),
}
_PEERS_OF_ACTIVITY: Final = frozenset({"peer", "address", "actor", "session", "session_id"})


def veiled(view: T, audience: Audience) -> T:
    """`view` (a struct, or a tuple, list or dict of them) as `audience` may see it. What may not be seen at all is left out
    of sequences; `None` where it was all that was asked for."""
    if audience is Audience.PRIVATE:
        return view
    found = _veil(view, audience)
    return None if found is _HIDDEN else found  # type: ignore[return-value]


def _veil(value: Any, audience: Audience) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, msgspec.Struct):
        special = _SPECIAL.get(type(value))
        return special(value, audience) if special is not None else _fields(value, audience)
    if isinstance(value, tuple | list):
        found = (_veil(one, audience) for one in value)
        return type(value)(one for one in found if one is not _HIDDEN)
    if isinstance(value, dict):
        return {
            redacted(key) if isinstance(key, str) else key: one
            for key, one in ((key, _veil(one, audience)) for key, one in value.items())
            if one is not _HIDDEN
        }
    return value


def _fields(view: msgspec.Struct, audience: Audience, **given: Any) -> Any:
    """Each field by its name, else by what it is; `given` has its way."""
    emptied = _EMPTIED[audience]
    changed: dict[str, Any] = {}
    for name in view.__struct_fields__:
        value = getattr(view, name)
        if name in given:
            changed[name] = given[name]
        elif name in emptied:
            changed[name] = _empty(value)
        elif name in _SHORT and isinstance(value, str):
            changed[name] = short_identity(value)
        elif isinstance(value, str | tuple | list | dict | msgspec.Struct):
            changed[name] = _veil(value, audience)
    return msgspec.structs.replace(view, **changed)


def _empty(value: Any) -> Any:
    return type(value)() if isinstance(value, str | tuple | list | dict) else None


def _by_alias(view: Any, audience: Audience) -> Any:
    """What names a worker and has no alias."""
    if audience is Audience.TOTALS:
        return _fields(view, audience)
    return _fields(view, audience, worker=redacted(miner_alias(view.identity, view.worker)))


def _overview(view: Overview, audience: Audience) -> Any:
    if audience is not Audience.TOTALS:
        return _fields(view, audience)
    return _fields(view, audience, moves=())


def _source(view: SourceView, audience: Audience) -> Any:
    return _fields(view, audience, reason="") if audience in VISITORS else _fields(view, audience)


def _totals(view: Totals, audience: Audience) -> Any:
    return _fields(view, audience, upstream={}) if audience in VISITORS else _fields(view, audience)


def _miners(view: MinersView, audience: Audience) -> Any:
    return _fields(view, audience, miners=()) if audience is Audience.TOTALS else _fields(view, audience)


def _detail(view: MinerDetail, audience: Audience) -> Any:
    if audience is Audience.TOTALS:
        return _HIDDEN
    return _fields(view, audience, sessions=()) if audience is Audience.WORKERS else _fields(view, audience)


def _shaft(view: Shaft, audience: Audience) -> Any:
    if audience is not Audience.TOTALS:
        return _fields(view, audience)
    rate = sum(flow.hashrate or 0.0 for flow in view.flows)
    miners = len({flow.key for flow in view.flows if flow.key}) + sum(
        flow.miners for flow in view.flows if not flow.key
    )
    return Shaft(view.now_ms, (Flow("", "", "", rate or None, miners),) if view.flows else ())


def _series(view: HashrateSeries, audience: Audience) -> Any:
    return _fields(view, audience, best=()) if audience is Audience.TOTALS else _fields(view, audience)


def _note(view: NoteView, audience: Audience) -> Any:
    return _HIDDEN if audience in VISITORS else _fields(view, audience)


def _activity(view: ActivityView, audience: Audience) -> Any:
    if view.kind not in _ACTIVITY[audience]:
        return _HIDDEN
    allowed = _FIELDS_OF_ACTIVITY.get(audience)
    fields: dict[str, Any] = {}
    for name, value in view.fields.items():
        if name in _PEERS_OF_ACTIVITY or (allowed is not None and name not in allowed):
            continue
        if name == "worker" and isinstance(value, str):
            value = miner_alias(str(view.fields.get("identity") or ""), value)
        fields[redacted(name)] = (
            short_identity(value) if name == "identity" and isinstance(value, str) else _veil(value, audience)
        )
    return ActivityView(redacted(view.id), view.time_ms, view.kind, redacted(view.name), fields)


_SPECIAL: Final[Mapping[type, Callable[[Any, Audience], Any]]] = {
    ActivityView: _activity,
    BlockView: _by_alias,
    HashrateSeries: _series,
    MinerDetail: _detail,
    MinersView: _miners,
    NoteView: _note,
    Overview: _overview,
    Shaft: _shaft,
    SourceView: _source,
    Totals: _totals,
    WorkerView: _by_alias,
}
