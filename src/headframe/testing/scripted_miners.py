"""A made-up house of miners that looks alive: for pages and APIs that are tried without a server.

Responsible for: some miners, three sources, sessions, shares and moves that change with the time, the same for the same seed.
Not responsible for: being true; time beyond the last minutes (`testing.scripted_world`).
Read next: `testing.scripted_world`.
"""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from headframe.service.miner_views import MinerDetail, MinersView, MinerView, MoveView, ShareView, miner_key
from headframe.service.queries import MinersAsk
from headframe.service.refusals import NotFound
from headframe.service.views import Hashrates, SessionView

SOURCES = ("home", "ocean", "spare")
SHARES = (0.7, 0.3, 0.0)
FIRMWARES = ("bitaxe/BM1370/v2.9.0", "cgminer/4.11.1", "Antminer S19j Pro", "whatsminer/v1.1", "cpuminer-opt/24.4", "")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}${7*7}",
    "\u202egnp.exe",
    "a" * 120,
    "'; DROP TABLE miners;--",
    "\u0000\u0007bell",
    "👩‍🚀 日本語 مرحبا",
    "<svg/onload=alert(1)>",
    "__proto__",
    "../../etc/passwd",
)
PAYOUT = "bc1qexampleexampleexampleexampleexample0"


@dataclass(frozen=True, slots=True)
class Rig:
    """What one miner is like for ever."""

    number: int
    identity: str
    worker: str
    base: float
    source: str
    firmware: str
    offline: bool
    rejecting: bool
    pinned: str | None
    first_seen_ms: int

    @property
    def key(self) -> str:
        return miner_key(self.identity, self.worker)

    @property
    def alias(self) -> str:
        return self.worker or self.key[:6]

    @property
    def session_id(self) -> str:
        return f"{self.number:016x}"


