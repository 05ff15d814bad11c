"""A page's modules in few files: what each pack holds, and that the cockpit's own can all be packed."""

import re
from pathlib import Path

import pytest

import headframe.web
from headframe.web.packs import CannotPack, imports_of, modules_of, packs_of, page_of

STATIC = Path(headframe.web.__file__).parent / "static"
FILES = {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in STATIC.rglob("*.js")}

SMALL = {
    "app.js": b'import { log } from "./core/log.js";\nlog(await import(`./pages/${name}.js`));\n',
    "core/log.js": b"export function log(what) {\n  console.log(what);\n}\n",
    "core/much.js": b"export const one = 1;\nexport async function two() {}\nexport class Three {}\n",
    "parts/box.js": b'import { log as say } from "../core/log.js";\nimport * as much from "../core/much.js";\n'
    b'export { one } from "../core/much.js";\nconst box = () => say(much.one);\nexport { box };\n',
    "pages/a.js": b'import {\n  box,\n} from "../parts/box.js";\nexport const page = () => [box, import("./a/late.js")];\n',
    "pages/a/late.js": b'import { box } from "../../parts/box.js";\nexport const late = box;\n',
}


def defined(pack: bytes) -> list[str]:
    return re.findall(r'^\$define\("([^"]+)"', pack.decode(), re.M)


@pytest.mark.parametrize(
    ("path", "page"),
    [("/", "dashboard"), ("", "dashboard"), ("/miners", "miners"), ("/miners/ab", "miner"), ("/sources/", "sources")],
)
def test_an_address_shows_a_page(path: str, page: str) -> None:
    assert page_of(path) == page


def test_what_is_imported_later_has_a_pack_without_what_is_there_already() -> None:
    packs = packs_of(SMALL)
    assert {head: defined(pack) for head, pack in packs.items()} == {
        "app.js": ["app.js", "core/log.js"],
        "pages/a.js": ["pages/a.js", "parts/box.js", "core/much.js"],
        "pages/a/late.js": ["pages/a/late.js"],
    }


def test_the_start_begins_and_the_others_give_what_their_head_exports() -> None:
    packs = {head: pack.decode() for head, pack in packs_of(SMALL).items()}
    assert packs["app.js"].endswith('$use("app.js");\n')
    assert packs["pages/a.js"].startswith('import { $define, $use } from "../app.js";\n')
    assert packs["pages/a/late.js"].startswith('import { $define, $use } from "../../app.js";\n')
    assert packs["pages/a.js"].endswith('const { page } = $use("pages/a.js");\nexport { page };\n')


def test_every_form_of_import_and_export_becomes_one_of_functions() -> None:
    text = packs_of(SMALL)["pages/a.js"].decode()
    assert 'const { log: say } = $use("core/log.js");' in text
    assert 'const much = $use("core/much.js");' in text
    assert 'const { one } = $use("core/much.js");' in text
    assert "return { one, box };" in text
    assert "return { one, two, Three };" in text
    assert re.findall(r"^(?:import|export)\b(?!.*(?:\$define|\{ page \};)).*$", text, re.M) == []


@pytest.mark.parametrize(
    "text",
    [
        b'import thing from "./core/log.js";\n',
        b'import "./core/log.js";\n',
        b"export default 1;\n",
        b"export let changing = 1;\n",
        b"const a = 1;\nexport { a as b };\n",
        b'import { log } from "./gone.js";\n',
    ],
)
def test_a_form_that_is_not_understood_is_refused(text: bytes) -> None:
    with pytest.raises(CannotPack):
        packs_of({**SMALL, "app.js": text})


def test_a_module_that_imports_later_must_be_the_head_of_its_pack() -> None:
    with pytest.raises(CannotPack, match="not the head"):
        packs_of({**SMALL, "core/log.js": b'export const log = () => import("./much.js");\n'})


def test_modules_are_found_through_others_once_each_and_missing_ones_are_left_out() -> None:
    imports = imports_of({name: text.decode() for name, text in SMALL.items()})
    assert modules_of("pages/a.js", imports) == ["pages/a.js", "parts/box.js", "core/log.js", "core/much.js"]
    assert modules_of("gone.js", imports) == []


def test_every_page_of_the_cockpits_table_has_a_pack() -> None:
    table = re.findall(r'^  \["/[^"]*", "(\w+)",', FILES["app.js"].decode(), re.M)
    assert "dashboard" in table
    assert {f"pages/{page}.js" for page in table} <= packs_of(FILES).keys()


def test_no_pack_of_the_cockpit_is_large() -> None:
    assert {head: len(pack) for head, pack in packs_of(FILES).items() if len(pack) > 160_000} == {}


def test_no_modules_of_the_cockpit_import_each_other_in_a_circle() -> None:
    """In a pack one of them would find the other's names missing."""
    wanted = {
        name: {
            (STATIC / name).parent.joinpath(each.decode()).resolve().relative_to(STATIC.resolve()).as_posix()
            for each in re.findall(rb'^(?:import|export)[^"\']*?from "(\.[^"]+)";$', text, re.M)
        }
        for name, text in FILES.items()
    }
    free: set[str] = set()
    while ready := {name for name, needs in wanted.items() if name not in free and needs <= free}:
        free |= ready
    assert sorted(FILES.keys() - free) == []
