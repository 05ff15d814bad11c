"""Settings as they are shown and taken.

Responsible for: the rows of every form with their values and who set them; finding the setting that a dotted path means.
Not responsible for: changing anything (`app.desk`), the settings themselves (`config.settings`), what a change made of the
values (`app.desk_difference`).
Read next: `app.desk`.

A *tree* is the plain values of the file with the environment over them; `variables` says which variable set which path.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from headframe.app.desk_pieces import value_at
from headframe.config import Config, Problem, dotted
from headframe.config.environment import overlay
from headframe.config.kinds import moment_of
from headframe.config.problems import KeyPath, unknown
from headframe.config.settings import MOMENT, SECRET_SHOWN, SectionInfo, Setting, in_json, names, sections, settings
from headframe.service.refusals import ProblemView
from headframe.service.settings_views import SectionView, SettingView, SourceSettings

SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Tree:
    """What stands in file and environment. See the module."""

    values: dict[str, Any]
    variables: Mapping[KeyPath, str]

    @classmethod
    def of(cls, text: str, environment: Mapping[str, str]) -> "Tree":
        """Raises tomllib.TOMLDecodeError."""
        values = tomllib.loads(text)
        _, variables = overlay(values, environment)
        return cls(values, variables)

    def at(self, path: KeyPath) -> Any:
        """None where there is nothing."""
        return value_at(self.values, path)

    def variable_of(self, path: KeyPath) -> str:
        """The variable that sets this, or the whole that it is part of; "" if none does."""
        found = (self.variables.get(path[:end]) for end in range(1, len(path) + 1))
        return next((variable for variable in found if variable), "")

    @property
    def sources(self) -> list[Any]:
        found = self.values.get(SOURCE)
        return found if isinstance(found, list) else []

    def entries(self, name: str) -> list[dict[str, Any]]:
        """The tables of a list at the top, as far as they are some."""
        found = self.values.get(name, [])
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def source_index(self, name: str) -> int | None:
        for same in (str, str.lower):
            for index, source in enumerate(self.sources):
                if isinstance(source, dict) and same(str(source.get("name", ""))) == same(name):
                    return index
        return None

    def source_name(self, index: int) -> str:
        found = self.sources[index] if index < len(self.sources) else None
        return str(found.get("name", "")) if isinstance(found, dict) else ""

    def kind_of(self, index: int) -> str:
        return str(self.sources[index].get("kind", "node"))


@dataclass(frozen=True, slots=True)
class Place:
    """What a dotted path means. `setting` None: a list of tables, as a whole."""

    path: KeyPath
    setting: Setting | None


def tables() -> dict[str, SectionInfo]:
    """The lists of tables that are set as a whole, by their dotted paths; sources are not among them."""
    return {".".join(one.path): one for one in sections() if one.repeated and one.path != (SOURCE,)}


def find(path: str, tree: Tree) -> Place | Problem:
    """The setting of this path."""
    if path in tables():
        return Place(tuple(path.split(".")), None)
    if path.startswith(f"{SOURCE}."):
        name, _, key = path.removeprefix(f"{SOURCE}.").rpartition(".")
        index = tree.source_index(name) if name else None
        if index is None:
            known = ", ".join(str(one.get("name")) for one in tree.sources if isinstance(one, dict))
            return Problem((path,), f'no source is called "{name}"', f"there are: {known or 'none'}")
        return find_of_source((SOURCE, index), key, tree.kind_of(index))
    parts = tuple(path.split("."))
    found = next((one for one in settings() if one.path == parts and not _in_tables(one)), None)
    return unknown(parts, names()) if found is None else Place(parts, found)


def find_of_source(at: KeyPath, key: str, kind: str) -> Place | Problem:
    """The setting of a kind of source; one of another kind is found too, and refused with the whole."""
    own = [one for one in settings() if one.path == (SOURCE, key)]
    found = next((one for one in own if one.variant == kind), own[0] if own else None)
    return unknown((*at, key), names()) if found is None else Place((*at, key), found)


def _in_tables(setting: Setting) -> bool:
    return ".".join(setting.path[:-1]) in tables()


def misfit(place: Place, value: Any) -> Problem | None:
    """Whether a value is of another shape than its setting: TOML would keep the difference that JSON does not show."""
    setting = place.setting
    if setting is None:
        good = isinstance(value, list) and all(isinstance(item, dict) for item in value)
        return None if good else Problem(place.path, "must be a list of tables", "")
    said = {
        "bool": "must be true or false",
        "int": "must be a whole number",
        "float": "must be a number",
        "list": "must be a list of texts",
        "table": "must be a table of texts",
    }
    return None if _fits(setting, value) else Problem(place.path, said.get(setting.shape, "must be text"), "")


def _fits(setting: Setting, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    match setting.shape:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and is_number
        case "float":
            return is_number
        case "list":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "table":
            return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
        case _:
            return isinstance(value, str) or (setting.kind == "hashrate" and is_number)


def without_nulls(value: Any) -> Any:
    """TOML has no null: what is null in a table is left out."""
    if isinstance(value, dict):
        return {str(key): without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def with_moments(place: Place, value: Any) -> Any:
    """JSON has no dates: in a list of tables a text becomes one where its column is. What is none stays, to be refused."""
    if place.setting is not None or not isinstance(value, list):
        return value
    columns = {one.path[-1] for one in settings() if one.path[:-1] == place.path and one.kind == MOMENT}
    return [{key: _moment(item) if key in columns else item for key, item in table.items()} for table in value]


def _moment(value: Any) -> Any:
    try:
        return moment_of(value)
    except PydanticCustomError:
        return value


def shown_problem(problem: Problem, tree: Tree | None) -> ProblemView:
    """With the source's name in its path, instead of its number."""
    path = problem.path
    if tree is not None and len(path) > 1 and path[0] == SOURCE and isinstance(path[1], int):
        name = tree.source_name(path[1])
        if name:
            return ProblemView(dotted((SOURCE, name, *path[2:])), problem.text, problem.remedy)
    return ProblemView(dotted(path), problem.text, problem.remedy)


