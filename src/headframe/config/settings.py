"""The settings as a table.

Responsible for: walking the model into rows (path, kind, default, help, needs a restart), for the reference, for the
names that errors suggest, and for reading environment variables.
Not responsible for: the settings themselves (`config.model`).
Read next: `docs/reference/settings.md`, which is made from this.
"""

import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, SecretStr, Tag
from pydantic.fields import FieldInfo

from headframe.config.kinds import InWords, Listen
from headframe.config.model import Config

SECRET_SHOWN = "***"
"""What is shown of a secret; given back, it means that it stays as it is."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `path` has no indexes: ("source", "rpc"). `default` is as it would be written in TOML, "" if none.

    `variant` is the kind of source that it belongs to, "" for what is no source's; a key that several kinds have is a
    setting of each. `adjusts`: a source takes it over without beginning anew.

    For forms: `shape` is bool, int, float, text, secret, choice, list (of texts) or table (of texts); `choices` are the
    words of a choice; `minimum` and `maximum` the bounds of a number (the first may itself be out of bounds where only
    more than it will do); `default_value` is the default as JSON; `optional`: it can be left unset.
    """

    path: tuple[str, ...]
    kind: str
    default: str
    help: str
    needs_restart: bool
    is_list: bool
    secret: bool
    adjusts: bool
    variant: str
    shape: str
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    default_value: Any
    optional: bool

    @property
    def environment(self) -> str:
        """The variable that sets it; for sources with a name (or number), for other lists of tables that of the list."""
        parts = list(self.path)
        if parts[0] == "source":
            parts.insert(1, "NAME")
        else:
            lists = [section.path for section in sections() if section.repeated]
            parts = next((list(path) for path in lists if self.path[: len(path)] == path), parts)
        return "HEADFRAME_" + "__".join(parts).upper()


@dataclass(frozen=True, slots=True)
class SectionInfo:
    """One section: `repeated` when it is a list of tables. `variant` as in `Setting`: one path, several shapes."""

    path: tuple[str, ...]
    help: str
    repeated: bool
    keys: tuple[str, ...]
    variant: str


@cache
def settings() -> tuple[Setting, ...]:
    """Every setting, in the order of the file."""
    return tuple(_settings(Config, (), ""))


@cache
def sections() -> tuple[SectionInfo, ...]:
    """Every section, in the order of the file, the top (path ()) first."""
    return tuple(_sections(Config, (), "", repeated=False))


@cache
def names() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The keys that each section knows, of whatever variant."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for section in sections():
        found[section.path] = tuple(dict.fromkeys((*found.get(section.path, ()), *section.keys)))
    return found


@cache
def variants() -> dict[str, tuple[str, ...]]:
    """The keys that each kind of source knows."""
    return {section.variant: section.keys for section in sections() if section.path == ("source",)}


def _settings(model: type[BaseModel], path: tuple[str, ...], variant: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        inner = sections_of(field.annotation)
        for section, found, _ in inner:
            yield from _settings(section, (*path, name), found or variant)
        if not inner:
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            yield Setting(
                path=(*path, name),
                kind=_kind_of(field),
                default=_default(field),
                help=field.description or "",
                needs_restart=bool(extra.get("needs_restart", False)),
                is_list=_is_list(field.annotation),
                secret=SecretStr in typing.get_args(field.annotation) or field.annotation is SecretStr,
                adjusts=bool(extra.get("adjusts", False)),
                variant=variant,
                shape=_shape_of(field.annotation),
                choices=_choices_of(field.annotation),
                minimum=_bound_of(field, ("ge", "gt")),
                maximum=_bound_of(field, ("le", "lt")),
                default_value=None if field.is_required() else in_json(field.default),
                optional=not field.is_required(),
            )


def _sections(model: type[BaseModel], path: tuple[str, ...], variant: str, *, repeated: bool) -> Iterator[SectionInfo]:
    help_text = " ".join((model.__doc__ or "").split())
    yield SectionInfo(path, help_text, repeated, tuple(model.model_fields), variant)
    for name, field in model.model_fields.items():
        for section, found, is_list in sections_of(field.annotation):
            yield from _sections(section, (*path, name), found or variant, repeated=is_list)


def sections_of(annotation: Any) -> Sequence[tuple[type[BaseModel], str, bool]]:
    """The models behind an annotation: (model, variant, whether it is a list of them); none for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [(annotation, "", False)]
    if not _is_list(annotation):
        return []
    inner = typing.get_args(annotation)[0]
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return [(inner, "", True)]
    union = typing.get_args(inner)[0] if typing.get_origin(inner) is typing.Annotated else None
    tagged = [typing.get_args(each) for each in typing.get_args(union)]
    return [(each[0], each[1].tag, True) for each in tagged if len(each) == 2 and isinstance(each[1], Tag)]


def _is_list(annotation: Any) -> bool:
    return typing.get_origin(annotation) is tuple


_SHAPES: dict[Any, str] = {int: "int", float: "float", bool: "bool", SecretStr: "secret"}


def _plain(annotation: Any) -> Any:
    """Without None and without what is said about it, but for how it is called in words."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        return _plain(next(arg for arg in args if arg is not type(None)))
    if origin is typing.Annotated and not any(isinstance(one, InWords) for one in args[1:]):
        return _plain(args[0])
    return annotation


def _shape_of(annotation: Any) -> str:
    plain = _plain(annotation)
    by_origin = {Literal: "choice", tuple: "list", dict: "table"}
    return by_origin.get(typing.get_origin(plain)) or _SHAPES.get(plain, "text")


def _choices_of(annotation: Any) -> tuple[str, ...]:
    plain = _plain(annotation)
    return typing.get_args(plain) if typing.get_origin(plain) is Literal else ()


def _bound_of(field: FieldInfo, names: Sequence[str]) -> float | None:
    found = (getattr(one, name, None) for one in field.metadata for name in names)
    return next((float(bound) for bound in found if bound is not None), None)


MOMENT = "date and time"
"""What a setting of this kind is called."""

_WORDS: dict[Any, str] = {
    int: "whole number",
    float: "number",
    bool: "true or false",
    str: "text",
    SecretStr: "secret text",
    Path: "path",
    Listen: "address:port",
    datetime: MOMENT,
}


def _kind_of(field: FieldInfo) -> str:
    return next((one.words for one in field.metadata if isinstance(one, InWords)), kind_in_words(field.annotation))


def kind_in_words(annotation: Any) -> str:
    """How a type is called in the reference."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return next((one.words for one in args[1:] if isinstance(one, InWords)), kind_in_words(args[0]))
    if origin is tuple:
        return f"list of {kind_in_words(args[0])}"
    if origin is dict:
        return f"table of {kind_in_words(args[1])}"
    if origin is Literal:
        return " or ".join(f'"{choice}"' for choice in args)
    if origin in (types.UnionType, typing.Union):
        return kind_in_words(next(arg for arg in args if arg is not type(None)))
    return _WORDS[annotation]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    return in_toml(field.default)


def in_json(value: object) -> Any:
    """A value as JSON has it; stars for a secret."""
    if isinstance(value, BaseModel):
        return {name: in_json(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, tuple | list):
        return [in_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): in_json(item) for key, item in value.items()}
    if isinstance(value, SecretStr):
        return SECRET_SHOWN
    if isinstance(value, datetime):
        return in_toml(value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def in_toml(value: object) -> str:
    """A value as TOML writes it; "" for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple | list):
        return "[" + ", ".join(in_toml(item) for item in value) + "]"
    if isinstance(value, dict) and not value:
        return "{}"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {in_toml(item)}" for key, item in value.items() if item is not None) + " }"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
