"""JSON-RPC to one bitcoind.

Responsible for: keep-alive HTTP, credentials (user and password, or the cookie file, read again when it changed), time
limits, and telling apart the ways in which a call can fail.
Not responsible for: which calls there are (`sources.node.endpoint`), what to do about trouble (`sources.node.health`).
Read next: `sources.node.endpoint`.

    RpcTrouble
      RpcUnreachable   no connection, or too busy
        RpcSilent      no answer in time
      RpcCredentials   401 or 403: who we are is the problem
      RpcWarmingUp     -28: it will answer soon
      RpcError         the node understood and said no (code, message)
      RpcNonsense      whatever answered is not a Bitcoin node
"""

import base64
import http.client
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec

from headframe.net.dial import words_of
from headframe.sources.node.answers import Envelope

T = TypeVar("T")

MAX_ANSWER_SIZE = 64 * 2**20
"""A full template is 4 to 9 MB of JSON; beyond this an answer is refused, not buffered."""

MAX_MESSAGE = 255
"""Characters kept of what a node says: it goes into events, notes and logs."""

CONNECT_TIMEOUT_S = 4.0
MAX_CONNECTIONS = 8
"""Of the async client to one node; bitcoind serves as many as it has RPC threads (4 to 16)."""

_WARMING_UP = -28


class RpcTrouble(Exception):
    """A call failed."""


class RpcUnreachable(RpcTrouble):
    """Nobody answered."""


class RpcSilent(RpcUnreachable):
    """It took the question and did not answer in time."""


class RpcCredentials(RpcTrouble):
    """The node does not know us."""


class RpcWarmingUp(RpcTrouble):
    """The node is starting; its words say how far it is."""


class RpcNonsense(RpcTrouble):
    """What came back is no answer of a Bitcoin node."""


class RpcError(RpcTrouble):
    """The node's own error; its words are cut at MAX_MESSAGE characters."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message[:MAX_MESSAGE]
        super().__init__(f"{self.message} ({code})")


@dataclass(frozen=True, slots=True)
class RpcAddress:
    """Where a node is and who we are to it. The cookie file wins when both are given."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    cookie_file: Path | None = None

    @property
    def shown(self) -> str:
        """The address without secrets."""
        parts = urllib.parse.urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or 80}"

    def authorization(self) -> str:
        """The Authorization header now; "" while there is no cookie (the node is not running, or it lies elsewhere)."""
        secret = f"{self.user}:{self.password}"
        if self.cookie_file is not None:
            try:
                secret = self.cookie_file.read_text().strip()
            except (OSError, UnicodeDecodeError):
                return ""
        return "Basic " + base64.b64encode(secret.encode()).decode()


def request_body(method: str, params: tuple[object, ...]) -> bytes:
    """A JSON-RPC request."""
    return msgspec.json.encode({"jsonrpc": "1.0", "id": 1, "method": method, "params": params})


def check_status(status: int, address: RpcAddress) -> None:
    """Raises for HTTP statuses that carry no JSON-RPC answer."""
    if status == 401:
        if address.cookie_file is not None and not address.cookie_file.exists():
            raise RpcCredentials(f"there is no cookie file at {address.cookie_file}")
        raise RpcCredentials("the node refuses the credentials (401)")
    if status == 403:
        raise RpcCredentials("the node forbids this address (403): see its rpcallowip")
    if status == 503:
        raise RpcUnreachable("the node is too busy or stopping (503); if it lasts, raise its rpcworkqueue")


def read_answer(status: int, body: bytes, result_type: type[T]) -> T | None:
    """The result in an answer's body. Raises RpcTrouble."""
    try:
        envelope = msgspec.json.decode(body, type=Envelope[result_type])  # type: ignore[valid-type]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RpcNonsense(f"HTTP {status}, and not a JSON-RPC answer: {error}") from error
    raise_fault(envelope)
    result: T | None = envelope.result
    return result


def raise_fault(envelope: Envelope[Any]) -> None:
    """Raises when the answer is an error."""
    fault = envelope.error
    if fault is None:
        return
    if fault.code == _WARMING_UP:
        raise RpcWarmingUp(fault.message[:MAX_MESSAGE])
    raise RpcError(fault.code, fault.message)


