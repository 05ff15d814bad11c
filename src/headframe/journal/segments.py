"""The journal in append-only files.

Responsible for: that what `append` returned for survives `kill -9`, and what `sync` returned for a power cut; one
writer per directory; new segments, taking back failed appends, dropping segments that nobody needs.
Not responsible for: the bytes (`journal.layout`, `journal.codec`), reading them (`journal.reader`), folding (`store`).
Read next: `journal.reader`; why files and not a database: docs/decisions/0003-journal-segments.md.

`append` is one write(2), so that the operating system holds the facts when it returns. It belongs to the event loop's
thread; `sync`, `read` and `prune` may be called from others.
"""

import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from headframe.journal.base import JournalUnavailable
from headframe.journal.codec import PayloadEncoder
from headframe.journal.layout import (
    HEADER_SIZE,
    Ending,
    FrameScan,
    JournalRefused,
    SegmentName,
    header_is_sound,
    list_segments,
    pack_frame,
    pack_header,
)
from headframe.journal.reader import Gap, SegmentReader
from headframe.ledger.facts import START, Fact, Position, ShareBatch

SEGMENT_BYTES: Final = 64 * 1024 * 1024
RESERVE_BYTES: Final = 64 * 1024 * 1024
"""Free disk space below which shares are refused, so that blocks and the store's commits still find room."""
_MAX_UNSYNCED: Final = 4
"""Full segments waiting for `sync`; one more and `append` syncs them itself."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Room(msgspec.Struct, frozen=True):
    """Free bytes on the journal's disk, and whether shares are refused because they are too few."""

    free_bytes: int
    low: bool


