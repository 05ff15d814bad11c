"""The overview as it is now, encoded once for everybody who asks for it.

Responsible for: keeping the bytes per audience for half a second.
Not responsible for: what is in it.
Read next: `web.routes.events`.
"""

import msgspec

from headframe.service.veil import Audience, veiled
from headframe.web.doors import WebParts
from headframe.web.shapes import Everything

FRESH_S = 0.5


class Moment:
    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._kept: dict[Audience, tuple[float, bytes]] = {}

    def overview(self, audience: Audience) -> bytes:
        """At most `FRESH_S` old. One entry per audience."""
        now = self._parts.clock.monotonic()
        at, body = self._kept.get(audience, (now - FRESH_S - 1, b""))
        if now - at > FRESH_S:
            queries = self._parts.queries
            body = msgspec.json.encode(veiled(Everything(queries.overview(), queries.dashboard()), audience))
            self._kept[audience] = (now, body)
        return body

    def forget(self) -> None:
        """Something was changed: the next answer is made anew."""
        self._kept.clear()
