"""Every command against every role: who may, what reaches the server, what the audit says."""

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headframe.service.audit import AuditLog
from headframe.service.balance_views import PolicyOption, PolicyPreview, PolicyTrial
from headframe.service.commands import HIDDEN, Commands, command_permissions, hidden
from headframe.service.miner_views import WireLog
from headframe.service.permissions import FRESH_MS, MATRIX, Actor, Permission, Role, console
from headframe.service.refusals import Conflict, Invalid, NotAllowed, NotFound, ProofNeeded, Refused, Unavailable
from headframe.service.settings_views import (
    Change,
    ChangeResult,
    FoundNode,
    ProfilesView,
    SettingsView,
    SettingView,
    WeightPreview,
)
from headframe.service.settings_views import (
    TestReport as Report,
)
from headframe.service.steering import Worker, WorkersChanged
from headframe.store.account_store import AccountStore
from headframe.testing.fake_clock import FakeClock

PAYOUT = Change("payout.address", "bc1qthief")

CALLS: dict[str, tuple[Any, ...]] = {
    "set_weights": ({"home": 70, "pool": 30},),
    "pause": ("home", True),
    "preview_weights": ({"home": 1},),
    "preview_policy": ("expected_value",),
    "add_source": ({"name": "pool", "kind": "pool", "password": "hunter2"},),
    "change_source": ("pool", {"user": "me", "password": "hunter2"}),
    "remove_source": ("pool",),
    "test_source": ({"name": "pool", "password": "hunter2"},),
    "settings": (),
    "profiles": (),
    "export_settings": (),
    "change_settings": ([Change("web.privacy", "totals")],),
    "import_settings": ("[stratum]\n", False),
    "pin": ("key", "home"),
    "pin_many": (("key", "key2"), "home"),
    "fix_difficulty": ("key", 1024.0),
    "fix_difficulty_of_many": (("key", "key2"), 1024.0),
    "disconnect_many": (("key", "key2"),),
    "ban_many": (("key", "key2"), 60.0),
    "disconnect": ("s1",),
    "ban": ("192.0.2.9", 60.0),
    "unban": ("192.0.2.9",),
    "watch": ("s1",),
}
READS = {"preview_policy", "preview_weights", "settings", "profiles"}
"""What leaves no entry when it is allowed."""


