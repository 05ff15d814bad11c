"""Addresses as text, and errors that say what to do."""

import errno

import pytest

from headframe.net.limits import LimitSettings
from headframe.net.listener import SPARE_FILES, CannotListen, _explain, split_address, within_open_files


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0.0.0.0:3333", ("0.0.0.0", 3333)),
        ("[::]:3333", ("::", 3333)),
        ("[2001:db8::1]:0", ("2001:db8::1", 0)),
        ("localhost:65535", ("localhost", 65535)),
        (" 127.0.0.1:1 ", ("127.0.0.1", 1)),
    ],
)
def test_addresses_are_host_and_port(text: str, parts: tuple[str, int]) -> None:
    assert split_address(text) == parts


@pytest.mark.parametrize(
    "text", ["", "3333", ":3333", "host", "host:", "host:x", "host:65536", "host:-1", "::1:3333", "[]:1", "host:٣"]
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CannotListen, match=r"0\.0\.0\.0:3333"):
        split_address(text)


@pytest.mark.parametrize(
    ("number", "port", "remedy"),
    [
        (errno.EADDRINUSE, 3333, "ss -ltnp 'sport = :3333'"),
        (errno.EACCES, 80, "choose a higher one"),
        (errno.EACCES, 3333, "choose another"),
        (errno.EADDRNOTAVAIL, 3333, "0.0.0.0"),
        (errno.EAFNOSUPPORT, 3333, "remove this address"),
        (errno.ENOBUFS, 3333, "choose another"),
    ],
)
def test_each_trouble_with_a_port_has_a_remedy(number: int, port: int, remedy: str) -> None:
    reason, said = _explain(OSError(number, "text of the system"), port)
    assert reason
    assert remedy in said


@pytest.mark.parametrize(
    ("wanted", "open_files", "taken"),
    [
        (20_000, 1_048_576, 20_000),
        (20_000, 20_000 + SPARE_FILES, 20_000),
        (20_000, 20_000, 20_000 - SPARE_FILES),
        (20_000, 1024, 1024 - SPARE_FILES),
        (20_000, 100, 50),
        (20_000, 1, 1),
        (5, 1024, 5),
    ],
)
def test_connections_leave_files_for_found_blocks(wanted: int, open_files: int, taken: int) -> None:
    assert within_open_files(LimitSettings(connections=wanted), open_files).connections == taken
