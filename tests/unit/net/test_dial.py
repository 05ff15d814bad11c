"""Whom to trust when we connect, and why it did not work. (Connecting itself: tests/functional/test_pool_source.py.)"""

import errno
import socket
import ssl

import pytest

from headframe.net.dial import MAX_WORDS, Trust, read_fingerprint, words_of

VALUE = bytes(range(32))


@pytest.mark.parametrize("text", [VALUE.hex(), VALUE.hex(":"), VALUE.hex().upper(), VALUE.hex(" ")])
def test_a_fingerprint_is_read_as_people_write_it(text: str) -> None:
    assert read_fingerprint(text) == VALUE


@pytest.mark.parametrize("text", ["", "00" * 20, "00" * 33, "zz" * 32, "٠" * 64])
def test_what_is_no_sha256_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fingerprint|hexadecimal"):
        read_fingerprint(text)


def test_names_and_chains_are_checked_unless_one_certificate_is_pinned() -> None:
    checked, pinned = Trust().context(), Trust(fingerprint=VALUE).context()
    assert (checked.check_hostname, checked.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert (pinned.check_hostname, pinned.verify_mode) == (False, ssl.CERT_NONE)
    assert checked.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ECONNREFUSED, "Connect call failed ('192.0.2.7', 37117)"), "connection refused"),
        (OSError(errno.EHOSTUNREACH, "Connect call failed ('192.0.2.7', 37117)"), "no route to host"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "its name is not known"),
        (
            OSError(
                f"Multiple exceptions: [Errno {errno.ECONNREFUSED}] Connect call failed ('::1', 80, 0, 0), "
                f"[Errno {errno.EHOSTUNREACH}] Connect call failed ('192.0.2.7', 80), "
                f"[Errno {errno.ECONNREFUSED}] Connect call failed ('::1', 80, 0, 0)"
            ),
            "connection refused, no route to host",
        ),
        (ssl.SSLError(1, "Wrong version number"), "no TLS: wrong version number"),
        (ssl.SSLCertVerificationError(1, "Too old"), "its certificate is not trusted: too old"),
        (OSError("something else"), "something else"),
        (OSError("x" * 1000), "x" * MAX_WORDS),
        (OSError(), "OSError"),
    ],
    ids=range(9),
)
def test_a_failure_is_told_in_plain_words_and_without_the_address(error: OSError, words: str) -> None:
    assert words_of(error) == words
