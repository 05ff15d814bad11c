"""The files of the cockpit, in memory.

Responsible for: reading them once, their types, hashes and compressed forms, addresses that may be kept for ever; putting
what a page needs at first into few files.
Not responsible for: what is in them (`web/static`), how modules are put together (`web.packs`).
Read next: `web.packs`, `web.pages`.

`index.html` names files as "/static/...". It is served with "/static/~HASH/..." in their place, HASH being that of all
files together: modules name each other relatively, so everything below may be kept by browsers for ever, and a new
version has other addresses. Its script and its styles are served from packed/, where each is one file, and the pack of
the page that an address shows is announced, so that no browser finds out about it only from the script.
"""

import gzip
import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import structlog
from starlette.requests import Request
from starlette.responses import Response

from headframe.web.answers import etag_of, matches
from headframe.web.packs import START, CannotPack, packs_of, page_of

log = structlog.get_logger("headframe.web")

MAX_TOTAL_BYTES = 16 * 1024 * 1024
INDEX = "index.html"
_PAGE = re.compile(r"pages/[^/]+\.js$")
_STYLES = re.compile(rb'(?:<link rel="stylesheet" href="/static/([^"]+)" />\s*)+')
_STYLE = re.compile(rb'href="/static/([^"]+)"')
PACKED = "packed/"
STYLE = f"{PACKED}style.css"
FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
_COMPRESSED = (".html", ".js", ".css", ".json", ".svg", ".webmanifest", ".txt")


@dataclass(frozen=True, slots=True)
class Kept:
    body: bytes
    packed: bytes
    """gzip, or empty where that does not pay."""
    media: str
    etag: str


class Shelf:
    """Files by their path below `folder`. With `fresh` they are read again whenever they changed (for writing pages)."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self._folder = folder
        self._fresh = fresh
        self._seen: object = None
        self._files: dict[str, Kept] = {}
        self._pages: dict[str, Kept] = {}
        self.version = ""
        self._load()

    def _load(self) -> None:
        found = sorted(one for one in self._folder.rglob("*") if one.is_file() and one.suffix in TYPES)
        seen = [(one, one.stat().st_mtime_ns) for one in found]
        if seen == self._seen:
            return
        bodies: dict[str, bytes] = {}
        room = MAX_TOTAL_BYTES
        for one in found:
            body = one.read_bytes()
            room -= len(body)
            if room < 0:
                raise ValueError(f"the files of the cockpit are larger than {MAX_TOTAL_BYTES} bytes")
            bodies[one.relative_to(self._folder).as_posix()] = body
        # While pages are written each module is fetched by itself: then a browser's messages name its lines.
        packs = {} if self._fresh or INDEX not in bodies else _packed(bodies)
        if packs:
            bodies.update({PACKED + name: body for name, body in packs.items()})
            bodies[STYLE] = _styles(bodies)
        digest = blake2b(digest_size=8)
        for name, body in bodies.items():
            digest.update(f"{name}\0{len(body)}\0".encode() + body)
        self.version = digest.hexdigest()
        self._files = {name: _kept(name, body) for name, body in bodies.items()}
        self._set_out(bodies.get(INDEX, b""), [name for name in packs if _PAGE.match(name)])
        self._seen = seen

    def _set_out(self, index: bytes, packed: list[str]) -> None:
        """The one page, once for each address that needs other modules at first."""
        if packed:
            index = _STYLES.sub(f'<link rel="stylesheet" href="/static/{STYLE}" />\n    '.encode(), index)
            index = index.replace(f'"/static/{START}"'.encode(), f'"/static/{PACKED}{START}"'.encode())
        script = b'<script type="module"'
        self._pages = {}
        for head in packed:
            link = f'<link rel="modulepreload" href="/static/{PACKED}{head}" />\n    '.encode()
            page = head.removeprefix("pages/").removesuffix(".js")
            self._pages[page] = self._index(index.replace(script, link + script, 1))
        if index:
            self._files[INDEX] = self._index(index)

    def _index(self, body: bytes) -> Kept:
        return _kept(INDEX, body.replace(b'"/static/', f'"/static/~{self.version}/'.encode()))

    def page(self, request: Request, path: str) -> Response | None:
        """The one page, with links to what the address needs; None when there are no files."""
        if self._fresh:
            self._load()
        kept = self._pages.get(page_of(path)) or self._files.get(INDEX)
        return None if kept is None else _answer(request, kept, REVALIDATE)

    def get(self, request: Request, name: str) -> Response | None:
        """The file at this path (with or without the version before it), or None."""
        if self._fresh:
            self._load()
        keep = REVALIDATE
        if name.startswith("~"):
            version, _, name = name[1:].partition("/")
            keep = FOREVER if version == self.version else REVALIDATE
        kept = self._files.get(name)
        return None if kept is None else _answer(request, kept, keep)


def _packed(bodies: dict[str, bytes]) -> dict[str, bytes]:
    """The packs; none when a script cannot be put together. It is then served as it is: what people look at is no reason to
    keep miners waiting."""
    try:
        return packs_of(bodies)
    except (CannotPack, UnicodeDecodeError) as trouble:
        log.error("scripts_not_packed", reason=str(trouble))
        return {}


def _styles(bodies: dict[str, bytes]) -> bytes:
    """The page's styles in their order. They name no other files, so they may lie anywhere."""
    found = _STYLES.search(bodies[INDEX])
    names = [match[1].decode() for match in _STYLE.finditer(found[0])] if found else []
    return b"".join(bodies[name] for name in names if name in bodies)


def _answer(request: Request, kept: Kept, keep: str) -> Response:
    headers = {"etag": kept.etag, "cache-control": keep, "vary": "accept-encoding"}
    if matches(request, kept.etag):
        return Response(status_code=304, headers=headers)
    headers["content-type"] = kept.media
    if kept.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(kept.packed, headers={**headers, "content-encoding": "gzip"})
    return Response(kept.body, headers=headers)


def _kept(name: str, body: bytes) -> Kept:
    suffix = Path(name).suffix
    packed = gzip.compress(body, 9, mtime=0) if suffix in _COMPRESSED and len(body) > 512 else b""
    return Kept(body, packed if len(packed) < len(body) else b"", TYPES[suffix], etag_of(body))
