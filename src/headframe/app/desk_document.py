"""A configuration file as text that is edited in place.

Responsible for: setting and removing values, tables and lists of tables in TOML text while comments, order and spelling of
everything else stay as they are.
Not responsible for: what values mean (`config`), files (`app.desk_file`).
Read next: `app.desk`.

Pure. The text is cut into *pieces*, one for each [table] or [[table]] with the comment lines right above it, so that a
table goes and comes with its comments and a key is edited within a text of a few lines. What an edit must mean is worked
out on the plain values beside it; of several ways to write it down the first is taken that means just that, and if none
does the edit is refused: a file is never changed otherwise than asked.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import tomlkit
from tomlkit.items import Array

from headframe.config.places import headers_of
from headframe.config.problems import KeyPath, dotted

REMOVED: Final = object()
"""As a value: take it out."""


class CannotEdit(Exception):
    """The file is written in a way that this cannot be brought into."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Set `path` to `value` (plain values, lists and tables), or take it out (REMOVED). An index one beyond the end of a
    list of tables adds one."""

    path: KeyPath
    value: Any


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with these edits made, one after the other. Raises CannotEdit, tomllib.TOMLDecodeError for what is no TOML
    to begin with."""
    tree = tomllib.loads(text)
    for edit in edits:
        for step in _steps(tree, edit):
            wanted = applied(tree, step)
            if wanted != tree:
                text = _written(text, tree, wanted, step)
            tree = wanted
    return text


def applied(tree: dict[str, Any], edit: Edit) -> dict[str, Any]:
    """What an edit means, on plain values; a list that has lost its last table goes."""
    made = deepcopy(tree)
    *way, end = edit.path
    last: Any = end
    here: Any = made
    holder: Any = None
    for part, following in zip(way, edit.path[1:], strict=True):
        if edit.value is REMOVED and not _has(here, part):
            return tree
        if isinstance(here, list) and isinstance(part, int):
            here += [{} for _ in range(len(here), part + 1)]
        elif isinstance(here, dict) and isinstance(part, str):
            here.setdefault(part, [] if isinstance(following, int) else {})
        else:
            raise CannotEdit(dotted(edit.path))
        holder, here = here, here[part]
    if not isinstance(here, list if isinstance(last, int) else dict):
        raise CannotEdit(dotted(edit.path))
    if edit.value is REMOVED:
        if _has(here, last):
            del here[last]
        if here == [] and way:
            del holder[way[-1]]
    elif isinstance(here, list) and isinstance(last, int) and last >= len(here):
        here += [{} for _ in range(len(here), last)]
        here.append(deepcopy(edit.value))
    else:
        here[last] = deepcopy(edit.value)
    return made


def _has(here: Any, part: str | int) -> bool:
    return part in here if isinstance(here, dict) else isinstance(part, int) and part < len(here)


def _steps(tree: dict[str, Any], edit: Edit) -> Iterator[Edit]:
    """With the tables before it that the way to it needs; a list of tables that becomes empty goes."""
    name, *rest = edit.path
    if rest and isinstance(rest[0], int) and edit.value is not REMOVED:
        there = len(tree.get(str(name), []))
        yield from (Edit((name, index), {}) for index in range(there, rest[0] + (len(rest) > 1)))
    yield Edit(edit.path, REMOVED) if edit.value == [] and _is_tables(value_at(tree, edit.path)) else edit


def value_at(tree: dict[str, Any], path: KeyPath) -> Any:
    """None where there is nothing."""
    here: Any = tree
    for part in path:
        if not _has(here, part):
            return None
        here = here[part]
    return here


def _written(text: str, tree: dict[str, Any], wanted: dict[str, Any], edit: Edit) -> str:
    for way in _WAYS:
        try:
            found = way(text, tree, edit)
            if found is not None and tomllib.loads(found) == wanted:
                return found
        except Exception:
            # Whatever the trouble of a way is: another has to be tried.
            continue
    raise CannotEdit(dotted(edit.path))


# -- pieces ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Piece:
    """Some lines of the file: a header with what follows it and the comments above it; path () is what is before all."""

    path: KeyPath
    text: str


def _pieces(text: str) -> list[_Piece]:
    lines = text.splitlines(keepends=True)
    starts: list[tuple[int, KeyPath]] = [(0, ())]
    for number, path in headers_of(text):
        start = number - 1
        while start > starts[-1][0] and lines[start - 1].lstrip().startswith("#"):
            start -= 1
        starts.append((start, path))
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    return [_Piece(path, "".join(lines[start:end])) for (start, path), end in zip(starts, ends, strict=True)]


def _joined(pieces: Sequence[_Piece], newline: str) -> str:
    """One after the other, with an empty line before each header that was not in the file."""
    text = ""
    for piece in pieces:
        if text and not text.endswith("\n"):
            text += newline
        text += piece.text
    return text


def _as_ended(made: str, text: str) -> str:
    """Without an empty line at the end that was not there."""
    newline = _newline(text)
    return made.rstrip() + newline if made.endswith(newline * 2) and not text.endswith(newline * 2) else made


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _place_after(pieces: Sequence[_Piece], path: KeyPath) -> int:
    """Where a new [[table]] of this list goes: after the last one, else at the end."""
    found = [index for index, piece in enumerate(pieces) if piece.path[: len(path)] == path]
    return found[-1] + 1 if found else len(pieces)


def _insert(pieces: list[_Piece], at: int, new: _Piece, newline: str) -> None:
    """With an empty line on both sides, as far as there are neighbours."""
    before = pieces[at - 1].text if at else ""
    if before.strip() and not before.endswith(newline * 2):
        new.text = (newline if before.endswith("\n") else newline * 2) + new.text
    if at < len(pieces):
        new.text += newline
    pieces.insert(at, new)


