"""The settings as a table.

Responsible for: walking the model into rows (path, kind, default, help, needs a restart), for the reference, for the
names that errors suggest, and for reading environment variables.
Not responsible for: the settings themselves (`config.model`).
Read next: `docs/reference/settings.md`, which is made from this.
"""

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from headframe.config.kinds import Listen
from headframe.config.model import Config


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `path` has no indexes: ("source", "rpc"). `default` is as it would be written in TOML, "" if none."""

    path: tuple[str, ...]
    kind: str
    default: str
    help: str
    needs_restart: bool
    is_list: bool
    secret: bool

    @property
    def environment(self) -> str:
        """The variable that sets it; list sections take an index or a name after the section."""
        parts = list(self.path)
        if parts[0] == "source":
            parts.insert(1, "NAME")
        return "HEADFRAME_" + "__".join(parts).upper()


@dataclass(frozen=True, slots=True)
class SectionInfo:
    """One section: `repeated` when it is a list of tables."""

    path: tuple[str, ...]
    help: str
    repeated: bool
    keys: tuple[str, ...]


@cache
def settings() -> tuple[Setting, ...]:
    """Every setting, in the order of the file."""
    return tuple(_settings(Config, ()))


@cache
def sections() -> tuple[SectionInfo, ...]:
    """Every section, in the order of the file, the top (path ()) first."""
    return tuple(_sections(Config, (), repeated=False))


@cache
def names() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The keys that each section knows."""
    return {section.path: section.keys for section in sections()}


def _settings(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        inner = section_of(field.annotation)
        if inner is not None:
            yield from _settings(inner[0], (*path, name))
        else:
            extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
            yield Setting(
                path=(*path, name),
                kind=kind_in_words(field.annotation),
                default=_default(field),
                help=field.description or "",
                needs_restart=bool(extra.get("needs_restart", True)),
                is_list=_is_list(field.annotation),
                secret=SecretStr in typing.get_args(field.annotation) or field.annotation is SecretStr,
            )


def _sections(model: type[BaseModel], path: tuple[str, ...], *, repeated: bool) -> Iterator[SectionInfo]:
    yield SectionInfo(path, (model.__doc__ or "").strip(), repeated, tuple(model.model_fields))
    for name, field in model.model_fields.items():
        inner = section_of(field.annotation)
        if inner is not None:
            yield from _sections(inner[0], (*path, name), repeated=inner[1])


def section_of(annotation: Any) -> tuple[type[BaseModel], bool] | None:
    """The model behind an annotation and whether it is a list of them; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    if _is_list(annotation):
        inner = typing.get_args(annotation)[0]
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner, True
    return None


def _is_list(annotation: Any) -> bool:
    return typing.get_origin(annotation) is tuple


_WORDS: dict[Any, str] = {
    int: "whole number",
    float: "number",
    bool: "true or false",
    str: "text",
    SecretStr: "secret text",
    Path: "path",
    Listen: "address:port",
}


def kind_in_words(annotation: Any) -> str:
    """How a type is called in the reference."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind_in_words(args[0])
    if origin is tuple:
        return f"list of {kind_in_words(args[0])}"
    if origin is Literal:
        return " or ".join(f'"{choice}"' for choice in args)
    if origin in (types.UnionType, typing.Union):
        return kind_in_words(next(arg for arg in args if arg is not type(None)))
    return _WORDS[annotation]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    return in_toml(field.default)


def in_toml(value: object) -> str:
    """A value as TOML writes it; "" for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(in_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {in_toml(item)}" for key, item in value.items() if item is not None) + " }"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
