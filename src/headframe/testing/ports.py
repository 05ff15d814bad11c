"""Loopback ports for programs that cannot be given port 0.

Responsible for: a port that no other test process will take between choosing it and somebody listening on it, or while
a program that had it is restarted.
Not responsible for: programs outside these tests; whoever can listen on port 0 should.
Read next: `testing.bitcoind`, `testing.server`.

Asking the system for a free port and closing it again is a lottery: the next question may get the same answer, from this
process or another (a run of all functional tests asks over a thousand times, and lost about one time in fifteen). So the
ports lie below those which systems give out by themselves, each process counts upwards from a place of its own, and a
port is claimed by holding the UDP port of the same number, which nobody here uses.

Bounds: the last `KEPT_CLAIMS` claims are held; older ones are given back.
"""

import os
import secrets
import socket
from collections import deque
from typing import Final

FIRST: Final = 10_000
LAST: Final = 32_000
"""Linux gives out 32,768 and up by itself, others 49,152 and up."""
KEPT_CLAIMS: Final = 256


class NoPort(Exception):
    """Every port of the range is taken."""


class Ports:
    """Hands out ports one after the other, starting at `first`. Mutable; one per process."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._claims: deque[int] = deque()

    def take(self) -> int:
        """A TCP port of 127.0.0.1 that nobody listens on and nobody else has claimed. Raises NoPort."""
        for _ in range(LAST - FIRST + 1):
            port = self._next
            self._next = port + 1 if port < LAST else FIRST
            claim = _bound(port, socket.SOCK_DGRAM)
            if claim is None:
                continue
            listening = _bound(port, socket.SOCK_STREAM)
            if listening is None:
                os.close(claim)
                continue
            os.close(listening)
            self._keep(claim)
            return port
        raise NoPort(f"no port of {FIRST} to {LAST} is free")

    def _keep(self, claim: int) -> None:
        self._claims.append(claim)
        if len(self._claims) > KEPT_CLAIMS:
            os.close(self._claims.popleft())


def _bound(port: int, kind: socket.SocketKind) -> int | None:
    """A descriptor bound to the port (it is not inherited by children), or None when somebody has it."""
    opened = socket.socket(socket.AF_INET, kind)
    try:
        opened.bind(("127.0.0.1", port))
    except OSError:
        opened.close()
        return None
    return opened.detach()


_PORTS = Ports(FIRST + secrets.randbelow(LAST - FIRST + 1))


def free_port() -> int:
    """The next port of this process. Raises NoPort."""
    return _PORTS.take()
