"""A page's modules are named to the browser at once, and only those that it has."""

import re
from pathlib import Path

import pytest

import headframe.web
from headframe.web.preload import modules_of, page_of, with_links

STATIC = Path(headframe.web.__file__).parent / "static"
FILES = {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in STATIC.rglob("*.js")}


@pytest.mark.parametrize(
    ("path", "page"),
    [("/", "dashboard"), ("", "dashboard"), ("/miners", "miners"), ("/miners/ab", "miner"), ("/sources/", "sources")],
)
def test_an_address_shows_a_page(path: str, page: str) -> None:
    assert page_of(path) == page


def test_modules_are_found_through_others_once_each_and_missing_ones_are_left_out() -> None:
    files = {
        "pages/a.js": b'import { x } from "../core/b.js";\nimport {\n  y,\n} from "./a/c.js";\nimport "../gone.js";\n',
        "core/b.js": b'import { z } from "./d.js";\nconst text = "from ./not.js";\n',
        "core/d.js": b'import { x } from "./b.js";\n',
        "pages/a/c.js": b'export { z } from "../../core/d.js";\n',
    }
    assert sorted(modules_of("pages/a.js", files)) == ["core/b.js", "core/d.js", "pages/a.js", "pages/a/c.js"]


def test_every_page_of_the_cockpits_table_is_a_module_and_all_its_imports_are_there() -> None:
    table = re.findall(r'^  \["/[^"]*", "(\w+)",', FILES["app.js"].decode(), re.M)
    assert "dashboard" in table
    for page in table:
        modules = modules_of(f"pages/{page}.js", FILES)
        assert modules, page
        for name in modules:
            for wanted in re.findall(rb'from "(\.[^"]+)"', FILES[name]):
                assert (STATIC / name).parent.joinpath(wanted.decode()).resolve().is_file(), (name, wanted)


def test_the_links_stand_before_the_script_that_needs_them() -> None:
    index = (STATIC / "index.html").read_bytes()
    text = with_links(index, "miners", FILES).decode()
    links = re.findall(r'<link rel="modulepreload" href="/static/([^"]+)"', text)
    assert {"app.js", "core/dom.js", "pages/miners.js", "parts/table.js"} <= set(links)
    assert len(links) == len(set(links))
    assert "pages/settings.js" not in links
    assert text.index("modulepreload") < text.index("<script")
