"""Reading a journal, while it is written or afterwards.

Responsible for: facts after a position, in order; passing over damage and reporting it; resuming cheaply.
Not responsible for: writing, or deciding what is no longer needed (`journal.segments`).
Read next: `journal.layout`.

A reader needs no lock: frames are only ever added, and one that is half written is simply not there yet. After damage
the rest of that segment is passed over, because later rows may use numbers that were defined in what is lost; the next
segment is readable by itself.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from headframe.journal.codec import CodecError, PayloadDecoder
from headframe.journal.layout import (
    HEADER_SIZE,
    Ending,
    FrameScan,
    SegmentName,
    header_is_sound,
    list_segments,
)
from headframe.ledger.facts import Fact, Position

_CHUNK: Final = 1024 * 1024
_MAX_GAPS: Final = 100
_MAX_PARKED: Final = 2


class Gap(msgspec.Struct, frozen=True):
    """Facts that cannot be read. `missing` is the number of appends, where it can be known."""

    segment: str
    offset: int
    reason: str
    missing: int | None


class _Cursor:
    """A place in one segment, with all that the frames before it defined. Owned by one iterator at a time."""

    def __init__(self, directory: Path, name: SegmentName) -> None:
        self.name = name
        self.expected = name.first
        self.decoder = PayloadDecoder()
        self.fd = os.open(directory / name.file, os.O_RDONLY | os.O_CLOEXEC)
        self.offset = 0
        self.damage = ""
        self.worth_another_look = False

    def close(self) -> None:
        os.close(self.fd)


class SegmentReader:
    """Facts of the segments in `directory`. Any number of threads and processes may read at once.

    `read` raises OSError when the disk does, and JournalRefused for segments of a newer version; damage is never an
    exception: it is passed over and listed in `gaps`.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._parked: dict[Position, _Cursor] = {}
        self._gaps: dict[tuple[str, int], Gap] = {}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read so far; the first 100 are kept."""
        with self._lock:
            return tuple(self._gaps.values())

    def read(self, after: Position) -> Iterator[tuple[Position, Sequence[Fact]]]:
        """Batches after a position, in order, up to what is written now.

        Going on from where the last iterator stopped costs nothing; from anywhere else, one pass over one segment.
        """
        cursor = self._take(after)
        done = after
        try:
            while True:
                later = self._following(cursor.name if cursor else None, done)
                if cursor is not None:
                    for position, facts in self._drain(cursor, after):
                        done = position
                        yield position, facts
                if later is None:
                    return
                if cursor is not None:
                    self._note_end(cursor, later)
                    cursor.close()
                    cursor = None
                elif later.epoch == done.epoch and later.before > done:
                    missing = later.before.sequence - done.sequence
                    self._note(Gap(later.file, 0, "appends before this segment are missing", missing))
                cursor = self._open(later)
        finally:
            if cursor is not None:
                self._park(done, cursor)

    def close(self) -> None:
        """Give back the files of parked places."""
        with self._lock:
            parked, self._parked = self._parked, {}
        for cursor in parked.values():
            cursor.close()

    def _take(self, after: Position) -> _Cursor | None:
        with self._lock:
            return self._parked.pop(after, None)

    def _park(self, done: Position, cursor: _Cursor) -> None:
        with self._lock:
            old = [self._parked.pop(done)] if done in self._parked else []
            while len(self._parked) >= _MAX_PARKED:
                old.append(self._parked.pop(next(iter(self._parked))))
            self._parked[done] = cursor
        for each in old:
            each.close()

    def _following(self, name: SegmentName | None, after: Position) -> SegmentName | None:
        """The segment after `name`; without one, the segment that holds what follows `after`.

        Asked before a segment is drained: nobody writes to a segment once the next one exists.
        """
        segments = list_segments(self._directory)
        if name is not None:
            return next((each for each in segments if each > name), None)
        holding = [each for each in segments if each.before <= after]
        return holding[-1] if holding else next(iter(segments), None)

    def _open(self, name: SegmentName) -> _Cursor | None:
        try:
            return _Cursor(self._directory, name)
        except FileNotFoundError:
            if name in list_segments(self._directory):
                raise
            return None  # pruned since it was listed; the next look finds what follows

    def _drain(self, cursor: _Cursor, after: Position) -> Iterator[tuple[Position, Sequence[Fact]]]:
        """Whole frames from the cursor to the end of its segment as it is now."""
        if cursor.damage and not cursor.worth_another_look:
            return
        if cursor.damage:
            cursor.damage = ""
            with self._lock:
                self._gaps.pop((cursor.name.file, cursor.offset), None)
        want = _CHUNK
        while True:
            data = os.pread(cursor.fd, want, cursor.offset)
            at_end = len(data) < want
            if cursor.offset == 0:
                if len(data) < HEADER_SIZE:
                    return
                if not header_is_sound(data, cursor.name):
                    self._damaged(cursor, "damaged header", worth_another_look=False)
                    return
                data = data[HEADER_SIZE:]
                cursor.offset = HEADER_SIZE
            scan = FrameScan(data)
            start = cursor.offset
            for payload in scan:
                position = Position(cursor.name.epoch, cursor.expected)
                wanted = position > after
                try:
                    sequence, facts = cursor.decoder.decode(payload, wanted=wanted)
                    if sequence != cursor.expected:
                        raise CodecError(f"append {sequence} where {cursor.expected} should be")
                except CodecError as error:
                    self._damaged(cursor, f"unreadable: {error}", worth_another_look=False)
                    return
                cursor.expected += 1
                cursor.offset = start + scan.consumed
                if wanted:
                    yield position, facts
            if scan.ending is Ending.DAMAGED:
                # In the newest segment this may be a glimpse of an append that just failed and is being taken back.
                self._damaged(cursor, "damaged frame", worth_another_look=True)
                return
            if at_end:
                return
            want = max(scan.needed, 2 * want) if scan.consumed == 0 else _CHUNK

    def _damaged(self, cursor: _Cursor, reason: str, *, worth_another_look: bool) -> None:
        cursor.damage = reason
        cursor.worth_another_look = worth_another_look
        self._note(Gap(cursor.name.file, cursor.offset, reason, None))

    def _note_end(self, cursor: _Cursor, later: SegmentName) -> None:
        """Say how many appends are missing between a segment that is left and the next one of the same epoch."""
        if later.epoch == cursor.name.epoch and later.first != cursor.expected:
            reason = cursor.damage or "ends early"
            self._note(Gap(cursor.name.file, cursor.offset, reason, later.first - cursor.expected))

    def _note(self, gap: Gap) -> None:
        with self._lock:
            key = (gap.segment, gap.offset)
            if key in self._gaps or len(self._gaps) < _MAX_GAPS:
                self._gaps[key] = gap
