"""The configuration file on disk.

Responsible for: reading it as text, writing it so that it is whole at any moment, and keeping copies of what it was.
Not responsible for: what stands in it (`app.desk_document`, `config`).
Read next: `app.desk`.

All of it blocks: called in a thread. With no path the text is kept in memory, until the program ends.
"""

import contextlib
import errno
import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

KEEP_BACKUPS = 10
NEW_MODE = 0o600
"""A configuration may hold passwords."""


class SettingsFile:
    """See the module. One owner: the desk, which lets only one change happen at a time."""

    def __init__(self, path: Path | None, text: str = "") -> None:
        self.path = path
        self._memory = text

    @property
    def name(self) -> str:
        """Of the file, without its folder; "" in memory."""
        return "" if self.path is None else self.path.name

    def read(self) -> str:
        """As it is now; "" when it is not there (yet). Raises OSError, UnicodeDecodeError."""
        if self.path is None:
            return self._memory
        try:
            return self.path.read_bytes().decode()
        except FileNotFoundError:
            return ""

    def write(self, text: str, now_ms: int) -> str:
        """Put `text` in place of what is there; the name of the copy of that, "" if there was nothing. Raises OSError."""
        if self.path is None:
            self._memory = text
            return ""
        place = self.path.resolve()
        backup = _keep(place, now_ms) if place.exists() else ""
        _replace(place, text.encode())
        return backup

    def put_back(self, text: str, *, existed: bool = True) -> None:
        """What was there before a change that came to nothing. Raises OSError."""
        if self.path is None:
            self._memory = text
        elif not existed:
            self.path.resolve().unlink(missing_ok=True)
        else:
            _replace(self.path.resolve(), text.encode())


def revision_of(text: str) -> str:
    """Names this text."""
    return sha256(text.encode()).hexdigest()[:16]


def _keep(place: Path, now_ms: int) -> str:
    """Copy the file beside itself, and forget the oldest copies."""
    stamp = f"{datetime.fromtimestamp(now_ms // 1000, UTC):%Y%m%dT%H%M%S}"
    names = [f"{place.name}.bak-{stamp}", *(f"{place.name}.bak-{stamp}-{number}" for number in range(1, 100))]
    free = next(place.with_name(name) for name in names if not place.with_name(name).exists())
    _write_new(free, place.read_bytes(), like=place)
    kept = sorted(place.parent.glob(f"{place.name}.bak-*T*"))
    for old in kept[:-KEEP_BACKUPS]:
        with contextlib.suppress(FileNotFoundError):
            old.unlink()
    return free.name


def _replace(place: Path, data: bytes) -> None:
    """Whole or not at all, also when the power goes; owner and mode stay."""
    fresh = place.with_name(f".{place.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        _write_new(fresh, data, like=place if place.exists() else None)
        try:
            os.replace(fresh, place)
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.EXDEV):
                raise
            _overwrite(place, data)  # a file that is mounted by itself (a container's) cannot be replaced
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(place.parent)


def _write_new(place: Path, data: bytes, *, like: Path | None) -> None:
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, NEW_MODE), "wb") as file:
        if like is not None:
            found = like.stat()
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), found.st_uid, found.st_gid)
            os.fchmod(file.fileno(), found.st_mode & 0o777)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _overwrite(place: Path, data: bytes) -> None:
    with place.open("r+b") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """So that the new name survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