# -- rows of forms --------------------------------------------------------------------------------------------------


def section_views() -> tuple[SectionView, ...]:
    return tuple(SectionView(".".join(one.path), one.help, one.repeated, one.variant) for one in sections() if one.path)


def setting_views(tree: Tree, config: Config) -> Iterator[SettingView]:
    """All but those of kinds of sources: plain settings, lists of tables and their columns, the sources there are."""
    listed: set[str] = set()
    for setting in settings():
        section = ".".join(setting.path[:-1])
        if setting.path[0] == SOURCE:
            continue
        if section in tables():
            if section not in listed:
                listed.add(section)
                yield _list_view(tables()[section], tree, config)
            yield _view(setting, f"{section}..{setting.path[-1]}", section, None, "default")
        else:
            value, set_by = _value(setting.path, setting, tree, _of(config, setting.path))
            yield _view(setting, ".".join(setting.path), section, value, set_by)
    for index, source in enumerate(config.source):
        for setting in _of_kind(source.kind):
            at = (SOURCE, index, setting.path[-1])
            value, set_by = _value(at, setting, tree, getattr(source, setting.path[-1]))
            section = f"{SOURCE}.{source.name}"
            yield _view(setting, f"{section}.{setting.path[-1]}", section, value, set_by)


def source_kind_views() -> Iterator[SettingView]:
    """The settings of each kind of source, without values."""
    for setting in settings():
        if setting.path[0] == SOURCE:
            yield _view(setting, f"{SOURCE}..{setting.path[-1]}", SOURCE, None, "default")


def source_settings(tree: Tree, config: Config) -> tuple[SourceSettings, ...]:
    return tuple(
        SourceSettings(
            source.name,
            source.kind,
            {
                setting.path[-1]: _value(
                    (SOURCE, index, setting.path[-1]), setting, tree, getattr(source, setting.path[-1])
                )[0]
                for setting in _of_kind(source.kind)
            },
        )
        for index, source in enumerate(config.source)
    )


def _of_kind(kind: str) -> list[Setting]:
    return [one for one in settings() if one.path[0] == SOURCE and one.variant == kind]


def _of(config: Config, path: tuple[str, ...]) -> Any:
    here: Any = config
    for part in path:
        here = getattr(here, part)
    return here


def _value(at: KeyPath, setting: Setting, tree: Tree, in_config: Any) -> tuple[Any, str]:
    """As it is written in the file ("1.5 TH/s", a relative path), or else as it was read; and who set it."""
    written = tree.at(at)
    variable = tree.variable_of(at)
    if setting.secret:
        return (None if in_config is None else SECRET_SHOWN), _set_by(written, variable)
    if written is None or variable:
        return in_json(in_config), _set_by(written, variable)
    return ([written] if setting.is_list and not isinstance(written, list) else in_json(written)), "file"


def _set_by(written: Any, variable: str) -> str:
    return "environment" if variable else "default" if written is None else "file"


def _list_view(section: SectionInfo, tree: Tree, config: Config) -> SettingView:
    path = section.path
    written = tree.at(path)
    return SettingView(
        path=".".join(path),
        section=".".join(path[:-1]),
        key=path[-1],
        shape="tables",
        kind=f"list of {{ {', '.join(section.keys)} }}",
        help=section.help,
        default=[],
        value=in_json(_of(config, path)),
        choices=(),
        minimum=None,
        maximum=None,
        set_by=_set_by(written, tree.variable_of(path)),
        needs_restart=False,
        secret=False,
    )


def _view(setting: Setting, path: str, section: str, value: Any, set_by: str) -> SettingView:
    return SettingView(
        path=path,
        section=section,
        key=setting.path[-1],
        shape=setting.shape,
        kind=setting.kind,
        help=setting.help,
        default=setting.default_value,
        value=value,
        choices=setting.choices,
        minimum=setting.minimum,
        maximum=setting.maximum,
        set_by=set_by,
        needs_restart=setting.needs_restart,
        secret=setting.secret,
        variant=setting.variant,
    )
