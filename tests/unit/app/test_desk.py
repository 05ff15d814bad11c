"""Changing settings while the server runs, through the file."""

import asyncio
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from headframe.app import parts
from headframe.app.desk import Desk, text_of
from headframe.app.desk_weights import Standing
from headframe.app.reload import Reload, diff
from headframe.config import MAX_FILE_BYTES, Config, load, parse
from headframe.service.refusals import Conflict, Invalid, NotFound, Unavailable
from headframe.service.settings_views import Change, SettingView
from headframe.testing.fake_clock import FakeClock

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
OTHER = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
FILE = f"""\
# Ours.
[payout]
address = "{ADDRESS}"  # cold

[web]
listen = "127.0.0.1:0"

# at home
[[source]]
name = "home"
network = "regtest"
weight = 70
rpc = "http://127.0.0.1:18443"
user = "u"
password = "hunter2"

# out there
[[source]]
name = "Ocean"
kind = "pool"
network = "regtest"
weight = 30
url = "stratum+tcp://127.0.0.1:3334"
wallet = "{ADDRESS}"
cap = "1.5 TH/s"
"""


class NoFleet:
    def standing(self) -> Sequence[Standing]:
        return ()


class Place:
    """A desk over a file, and what runs by it: `applied` are the reloads that were made so."""

    def __init__(self, file: Path | None, environment: Mapping[str, str], config: Config, text: str | None) -> None:
        self.config = config
        self.applied: list[Reload] = []
        self.trouble: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.file = file
        self.desk = Desk(file, environment, lambda: self.config, self.apply, NoFleet(), FakeClock(), text=text)

    def with_log_as_text(self) -> "Place":
        """As run with --log-format text."""

        def in_text(config: Config) -> Config:
            return config.model_copy(update={"logging": config.logging.model_copy(update={"format": "text"})})

        self.config = in_text(self.config)
        self.desk = Desk(self.file, {}, lambda: self.config, self.apply, NoFleet(), FakeClock(), overriding=in_text)
        return self

    async def apply(self, config: Config) -> Reload:
        await self.gate.wait()
        if self.trouble is not None:
            trouble, self.trouble = self.trouble, None
            raise trouble
        reload = diff(self.config, config)
        self.config = reload.in_force
        self.applied.append(reload)
        return reload

    @property
    def text(self) -> str:
        assert self.file is not None
        return self.file.read_text()

    def row(self, path: str) -> SettingView:
        (found,) = [row for row in self.desk.settings().settings if row.path == path]
        return found

    async def change(self, path: str, value: Any) -> None:
        await self.desk.change([Change(path, value)])


def place(tmp_path: Path, text: str = FILE, environment: Mapping[str, str] | None = None) -> Place:
    file = tmp_path / "headframe.toml"
    file.write_text(text)
    return Place(file, environment or {}, load(file, environment or {}), None)


