"""What each source is owed."""

import pytest

from headframe.routing.debt import Debts

HALVES = {"a": 5.0, "b": 5.0}


def debts_after(deliveries, fade_s=1e12, bound_s=1000.0):
    debts = Debts(fade_s, bound_s)
    debts.put_in_force(HALVES, known=True)
    for now, sums in deliveries:
        debts.settle(now, sums)
        debts.put_in_force(HALVES, known=True)
    return debts


def test_who_had_less_than_its_part_is_owed_the_difference():
    assert debts_after([(1, {"a": 100}), (2, {"a": 100, "b": 40})]).owed == pytest.approx({"a": -30, "b": 30})


def test_work_is_counted_once():
    assert debts_after([(1, {"a": 100}), (2, {"a": 100}), (3, {"a": 100})]).owed["b"] == pytest.approx(50)


def test_a_debt_fades_with_the_horizon():
    assert debts_after([(0, {"a": 100}), (3600, {"a": 100})], fade_s=3600).owed["b"] == pytest.approx(25)


def test_a_debt_is_bounded_by_seconds_of_the_fleets_work():
    assert debts_after([(1, {"a": 10**6})], bound_s=60).owed == pytest.approx({"a": -600, "b": 600})


def test_nothing_is_bounded_by_hashrates_that_are_not_known():
    debts = Debts(3600, 1.0)
    debts.put_in_force({"a": 1.0, "b": 1.0}, known=False)
    debts.settle(0, {"a": 10**6})
    debts.put_in_force({"a": 1.0, "b": 1.0}, known=False)
    assert debts.owed["b"] == pytest.approx(500_000)


def test_what_was_delivered_while_a_source_was_away_is_not_owed_to_it():
    debts = debts_after([])
    debts.put_in_force({"b": 10.0}, known=True)
    debts.settle(1, {"b": 10**6})
    debts.put_in_force(HALVES, known=True)
    assert debts.owed == {"a": 0, "b": 0}


def test_new_weights_hold_from_now_on():
    debts = debts_after([])
    debts.settle(1, {"a": 50, "b": 50})
    debts.put_in_force({"a": 9.0, "b": 1.0}, known=True)
    assert debts.owed == {"a": 0, "b": 0}
    debts.settle(2, {"a": 100, "b": 100})
    assert debts.owed == pytest.approx({"a": 40, "b": -40})


def test_debts_sum_to_zero_also_when_a_source_leaves():
    debts = Debts(1e12, 1000)
    debts.put_in_force({"a": 5.0, "b": 3.0, "c": 2.0}, known=True)
    debts.settle(1, {"a": 100})
    debts.put_in_force({"a": 5.0, "b": 5.0}, known=True)
    assert sum(debts.owed.values()) == pytest.approx(0)
    assert debts.owed["b"] > 0
