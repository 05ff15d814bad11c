"""Numbers in words."""

import pytest

from headframe.cli.words import age, difficulty, hashrate, percent, sats, whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 H/s"),
        (0.5, "0.5 H/s"),
        (999, "999 H/s"),
        (999.7, "1 kH/s"),
        (1.234e12, "1.23 TH/s"),
        (6e20, "600 EH/s"),
        (1e30, "1e+06 YH/s"),
    ],
)
def test_hashrates(value: float, text: str) -> None:
    assert hashrate(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (4.6e-10, "4.6e-10"), (1024, "1.02 k"), (1, "1")])
def test_difficulties(value: float | None, text: str) -> None:
    assert difficulty(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.9, "0 s"), (59.9, "59 s"), (60, "1 min"), (3_660, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_ages(value: float | None, text: str) -> None:
    assert age(value) == text


def test_amounts_are_exact() -> None:
    assert sats(2_100_000_000_000_001) == "21000000.00000001 BTC"


def test_amounts_are_of_their_chain_and_of_no_chain_where_it_is_not_known() -> None:
    assert sats(312_500_000, "bch") == "3.12500000 BCH"
    assert sats(312_500_000, None) == "3.12500000"
    assert sats(0, "btc") == "–", "a pool does not say what its blocks pay"


@pytest.mark.parametrize(
    ("part", "text"), [(None, "–"), (0.0, "0 %"), (0.7, "70 %"), (0.69849, "69.8 %"), (1.0, "100 %")]
)
def test_parts_of_the_whole(part: float | None, text: str) -> None:
    assert percent(part) == text


def test_whole_numbers_are_grouped() -> None:
    assert whole(1_234_567) == "1\u202f234\u202f567"
