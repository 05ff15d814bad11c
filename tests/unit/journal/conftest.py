"""Facts for the journal's tests: small, distinct, and easy to compare."""

from collections.abc import Callable

import pytest

from headframe.ledger.facts import Account, Credit, Fact, Refusal, ShareBatch, Terms


def _batch(number: int, rows: int = 2) -> list[Fact]:
    credit_rows = [
        Credit(
            Account(f"member{(number + row) % 7}", f"rig{row % 3}", "sv1"),
            Terms("home", 1 + number % 2, 800_000 + number // 5, 0x17034219, 1, 2**70 + number),
            1 + row,
            bytes([number % 256, row % 256]) * 16,
        )
        for row in range(rows)
    ]
    return [ShareBatch(1_700_000_000_000 + number, credit_rows, [Refusal(credit_rows[0].account, "home", "stale", 1)])]


@pytest.fixture
def batch() -> Callable[..., list[Fact]]:
    """batch(number, rows=2): the facts of one append, different for each number."""
    return _batch
