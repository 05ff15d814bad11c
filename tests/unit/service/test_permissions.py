"""The matrix, and the page that shows it."""

from itertools import pairwise
from pathlib import Path

import pytest

from headframe.service.permissions import MATRIX, PROVEN_ACTS, Permission, Role, console, setting_needs_proof

PAGE = Path(__file__).parents[3] / "docs" / "operating" / "accounts.md"


def test_each_role_may_all_that_the_ones_after_it_may() -> None:
    for higher, lower in pairwise(Role):
        assert MATRIX[higher] > MATRIX[lower]


def test_owners_may_everything_and_only_they_change_owners() -> None:
    assert MATRIX[Role.OWNER] == set(Permission)
    assert [role for role in Role if Permission.OWNERS in MATRIX[role]] == [Role.OWNER]


def test_who_only_looks_sees_nothing_private() -> None:
    assert MATRIX[Role.VIEWER] == {Permission.VIEW}


def test_the_console_may_everything() -> None:
    assert console().permissions == set(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_the_page_shows_the_matrix(permission: Permission) -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `{permission.value}` |")]
    marks = " | ".join("✓" if permission in MATRIX[role] else "–" for role in Role)
    assert [row.removeprefix(f"| `{permission.value}` | ").startswith(f"{marks} | ") for row in rows] == [True]


@pytest.mark.parametrize("action", sorted(PROVEN_ACTS))
def test_the_page_names_every_act_that_takes_a_recent_proof(action: str) -> None:
    assert f"`{action}`" in PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("payout", True),
        ("payout.address", True),
        ("payout.fee[0].address", True),
        ("payouts.address", False),
        ("source", True),
        ("source.pool", True),
        ("source.pool.wallet", True),
        ("source.pool.user", True),
        ("source.pool.url", True),
        ("source.home.rpc", True),
        ("source.a.b.password", True),
        ("source.pool.password_file", True),
        ("source.pool.weight", False),
        ("source.pool.paused", False),
        ("stratum.tls.key", True),
        ("logging.file", True),
        ("web.privacy", False),
        ("pin", False),
    ],
)
def test_which_settings_take_a_recent_proof(path: str, needed: bool) -> None:
    assert setting_needs_proof(path) is needed
