"""The names we submit under.

Responsible for: which upstream user a miner's share goes up as, on one connection; learning that a pool takes one name only.
Not responsible for: asking the pool (`sources.pool.connection`), the template (`sources.pool.settings`).
Read next: `sources.pool.connection`.

A worker goes up under its own name once the pool has authorised it on this connection, and under the main name until
then. A pool that refuses a second name, or a share because of its name, gets the main name only from then on; that is
known of the source, so the next connection does not try again.
"""

import re
from dataclasses import dataclass

from headframe.sources.pool.settings import PoolSettings

MAX_NAMES = 1000
"""Names authorised on one connection; further workers go up under the main name."""

UNAUTHORIZED = 24

_OF_A_NAME = re.compile(r"worker|unauthori[sz]ed|not authori[sz]ed|user", re.IGNORECASE)


@dataclass(slots=True)
class NameLore:
    """What a source knows of its pool's ways with names. `only` is why it takes but one; "" while it may take more."""

    only: str = ""


class Names:
    """Of one connection. Mutable; bounded by MAX_NAMES."""

    def __init__(self, settings: PoolSettings, lore: NameLore) -> None:
        self._settings = settings
        self._lore = lore
        self._main = settings.main_user
        self._asked: dict[int, str] = {}
        self._known: dict[str, bool] = {self._main: True}
        self._by_worker: dict[str, str] = {}

    @property
    def main(self) -> str:
        return self._main

    def user_of(self, worker: str) -> tuple[str, str]:
        """(name to submit under now, name to have authorised first or "")."""
        if self._lore.only:
            return self._main, ""
        name = self._by_worker.get(worker)
        if name is None:
            name = self._settings.user_for(worker)
            if len(self._by_worker) < MAX_NAMES:
                self._by_worker[worker] = name
        known = self._known.get(name)
        if known:
            return name, ""
        ask = known is None and len(self._known) < MAX_NAMES
        return self._main, name if ask else ""

    def asking(self, token: int, name: str) -> None:
        """The pool is being asked about this name."""
        self._known[name] = False
        self._asked[token] = name

    def authorized(self, token: int) -> None:
        name = self._asked.pop(token, None)
        if name is not None:
            self._known[name] = True

    def refused(self, token: int, reason: str) -> bool:
        """The pool does not take the name asked for with this token; True when that is news."""
        return self._asked.pop(token, None) is not None and self._learn(reason)

    def share_refused(self, name: str, code: int, reason: str) -> bool:
        """A share went up under this name and came back; True when the name seems to be why, and that is news."""
        of_the_name = code == UNAUTHORIZED or _OF_A_NAME.search(reason) is not None
        return name != self._main and of_the_name and self._learn(reason)

    def _learn(self, reason: str) -> bool:
        news = not self._lore.only
        self._lore.only = self._lore.only or reason or "it gives no reason"
        return news
