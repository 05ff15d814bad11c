"""Lines out of a byte stream, within a bound."""

import pytest

from headframe.stratum.v1.framing import LineBuffer


def feed_all(pieces, bound=8):
    buffer = LineBuffer(bound)
    return [line for piece in pieces for line in buffer.feed(piece)]


def test_a_line_ends_at_its_newline_and_not_before():
    buffer = LineBuffer(8)
    assert buffer.feed(b"ab") == []
    assert buffer.feed(b"cd\nef") == [b"abcd"]
    assert buffer.feed(b"\n\n") == [b"ef", b""]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_splitting_changes_nothing(size):
    data = b"one\ntwo\r\n\n12345678\n123456789\nthree\n" + b"x" * 50 + b"\nfour\nrest"
    wanted = [b"one", b"two\r", b"", b"12345678", None, b"three", None, b"four"]
    assert feed_all([data]) == wanted
    assert feed_all([data[at : at + size] for at in range(0, len(data), size)]) == wanted


def test_a_line_that_is_too_long_is_told_once_and_dropped_to_its_end():
    buffer = LineBuffer(8)
    assert buffer.feed(b"123456789") == [None]
    assert buffer.feed(b"still the same line") == []
    assert buffer.feed(b"end\nnext\n") == [b"next"]


def test_no_more_than_the_bound_is_ever_held():
    buffer = LineBuffer(8)
    for _ in range(1000):
        buffer.feed(b"1234567")
        assert len(buffer._tail) <= 8
