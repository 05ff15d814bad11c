"""Sats are conserved: whatever the parts and the reward, the outputs sum to the reward."""

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.mining.job import PayoutSet

cuts = st.lists(st.integers(0, 10_000), max_size=8).map(
    lambda drawn: [cut * 10_000 // max(10_000, sum(drawn)) for cut in drawn]
)


@settings(derandomize=True, deadline=None, database=None, max_examples=500)
@given(cuts, st.integers(0, 21 * 10**14) | st.integers(0, 20_000))
def test_outputs_sum_to_the_reward_and_nobody_gets_more_than_their_part(cuts: list[int], reward_sats: int) -> None:
    parts = tuple((bytes([number]), basis_points) for number, basis_points in enumerate(cuts, start=1))
    remainder, *paid = PayoutSet(1, b"\x00", parts).outputs(reward_sats)
    assert remainder.value_sats + sum(output.value_sats for output in paid) == reward_sats
    assert remainder.value_sats >= 0
    assert remainder.script == b"\x00"
    allowed = dict(parts)
    assert [output.script for output in paid] == sorted(output.script for output in paid)
    for output in paid:
        due = reward_sats * allowed.pop(output.script)
        assert output.value_sats > 0
        assert due - 10_000 < output.value_sats * 10_000 <= due
    assert all(reward_sats * left < 10_000 for left in allowed.values())
