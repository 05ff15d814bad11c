"""What lies between the milestones of a block follows from the height that is mined on."""

import pytest

from headframe.service.as_views import deepened
from headframe.service.views import BlockView


def block(outcome: str = "accepted", confirmations: int = 6) -> BlockView:
    return BlockView(1, "00", 100, "home", "i", "w", 1, outcome, "", confirmations)


@pytest.mark.parametrize(("tip", "confirmations"), [(105, 6), (106, 7), (108, 9), (150, 51), (198, 99), (5000, 99)])
def test_every_new_block_confirms_it_once_more_until_the_node_says_that_it_is_mature(
    tip: int, confirmations: int
) -> None:
    assert deepened(block(), {"home": tip}).confirmations == confirmations


def test_a_source_that_is_behind_takes_nothing_back() -> None:
    assert deepened(block(), {"home": 101}).confirmations == 6


@pytest.mark.parametrize("outcome", ["orphaned", "stale", "rejected", "pending", "matured"])
def test_only_a_block_in_the_chain_is_confirmed(outcome: str) -> None:
    assert deepened(block(outcome), {"home": 150}).confirmations == 6


def test_of_another_source_nothing_is_known() -> None:
    assert deepened(block(), {"spare": 150}).confirmations == 6
    assert deepened(block(), {}).confirmations == 6
