"""The settings and the floor of a made-up house.

Responsible for: doing in `testing.scripted_world` what the real ones do in a server; setting up.
Not responsible for: who may (`service.commands` asks), files.
Read next: `testing.scripted_web`.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from headframe.service.balance_views import PolicyPreview, PolicyTrial
from headframe.service.miner_views import WireLine, WireLog
from headframe.service.permissions import Actor
from headframe.service.refusals import Invalid, NotFound, ProblemView
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
from headframe.service.steering import Worker, WorkersChanged
from headframe.testing.balance_samples import sample_balance
from headframe.testing.scripted_world import ScriptedWorld

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBmade+up/certificate\n-----END CERTIFICATE-----\n"


MAX_DIFFICULTY = 1e12


def how_to_connect() -> ConnectView:
    return ConnectView(
        ("stratum+tcp://192.168.1.10:3333",),
        ("stratum+ssl://192.168.1.10:3334",),
        "YOUR-ADDRESS.bitaxe",
        "x",
        CERTIFICATE,
        "ab" * 32,
    )


class ScriptedSteering:
    """Settings are a dictionary; weights and pauses are the world's."""

    def __init__(self, world: ScriptedWorld) -> None:
        self._world = world
        self._revision = 1
        self.values: dict[str, Any] = {
            "payout.address": "bc1qexampleexampleexampleexampleexample0",
            "payout.tag": "/Headframe/",
            "web.privacy": "nothing",
            "difficulty.start": 1024,
            "routing.policy": "weights",
        }

    def settings(self) -> SettingsView:
        return SettingsView(
            "headframe.toml",
            f"r{self._revision}",
            tuple(SectionView(name, f"About {name}.", False) for name in ("payout", "web", "difficulty")),
            tuple(_setting(path, value) for path, value in self.values.items()),
            (),
            tuple(
                SourceSettings(name, "node", {"weight": weight, "paused": name in self._world.paused})
                for name, weight in self._world.weights.items()
            ),
            (),
        )

    async def change(self, changes: Sequence[Change], *, revision: str = "", check_only: bool = False) -> ChangeResult:
        before = {change.path: self._get(change.path) for change in changes}
        after = {change.path: change.value for change in changes}
        if not check_only:
            for change in changes:
                self._set(change.path, change.value)
        return self._result(before, after, not check_only)

    def _get(self, path: str) -> Any:
        if path.startswith("source."):
            name, _, key = path.removeprefix("source.").rpartition(".")
            self._world.known(name)
            return self._world.weights[name] if key == "weight" else name in self._world.paused
        if path not in self.values:
            problem = ProblemView(path, "there is no such setting", "see the settings reference")
            raise Invalid(f"{path} is no setting", "see the settings reference", [problem])
        return self.values[path]

    def _set(self, path: str, value: Any) -> None:
        if path == "routing.policy":
            self.values[path] = self._world.policy = value or "weights"
            return
        if not path.startswith("source."):
            self.values[path] = value
            return
        name, _, key = path.removeprefix("source.").rpartition(".")
        if key == "weight":
            self._world.weights[name] = value
        elif key == "paused":
            (self._world.paused.add if value else self._world.paused.discard)(name)

    def _result(self, before: dict[str, Any], after: dict[str, Any], applied: bool) -> ChangeResult:
        changed = tuple(path for path in after if before.get(path) != after[path])
        self._revision += applied
        backup = f"headframe.toml.{self._revision}" if applied else ""
        return ChangeResult(applied, changed, (), (), before, after, f"r{self._revision}", backup)

    async def add_source(self, values: Mapping[str, Any], *, check_only: bool = False) -> ChangeResult:
        name = values.get("name")
        if not isinstance(name, str) or not name:
            raise Invalid("a source needs a name", "give one", [ProblemView("source.name", "is missing", "give one")])
        if not check_only:
            self._world.weights[name] = 0
        return self._result({}, {f"source.{name}": dict(values)}, not check_only)

    async def remove_source(self, name: str) -> ChangeResult:
        self._world.known(name)
        return self._result({f"source.{name}": "there"}, {f"source.{name}": None}, True)

    async def pin(self, workers: Sequence[Worker], source: str | None) -> WorkersChanged:
        if source is not None:
            self._world.known(source)
        rigs = self._world.rigs
        return self._decide("pin", rigs.pins, workers, source)

    async def fix_difficulty(self, workers: Sequence[Worker], difficulty: float | None) -> WorkersChanged:
        if difficulty is not None and difficulty > MAX_DIFFICULTY:
            text = f"the difficulty must be between 1e-06 and {MAX_DIFFICULTY:g}"
            raise Invalid(text, "", [ProblemView("difficulty", text, "")])
        return self._decide("fixed_difficulty", self._world.rigs.difficulties, workers, difficulty)

    def _decide(self, path: str, kept: dict[str, Any], workers: Sequence[Worker], value: Any) -> WorkersChanged:
        before: list[Any] = []
        after: list[Any] = []
        for rig in self._world.rigs.rigs:
            if (rig.identity, rig.worker) in workers:
                before += [{"worker": rig.worker, path: kept[rig.key]}] if kept.get(rig.key) is not None else []
                after += [{"worker": rig.worker, path: value}] if value is not None else []
                kept[rig.key] = value
        return self._result({path: before}, {path: after}, True), {}

    async def ban(self, addresses: Sequence[str], until_ms: int) -> ChangeResult:
        self._world.banned.update(dict.fromkeys(addresses, until_ms))
        return self._result({"ban": []}, {"ban": [{"address": one, "until": until_ms} for one in addresses]}, True)

    async def unban(self, address: str) -> ChangeResult | None:
        if self._world.banned.pop(address, None) is None:
            return None
        return self._result({"ban": [{"address": address}]}, {"ban": []}, True)

    async def test_source(self, values: Mapping[str, Any], name: str = "") -> TestReport:
        await asyncio.sleep(0.01)
        return report(ok=values.get("password") != "wrong")

    def preview_weights(self, weights: Mapping[str, int], without: Collection[str] = ()) -> WeightPreview:
        for name in (*weights, *without):
            self._world.known(name)
        then = {**self._world.weights, **weights, **dict.fromkeys(without, 0)}
        pins = [rig.worker for rig in self._world.rigs.rigs if rig.pinned in without]
        now_sum, then_sum = sum(self._world.weights.values()) or 1, sum(then.values()) or 1
        return WeightPreview(
            {name: weight / now_sum for name, weight in self._world.weights.items()},
            {name: weight / then_sum for name, weight in then.items()},
            (PlannedMove("home", "ocean", 2.5e14, 3),) if then != self._world.weights else (),
            len(pins),
            tuple(pins),
        )

    async def preview_policy(self, policy: str) -> PolicyPreview:
        found = sample_balance(policy, self._world.weights)
        option = next((one for one in found.options if one.name == policy), None)
        if option is None:
            raise NotFound("there is no such policy", "choose another")
        return PolicyPreview(PolicyTrial(option, found.weights, found.tiers), self.preview_weights(found.weights))

    def export(self) -> str:
        return "[web]\nprivacy = 'nothing'\n"

    async def import_(self, text: str, *, check_only: bool) -> ChangeResult:
        return self._result({}, {"web.privacy": "nothing"}, not check_only)

    def profiles(self) -> ProfilesView:
        made = tuple(
            Profile(name, f"For {whom}.", (Change("difficulty.start", start),), name == "small")
            for name, whom, start in (
                ("small", "a household", 512),
                ("medium", "friends", 1024),
                ("large", "many", 8192),
            )
        )
        return ProfilesView(4 * 2**30, 4, 1024, made)

    def find_nodes(self) -> Sequence[FoundNode]:
        return (FoundNode("mainnet", "~/.bitcoin/.cookie", "127.0.0.1:8332"),)