# -- ways to write an edit down -------------------------------------------------------------------------------------


def _in_place(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """Another value for a key that is there, or its end, within its piece."""
    pieces, newline = _pieces(text), _newline(text)
    for piece in sorted(pieces, key=lambda piece: -len(piece.path)):
        if piece.path and edit.path[: len(piece.path)] == piece.path and len(edit.path) > len(piece.path):
            # Alone, a [[table]] is the first of its list.
            local = tuple(
                0 if isinstance(part, int) and index < len(piece.path) else part for index, part in enumerate(edit.path)
            )
        elif not piece.path:
            local = edit.path
        else:
            continue
        changed = _with_tomlkit(piece.text, local, edit.value, must_exist=True)
        if changed is not None:
            piece.text = changed
            return _joined(pieces, newline)
    return None


def _new_key(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """A key that is not there, at the end of the table that is."""
    if edit.value is REMOVED or not isinstance(edit.path[-1], str):
        return None
    pieces, newline = _pieces(text), _newline(text)
    for piece in pieces:
        if piece.path and piece.path == edit.path[:-1]:
            body = piece.text.rstrip()
            rest = piece.text[len(body) :] or newline
            piece.text = f"{body}{newline}{_line(edit.path[-1], edit.value)}{rest}"
            return _joined(pieces, newline)
    return None


def _new_table(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """A key in a table that is not there yet; it goes before the lists of tables."""
    if edit.value is REMOVED or not all(isinstance(part, str) for part in edit.path) or len(edit.path) < 2:
        return None
    pieces, newline = _pieces(text), _newline(text)
    header = ".".join(str(part) for part in edit.path[:-1])
    own = f"[{header}]{newline}{_line(str(edit.path[-1]), edit.value)}{newline}"
    family = [index for index, piece in enumerate(pieces) if piece.path[:1] == edit.path[:1]]
    lists = [index for index, piece in enumerate(pieces) if any(isinstance(part, int) for part in piece.path)]
    at = family[-1] + 1 if family else lists[0] if lists else len(pieces)
    _insert(pieces, at, _Piece(edit.path[:-1], own), newline)
    return _joined(pieces, newline)


def _another_table(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """One more [[table]]."""
    if edit.value is REMOVED or len(edit.path) != 2 or not isinstance(edit.path[1], int):
        return None
    pieces, newline = _pieces(text), _newline(text)
    name = str(edit.path[0])
    if edit.path[1] != len(tree.get(name, [])):
        return None
    _insert(pieces, _place_after(pieces, (name,)), _table_piece((name,), edit.value, newline), newline)
    return _joined(pieces, newline)


def _without_table(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """One [[table]] less, with its comments."""
    if edit.value is not REMOVED or not isinstance(edit.path[-1], int):
        return None
    pieces = _pieces(text)
    left = [piece for piece in pieces if piece.path[: len(edit.path)] != edit.path]
    return _as_ended(_joined(left, _newline(text)), text) if len(left) < len(pieces) else None


def _other_tables(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """A whole list of [[table]]s: those that stay keep their comments."""
    value = [] if edit.value is REMOVED else edit.value
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return None
    pieces, newline = _pieces(text), _newline(text)
    own = [piece for piece in pieces if piece.path[:-1] == edit.path and isinstance(piece.path[-1], int)]
    if not own and len(edit.path) > 1:
        return None
    at = pieces.index(own[0]) if own else len(pieces)
    mine = {id(piece) for piece in own}
    rest = [piece for piece in pieces if id(piece) not in mine]
    old = value_at(tree, edit.path)
    kept = {_canonical(item): piece for item, piece in zip(old if isinstance(old, list) else [], own, strict=True)}
    made: list[_Piece] = rest[:at]
    for item in value:
        piece = kept.pop(_canonical(item), None)
        if piece is None:
            _insert(made, len(made), _table_piece(edit.path, item, newline), newline)
        else:
            made.append(piece)
    tail = rest[at:]
    if tail and made and not made[-1].text.endswith(newline * 2):
        made[-1].text += newline
    return _as_ended(_joined([*made, *tail], newline), text)


def _whole_document(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """For tables in braces, keys with dots and whatever else there may be."""
    return _with_tomlkit(text, edit.path, edit.value, must_exist=False)


_Way = Callable[[str, dict[str, Any], Edit], str | None]
_WAYS: Final[tuple[_Way, ...]] = (
    _without_table,
    _another_table,
    _other_tables,
    _in_place,
    _new_key,
    _new_table,
    _whole_document,
)


# -- values ---------------------------------------------------------------------------------------------------------


def _with_tomlkit(text: str, path: KeyPath, value: Any, *, must_exist: bool) -> str | None:
    document = tomlkit.parse(text)
    here: Any = document
    for part in path[:-1]:
        missing = not _has(here, part)
        if missing and (must_exist or not isinstance(part, str)):
            return None
        if missing:
            here[part] = tomlkit.table() if here is document else tomlkit.inline_table()
        here = here[part]
    last = path[-1]
    there = _has(here, last)
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
        return array.multiline(_is_tables(value) and len(value) > 1)
    return value


def _line(key: str, value: Any) -> str:
    table = tomlkit.document()
    table[key] = _inline(value)
    return tomlkit.dumps(table).strip()


def _table_piece(path: KeyPath, value: dict[str, Any], newline: str) -> _Piece:
    lines = [f"[[{'.'.join(str(part) for part in path)}]]", *(_line(key, item) for key, item in value.items())]
    return _Piece((*path, 0), newline.join(lines) + newline)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
