"""What was and what is, as an entry of the audit keeps it.

Responsible for: a bound on it; of what is larger, keeping what tells most and saying how much was left out.
Not responsible for: what is secret (`service.commands.hidden`), writing it down (`service.audit`).
Read next: `service.audit`.

Where both are too large together, entries of lists that are the same before and after go first: they are not what was done. Then
lists grow shorter, before tables of names do. "+7" at the end of a list, under "…" in a table, and after "…" in a text
says how many entries or characters are not there.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec

MAX_JSON: Final = 64 * 1024
_NAMES: Final = 1024
_MORE: Final = "…"


def as_json(before: Any, after: Any) -> tuple[str, str]:
    """Both as JSON, each at most MAX_JSON characters."""
    texts = _encoded(before), _encoded(after)
    if max(map(len, texts)) <= MAX_JSON:
        return texts
    before, after = _without_same(msgspec.to_builtins(before), msgspec.to_builtins(after))
    return _fitting(before), _fitting(after)


def _encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _fitting(value: Any) -> str:
    for bounds in _bounds():
        text = _encoded(_shortened(value, *bounds))
        if len(text) <= MAX_JSON:
            return text
    return _encoded({"too_long": len(_encoded(value))})


def _bounds() -> Iterator[tuple[int, int, int]]:
    """For lists, tables and texts, ever tighter."""
    for power in range(8, -1, -1):
        yield 2**power, _NAMES, 2_000
    for power in range(9, -1, -1):
        yield 2**power, 2**power, 200


def _shortened(value: Any, entries: int, names: int, characters: int) -> Any:
    if isinstance(value, dict):
        kept = list(value.items())[:names]
        made = {_cut(str(name), characters): _shortened(inner, entries, names, characters) for name, inner in kept}
        return made | {_MORE: f"+{len(value) - len(kept)}"} if len(value) > len(kept) else made
    if isinstance(value, (list, tuple)):
        first = [_shortened(inner, entries, names, characters) for inner in value[:entries]]
        return [*first, f"+{len(value) - len(first)}"] if len(value) > len(first) else first
    return _cut(value, characters) if isinstance(value, str) else value


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[:characters]}{_MORE}+{len(text) - characters}"


def _without_same(before: Any, after: Any) -> tuple[Any, Any]:
    """Without the entries of lists that stand in both."""
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = {name: _without_same(before[name], after[name]) for name in before if name in after}
        left = {name: pairs[name][0] if name in pairs else value for name, value in before.items()}
        return left, {name: pairs[name][1] if name in pairs else value for name, value in after.items()}
    if isinstance(before, list) and isinstance(after, list):
        same = Counter(map(_encoded, before)) & Counter(map(_encoded, after))
        return _without(before, same), _without(after, same)
    return before, after


def _without(values: list[Any], same: Counter[str]) -> list[Any]:
    to_go, left = same.copy(), []
    for value in values:
        text = _encoded(value)
        if to_go[text]:
            to_go[text] -= 1
        else:
            left.append(value)
    return [*left, f"+{same.total()}"] if same else left
