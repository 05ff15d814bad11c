"""Who is paid what, and the id a job has on the wire."""

import pytest

from headframe.bitcoin.coinbase import Output
from headframe.mining.job import PayoutSet

OWNER, FRIEND, PROJECT = b"\x51", b"\x52", b"\x53"


def test_without_parts_the_whole_reward_goes_to_one() -> None:
    assert PayoutSet(1, OWNER).outputs(312_500_000) == (Output(312_500_000, OWNER),)


def test_parts_are_rounded_down_and_the_remainder_gets_the_rest() -> None:
    payout = PayoutSet(1, OWNER, ((FRIEND, 100), (PROJECT, 33)))
    assert payout.outputs(999) == (Output(987, OWNER), Output(9, FRIEND), Output(3, PROJECT))


def test_a_part_that_rounds_to_nothing_has_no_output() -> None:
    assert PayoutSet(1, OWNER, ((FRIEND, 1),)).outputs(9_999) == (Output(9_999, OWNER),)


def test_a_reward_of_nothing_still_has_an_output() -> None:
    assert PayoutSet(1, OWNER, ((FRIEND, 5_000),)).outputs(0) == (Output(0, OWNER),)


def test_parts_may_take_everything_and_no_more() -> None:
    payout = PayoutSet(1, OWNER, ((FRIEND, 4_000), (PROJECT, 6_000)))
    assert payout.outputs(10) == (Output(0, OWNER), Output(4, FRIEND), Output(6, PROJECT))
    with pytest.raises(ValueError, match="10,000 basis points"):
        PayoutSet(1, OWNER, ((FRIEND, 4_000), (PROJECT, 6_001)))


def test_a_negative_part_is_refused() -> None:
    with pytest.raises(ValueError, match="not be negative"):
        PayoutSet(1, OWNER, ((FRIEND, -1),))