def rigs(count: int, now_ms: int, *, hostile: bool = False, seed: int = 4) -> tuple[Rig, ...]:
    """`count` miners, most at the first source. With `hostile` a third has names that would like to be markup."""
    luck = random.Random(seed)
    made = []
    for number in range(count):
        worker = luck.choice(("bitaxe", "s19", "m50", "nerd", "gamma", "avalon")) + f"-{number:02d}"
        firmware = luck.choice(FIRMWARES)
        if hostile and number % 3 == 0:
            worker = HOSTILE[number // 3 % len(HOSTILE)] + ("" if number < 3 * len(HOSTILE) else str(number))
            firmware = HOSTILE[(number // 3 + 5) % len(HOSTILE)]
        made.append(
            Rig(
                number,
                PAYOUT + str(number % 3),
                worker if number % 17 != 16 else "",
                luck.choice((0.5e12, 1.2e12, 4.8e12, 100e12, 200e12)) * luck.uniform(0.9, 1.1),
                luck.choices(SOURCES, SHARES)[0],
                firmware,
                number % 11 == 7,
                number % 13 == 5,
                "ocean" if number % 19 == 3 else None,
                now_ms - luck.randrange(86_400_000, 200 * 86_400_000),
            )
        )
    return tuple(made)


class Rigs:
    """The rigs as views; made anew at most once a second."""

    def __init__(self, count: int, started_ms: int, *, hostile: bool = False) -> None:
        self.rigs = rigs(count, started_ms, hostile=hostile)
        self.started_ms = started_ms
        self._second = -1
        self._views: tuple[MinerView, ...] = ()
        self.pins: dict[str, str | None] = {}
        self.difficulties: dict[str, float | None] = {}
        self.gone: set[str] = set()

    def views(self, now_ms: int) -> tuple[MinerView, ...]:
        if now_ms // 1000 != self._second:
            self._second = now_ms // 1000
            self._views = tuple(self._view(rig, now_ms) for rig in self.rigs)
        return self._views

    def source_of(self, rig: Rig) -> str:
        return self.pins.get(rig.key, rig.pinned) or rig.source

    def rate(self, rig: Rig, at_s: float, window_s: float) -> float:
        """The measured hashrate: the longer the window the smoother."""
        if rig.offline or rig.session_id in self.gone:
            return 0.0
        shares = max(1.0, window_s / 12)
        noise = math.sin(at_s / 7 + rig.number * 2.3) + math.sin(at_s / 2.9 + rig.number)
        return max(0.0, rig.base * (1 + 0.5 * noise / math.sqrt(shares)))

    def _view(self, rig: Rig, now_ms: int) -> MinerView:
        now_s = now_ms / 1000
        live = not (rig.offline or rig.session_id in self.gone)
        aged_s = int(now_s) % 12 if live else 4000
        accepted = int((now_ms - self.started_ms) / 12_000) + 1000 + rig.number
        rejected = accepted // (7 if rig.rejecting else 300)
        rates = Hashrates(*(self.rate(rig, now_s, span) for span in (60, 300, 3600, 86_400, 604_800)))
        best = rig.base / 1e6 * (1 + rig.number % 7)
        return MinerView(
            key=rig.key,
            alias=rig.alias,
            identity=rig.identity,
            worker=rig.worker,
            state="offline" if not live else "rejecting" if rig.rejecting else "mining",
            sessions=int(live),
            sources=(self.source_of(rig),) if live else (),
            pinned_to=self.pins.get(rig.key, rig.pinned),
            hashrate=rates,
            difficulty=(self.difficulties.get(rig.key) or float(2 ** round(math.log2(rig.base * 12 / 2**32))))
            if live
            else None,
            accepted=accepted,
            rejected=rejected,
            refusals={"stale": rejected - rejected // 3, "above_target": rejected // 3},
            best_difficulty_today=best / 10 if live else None,
            best_difficulty=best,
            first_seen_ms=rig.first_seen_ms,
            last_share_ms=now_ms - aged_s * 1000,
            connected_ms=self.started_ms - rig.number * 60_000 if live else None,
            firmware=rig.firmware,
            device_class="bitaxe" if "bitaxe" in rig.firmware else "",
            protocol=("V1 TLS" if rig.number % 5 == 0 else "V1") if live else "",
            fixed_difficulty=self.difficulties.get(rig.key),
        )

    def page(self, ask: MinersAsk, now_ms: int) -> MinersView:
        """Filtered, sorted, cut."""
        every = self.views(now_ms)
        text = ask.text.lower()
        found = [
            one
            for one in every
            if (not text or text in f"{one.alias} {one.identity} {one.firmware}".lower())
            and (not ask.states or one.state in ask.states)
            and (not ask.sources or set(ask.sources) & set(one.sources))
            and (not ask.firmwares or one.firmware in ask.firmwares)
        ]
        known = [one for one in found if _value(one, ask.sort) is not None]
        known.sort(key=lambda one: _value(one, ask.sort), reverse=ask.descending)
        known += [one for one in found if _value(one, ask.sort) is None]
        return MinersView(
            now_ms,
            len(every),
            len(found),
            tuple(known[ask.offset : ask.offset + ask.limit]),
            _counted(one.state for one in every),
            _counted(source for one in every for source in one.sources),
            _counted(one.firmware for one in every),
        )

    def sessions(self, now_ms: int) -> tuple[SessionView, ...]:
        return tuple(
            self._session(rig, view, now_ms)
            for rig, view in zip(self.rigs, self.views(now_ms), strict=True)
            if view.sessions
        )

    def _session(self, rig: Rig, view: MinerView, now_ms: int) -> SessionView:
        return SessionView(
            rig.session_id,
            f"192.168.1.{rig.number % 250 + 2}:{40_000 + rig.number}",
            "tls" if view.protocol == "V1 TLS" else "tcp",
            "v1",
            rig.firmware,
            view.device_class,
            (rig.worker,),
            self.source_of(rig),
            view.difficulty,
            (now_ms - (view.connected_ms or now_ms)) / 1000,
            (now_ms - (view.last_share_ms or now_ms)) / 1000,
            view.accepted,
            view.rejected,
        )

    def detail(self, key: str, now_ms: int) -> MinerDetail:
        """All about one. Raises NotFound."""
        for rig, view in zip(self.rigs, self.views(now_ms), strict=True):
            if rig.key == key:
                sessions = tuple(one for one in self.sessions(now_ms) if one.session_id == rig.session_id)
                shares = tuple(self._share(rig, view, now_ms, back) for back in range(50))
                moves = tuple(
                    MoveView(now_ms - back * 600_000, key, rig.alias, rig.session_id, "home", "ocean", "balance")
                    for back in range(1, 6)
                )
                return MinerDetail(view, sessions, shares, moves)
        raise NotFound("there is no such miner", "it may have been named differently; see the list of miners")

    def _share(self, rig: Rig, view: MinerView, now_ms: int, back: int) -> ShareView:
        refused = back % 9 == 4
        needed = view.difficulty or 1.0
        met = needed * (0.4 if refused else 1 + (rig.number * 31 + back * 17) % 97 / 9)
        return ShareView(
            now_ms - (int(now_ms / 1000) % 12 + back * 12) * 1000,
            rig.key,
            rig.alias,
            rig.session_id,
            self.source_of(rig),
            f"{0x1F00 + back // 3:x}",
            needed,
            met,
            "above_target" if refused else "",
            {"difficulty": met, "needed": needed} if refused else {},
        )


def _value(view: MinerView, sort: str) -> Any:
    if sort in Hashrates.__struct_fields__:
        return getattr(view.hashrate, sort)
    return getattr(view, sort)


def _counted(words: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
