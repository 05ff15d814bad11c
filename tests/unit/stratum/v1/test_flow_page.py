"""docs/flows/stratum-v1.md says what the code does."""

from dataclasses import fields
from pathlib import Path

from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import METHODS

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "flows" / "stratum-v1.md").read_text("utf-8")


def test_every_method_is_listed_with_what_becomes_of_a_missing_id():
    table = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| `")]
    for name, method in METHODS.items():
        if name.endswith("pong"):
            continue
        (row,) = [cells for cells in table if len(cells) == 3 and f"`{name}`" in cells[0]]
        assert row[2].strip() == ("is answered as null" if method.answers_without_id else "no reply"), name


def test_every_limit_is_listed_with_its_default():
    for field in fields(V1Limits):
        value = field.default
        shown = f"{value // 1024} KiB" if field.name.endswith("_bytes") else str(value)
        assert f"`{field.name}` ({shown})" in PAGE


def test_the_files_that_hold_the_checks_exist():
    section = PAGE.split("## What a Bitaxe needs")[1]
    names = [part for part in section.split("`") if part.endswith((".txt", ".py"))]
    assert len(names) > 8
    for name in names:
        assert list((ROOT / "tests").rglob(name)), name
