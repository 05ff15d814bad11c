"""Connections over loopback for tests of the connection floor.

Responsible for: running a coroutine on each kind of loop, an endpoint that echoes, waiting for a condition, a TLS client
whose bytes a test can cut where it likes.
Not responsible for: what a miner says (`testing.miner`).
Read next: `net.listener`.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from headframe.net.endpoint import Endpoint, Wire
from headframe.net.loop import pick_loop

T = TypeVar("T")

LOOPS: Final[dict[str, Callable[[], asyncio.AbstractEventLoop]]] = {
    "asyncio": asyncio.new_event_loop,
    pick_loop()[1]: pick_loop()[0],
}
"""Loop kinds of this machine, by name."""

PATIENCE_S: Final = 20.0


def run_on(loop_name: str, work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; whatever reached the loop's exception handler is raised afterwards."""
    bugs: list[dict[str, Any]] = []

    async def supervised() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: bugs.append(context))
        return await work

    with asyncio.Runner(loop_factory=LOOPS[loop_name]) as runner:
        result = runner.run(supervised())
    if bugs:
        raise AssertionError(f"reached the loop: {bugs}")
    return result


async def eventually(condition: Callable[[], object], what: str = "it") -> None:
    """Wait until `condition()` holds; AssertionError when patience is out."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - any condition, also one that sets no event
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"waited in vain for {what}") from None


class Echo:
    """An endpoint that writes back what it receives and remembers how it ended."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.chunks: list[bytes] = []
        self.endings: list[str] = []

    def receive(self, data: bytes) -> None:
        self.chunks.append(data)
        self.wire.write(data)

    def closed(self, reason: str) -> None:
        self.endings.append(reason)


class Echoes:
    """Makes an `Echo` for each connection, until told not to."""

    def __init__(self) -> None:
        self.made: list[Echo] = []
        self.open = True

    def accept(self, wire: Wire) -> Endpoint | None:
        if not self.open:
            return None
        self.made.append(Echo(wire))
        return self.made[-1]


class CutTlsClient:
    """A TLS client in memory: what it would send is taken by the test and sent in any pieces."""

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)

    def take(self) -> bytes:
        """Bytes for the server."""
        return self._outgoing.read()

    def feed(self, data: bytes) -> None:
        """Bytes from the server."""
        self._incoming.write(data)

    def shaken(self) -> bool:
        """Go on with the handshake; True once it is done."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self) -> bytes:
        """What the server said, as far as it can be read now."""
        said = b""
        try:
            while chunk := self.tls.read(65536):
                said += chunk
        except ssl.SSLWantReadError:
            pass
        return said
