"""Found blocks on disk.

Responsible for: keeping a raw block and its record so that they survive power cuts, and finding them after a restart.
Not responsible for: when (`sources.node.courier`).
Read next: `sources.node.courier`.

`<hash>.blk` is the raw block, `<hash>.json` its record. Both are written aside, synced and renamed, so a file that has
its name is whole. A block without a record is still found again. Blocking: call from a thread.
"""

import contextlib
import os
from pathlib import Path

import msgspec

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.header import HEADER_SIZE
from headframe.sources.node.blocks import BlockRecord


class BlockVault:
    """One folder of pending blocks. Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, record: BlockRecord, raw: bytes) -> None:
        """Write block and record; on return they survive a power cut."""
        self._write(f"{record.hash_hex}.blk", raw)
        self.note(record)

    def note(self, record: BlockRecord) -> None:
        """Write a record anew."""
        self._write(f"{record.hash_hex}.json", msgspec.json.encode(record))

    def read(self, hash_hex: str) -> bytes | None:
        """The raw block, if it is kept."""
        try:
            return (self._folder / f"{hash_hex}.blk").read_bytes()
        except FileNotFoundError:
            return None

    def forget(self, hash_hex: str) -> None:
        """Remove block and record, the record last: a crash between leaves nothing to send twice."""
        for suffix in ("blk", "json"):
            with contextlib.suppress(FileNotFoundError):
                (self._folder / f"{hash_hex}.{suffix}").unlink()

    def load(self) -> list[BlockRecord]:
        """The records of all kept blocks, oldest first; half-written files are removed."""
        if not self._folder.is_dir():
            return []
        for leftover in self._folder.glob("*.part"):
            leftover.unlink()
        records = {record.hash_hex: record for path in self._folder.glob("*.json") if (record := _record(path))}
        for path in self._folder.glob("*.blk"):
            if path.stem not in records and _names_itself(path):
                records[path.stem] = BlockRecord(path.stem, 0, "", int(path.stat().st_mtime * 1000))
        return sorted(records.values(), key=lambda record: record.found_ms)

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._folder / f"{name}.part"
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _record(path: Path) -> BlockRecord | None:
    try:
        record = msgspec.json.decode(path.read_bytes(), type=BlockRecord)
    except (OSError, msgspec.MsgspecError):
        return None
    return record if record.hash_hex == path.stem and len(record.hash_hex) == 64 else None


def _names_itself(path: Path) -> bool:
    with path.open("rb") as file:
        return sha256d(file.read(HEADER_SIZE))[::-1].hex() == path.stem
