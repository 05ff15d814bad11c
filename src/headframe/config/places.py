"""Where in a TOML file a key stands.

Responsible for: the line of each key path and of each table, as far as a simple scan finds it.
Not responsible for: reading TOML (tomllib does; it keeps no lines).
Read next: `config.load`.

A hint for people, not a parser: it knows table headers, lists of tables, keys with dots, and values that go over
several lines. A key inside an inline table or a list is found at the line of the key that holds it.
"""

import re
from collections.abc import Iterator

from headframe.config.problems import KeyPath

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$"""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_STRING_OR_COMMENT = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'[^']*'|#.*$""")


def lines_of(text: str) -> dict[KeyPath, int]:
    """Line numbers (from 1) by key path, for tables and keys."""
    found: dict[KeyPath, int] = {}
    for number, path, _ in _walk(text):
        found.setdefault(path, number)
    return found


def headers_of(text: str) -> list[tuple[int, KeyPath]]:
    """Where each [table] and [[table]] begins: its line (from 1) and path, in the order of the file."""
    return [(number, path) for number, path, is_header in _walk(text) if is_header]


def _walk(text: str) -> Iterator[tuple[int, KeyPath, bool]]:
    counts: dict[KeyPath, int] = {}
    prefix: KeyPath = ()
    waiting_for = ""
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if waiting_for:
            waiting_for = "" if waiting_for in line else waiting_for
            continue
        if depth > 0:
            depth += _depth(line)
            continue
        header = _HEADER.match(line)
        if header:
            prefix = _table(_parts(header[2]), header[1] == "[[", counts)
            yield number, prefix, True
            continue
        key = _KEY.match(line)
        if key:
            path = prefix + _parts(key[1])
            for end in range(len(prefix) + 1, len(path) + 1):
                yield number, path[:end], False
            waiting_for = _open_string(key[2])
            depth = 0 if waiting_for else max(0, _depth(key[2]))


def line_of(found: dict[KeyPath, int], path: KeyPath) -> int | None:
    """The line of this path, or of the nearest that holds it."""
    for end in range(len(path), 0, -1):
        if path[:end] in found:
            return found[path[:end]]
    return None


def _parts(text: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


def _table(parts: KeyPath, repeated: bool, counts: dict[KeyPath, int]) -> KeyPath:
    """The path of a header: [[source]] counts up, [source.x] belongs to the last [[source]]."""
    path: KeyPath = ()
    for index, part in enumerate(parts):
        path = (*path, part)
        if repeated and index == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _depth(text: str) -> int:
    bare = _STRING_OR_COMMENT.sub("", text)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def _open_string(text: str) -> str:
    for quotes in ('"""', "'''"):
        if text.count(quotes) == 1:
            return quotes
    return ""
