"""Addresses are found in any text; what merely looks a little like them stays."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.bitcoin.address import address_of_script
from headframe.bitcoin.networks import NETWORKS
from headframe.service.veil_text import ADDRESS, IP, redacted, short_identity, shown

SCRIPTS = st.one_of(
    st.binary(min_size=20, max_size=20).map(lambda h: b"\x76\xa9\x14" + h + b"\x88\xac"),
    st.binary(min_size=20, max_size=20).map(lambda h: b"\xa9\x14" + h + b"\x87"),
    st.binary(min_size=20, max_size=20).map(lambda h: b"\x00\x14" + h),
    st.binary(min_size=32, max_size=32).map(lambda h: b"\x00\x20" + h),
    st.binary(min_size=32, max_size=32).map(lambda h: b"\x51\x20" + h),
)
ADDRESSES = st.builds(
    lambda script, network: address_of_script(script, NETWORKS[network]), SCRIPTS, st.sampled_from(sorted(NETWORKS))
)
IPS = st.one_of(
    st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str), st.ip_addresses(v=6).map(lambda ip: ip.exploded)
)
AROUND = st.text(max_size=20)


@given(AROUND, ADDRESSES, AROUND, st.booleans())
def test_no_bitcoin_address_stays(before, address, after, upper):
    address = address.upper() if upper and not address[0].isdigit() and address[0] not in "mn" else address
    assert address not in redacted(before + address + after)


@given(AROUND, IPS, AROUND)
def test_no_ip_address_stays(before, ip, after):
    if ip in ("::", "::0") or int(ipaddress.ip_address(ip)) == 0:
        return  # no address at all: "anywhere"
    assert ip not in redacted(before + ip + after)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15:04:05",
        "2026-11-21T15:04:05.123Z",
        "aa:bb:cc:dd:ee:ff",
        "00000000000000000001c2f9c4bd5ee5a7c8a9a9a2c2b7b0a1b2c3d4e5f60718",
        "3fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "bitaxe/BM1370/v2.4.2",
        "rig-one.kitchen",
        "[::]:3333",
    ],
)
def test_what_is_none_stays(text):
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("peer 192.168.1.20:54321 left", f"peer {IP}:54321 left"),
        ("[2001:db8::1]:3333", f"[{IP}]:3333"),
        ("::ffff:10.0.0.1", IP),
        ("to bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig", f"to {ADDRESS}.rig"),
    ],
)
def test_the_rest_of_the_text_stays(text, left):
    assert redacted(text) == left


def test_identities_are_shortened_and_names_stay():
    assert short_identity("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4") == "bc1qw5…f3t4"
    assert short_identity("alice") == "alice"
    assert short_identity("10.0.0.1") == IP
    assert short_identity("::1") == IP
    assert short_identity("") == ""


@given(st.text())
def test_whatever_came_off_a_wire_is_bounded_and_printable(text):
    assert len(shown(text, 20)) <= 20
    assert shown(text, 20).isprintable()


def test_marks_that_turn_the_direction_of_writing_are_replaced():
    assert shown("a\u202eb\x1b[2J\x00") == "a\ufffdb\ufffd[2J\ufffd"
