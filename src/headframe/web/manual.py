"""The documents that come with the program.

Responsible for: finding the operating guides and the reference where they are installed, their titles and texts.
Not responsible for: who may read them (`web.access`), writing them (docs/operating by hand, docs/reference by
`headframe docs`).
Read next: `web.routes.about`.

The wheel has them below headframe/documents (see pyproject.toml); a checkout has them in docs. They are read once, and only
what was found then is ever served: a name that somebody asks for never becomes a path.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

FOLDERS: Final = ("operating", "reference")
MAX_BYTES: Final = 4 * 1024 * 1024
_PLACES: Final = (Path(__file__).parents[1] / "documents", Path(__file__).parents[3] / "docs")


@cache
def documents() -> Mapping[str, bytes]:
    """Texts by name ("operating/tls.md"), in the order of their names; none where none are installed."""
    return read(next((place for place in _PLACES if (place / FOLDERS[0]).is_dir()), None))


def read(place: Path | None) -> dict[str, bytes]:
    """All documents below this folder. Raises ValueError when they are larger than documents can be."""
    found: dict[str, bytes] = {}
    if place is None:
        return found
    room = MAX_BYTES
    for folder in FOLDERS:
        for path in sorted((place / folder).glob("*.md")):
            body = path.read_bytes()
            room -= len(body)
            if room < 0:
                raise ValueError(f"the documents are larger than {MAX_BYTES} bytes")
            found[f"{folder}/{path.name}"] = body
    return found


def title_of(body: bytes) -> str:
    """Its first heading; what is generated says so before it."""
    return next((line[2:] for line in body.decode(errors="replace").splitlines() if line.startswith("# ")), "")