class Desk:
    """A configuration that is a dictionary: `service.steering.Steering`, with what it was asked to do."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {
            "payout.address": "bc1qowner",
            "source.home.weight": 100,
            "web.privacy": "nothing",
        }
        self.done: list[str] = []
        self.trouble: BaseException | None = None
        self.waits = False
        """Whether changes are for the next start."""
        self.imported: tuple[Change, ...] = ()

    def settings(self) -> SettingsView:
        secret = SettingView(
            "push.key", "push", "key", "secret", "", "", None, HIDDEN, (), None, None, "file", False, True
        )
        return SettingsView("headframe.toml", "r1", (), (secret,), (), (), ())

    async def change(self, changes: Sequence[Change], *, revision: str = "", check_only: bool = False) -> ChangeResult:
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        before = {change.path: self.values.get(change.path) for change in changes}
        after = {change.path: change.value for change in changes}
        changed = tuple(path for path in after if after[path] != before[path])
        if not check_only:
            self.done.append("change")
            self.values.update(after)
        now, later = ((), changed) if self.waits else (changed, ())
        return ChangeResult(not check_only, now, later, (), before, after, "r2")

    async def add_source(self, values: Mapping[str, Any], *, check_only: bool = False) -> ChangeResult:
        changes = [Change(f"source.{values['name']}.{key}", value) for key, value in values.items()]
        return await self.change(changes, check_only=check_only)

    async def remove_source(self, name: str) -> ChangeResult:
        return await self.change([Change(f"source.{name}.weight", None)])

    async def pin(self, workers: Sequence[Worker], source: str | None) -> WorkersChanged:
        return await self._decide("pin", workers, source)

    async def fix_difficulty(self, workers: Sequence[Worker], difficulty: float | None) -> WorkersChanged:
        return await self._decide("fixed_difficulty", workers, difficulty)

    async def _decide(self, path: str, workers: Sequence[Worker], value: Any) -> WorkersChanged:
        """Of the nameless nothing can be decided."""
        why: dict[Worker, Refused] = {
            who: NotFound("it has no name", "give it one") for who in workers if who == ("", "")
        }
        if why and len(workers) == 1:
            raise NotFound("it has no name", "give it one")
        entries = [{"worker": f"{one}.{other}", "value": value} for one, other in workers if one]
        return await self.change([Change(path, entries)]), why

    async def ban(self, addresses: Sequence[str], until_ms: int) -> ChangeResult:
        return await self.change([Change("ban", [{"address": one, "until": until_ms} for one in addresses])])

    async def unban(self, address: str) -> ChangeResult | None:
        if address != "192.0.2.9":
            return None
        return await self.change([Change("ban", [])])

    async def test_source(self, values: Mapping[str, Any], name: str = "") -> Report:
        self.done.append("test")
        return Report(True, ())

    def preview_weights(self, weights: Mapping[str, int], without: Collection[str] = ()) -> WeightPreview:
        return WeightPreview({}, {}, (), len(without), tuple(f"bc1qpinned.to-{name}" for name in without))

    async def preview_policy(self, policy: str) -> PolicyPreview:
        return PolicyPreview(PolicyTrial(PolicyOption(policy, True, ()), {}, ()), WeightPreview({}, {}, ()))

    def export(self) -> str:
        return "[stratum]\n"

    async def import_(self, text: str, *, check_only: bool) -> ChangeResult:
        return await self.change(self.imported, check_only=check_only)

    def profiles(self) -> ProfilesView:
        return ProfilesView(None, 1, 1024, ())

    def find_nodes(self) -> Sequence[FoundNode]:
        return ()


class Sessions:
    """One session of one miner: `service.commands.Floor`."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.done: list[str] = []

    def workers_of(self, keys: Sequence[str]) -> Mapping[str, Worker]:
        known = {"key": ("bc1qminer", "attic"), "key2": ("bc1qminer", "shed"), "nameless": ("", "")}
        return {key: known[key] for key in keys if key in known}

    def disconnect_all(self, identity: str, worker: str) -> Sequence[str]:
        if worker != "attic":
            raise NotFound("this miner is not connected")
        return [self.disconnect("s1")]

    def disconnect(self, session_id: str) -> str:
        self._there(session_id)
        return "attic at 192.0.2.9"

    def addresses_of(self, identity: str, worker: str) -> Sequence[str]:
        if worker != "attic":
            raise NotFound("this miner is not connected")
        return [self.bannable("192.0.2.9"), "192.0.2.10"]

    def bannable(self, address: str) -> str:
        if address.startswith("127."):
            raise Conflict("it is never banned")
        return address

    def pardon(self, address: str) -> bool:
        self.done.append("pardon")
        return address == "192.0.2.66"

    def watch(self, session_id: str) -> WireLog:
        self._there(session_id)
        return WireLog(session_id, self.clock.unix_ms() + 300_000, ())

    def _there(self, session_id: str) -> None:
        if session_id != "s1":
            raise NotFound("there is no such session")
        self.done.append("session")


class House:
    def __init__(self, directory: Path) -> None:
        self.clock = FakeClock()
        self.store = AccountStore.open(directory)
        self.audit = AuditLog(self.store, self.clock)
        self.desk = Desk()
        self.floor = Sessions(self.clock)
        self.told: list[tuple[str, str, str]] = []
        self.commands = Commands(self.desk, self.floor, self.audit, self.clock, lambda *heard: self.told.append(heard))

    async def run(self, actor: Actor, command: str, *arguments: Any, **named: Any) -> Any:
        return await getattr(self.commands, command)(actor, *(arguments or CALLS[command]), **named)

    def touched(self) -> bool:
        return bool(self.desk.done or self.floor.done)

    def written(self) -> list[tuple[str, str, str, str]]:
        with self.store.reading() as book:
            return [(row.actor, row.action, row.target, row.outcome) for row in reversed(book.audit(None, 500))]

    def raw(self) -> str:
        with self.store.reading() as book:
            return str([(row.target, row.before, row.after) for row in book.audit(None, 500)])


@pytest.fixture
def house(tmp_path: Path):
    house = House(tmp_path)
    yield house
    house.store.close()


def somebody(*permissions: Permission, role: Role = Role.OWNER, how: str = "token") -> Actor:
    return Actor(7, "somebody", role, frozenset(permissions), "192.0.2.1", how)


