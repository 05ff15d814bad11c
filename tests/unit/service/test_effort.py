"""Effort and luck: what blocks cost against what they should."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.service import effort
from headframe.service.history_views import Chance
from headframe.store.answers import BlockCost

BITS = 0x1D00FFFF
NEEDED = 2**256 // ((0xFFFF << 208) + 1)


def cost(number: int, work: int | None, source: str = "home", bits: int = BITS) -> BlockCost:
    return BlockCost(bytes([number]) * 32, source, bits, work)


def test_effort_is_the_work_since_the_block_before_of_the_same_source_in_units_of_what_is_needed() -> None:
    costs = [cost(3, 4 * NEEDED), cost(2, NEEDED, "other"), cost(1, 3 * NEEDED // 2)]
    assert effort.efforts(costs) == pytest.approx({bytes([1]) * 32: 1.5, bytes([2]) * 32: 1.0, bytes([3]) * 32: 2.5})
    assert effort.luck(costs) == pytest.approx(3 / 5.0)


def test_where_the_work_was_not_kept_effort_is_unknown_until_the_second_block_after() -> None:
    costs = [cost(3, 7 * NEEDED), cost(2, 6 * NEEDED), cost(1, None)]
    assert effort.efforts(costs) == {bytes([3]) * 32: 1.0}
    assert effort.luck(costs) == 1.0
    assert effort.luck([cost(1, None)]) is None


def test_of_a_part_of_all_blocks_the_oldest_of_each_source_has_no_effort() -> None:
    costs = [cost(2, 5 * NEEDED), cost(1, 3 * NEEDED)]
    assert effort.efforts(costs, whole=False) == {bytes([2]) * 32: 2.0}


def test_bits_that_no_header_has_give_no_effort() -> None:
    assert effort.efforts([cost(1, NEEDED, bits=0)]) == {}


def test_the_running_effort_is_that_of_the_source_that_is_furthest() -> None:
    costs = [cost(1, 2 * NEEDED), cost(2, NEEDED, "old"), cost(3, None, "dark")]
    work = {"home": 3 * NEEDED, "spare": NEEDED // 2, "dark": 9 * NEEDED}
    needed = dict.fromkeys(("home", "spare", "dark"), NEEDED)
    assert effort.running_effort(costs, work, needed) == 1.0
    assert effort.running_effort(costs, work, {"spare": NEEDED}) == pytest.approx(0.5)
    assert effort.running_effort(costs, work, {"dark": NEEDED}) is None
    assert effort.running_effort([], {}, {}) is None


def test_the_chance_is_of_all_sources_that_look_for_blocks() -> None:
    got = effort.chance({"home": 10.0, "spare": 20.0, "pool": 1e30}, {"home": 1000, "spare": 1000})
    assert got.expected_s == pytest.approx(1000 / 30)
    assert got.in_24h == pytest.approx(1 - exp(-86_400 * 30 / 1000))
    assert effort.chance({"pool": 1.0}, {}) == Chance(None, None)
    assert effort.chance({}, {"home": 1000}) == Chance(None, None)


@given(
    st.lists(st.tuples(st.sampled_from(["home", "spare"]), st.integers(0, 2**90), st.integers(1, 255)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_the_parts_sum_to_the_work_of_each_source_in_whatever_order_blocks_are_told(
    finds: list[tuple[str, int, int]], shuffle: object
) -> None:
    work: dict[str, int] = {}
    costs = []
    for number, (source, more, _) in enumerate(finds):
        work[source] = work.get(source, 0) + more
        costs.append(BlockCost(number.to_bytes(32, "little"), source, BITS, work[source]))
    shuffle.shuffle(costs)  # type: ignore[attr-defined]
    spent = effort.spent(costs)
    for source in work:
        assert sum(spent[cost.hash] for cost in costs if cost.source == source) == work[source]
    assert sum(effort.efforts(costs).values()) == pytest.approx(sum(work.values()) / NEEDED)
    lucky = effort.luck(costs)
    if sum(work.values()):
        assert lucky == pytest.approx(len(costs) * NEEDED / sum(work.values()))
    else:
        assert lucky is None
