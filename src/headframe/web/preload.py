"""What a page is made of, told to the browser before it finds out.

Responsible for: which modules a page imports, directly and through others, and the links that fetch them all at once.
Not responsible for: serving them (`web.shelf`), which page an address shows (`web/static/app.js`, whose table `page_of`
follows).
Read next: `web.shelf`.

Without these links a browser asks for a page's modules in as many rounds as they are deep.
"""

import posixpath
import re
from collections.abc import Mapping

_IMPORT = re.compile(rb"^(?:import|export)\b[^\"';]*?from\s*\"(\.[^\"]+)\"|^import\s*\"(\.[^\"]+)\"", re.M)
START = "app.js"
FRONT = "dashboard"


def page_of(path: str) -> str:
    """The page that an address shows: "/miners/ab" is "miner", "/" the front page."""
    first, _, rest = path.strip("/").partition("/")
    if first == "miners" and rest:
        return "miner"
    return first or FRONT


def modules_of(name: str, files: Mapping[str, bytes]) -> list[str]:
    """`name` and all that it imports, each once, in the order of their finding; what is not there is left out."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop(0)
        if one in found or one not in files:
            continue
        found[one] = None
        folder = posixpath.dirname(one)
        wanted = [(match[1] or match[2]).decode() for match in _IMPORT.finditer(files[one])]
        waiting += [posixpath.normpath(posixpath.join(folder, each)) for each in wanted]
    return list(found)


def with_links(index: bytes, page: str, files: Mapping[str, bytes]) -> bytes:
    """The page's HTML with a link for each module that it needs, before its script."""
    names = dict.fromkeys((*modules_of(START, files), *modules_of(f"pages/{page}.js", files)))
    links = "".join(f'<link rel="modulepreload" href="/static/{name}" />\n    ' for name in names)
    return index.replace(b'<script type="module"', links.encode() + b'<script type="module"', 1)
