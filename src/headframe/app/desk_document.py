"""A configuration file as text that is edited in place.

Responsible for: setting and removing values, tables and lists of tables in TOML text while comments, order and spelling of
everything else stay as they are.
Not responsible for: what values mean (`config`), files (`app.desk_file`).
Read next: `app.desk_pieces`, `app.desk_tables`.

Pure. The text is cut into *pieces*, one for each [table] or [[table]] with the comment lines right above it, so that a
table goes and comes with its comments and a key is edited within a text of a few lines. What an edit must mean is worked
out on the plain values beside it; of several ways to write it down the first is taken that means just that, and if none
does the edit is refused: a file is never changed otherwise than asked.
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from headframe.app.desk_pieces import (
    REMOVED,
    Piece,
    as_ended,
    has,
    insert,
    is_tables,
    joined,
    line_of_key,
    newline_of,
    pieces_of,
    place_after,
    table_piece,
    value_at,
    with_tomlkit,
)
from headframe.app.desk_tables import other_tables
from headframe.config.problems import KeyPath, dotted

__all__ = ["REMOVED", "CannotEdit", "Edit", "applied", "edited"]


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
        if edit.value is REMOVED and not has(here, part):
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
        if has(here, last):
            del here[last]
        if here == [] and way:
            del holder[way[-1]]
    elif isinstance(here, list) and isinstance(last, int) and last >= len(here):
        here += [{} for _ in range(len(here), last)]
        here.append(deepcopy(edit.value))
    else:
        here[last] = deepcopy(edit.value)
    return made


def _steps(tree: dict[str, Any], edit: Edit) -> Iterator[Edit]:
    """With the tables before it that the way to it needs; a list of tables that becomes empty goes."""
    name, *rest = edit.path
    if rest and isinstance(rest[0], int) and edit.value is not REMOVED:
        there = len(tree.get(str(name), []))
        yield from (Edit((name, index), {}) for index in range(there, rest[0] + (len(rest) > 1)))
    yield Edit(edit.path, REMOVED) if edit.value == [] and is_tables(value_at(tree, edit.path)) else edit


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


# -- ways to write an edit down -------------------------------------------------------------------------------------


def _in_place(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """Another value for a key that is there, or its end, within its piece."""
    pieces, newline = pieces_of(text), newline_of(text)
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
        changed = with_tomlkit(piece.text, local, edit.value, must_exist=True)
        if changed is not None:
            piece.text = changed
            return joined(pieces, newline)
    return None


def _new_key(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """A key that is not there, at the end of the table that is."""
    if edit.value is REMOVED or not isinstance(edit.path[-1], str):
        return None
    pieces, newline = pieces_of(text), newline_of(text)
    for piece in pieces:
        if piece.path and piece.path == edit.path[:-1]:
            body = piece.text.rstrip()
            rest = piece.text[len(body) :] or newline
            piece.text = f"{body}{newline}{line_of_key(edit.path[-1], edit.value)}{rest}"
            return joined(pieces, newline)
    return None


def _new_table(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """A key in a table that is not there yet; it goes before the lists of tables."""
    if edit.value is REMOVED or not all(isinstance(part, str) for part in edit.path) or len(edit.path) < 2:
        return None
    pieces, newline = pieces_of(text), newline_of(text)
    header = ".".join(str(part) for part in edit.path[:-1])
    own = f"[{header}]{newline}{line_of_key(str(edit.path[-1]), edit.value)}{newline}"
    family = [index for index, piece in enumerate(pieces) if piece.path[:1] == edit.path[:1]]
    lists = [index for index, piece in enumerate(pieces) if any(isinstance(part, int) for part in piece.path)]
    at = family[-1] + 1 if family else lists[0] if lists else len(pieces)
    insert(pieces, at, Piece(edit.path[:-1], own), newline)
    return joined(pieces, newline)


def _another_table(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """One more [[table]]."""
    if edit.value is REMOVED or len(edit.path) != 2 or not isinstance(edit.path[1], int):
        return None
    pieces, newline = pieces_of(text), newline_of(text)
    name = str(edit.path[0])
    if edit.path[1] != len(tree.get(name, [])):
        return None
    insert(pieces, place_after(pieces, (name,)), table_piece((name,), edit.value, newline), newline)
    return joined(pieces, newline)


def _without_table(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """One [[table]] less, with its comments."""
    if edit.value is not REMOVED or not isinstance(edit.path[-1], int):
        return None
    pieces = pieces_of(text)
    left = [piece for piece in pieces if piece.path[: len(edit.path)] != edit.path]
    return as_ended(joined(left, newline_of(text)), text) if len(left) < len(pieces) else None


def _other_tables(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """A whole list of [[table]]s."""
    return other_tables(text, tree, edit.path, edit.value)


def _whole_document(text: str, tree: dict[str, Any], edit: Edit) -> str | None:
    """For tables in braces, keys with dots and whatever else there may be."""
    return with_tomlkit(text, edit.path, edit.value, must_exist=False)


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
