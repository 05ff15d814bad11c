"""Names, headers and frames of a segment, and what tells a torn tail from damage."""

from pathlib import Path

import pytest

from headframe.journal.layout import (
    FORMAT,
    HEADER_SIZE,
    MAX_PAYLOAD,
    Ending,
    FrameScan,
    JournalRefused,
    SegmentName,
    header_is_sound,
    list_segments,
    pack_frame,
    pack_header,
)

NAME = SegmentName(3, 41)


def scan(data: bytes) -> tuple[list[bytes], int, Ending]:
    walk = FrameScan(data)
    payloads = [bytes(each) for each in walk]
    return payloads, walk.consumed, walk.ending


def test_segments_are_listed_in_the_order_of_writing(tmp_path: Path) -> None:
    names = [SegmentName(1, 1), SegmentName(1, 900), SegmentName(2, 1), SegmentName(10, 1), SegmentName(10**9, 1)]
    for name in reversed(names):
        (tmp_path / name.file).touch()
    (tmp_path / "writer.lock").touch()
    (tmp_path / "00000001-000000000001.journal.bak").touch()
    assert list_segments(tmp_path) == names


def test_a_directory_that_is_not_there_has_no_segments(tmp_path: Path) -> None:
    assert list_segments(tmp_path / "none") == []


def test_a_header_is_sound_only_for_its_own_segment() -> None:
    header = pack_header(NAME)
    assert len(header) == HEADER_SIZE
    assert header_is_sound(header, NAME)
    assert not header_is_sound(header, SegmentName(3, 42))
    assert not header_is_sound(header[:-1], NAME)


@pytest.mark.parametrize("at", range(HEADER_SIZE))
def test_a_header_with_a_flipped_bit_is_not_sound(at: int) -> None:
    header = bytearray(pack_header(NAME))
    header[at] ^= 1
    assert not header_is_sound(bytes(header), NAME)


def test_a_newer_format_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr("headframe.journal.layout.FORMAT", FORMAT + 1)
        header = pack_header(NAME)
    with pytest.raises(JournalRefused) as refused:
        header_is_sound(header, NAME)
    assert "newer version" in refused.value.remedy


def test_a_segment_of_an_older_format_is_as_good_as_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr("headframe.journal.layout.FORMAT", 1)
        header = pack_header(NAME)
    assert header != pack_header(NAME)
    assert header_is_sound(header, NAME)


def test_frames_come_back_in_order() -> None:
    data = pack_frame(b"one") + pack_frame(b"two")
    assert scan(data) == ([b"one", b"two"], len(data), Ending.CLEAN)


def test_a_tail_cut_at_any_byte_is_torn_and_the_rest_is_whole() -> None:
    first, second = pack_frame(b"one"), pack_frame(b"second")
    for cut in range(1, len(second)):
        assert scan(first + second[:cut]) == ([b"one"], len(first), Ending.TORN)


def test_zeros_at_the_end_are_a_torn_tail() -> None:
    first = pack_frame(b"one")
    assert scan(first + bytes(5_000)) == ([b"one"], len(first), Ending.TORN)


def test_any_flipped_byte_is_found_and_never_taken_for_a_torn_tail() -> None:
    first, second, third = pack_frame(b"one"), pack_frame(b"second"), pack_frame(b"x" * 300)
    data = first + second + third
    for at in range(len(first), len(first) + len(second)):
        for flip in (0x01, 0x80, 0xFF):
            harmed = bytearray(data)
            harmed[at] ^= flip
            assert scan(bytes(harmed)) == ([b"one"], len(first), Ending.DAMAGED)


@pytest.mark.parametrize("size", [0, MAX_PAYLOAD + 1])
def test_an_impossible_size_is_our_bug(size: int) -> None:
    with pytest.raises(ValueError, match="journal frame"):
        pack_frame(bytes(size))
