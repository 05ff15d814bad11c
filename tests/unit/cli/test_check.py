"""What `headframe check` says of doubts and of reloading."""

import json
from pathlib import Path

import pytest

from headframe.app.check_report import State
from headframe.cli.check import check_reload
from headframe.cli.commands import exit_code
from headframe.config import parse
from headframe.config.settings import settings

POOL = """
[[source]]
name = "ocean"
kind = "pool"
network = "regtest"
url = "stratum+tcp://127.0.0.1:3334"
wallet = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
"""
OLD = parse(POOL, {})


def test_without_a_running_configuration_it_names_everything_that_needs_a_restart() -> None:
    result = check_reload(None, OLD)
    assert result.state is State.OK
    for setting in settings():
        assert (".".join(setting.path) in result.text.replace(",", "").split()) == setting.needs_restart


def test_what_a_running_server_takes_over_is_told() -> None:
    result = check_reload(OLD, parse(POOL + "weight = 7\n", {}))
    assert result.state is State.OK
    assert "takes over source.ocean.weight" in result.text


def test_a_source_that_begins_anew_is_named() -> None:
    assert "ocean will begin anew" in check_reload(OLD, parse(POOL.replace("3334", "3335"), {})).text


def test_what_waits_for_a_restart_is_a_warning() -> None:
    result = check_reload(OLD, parse('[web]\nlisten = "127.0.0.1:1"\n[limits]\nconnections = 7\n' + POOL, {}))
    assert result.state is State.WARN
    assert "takes over limits.connections; not web.listen" in result.text
    assert result.remedy


def test_the_same_configuration_is_nothing_to_take_over() -> None:
    assert "takes over nothing" in check_reload(OLD, OLD).text


def test_a_running_configuration_that_cannot_be_read_is_refused_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new, old = tmp_path / "new.toml", tmp_path / "old.toml"
    new.write_text(POOL)
    old.write_text("[stratum]\nlisen = 1\n")
    assert exit_code(["check", "--config", str(new), "--running", str(old), "--json"]) == 1
    assert "old.toml:2 stratum.lisen" in json.loads(capsys.readouterr().out)["checks"][0]["text"]
