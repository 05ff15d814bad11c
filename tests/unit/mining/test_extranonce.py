"""Leases of extranonce1: one owner each, rest after release, the same one back on resume."""

import pytest

from headframe.mining import extranonce
from headframe.mining.extranonce import ExtranonceLayout, ExtranonceLeases, NoExtranonceLeft

REST_S = 600.0


def test_a_layout_is_as_large_as_its_two_parts() -> None:
    assert ExtranonceLayout(4, 8).size == 12


def test_live_leases_are_unique_and_have_the_size() -> None:
    leases = ExtranonceLeases(4, seed=2**32 - 3, rest_s=REST_S)
    values = [leases.lease(0.0) for _ in range(1000)]
    assert len(set(values)) == 1000
    assert {len(value) for value in values} == {4}


def test_different_seeds_begin_at_different_values() -> None:
    first, second = (ExtranonceLeases(4, seed=seed, rest_s=REST_S).lease(0.0) for seed in (7, 900_000))
    assert first != second


def test_every_value_can_be_leased_and_then_none_is_left() -> None:
    leases = ExtranonceLeases(1, seed=77, rest_s=REST_S)
    assert {leases.lease(0.0) for _ in range(255)} == {bytes([value]) for value in range(1, 256)}
    with pytest.raises(NoExtranonceLeft):
        leases.lease(0.0)


def test_a_released_value_rests_until_its_jobs_are_gone() -> None:
    leases = ExtranonceLeases(1, seed=0, rest_s=REST_S)
    values = [leases.lease(0.0) for _ in range(255)]
    leases.release(values[9], 100.0)
    with pytest.raises(NoExtranonceLeft):
        leases.lease(100.0 + REST_S - 0.001)
    assert leases.lease(100.0 + REST_S) == values[9]


def test_a_resting_value_can_be_taken_back_by_name_only_once() -> None:
    leases = ExtranonceLeases(2, seed=0, rest_s=REST_S)
    value = leases.lease(0.0)
    leases.release(value, 1.0)
    assert leases.resume(value)
    assert not leases.resume(value)


def test_a_resumed_value_does_not_wake_for_somebody_else() -> None:
    leases = ExtranonceLeases(1, seed=0, rest_s=REST_S)
    values = [leases.lease(0.0) for _ in range(255)]
    leases.release(values[3], 1.0)
    assert leases.resume(values[3])
    with pytest.raises(NoExtranonceLeft):
        leases.lease(10 * REST_S)


def test_a_resumed_value_is_not_counted_twice() -> None:
    leases = ExtranonceLeases(1, seed=0, rest_s=REST_S)
    values = [leases.lease(0.0) for _ in range(254)]
    leases.release(values[3], 1.0)
    assert leases.resume(values[3])
    assert leases.lease(1.0) not in values


def test_a_value_of_an_earlier_run_can_be_resumed_and_is_then_skipped() -> None:
    leases = ExtranonceLeases(1, seed=4, rest_s=REST_S)
    assert leases.resume(b"\x05")
    assert leases.lease(0.0) == b"\x06"


def test_no_value_begins_with_a_zero_byte_whatever_the_seed_or_an_earlier_run_says() -> None:
    leases = ExtranonceLeases(2, seed=0xFEFF, rest_s=REST_S)
    assert [leases.lease(0.0) for _ in range(2)] == [b"\xff\xff", b"\x01\x00"]
    assert not leases.resume(b"\x00\x07")


def test_a_value_of_another_size_is_not_resumed() -> None:
    assert not ExtranonceLeases(4, seed=0, rest_s=REST_S).resume(b"\x00\x01")


def test_releasing_what_nobody_holds_is_our_bug() -> None:
    leases = ExtranonceLeases(4, seed=0, rest_s=REST_S)
    value = leases.lease(0.0)
    leases.release(value, 1.0)
    with pytest.raises(ValueError, match="not leased"):
        leases.release(value, 2.0)


def test_resting_values_are_bounded_and_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extranonce, "MAX_RESTING", 3)
    leases = ExtranonceLeases(1, seed=0, rest_s=REST_S)
    values = [leases.lease(0.0) for _ in range(255)]
    for value in values[:4]:
        leases.release(value, 1.0)
    assert leases.lease(1.0) == values[0]
    with pytest.raises(NoExtranonceLeft):
        leases.lease(1.0)