def of(role: Role, *, proven_s_ago: float = 0) -> Actor:
    proven_ms = FakeClock().unix_ms() - round(proven_s_ago * 1000)
    return Actor(7, role.value, role, MATRIX[role], "192.0.2.1", "session", proven_ms=proven_ms)


# -- the matrix


def test_every_command_has_a_permission_and_a_call_here() -> None:
    found = command_permissions()
    assert [name for name, permission in found.items() if permission is None] == [], "a command asks for no permission"
    assert set(found) == set(CALLS), "a command is not tested"


@pytest.mark.parametrize("command", CALLS)
@pytest.mark.parametrize("role", Role)
async def test_who_may_do_what(house: House, role: Role, command: str) -> None:
    needed = command_permissions()[command]
    if needed in MATRIX[role]:
        await house.run(of(role), command)
        if command not in READS:
            ((actor, _, _, outcome),) = house.written()
            assert (actor, outcome) == (role.value, "done")
    else:
        with pytest.raises(NotAllowed) as refused:
            await house.run(of(role), command)
        assert refused.value.remedy
        assert not house.touched()
        ((actor, _, _, outcome),) = house.written()
        assert (actor, outcome) == (role.value, "refused")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(permissions=st.sets(st.sampled_from(Permission)), command=st.sampled_from(sorted(CALLS)))
def test_a_token_does_exactly_what_its_scopes_say(house: House, permissions: set[Permission], command: str) -> None:
    house.desk.done.clear()
    house.floor.done.clear()

    async def allowed() -> bool:
        try:
            await house.run(somebody(*permissions), command)
        except NotAllowed:
            assert not house.touched()
            return False
        return True

    house.commands = Commands(house.desk, house.floor, house.audit, house.clock)
    assert asyncio.run(allowed()) is (command_permissions()[command] in permissions)


@pytest.mark.parametrize("role", Role)
async def test_money_is_for_owners_by_whatever_way(house: House, role: Role) -> None:
    house.desk.imported = (Change("stratum.listen", "x"), PAYOUT)
    for command, arguments in (("change_settings", ([PAYOUT],)), ("import_settings", ("text", False))):
        if role is Role.OWNER:
            house.desk.values["payout.address"] = "bc1qowner"
            assert (await house.run(of(role), command, *arguments)).applied
            assert house.desk.values["payout.address"] == "bc1qthief"
        else:
            with pytest.raises(NotAllowed):
                await house.run(of(role), command, *arguments)
            assert house.desk.values["payout.address"] == "bc1qowner"
    if role is Role.ADMIN:
        assert [outcome for *_, outcome in house.written()] == ["refused", "refused"]


async def test_money_that_would_go_elsewhere_only_after_a_restart_is_for_owners_too(house: House) -> None:
    house.desk.waits = True
    house.desk.imported = (Change("source.pool.network", "signet"), PAYOUT)
    with pytest.raises(NotAllowed):
        await house.run(of(Role.ADMIN), "import_settings")
    assert house.desk.values["payout.address"] == "bc1qowner"


async def test_an_admin_imports_a_file_that_leaves_the_money_alone(house: House) -> None:
    house.desk.imported = (Change("web.privacy", "totals"), Change("payout.address", "bc1qowner"))
    assert (await house.run(of(Role.ADMIN), "import_settings")).applied


@pytest.mark.parametrize(
    "path", ["source.pool.wallet", "source", "pin", "payout", "payout.fee", "payout.fee[0].address"]
)
async def test_settings_alone_do_not_change_what_has_a_permission_of_its_own(house: House, path: str) -> None:
    for check_only in (True, False):
        with pytest.raises(NotAllowed):
            await house.run(
                somebody(Permission.SETTINGS), "change_settings", [Change(path, "x")], check_only=check_only
            )
    assert not house.touched()


# -- a recent proof

