"""The server's own texts, for the cockpit's catalogues.

Responsible for: finding in the sources every text that a person may meet in the cockpit (help of settings, refusals,
remedies, states of sources, doubts) and writing it as the English catalogue `i18n/en/said.json`.
Not responsible for: their translations (written by hand beside it), choosing one (static/core/said.js).
Read next: static/core/said.js.

As gettext does, the English text is its own key, and what is filled in stands as {0}, {1}. The server knows nothing of
languages: the cockpit recognises a text by its fixed parts, so a text that was missed here is merely shown in English.
A test holds the catalogue equal to what is found, so whoever adds a text is told to translate it.

    make texts     writes the catalogue anew and says what the languages lack
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from headframe.config.settings import sections

PACKAGE: Final = Path(__file__).resolve().parents[1]
CATALOGUES: Final = PACKAGE / "web" / "static" / "i18n"
AREA: Final = "said.json"

SPEAKERS: Final = (
    "service", "config", "app", "routing/policies.py", "sources/node/health.py", "sources/pool/health.py",
    "sources/node/rpc.py", "sources/node/templates.py", "sources/pool/connection.py", "sources/pool/source.py",
    "sources/base.py", "sources/scripted.py", "bitcoin/address.py", "bitcoin/cashaddr.py", "net/dial.py",
    "net/certificates.py", "net/listener.py", "gateway/watch.py", "gateway/payouts.py", "store/trouble.py",
    "store/account_store.py", "store/database.py",
    "web/answers.py", "web/visitor.py", "web/guard.py", "web/stream.py", "web/bodies.py", "web/routes",
)  # fmt: skip
"""Where such texts are worded."""
SILENT: Final = ("config/retired.py", "service/logbook.py", "app/words.py")
"""Texts of the command line and of the log, which are in English."""

_WORD = re.compile(r"[A-Za-z]{3,}")
_FILLED = re.compile(r"\{[^{}]*\}")
_CODE = re.compile(
    r"\| None$|^BEGIN |; charset=|filename=|realm=|-src |^License ::|^~/|^\(at line|call up\(\)|\n|PRAGMA"
)


def found_in(source: str) -> Iterator[str]:
    """Texts of a module in their order: strings of several words, docstrings left out, placeholders numbered."""
    yield from _texts(ast.parse(source))


def spoken(files: Iterable[Path]) -> list[str]:
    """Each text of these files once, and what the sections of the configuration are for, sorted."""
    found = {text for file in files for text in found_in(file.read_text(encoding="utf-8"))}
    return sorted(found | {section.help for section in sections() if section.path})


def files() -> list[Path]:
    """The modules that speak to people."""
    places = (PACKAGE / name for name in SPEAKERS)
    found = [file for place in places for file in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]
    return [file for file in found if str(file.relative_to(PACKAGE)) not in SILENT]


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Call) and _is_log(node.func):
        return
    written = _written(node)
    if written is not None:
        numbered = _numbered(written)
        if _is_sentence(numbered):
            yield numbered
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):
            yield from _texts(child)


def _is_log(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in ("log", "re")


def _written(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def _numbered(text: str) -> str:
    numbers = iter(range(100))
    return _FILLED.sub(lambda _: f"{{{next(numbers)}}}", text).strip()


def _is_sentence(text: str) -> bool:
    """Enough fixed words to know it again by, and no code."""
    fixed = _FILLED.sub(" ", text)
    enough = len(re.findall(r"[A-Za-z]+", fixed)) >= (2 if "{" in text else 1) and _WORD.search(fixed)
    return " " in text and bool(enough) and not _CODE.search(text)


def main() -> None:
    texts = spoken(files())
    english = CATALOGUES / "en" / AREA
    english.write_text(json.dumps({text: text for text in texts}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    for folder in sorted(CATALOGUES.iterdir()):
        path = folder / AREA
        has = json.loads(path.read_text("utf-8")) if path.exists() else {}
        lacks, needless = [text for text in texts if text not in has], [text for text in has if text not in texts]
        for text in lacks:
            print(f"{folder.name} lacks: {text}")  # noqa: T201
        for text in needless:
            print(f"{folder.name} has needlessly: {text}")  # noqa: T201


if __name__ == "__main__":
    main()
