"""Whom to trust when we connect. (Connecting itself: tests/functional/test_pool_source.py.)"""

import ssl

import pytest

from headframe.net.dial import Trust, read_fingerprint

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
