"""What a change made of the values.

Responsible for: the values before and after, by path, secrets as stars; what of a configuration is not the default.
Not responsible for: what has to be done for it (`app.reload`).
Read next: `app.desk`.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from headframe.app.desk_values import SOURCE, tables, without_nulls
from headframe.config import AnySource, Config
from headframe.config.problems import KeyPath
from headframe.config.section import Section
from headframe.config.settings import in_json


def before_and_after(old: Config, new: Config) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values that differ, by path; whole sources that came or went; of lists of tables the entries that did."""
    one, other = dict(_plain(old, "")), dict(_plain(new, ""))
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for path in [*one, *(path for path in other if path not in one)]:
        was, is_now = one.get(path), other.get(path)
        if was == is_now:
            continue
        if isinstance(was, AnyTables) or isinstance(is_now, AnyTables):
            left, came = _by_content(was or ()), _by_content(is_now or ())
            before[path] = [item for content, item in left.items() if content not in came]
            after[path] = [item for content, item in came.items() if content not in left]
        else:
            before[path], after[path] = in_json(was), in_json(is_now)
    _sources(old, new, before, after)
    return before, after


def _by_content(entries: Iterable[Section]) -> dict[str, Any]:
    """There may be ten thousand pins."""
    return {json.dumps(item, sort_keys=True): item for item in map(in_json, entries)}


class AnyTables(tuple[Section, ...]):
    """Marks a list of tables among plain values."""


def _plain(section: Section, path: str) -> Iterator[tuple[str, Any]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        below = f"{path}.{name}" if path else name
        if below == SOURCE:
            continue
        if isinstance(value, Section):
            yield from _plain(value, below)
        else:
            yield below, AnyTables(value) if below in tables() else value


def _sources(old: Config, new: Config, before: dict[str, Any], after: dict[str, Any]) -> None:
    one = {source.name: source for source in old.source}
    other = {source.name: source for source in new.source}
    for name in [*one, *(name for name in other if name not in one)]:
        was, is_now = one.get(name), other.get(name)
        if was is None or is_now is None or type(was) is not type(is_now):
            before[f"{SOURCE}.{name}"], after[f"{SOURCE}.{name}"] = _set_values(was), _set_values(is_now)
            continue
        for key in type(is_now).model_fields:
            if getattr(was, key) != getattr(is_now, key):
                path = f"{SOURCE}.{name}.{key}"
                before[path], after[path] = in_json(getattr(was, key)), in_json(getattr(is_now, key))


def not_default(config: Config) -> tuple[list[tuple[KeyPath, Any]], list[dict[str, Any]]]:
    """All that a file must say to mean this: plain settings, and the sources with their secrets."""
    usual = dict(_plain(Config(), ""))
    plain: list[tuple[KeyPath, Any]] = [
        (tuple(path.split(".")), without_nulls(in_json(value)))
        for path, value in _plain(config, "")
        if value != usual[path]
    ]
    sources: list[dict[str, Any]] = []
    for source in config.source:
        values = _set_values(source) or {}
        if source.password is not None:
            values["password"] = source.password.get_secret_value()
        if source.password_file is not None:
            del values["password"]
        sources.append(values)
    return plain, sources


def _set_values(source: AnySource | None) -> dict[str, Any] | None:
    if source is None:
        return None
    return {
        key: in_json(getattr(source, key))
        for key, field in type(source).model_fields.items()
        if key in ("name", "kind") or getattr(source, key) != field.default
    }
