"""What is said of a node's clock and template."""

import pytest

from headframe.app.check_node import judge_clock, judge_template
from headframe.app.check_report import State
from headframe.bitcoin.networks import NETWORKS


@pytest.mark.parametrize(
    ("ahead_s", "state", "words"),
    [
        (0, State.OK, "agrees"),
        (-10, State.OK, "agrees"),
        (11, State.WARN, "11 s ahead"),
        (-3_600, State.WARN, "3600 s behind"),
        (3_601, State.FAIL, "3601 s ahead"),
    ],
)
def test_clocks_that_are_apart_are_told_with_the_direction(ahead_s: int, state: State, words: str) -> None:
    result = judge_clock("home", ahead_s)
    assert result.state is state
    assert words in result.text
    assert bool(result.remedy) == (state is not State.OK)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"result": {"version": 1}}'])
def test_what_is_no_template_fails_with_a_remedy(body: bytes) -> None:
    (result,) = judge_template("home", body, NETWORKS["regtest"], 0)
    assert result.state is State.FAIL
    assert result.remedy
