"""A list of [[table]]s of a configuration, as a whole.

Responsible for: bringing the tables of a list to what they should be, each with its comments and in its place.
Not responsible for: single tables and keys (`app.desk_document`).
Read next: `app.desk_document`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from headframe.app.desk_pieces import (
    REMOVED,
    Piece,
    as_ended,
    canonical,
    insert,
    joined,
    newline_of,
    pieces_of,
    table_piece,
    value_at,
    with_tomlkit,
)
from headframe.config.problems import KeyPath


def other_tables(text: str, tree: dict[str, Any], path: KeyPath, wanted: Any) -> str | None:
    """A whole list of [[table]]s: those that stay, or only change, keep their comments, and their places unless their
    order is another."""
    value = [] if wanted is REMOVED else wanted
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return None
    pieces, newline = pieces_of(text), newline_of(text)
    own = [piece for piece in pieces if piece.path[:-1] == path and isinstance(piece.path[-1], int)]
    if not own and len(path) > 1:
        return None
    old = value_at(tree, path)
    old = old if isinstance(old, list) else []
    if len(old) != len(own):
        return None
    same = _same(old, value)
    known = [index for index in same if index is not None]
    for index, item in zip(same, value, strict=True):
        if index is not None and not _changed(own[index], path, old[index], item):
            return None
    fresh = [
        None if index is not None else table_piece(path, item, newline) for index, item in zip(same, value, strict=True)
    ]
    if known == sorted(known):
        made = _in_their_places(pieces, own, same, fresh, newline)
    else:
        made = _in_this_order(pieces, own, same, fresh, newline)
    return as_ended(joined(made, newline), text)


def _same(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[int | None]:
    """For each new table which old one it is: the equal one, else one that begins alike (with the same worker, address or
    name), else none."""
    equal: dict[str, list[int]] = {}
    for index in reversed(range(len(old))):
        equal.setdefault(canonical(old[index]), []).append(index)
    found: list[int | None] = [at.pop() if (at := equal.get(canonical(item))) else None for item in new]
    taken = set(found)
    alike: dict[str, list[int]] = {}
    for index in reversed(range(len(old))):
        if index not in taken:
            alike.setdefault(_beginning(old[index]), []).append(index)
    return [
        at.pop() if index is None and (at := alike.get(_beginning(item))) else index
        for index, item in zip(found, new, strict=True)
    ]


def _beginning(item: dict[str, Any]) -> str:
    return canonical(next(iter(item.items()), ()))


def _changed(piece: Piece, path: KeyPath, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Bring a table to what it is now, key by key; False where that cannot be done."""
    for key in [*new, *(key for key in old if key not in new)]:
        if key in new and key in old and old[key] == new[key]:
            continue
        # Alone, a [[table]] is the first of its list.
        text = with_tomlkit(piece.text, (*path, 0, key), new.get(key, REMOVED), must_exist=False)
        if text is None:
            return False
        piece.text = text
    return True


def _in_their_places(
    pieces: Sequence[Piece],
    own: Sequence[Piece],
    same: Sequence[int | None],
    fresh: Sequence[Piece | None],
    newline: str,
) -> list[Piece]:
    """New tables stand right behind the one that they follow, or at the first one's place; where there was none, at the
    end."""
    behind: dict[int, list[Piece]] = {}
    last = -1
    for index, piece in zip(same, fresh, strict=True):
        if piece is not None:
            behind.setdefault(last, []).append(piece)
        elif index is not None:
            last = index
    stay = {index for index in same if index is not None}
    number = {id(piece): index for index, piece in enumerate(own)}
    made: list[Piece] = []

    def put(new: Sequence[Piece]) -> None:
        for piece in new:
            insert(made, len(made), piece, newline)

    for piece in pieces:
        index = number.get(id(piece))
        if index is None:
            made.append(piece)
            continue
        if index == 0:
            put(behind.pop(-1, ()))
        if index in stay:
            made.append(piece)
        put(behind.pop(index, ()))
    put(behind.pop(-1, ()))
    return _apart(made, [piece for piece in fresh if piece is not None], newline)


def _in_this_order(
    pieces: Sequence[Piece],
    own: Sequence[Piece],
    same: Sequence[int | None],
    fresh: Sequence[Piece | None],
    newline: str,
) -> list[Piece]:
    """All of them at the place of the first."""
    mine = {id(piece) for piece in own}
    at = next(index for index, piece in enumerate(pieces) if id(piece) in mine)
    made = list(pieces[:at])
    for index, piece in zip(same, fresh, strict=True):
        if piece is not None:
            insert(made, len(made), piece, newline)
        elif index is not None:
            made.append(own[index])
    tail = [piece for piece in pieces[at:] if id(piece) not in mine]
    if tail and made and not made[-1].text.endswith(newline * 2):
        made[-1].text += newline
    return [*made, *tail]


def _apart(made: list[Piece], new: Sequence[Piece], newline: str) -> list[Piece]:
    """With an empty line behind what is new, where something follows."""
    fresh = {id(piece) for piece in new}
    for piece, following in pairwise(made):
        if id(piece) in fresh and id(following) not in fresh and not piece.text.endswith(newline * 2):
            piece.text += newline
    return made
