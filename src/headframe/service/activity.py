"""From what the hub logs to what people are told.

Responsible for: which events of the hub are activity, of which kind, and with which fields.
Not responsible for: keeping and sending it (`service.feed`), the log (`cli.logs`).
Read next: `service.feed`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from headframe.service.feed import Feed
from headframe.service.miner_views import miner_alias, miner_key

Log = Callable[..., None]

_KINDS: Final[Mapping[str, str]] = {
    "session_opened": "session",
    "session_closed": "session",
    "session_moved": "move",
    "source_up": "source",
    "source_down": "source",
    "source_note": "source",
    "lane_lost": "source",
    "job_ready": "job",
    "block_found": "block",
    "block_settled": "block",
    "pool_refuses": "alert",
    "nobody_takes": "alert",
    "journal_unavailable": "alert",
    "journal_available": "alert",
    "bug": "alert",
}


class HubListener:
    """Takes the place of the hub's log: tells the feed what people want to know, and the log everything."""

    def __init__(self, feed: Feed, log: Log) -> None:
        self._feed = feed
        self._log = log

    def __call__(self, event: str, /, **fields: object) -> None:
        self._log(event, **fields)
        kind = _KINDS.get(event)
        if kind is None or (event == "job_ready" and not fields.get("clean")):
            return  # a job within a block is no news
        if not self._feed.takes(kind):
            self._feed.publish(kind, event)  # only counted: ten thousand miners that come back are one line
            return
        identity, worker = fields.get("identity"), fields.get("worker")
        if isinstance(identity, str) and isinstance(worker, str) and (identity or worker):
            fields |= {"key": miner_key(identity, worker), "alias": miner_alias(identity, worker)}
        self._feed.publish(kind, event, **fields)