def problems(error: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {one.path: one.text for one in error.value.problems}


# -- changing -----------------------------------------------------------------------------------------------------


async def test_a_change_goes_to_the_file_and_to_what_runs_and_nothing_else_moves(tmp_path: Path) -> None:
    here = place(tmp_path)
    done = await here.desk.change([Change("source.home.weight", 20), Change("source.Ocean.weight", 80)])
    assert here.text == FILE.replace("weight = 70", "weight = 20").replace("weight = 30", "weight = 80")
    assert [source.weight for source in here.config.source] == [20, 80]
    assert done.applied
    assert done.changed == ("source.home.weight", "source.Ocean.weight")
    assert done.before == {"source.home.weight": 70, "source.Ocean.weight": 30}
    assert done.after == {"source.home.weight": 20, "source.Ocean.weight": 80}
    assert (tmp_path / done.backup).read_text() == FILE
    assert done.revision == here.desk.settings().revision


async def test_checking_only_says_the_same_and_does_nothing(tmp_path: Path) -> None:
    here = place(tmp_path)
    change = [Change("web.listen", "127.0.0.1:1"), Change("payout.tag", "/x/")]
    asked = await here.desk.change(change, check_only=True)
    assert (asked.applied, asked.needs_restart, asked.backup) == (False, ("web.listen",), "")
    assert here.text == FILE
    assert here.applied == []
    done = await here.desk.change(change)
    assert (done.changed, done.needs_restart) == (asked.changed, asked.needs_restart)
    assert (done.before, done.after) == (asked.before, asked.after)
    assert here.desk.settings().waiting == ("web.listen",)
    assert str(here.config.web.listen) == "127.0.0.1:0"
    assert here.row("web.listen").value == "127.0.0.1:1"


async def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    here = place(tmp_path)
    with pytest.raises(Invalid) as caught:
        await here.desk.change(
            [
                Change("source.home.weight", "50"),
                Change("source.ocean.url", ["ftp://x"]),
                Change("source.mars.weight", 1),
                Change("limits.conections", 5),
                Change("difficulty.min", -1),
                Change("payout.address", "nonsense"),
            ]
        )
    found = problems(caught)
    assert set(found) == {
        "source.home.weight",
        "source.Ocean.url[0]",
        "source.mars.weight",
        "limits.conections",
        "difficulty.min",
    }
    assert found["source.mars.weight"] == 'no source is called "mars"'
    assert [one.remedy for one in caught.value.problems if one.path == "limits.conections"] == [
        "did you mean connections?"
    ]
    assert here.text == FILE
    assert here.applied == []
    with pytest.raises(Invalid) as caught:
        await here.change("payout.address", "nonsense")
    assert set(problems(caught)) == {"payout.address"}
    assert os.listdir(tmp_path) == ["headframe.toml"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("source.home.paused", "true"),
        ("source.home.weight", True),
        ("source.home.weight", 1.5),
        ("data.sync_s", float("nan")),
        ("source.home.rpc", "http://127.0.0.1:1"),
        ("source.home.rpc", [1]),
        ("web.explorer", "x"),
        ("web.explorer", {"btc": 1}),
        ("payout.fee", {"address": ADDRESS}),
        ("payout.fee.address", ADDRESS),
        ("payout.tag", 5),
        ("pin", [1]),
        ("source", []),
        ("source.home", {}),
        ("", 1),
        ("source..weight", 1),
        ("web", {"listen": "127.0.0.1:1"}),
        ("source.home.weight.x", 1),
    ],
)
async def test_values_of_another_shape_and_what_is_no_setting_are_refused(
    tmp_path: Path, path: str, value: object
) -> None:
    here = place(tmp_path)
    with pytest.raises(Invalid):
        await here.change(path, value)
    assert here.text == FILE


async def test_with_another_network_everything_waits_and_is_named(tmp_path: Path) -> None:
    """Whoever may not change where the money goes must not get it changed by the next restart."""
    here = place(tmp_path)
    text = FILE.replace("regtest", "testnet4").replace(ADDRESS, "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx")
    for check_only in (True, False):
        done = await here.desk.import_(text, check_only=check_only)
        assert done.changed == ()
        assert {"payout.address", "source.home.network", "source.Ocean.wallet"} <= set(done.needs_restart)
    assert "payout.address" in here.desk.settings().waiting
    assert here.config == parse(FILE, {})
    done = await here.desk.change([Change("payout.tag", "/x/")], check_only=True)
    assert {"payout.tag", "payout.address"} <= set(done.needs_restart)


