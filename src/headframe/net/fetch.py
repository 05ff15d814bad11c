"""One value out of the JSON that a web address answers with.

Responsible for: a bounded GET (time, size, where it may lead), reading JSON, finding a place in it (RFC 6901).
Not responsible for: what is asked and when, what a value means (`app.autobalance`).
Read next: `app.readings`.

Whoever answers is a stranger: all that can be wrong comes back as `Unusable`, a value with the reason in words. No cookies,
no proxies of the environment, no compressed answers (a small one can hide a huge one), no credentials.
"""

from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec

from headframe.net.dial import words_of

MAX_ANSWER_SIZE = 4 * 2**20
"""Bytes. Two months of blocks with time and difficulty take about one MiB."""

MAX_REDIRECTS = 3
TIMEOUT_S = 10.0
MAX_CONNECTIONS = 64
MAX_CONNECTIONS_PER_HOST = 4
"""Further questions wait for a connection, within their own time."""

_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What stood there: None, bool, int, float, str, list or dict."""

    value: object


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why there is no value, in words. Never with the URL: its query may hold a key."""

    reason: str


Answer: TypeAlias = Fetched | Unusable


class Fetcher:
    """Asks web addresses. Opens nothing before the first question; `close` when done."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get(self, url: str, pointer: str = "") -> Answer:
        """What stands at `pointer` in the JSON at `url`. Raises nothing but cancellation."""
        try:
            found = await self._get(url)
        except TimeoutError:
            return Unusable(f"no answer within {self._timeout_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Unusable(_plain(error))
        return found if isinstance(found, Unusable) else at_pointer(found, pointer)

    async def _get(self, url: str) -> bytes | Unusable:
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        for _ in range(1 + MAX_REDIRECTS):
            async with self._client().get(url, headers=headers, timeout=timeout, allow_redirects=False) as reply:
                if reply.status in _REDIRECTS:
                    target = urljoin(url, reply.headers.get("Location", ""))
                    if not same_place(url, target):
                        return Unusable("it leads to another host")
                    url = target
                    continue
                if reply.status != 200:
                    return Unusable(f"HTTP status {reply.status}")
                if reply.headers.get("Content-Encoding", "identity").lower() != "identity":
                    return Unusable("a compressed answer, which was not asked for")
                return await _bounded(reply)
        return Unusable(f"more than {MAX_REDIRECTS} redirects")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, limit_per_host=MAX_CONNECTIONS_PER_HOST),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


def same_place(url: str, target: str) -> bool:
    """Whether a redirect stays where we were: the same scheme, host and port, or that host over TLS."""
    before, after = urlsplit(url), urlsplit(target)
    if before.hostname != after.hostname or after.username is not None:
        return False
    upgraded = (before.scheme, after.scheme) == ("http", "https")
    return upgraded or (before.scheme, before.port) == (after.scheme, after.port)


def at_pointer(document: bytes, pointer: str) -> Answer:
    """What stands at an RFC 6901 pointer in a JSON text; "" is the whole."""
    try:
        value: object = msgspec.json.decode(document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return Unusable("the answer is not JSON")
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and _index(name) < len(value):
            value = value[_index(name)]
        else:
            return Unusable(f"the answer has nothing at {pointer!r}")
    return Fetched(value)


def _index(name: str) -> int:
    """The place in a list; one beyond every list for what is none."""
    if name.isascii() and name.isdigit() and len(name) < 10 and (name == "0" or name[0] != "0"):
        return int(name)
    return MAX_ANSWER_SIZE


async def _bounded(reply: aiohttp.ClientResponse) -> bytes | Unusable:
    pieces = []
    size = 0
    async for piece in reply.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER_SIZE:
            return Unusable(f"an answer of more than {MAX_ANSWER_SIZE // 2**20} MiB")
    return b"".join(pieces)


def _plain(error: Exception) -> str:
    """The error in the words that every connection of ours is told by, without the address."""
    if isinstance(error, aiohttp.InvalidURL):
        return "the address cannot be used"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {words_of(error.os_error)}"
    return f"broken off: {type(error).__name__}"