class Rpc:
    """The async client of one node. `close` when done."""

    def __init__(self, address: RpcAddress, *, timeout_s: float = 20.0) -> None:
        self.address = address
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._authorization = ""

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(self, result_type: type[T], method: str, *params: object, timeout_s: float | None = None) -> T:
        """The typed result; None results need `T = None` unions. Raises RpcTrouble."""
        status, body = await self.post(request_body(method, params), timeout_s=timeout_s)
        result = read_answer(status, body, result_type)
        if result is None:
            raise RpcNonsense(f"{method} answered nothing")
        return result

    async def body(self, method: str, *params: object, timeout_s: float | None = None) -> bytes:
        """The whole answer, undecoded, once it is not a short error: for answers of megabytes that are decoded in a
        thread. Raises RpcTrouble."""
        status, body = await self.post(request_body(method, params), timeout_s=timeout_s)
        if status != 200 or len(body) < 4096:
            read_answer(status, body, object)
        return body

    async def post(self, body: bytes, *, timeout_s: float | None = None) -> tuple[int, bytes]:
        """Status and body; credentials are read again once when the node refuses them. Raises RpcTrouble."""
        if not self._authorization:
            self._authorization = self.address.authorization()
        status, answer = await self._post(body, timeout_s)
        if status == 401 and self.address.authorization() != self._authorization:
            self._authorization = self.address.authorization()
            status, answer = await self._post(body, timeout_s)
        check_status(status, self.address)
        return status, answer

    async def _post(self, body: bytes, timeout_s: float | None) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=timeout_s or self._timeout_s, sock_connect=CONNECT_TIMEOUT_S)
        headers = {"Content-Type": "application/json"}
        if self._authorization:
            headers["Authorization"] = self._authorization
        try:
            for attempt in (1, 2):
                try:
                    async with self._client().post(
                        self.address.url, data=body, headers=headers, timeout=timeout, allow_redirects=False
                    ) as reply:
                        return reply.status, await _bounded(reply)
                except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                    # bitcoind closes idle connections after 30 s, perhaps just as we use one. All our calls may be repeated.
                    if attempt == 2:
                        raise
        except aiohttp.ConnectionTimeoutError as error:
            raise RpcUnreachable("the connection attempt timed out") from error
        except TimeoutError as error:
            raise RpcSilent(f"no answer within {timeout.total:g} s") from error
        except (aiohttp.InvalidURL, ValueError) as error:
            raise RpcNonsense(f"{error!r}") from error
        except (aiohttp.ClientConnectionError, OSError) as error:
            raise RpcUnreachable(_plain(error)) from error
        except aiohttp.ClientError as error:
            raise RpcNonsense(f"HTTP trouble: {error}") from error
        raise AssertionError("unreachable")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS), read_bufsize=2**20, trust_env=False
            )
        return self._session


async def _bounded(reply: aiohttp.ClientResponse) -> bytes:
    pieces = []
    size = 0
    async for piece in reply.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER_SIZE:
            raise aiohttp.ClientPayloadError(f"an answer of more than {MAX_ANSWER_SIZE} bytes")
    return b"".join(pieces)


def _plain(error: Exception) -> str:
    cause = getattr(error, "os_error", None) or error
    return words_of(cause) if isinstance(cause, OSError) else str(cause)[:MAX_MESSAGE] or type(cause).__name__


def call_blocking(address: RpcAddress, body: bytes, *, timeout_s: float) -> tuple[int, bytes]:
    """Post from a thread, over a connection of its own: for the one call that waits for no event loop, submitblock.

    Raises RpcTrouble.
    """
    parts = urllib.parse.urlsplit(address.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    headers = {"Content-Type": "application/json", "Authorization": address.authorization()}
    try:
        connection.request("POST", parts.path or "/", body, headers)
        reply = connection.getresponse()
        answer = reply.read(MAX_ANSWER_SIZE)
    except TimeoutError as error:
        raise RpcSilent(f"no answer within {timeout_s:g} s") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RpcUnreachable(_plain(error)) from error
    finally:
        connection.close()
    check_status(reply.status, address)
    return reply.status, answer
