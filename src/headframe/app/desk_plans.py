"""What commands mean for the text of the configuration.

Responsible for: from a wish (changes, another source, a source less, a whole other text) to the text that the file
should have, or the problems with it.
Not responsible for: whether that text is a configuration (`config`), decisions on workers (`app.desk_workers`), writing it
(`app.desk`).
Read next: `app.desk_document`.

Pure: each function takes the text as it is, with what the environment sets, and gives the new text. Raises
`service.refusals.Refused`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from headframe.app.desk_document import REMOVED, CannotEdit, Edit, edited
from headframe.app.desk_values import (
    SOURCE,
    Place,
    Tree,
    find,
    find_of_source,
    misfit,
    shown_problem,
    with_moments,
    without_nulls,
)
from headframe.config import Problem
from headframe.config.environment import PREFIX, RESERVED
from headframe.config.problems import SECRETS
from headframe.config.settings import SECRET_SHOWN
from headframe.service.refusals import Conflict, Invalid, NotFound, ProblemView
from headframe.service.settings_views import Change

NOT_GIVEN = "*** stands here instead of the secret"


def refused(problems: Sequence[Problem], tree: Tree | None) -> Invalid:
    """All of them in one refusal."""
    views = list(dict.fromkeys(shown_problem(problem, tree) for problem in problems))
    many = f"{len(views)} to put right" if len(views) > 1 else views[0].text
    first = f"{views[0].path}: " if len(views) == 1 and views[0].path else ""
    return Invalid(f"{first}{many}", views[0].remedy if len(views) == 1 else "", views)


def changed(text: str, tree: Tree, changes: Sequence[Change]) -> tuple[str, list[Problem]]:
    """The text with what can be made of these changes, and the problems with the others."""
    problems: list[Problem] = []
    edits: list[Edit] = []
    for change in changes:
        place = find(change.path, tree)
        made = place if isinstance(place, Problem) else _edit(place, change.value, tree)
        if isinstance(made, Problem):
            problems.append(made)
        elif made is not None:
            edits.append(made)
    return in_text(text, edits), problems


def _edit(place: Place, value: Any, tree: Tree) -> Edit | Problem | None:
    secret = place.setting is not None and place.setting.secret
    if secret and value == SECRET_SHOWN:
        return None if tree.at(place.path) is not None else Problem(place.path, NOT_GIVEN, "give the secret itself")
    found = of_environment(place.path, tree)
    if found is not None:
        return found
    if value is None:
        return Edit(place.path, REMOVED)
    return misfit(place, value) or Edit(place.path, with_moments(place, without_nulls(value)))


def of_environment(path: tuple[str | int, ...], tree: Tree) -> Problem | None:
    """The refusal of what a variable sets."""
    variable = tree.variable_of(path)
    return Problem(path, f"is set by {variable}", "change it there, or take the variable away") if variable else None


def with_source(text: str, tree: Tree, values: Mapping[str, Any]) -> tuple[str, list[Problem]]:
    """One more source."""
    at = (SOURCE, len(tree.sources))
    found = of_environment((SOURCE,), tree)
    if found is not None:
        return text, [found]
    given = {str(key): value for key, value in values.items() if value is not None}
    ordered = {key: given.pop(key) for key in ("name", "kind", "chain", "network", "weight") if key in given} | given
    problems = source_problems(at, ordered)
    if tree.source_index(str(given_name := values.get("name", ""))) is not None:
        problems.append(Problem((*at, "name"), f'"{given_name}" is taken by another source', "choose another name"))
    good = {key: without_nulls(value) for key, value in ordered.items()}
    return in_text(text, [Edit(at, good)]), problems


def source_problems(at: tuple[str | int, ...], values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the shape of these values of one source."""
    problems: list[Problem] = []
    for key, value in values.items():
        place = find_of_source(at, key, str(values.get("kind", "node")))
        if isinstance(place, Place) and key in SECRETS and value == SECRET_SHOWN:
            problems.append(Problem(place.path, NOT_GIVEN, "give the secret itself"))
        elif isinstance(place, Place):
            problems += filter(None, [misfit(place, value)])
    return problems


def without_source(text: str, tree: Tree, name: str, variables: Mapping[str, str]) -> str:
    """A source less, and the pins that lead to it."""
    index = tree.source_index(name)
    if index is None:
        raise NotFound(f'no source is called "{name}"')
    numbered = sorted(variable for variable in variables if re.match(r"HEADFRAME_SOURCE__\d+__", variable.upper()))
    found = of_environment((SOURCE,), tree) or (
        Problem((SOURCE, index), f"{numbered[0]} counts the sources", "put the source's name into the variable")
        if numbered
        else None
    )
    if found is not None:
        raise refused([found], tree)
    pins = tree.entries("pin")
    left = [pin for pin in pins if str(pin.get("source", "")).lower() != name.lower()]
    edits = [Edit((SOURCE, index), REMOVED)]
    if len(left) != len(pins):
        edits.append(Edit(("pin",), left))
    return in_text(text, edits)


def sets_anything(environment: Mapping[str, str]) -> bool:
    """Whether any setting comes from there."""
    return any(variable.startswith(PREFIX) and variable not in RESERVED for variable in environment)


# -- export and import ----------------------------------------------------------------------------------------------

_COMMENTED_SECRET = re.compile(rf"^(\s*#.*?\b(?:{'|'.join(SECRETS)})\s*=\s*).*$", re.MULTILINE)


def without_secrets(text: str) -> str:
    """The text without its secrets, also those that stand in comments."""
    sources = tomllib.loads(text).get(SOURCE, [])
    found = [
        Edit((SOURCE, index, key), REMOVED)
        for index, source in enumerate(sources if isinstance(sources, list) else [])
        for key in SECRETS
        if isinstance(source, dict) and key in source
    ]
    return _COMMENTED_SECRET.sub(rf'\1"{SECRET_SHOWN}"', in_text(text, found))


def with_secrets_of(text: str, tree: Tree) -> tuple[str, list[Problem]]:
    """A text that was exported, with the secrets that sources of the same name have now."""
    given = tomllib.loads(text).get(SOURCE, [])
    edits: list[Edit] = []
    problems: list[Problem] = []
    for index, source in enumerate(given if isinstance(given, list) else []):
        if not isinstance(source, dict):
            continue
        known = tree.source_index(str(source.get("name", "")))
        for key in SECRETS:
            kept = None if known is None or tree.variable_of((SOURCE, known, key)) else tree.at((SOURCE, known, key))
            elsewhere = f"{key}_file" in source or "cookie_file" in source
            if source.get(key, SECRET_SHOWN) != SECRET_SHOWN:
                continue
            if isinstance(kept, str) and not elsewhere:
                edits.append(Edit((SOURCE, index, key), kept))
            elif key in source:
                problems.append(Problem((SOURCE, index, key), NOT_GIVEN, "give the secret itself, or leave it out"))
    return in_text(text, edits), problems


def in_text(text: str, edits: Sequence[Edit]) -> str:
    """The text with these edits made. Raises Conflict where the file is written so that it cannot be."""
    try:
        return edited(text, edits)
    except CannotEdit as error:
        raise Conflict(
            f"{error} is written in a way that cannot be edited from here", "change it in the file itself"
        ) from None


def problem_views(problems: Sequence[Problem], tree: Tree | None) -> tuple[ProblemView, ...]:
    return tuple(shown_problem(problem, tree) for problem in problems)
