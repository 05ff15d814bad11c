"""The secret behind the names of miners."""

import stat
from pathlib import Path

from structlog.testing import capture_logs

from headframe.app.names import NAMES_FILE, names_secret


def test_it_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    made = names_secret(tmp_path)
    assert len(made) == 32
    assert names_secret(tmp_path) == made
    assert stat.S_IMODE((tmp_path / NAMES_FILE).stat().st_mode) == 0o600


def test_half_a_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / NAMES_FILE).write_bytes(b"half")
    made = names_secret(tmp_path)
    assert len(made) == 32
    assert names_secret(tmp_path) == made


def test_a_folder_that_does_not_take_it_keeps_nobody_from_starting(tmp_path: Path) -> None:
    with capture_logs() as lines:
        assert len(names_secret(tmp_path / "gone")) == 32
    assert [line["event"] for line in lines] == ["names_not_kept"]
