"""What `headframe ledger totals` says of a data directory."""

import json
from pathlib import Path

import pytest

from headframe.cli.commands import group
from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import Account, Credit, Refusal, ShareBatch, Terms, UpstreamSettled


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Shares of a pool and of a node, and what the pool said, none of it folded yet."""
    anna = Account("anna", "rig", "sv1")
    rows = [Credit(anna, Terms(source, 1, 7, 0x17034219, 1, 2**70), 2, bytes(32)) for source in ("home", "ocean")]
    journal = SegmentJournal(tmp_path / "journal", reserve_bytes=0)
    journal.append([ShareBatch(1, rows, [Refusal(anna, "home", "stale", 1)])])
    journal.append(
        [
            UpstreamSettled(2, "ocean", "accepted", "", 1, 2**75),
            UpstreamSettled(2, "ocean", "refused", "stale", 1, 2**75),
        ]
    )
    journal.close()
    return tmp_path


def told(data_dir: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert group.main(["ledger", "totals", "--data-dir", str(data_dir), *options], standalone_mode=False) == 0
    return capsys.readouterr().out


def test_json_has_what_pools_said_by_source_in_exact_integers(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(told(data_dir, capsys, "--json"))
    assert found["upstream"] == {
        "ocean": {
            "accepted": {"count": 1, "work": 2**75},
            "refused": {"count": 1, "work": 2**75},
            "lost": {"count": 0, "work": 0},
            "reasons": {"stale": 1},
        }
    }
    assert (found["shares_accepted"], found["shares_rejected"], found["work"]) == (4, {"stale": 1}, 2**72)


def test_text_has_a_line_for_each_source_and_for_each_pool(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(data_dir, capsys).splitlines()
    assert f"  ocean: 2 shares, {2**71} hashes" in lines
    assert "  passed on to ocean: 1 accepted, 1 refused, 0 lost {'stale': 1}" in lines
    assert not [line for line in lines if "passed on to home" in line]
