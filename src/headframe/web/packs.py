"""A page's modules in one file.

Responsible for: what each module imports; putting modules together so that a browser fetches two files for a page (the
start and the page) instead of sixty; which page an address shows (as the table in static/app.js says).
Not responsible for: serving them (`web.shelf`), making anything smaller, modules that import each other in a circle, other
people's scripts: the cockpit's own keep to
the few forms of import and export that are understood here, and a test packs them all.
Read next: `web.shelf`.

A pack lies where its head (a module that somebody imports by `import()`) lies, below packed/. In it each module is a
function of its imports, run when it is first used; the start's pack holds the table of all modules, and the others add
theirs to it:

    $define("core/dom.js", () => { ...the module's text...; return { h, fill }; });

Without packs (`Shelf(fresh=True)`) the browser loads the very same files one by one.
"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

START: Final = "app.js"

_IMPORT = re.compile(r"^import\s+(?:\{([^}]*)\}|\*\s+as\s+(\w+))\s+from\s+\"(\.[^\"]+)\";$", re.M)
_PASSED_ON = re.compile(r"^export\s+\{([^}]*)\}\s+from\s+\"(\.[^\"]+)\";$", re.M)
_LISTED = re.compile(r"^export\s+\{([^}]*)\};$", re.M)
_NAMED = re.compile(r"^export\s+(?=(?:async\s+)?(?:function\*?|const|class)\s+(\w+))", re.M)
_LATER = re.compile(r"\bimport\(([\"`])(\.[^\"`]+)\1\)")
_LEFT = re.compile(r"^(?:import|export)\b(?!\().*$", re.M)

_TABLE = """\
const factories = new Map();
const made = new Map();
function $define(name, factory) {
  if (!factories.has(name)) factories.set(name, factory);
}
function $use(name) {
  if (!made.has(name)) made.set(name, factories.get(name)());
  return made.get(name);
}
export { $define, $use };
"""

FRONT: Final = "dashboard"


class CannotPack(ValueError):
    """A module uses a form that is not understood; says where."""


def page_of(path: str) -> str:
    """The page that an address shows: "/miners/ab" is "miner", "/" the front page."""
    first, _, rest = path.strip("/").partition("/")
    if first == "miners" and rest:
        return "miner"
    return first or FRONT


def packs_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Heads to their packs, both by path: the start and all that is imported later. Raises CannotPack."""
    modules = {name: body.decode() for name, body in files.items() if name.endswith(".js")}
    imports = imports_of(modules)

    @cache
    def factory(name: str) -> str:
        return _factory(name, modules)  # most stand in several packs

    packs: dict[str, bytes] = {}
    # Head, and what is there already when it is loaded.
    waiting: list[tuple[str, frozenset[str]]] = [(START, frozenset())]
    while waiting:
        head, there = waiting.pop(0)
        if head in packs or head not in modules:
            continue
        own = [name for name in modules_of(head, imports) if name not in there]
        packs[head] = _pack(head, modules[head], "".join(map(factory, own))).encode()
        known = there.union(own)
        for name in own:
            later = [target for form in _LATER.finditer(modules[name]) for target in _targets(name, form[2], modules)]
            if later and name != head:
                raise CannotPack(f"{name} imports later, and is not the head of a pack")
            waiting += [(each, known) for each in later]
    return packs


def imports_of(modules: Mapping[str, str]) -> dict[str, list[str]]:
    """What each module imports by itself, by path."""
    return {
        name: [_resolved(name, match[3]) for match in _IMPORT.finditer(text)]
        + [_resolved(name, match[2]) for match in _PASSED_ON.finditer(text)]
        for name, text in modules.items()
    }


def modules_of(name: str, imports: Mapping[str, Sequence[str]]) -> list[str]:
    """`name` and all that it imports, each once, in the order of their finding; what is not there is left out."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop(0)
        if one in found or one not in imports:
            continue
        found[one] = None
        waiting += imports[one]
    return list(found)


def _resolved(name: str, wanted: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), wanted))


def _targets(name: str, wanted: str, modules: Mapping[str, str]) -> list[str]:
    """Modules that `import(wanted)` may mean; a ${...} in it stands for one name."""
    form = re.escape(re.sub(r"\$\{[^}]*\}", "\0", _resolved(name, wanted))).replace("\0", r"[^/]+")
    return sorted(each for each in modules if re.fullmatch(form, each))


def _pack(head: str, text: str, defined: str) -> str:
    if head == START:
        return f'{_TABLE}{defined}$use("{START}");\n'
    table = posixpath.relpath(START, posixpath.dirname(head))
    given = ", ".join(_exports(text))
    return (
        f'import {{ $define, $use }} from "{table if table.startswith(".") else f"./{table}"}";\n{defined}'
        f'const {{ {given} }} = $use("{head}");\nexport {{ {given} }};\n'
    )


def _factory(name: str, modules: Mapping[str, str]) -> str:
    text = modules[name]

    def used(wanted: str) -> str:
        path = _resolved(name, wanted)
        if path not in modules:
            raise CannotPack(f"{name} imports {wanted}, which is not there")
        return f'$use("{path}")'

    def imported(match: re.Match[str]) -> str:
        what = match[2] or f"{{{match[1].replace(' as ', ': ')}}}"
        return f"const {what} = {used(match[3])};"

    exports = _exports(text)
    for match in _PASSED_ON.finditer(text):
        text = text.replace(match[0], f"const {{{match[1].replace(' as ', ': ')}}} = {used(match[2])};")
    text = _NAMED.sub("", _LISTED.sub("", _IMPORT.sub(imported, text)))
    left = _LEFT.search(text)
    if left:
        raise CannotPack(f"{name}: {left[0]}")
    return f'$define("{name}", () => {{\n{text}\nreturn {{ {", ".join(exports)} }};\n}});\n'


def _exports(text: str) -> list[str]:
    """Names that a module exports, in their order; "a as b" is not understood."""
    listed = [*_PASSED_ON.finditer(text), *_LISTED.finditer(text)]
    names = [match[1] for match in _NAMED.finditer(text)]
    names += [name.strip() for match in listed for name in match[1].split(",") if name.strip()]
    if any(" " in name for name in names):
        raise CannotPack(f"a name is exported under another: {names}")
    return names
