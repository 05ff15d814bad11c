"""Exit codes, help and refusals of the command line."""

import json
import re
from pathlib import Path

import click
import pytest

from headframe.cli import commands
from headframe.cli.commands import exit_code, group


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and an environment without configuration."""
    monkeypatch.chdir(tmp_path)
    for name in ("HEADFRAME_CONFIG", "HEADFRAME_PAYOUT__MODE"):
        monkeypatch.delenv(name, raising=False)


def walk(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return [path, *(found for name, each in inner for found in walk(each, (*path, name)))]


@pytest.mark.parametrize("path", walk(group))
def test_every_command_has_help_and_help_is_no_error(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code([*path, "--help"]) == 0
    assert "Usage: " in capsys.readouterr().out


def test_the_commands_that_were_promised_are_there() -> None:
    paths = {" ".join(path) for path in walk(group)}
    assert {"run", "setup", "check", "demo", "miner", "ledger totals", "version", "docs"} <= paths
    assert {"status", "sources list", "sources set-weights", "users add", "users link"} <= paths


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["run", "--nonsense"],
        ["miner"],
        ["miner", "http://x", "u"],
        ["demo", "--duration", "0"],
        ["check"],
        ["sources", "set-weights", "home"],
        ["users", "add", "ada", "--role", "king"],
    ],
)
def test_wrong_usage_is_64(arguments: list[str]) -> None:
    assert exit_code(arguments) == 64


def test_a_refused_configuration_is_1_and_says_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[stratum]\nlisen = 1\n")
    for command in (["run"], ["check"], ["ledger", "totals"]):
        assert exit_code([*command, "--config", str(path)]) == 1
        told = capsys.readouterr().err
        assert "1 to put right" in told
        assert f"{path}:2: stratum.lisen: is not a setting" in told
        assert "did you mean listen?" in told


def test_a_file_that_is_not_there_is_a_refused_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["run", "--config", "none.toml"]) == 1
    assert "cannot read none.toml" in capsys.readouterr().err


def test_check_tells_a_refused_configuration_as_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "headframe.toml").write_text("[stratum]\nlisen = 1\n")
    assert exit_code(["check", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert "stratum.lisen" in report["checks"][0]["text"]
    assert report["checks"][0]["remedy"] == "did you mean listen?"


def test_the_environment_alone_is_a_configuration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEADFRAME_PAYOUT__MODE", "miner")
    assert exit_code(["run"]) == 1
    assert "add a [[source]]" in capsys.readouterr().err


def test_trouble_of_the_world_is_one_line_and_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        commands.group, "main", lambda **_: (_ for _ in ()).throw(ExceptionGroup("x", [OSError("disk is gone")]))
    )
    assert exit_code(["version"]) == 2
    assert capsys.readouterr().err == "headframe: disk is gone\n"


def test_a_bug_is_told_whole_and_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(commands.group, "main", lambda **_: 1 // 0)
    assert exit_code(["version"]) == 2
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert "please report it" in told


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands.group, "main", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert exit_code(["version"]) == 130


def test_version_names_what_it_runs_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["version"]) == 0
    assert re.match(r"headframe \d+\.\d+\.\d+\npython 3\.\d+", capsys.readouterr().out)


def test_docs_are_written_once_and_then_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "reference"
    assert exit_code(["docs", "--check", "--out", str(out)]) == 2
    assert not out.exists()
    assert exit_code(["docs", "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {"settings.md", "metrics.md", "events.md", "cli.md", "api.md"}
    capsys.readouterr()
    assert exit_code(["docs", "--check", "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