class SegmentJournal:
    """A directory of segments with this process as its only writer. Implements `journal.base.Journal`.

    directory      created if it is not there
    after          a position the reader of this journal has already applied: the new epoch is greater, even if the
                   directory was emptied
    segment_bytes  a segment that has reached this is followed by another
    reserve_bytes  see RESERVE_BYTES; 0 for none
    write          os.write, or a test's failing one

    Raises JournalRefused when another process writes here; OSError when the directory cannot be used.
    """

    def __init__(
        self,
        directory: Path,
        *,
        after: Position = START,
        segment_bytes: int = SEGMENT_BYTES,
        reserve_bytes: int = RESERVE_BYTES,
        write: Callable[[int, bytes], int] = os.write,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._reserve_bytes = reserve_bytes
        self._os_write = write
        self._lock_fd = _lock(directory)
        self._reader = SegmentReader(directory)
        self._encoder = PayloadEncoder()
        self._fd = -1
        self._file = ""
        self._size = 0
        self._sequence = 0
        self._low = False
        self._rotate = True
        self._guard = threading.Lock()  # of the next three, between append and sync
        self._full: list[int] = []
        self._dirty = False
        self._directory_dirty = False
        self._syncing = threading.Lock()
        try:
            segments = list_segments(directory)
            self.epoch = max(segments[-1].epoch if segments else 0, after.epoch) + 1
            self.mended_bytes = _mend(directory, segments[-1]) if segments else 0
        except BaseException:
            os.close(self._lock_fd)
            raise

    @property
    def position(self) -> Position:
        """That of the last append."""
        return Position(self.epoch, self._sequence)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What `read` could not read."""
        return self._reader.gaps

    def append(self, facts: Sequence[Fact]) -> Position:
        """Write a batch; on return it survives the process. Raises JournalUnavailable; then nothing was written."""
        if self._low and all(type(fact) is ShareBatch for fact in facts):
            raise JournalUnavailable("the disk of the journal is nearly full", self._remedy(errno.ENOSPC))
        if not facts:
            return Position(self.epoch, self._sequence)
        if self._rotate or self._size >= self._segment_bytes or self._encoder.full:
            self._begin_segment()
        sequence = self._sequence + 1
        try:
            frame = pack_frame(self._encoder.encode(sequence, facts))
            self._write(self._fd, frame)
        except OSError as error:
            self._encoder.forget()
            self._take_back()
            raise JournalUnavailable(
                f"cannot write the journal ({error.strerror})", self._remedy(error.errno)
            ) from None
        except BaseException:
            self._encoder.forget()
            raise
        self._encoder.keep()
        self._sequence = sequence
        self._size += len(frame)
        self._dirty = True
        return Position(self.epoch, sequence)

    def read(self, after: Position) -> Iterator[tuple[Position, Sequence[Fact]]]:
        """Batches after a position, in order, up to what is written now; see `SegmentReader.read`.

        When the segment being written turns out damaged, the next append begins another, so that reading can go on.
        """
        yield from self._reader.read(after)
        if any(gap.segment == self._file for gap in self._reader.gaps):
            self._rotate = True

    def sync(self) -> None:
        """Make all that was appended survive a power cut. Raises JournalUnavailable when the disk fails.

        After a failure the kernel forgets what it could not write, so the segment is left and another one begun.
        """
        with self._syncing:
            self._sync()

    def room(self) -> Room:
        """Look at the disk; to be called about once a second. While room is low, `append` refuses shares.

        Shares are taken again with a quarter more than the reserve, so that the answer does not flutter.
        """
        try:
            disk = os.statvfs(self._directory)
        except OSError:
            return Room(0, self._low)
        free = disk.f_bavail * disk.f_frsize
        self._low = free < self._reserve_bytes * (5 if self._low else 4) // 4
        return Room(free, self._low)

    def prune(self, before: Position, keep_bytes: int) -> int:
        """Remove the oldest segments while more than `keep_bytes` would remain; returns how many bytes went.

        Only segments whose every append is at or before `before` (what is safely folded) go, and never the newest.
        """
        segments = list_segments(self._directory)
        sizes = [(self._directory / each.file).stat().st_size for each in segments]
        total, removed = sum(sizes), 0
        for name, following, size in zip(segments, segments[1:], sizes, strict=False):
            if following.before > before or total - removed - size < keep_bytes:
                break
            (self._directory / name.file).unlink()
            removed += size
        return removed

    def close(self) -> None:
        """Sync and let another writer have the directory. Closing twice is harmless."""
        with self._syncing:
            if self._lock_fd < 0:
                return
            try:
                self._sync()
            finally:
                with self._guard:
                    fds, self._full = [*self._full, self._fd, self._lock_fd], []
                    self._fd = self._lock_fd = -1
                    self._rotate = True
                for fd in fds:
                    if fd >= 0:
                        os.close(fd)
                self._reader.close()

    def _begin_segment(self) -> None:
        if self._lock_fd < 0:
            raise JournalUnavailable("the journal is closed", "this is a bug: report it")
        name = SegmentName(self.epoch, self._sequence + 1)
        path = self._directory / name.file
        fd = -1
        try:
            # Truncated: a segment of this name can only be one whose every append failed.
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._write(fd, pack_header(name))
        except OSError as error:
            if fd >= 0:
                os.close(fd)
                path.unlink(missing_ok=True)
            reason = f"cannot begin a journal segment ({error.strerror})"
            raise JournalUnavailable(reason, self._remedy(error.errno)) from None
        with self._guard:
            old, self._fd = self._fd, fd
            if old >= 0:
                self._full.append(old)
            self._directory_dirty = self._dirty = True
            crowded = len(self._full) > _MAX_UNSYNCED
        self._file = name.file
        self._size = HEADER_SIZE
        self._encoder = PayloadEncoder()
        self._rotate = False
        if crowded:
            self.sync()

    def _write(self, fd: int, data: bytes) -> None:
        """All of `data`, or OSError. A short write is the operating system's way to announce one."""
        done = self._os_write(fd, data)
        while done < len(data):
            done += self._os_write(fd, data[done:])

    def _take_back(self) -> None:
        """Cut what a failed append left. Even if that fails, its frame is not whole, so nobody will read it."""
        try:
            os.ftruncate(self._fd, self._size)
        except OSError:
            self._rotate = True

    def _sync(self) -> None:
        with self._guard:
            full, self._full = self._full, []
            fd = self._fd if self._dirty else -1
            directory, self._directory_dirty = self._directory_dirty, False
            self._dirty = False
        trouble: OSError | None = None
        for each in [*full, *([fd] if fd >= 0 else [])]:
            try:
                os.fdatasync(each)
            except OSError as error:
                trouble = error
                self._rotate = True
        for each in full:
            os.close(each)
        if directory:
            try:
                _sync_directory(self._directory)
            except OSError as error:
                trouble = error
                self._directory_dirty = True
        if trouble is not None:
            reason = f"the journal's disk does not keep what is written ({trouble.strerror})"
            raise JournalUnavailable(reason, self._remedy(trouble.errno))

    def _remedy(self, code: int | None) -> str:
        where = f"the disk of {self._directory}"
        if code in _FULL:
            return f"free space on {where}, or set [data] dir to another disk; shares are taken again by themselves"
        if code == errno.EROFS:
            return f"{where} is mounted read-only: check it for errors and mount it writable"
        if code in (errno.EACCES, errno.EPERM):
            return f"let the user that runs Headframe write to {self._directory}"
        return f"check {where}"


def _lock(directory: Path) -> int:
    fd = os.open(directory / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise JournalRefused(
            f"another Headframe already writes to {directory}",
            "stop it, or give this one a [data] dir of its own",
        ) from None
    except BaseException:
        os.close(fd)
        raise
    return fd


def _mend(directory: Path, name: SegmentName) -> int:
    """Cut the torn tail of the last writer's last segment; returns its bytes. Damage is left as evidence."""
    path = directory / name.file
    data = path.read_bytes()
    if len(data) < HEADER_SIZE:
        path.unlink()
        return len(data)
    if not header_is_sound(data, name):
        return 0
    scan = FrameScan(data[HEADER_SIZE:])
    for _ in scan:
        pass
    if scan.ending is not Ending.TORN:
        return 0
    sound = HEADER_SIZE + scan.consumed
    os.truncate(path, sound)
    return len(data) - sound


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
