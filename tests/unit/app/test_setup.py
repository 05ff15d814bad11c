"""A server that waits to be set up, and the first file that is written."""

import asyncio
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from headframe.app.setup import Setup, first_file, waiting_config
from headframe.config import Config, ConfigError, load, parse
from headframe.service.permissions import MATRIX, Actor, Role, console
from headframe.service.refusals import Conflict, Invalid, NotAllowed, Unavailable
from headframe.service.setup import ConnectView
from headframe.service.steering import Steering

ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
NODE = {"name": "home", "kind": "node", "rpc": ["http://127.0.0.1:8332"], "user": "u", "password": 'p"\\'}
VALUES: Mapping[str, Any] = {"payout": {"address": ADDRESS}, "stratum": {"listen": ["0.0.0.0:3333"]}, "source": [NODE]}


class Wizard:
    """A set-up of a file, and what it did."""

    def __init__(self, file: Path | None, *, owner: bool = True) -> None:
        self.finished = asyncio.Event()
        self.taken: set[int] = set()
        self.door = Setup(
            file,
            {},
            cast("Steering", None),
            lambda: owner,
            self._finish,
            self._connect,
            own_port=lambda: 8855,
            port_trouble=lambda host, port: "address already in use" if port in self.taken else "",
        )

    def _finish(self) -> None:
        self.finished.set()

    def _connect(self, config: Config) -> ConnectView:
        return ConnectView((str(config.stratum.listen[0]),), (), "worker1", "x")


def test_it_asks_for_an_owner_then_for_settings_and_then_is_done(tmp_path: Path) -> None:
    assert Wizard(tmp_path / "headframe.toml", owner=False).door.state().stage == "owner"
    state = Wizard(tmp_path / "headframe.toml").door.state()
    assert state.stage == "settings"
    assert "mainnet" in state.networks
    assert state.defaults["stratum.listen"] == ["0.0.0.0:3333"]
    assert Wizard(None).door.state().stage == "done"


def test_before_there_is_an_owner_nothing_is_told(tmp_path: Path) -> None:
    state = Wizard(tmp_path / "headframe.toml", owner=False).door.state()
    assert (state.networks, state.defaults) == ((), {})


async def test_the_file_it_writes_is_a_configuration_that_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "new" / "headframe.toml"
    wizard = Wizard(file)
    view = await wizard.door.finish(console(), VALUES)
    config = load(file, {})
    assert config.payout.address == ADDRESS
    password = config.source[0].password
    assert password is not None
    assert password.get_secret_value() == 'p"\\'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert view.plain == ("0.0.0.0:3333",)
    assert wizard.door.state().stage == "done"


async def test_the_server_is_told_only_after_the_answer_had_time_to_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headframe.app.setup.ANSWER_S", 0.0)
    wizard = Wizard(tmp_path / "headframe.toml")
    await wizard.door.finish(console(), VALUES)
    assert not wizard.finished.is_set()
    await wizard.finished.wait()


async def test_every_problem_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "headframe.toml"
    with pytest.raises(Invalid) as refused:
        await Wizard(file).door.finish(console(), {"payout": {"address": "nonsense"}, "source": [NODE, NODE]})
    assert {problem.path for problem in refused.value.problems} >= {"payout.address"}
    assert all(problem.remedy for problem in refused.value.problems)
    assert not file.exists()


async def test_only_an_owner_finishes_it(tmp_path: Path) -> None:
    admin = Actor(2, "ada", Role.ADMIN, MATRIX[Role.ADMIN], "127.0.0.1", "session")
    with pytest.raises(NotAllowed):
        await Wizard(tmp_path / "headframe.toml").door.finish(admin, VALUES)


async def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "headframe.toml"
    file.write_text("mine")
    with pytest.raises(Conflict):
        await Wizard(file).door.finish(console(), VALUES)
    assert file.read_text() == "mine"


