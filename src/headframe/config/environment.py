"""Settings from environment variables.

Responsible for: HEADFRAME_SECTION__KEY=value into the same tree that the TOML file gives, and refusing variables that
no setting has.
Not responsible for: what values mean (`config.model`), merging with the file (`config.load`).
Read next: `config.load`.

HEADFRAME_STRATUM__LISTEN          lists as JSON (["a","b"]) or separated by commas (a,b)
HEADFRAME_SOURCE__0__PASSWORD      the first [[source]]; a number beyond the last adds one
HEADFRAME_SOURCE__HOME__PASSWORD   the [[source]] whose name is "home" (any case; signs count as _)
HEADFRAME_PAYOUT__FEE              a list of tables, as JSON (a table too)
"""

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from headframe.config.problems import KeyPath, Problem, nearest, unknown
from headframe.config.settings import Setting, names, sections, settings

PREFIX = "HEADFRAME_"
RESERVED = frozenset({"HEADFRAME_CONFIG"})
"""Variables of ours that are no settings."""

MAX_SOURCES = 64


def overlay(tree: dict[str, Any], environment: Mapping[str, str]) -> tuple[list[Problem], dict[KeyPath, str]]:
    """Put the environment's settings over `tree` (in place). Returns the problems, and which variable set which path."""
    problems: list[Problem] = []
    places: dict[KeyPath, str] = {}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable in RESERVED:
            continue
        path = _path(variable, tree)
        if isinstance(path, Problem):
            problems.append(path)
            continue
        try:
            value = _value(path, environment[variable])
        except ValueError:
            problems.append(Problem(path, "is not valid JSON", "write it as JSON", f"${variable}"))
            continue
        _put(tree, path, value)
        places[path] = f"${variable}"
    return problems, places


def _path(variable: str, tree: dict[str, Any]) -> KeyPath | Problem:
    parts = variable.removeprefix(PREFIX).lower().split("__")
    path: list[str | int] = list(parts)
    if parts[0] == "source" and len(parts) > 2:
        index = _source_index(parts[1], tree)
        if index is None:
            return Problem(
                ("source",), f"no [[source]] is called {parts[1]}", "use its name or its number", f"${variable}"
            )
        path = ["source", index, *parts[2:]]
    flat = tuple(part for part in path if isinstance(part, str))
    if any(setting.path == flat for setting in settings()) or any(
        _whole_list(section.path, flat) for section in sections()
    ):
        return tuple(path)
    known = [setting.environment for setting in settings()]
    near = nearest(variable, [name.lower() for name in known])
    if near is not None and (len(parts) == 1 or flat[:-1] not in names()):
        return Problem((), "is not a setting", f"did you mean {near.upper()}?", f"${variable}")
    found = unknown(tuple(path), names())
    return Problem(found.path, found.text, found.remedy, f"${variable}")


def _whole_list(section: tuple[str, ...], flat: tuple[str, ...]) -> bool:
    return section == flat and next(info.repeated for info in sections() if info.path == section)


def _source_index(part: str, tree: dict[str, Any]) -> int | None:
    sources = tree.get("source")
    sources = sources if isinstance(sources, list) else []
    if part.isascii() and part.isdigit():
        return int(part) if int(part) <= len(sources) and int(part) < MAX_SOURCES else None
    for index, source in enumerate(sources):
        if isinstance(source, dict) and re.sub(r"[^a-z0-9]", "_", str(source.get("name", "")).lower()) == part:
            return index
    return None


def _value(path: KeyPath, text: str) -> Any:
    flat = tuple(part for part in path if isinstance(part, str))
    setting: Setting | None = next((one for one in settings() if one.path == flat), None)
    if setting is None or setting.shape == "table":
        return json.loads(text)
    if not setting.is_list:
        return text
    if text.lstrip().startswith("["):
        return json.loads(text)
    return [item.strip() for item in text.split(",") if item.strip()]


def _put(tree: dict[str, Any], path: KeyPath, value: Any) -> None:
    """Walk to `path`, making sections on the way; a tree of the wrong shape is left for validation to refuse."""
    here: Any = tree
    for part, following in pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(here, dict) and isinstance(part, str):
            here = here.setdefault(part, empty)
        elif isinstance(here, list) and isinstance(part, int):
            if part == len(here):
                here.append(empty)
            here = here[part]
        else:
            return
    if isinstance(here, dict):
        here[path[-1]] = value
