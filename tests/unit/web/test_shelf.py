"""The cockpit's files."""

import gzip
import re
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs

from headframe.web import shelf
from headframe.web.pages import STATIC
from headframe.web.shelf import FOREVER, REVALIDATE, Shelf

SCRIPT = b"export const hello = 1;\nimport(`./pages/${name}.js`);\n" + b"// much\n" * 100
INDEX = b"""<html>
    <link rel="stylesheet" href="/static/one.css" />
    <link rel="stylesheet" href="/static/two.css" />
    <script type="module" src="/static/app.js"></script>
</html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_bytes(INDEX)
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "miners.js").write_bytes(b"export const page = 1;\n")
    (tmp_path / "one.css").write_bytes(b"a { color: red }\n")
    (tmp_path / "two.css").write_bytes(b"b { color: blue }\n")
    (tmp_path / "app.js").write_bytes(SCRIPT)
    (tmp_path / "notes.md").write_bytes(b"not served")
    return tmp_path


def get(kept: Shelf, name: str, **headers: str) -> Response | None:
    named = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    return kept.get(Request({"type": "http", "method": "GET", "headers": named}), name)


def test_files_are_served_with_their_type_and_hash(folder: Path) -> None:
    answer = get(Shelf(folder), "app.js")
    assert answer is not None
    assert (answer.body, answer.headers["content-type"]) == (SCRIPT, "text/javascript; charset=utf-8")
    assert answer.headers["cache-control"] == REVALIDATE
    again = get(Shelf(folder), "app.js", if_none_match=answer.headers["etag"])
    assert again is not None
    assert again.status_code == 304


def test_what_browsers_can_unpack_is_packed_once(folder: Path) -> None:
    answer = get(Shelf(folder), "app.js", accept_encoding="gzip, br")
    assert answer is not None
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "accept-encoding"
    assert gzip.decompress(bytes(answer.body)) == SCRIPT


def test_the_page_names_files_by_version_and_those_may_be_kept_for_ever(folder: Path) -> None:
    kept = Shelf(folder)
    page = get(kept, "index.html")
    assert page is not None
    assert f'"/static/~{kept.version}/packed/app.js"'.encode() in bytes(page.body)
    named = get(kept, f"~{kept.version}/app.js")
    assert named is not None
    assert named.headers["cache-control"] == FOREVER
    other = get(kept, "~0123456789abcdef/app.js")
    assert other is not None
    assert other.headers["cache-control"] == REVALIDATE


@pytest.mark.parametrize(
    "name", ["", "nothing.js", "notes.md", "../shelf.py", "/etc/passwd", "~", "~x", "app.js/", "."]
)
def test_nothing_else_is_there(folder: Path, name: str) -> None:
    assert get(Shelf(folder), name) is None


def test_another_content_is_another_version(folder: Path) -> None:
    before = Shelf(folder).version
    (folder / "app.js").write_bytes(SCRIPT + b"//")
    assert Shelf(folder).version != before


def test_only_who_writes_pages_has_changes_at_once(folder: Path) -> None:
    fixed, fresh = Shelf(folder), Shelf(folder, fresh=True)
    (folder / "new.css").write_bytes(b"a {}")
    assert get(fixed, "new.css") is None
    assert get(fresh, "new.css") is not None


def test_there_is_a_bound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MAX_TOTAL_BYTES", 1000)
    with pytest.raises(ValueError, match="larger"):
        Shelf(folder)


def test_the_real_files_are_there() -> None:
    assert get(Shelf(STATIC), "index.html") is not None
    assert get(Shelf(STATIC), "app.js") is not None


def test_a_page_asks_for_few_files(folder: Path) -> None:
    kept = Shelf(folder)
    page = kept.page(Request({"type": "http", "method": "GET", "headers": []}), "/miners")
    assert page is not None
    named = re.findall(r'"/static/~[0-9a-f]+/([^"]+)"', bytes(page.body).decode())
    assert named == ["packed/style.css", "packed/pages/miners.js", "packed/app.js"]
    style = get(kept, "packed/style.css")
    assert style is not None
    assert style.body == b"a { color: red }\nb { color: blue }\n"


def test_while_pages_are_written_files_are_served_one_by_one(folder: Path) -> None:
    page = Shelf(folder, fresh=True).page(Request({"type": "http", "method": "GET", "headers": []}), "/miners")
    assert page is not None
    named = re.findall(r'"/static/~[0-9a-f]+/([^"]+)"', bytes(page.body).decode())
    assert named == ["one.css", "two.css", "app.js"]


@pytest.mark.parametrize("script", [b"export default 1;\n", b"// \xff\xfe\n"])
def test_a_script_that_cannot_be_packed_is_served_as_it_is_and_told(folder: Path, script: bytes) -> None:
    (folder / "pages" / "miners.js").write_bytes(script)
    with capture_logs() as told:
        kept = Shelf(folder)
    assert [line["event"] for line in told] == ["scripts_not_packed"]
    page = kept.page(Request({"type": "http", "method": "GET", "headers": []}), "/miners")
    assert page is not None
    assert b"/app.js" in bytes(page.body)
    assert b"packed" not in bytes(page.body)