STALE = FRESH_MS / 1000
NEED_PROOF: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("add_source", ({"name": "pool", "kind": "pool", "url": ["stratum+tcp://192.0.2.9:1"]},)),
    ("change_source", ("pool", {"wallet": "bc1qthief"})),
    ("change_source", ("pool", {"user": "thief"})),
    ("change_source", ("pool", {"user": HIDDEN})),
    ("change_source", ("pool", {"url": ["stratum+tcp://192.0.2.9:1"], "password": "x"})),
    ("change_source", ("home", {"rpc": ["http://192.0.2.9:8332"]})),
    ("change_source", ("home", {"cookie_file": "/etc/shadow"})),
    ("change_settings", ([PAYOUT],)),
    ("change_settings", ([Change("payout.fee", [{"address": "bc1qthief", "basis_points": 5000}])],)),
    ("change_settings", ([Change("source.pool.wallet", "bc1qthief")],)),
    ("change_settings", ([Change("logging.file", "/etc/passwd")],)),
    ("test_source", ({"rpc": ["http://192.0.2.9:8332"]}, "home")),
    ("test_source", ({"name": "x", "kind": "pool", "password_file": "/etc/shadow"},)),
)
NEED_NONE: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("set_weights", ({"home": 1},)),
    ("pause", ("home", True)),
    ("remove_source", ("pool",)),
    ("change_source", ("pool", {"silent_s": 60, "password": HIDDEN})),
    ("change_settings", ([Change("web.privacy", "totals")],)),
    ("change_settings", ([Change("payout.address", "bc1qowner"), Change("web.privacy", "totals")],)),
    ("test_source", ({"name": "x", "kind": "pool", "url": ["stratum+tcp://192.0.2.9:1"], "password": "x"},)),
    ("export_settings", ()),
    ("ban", ("192.0.2.9", 60.0)),
)


@pytest.mark.parametrize(("command", "arguments"), NEED_PROOF)
async def test_where_the_money_goes_and_which_files_are_read_takes_a_recent_proof(
    house: House, command: str, arguments: tuple[Any, ...]
) -> None:
    house.desk.values["payout.fee"] = []
    before = dict(house.desk.values)
    with pytest.raises(ProofNeeded) as refused:
        await house.run(of(Role.OWNER, proven_s_ago=STALE), command, *arguments)
    assert refused.value.code == "proof_needed"
    assert house.desk.values == before
    assert not house.touched()
    ((_, _, _, outcome),) = house.written()
    assert outcome == "refused"
    await house.run(of(Role.OWNER, proven_s_ago=STALE - 1), command, *arguments)


@pytest.mark.parametrize(("command", "arguments"), NEED_NONE)
async def test_everyday_acts_take_none(house: House, command: str, arguments: tuple[Any, ...]) -> None:
    await house.run(of(Role.OWNER, proven_s_ago=STALE), command, *arguments)


async def test_an_import_takes_one_when_it_changes_where_the_money_goes(house: House) -> None:
    stale = of(Role.OWNER, proven_s_ago=STALE)
    house.desk.imported = (Change("web.privacy", "totals"), Change("payout.address", "bc1qowner"))
    await house.run(stale, "import_settings")
    for change in (PAYOUT, Change("source.evil", {"name": "evil", "weight": 100})):
        house.desk.imported = (change,)
        with pytest.raises(ProofNeeded):
            await house.run(stale, "import_settings")


async def test_to_look_what_it_would_do_takes_none(house: House) -> None:
    stale = of(Role.OWNER, proven_s_ago=STALE)
    house.desk.imported = (PAYOUT,)
    await house.run(stale, "change_settings", [PAYOUT], check_only=True)
    await house.run(stale, "import_settings", "text", True)
    await house.run(stale, "add_source", check_only=True)
    await house.run(stale, "change_source", check_only=True)
    assert house.written() == []


async def test_who_may_not_is_told_that_and_not_asked_for_a_proof(house: House) -> None:
    with pytest.raises(NotAllowed) as refused:
        await house.run(of(Role.OPERATOR, proven_s_ago=STALE), "add_source")
    assert refused.value.code == "not_allowed"


@pytest.mark.parametrize(("command", "arguments"), NEED_PROOF)
async def test_programs_cannot_prove_and_keep_what_their_scopes_allow(
    house: House, command: str, arguments: tuple[Any, ...]
) -> None:
    await house.run(somebody(*Permission), command, *arguments)
    await house.run(console(), command, *arguments)


# -- the audit of commands


async def test_before_and_after_are_written_and_secrets_never(house: House) -> None:
    owner = of(Role.OWNER)
    house.desk.values |= {"push.key": "k3y-before", "source.pool.password": "hunter1"}
    await house.run(owner, "set_weights")
    await house.run(owner, "add_source")
    await house.run(owner, "change_source")
    await house.run(owner, "test_source")
    await house.run(owner, "change_settings", [Change("push.key", "k3y-after"), Change("push.to", [{"token": "t0k"}])])
    raw = house.raw()
    assert '"source.home.weight":100' in raw
    assert '"source.home.weight":70' in raw
    assert '"source.pool.password":"***"' in raw
    assert [secret for secret in ("hunter", "k3y", "t0k") if secret in raw] == []


