"""What the web is handed.

Responsible for: the parts as one value.
Not responsible for: making them (`app`).
Read next: `web.pages`, which gives them to the areas.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from headframe.service.accounts import Accounts
from headframe.service.commands import Commands
from headframe.service.feed import Feed
from headframe.service.logbook import Logbook
from headframe.service.queries import CockpitQueries
from headframe.service.setup import ConnectView, SetupDoor
from headframe.service.web_settings import WebSettings


class Clock(Protocol):
    """`net.clock`, which the web may not see: seconds that only go forward, and Unix milliseconds."""

    def monotonic(self) -> float: ...

    def unix_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """Something that renders itself: the media type, and the body as it is now."""

    media_type: str
    body: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class WebParts:
    """Everything that the web answers from. `connect` and `settings` are asked each time: both can change. `hostnames`
    are names of this machine, under which browsers may ask besides IP addresses, names without a dot and the origin."""

    queries: CockpitQueries
    commands: Commands
    accounts: Accounts
    feed: Feed
    logbook: Logbook
    setup: SetupDoor
    connect: Callable[[], ConnectView]
    settings: Callable[[], WebSettings]
    metrics: Rendered
    clock: Clock
    hostnames: tuple[str, ...] = ()
