"""Found blocks on disk.

Responsible for: keeping a raw block and its record so that they survive power cuts, and finding them after a restart.
Not responsible for: when (`sources.node.courier`).
Read next: `sources.node.courier`.

`<hash>.blk` is the raw block, `<hash>.json` its record. Both are written aside (`.part`), synced and renamed, so a file
that has its name is whole. A block without a record is still found again, and so is one that was only put aside, if all
of it is there. Blocking: call from a thread; `put` alone waits for no disk.
"""

import contextlib
import os
from pathlib import Path

import msgspec

from headframe.bitcoin.block import Block
from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.header import HEADER_SIZE
from headframe.sources.node.blocks import BlockRecord


class BlockVault:
    """One folder of pending blocks. Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, record: BlockRecord, raw: bytes) -> None:
        """Put block and record aside: on return they survive this process. About a millisecond for a full block."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._aside(f"{record.hash_hex}.blk").write_bytes(raw)
        self._aside(f"{record.hash_hex}.json").write_bytes(msgspec.json.encode(record))

    def settle(self, record: BlockRecord) -> None:
        """Give what was put aside its name; on return it survives a power cut."""
        self._name(f"{record.hash_hex}.blk")
        self._name(f"{record.hash_hex}.json")

    def keep(self, record: BlockRecord, raw: bytes) -> None:
        """Both at once."""
        self.put(record, raw)
        self.settle(record)

    def note(self, record: BlockRecord) -> None:
        """Write a record anew."""
        name = f"{record.hash_hex}.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._aside(name).write_bytes(msgspec.json.encode(record))
        self._name(name)

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
            if _is_whole(leftover):
                self._name(leftover.name.removesuffix(".part"))
            else:
                leftover.unlink()
        records = {
            record.hash_hex: record for path in self._folder.glob("*.json") if (record := _record(path, path.stem))
        }
        for path in self._folder.glob("*.blk"):
            if path.stem not in records and _names_itself(path, path.stem):
                records[path.stem] = BlockRecord(path.stem, 0, "", int(path.stat().st_mtime * 1000))
        return sorted(records.values(), key=lambda record: record.found_ms)

    def _aside(self, name: str) -> Path:
        return self._folder / f"{name}.part"

    def _name(self, name: str) -> None:
        aside = self._aside(name)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.rename(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _is_whole(leftover: Path) -> bool:
    """Whether a file that was put aside, and never got its name, has all its bytes."""
    named = leftover.with_suffix("")
    if named.suffix == ".json":
        return _record(leftover, named.stem) is not None
    if named.suffix != ".blk" or not _names_itself(leftover, named.stem):
        return False
    try:
        Block.parse(leftover.read_bytes())
    except ValueError:
        return False
    return True


def _record(path: Path, hash_hex: str) -> BlockRecord | None:
    try:
        record = msgspec.json.decode(path.read_bytes(), type=BlockRecord)
    except (OSError, msgspec.MsgspecError):
        return None
    return record if record.hash_hex == hash_hex and len(hash_hex) == 64 else None


def _names_itself(path: Path, hash_hex: str) -> bool:
    with path.open("rb") as file:
        return sha256d(file.read(HEADER_SIZE))[::-1].hex() == hash_hex
