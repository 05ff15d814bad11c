"""How many bytes of extranonce a session gets.

Responsible for: choosing the sizes of extranonce1 and extranonce2 so that they fit every source, and saying which sources
a layout does not fit.
Not responsible for: handing out values (`mining.extranonce`), asking sources for their room (`sources`).
Read next: `mining.splice`.

    room of the tightest source   extranonce1 + extranonce2
    12 and more                   4 + 8   (rental markets ask for an extranonce2 of 4 or 7 at least)
    8 to 11                       4 + 4
    6, 7                          2 + 4
    4, 5                          2 + 2   (cgminer's family needs an extranonce2 of 2 at least)
    below 4                       does not count: no miner fits

All sizes are even, so two layouts are equal or at least two bytes apart: `mining.splice` relies on it. (The operator's
own size may be odd; it only matters while sessions with another size live.)
"""

from collections.abc import Iterable

from headframe.mining.extranonce import ExtranonceLayout

SMALLEST_ROOM = 4
"""Of two bytes each; a source with less cannot serve anybody."""

MIN_EXTRANONCE2 = 2
MAX_EXTRANONCE2 = 8

_LAYOUTS = (
    (12, ExtranonceLayout(4, 8)),
    (8, ExtranonceLayout(4, 4)),
    (6, ExtranonceLayout(2, 4)),
    (SMALLEST_ROOM, ExtranonceLayout(2, 2)),
)


def layout_for(rooms: Iterable[int], wanted_extranonce2: int | None = None) -> ExtranonceLayout:
    """The layout for sessions that may mine for sources with these rooms (bytes). Rooms below SMALLEST_ROOM are left
    out of account: those sources serve nobody; without any room left the layout is the largest.

    wanted_extranonce2  the operator's word: it is kept, and extranonce1 gets 4 bytes where those still fit the
                        tightest source, else 2; sources that it does not fit serve nobody (`fits`)

    Raises ValueError when the wish is outside MIN_EXTRANONCE2..MAX_EXTRANONCE2.
    """
    tightest = min((room for room in rooms if room >= SMALLEST_ROOM), default=_LAYOUTS[0][0])
    if wanted_extranonce2 is None:
        return next(layout for least, layout in _LAYOUTS if tightest >= least)
    if not MIN_EXTRANONCE2 <= wanted_extranonce2 <= MAX_EXTRANONCE2:
        raise ValueError(
            f"extranonce2 must have {MIN_EXTRANONCE2} to {MAX_EXTRANONCE2} bytes, not {wanted_extranonce2}"
        )
    return ExtranonceLayout(4 if tightest >= 4 + wanted_extranonce2 else 2, wanted_extranonce2)


def fits(layout: ExtranonceLayout, room: int) -> bool:
    """Whether a session of this layout can mine for a source with this room."""
    return layout.size <= room
