"""Where a request came from, and whether its names are ours."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.web.origins import Caller, caller, is_ours, is_same_site

PROXY = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def by(peer: str, **headers: str) -> Caller:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in {"host": "x", **headers}.items()}
    return caller(peer, False, named, PROXY)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # nobody we believe
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),  # the first was said by who asks
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),  # two proxies of ours in a row
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("::ffff:10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "198.51.100.7:50000", "198.51.100.7"),  # some proxies say the port too
        ("10.0.0.1", "[2001:db8::1]:50000", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("fd00::1", "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_who_asks_is_the_last_one_that_nobody_we_trust_could_have_made_up(
    peer: str, forwarded: str, address: str
) -> None:
    assert by(peer, **({"x_forwarded_for": forwarded} if forwarded else {})).address == address


def test_https_is_believed_of_a_trusted_proxy_only() -> None:
    assert by("10.0.0.1", x_forwarded_proto="https").https
    assert not by("192.0.2.1", x_forwarded_proto="https").https


def test_this_machine_is_not_whoever_asks_by_a_proxy_on_it() -> None:
    assert by("127.0.0.1").loopback
    assert by("::1").loopback
    assert not by("127.0.0.1", x_forwarded_for="198.51.100.7").loopback
    assert not by("127.0.0.1", forwarded="for=198.51.100.7").loopback
    assert not by("").loopback


@pytest.mark.parametrize("forwarded", ["unknown", "_hidden", "198.51.100.7, unknown", ","])
def test_somebody_whom_a_proxy_on_this_machine_cannot_name_is_not_this_machine(forwarded: str) -> None:
    trusted = (ip_network("127.0.0.0/8"),)
    asked = caller("127.0.0.1", False, {b"host": b"x", b"x-forwarded-for": forwarded.encode()}, trusted)
    assert not asked.loopback
    itself = caller("127.0.0.1", False, {b"host": b"x", b"x-forwarded-for": b"127.0.0.1"}, trusted)
    assert itself.loopback


def test_an_ipv6_network_shares_one_rate() -> None:
    assert by("2001:db8:1:2::1").neighbourhood == by("2001:db8:1:2:ffff::9").neighbourhood
    assert by("2001:db8:1:2::1").neighbourhood != by("2001:db8:1:3::1").neighbourhood
    assert by("192.0.2.1").neighbourhood != by("192.0.2.2").neighbourhood


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_stands_there_is_answered(host: str, forwarded: str) -> None:
    headers = {b"host": host.encode(), b"x-forwarded-for": forwarded.encode()}
    found = caller("10.0.0.1", False, headers, PROXY)
    is_ours(found.host, "https://mine.example", ("headframe.test",))
    assert found.neighbourhood
    assert is_same_site(False, {b"origin": host.encode()}, found, "") in (True, False)


@given(st.from_regex(r"[a-z]{1,8}(\.[a-z]{2,8}){1,3}", fullmatch=True))
def test_a_name_with_a_dot_is_ours_only_when_somebody_said_so(name: str) -> None:
    if name.endswith(".localhost"):
        return
    assert not is_ours(name, "", ())
    assert is_ours(name, "", (name,))
    assert is_ours(f"{name}:8855", f"https://{name}", ())
