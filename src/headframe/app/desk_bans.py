"""Bans in the file, and what commands mean for them.

Responsible for: from an address that is banned or pardoned to the text that the file should have; dropping bans that are over.
Not responsible for: keeping anybody out (`net.limits`), writing the file (`app.desk`).
Read next: `app.desk_plans`.

Pure: what is over by `now_ms` goes with the next edit.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import PydanticCustomError

from headframe.app.desk_document import Edit
from headframe.app.desk_plans import in_text, of_environment, refused
from headframe.app.desk_values import Tree
from headframe.config.kinds import moment_of
from headframe.net.limits import address_key, address_text

TABLE = "ban"
_EPOCH = datetime.fromtimestamp(0, UTC)


def banned(text: str, tree: Tree, addresses: Sequence[str], until_ms: int, now_ms: int) -> str:
    """These addresses banned until then; those that are banned already until then instead."""
    _changeable(tree)
    entries = _in_force(tree, now_ms)
    index = {_key(entry): number for number, entry in enumerate(entries)}
    until = _EPOCH + timedelta(seconds=-(-until_ms // 1000))
    for address in addresses:
        key = address_key(address)
        if key in index:
            entries[index[key]] = {**entries[index[key]], "until": until}
        else:
            index[key] = len(entries)
            entries.append({"address": address_text(key), "until": until})
    return in_text(text, [Edit((TABLE,), entries)])


def is_banned(tree: Tree, address: str) -> bool:
    """Whether the file has a ban of it, be it over."""
    return any(_key(entry) == address_key(address) for entry in tree.entries(TABLE))


def pardoned(text: str, tree: Tree, address: str, now_ms: int) -> str:
    """Without the ban of this address."""
    _changeable(tree)
    left = [entry for entry in _in_force(tree, now_ms) if _key(entry) != address_key(address)]
    return in_text(text, [Edit((TABLE,), left)])


def _changeable(tree: Tree) -> None:
    found = of_environment((TABLE,), tree)
    if found is not None:
        raise refused([found], tree)


def _in_force(tree: Tree, now_ms: int) -> list[dict[str, Any]]:
    """What cannot be read stays: the check of the whole says what is wrong with it."""
    return [entry for entry in tree.entries(TABLE) if not _is_over(entry, now_ms)]


def _is_over(entry: dict[str, Any], now_ms: int) -> bool:
    try:
        return moment_of(entry.get("until")) <= _EPOCH + timedelta(milliseconds=now_ms)
    except PydanticCustomError:
        return False


def _key(entry: dict[str, Any]) -> int:
    return address_key(str(entry.get("address", "")))