async def test_a_place_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable) as refused:
        await Wizard(tmp_path / "file" / "headframe.toml").door.finish(console(), VALUES)
    assert "--config" in refused.value.remedy


async def test_a_disk_that_is_full_leaves_no_half_file_that_the_next_start_would_run_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "headframe.toml"
    wizard = Wizard(file)
    with monkeypatch.context() as patched:
        patched.setattr("headframe.app.setup.os.fsync", full)
        with pytest.raises(Unavailable, match="No space left"):
            await wizard.door.finish(console(), VALUES)
    assert os.listdir(tmp_path) == []
    assert wizard.door.state().stage == "settings"
    await wizard.door.finish(console(), VALUES)
    assert load(file, {}).payout.address == ADDRESS


async def test_of_two_who_finish_at_once_one_is_told_that_it_is_done(tmp_path: Path) -> None:
    file = tmp_path / "headframe.toml"
    wizard = Wizard(file)
    both = await asyncio.gather(*(wizard.door.finish(console(), VALUES) for _ in range(2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "ConnectView"]
    assert os.listdir(tmp_path) == [file.name]


async def test_once_there_is_a_configuration_the_wizard_is_closed() -> None:
    door = Wizard(None).door
    with pytest.raises(Conflict):
        door.nodes()
    with pytest.raises(Conflict):
        await door.check_node({})
    with pytest.raises(Conflict):
        await door.finish(console(), VALUES)


@pytest.mark.parametrize(
    ("network", "address", "kind"), [("mainnet", ADDRESS, "P2WPKH"), ("mainnet", f" {ADDRESS.upper()} ", "P2WPKH")]
)
def test_an_address_is_told_its_kind(network: str, address: str, kind: str) -> None:
    view = Wizard(None).door.check_address(network, address)
    assert (view.ok, view.kind) == (True, kind)


@pytest.mark.parametrize(("network", "address"), [("regtest", ADDRESS), ("mainnet", ""), ("mainnet", "bc1qwrong")])
def test_an_address_that_cannot_be_paid_says_why_and_what_to_do(network: str, address: str) -> None:
    view = Wizard(None).door.check_address(network, address)
    assert not view.ok
    assert view.text
    assert view.remedy


def test_names_that_are_no_names_do_not_become_toml() -> None:
    wrong: list[dict[str, Any]] = [{"a b": {}}, {"payout": {"x = 1\ny": 2}}, {"payout": "text"}]
    for values in wrong:
        with pytest.raises(Invalid):
            first_file(values)


def test_what_is_left_empty_is_left_out() -> None:
    assert "tag" not in first_file({"payout": {"address": ADDRESS, "tag": None}})
    assert parse(first_file(VALUES), {}).stratum.listen[0].port == 3333


def test_a_waiting_server_listens_to_miners_nowhere_that_is_known_and_takes_its_places_from_the_environment(
    tmp_path: Path,
) -> None:
    config = waiting_config(
        {"HEADFRAME_DATA__DIR": str(tmp_path), "HEADFRAME_WEB__LISTEN": "127.0.0.1:0", "HEADFRAME_SOURCE__0__NAME": "x"}
    )
    assert config.data.dir == tmp_path
    assert config.source == ()
    assert [str(listen) for listen in config.stratum.listen] == ["127.0.0.1:0"]
    with pytest.raises(ConfigError):
        waiting_config({"HEADFRAME_WEB__NONSENSE": "1"})


async def test_a_port_that_somebody_has_is_named_before_anything_is_written(tmp_path: Path) -> None:
    file = tmp_path / "headframe.toml"
    wizard = Wizard(file)
    wizard.taken = {3333, 8855}
    with pytest.raises(Invalid) as refused:
        await wizard.door.finish(console(), VALUES)
    assert [problem.path for problem in refused.value.problems] == ["stratum.listen"], "8855 is our own until then"
    assert not file.exists()
    wizard.taken.clear()
    await wizard.door.finish(console(), VALUES)
