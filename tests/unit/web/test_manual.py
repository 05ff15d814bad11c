"""Documents that come with the program: what is there is served as text, and a name never becomes a path."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from headframe.web import manual

Ask = Callable[..., httpx.AsyncClient]


def test_a_checkout_has_the_guides_and_the_reference() -> None:
    found = manual.documents()
    assert {"operating/configuration.md", "reference/api.md", "reference/settings.md"} <= found.keys()
    assert manual.title_of(found["reference/api.md"]) == "API"


def test_only_markdown_of_the_known_folders_is_taken(tmp_path: Path) -> None:
    for folder in ("operating", "reference", "decisions"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.md").write_text(f"# One of {folder}\n\nText.\n")
    (tmp_path / "operating" / "secret.toml").write_text("password = 1\n")
    assert list(manual.read(tmp_path)) == ["operating/one.md", "reference/one.md"]


def test_where_none_are_installed_there_are_none() -> None:
    assert manual.read(None) == {}


def test_documents_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manual, "MAX_BYTES", 10)
    (tmp_path / "operating").mkdir()
    (tmp_path / "operating" / "long.md").write_text("# A long one\n")
    with pytest.raises(ValueError, match="larger than"):
        manual.read(tmp_path)


async def test_who_may_look_may_read_them_and_nobody_else(ask: Ask) -> None:
    client = ask("viewer")
    listed = (await client.get("/api/v1/documents")).json()
    assert {"name": "reference/api.md", "title": "API"} in listed
    answer = await client.get("/api/v1/documents/reference/api.md")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "\n# API\n" in answer.text
    assert (await ask().get("/api/v1/documents/reference/api.md")).status_code == 401


@pytest.mark.parametrize(
    "name", ["operating/none.md", "operating/..%2f..%2fpyproject.toml", "..%2f..%2f/etc", "images/a.png"]
)
async def test_what_is_not_one_of_them_is_not_found(ask: Ask, name: str) -> None:
    assert (await ask("owner").get(f"/api/v1/documents/{name}")).status_code == 404
