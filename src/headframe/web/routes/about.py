"""What runs here.

Responsible for: these routes; the document about the API.
Not responsible for: the document's content (`web.document`).
Read next: `web.document`.
"""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, requires
from typing import Any

from starlette.responses import Response

from headframe.web.answers import tagged
from headframe.web.areas import Area
from headframe.web.shapes import AboutView, Library, VersionView
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
