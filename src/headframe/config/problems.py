"""What is wrong with a configuration, in words an operator can act on.

Responsible for: one problem (where, what, remedy), the refusal that carries all of them, and turning pydantic's findings
into our words.
Not responsible for: finding problems (`config.model`, `config.checks`, `config.load`).
Read next: `config.load`.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from headframe.config.retired import OBSOLETE

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value stands: ("source", 0, "rpc") is `source[0].rpc`."""


def dotted(path: Sequence[str | int]) -> str:
    """`source[0].rpc` for ("source", 0, "rpc")."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. `place` is "file:line" or the environment variable, "" when it is not known."""

    path: KeyPath
    text: str
    remedy: str = ""
    place: str = ""

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.place, dotted(self.path), self.text) if part)
        return f"{head}\n    {self.remedy}" if self.remedy else head


class ConfigError(Exception):
    """The configuration is refused; every problem found is in `problems`, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refuse(text: str, remedy: str) -> PydanticCustomError:
    """An error for a validator to raise, with its remedy. Braces in either are shown as they are."""
    return PydanticCustomError("headframe", "{text}", {"text": text, "remedy": remedy})


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, if any is alike."""
    candidates = list(known)
    found = difflib.get_close_matches(name.lower(), candidates, n=1, cutoff=0.6)
    longer = [candidate for candidate in candidates if len(name) >= 3 and candidate.startswith(name.lower())]
    return found[0] if found else longer[0] if longer else None


def from_validation(
    error: ValidationError, names: Mapping[tuple[str, ...], Sequence[str]], variants: Mapping[str, Sequence[str]]
) -> list[Problem]:
    """Our problems for pydantic's. `names` gives the settings that each section knows, by its path without indexes;
    `variants` those of each kind of source."""
    return [_from_detail(detail, names, variants) for detail in error.errors(include_url=False)]


SECRETS = ("password",)
"""Keys whose values are never shown, not even when they are wrong; a test holds this equal to the settings."""

_IN_WORDS = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "tuple_type": 'must be a list, such as ["..."]',
    "model_type": "must be a section of its own",
    "model_attributes_type": "must be a section of its own",
}


def _from_detail(
    detail: ErrorDetails, names: Mapping[tuple[str, ...], Sequence[str]], variants: Mapping[str, Sequence[str]]
) -> Problem:
    path, variant = _without_variant(detail["loc"])
    context: dict[str, Any] = detail.get("ctx", {})
    kind = detail["type"]
    if kind == "extra_forbidden":
        return _of_another_kind(path, variant, variants) or unknown(path, names)
    if kind == "union_tag_invalid":
        return _not_a_choice((*path, "kind"), context["tag"], str(context["expected_tags"]))
    if kind == "headframe":
        return Problem(path, str(context["text"]), str(context["remedy"]))
    if kind == "missing":
        return Problem(path, "is missing", f"add {path[-1]} = ...")
    if kind == "literal_error":
        return _not_a_choice(path, detail["input"], str(context["expected"]))
    if kind in _IN_WORDS:
        return Problem(path, _IN_WORDS[kind], "" if path[-1] in SECRETS else f"it is {_shown(detail['input'])}")
    if kind in _LENGTHS:
        return Problem(path, *_LENGTHS[kind](context))
    bound = _BOUNDS.get(kind)
    if bound is not None:
        text, which, remedy = bound
        return Problem(path, text.format(value=_shown(detail["input"]), bound=f"{context[which]:g}"), remedy)
    return Problem(path, detail["msg"])


def _without_variant(path: KeyPath) -> tuple[KeyPath, str]:
    """("source", 0, "pool", "url") is `source[0].url` of a pool: pydantic puts the kind into the path."""
    if len(path) > 2 and path[0] == "source":
        return (*path[:2], *path[3:]), str(path[2])
    return path, ""


def _of_another_kind(path: KeyPath, variant: str, variants: Mapping[str, Sequence[str]]) -> Problem | None:
    """A key that this kind of source does not have and another has."""
    key = str(path[-1])
    if len(path) != 3 or not variant:
        return None
    instead = OBSOLETE.get(f"source.{variant}.{key}")
    if instead is not None:
        return Problem(path, f'is not a setting of kind "{variant}"', instead)
    for kind, keys in variants.items():
        if key in keys:
            return Problem(
                path, f'is a setting of kind "{kind}", and this is a {variant}', f'remove it, or set kind = "{kind}"'
            )
    return None


_LENGTHS: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "too_long": lambda told: (f"has more than {told['max_length']} entries", "take some out"),
    "string_too_long": lambda told: (f"is longer than {told['max_length']} characters", "shorten it"),
    "string_too_short": lambda told: ("is empty", "write something"),
    "string_pattern_mismatch": lambda told: (
        "has characters that it cannot have",
        "use letters, digits, point, underscore and hyphen, and begin with a letter or digit",
    ),
}

_BOUNDS = {
    "greater_than_equal": ("{value} is less than the least allowed, {bound}", "ge", "raise it"),
    "greater_than": ("{value} is not more than {bound}", "gt", "raise it"),
    "less_than_equal": ("{value} is more than the most allowed, {bound}", "le", "lower it"),
    "less_than": ("{value} is not less than {bound}", "lt", "lower it"),
}


def unknown(path: KeyPath, names: Mapping[tuple[str, ...], Sequence[str]]) -> Problem:
    """A key that no section has: retired, misspelt, or simply in the wrong section."""
    key = str(path[-1])
    flat = tuple(str(part) for part in path if isinstance(part, str))
    successor = OBSOLETE.get(".".join(flat))
    if successor is not None:
        return Problem(path, "is not a setting of Headframe", successor)
    near = nearest(key, names.get(flat[:-1], ()))
    if near is not None:
        return Problem(path, "is not a setting", f"did you mean {near}?")
    elsewhere = [".".join((*section, key)) for section, keys in names.items() if key in keys]
    if elsewhere:
        return Problem(path, "is not a setting", f"did you mean {elsewhere[0]}?")
    known = ", ".join(names.get(flat[:-1], ()))
    return Problem(path, "is not a setting", f"known here: {known}" if known else "remove it")


def _not_a_choice(path: KeyPath, value: object, expected: str) -> Problem:
    choices = re.findall(r"'([^']*)'", expected)
    near = OBSOLETE.get(f"{dotted(path[-1:])}={value}") or nearest(str(value), choices)
    remedy = f"did you mean {near}?" if near else f"choose one of {', '.join(choices)}"
    return Problem(path, f"{_shown(value)} is not one of {', '.join(choices)}", remedy)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
