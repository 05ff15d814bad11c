"""How a segment file looks: its name, its header, the frame around each payload.

Responsible for: the bytes of a segment, and telling a torn tail (an append that a crash cut short) from damage.
Not responsible for: what a payload means (`journal.codec`), opening and writing files (`journal.segments`).
Read next: `journal.segments`; the whole format in prose: docs/reference/journal-format.md.

All integers are little-endian. The length of a frame has a checksum of its own, so that a damaged length is never
taken for a frame that runs past the end of the file and cut off as a torn tail.
"""

import re
import struct
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

from headframe.ledger.facts import Position

FORMAT: Final = 2
"""What is written. 2 knows one more kind of fact than 1, and is read the same way."""
MAGIC: Final = b"HEADFRMJ"
MAX_PAYLOAD: Final = 16 * 1024 * 1024
"""Bytes of one append. A loop turn of 10,000 sessions is about 1 MB."""

_HEADER = struct.Struct("<8sIQQI")
_FRAME = struct.Struct("<III")
HEADER_SIZE: Final = _HEADER.size
FRAME_SIZE: Final = _FRAME.size
_NAME = re.compile(r"([0-9]{8,20})-([0-9]{12,20})\.journal")
_ZEROS = bytes(4096)


class SegmentName(msgspec.Struct, frozen=True, order=True):
    """A segment: its epoch and the sequence of its first frame. Ordered as written."""

    epoch: int
    first: int

    @property
    def file(self) -> str:
        return f"{self.epoch:08d}-{self.first:012d}.journal"

    @property
    def before(self) -> Position:
        """The position just before its first frame."""
        return Position(self.epoch, self.first - 1)


class JournalRefused(Exception):
    """The journal cannot be opened as it is configured: another writer has it, or a newer version wrote it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


class Ending(Enum):
    """Why a scan stopped."""

    CLEAN = "at the end"
    TORN = "the last append was cut short"
    DAMAGED = "damaged"


def list_segments(directory: Path) -> list[SegmentName]:
    """The segments of a directory, in order. A directory that does not exist has none. Raises OSError."""
    try:
        names = [_NAME.fullmatch(entry.name) for entry in directory.iterdir()]
    except FileNotFoundError:
        return []
    return sorted(SegmentName(int(match[1]), int(match[2])) for match in names if match)


def pack_header(name: SegmentName) -> bytes:
    fields = _HEADER.pack(MAGIC, FORMAT, name.epoch, name.first, 0)[:-4]
    return fields + crc32(fields).to_bytes(4, "little")


def header_is_sound(data: bytes, name: SegmentName) -> bool:
    """Whether `data` begins with the header of segment `name`.

    Raises JournalRefused when a newer version of the program wrote it: skipping it would lose shares.
    """
    if len(data) < HEADER_SIZE:
        return False
    magic, version, epoch, first, checksum = _HEADER.unpack_from(data)
    if magic != MAGIC or checksum != crc32(data[: HEADER_SIZE - 4]) or (epoch, first) != (name.epoch, name.first):
        return False
    if version > FORMAT:
        raise JournalRefused(
            f"journal segment {name.file} has format {version}, and this version reads up to {FORMAT}",
            "run the newer version of Headframe that wrote it",
        )
    return True


def pack_frame(payload: bytes) -> bytes:
    """Raises ValueError for a payload of no size or of more than MAX_PAYLOAD bytes."""
    length = len(payload)
    if not 0 < length <= MAX_PAYLOAD:
        raise ValueError(f"a journal frame of {length} bytes")
    check = crc32(length.to_bytes(4, "little"))
    return _FRAME.pack(length, check, crc32(payload, check)) + payload


class FrameScan:
    """Walks the frames in a piece of a segment that begins at a frame.

    Iterating yields payloads as views into `data`; `consumed` is the size of the frames yielded so far, and `ending`
    says afterwards what follows them. Whether TORN means "not yet all read" is for the caller to know.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.consumed = 0
        self.needed = 0
        """Bytes the unfinished frame has in all, as far as they are known."""
        self.ending = Ending.CLEAN

    def __iter__(self) -> Iterator[memoryview]:
        data, at = memoryview(self._data), 0
        size = len(data)
        while at < size:
            if size - at < FRAME_SIZE:
                self.ending, self.needed = Ending.TORN, FRAME_SIZE
                return
            length, check, checksum = _FRAME.unpack_from(data, at)
            if check != crc32(data[at : at + 4]) or not 0 < length <= MAX_PAYLOAD:
                self.ending = Ending.TORN if _only_zeros(data[at:]) else Ending.DAMAGED
                return
            end = at + FRAME_SIZE + length
            if end > size:
                self.ending, self.needed = Ending.TORN, end - at
                return
            payload = data[at + FRAME_SIZE : end]
            if crc32(payload, check) != checksum:
                self.ending = Ending.DAMAGED
                return
            self.consumed = at = end
            yield payload


def _only_zeros(data: memoryview) -> bool:
    """A file system may show zeros where a power cut took what was not yet on disk."""
    return all(data[at : at + 4096] == _ZEROS[: min(4096, len(data) - at)] for at in range(0, len(data), 4096))
