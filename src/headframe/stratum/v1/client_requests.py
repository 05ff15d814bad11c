"""What we asked a pool and it has not answered yet.

Responsible for: our request ids, and finding the request that a reply belongs to, whatever id it carries.
Not responsible for: what a reply means (`stratum.v1.client`).
Read next: `stratum.v1.client`.

Bounds: so many open submits and so many other requests; beyond either, the oldest of its kind is pushed out.
"""

from enum import Enum


class Kind(Enum):
    CONFIGURE = "configure"
    SUBSCRIBE = "subscribe"
    AUTHORIZE = "authorize"
    SUBMIT = "submit"
    PING = "ping"
    OTHER = "other"
    """asked for, whatever the answer"""


OFTEN_UNANSWERED = frozenset({Kind.CONFIGURE, Kind.PING, Kind.OTHER})

ECHOES_AFTER = 2
"""So many submits answered by their own id show that the pool echoes ids (one may be chance, where the id is constant)."""


class Requests:
    """Open requests, oldest first. Ids count up from 1 and are never used twice.

    Most pools echo the id, in any order. Some answer everything, or every submit, with the same id or with none; then
    the oldest open request that the reply can belong to is meant; what such a pool has passed over (it answered later
    requests) is not, if it is something that pools leave unanswered. Once a pool has shown that it echoes, a reply with an
    id that is not open belongs to nothing: it is late, or said twice.
    """

    __slots__ = ("_echoed", "_last_id", "_max_others", "_max_submits", "_newest_answered", "_others", "_submits")

    def __init__(self, max_submits: int, max_others: int) -> None:
        self._max_submits = max_submits
        self._max_others = max_others
        self._submits: dict[int, Kind] = {}
        self._others: dict[int, Kind] = {}
        self._last_id = 0
        self._echoed = 0
        self._newest_answered = 0

    @property
    def open_submits(self) -> tuple[int, ...]:
        return tuple(self._submits)

    @property
    def unsettled(self) -> int:
        return len(self._submits)

    def begin(self, kind: Kind) -> tuple[int, tuple[int, Kind] | None]:
        """A new request: its id, and the one that it pushes out, if any."""
        table, most = (self._submits, self._max_submits) if kind is Kind.SUBMIT else (self._others, self._max_others)
        pushed = None
        if len(table) >= most:
            oldest = next(iter(table))
            pushed = oldest, table.pop(oldest)
        self._last_id += 1
        table[self._last_id] = kind
        return self._last_id, pushed

    def kind_of(self, request_id: int) -> Kind | None:
        """What this open request asks; None when it is not open."""
        return self._submits.get(request_id) or self._others.get(request_id)

    def forget(self, request_id: int) -> bool:
        """Wait no longer for this one; False when it is not open."""
        return (self._submits.pop(request_id, None) or self._others.pop(request_id, None)) is not None

    def clear(self) -> None:
        self._submits.clear()
        self._others.clear()

    def settle(self, reply_id: int | None, result: object) -> tuple[int, Kind] | None:
        """The request that this reply answers, which is then open no longer; None when it answers nothing."""
        if reply_id is not None:
            kind = self.kind_of(reply_id)
            if kind is not None and fits(kind, result):
                if kind is Kind.SUBMIT:
                    self._echoed += 1
                return self._close(reply_id, kind)
        request = None if self._echoed >= ECHOES_AFTER else self._oldest_that_fits(result)
        return request and self._close(*request)

    def _close(self, request_id: int, kind: Kind) -> tuple[int, Kind]:
        self.forget(request_id)
        self._newest_answered = max(self._newest_answered, request_id)
        return request_id, kind

    def _oldest_that_fits(self, result: object) -> tuple[int, Kind] | None:
        # A configuration or a subscription is recognised by its shape before anything is guessed.
        for kind in (Kind.CONFIGURE, Kind.SUBSCRIBE):
            if _shows(kind, result):
                return next(((number, open_) for number, open_ in self._others.items() if open_ is kind), None)
        candidates = (
            next(((number, kind) for number, kind in table.items() if self._may_be_meant(number, kind, result)), None)
            for table in (self._submits, self._others)
        )
        return min((request for request in candidates if request is not None), default=None)

    def _may_be_meant(self, number: int, kind: Kind, result: object) -> bool:
        return fits(kind, result) and not (kind in OFTEN_UNANSWERED and number < self._newest_answered)


def fits(kind: Kind, result: object) -> bool:
    """Whether a reply with this result can answer a request of this kind. A refusal (null, false) can answer any."""
    if _shows(Kind.CONFIGURE, result):
        return kind is Kind.CONFIGURE
    if _shows(Kind.SUBSCRIBE, result):
        return kind in (Kind.SUBSCRIBE, Kind.OTHER)
    return not (result is True and kind is Kind.SUBSCRIBE)


def _shows(kind: Kind, result: object) -> bool:
    if kind is Kind.CONFIGURE:
        return isinstance(result, dict) and any(name.startswith("version-rolling") for name in result)
    return isinstance(result, list) and len(result) > 0
