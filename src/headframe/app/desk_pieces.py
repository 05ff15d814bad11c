"""The text of a configuration in pieces, and values as TOML.

Responsible for: cutting the text into tables with their comments and putting it together again; a value set or removed in
a piece.
Not responsible for: which piece an edit is for (`app.desk_document`, `app.desk_tables`).
Read next: `app.desk_document`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import tomlkit
from tomlkit.items import Array

from headframe.config.places import headers_of
from headframe.config.problems import KeyPath

REMOVED: Final = object()
"""As a value: take it out."""


def has(here: Any, part: str | int) -> bool:
    return part in here if isinstance(here, dict) else isinstance(part, int) and part < len(here)


def value_at(tree: dict[str, Any], path: KeyPath) -> Any:
    """None where there is nothing."""
    here: Any = tree
    for part in path:
        if not has(here, part):
            return None
        here = here[part]
    return here


# -- pieces ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Piece:
    """Some lines of the file: a header with what follows it and the comments above it; path () is what is before all."""

    path: KeyPath
    text: str


def pieces_of(text: str) -> list[Piece]:
    lines = text.splitlines(keepends=True)
    starts: list[tuple[int, KeyPath]] = [(0, ())]
    for number, path in headers_of(text):
        start = number - 1
        while start > starts[-1][0] and lines[start - 1].lstrip().startswith("#"):
            start -= 1
        starts.append((start, path))
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    return [Piece(path, "".join(lines[start:end])) for (start, path), end in zip(starts, ends, strict=True)]


def joined(pieces: Sequence[Piece], newline: str) -> str:
    """One after the other, with an empty line before each header that was not in the file."""
    text = ""
    for piece in pieces:
        if text and not text.endswith("\n"):
            text += newline
        text += piece.text
    return text


def as_ended(made: str, text: str) -> str:
    """Without an empty line at the end that was not there."""
    newline = newline_of(text)
    return made.rstrip() + newline if made.endswith(newline * 2) and not text.endswith(newline * 2) else made


def newline_of(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def place_after(pieces: Sequence[Piece], path: KeyPath) -> int:
    """Where a new [[table]] of this list goes: after the last one, else at the end."""
    found = [index for index, piece in enumerate(pieces) if piece.path[: len(path)] == path]
    return found[-1] + 1 if found else len(pieces)


def insert(pieces: list[Piece], at: int, new: Piece, newline: str) -> None:
    """With an empty line on both sides, as far as there are neighbours."""
    before = pieces[at - 1].text if at else ""
    if before.strip() and not before.endswith(newline * 2):
        new.text = (newline if before.endswith("\n") else newline * 2) + new.text
    if at < len(pieces):
        new.text += newline
    pieces.insert(at, new)


# -- values ---------------------------------------------------------------------------------------------------------


def with_tomlkit(text: str, path: KeyPath, value: Any, *, must_exist: bool) -> str | None:
    document = tomlkit.parse(text)
    here: Any = document
    for part in path[:-1]:
        missing = not has(here, part)
        if missing and (must_exist or not isinstance(part, str)):
            return None
        if missing:
            here[part] = tomlkit.table() if here is document else tomlkit.inline_table()
        here = here[part]
    last = path[-1]
    there = has(here, last)
    if must_exist and not there:
        return None
    if value is REMOVED:
        del here[last]
    elif isinstance(last, int) and not there:
        here.append(_inline(value))
    elif not (there and isinstance(here[last], Array) and _array_made(here[last], value)):
        here[last] = tomlkit.item(_inline(value))
    return document.as_string()


def _array_made(array: Array, value: Any) -> bool:
    """Whether a list of plain values could be brought to `value` item by item, so that its comments stay."""
    if not isinstance(value, list) or any(isinstance(item, dict | list) for item in [*value, *array.unwrap()]):
        return False
    stay = [item for item in array.unwrap() if item in value]
    if stay != value[: len(stay)]:
        return False
    for item in array.unwrap():
        if item not in value:
            array.remove(item)
    for item in value[len(stay) :]:
        array.append(item)
    return bool(array.unwrap() == value)


def _inline(value: Any) -> Any:
    """Tables inside a value are written in braces."""
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        for key, item in value.items():
            table[key] = _inline(item)
        return table
    if isinstance(value, list):
        array = tomlkit.array()
        for item in value:
            array.append(_inline(item))
        return array.multiline(is_tables(value) and len(value) > 1)
    return value


def line_of_key(key: str, value: Any) -> str:
    table = tomlkit.document()
    table[key] = _inline(value)
    return tomlkit.dumps(table).strip()


def table_piece(path: KeyPath, value: dict[str, Any], newline: str) -> Piece:
    lines = [f"[[{'.'.join(str(part) for part in path)}]]", *(line_of_key(key, item) for key, item in value.items())]
    return Piece((*path, 0), newline.join(lines) + newline)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