async def test_lists_of_tables_are_set_as_a_whole(tmp_path: Path) -> None:
    here = place(tmp_path)
    await here.change("payout.fee", [{"address": OTHER, "basis_points": 100, "more": None}])
    await here.change("pin", [{"worker": "garage", "source": "ocean"}, {"worker": "attic", "source": "home"}])
    assert here.config.payout.fee[0].basis_points == 100
    done = await here.desk.change([Change("pin", [{"worker": "attic", "source": "home"}])])
    assert (done.before, done.after) == ({"pin": [{"worker": "garage", "source": "ocean"}]}, {"pin": []})
    await here.change("payout.fee", None)
    await here.change("pin", [])
    assert (here.config.payout.fee, here.config.pin) == ((), ())
    assert "cold" in here.text


async def test_a_setting_that_is_taken_out_has_its_default_again(tmp_path: Path) -> None:
    here = place(tmp_path)
    await here.change("source.ocean.cap", None)
    assert here.config.source[1].cap is None
    assert here.row("source.Ocean.cap").set_by == "default"


async def test_two_at_once_are_done_one_after_the_other(tmp_path: Path) -> None:
    here = place(tmp_path)
    changes = [here.change("source.home.weight", number) for number in range(1, 6)]
    changes += [here.desk.pin([(ADDRESS, f"rig{number}")], "home") for number in range(5)]  # type: ignore[misc]
    await asyncio.gather(*changes)
    assert len(here.applied) == 10
    assert here.config == load(here.file, {})
    assert len(here.config.pin) == 5


async def test_a_change_from_an_older_state_is_refused(tmp_path: Path) -> None:
    here = place(tmp_path)
    seen = here.desk.settings().revision
    here.file.write_text(FILE + "# by hand\n")  # type: ignore[union-attr]
    with pytest.raises(Conflict) as caught:
        await here.desk.change([Change("source.home.weight", 5)], revision=seen)
    assert caught.value.code == "changed_meanwhile"
    await here.desk.change([Change("source.home.weight", 5)], revision=here.desk.settings().revision)
    assert here.text.endswith("# by hand\n")


async def test_what_was_changed_by_hand_is_taken_over_with_the_next_change(tmp_path: Path) -> None:
    here = place(tmp_path)
    here.file.write_text(FILE.replace("weight = 30", "weight = 31"))  # type: ignore[union-attr]
    done = await here.desk.change([Change("source.home.weight", 71)])
    assert done.changed == ("source.home.weight", "source.Ocean.weight")
    assert done.before == {"source.home.weight": 70}, "what this change did to the file"


async def test_when_it_cannot_be_made_so_the_file_is_put_back(tmp_path: Path) -> None:
    here = place(tmp_path)
    here.trouble = RuntimeError("no")
    with pytest.raises(Unavailable):
        await here.change("source.home.weight", 5)
    assert here.text == FILE
    assert here.config == load(here.file, {})
    await here.change("source.home.weight", 5)
    new = Place(tmp_path / "new.toml", {}, parse(FILE, {}), None)
    new.trouble = RuntimeError("no")
    with pytest.raises(Unavailable):
        await new.desk.import_(FILE, check_only=False)
    assert "new.toml" not in os.listdir(tmp_path)