async def test_what_only_looks_leaves_no_entry_as_done(house: House) -> None:
    owner = of(Role.OWNER)
    await house.run(owner, "change_settings", check_only=True)
    await house.run(owner, "add_source", check_only=True)
    await house.run(owner, "import_settings", "text", True)
    assert house.written() == []
    assert house.desk.done == []


async def test_watching_is_written_when_it_begins_and_not_at_each_look(house: House) -> None:
    for _ in range(3):
        house.clock.advance(100)
        await house.run(of(Role.OWNER), "watch")
    assert house.written() == [("owner", "session.watch", "s1", "done")]
    house.clock.advance(301)
    await house.run(of(Role.OWNER), "watch")
    await house.run(of(Role.OPERATOR), "watch")
    assert len(house.written()) == 3


async def test_an_act_that_is_refused_later_on_is_written_as_refused(house: House) -> None:
    house.desk.trouble = Conflict("changed meanwhile")
    with pytest.raises(Conflict):
        await house.run(of(Role.OWNER), "set_weights")
    assert house.written() == [("owner", "weights.set", "", "refused")]


async def test_input_that_cannot_be_taken_is_no_entry(house: House) -> None:
    house.desk.trouble = Invalid("not a weight")
    with pytest.raises(Invalid):
        await house.run(of(Role.OWNER), "set_weights")
    assert house.written() == []


async def test_a_bug_on_the_way_is_written_as_failed(house: House) -> None:
    house.desk.trouble = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await house.run(of(Role.OWNER), "set_weights")
    house.audit.flush()
    assert house.written() == [("owner", "weights.set", "", "failed")]


async def test_who_goes_away_in_the_middle_is_written_down_all_the_same(house: House) -> None:
    house.desk.trouble = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await house.run(of(Role.OWNER), "set_weights")
    house.audit.flush()
    assert house.written() == [("owner", "weights.set", "", "failed")]


async def test_nothing_is_done_that_could_not_be_written_down(house: House) -> None:
    for _ in range(1_000):
        house.audit.note(console(), "x")
    with pytest.raises(Unavailable):
        await house.run(of(Role.OWNER), "set_weights")
    assert not house.touched()
    house.audit.flush()
    assert await house.run(of(Role.OWNER), "set_weights")


# -- miners


async def test_a_preview_names_pinned_miners_to_who_may_see_them(house: House) -> None:
    shown = await house.run(of(Role.OPERATOR), "preview_weights", {}, ("pool",))
    assert (shown.pinned, shown.pins) == (1, ("bc1qpinned.to-pool",))
    counted = await house.run(somebody(Permission.WEIGHTS), "preview_weights", {}, ("pool",))
    assert (counted.pinned, counted.pins) == (1, ())


