"""A place in a JSON text, and where a redirect may lead."""

import pytest

from headframe.net.fetch import Fetched, Unusable, at_pointer, same_place

DOCUMENT = (
    b"""{"foo": ["bar", {"price": 2.5}], "": 0, "a/b": 1, "m~n": 8, "~1": 9, "0": 7, "deep": [[[true]]], "nil": null}"""
)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/foo/0", "bar"),
        ("/foo/1/price", 2.5),
        ("/", 0),
        ("/a~1b", 1),
        ("/m~0n", 8),
        ("/~01", 9),
        ("/0", 7),
        ("/deep/0/0/0", True),
        ("/nil", None),
    ],
)
def test_a_pointer_finds_its_place_as_rfc_6901_says(pointer: str, value: object) -> None:
    assert at_pointer(DOCUMENT, pointer) == Fetched(value)


def test_an_empty_pointer_is_the_whole() -> None:
    assert at_pointer(b" 61250.5\n", "") == Fetched(61250.5)


@pytest.mark.parametrize(
    "pointer", ["/bar", "/foo/2", "/foo/-", "/foo/-1", "/foo/00", "/foo/01", "/foo/x", "/foo/0/x", "/nil/0", "/foo/٣"]
)
def test_a_pointer_to_nothing_is_said_to_be_one(pointer: str) -> None:
    found = at_pointer(DOCUMENT, pointer)
    assert isinstance(found, Unusable)
    assert "nothing at" in found.reason


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b"NaN", b'{"a": NaN}', b"Infinity", b"1e999", b'{"a": 1', b"[" * 100_000, b"\xff\xfe", b"1 2"],
    ids=range(10),
)
def test_what_is_no_json_is_said_to_be_none(document: bytes) -> None:
    assert at_pointer(document, "") == Unusable("the answer is not JSON")


@pytest.mark.parametrize(
    ("target", "same"),
    [
        ("http://a.example:80/other", True),
        ("https://a.example/p", True),
        ("http://a.example:81/p", False),
        ("http://b.example:80/p", False),
        ("http://a.example.evil:80/p", False),
        ("http://u:p@a.example:80/p", False),
        ("ftp://a.example:80/p", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_redirect_stays_with_its_host(target: str, same: bool) -> None:
    assert same_place("http://a.example:80/p", target) is same


def test_a_redirect_never_leaves_tls() -> None:
    assert not same_place("https://a.example/p", "http://a.example/p")