def _setting(path: str, value: Any) -> SettingView:
    section, _, key = path.rpartition(".")
    shape = "int" if isinstance(value, int) else "choice" if key == "privacy" else "text"
    choices = ("nothing", "totals", "workers") if key == "privacy" else ()
    return SettingView(
        path=path,
        section=section,
        key=key,
        shape=shape,
        kind="text",
        help="What it does, in words.",
        default=value,
        value=value,
        choices=choices,
        minimum=None,
        maximum=None,
        set_by="file",
        needs_restart=False,
        secret=False,
    )


def report(*, ok: bool) -> TestReport:
    """What a test of a node or pool says."""
    at = "stratum+tcp://larch.example:3333"
    steps = (
        TestStep("connection", at, "ok", "connected, answers in 31 ms", ""),
        TestStep(
            "user", at, "ok" if ok else "fail", "accepted" if ok else "refused", "" if ok else "check the password"
        ),
    )
    return TestReport(ok, steps)


class ScriptedFloor:
    """Sessions of the world."""

    def __init__(self, world: ScriptedWorld) -> None:
        self._world = world

    def workers_of(self, keys: Sequence[str]) -> Mapping[str, Worker]:
        return {one.key: (one.identity, one.worker) for one in self._world.rigs.rigs if one.key in keys}

    def disconnect(self, session_id: str) -> str:
        self._there(session_id)
        self._world.rigs.gone.add(session_id)
        return "a made-up miner"

    def disconnect_all(self, identity: str, worker: str) -> Sequence[str]:
        rig = next(one for one in self._world.rigs.rigs if (one.identity, one.worker) == (identity, worker))
        there = [one.session_id for one in self._world.sessions() if rig.worker in one.workers]
        if not there:
            raise NotFound("this miner is not connected")
        return [self.disconnect(each) for each in there]

    def addresses_of(self, identity: str, worker: str) -> Sequence[str]:
        there = [one.peer.rpartition(":")[0] for one in self._world.sessions() if worker in one.workers]
        if not there:
            raise NotFound("this miner is not connected")
        return there

    def bannable(self, address: str) -> str:
        return address

    def pardon(self, address: str) -> bool:
        return False

    def watch(self, session_id: str) -> WireLog:
        self._there(session_id)
        now = self._world.now_ms
        text = '{"id":7,"method":"mining.submit","params":["worker","1f","00000001","6553f100","1a2b3c4d"]}'
        if self._world.hostile:
            text = '{"id":"</script><script>alert(9)</script>","method":"mining.subscribe"}'
        lines = tuple(WireLine(at, now - 1000 * (9 - at), at % 2 == 0, text) for at in range(10))
        return WireLog(session_id, now + 300_000, lines)

    def _there(self, session_id: str) -> None:
        if all(one.session_id != session_id for one in self._world.sessions()):
            raise NotFound("there is no such session", "it may have ended")


class ScriptedSetup:
    """How far set-up is, as a word that finishing changes."""

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