async def test_a_pin_names_the_miner_and_not_its_key(house: House) -> None:
    await house.run(of(Role.OPERATOR), "pin")
    assert house.written() == [("operator", "miner.pin", "bc1qminer.attic", "done")]
    with pytest.raises(NotFound):
        await house.run(of(Role.OPERATOR), "pin", "another", "home")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("fix_difficulty", ("key", 0.0)),
        ("fix_difficulty", ("key", float("nan"))),
        ("fix_difficulty_of_many", (("key",), float("inf"))),
        ("pin_many", ((), "home")),
        ("disconnect_many", ([f"key{number}" for number in range(201)],)),
        ("ban", ("everybody", 60.0)),
        ("ban", ("192.0.2.9", 0.0)),
        ("ban", ("192.0.2.9", float("nan"))),
        ("ban", ("192.0.2.9", 1e9)),
        ("ban_many", (["key"], 1e9)),
        ("unban", ("192.0.2.0/24",)),
    ],
)
async def test_what_makes_no_sense_is_refused_before_it_reaches_the_floor(
    house: House, command: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(Invalid) as refused:
        await house.run(of(Role.OPERATOR), command, *arguments)
    assert refused.value.problems[0].path
    assert not house.touched()


async def test_an_act_on_many_is_one_change_and_one_entry_that_names_them_all(house: House) -> None:
    for command, path in (("pin_many", "pin"), ("fix_difficulty_of_many", "fixed_difficulty")):
        done = await house.run(of(Role.OPERATOR), command)
        assert (done.done, done.left_out) == (("key", "key2"), ())
        assert [entry["worker"] for entry in done.change.after[path]] == ["bc1qminer.attic", "bc1qminer.shed"]
    assert house.desk.done == ["change", "change"]
    assert house.written() == [
        ("operator", "miner.pin", "bc1qminer.attic, bc1qminer.shed", "done"),
        ("operator", "miner.difficulty", "bc1qminer.attic, bc1qminer.shed", "done"),
    ]
    assert "bc1qminer.shed" in house.raw()


async def test_of_many_those_for_whom_it_cannot_be_done_are_left_out_and_said(house: House) -> None:
    done = await house.run(of(Role.OPERATOR), "pin_many", ("key", "nobody", "nameless", "key"), "home")
    assert done.done == ("key",)
    assert {one.key: one.text for one in done.left_out} == {
        "nobody": "there is no such miner",
        "nameless": "it has no name",
    }
    assert house.written() == [("operator", "miner.pin", "bc1qminer.attic, ?", "done")]
    assert "it has no name" in house.raw()
    done = await house.run(of(Role.OPERATOR), "disconnect_many")
    assert (done.done, [(one.name, one.text) for one in done.left_out]) == (
        ("key",),
        [("bc1qminer.shed", "this miner is not connected")],
    )
    assert "attic at 192.0.2.9" in house.raw()


async def test_a_ban_says_until_when_and_of_many_whose_addresses_they_are(house: House) -> None:
    await house.run(of(Role.OPERATOR), "ban")
    until_ms = house.clock.unix_ms() + 60_000
    assert house.desk.values["ban"] == [{"address": "192.0.2.9", "until": until_ms}]
    done = await house.run(of(Role.OPERATOR), "ban_many")
    assert [one["address"] for one in house.desk.values["ban"]] == ["192.0.2.9", "192.0.2.10"]
    assert (done.done, [one.text for one in done.left_out]) == (("key",), ["this miner is not connected"])
    assert '"addresses":{"bc1qminer.attic":["192.0.2.9","192.0.2.10"]}' in house.raw()
    assert [entry[1:3] for entry in house.written()] == [
        ("address.ban", "192.0.2.9"),
        ("miner.ban", "bc1qminer.attic, bc1qminer.shed"),
    ]


@pytest.mark.parametrize("command", ["ban", "ban_many", "pin", "pin_many", "fix_difficulty", "fix_difficulty_of_many"])
async def test_what_else_stands_in_a_table_of_the_file_is_for_who_may_see_it(house: House, command: str) -> None:
    for private in (False, True):
        found = await house.run(somebody(Permission.MINERS, *([Permission.VIEW_PRIVATE] if private else [])), command)
        change = found if isinstance(found, ChangeResult) else found.change
        assert change.applied
        assert (bool(change.before), bool(change.after)) == (private, private)
    with house.store.reading() as book:
        assert all(row.before != "{}" and row.after != "{}" for row in book.audit(None, 10)), "the audit has it whole"


async def test_what_is_never_banned_is_refused_before_anything_is_changed(house: House) -> None:
    with pytest.raises(Conflict):
        await house.run(of(Role.OPERATOR), "ban", "127.0.0.1", 60.0)
    assert not house.touched()


async def test_a_ban_is_lifted_whoever_ordered_it(house: House) -> None:
    await house.run(of(Role.OPERATOR), "unban", "192.0.2.9")
    await house.run(of(Role.OPERATOR), "unban", "192.0.2.66")
    with pytest.raises(NotFound):
        await house.run(of(Role.OPERATOR), "unban", "192.0.2.7")
    assert [entry[2] for entry in house.written()] == ["192.0.2.9", "192.0.2.66"]


async def test_where_nothing_could_be_done_for_anybody_nothing_is_written_down(house: House) -> None:
    done = await house.run(of(Role.OPERATOR), "pin_many", ("nobody", "nobody2"), "home")
    assert (done.done, done.change, len(done.left_out)) == ((), None, 2)
    done = await house.run(of(Role.OPERATOR), "disconnect_many", ("key2", "nobody"))
    assert done.done == ()
    assert house.written() == []


async def test_what_is_done_to_one_alone_is_done_or_refused(house: House) -> None:
    for command, key in (("pin", "nobody"), ("pin", "nameless"), ("fix_difficulty", "nameless")):
        with pytest.raises(NotFound):
            await house.run(of(Role.OPERATOR), command, key, None)
    for command, arguments in (("disconnect_many", (["key2"],)), ("pin_many", (["nobody"], "home"))):
        with pytest.raises(NotFound):
            await house.run(of(Role.OPERATOR), command, *arguments)
    assert house.written() == []


@pytest.mark.parametrize(
    ("path", "shown"),
    [("source.a.password", False), ("api_token", False), ("source.a.password_file", True), ("web.privacy", True)],
)
def test_what_is_secret_by_its_name(path: str, shown: bool) -> None:
    assert (hidden({path: "value"})[path] == "value") is shown
    assert hidden({path: None})[path] is None
    assert (hidden({"list": [{path: "value"}]})["list"][0][path] == "value") is shown


@pytest.mark.parametrize("key", ["password_file", "cookie_file", "tls_ca_file"])
async def test_which_file_is_read_is_for_owners_alone(house: House, key: str) -> None:
    """Beside an address of their own it would carry any file's first line out of the machine."""
    admin = of(Role.ADMIN)
    values = {"name": "x", "kind": "pool", "url": ["stratum+tcp://127.0.0.1:1"], key: "/etc/shadow"}
    with pytest.raises(NotAllowed):
        await house.commands.add_source(admin, values)
    with pytest.raises(NotAllowed):
        await house.commands.test_source(admin, values)
    with pytest.raises(NotAllowed):
        await house.commands.change_source(admin, "home", {key: "/etc/shadow"})
    for path in (f"source.home.{key}", "logging.file", "data.dir", "stratum.tls.key"):
        with pytest.raises(NotAllowed):
            await house.commands.change_settings(admin, [Change(path, "/etc/shadow")])
    await house.commands.add_source(of(Role.OWNER), values)


async def test_who_looks_hears_of_what_was_done_and_not_of_what_was_refused(house: House) -> None:
    await house.run(of(Role.OPERATOR), "pause", "home", True)
    with pytest.raises(NotAllowed):
        await house.run(of(Role.VIEWER), "pause", "home", False)
    assert house.told == [("source.pause", "home", "operator")]


# -- the loop


@pytest.mark.parametrize("command", ["settings", "export_settings", "set_weights", "pin"])
async def test_the_file_is_read_beside_the_loop_that_serves_miners(house: House, command: str) -> None:
    """With ten thousand pins it takes a quarter of a second."""
    where: list[threading.Thread] = []

    def noted(ask: Callable[[], Any]) -> Callable[[], Any]:
        def noting() -> Any:
            where.append(threading.current_thread())
            return ask()

        return noting

    house.desk.settings = noted(house.desk.settings)  # type: ignore[method-assign]
    house.desk.export = noted(house.desk.export)  # type: ignore[method-assign]
    await house.run(of(Role.OWNER), command)
    assert where
    assert threading.current_thread() not in where


async def test_a_kept_secret_goes_to_no_new_place_but_by_an_owner(house: House) -> None:
    """A node's password or cookie would be shown to whoever stands at the new address."""
    admin, elsewhere = of(Role.ADMIN), ["http://192.0.2.9:8332"]
    for act in (
        house.commands.change_source(admin, "home", {"rpc": elsewhere}),
        house.commands.change_source(admin, "home", {"rpc": elsewhere, "password": "new"}),
        house.commands.change_source(admin, "ocean", {"url": ["stratum+tcp://192.0.2.9:1"]}),
        house.commands.change_source(admin, "ocean", {"url": ["stratum+tcp://192.0.2.9:1"], "password": "***"}),
        house.commands.test_source(admin, {"rpc": elsewhere}, "home"),
        house.commands.change_settings(admin, [Change("source.home.rpc", elsewhere)]),
    ):
        with pytest.raises(NotAllowed):
            await act
    await house.commands.change_source(admin, "ocean", {"url": ["stratum+tcp://192.0.2.9:1"], "password": "new"})
    await house.commands.test_source(admin, {"rpc": elsewhere, "password": "mine"})
    await house.commands.change_source(of(Role.OWNER), "home", {"rpc": elsewhere})
