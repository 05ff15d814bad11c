"""mining.configure, BIP310."""

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.stratum.v1.configure import MAX_EXTENSIONS, negotiate

MASK = 0x1FFFE000


def result(extensions, arguments=None):
    return negotiate([extensions, arguments or {}], MASK).result


def test_the_mask_is_what_both_want():
    assert result(["version-rolling"], {"version-rolling.mask": "ffffffff"}) == {
        "version-rolling": True,
        "version-rolling.mask": "1fffe000",
    }
    assert result(["version-rolling"], {"version-rolling.mask": "00ffE000"})["version-rolling.mask"] == "00ffe000"


def test_without_a_mask_the_miner_gets_all_of_ours():
    assert result(["version-rolling"])["version-rolling.mask"] == "1fffe000"
    assert negotiate([["version-rolling"]], MASK).result["version-rolling.mask"] == "1fffe000"


@pytest.mark.parametrize(
    "mask", ["", "0", "00000001", "xyz", "0x1fffe000", "1ffff_00", "123456789", 536862720, None, []]
)
def test_a_mask_that_leaves_nothing_is_refused(mask):
    assert result(["version-rolling"], {"version-rolling.mask": mask}) == {"version-rolling": False}


def test_a_miner_that_needs_more_bits_than_there_are_does_not_roll():
    def rolls(least):
        return result(["version-rolling"], {"version-rolling.min-bit-count": least})["version-rolling"]

    assert rolls(16) is True
    assert rolls(17) is False
    assert rolls("many") is True


def test_version_rolling_comes_first_whatever_else_is_asked():
    answer = result(["info", "subscribe-extranonce", "no-such-thing", "version-rolling"])
    assert list(answer)[:2] == ["version-rolling", "version-rolling.mask"]
    assert answer == {
        "version-rolling": True,
        "version-rolling.mask": "1fffe000",
        "info": True,
        "subscribe-extranonce": True,
        "no-such-thing": False,
    }


def test_a_minimum_difficulty_is_passed_on():
    configured = negotiate([["minimum-difficulty"], {"minimum-difficulty.value": 2048}], MASK)
    assert configured.result == {"minimum-difficulty": True}
    assert configured.minimum == target_of_difficulty(2048)


@pytest.mark.parametrize(("value", "granted"), [(0, True), (False, False), (-1, False), ("x", False), (None, False)])
def test_a_minimum_of_nothing_is_granted_and_nonsense_is_not(value, granted):
    configured = negotiate([["minimum-difficulty"], {"minimum-difficulty.value": value}], MASK)
    assert configured.result == {"minimum-difficulty": granted}
    assert configured.minimum is None


def test_info_names_the_firmware():
    assert negotiate([["info"], {"info.sw-version": "x1"}], MASK).firmware == "x1"
    assert negotiate([["info"], {"info.sw-version": 5}], MASK).firmware == ""
    assert negotiate([[], {"info.sw-version": "x1"}], MASK).firmware == ""


@pytest.mark.parametrize("params", [None, {}, [], ["version-rolling"], [{}], "x", 5])
def test_another_shape_is_no_configure(params):
    assert negotiate(params, MASK) is None


def test_extensions_that_are_no_names_and_arguments_that_are_no_object_are_passed_over():
    assert negotiate([[1, None, "x"], 5], MASK).result == {"x": False}


def test_the_number_of_answered_extensions_is_bounded():
    assert len(result([f"x{at}" for at in range(1000)])) == MAX_EXTENSIONS