async def test_a_file_that_cannot_be_written_or_read_is_said_and_nothing_is_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place(tmp_path)

    def read_only(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", read_only)
    with pytest.raises(Unavailable, match="permission denied"):
        await here.change("source.home.weight", 5)
    assert here.applied == []
    here.file.write_bytes(b"\xff")  # type: ignore[union-attr]
    with pytest.raises(Unavailable, match="not utf-8"):
        await here.change("source.home.weight", 5)


async def test_a_file_broken_by_hand_is_shown_with_its_problems_and_is_not_edited(tmp_path: Path) -> None:
    here = place(tmp_path)
    here.file.write_text(FILE.replace("weight = 70", "weight = -1"))  # type: ignore[union-attr]
    shown = here.desk.settings()
    assert [one.path for one in shown.problems] == ["source.home.weight"]
    assert here.row("source.home.weight").value == 70, "what is in force"
    await here.change("source.home.weight", 7)
    here.file.write_text("[web\n")  # type: ignore[union-attr]
    assert here.desk.settings().problems
    with pytest.raises(Conflict):
        await here.change("source.home.weight", 8)
    with pytest.raises(Conflict):
        here.desk.export()
    await here.desk.import_(FILE, check_only=False)
    assert here.text == FILE


# -- showing ------------------------------------------------------------------------------------------------------


def test_every_setting_is_shown_with_where_it_comes_from(tmp_path: Path) -> None:
    here = place(tmp_path, environment={"HEADFRAME_DIFFICULTY__START": "7"})
    shown = here.desk.settings()
    assert shown.file == "headframe.toml"
    assert len({row.path for row in shown.settings}) == len(shown.settings)
    rows = {row.path: row for row in shown.settings}
    assert (rows["difficulty.start"].value, rows["difficulty.start"].set_by) == (7.0, "environment")
    assert (rows["payout.mode"].value, rows["payout.mode"].set_by) == ("operator", "default")
    assert (rows["source.Ocean.cap"].value, rows["source.Ocean.cap"].set_by) == ("1.5 TH/s", "file")
    assert rows["source.home.rpc"].value == ["http://127.0.0.1:18443"]
    assert (rows["payout.fee"].shape, rows["payout.fee"].value) == ("tables", [])
    assert rows["payout.fee..address"].section == "payout.fee"
    assert rows["stratum.listen"].default == ["0.0.0.0:3333"]
    assert {row.variant for row in shown.of_sources} == {"node", "pool"}
    assert [source.name for source in shown.sources] == ["home", "Ocean"]
    assert shown.sources[0].values["password"] == "***"
    assert here.desk.settings() is shown, "made again only when something changed"


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    here = place(tmp_path, FILE + '# password = "hunter2"\n')
    assert "hunter2" not in repr(here.desk.settings())
    assert "hunter2" not in here.desk.export()
    assert "cold" in here.desk.export()


async def test_stars_given_back_leave_a_secret_and_another_one_is_taken(tmp_path: Path) -> None:
    here = place(tmp_path)
    done = await here.desk.change([Change("source.home.password", "***"), Change("source.home.user", "v")])
    assert 'password = "hunter2"' in here.text
    assert "hunter2" not in repr(done)
    done = await here.desk.change([Change("source.home.password", "secret")])
    assert (done.before, done.after) == ({"source.home.password": "***"}, {"source.home.password": "***"})
    assert 'password = "secret"' in here.text
    with pytest.raises(Invalid):
        await here.change("source.ocean.password", "***")


async def test_what_the_environment_sets_is_refused_with_where_it_is_set(tmp_path: Path) -> None:
    here = place(tmp_path, environment={"HEADFRAME_SOURCE__HOME__WEIGHT": "5", "HEADFRAME_PIN": "[]"})
    for path, value in (("source.home.weight", 6), ("pin", [])):
        with pytest.raises(Invalid, match=r"\$HEADFRAME_") as caught:
            await here.change(path, value)
        assert caught.value.problems[0].remedy == "change it there, or take the variable away"
    assert here.row("source.home.weight").set_by == "environment"
    await here.change("source.ocean.weight", 6)


# -- sources, pins ------------------------------------------------------------------------------------------------


async def test_sources_come_and_go(tmp_path: Path) -> None:
    here = place(tmp_path)
    values = {"name": "sol", "kind": "pool", "network": "regtest", "url": ["stratum+tcp://127.0.0.1:1"], "user": "me"}
    asked = await here.desk.add_source({**values, "cap": None, "password": "pw"}, check_only=True)
    assert asked.after["source.sol"]["password"] == "***"
    assert here.text == FILE
    await here.desk.add_source({**values, "cap": None})
    assert here.text.startswith(FILE)
    assert [source.name for source in here.config.source] == ["home", "Ocean", "sol"]
    with pytest.raises(Invalid) as caught:
        await here.desk.add_source({**values, "weight": "x", "colour": "red", "password": "***"})
    assert set(problems(caught)) == {f"source.sol.{key}" for key in ("name", "weight", "colour", "password")}
    await here.desk.pin([("", "garage")], "sol")
    done = await here.desk.remove_source("SOL")
    assert done.after["source.sol"] is None
    assert here.config.pin == ()
    assert here.text == FILE
    with pytest.raises(NotFound):
        await here.desk.remove_source("sol")


async def test_a_source_is_not_removed_from_under_variables_that_count(tmp_path: Path) -> None:
    here = place(tmp_path, environment={"HEADFRAME_SOURCE__1__TIER": "1"})
    with pytest.raises(Invalid, match="counts the sources"):
        await here.desk.remove_source("home")


async def test_a_miner_is_pinned_moved_and_let_go(tmp_path: Path) -> None:
    here = place(tmp_path)
    await here.desk.pin([(ADDRESS, "garage.left")], "home")
    await here.desk.pin([(ADDRESS, "garage.left")], "Ocean")
    await here.desk.pin([("alone", "")], "home")
    assert [(pin.worker, pin.source) for pin in here.config.pin] == [
        (f"{ADDRESS}.garage.left", "Ocean"),
        ("alone", "home"),
    ]
    await here.desk.pin([(ADDRESS, "garage.left")], None)
    await here.desk.pin([("alone", "")], None)
    assert here.text == FILE
    with pytest.raises(Invalid):
        await here.desk.pin([(ADDRESS, "garage")], "mars")
    with pytest.raises(NotFound):
        await here.desk.pin([("", "")], "home")
    await here.change("pin", [{"worker": "garage", "source": "home"}])
    with pytest.raises(Conflict, match='every worker called "garage"'):
        await here.desk.pin([(ADDRESS, "garage")], None)


async def test_of_two_pins_of_one_miner_none_comes_into_force_when_it_is_let_go(tmp_path: Path) -> None:
    pins = "".join(f'\n[[pin]]\nworker = "{name}"\nsource = "home"\n' for name in ("rig1", "shed", "rig1."))
    here = place(tmp_path, FILE + pins)
    await here.desk.pin([("rig1", "")], None)
    assert [pin.worker for pin in here.config.pin] == ["shed"]


async def test_a_difficulty_is_fixed_changed_and_automatic_again(tmp_path: Path) -> None:
    here = place(tmp_path)
    await here.desk.fix_difficulty([(ADDRESS, "garage.left")], 1024.0)
    done, why = await here.desk.fix_difficulty([(ADDRESS, "garage.left")], 0.5)
    assert (done.before, done.after, why) == (
        {"fixed_difficulty": [{"worker": f"{ADDRESS}.garage.left", "difficulty": 1024.0}]},
        {"fixed_difficulty": [{"worker": f"{ADDRESS}.garage.left", "difficulty": 0.5}]},
        {},
    )
    assert here.text == FILE + f'\n[[fixed_difficulty]]\nworker = "{ADDRESS}.garage.left"\ndifficulty = 0.5\n'
    await here.desk.fix_difficulty([(ADDRESS, "garage.left")], None)
    assert here.text == FILE
    for difficulty in (1e-9, 1e13):
        with pytest.raises(Invalid) as caught:
            await here.desk.fix_difficulty([(ADDRESS, "garage")], difficulty)
        assert problems(caught).keys() == {"difficulty"}
    with pytest.raises(NotFound):
        await here.desk.fix_difficulty([("", "")], 1.0)
    await here.change("fixed_difficulty", [{"worker": "garage", "difficulty": 8}])
    with pytest.raises(Conflict, match='every worker called "garage"'):
        await here.desk.fix_difficulty([(ADDRESS, "garage")], None)


async def test_many_miners_are_one_change_of_the_file_that_leaves_out_whom_it_cannot_be_made_for(
    tmp_path: Path,
) -> None:
    here = place(tmp_path, FILE + '\n# for all of them\n[[pin]]\nworker = "shed"\nsource = "home"\n')
    rigs = [(ADDRESS, f"rig{number}") for number in range(50)]
    await here.desk.pin(rigs, "home")
    done, why = await here.desk.pin([("", ""), *rigs, (ADDRESS, "shed")], "Ocean")
    assert list(why) == [("", "")]
    assert {pin.source for pin in here.config.pin if pin.worker != "shed"} == {"Ocean"}
    assert len(done.after["pin"]) == 51
    assert sum(name.startswith("headframe.toml.bak-") for name in os.listdir(tmp_path)) == 2
    _, why = await here.desk.pin([*rigs, (ADDRESS, "shed"), ("", "")], None)
    assert set(why) == {(ADDRESS, "shed"), ("", "")}
    assert f'{ADDRESS}.shed"\nsource = "Ocean"' in here.text
    assert "# for all of them" in here.text
    assert len(here.config.pin) == 2


async def test_addresses_are_banned_until_then_and_pardoned(tmp_path: Path) -> None:
    here = place(tmp_path)
    now_ms = FakeClock().unix_ms()
    done = await here.desk.ban(["203.0.113.9", "2001:db8::7"], now_ms + 60_500)
    until = here.config.ban[0].until
    assert until.timestamp() == (now_ms + 60_500 + 500) / 1000
    assert done.after == {
        "ban": [
            {"address": "203.0.113.9", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"},
            {"address": "2001:db8::/64", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"},
        ]
    }
    assert f"until = {until:%Y-%m-%dT%H:%M:%SZ}\n" in here.text
    await here.desk.ban(["2001:db8::8"], now_ms + 120_000)
    assert [(ban.address, ban.until.timestamp() - now_ms / 1000) for ban in here.config.ban] == [
        ("203.0.113.9", 61),
        ("2001:db8::/64", 120),
    ]
    assert await here.desk.unban("203.0.113.8") is None
    assert await here.desk.unban("2001:db8::9") is not None
    await here.desk.unban("::ffff:203.0.113.9")
    assert here.text == FILE


async def test_bans_that_are_over_go_with_the_next_edit_of_their_table(tmp_path: Path) -> None:
    over = '\n# long ago\n[[ban]]\naddress = "203.0.113.1"\nuntil = 2001-01-01T00:00:00Z\n'
    here = place(tmp_path, FILE + over)
    assert parts.bans(here.config, FakeClock().unix_ms()) == {}
    await here.change("source.home.weight", 7)
    assert "long ago" in here.text
    now_ms = FakeClock().unix_ms()
    await here.desk.ban(["203.0.113.2"], now_ms + 60_000)
    assert [ban.address for ban in here.config.ban] == ["203.0.113.2"]
    assert "long ago" not in here.text
    assert parts.bans(here.config, now_ms) == {"203.0.113.2": 60.0}


async def test_bans_typed_in_a_form_are_dates_in_the_file(tmp_path: Path) -> None:
    here = place(tmp_path)
    rows = [{"address": "203.0.113.1", "until": "2030-01-01T02:00:00+02:00"}]
    await here.change("ban", rows)
    assert "until = 2030-01-01T00:00:00Z" in here.text
    assert here.row("ban").value == [{"address": "203.0.113.1", "until": "2030-01-01T00:00:00Z"}]
    await here.change("ban", [*here.row("ban").value, {"address": "203.0.113.2", "until": "2030-01-01T00:00:00Z"}])
    for wrong in ("tomorrow", "2030-01-01T00:00:00", "2030-01-01", ""):
        with pytest.raises(Invalid) as caught:
            await here.change("ban", [{"address": "203.0.113.1", "until": wrong}])
        assert problems(caught).keys() == {"ban[0].until"}
    assert len(here.config.ban) == 2


async def test_what_a_variable_sets_is_not_changed_here(tmp_path: Path) -> None:
    bans = '[{"address": "203.0.113.1", "until": "2030-01-01T00:00:00Z"}]'
    here = place(tmp_path, environment={"HEADFRAME_BAN": bans, "HEADFRAME_FIXED_DIFFICULTY": "[]"})
    assert here.config.ban[0].address == "203.0.113.1"
    for act in (
        here.desk.ban(["203.0.113.2"], FakeClock().unix_ms() + 1),
        here.desk.unban("203.0.113.1"),
        here.desk.fix_difficulty([("a", "b")], 1.0),
    ):
        with pytest.raises(Invalid, match=r"is set by \$HEADFRAME_"):
            await act


async def test_a_file_that_would_be_too_large_to_read_again_is_not_written(tmp_path: Path) -> None:
    here = place(tmp_path, "#" * (MAX_FILE_BYTES - len(FILE) - 50) + "\n" + FILE)
    with pytest.raises(Invalid, match="larger than"):
        await here.desk.pin([(ADDRESS, "garage")], "home")
    assert here.config.pin == ()


# -- export, import -----------------------------------------------------------------------------------------------


async def test_what_was_exported_comes_back_with_its_secrets(tmp_path: Path) -> None:
    here = place(tmp_path)
    exported = here.desk.export()
    await here.change("source.home.weight", 1)
    asked = await here.desk.import_(exported, check_only=True)
    assert asked.changed == ("source.home.weight",)
    await here.desk.import_(exported, check_only=False)
    assert here.config == parse(FILE, {})
    assert tomllib.loads(here.text) == tomllib.loads(FILE)
    with pytest.raises(Invalid) as caught:
        await here.desk.import_('[[source]]\nname = "new"\nuser = "x"\npassword = "***"\n', check_only=False)
    assert "source.new.password" in problems(caught)
    with pytest.raises(Invalid, match="not valid TOML"):
        await here.desk.import_("[web\n", check_only=True)


# -- without a file -----------------------------------------------------------------------------------------------


async def test_without_a_file_changes_hold_in_memory() -> None:
    running = parse(FILE, {})
    here = Place(None, {}, running, None)
    assert parse(text_of(running), {}) == running
    done = await here.desk.change([Change("source.home.weight", 5)])
    assert (done.applied, done.backup, here.desk.settings().file) == (True, "", "")
    assert here.config.source[0].weight == 5
    await here.change("source.home.weight", 6)
    assert here.config.source[0].weight == 6


async def test_what_the_environment_does_not_set_can_be_changed_without_a_file() -> None:
    environment = {
        "HEADFRAME_PAYOUT__MODE": "miner",
        "HEADFRAME_SOURCE__0__NAME": "home",
        "HEADFRAME_SOURCE__0__RPC": "http://127.0.0.1:1",
        "HEADFRAME_SOURCE__0__COOKIE_FILE": "/c",
    }
    here = Place(None, environment, parse("", environment), None)
    await here.change("source.home.weight", 7)
    await here.desk.add_source({"name": "two", "rpc": ["http://127.0.0.1:2"], "cookie_file": "/d"})
    assert [(source.name, source.weight) for source in here.config.source] == [("home", 7), ("two", 100)]
    with pytest.raises(Invalid, match=r"HEADFRAME_PAYOUT__MODE"):
        await here.change("payout.mode", "operator")


async def test_a_new_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    here = Place(tmp_path / "new.toml", {}, parse(FILE, {}), None)
    done = await here.desk.import_(FILE, check_only=False)
    assert (here.text, done.backup) == (FILE, "")


async def test_what_the_command_line_overrides_stays_so_when_something_else_is_changed(tmp_path: Path) -> None:
    here = place(tmp_path).with_log_as_text()
    await here.change("source.home.weight", 60)
    assert here.applied[-1].changed == ("source.home.weight",)
    assert here.config.logging.format == "text"
    assert "format" not in here.text
