"""Commands, events and set-up of a made-up house.

Responsible for: doing in `testing.scripted_world` what the real ones do in a server, with the same permission checks.
Not responsible for: files, audit.
Read next: `testing.scripted_web`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from headframe.service.history_views import ActivityView
from headframe.service.miner_views import WireLine, WireLog
from headframe.service.permissions import Actor, Permission
from headframe.service.refusals import Invalid, NotAllowed, NotFound
from headframe.service.settings_views import (
    Change,
    ChangeResult,
    FoundNode,
    PlannedMove,
    Profile,
    ProfilesView,
    SectionView,
    SettingsView,
    SettingView,
    SourceSettings,
    TestReport,
    TestStep,
    WeightPreview,
)
from headframe.service.setup import AddressView, ConnectView, SetupView
from headframe.testing.scripted_world import ScriptedWorld

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBmade+up/certificate\n-----END CERTIFICATE-----\n"


def how_to_connect() -> ConnectView:
    return ConnectView(
        ("stratum+tcp://192.168.1.10:3333",),
        ("stratum+ssl://192.168.1.10:3334",),
        "YOUR-ADDRESS.bitaxe",
        "x",
        CERTIFICATE,
        "ab" * 32,
    )


def _may(actor: Actor, permission: Permission) -> None:
    if not actor.may(permission):
        raise NotAllowed(f"this needs the permission {permission.value}", "ask an owner")


def _result(before: dict[str, Any], after: dict[str, Any], applied: bool = True) -> ChangeResult:
    changed = tuple(path for path in after if before.get(path) != after[path])
    return ChangeResult(
        applied, changed, (), (), before, after, f"r{len(after)}", "headframe.toml.1" if applied else ""
    )


class ScriptedCommands:
    """Changes the world; settings are a dictionary."""

    def __init__(self, world: ScriptedWorld) -> None:
        self._world = world
        self.values: dict[str, Any] = {"payout.tag": "/Headframe/", "web.privacy": "nothing", "difficulty.start": 1024}
        self.asked: list[str] = []

    async def set_weights(self, actor: Actor, weights: dict[str, int]) -> ChangeResult:
        _may(actor, Permission.WEIGHTS)
        self._known(*weights)
        before = {name: self._world.weights[name] for name in weights}
        self._world.weights.update(weights)
        return _result(before, dict(weights))

    async def pause(self, actor: Actor, source: str, paused: bool) -> ChangeResult:
        _may(actor, Permission.WEIGHTS)
        self._known(source)
        before = {source: source in self._world.paused}
        (self._world.paused.add if paused else self._world.paused.discard)(source)
        return _result(before, {source: paused})

    def preview_weights(self, actor: Actor, weights: dict[str, int]) -> WeightPreview:
        _may(actor, Permission.WEIGHTS)
        self._known(*weights)
        total, now = sum(weights.values()) or 1, self._world.weights
        then = {name: weight / total for name, weight in weights.items()}
        all_now = sum(now.values()) or 1
        return WeightPreview(
            {name: weight / all_now for name, weight in now.items()}, then, (PlannedMove("home", "ocean", 2.5e14, 3),)
        )

    async def add_source(self, actor: Actor, values: Mapping[str, Any], check_only: bool = False) -> ChangeResult:
        _may(actor, Permission.SOURCES)
        name = values.get("name")
        if not isinstance(name, str) or not name:
            raise Invalid("a source needs a name", "give one")
        if not check_only:
            self._world.weights[name] = 0
        return _result({}, {f"source.{name}": "new"}, not check_only)

    async def change_source(self, actor: Actor, name: str, values: Mapping[str, Any]) -> ChangeResult:
        _may(actor, Permission.SOURCES)
        self._known(name)
        return _result({}, {f"source.{name}.{key}": value for key, value in values.items()})

    async def remove_source(self, actor: Actor, name: str) -> ChangeResult:
        _may(actor, Permission.SOURCES)
        self._known(name)
        return _result({f"source.{name}": "there"}, {f"source.{name}": None})

    async def test_source(self, actor: Actor, values: Mapping[str, Any], name: str = "") -> TestReport:
        _may(actor, Permission.SOURCES)
        await asyncio.sleep(0.01)
        return report(ok=values.get("password") != "wrong")

    def settings(self, actor: Actor) -> SettingsView:
        _may(actor, Permission.SETTINGS)
        return SettingsView(
            "headframe.toml",
            "r1",
            (SectionView("payout", "Who is paid.", False), SectionView("web", "The web port.", False)),
            tuple(_setting(path, value) for path, value in self.values.items()),
            (),
            (SourceSettings("home", "node", {"rpc": "127.0.0.1:8332", "password": "***"}),),
            (),
        )

    async def change_settings(
        self, actor: Actor, changes: Sequence[Change], revision: str = "", check_only: bool = False
    ) -> ChangeResult:
        _may(actor, Permission.SETTINGS)
        if any(change.path.startswith("payout") for change in changes):
            _may(actor, Permission.OWNERS)
        unknown = [change.path for change in changes if change.path not in self.values]
        if unknown:
            raise Invalid(f"there is no setting {unknown[0]!r}", "see the settings reference")
        before = {change.path: self.values[change.path] for change in changes}
        after = {change.path: change.value for change in changes}
        if not check_only:
            self.values.update(after)
        return _result(before, after, not check_only)

    def export_settings(self, actor: Actor) -> str:
        _may(actor, Permission.SETTINGS)
        return "[web]\nprivacy = 'nothing'\n"

    async def import_settings(self, actor: Actor, text: str, check_only: bool) -> ChangeResult:
        _may(actor, Permission.SETTINGS)
        return _result({}, {"web.privacy": "nothing"}, not check_only)

    def profiles(self, actor: Actor) -> ProfilesView:
        _may(actor, Permission.SETTINGS)
        small = Profile("small", "A household.", (Change("difficulty.start", 512),), True)
        return ProfilesView(4 * 2**30, 4, 1024, (small,))

    async def pin(self, actor: Actor, key: str, source: str | None) -> ChangeResult:
        _may(actor, Permission.MINERS)
        view = self._world.rigs.detail(key, self._world.now_ms).miner
        if source is not None:
            self._known(source)
        self._world.rigs.pins[key] = source
        return _result({"pin": view.pinned_to}, {"pin": source})

    def set_difficulty(self, actor: Actor, session_id: str, difficulty: float | None) -> None:
        _may(actor, Permission.MINERS)
        self._session(session_id)
        if difficulty is None:
            self._world.rigs.difficulties.pop(session_id, None)
        else:
            self._world.rigs.difficulties[session_id] = difficulty

    def disconnect(self, actor: Actor, session_id: str) -> None:
        _may(actor, Permission.MINERS)
        self._session(session_id)
        self._world.rigs.gone.add(session_id)

    def ban(self, actor: Actor, address: str, seconds: float) -> None:
        _may(actor, Permission.MINERS)
        self._world.banned[address] = self._world.now_ms + int(seconds * 1000)

    def unban(self, actor: Actor, address: str) -> None:
        _may(actor, Permission.MINERS)
        if self._world.banned.pop(address, None) is None:
            raise NotFound("this address is not banned", "see GET /api/v1/bans")

    def watch(self, actor: Actor, session_id: str) -> WireLog:
        _may(actor, Permission.VIEW_PRIVATE)
        self._session(session_id)
        now = self._world.now_ms
        text = '{"id":7,"method":"mining.submit","params":["worker","1f","00000001","6553f100","1a2b3c4d"]}'
        lines = tuple(WireLine(at, now - 1000 * (9 - at), at % 2 == 0, text) for at in range(10))
        return WireLog(session_id, now + 300_000, lines)

    def _known(self, *names: str) -> None:
        for name in names:
            if name not in self._world.weights:
                raise NotFound("there is no such source", "see GET /api/v1/sources")

    def _session(self, session_id: str) -> None:
        if all(one.session_id != session_id for one in self._world.sessions()):
            raise NotFound("there is no such session", "it may have ended")


def _setting(path: str, value: Any) -> SettingView:
    section, _, key = path.rpartition(".")
    shape = "int" if isinstance(value, int) else "choice" if key == "privacy" else "text"
    choices = ("nothing", "totals", "workers") if key == "privacy" else ()
    return SettingView(
        path,
        section,
        key,
        shape,
        "text",
        "What it does, in words.",
        value,
        value,
        choices,
        None,
        None,
        "file",
        False,
        False,
    )


def report(*, ok: bool) -> TestReport:
    """What a test of a node or pool says."""
    steps = (
        TestStep("connect", "ok", "connected in 31 ms", ""),
        TestStep("authorise", "ok" if ok else "fail", "taken" if ok else "refused", "" if ok else "check the password"),
    )
    return TestReport(ok, steps)


class ScriptedFeed:
    """A tick a second and a made-up event every few, the same for everybody."""

    def __init__(self, world: ScriptedWorld, every_s: float = 1.0) -> None:
        self._world = world
        self._every_s = every_s

    async def subscribe(self, after_id: str | None, audience: object) -> AsyncIterator[bytes]:
        number = int(after_id) if after_id and after_id.isdigit() and len(after_id) < 16 else 0
        while True:
            number += 1
            world = self._world
            yield event("tick", {"overview": world.overview(), "dashboard": world.dashboard()})
            if number % 2 == 0:
                yield event("shaft", world.shaft())
            if number % 3 == 0:
                rig = world.rigs.rigs[number % len(world.rigs.rigs)]
                fields = {
                    "key": rig.key,
                    "alias": rig.alias,
                    "from_source": "home",
                    "to_source": "ocean",
                    "reason": "balance",
                }
                one = ActivityView(str(number), world.now_ms, "move", "moved", fields)  # type: ignore[arg-type]
                world.happened.append(one)
                yield event("move", one, one.id)
            await asyncio.sleep(self._every_s)


def event(name: str, view: Any, identity: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n" + (f"id: {identity}\n" if identity else "")
    return head.encode() + b"data: " + msgspec.json.encode(view) + b"\n\n"


class ScriptedSetup:
    """Set up, or not yet."""

    def __init__(self, stage: str = "done") -> None:
        self.stage = stage

    def state(self) -> SetupView:
        networks = ("mainnet", "testnet4", "signet", "regtest")
        return SetupView(self.stage, networks, {"stratum.listen": ["0.0.0.0:3333"], "web.listen": "127.0.0.1:8855"})

    def nodes(self) -> Sequence[FoundNode]:
        return (FoundNode("mainnet", "~/.bitcoin/.cookie", "127.0.0.1:8332"),)

    async def check_node(self, values: Mapping[str, Any]) -> TestReport:
        return report(ok=values.get("password") != "wrong")

    async def check_pool(self, values: Mapping[str, Any]) -> TestReport:
        return report(ok=values.get("password") != "wrong")

    def check_address(self, network: str, address: str) -> AddressView:
        good = address.startswith(("bc1", "tb1", "bcrt1"))
        remedy = "" if good else "type it again, or copy it"
        return AddressView(good, "P2WPKH" if good else "", "" if good else "this is no address", remedy)

    async def finish(self, actor: Actor, values: Mapping[str, Any]) -> ConnectView:
        self.stage = "done"
        return how_to_connect()
