"""Oddities with code of their own, and their page."""

from pathlib import Path

import pytest

from headframe.stratum.v1.quirks import QUIRKS, reference_page, worker_of

LONG = "b" * 62 + ".worker-with-a-name" + "x" * 60


def test_a_name_cut_by_firmware_is_the_only_worker():
    assert worker_of(LONG[:63], (LONG,)) == LONG
    assert worker_of(LONG[:127], (LONG,)) == LONG


def test_a_name_cut_elsewhere_is_not():
    assert worker_of(LONG[:62], (LONG,)) is None
    assert worker_of("", (LONG,)) is None


def test_a_name_in_other_case_is_the_only_worker():
    assert worker_of("BC1Q.RIG", ("bc1q.rig",)) == "bc1q.rig"


@pytest.mark.parametrize("workers", [(), (LONG, "other"), ("BC1Q.RIG", "x")])
def test_with_none_or_several_workers_nobody_is_guessed(workers):
    assert worker_of(LONG[:63], workers) is None
    assert worker_of("bc1q.rig", workers) is None


def test_names_are_unique():
    assert len({quirk.name for quirk in QUIRKS}) == len(QUIRKS)


def test_the_page_is_what_the_list_says():
    page = Path(__file__).parents[4] / "docs" / "reference" / "firmware-quirks.md"
    assert page.read_text("utf-8") == reference_page()
