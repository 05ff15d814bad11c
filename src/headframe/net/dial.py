"""Connections that we open.

Responsible for: TCP and TLS to a named host within a deadline, whom to trust (system CAs, a file of CAs, one pinned
certificate), keepalive, and saying in words why it did not work.
Not responsible for: when to try again, what is said over it.
Read next: `sources.pool.upstream`.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from headframe.net.pump import RECEIVE_BYTES
from headframe.net.tls import reason_of

P = TypeVar("P", bound=asyncio.Protocol)

KEEPALIVE_IDLE_S: Final = 30
KEEPALIVE_INTERVAL_S: Final = 10
KEEPALIVE_TRIES: Final = 3
WRITE_BUFFER_BYTES: Final = 256 * 1024
"""Unsent bytes beyond which `pause_writing` is called: some 2,000 shares."""
MAX_WORDS: Final = 200

_NUMBER: Final = re.compile(r"\[Errno ([0-9]{1,5})\]")


class Unreachable(Exception):
    """No connection: nobody answers there, or the name is unknown."""


class TlsRefused(Exception):
    """Somebody answers, but not with TLS that we trust."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificate is taken: of the system's CAs; of those in `ca_file`; or, with a `fingerprint` (SHA-256 of the
    DER form, 32 bytes), exactly that one, whatever its name and age."""

    ca_file: Path | None = None
    fingerprint: bytes = b""

    def context(self) -> ssl.SSLContext:
        """For connecting. Raises OSError (ssl.SSLError is one) when the CA file cannot be used."""
        context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.fingerprint:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE  # the pin is checked instead, before anything is said
        return context


def read_fingerprint(text: str) -> bytes:
    """SHA-256 of a certificate as people write it: 64 hex digits, colons or blanks between as they like.

    Raises ValueError for anything else."""
    digits = text.replace(":", "").replace(" ", "")
    value = bytes.fromhex(digits) if digits.isascii() else b""
    if len(value) != hashlib.sha256().digest_size:
        raise ValueError("a fingerprint is SHA-256: 64 hex digits")
    return value


async def dial(host: str, port: int, factory: Callable[[], P], *, trust: Trust | None, timeout_s: float) -> P:
    """A protocol connected to host and port, by TLS when `trust` is given.

    Raises Unreachable or TlsRefused, with the reason in words, also when `timeout_s` runs out.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            if trust is None:
                transport, protocol = await loop.create_connection(factory, host, port)
            else:
                transport, protocol = await loop.create_connection(
                    factory, host, port, ssl=trust.context(), server_hostname=host
                )
    except TimeoutError:
        raise Unreachable(f"no answer within {timeout_s:g} s") from None
    except ssl.SSLError as error:
        raise TlsRefused(words_of(error)) from None
    except OSError as error:
        if trust is not None and isinstance(error, ConnectionError) and not error.errno:
            raise TlsRefused("it hung up during the TLS handshake") from None
        if isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError):
            raise Unreachable("hung up at once") from None
        raise Unreachable(words_of(error)) from None
    if trust is not None and trust.fingerprint:
        _check_pin(transport, trust.fingerprint)
    _tune(transport)
    return protocol


def words_of(error: OSError) -> str:
    """Why there is no connection, in plain words and without the address, also where several were tried."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {getattr(error, 'verify_message', None) or reason_of(error)}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS: {reason_of(error)}"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if error.errno is not None:
        return os.strerror(error.errno).lower()  # asyncio's own text is for programmers
    text = error.strerror or str(error) or type(error).__name__
    # asyncio joins the errors of several addresses into one without a number; theirs stand in its text.
    numbers = dict.fromkeys(_NUMBER.findall(text))
    return ", ".join(os.strerror(int(number)).lower() for number in numbers)[:MAX_WORDS] or text[:MAX_WORDS]


def _check_pin(transport: asyncio.Transport, pinned: bytes) -> None:
    tls = transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if tls is not None else None
    found = hashlib.sha256(certificate or b"").digest()
    if found != pinned:
        transport.abort()
        raise TlsRefused(f"its certificate has the fingerprint {found.hex(':')}, not the pinned one")


def _tune(transport: asyncio.Transport) -> None:
    transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
    if hasattr(transport, "max_size"):  # stock asyncio
        transport.max_size = RECEIVE_BYTES
    raw = transport.get_extra_info("socket")
    if raw is None:
        return
    with contextlib.suppress(OSError):  # a connection that broke already is found out by its owner
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (
            ("TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
            ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL_S),
            ("TCP_KEEPCNT", KEEPALIVE_TRIES),
        ):
            if hasattr(socket, option):
                raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
