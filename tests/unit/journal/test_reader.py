"""Reading while it is written, resuming, and passing over damage."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from headframe.journal import reader as reader_module
from headframe.journal.layout import HEADER_SIZE, list_segments
from headframe.journal.reader import SegmentReader
from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import START, Fact, Position, UpstreamSettled

MakeBatch = Callable[..., list[Fact]]


def sequences(reader: SegmentReader, after: Position = START) -> list[int]:
    return [position.sequence for position, _ in reader.read(after)]


def test_an_empty_journal_reads_as_nothing(tmp_path: Path) -> None:
    assert sequences(SegmentReader(tmp_path / "none")) == []


def test_a_reader_goes_on_where_it_stopped_without_reading_again(
    tmp_path: Path, batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = SegmentJournal(tmp_path)
    reader = SegmentReader(tmp_path)
    offsets: list[int] = []
    pread = os.pread

    def watched(fd: int, size: int, offset: int) -> bytes:
        offsets.append(offset)
        return pread(fd, size, offset)

    monkeypatch.setattr(os, "pread", watched)
    done = START
    for n in range(6):
        journal.append(batch(n))
        for position, facts in reader.read(done):
            assert list(facts) == batch(n)
            done = position
    assert done == Position(1, 6)
    assert offsets == sorted(set(offsets))


def test_leaving_in_the_middle_and_going_back_both_work(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path, segment_bytes=600)
    for n in range(20):
        journal.append(batch(n))
    reader = SegmentReader(tmp_path)
    for leave_at in (3, 7, 1, 20, 11):
        walk = reader.read(Position(1, leave_at - 1))
        assert next(walk) == (Position(1, leave_at), batch(leave_at - 1))
        walk.close()  # type: ignore[attr-defined]
        assert sequences(reader, Position(1, leave_at)) == list(range(leave_at + 1, 21))
    assert sequences(reader) == list(range(1, 21))
    reader.close()


def test_frames_longer_than_a_chunk_are_read(tmp_path: Path, batch: MakeBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "_CHUNK", 64)
    journal = SegmentJournal(tmp_path)
    for n in range(4):
        journal.append(batch(n, rows=40))
    assert [list(facts) for _, facts in SegmentReader(tmp_path).read(START)] == [batch(n, rows=40) for n in range(4)]


def test_a_reader_follows_the_writer_through_segments_and_starts(tmp_path: Path, batch: MakeBatch) -> None:
    reader = SegmentReader(tmp_path)
    done, seen = START, []
    for epoch in (1, 2, 3):
        journal = SegmentJournal(tmp_path, segment_bytes=300)
        for n in range(7):
            journal.append(batch(n))
            for position, _ in reader.read(done):
                done = position
                seen.append(position)
        journal.close()
        assert done == Position(epoch, 7)
    assert seen == [Position(epoch, n) for epoch in (1, 2, 3) for n in range(1, 8)]
    assert reader.gaps == ()


def test_a_half_written_append_is_not_there_yet(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    journal.append(batch(0))
    journal.append(batch(1))
    (path,) = tmp_path.glob("*.journal")
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    reader = SegmentReader(tmp_path)
    assert sequences(reader) == [1]
    path.write_bytes(whole)
    assert sequences(reader, Position(1, 1)) == [2]
    assert reader.gaps == ()


def test_any_flipped_byte_costs_at_most_the_rest_of_its_segment_and_is_told(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path, segment_bytes=300)
    for n in range(4):
        journal.append(batch(n))
    journal.close()
    first, second = list_segments(tmp_path)
    assert second.first == 3
    path = tmp_path / first.file
    sound = path.read_bytes()
    for at in range(len(sound)):
        harmed = bytearray(sound)
        harmed[at] ^= 0xFF
        path.write_bytes(harmed)
        reader = SegmentReader(tmp_path)
        found = sequences(reader)
        reader.close()
        assert found in ([3, 4], [1, 3, 4])
        (gap,) = reader.gaps
        assert (gap.segment, gap.missing) == (first.file, 4 - len(found))


def test_damage_in_the_newest_segment_is_told_and_looked_at_again(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    for n in range(3):
        journal.append(batch(n))
    (path,) = tmp_path.glob("*.journal")
    sound = path.read_bytes()
    harmed = bytearray(sound)
    harmed[-3] ^= 1
    path.write_bytes(harmed)
    reader = SegmentReader(tmp_path)
    assert sequences(reader) == [1, 2]
    assert [gap.reason for gap in reader.gaps] == ["damaged frame"]
    path.write_bytes(sound)
    assert sequences(reader, Position(1, 2)) == [3]
    assert reader.gaps == ()


def test_damage_in_the_live_segment_is_left_behind_by_the_writer_once_it_is_seen(
    tmp_path: Path, batch: MakeBatch
) -> None:
    journal = SegmentJournal(tmp_path)
    journal.append(batch(0))
    (path,) = tmp_path.glob("*.journal")
    harmed = bytearray(path.read_bytes())
    harmed[HEADER_SIZE + 20] ^= 1
    path.write_bytes(harmed)
    assert list(journal.read(START)) == []
    journal.append(batch(1))
    journal.append(batch(2))
    assert [position.sequence for position, _ in journal.read(START)] == [2, 3]
    assert [gap.missing for gap in journal.gaps] == [1]
    assert len(list_segments(tmp_path)) == 2


def test_a_missing_segment_is_told(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path, segment_bytes=1)
    for n in range(5):
        journal.append(batch(n))
    names = list_segments(tmp_path)
    (tmp_path / names[2].file).unlink()
    reader = SegmentReader(tmp_path)
    assert sequences(reader) == [1, 2, 4, 5]
    assert [gap.missing for gap in reader.gaps] == [1]
    cold = SegmentReader(tmp_path)
    (tmp_path / names[1].file).unlink()
    (tmp_path / names[0].file).unlink()
    assert sequences(cold, Position(1, 1)) == [4, 5]
    assert [gap.missing for gap in cold.gaps] == [2]


def test_a_short_header_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "00000001-000000000001.journal").write_bytes(b"HEAD")
    reader = SegmentReader(tmp_path)
    assert sequences(reader) == []
    assert reader.gaps == ()


def test_parked_places_do_not_leak_files(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    for n in range(20):
        journal.append(batch(n))
    reader = SegmentReader(tmp_path)
    before = len(os.listdir("/proc/self/fd"))
    for n in range(20):
        walk = reader.read(Position(1, n))
        next(walk)
        walk.close()  # type: ignore[attr-defined]
    assert len(os.listdir("/proc/self/fd")) - before <= 3
    reader.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_segments_of_an_older_format_are_read_before_those_of_this_one(
    tmp_path: Path, batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("headframe.journal.layout.FORMAT", 1)
        before = SegmentJournal(tmp_path)
        before.append(batch(1))
        before.close()
    said: list[Fact] = [UpstreamSettled(1, "pool", "refused", "stale", 1, 2**70)]
    journal = SegmentJournal(tmp_path)
    journal.append(said)
    journal.close()
    reader = SegmentReader(tmp_path)
    assert [facts for _, facts in reader.read(START)] == [batch(1), said]
    assert reader.gaps == ()
    reader.close()
