"""Profiles, and the nodes of this machine."""

from pathlib import Path

import pytest

from headframe.app.desk_machine import DEFAULT_CONNECTIONS, GIB, Machine, find_nodes, profiles
from headframe.config import Config, parse
from headframe.config.settings import settings


def recommended(machine: Machine) -> str:
    (found,) = [profile.name for profile in profiles(machine).profiles if profile.recommended]
    return found


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (Machine(1 * GIB, 4, 1024), "small"),
        (Machine(None, 4, 100_000), "small"),
        (Machine(4 * GIB - 200_000_000, 2, 100_000), "medium"),
        (Machine(64 * GIB, 1, 100_000), "small"),
        (Machine(64 * GIB, 32, 4096), "small"),
        (Machine(64 * GIB, 32, 8192), "medium"),
        (Machine(64 * GIB, 32, 1_048_576), "large"),
        (Machine(1 * GIB, 1, 128), "small"),
    ],
)
def test_the_largest_profile_is_recommended_that_the_machine_bears(machine: Machine, name: str) -> None:
    assert recommended(machine) == name


def test_profiles_set_the_same_settings_each_to_something_that_is_allowed() -> None:
    known = {".".join(setting.path): setting for setting in settings()}
    found = profiles(Machine.this()).profiles
    assert [profile.name for profile in found] == ["small", "medium", "large"]
    assert len({tuple(change.path for change in profile.changes) for profile in found}) == 1
    for profile in found:
        for change in profile.changes:
            setting = known[change.path]
            assert not setting.needs_restart
            assert change.value is None or setting.minimum <= change.value <= setting.maximum  # type: ignore[operator]


def test_slow_readers_of_all_connections_take_at_most_half_of_the_memory() -> None:
    usual = Config().limits
    for profile, memory in zip(profiles(Machine.this()).profiles, (GIB // 2, 4 * GIB, 12 * GIB), strict=True):
        values = {change.path: change.value for change in profile.changes}
        connections = values["limits.connections"] or usual.connections
        buffer = values["limits.write_buffer_bytes"] or usual.write_buffer_bytes
        assert connections * buffer <= memory / 2
    assert usual.connections == DEFAULT_CONNECTIONS


def test_this_machine_has_something() -> None:
    found = Machine.this()
    assert found.cores >= 1
    assert found.open_files > 0
    assert found.memory_bytes is None or found.memory_bytes > 2**20


def test_nodes_are_found_by_their_cookies_each_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder in (".bitcoin", ".bitcoin/signet", "snap/bitcoin-core/common/.bitcoin"):
        (home / folder).mkdir(parents=True)
        (home / folder / ".cookie").write_text("__cookie__:x")
    (tmp_path / "data").symlink_to(home / ".bitcoin")
    found = find_nodes(
        {"HOME": str(home)}, ("~/.bitcoin", "~/snap/bitcoin-core/common/.bitcoin", str(tmp_path / "data"), "/nowhere")
    )
    assert [(node.network, node.rpc) for node in found] == [
        ("mainnet", "http://127.0.0.1:8332"),
        ("signet", "http://127.0.0.1:38332"),
        ("mainnet", "http://127.0.0.1:8332"),
    ]
    assert found[0].cookie_file == str(home / ".bitcoin" / ".cookie")
    assert find_nodes({}, ("~/.bitcoin",)) == ()
    text = f'[payout]\nmode = "miner"\n[[source]]\nname = "n"\nrpc = "{found[0].rpc}"\ncookie_file = "{found[0].cookie_file}"\n'
    assert parse(text, {}).source[0].name == "n", "what was found can be written down"
