"""How many bytes of extranonce a session gets."""

import pytest

from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.layout import fits, layout_for


@pytest.mark.parametrize(
    ("rooms", "expected"),
    [
        ((), (4, 8)),
        ((12,), (4, 8)),
        ((12, 12, 16), (4, 8)),
        ((12, 8), (4, 4)),
        ((12, 11), (4, 4)),
        ((12, 7), (2, 4)),
        ((6,), (2, 4)),
        ((12, 5, 8), (2, 2)),
        ((12, 4), (2, 2)),
    ],
)
def test_the_tightest_source_decides(rooms: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert layout_for(rooms) == ExtranonceLayout(*expected)


def test_a_source_that_no_miner_fits_does_not_make_the_others_small() -> None:
    assert layout_for([12, 3]) == ExtranonceLayout(4, 8)
    assert not fits(layout_for([12, 3]), 3)


@pytest.mark.parametrize(
    ("rooms", "wanted", "expected"),
    [
        ((12,), 4, (4, 4)),
        ((8,), 8, (2, 8)),
        ((8,), 4, (4, 4)),
        ((7,), 4, (2, 4)),
        ((16,), 8, (4, 8)),
        ((12,), 7, (4, 7)),
    ],
)
def test_the_operators_size_is_kept(rooms: tuple[int, ...], wanted: int, expected: tuple[int, int]) -> None:
    assert layout_for(rooms, wanted) == ExtranonceLayout(*expected)


@pytest.mark.parametrize("wanted", [0, 1, 9, -1])
def test_a_size_that_no_miner_can_use_is_refused(wanted: int) -> None:
    with pytest.raises(ValueError, match="2 to 8 bytes"):
        layout_for([12], wanted)


@pytest.mark.parametrize("room", range(4, 40))
def test_what_is_chosen_fits_and_differs_from_other_choices_by_two_bytes_or_more(room: int) -> None:
    layout = layout_for([room])
    assert fits(layout, room)
    assert layout.size % 2 == 0
