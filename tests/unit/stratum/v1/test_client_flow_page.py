"""docs/flows/upstream.md says what the code does."""

import inspect
from pathlib import Path

import msgspec

from headframe.stratum.v1.client import METHODS
from headframe.stratum.v1.client_events import ClientLimits
from headframe.testing.fake_pool import FakePool
from headframe.testing.fake_pool_manners import Manners

PAGE = (Path(__file__).parents[4] / "docs" / "flows" / "upstream.md").read_text("utf-8")


def test_every_method_is_in_the_table_and_none_beside():
    section = PAGE.split("## What a pool may send")[1].split("\n## ")[0]
    named = {
        cell for line in section.splitlines() if line.startswith("| `") for cell in line.split("|")[1].split("`")[1::2]
    }
    assert named == set(METHODS)


def test_every_limit_is_listed_with_its_default():
    for field in msgspec.structs.fields(ClientLimits):
        value = field.default
        shown = f"{value // 1024} KiB" if field.name.endswith("_bytes") else str(value)
        assert f"`{field.name}` ({shown})" in PAGE


def test_every_hazard_has_its_row_and_names_what_exists():
    rows = [line for line in PAGE.splitlines() if line.startswith("| H")]
    assert [row.split("|")[1].strip() for row in rows] == [f"H{number}" for number in range(1, 23)]
    known = {*Manners.__slots__, *dir(FakePool), *inspect.signature(FakePool).parameters, *vars(FakePool())}
    for row in rows:
        for word in row.split("|")[3].split("`")[1::2]:
            assert word.split("(")[0].split(" ")[0] in known, word
