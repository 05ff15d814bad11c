"""What other weights would move, before they are set."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from headframe.app.desk_weights import Standing, preview
from headframe.service.settings_views import PlannedMove

HOME = Standing("home", 70, 1, True, False, None, 7e12, 7)
OCEAN = Standing("ocean", 30, 1, True, False, None, 3e12, 6)
SPARE = Standing("spare", 100, 2, True, False, None, 0.0, 0)


def test_the_hashrate_that_is_wanted_elsewhere_has_to_move() -> None:
    found = preview([HOME, OCEAN, SPARE], {"home": 20, "ocean": 80})
    assert found.now == {"home": 0.7, "ocean": 0.3, "spare": 0.0}
    assert found.then == {"home": 0.2, "ocean": 0.8, "spare": 0.0}
    (move,) = found.moves
    assert (move.from_source, move.to_source, move.miners) == ("home", "ocean", 5)
    assert move.hashrate == pytest.approx(5e12)


def test_weights_that_are_left_out_stay_and_nothing_moves_for_nothing() -> None:
    assert preview([HOME, OCEAN, SPARE], {}).moves == ()
    assert preview([HOME, OCEAN], {"home": 700, "ocean": 300}).moves == ()
    assert preview([HOME, OCEAN], {"ocean": 70}).then == {"home": 0.5, "ocean": 0.5}


def test_a_source_that_cannot_work_or_is_paused_gets_nothing_and_the_next_tier_works_when_none_can() -> None:
    down = replace(HOME, able=False)
    found = preview([down, OCEAN, SPARE], {"home": 99})
    assert found.then == {"home": 0.0, "ocean": 1.0, "spare": 0.0}
    paused = replace(OCEAN, paused=True)
    assert preview([down, paused, SPARE], {}).then == {"home": 0.0, "ocean": 0.0, "spare": 1.0}
    assert preview([down, paused], {}).then == {"home": 0.0, "ocean": 0.0}


def test_a_cap_holds_in_the_preview_too() -> None:
    capped = replace(OCEAN, cap_hashes_per_s=2e12)
    found = preview([HOME, capped], {"home": 10, "ocean": 90})
    assert 0.19 < found.then["ocean"] < 0.2
    assert sum(found.then.values()) == pytest.approx(1)


def test_with_no_hashrate_measured_shares_are_by_weight_and_nothing_moves() -> None:
    idle = [replace(one, hashrate=0.0, sessions=0) for one in (HOME, OCEAN)]
    found = preview(idle, {"home": 0})
    assert found.then == {"home": 0.0, "ocean": 1.0}
    assert found.moves == ()


def test_from_several_to_several_the_parts_add_up() -> None:
    three = [HOME, OCEAN, replace(SPARE, tier=1, weight=0)]
    found = preview(three, {"home": 10, "ocean": 10, "spare": 80})
    assert {(move.from_source, move.to_source) for move in found.moves} == {("home", "spare"), ("ocean", "spare")}
    assert sum(move.hashrate or 0 for move in found.moves) == pytest.approx(8e12)
    assert preview(three, {"home": 0, "ocean": 0}).then == {"home": 0.0, "ocean": 0.0, "spare": 0.0}


def test_before_anything_is_measured_miners_are_counted() -> None:
    new = [Standing("home", 100, 1, True, False, None, 0.0, 4), Standing("ocean", 0, 1, True, False, None, 0.0, 0)]
    found = preview(new, {"home": 0, "ocean": 100})
    assert found.moves == (PlannedMove("home", "ocean", None, 4),)
    assert preview(new, {}).moves == ()


def test_a_source_that_would_be_gone_gives_all_its_hashrate_to_the_others_by_their_weight() -> None:
    three = [HOME, OCEAN, replace(SPARE, tier=1, weight=60)]
    found = preview(three, {}, without=["home"])
    assert found.then == {"home": 0.0, "ocean": pytest.approx(1 / 3), "spare": pytest.approx(2 / 3)}
    assert {(move.from_source, move.to_source) for move in found.moves} == {("home", "ocean"), ("home", "spare")}
    assert sum(move.hashrate or 0 for move in found.moves) == pytest.approx(found.now["home"] * 1e13)
    assert found.now == preview(three, {}).now


def test_without_the_whole_first_tier_the_next_one_takes_it_and_without_any_nobody_does() -> None:
    found = preview([HOME, SPARE], {}, without=["home"])
    assert [(move.from_source, move.to_source, move.miners) for move in found.moves] == [("home", "spare", 7)]
    last = preview([HOME], {}, without=["home"])
    assert (last.then, last.moves) == ({"home": 0.0}, ())


def test_before_anything_is_measured_the_miners_of_a_source_that_would_be_gone_are_counted() -> None:
    fresh = [replace(one, hashrate=0.0) for one in (HOME, OCEAN)]
    (move,) = preview(fresh, {}, without=["ocean"]).moves
    assert (move.from_source, move.to_source, move.hashrate, move.miners) == ("ocean", "home", None, 4)


def test_pins_that_lead_to_what_would_be_gone_are_counted_and_the_first_named() -> None:
    pins = [*((f"rig{number}", "Home") for number in range(12)), ("attic", "ocean")]
    found = preview([HOME, OCEAN], {}, ["home"], pins)
    assert (found.pinned, found.pins) == (12, tuple(f"rig{number}" for number in range(10)))
    assert preview([HOME, OCEAN], {"home": 1}, (), pins).pinned == 0


def test_where_a_miner_that_mines_in_turn_is_at_this_moment_says_nothing_of_what_moves() -> None:
    """Half a percent more for one source is never less for it, whoever happens to be there just now."""
    for at in ("home", "ocean"):
        momentary = [
            replace(one, weight=50, hashrate=1e12 if one.name == at else 0.0, sessions=int(one.name == at))
            for one in (HOME, OCEAN)
        ]
        (move,) = preview(momentary, {"home": 55, "ocean": 45}).moves
        assert (move.from_source, move.to_source, move.miners) == ("ocean", "home", 0), "a part of one miner's time"
        assert move.hashrate == pytest.approx(5e10)


rates = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100), st.floats(0, 1e15)), min_size=1, max_size=6)


@given(rates)
def test_what_moves_is_the_difference_of_what_is_wanted(told: list[tuple[int, int, float]]) -> None:
    standing = [Standing(f"s{at}", now, 1, True, False, None, rate, 1) for at, (now, _, rate) in enumerate(told)]
    found = preview(standing, {f"s{at}": then for at, (_, then, _) in enumerate(told)})
    assume(any(found.now.values()) and any(found.then.values()))
    whole = sum(rate for _, _, rate in told) or float(len(told))
    for move in found.moves:
        assert found.then[move.from_source] < found.now[move.from_source]
        assert found.then[move.to_source] > found.now[move.to_source]
    if sum(rate for _, _, rate in told):
        for name in found.now:
            came = sum((m.hashrate or 0) * ((m.to_source == name) - (m.from_source == name)) for m in found.moves)
            # Of each pair, less than LEAST_PART may be left where it is.
            assert came / whole == pytest.approx(found.then[name] - found.now[name], abs=0.005 * len(told) + 1e-9)
