"""The documentation and the sources say the same."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from headframe.app.running import _LEVELS
from headframe.cli.commands import group
from headframe.cli.events import EVENTS
from headframe.cli.reference import pages
from headframe.config import parse
from headframe.config.settings import settings

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "headframe"
EXAMPLES = sorted((ROOT / "config-examples").glob("*.toml"))
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "tell"}


def modules() -> list[Path]:
    return sorted(SOURCES.rglob("*.py"))


@pytest.mark.parametrize("name", pages(group))
def test_the_reference_is_what_the_sources_say(name: str) -> None:
    page = ROOT / "docs" / "reference" / name
    assert page.exists(), "run `make docs`"
    assert page.read_text() == pages(group)[name], "run `make docs`"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCES)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    docstring = ast.get_docstring(ast.parse(text)) or ""
    if path.name == "__init__.py" and not text.strip():
        return  # an empty front: the package's modules speak for themselves
    if path == SOURCES / "__init__.py":
        assert docstring
        return
    for section in ("Responsible for:", "Not responsible for:", "Read next:"):
        assert section in docstring, f"the docstring of {path.relative_to(ROOT)} has no '{section}'"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_module_is_named_for_nothing_in_particular(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


def logged(path: Path) -> Iterator[tuple[str, str, str]]:
    """(logger, event, method) of each `log.method("event", ...)` in a module."""
    tree = ast.parse(path.read_text())
    loggers = {
        target.id: call.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(call := node.value, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "get_logger" and call.args
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        owner, method, first = node.func.value, node.func.attr, node.args[0]
        if method not in LOG_METHODS or not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            continue
        if isinstance(owner, ast.Name) and owner.id in {"log", *loggers}:
            area = path.relative_to(SOURCES).parts[0].removesuffix(".py")
            yield loggers.get(owner.id, f"headframe.{area}"), first.value, method
        elif method == "tell":  # net.keeper's, with a budget of lines
            yield "headframe.net", first.value, "info"
    yield from handed_up(path, tree)


def handed_up(path: Path, tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """The hub does not log: it hands events to the function it was given (`self.log("event", ...)`)."""
    if path.relative_to(SOURCES).parts[0] != "gateway":
        return
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "log"
            and node.args
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield "headframe.gateway", first.value, _LEVELS.get(first.value, "info")


def test_every_event_that_is_logged_is_in_the_table_and_none_beside() -> None:
    said = {(logger, event) for path in modules() if "testing" not in path.parts for logger, event, _ in logged(path)}
    table = {(event.logger, event.name) for event in EVENTS}
    assert said - table == set(), "add them to cli/events.py"
    assert table - said == set(), "nobody logs these any more: take them out of cli/events.py"


def test_the_table_of_events_has_the_levels_that_the_sources_use() -> None:
    levels = {"exception": "error"}
    said = {(logger, event): levels.get(method, method) for path in modules() for logger, event, method in logged(path)}
    wrong = [event for event in EVENTS if said.get((event.logger, event.name), event.level) != event.level]
    assert wrong == []


def settings_read() -> set[str]:
    """Every attribute that the floors which see the configuration read."""
    paths = [path for path in modules() if path.relative_to(SOURCES).parts[0] in ("app", "cli")]
    trees = [ast.parse(path.read_text()) for path in paths]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", [setting.path for setting in settings()], ids=".".join)
def test_every_setting_is_read_by_somebody(path: tuple[str, ...]) -> None:
    name = path[-1]
    read_by_config_itself = name.endswith("_file") and name != "cookie_file"
    assert read_by_config_itself or name in settings_read(), "a setting that changes nothing is a lie"


def test_the_table_of_events_is_in_order_and_in_whole_sentences() -> None:
    keys = [(event.logger, event.name) for event in EVENTS]
    assert keys == sorted(set(keys))
    assert [
        event
        for event in EVENTS
        if not event.meaning.endswith(".") or (event.remedy and not event.remedy.endswith("."))
    ] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_a_configuration_that_is_taken(path: Path, tmp_path: Path) -> None:
    (tmp_path / "rpc_password").write_text("p")
    parse(path.read_text(), {"CREDENTIALS_DIRECTORY": str(tmp_path)}, name=path.name)


def test_there_is_an_example_for_each_deployment() -> None:
    assert {path.stem for path in EXAMPLES} >= {
        "home-node",
        "miner-addresses",
        "demo",
        "node-and-pools",
        "two-pools",
        "btc-and-bch",
    }


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_settings_that_an_example_shows_switched_off_exist(path: Path, tmp_path: Path) -> None:
    """Lines like `# name = value` are taken up, and the whole must still be taken."""
    (tmp_path / "rpc_password").write_text("p")
    lines = [
        line[2:] if line.startswith("# ") and _is_setting(line[2:]) else line for line in path.read_text().splitlines()
    ]
    parse("\n".join(lines), {"CREDENTIALS_DIRECTORY": str(tmp_path)}, name=path.name)


def _is_setting(text: str) -> bool:
    name, equals, _ = text.partition(" = ")
    if not (equals and name.replace("_", "").isalnum() and name.islower()):
        return False
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
