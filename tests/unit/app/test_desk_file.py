"""The configuration file on disk, and its copies."""

import errno
import os
from pathlib import Path

import pytest

from headframe.app.desk_file import KEEP_BACKUPS, SettingsFile, revision_of

NOON_MS = 1_790_000_000_000
"""2026-09-21T14:13:20Z."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    found = tmp_path / "headframe.toml"
    found.write_bytes(b"a = 1\r\n")
    found.chmod(0o640)
    return found


def test_what_was_is_kept_beside_it_with_the_same_mode(place: Path) -> None:
    file = SettingsFile(place)
    assert file.read() == "a = 1\r\n"
    assert file.write("a = 2\n", NOON_MS) == "headframe.toml.bak-20260921T141320"
    assert place.read_bytes() == b"a = 2\n"
    backup = place.with_name("headframe.toml.bak-20260921T141320")
    assert backup.read_bytes() == b"a = 1\r\n"
    assert [one.stat().st_mode & 0o777 for one in (place, backup)] == [0o640, 0o640]
    assert len(list(place.parent.iterdir())) == 2


def test_two_changes_in_a_second_have_two_copies_and_only_the_latest_are_kept(place: Path) -> None:
    file = SettingsFile(place)
    assert file.write("b", NOON_MS) != file.write("c", NOON_MS)
    for number in range(20):
        last = file.write(f"n = {number}", NOON_MS + 1000 * (number + 1))
    kept = sorted(place.parent.glob("*.bak-*"))
    assert len(kept) == KEEP_BACKUPS
    assert kept[-1].name == last
    assert kept[-1].read_text() == "n = 18"


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "headframe.toml")
    assert file.read() == ""
    assert file.write("a = 1", NOON_MS) == ""
    assert (tmp_path / "headframe.toml").stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_not_there_is_not_there_again(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "headframe.toml")
    file.write("a = 1", NOON_MS)
    file.put_back("", existed=False)
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(place: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(place)
    SettingsFile(link).write("a = 3", NOON_MS)
    assert link.is_symlink()
    assert place.read_text() == "a = 3"


def test_a_file_that_is_a_mount_of_its_own_is_written_in_place(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(os, "replace", busy)
    SettingsFile(place).write("a", NOON_MS)
    assert place.read_text() == "a"
    assert not place.with_name(".headframe.toml.new").exists()


def test_a_write_that_fails_leaves_what_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        SettingsFile(place).put_back("a")
    assert place.read_text() == "a = 1\n"
    assert not place.with_name(".headframe.toml.new").exists()


def test_without_a_file_it_is_kept_in_memory() -> None:
    file = SettingsFile(None, "a = 1")
    assert file.write("a = 2", NOON_MS) == ""
    assert (file.read(), file.name) == ("a = 2", "")
    file.put_back("a = 1")
    assert file.read() == "a = 1"


def test_every_text_has_its_own_revision() -> None:
    assert revision_of("a") == revision_of("a") != revision_of("a ")
