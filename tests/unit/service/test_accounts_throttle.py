"""How often somebody may try."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.service.accounts_throttle import FORGET_S, LONGEST_WAIT_S, MAX_SLOTS, Throttle, address_slot
from headframe.service.refusals import TooMany


def attempts(throttle: Throttle, slots: dict[str, int], until_s: float) -> int:
    """How many somebody gets who tries as fast as they are let."""
    now_s, done = 0.0, 0
    while now_s <= until_s:
        try:
            throttle.take(slots, now_s)
            done += 1
        except TooMany as refused:
            now_s += refused.retry_after_s
    return done


def test_in_a_day_nobody_gets_more_than_a_hundred_or_so_guesses() -> None:
    assert attempts(Throttle(), {"account": 5}, 86_400) < 120


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    throttle, waits, now_s = Throttle(), [], 0.0
    for _ in range(30):
        try:
            throttle.take({"account": 2}, now_s)
        except TooMany as refused:
            waits.append(refused.retry_after_s - 1)
            now_s += refused.retry_after_s
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == LONGEST_WAIT_S


def test_all_is_forgotten_after_an_hour() -> None:
    throttle = Throttle()
    for _ in range(3):
        throttle.take({"account": 3}, 0.0)
    with pytest.raises(TooMany):
        throttle.take({"account": 3}, 1.0)
    throttle.take({"account": 3}, FORGET_S + 1.0)
    throttle.take({"account": 3}, FORGET_S + 1.0)


def test_what_is_refused_counts_nowhere() -> None:
    throttle = Throttle()
    throttle.take({"full": 1}, 0.0)
    for _ in range(10):
        with pytest.raises(TooMany):
            throttle.take({"full": 1, "other": 2}, 0.0)
    throttle.take({"other": 2}, 0.0)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 3 * MAX_SLOTS), max_size=50))
def test_the_table_has_a_bound(names: list[int]) -> None:
    throttle = Throttle()
    throttle._counts.update({f"old {number}": throttle._count("x", 0.0) for number in range(MAX_SLOTS)})
    for name in names:
        throttle.take({f"name {name}": 5}, 0.0)
        assert len(throttle._counts) <= MAX_SLOTS + 1
    assert all(f"name {name}" in throttle._counts for name in names)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("not an address", "not an address", True),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (address_slot(one) == address_slot(other)) is same
