"""What runs here.

Responsible for: these routes; the document about the API; the documents that come with the program.
Not responsible for: their content (`web.document`, `web.manual`).
Read next: `web.document`, `web.manual`.
"""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, requires
from typing import Any

from starlette.responses import Response

from headframe.service.refusals import NotFound
from headframe.web import manual
from headframe.web.answers import tagged
from headframe.web.areas import Area
from headframe.web.shapes import AboutView, DocumentView, Library, VersionView
from headframe.web.visitor import Asker

area = Area("about")


@area.get("/version", VersionView)
async def version(asker: Asker) -> Response:
    """The version of the server and of the API."""
    return asker.plainly(VersionView(asker.parts.queries.overview().version))


@area.get("/about", AboutView)
async def about(asker: Asker) -> Response:
    """Versions, the kernel, and whose work is used."""
    overview = asker.parts.queries.overview()
    libraries = await asker.aside(_libraries)
    system = f"{platform.system()} {platform.machine()}"
    return asker.plainly(
        AboutView(overview.version, overview.kernel, platform.python_version(), system, "MIT", libraries)
    )


@area.get("/openapi.json", dict[str, Any])
async def openapi(asker: Asker) -> Response:
    """This document."""
    # Imported late: the document is made from all routes, this one too.
    from headframe.web.document import encoded

    return tagged(asker.request, await asker.aside(encoded))


@area.get("/documents", tuple[DocumentView, ...])
async def documents(asker: Asker) -> Response:
    """The operating guides and the reference that came with this version."""
    found = await asker.aside(manual.documents)
    return asker.plainly(tuple(DocumentView(name, manual.title_of(body)) for name, body in found.items()))


@area.get("/documents/{folder}/{name}", str, media="text/plain")
async def document(asker: Asker, folder: str, name: str) -> Response:
    """One of them, as Markdown."""
    body = (await asker.aside(manual.documents)).get(f"{folder}/{name}")
    if body is None:
        raise NotFound("there is no such document", "GET /api/v1/documents names those there are")
    return tagged(asker.request, body, "text/plain; charset=utf-8")


@cache
def _libraries() -> tuple[Library, ...]:
    """What we depend on directly, as it is installed."""
    found = []
    for wanted in _required():
        name = wanted.split(";")[0].split("[")[0]
        for stop in "<>=~! ":
            name = name.split(stop)[0]
        try:
            about = metadata(name)
        except PackageNotFoundError:
            continue
        told = [*about.get_all("License-Expression", []), *about.get_all("License", [])]
        licence = next(iter(told), "") or _classified(about.get_all("Classifier"))
        found.append(Library(about["Name"], about["Version"], licence.splitlines()[0][:80] if licence else ""))
    return tuple(sorted(found, key=lambda one: one.name.lower()))


def _required() -> list[str]:
    try:
        return requires("headframe") or []
    except PackageNotFoundError:
        return []


def _classified(classifiers: list[str] | None) -> str:
    named = [one for one in classifiers or () if one.startswith("License ::")]
    return named[-1].rpartition(" :: ")[2] if named else ""
