"""The writer: one per directory, nothing half written, segments begun and dropped by rule."""

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from headframe.journal.base import Journal, JournalUnavailable
from headframe.journal.layout import JournalRefused, list_segments
from headframe.journal.reader import SegmentReader
from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import START, BlockSettled, Fact, Position

MakeBatch = Callable[..., list[Fact]]
SETTLED = BlockSettled(1, b"\x01" * 32, "accepted")


def everything(directory: Path, after: Position = START) -> list[tuple[Position, list[Fact]]]:
    reader = SegmentReader(directory)
    try:
        return [(position, list(facts)) for position, facts in reader.read(after)]
    finally:
        reader.close()


def test_it_is_a_journal(tmp_path: Path) -> None:
    journal: Journal = SegmentJournal(tmp_path)
    assert journal.append([SETTLED]) == Position(1, 1)


def test_what_was_appended_is_read_back_in_order(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    positions = [journal.append(batch(n)) for n in range(5)]
    assert positions == [Position(1, n) for n in range(1, 6)]
    assert everything(tmp_path) == [(positions[n], batch(n)) for n in range(5)]
    assert everything(tmp_path, positions[2]) == [(positions[n], batch(n)) for n in (3, 4)]


def test_appending_nothing_writes_nothing(tmp_path: Path) -> None:
    journal = SegmentJournal(tmp_path)
    assert journal.append([]) == Position(1, 0)
    assert list_segments(tmp_path) == []


def test_each_start_is_a_new_epoch(tmp_path: Path, batch: MakeBatch) -> None:
    for epoch in (1, 2, 3):
        journal = SegmentJournal(tmp_path)
        assert journal.append(batch(epoch)) == Position(epoch, 1)
        journal.close()
    assert [position for position, _ in everything(tmp_path)] == [Position(1, 1), Position(2, 1), Position(3, 1)]


def test_an_emptied_directory_never_goes_back_behind_what_was_applied(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path, after=Position(41, 7))
    assert journal.append(batch(1)) == Position(42, 1)


def test_a_second_writer_is_refused_with_a_remedy_and_may_follow_after_close(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    journal.append(batch(1))
    with pytest.raises(JournalRefused) as refused:
        SegmentJournal(tmp_path)
    assert "[data] dir" in refused.value.remedy
    journal.close()
    SegmentJournal(tmp_path).close()


def test_after_close_nothing_is_taken(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    journal.append(batch(1))
    journal.close()
    journal.close()
    with pytest.raises(JournalUnavailable):
        journal.append(batch(2))


def test_a_full_segment_is_followed_by_another_that_is_readable_by_itself(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path, segment_bytes=500)
    for n in range(40):
        journal.append(batch(n))
    segments = list_segments(tmp_path)
    assert len(segments) > 5
    for name in segments[:-2]:
        (tmp_path / name.file).unlink()
    first = segments[-2].first
    assert everything(tmp_path) == [(Position(1, n + 1), batch(n)) for n in range(first - 1, 40)]


def test_many_segments_without_a_sync_are_synced_by_the_writer(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path, segment_bytes=1)
    before = len(os.listdir("/proc/self/fd"))
    for n in range(50):
        journal.append(batch(n))
    assert len(os.listdir("/proc/self/fd")) - before <= 6
    journal.sync()
    assert len(everything(tmp_path)) == 50


class Disk:
    """os.write with so many bytes left."""

    def __init__(self, room: int, code: int = errno.ENOSPC) -> None:
        self.room = room
        self.code = code

    def write(self, fd: int, data: bytes) -> int:
        if self.room == 0:
            raise OSError(self.code, os.strerror(self.code))
        done = os.write(fd, data[: self.room])
        self.room -= done
        return done


def test_a_disk_that_fills_at_any_byte_leaves_no_trace_of_the_failed_append(tmp_path: Path, batch: MakeBatch) -> None:
    measure = SegmentJournal(tmp_path / "measure")
    measure.append(batch(0))
    measure.append(batch(1))
    size = sum(path.stat().st_size for path in (tmp_path / "measure").glob("*.journal"))
    for room in range(size):
        directory = tmp_path / str(room)
        disk = Disk(room)
        journal = SegmentJournal(directory, write=disk.write)
        taken = []
        for n in (0, 1):
            with contextlib.suppress(JournalUnavailable):
                taken.append((journal.append(batch(n)), batch(n)))
        assert len(taken) < 2
        assert everything(directory) == taken
        disk.room = 10_000
        taken.append((journal.append(batch(2)), batch(2)))
        assert everything(directory) == taken
        journal.close()


def test_trouble_says_what_to_do(tmp_path: Path, batch: MakeBatch) -> None:
    for code, words in (
        (errno.ENOSPC, "free space"),
        (errno.EROFS, "mount"),
        (errno.EACCES, "user"),
        (errno.EIO, "check"),
    ):
        journal = SegmentJournal(tmp_path / words, write=Disk(0, code).write)
        with pytest.raises(JournalUnavailable) as trouble:
            journal.append(batch(0))
        assert words in trouble.value.remedy
        journal.close()


def test_when_even_cutting_back_fails_the_next_append_begins_a_segment(
    tmp_path: Path, batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(10_000)
    journal = SegmentJournal(tmp_path, write=disk.write)
    taken = [(journal.append(batch(0)), batch(0))]
    disk.room = 20
    with monkeypatch.context() as broken:
        broken.setattr(os, "ftruncate", Disk(0).write)
        with pytest.raises(JournalUnavailable):
            journal.append(batch(1))
    disk.room = 10_000
    taken.append((journal.append(batch(2)), batch(2)))
    assert len(list_segments(tmp_path)) == 2
    reader = SegmentReader(tmp_path)
    assert [(position, list(facts)) for position, facts in reader.read(START)] == taken
    assert reader.gaps == ()


def test_a_failed_sync_is_told_once_and_leaves_the_segment(
    tmp_path: Path, batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = SegmentJournal(tmp_path)
    journal.append(batch(0))

    def fail(fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", fail)
        with pytest.raises(JournalUnavailable):
            journal.sync()
    journal.append(batch(1))
    journal.sync()
    assert len(list_segments(tmp_path)) == 2
    assert len(everything(tmp_path)) == 2


def test_a_mistaken_fact_changes_nothing(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    with pytest.raises(TypeError):
        journal.append([*batch(0), "not a fact"])  # type: ignore[list-item]
    assert journal.append(batch(1)) == Position(1, 1)
    assert everything(tmp_path) == [(Position(1, 1), batch(1))]


def test_shares_are_refused_while_room_is_low_and_blocks_are_not(
    tmp_path: Path, batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 1_000

    class Stat:
        f_frsize = 1

        @property
        def f_bavail(self) -> int:
            return free

    monkeypatch.setattr(os, "statvfs", lambda path: Stat())
    journal = SegmentJournal(tmp_path, reserve_bytes=1_000)
    assert not journal.room().low
    free = 999
    assert journal.room().low
    with pytest.raises(JournalUnavailable):
        journal.append(batch(0))
    assert journal.append([SETTLED]) == Position(1, 1)
    free = 1_100
    assert journal.room().low, "it must not flutter"
    free = 1_300
    assert not journal.room().low
    assert journal.append(batch(0)) == Position(1, 2)


def test_a_torn_tail_is_cut_when_the_next_writer_opens(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    journal.append(batch(0))
    journal.close()
    (path,) = tmp_path.glob("*.journal")
    sound = path.read_bytes()
    path.write_bytes(sound + sound[-30:-20])
    mended = SegmentJournal(tmp_path)
    assert mended.mended_bytes == 10
    assert path.read_bytes() == sound


def test_a_torn_header_is_removed_when_the_next_writer_opens(tmp_path: Path, batch: MakeBatch) -> None:
    (tmp_path / "00000004-000000000001.journal").write_bytes(b"HEADF")
    journal = SegmentJournal(tmp_path)
    assert list_segments(tmp_path) == []
    assert journal.append(batch(0)) == Position(5, 1)


def test_damage_is_kept_as_evidence(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path)
    for n in range(3):
        journal.append(batch(n))
    journal.close()
    (path,) = tmp_path.glob("*.journal")
    harmed = bytearray(path.read_bytes())
    harmed[60] ^= 0xFF
    path.write_bytes(harmed)
    assert SegmentJournal(tmp_path).mended_bytes == 0
    assert path.read_bytes() == harmed


def test_only_folded_segments_beyond_the_bound_are_dropped(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path, segment_bytes=1)
    for n in range(10):
        journal.append(batch(n))
    assert journal.prune(START, keep_bytes=0) == 0
    assert journal.prune(Position(1, 4), keep_bytes=10**9) == 0
    assert journal.prune(Position(1, 4), keep_bytes=0) > 0
    assert everything(tmp_path)[0] == (Position(1, 5), batch(4))
    journal.prune(Position(1, 10), keep_bytes=0)
    assert [position for position, _ in everything(tmp_path)] == [Position(1, 10)], "the newest always stays"


def test_dropping_keeps_about_the_bytes_asked_for(tmp_path: Path, batch: MakeBatch) -> None:
    journal = SegmentJournal(tmp_path, segment_bytes=1)
    for n in range(10):
        journal.append(batch(n))
    size = sum(path.stat().st_size for path in tmp_path.glob("*.journal"))
    removed = journal.prune(Position(1, 10), keep_bytes=size // 2)
    assert size // 2 <= size - removed < size // 2 + 400
