"""Whole miners, placed to fit.

Responsible for: moving the fewest whole miners that bring each source near to what it should have; caps.
Not responsible for: the remainder, which is less than a miner (`routing.slices`).
Read next: `routing.slices`.
"""

from collections.abc import Mapping

from headframe.routing.fleet import Fleet
from headframe.routing.moves import Reason, SessionInput

_OVERSHOOT = 4 / 3
"""A miner may be a third larger than what is missing: two thirds of the error are then gone with one move."""

_SWAP_LIMIT = 32
"""Exchanging two miners is tried where both sides have at most so many."""


def balance(fleet: Fleet, missing: Mapping[str, float], tolerance: float, reason: Reason) -> None:
    """Move whole miners from where there is too much to where it is missing, as long as that at least halves an error.

    missing    hashes per second that each source in force should get (negative: give)
    tolerance  hashes per second that are left to slicing
    """
    open_ = {name: missing[name] for name in sorted(missing)}
    for _ in range(2 * len(open_)):
        giver = min(open_, key=lambda name: (open_[name], name))
        taker = max(open_, key=lambda name: (open_[name], name))
        if min(-open_[giver], open_[taker]) <= tolerance:
            return
        carried = _carry(fleet, giver, taker, min(-open_[giver], open_[taker]), tolerance, reason)
        if carried == 0.0:
            return
        open_[giver] += carried
        open_[taker] -= carried


def _carry(fleet: Fleet, giver: str, taker: str, amount: float, tolerance: float, reason: Reason) -> float:
    """Move about `amount` from one to the other, in as few miners as there are; returns how much it was."""
    here = fleet.candidates(giver)
    fitting = [session for session in here if fleet.hashrate(session) <= amount * _OVERSHOOT]
    carried = 0.0
    if sum(map(fleet.hashrate, fitting)) >= amount / 2:
        for session in fitting:
            hashrate = fleet.hashrate(session)
            if hashrate <= (amount - carried) * _OVERSHOOT and hashrate <= fleet.room(taker):
                fleet.move(session, taker, reason)
                carried += hashrate
                if amount - carried <= tolerance:
                    break
    if carried == 0.0 and len(here) <= _SWAP_LIMIT:
        carried = _swap(fleet, here, giver, taker, amount, reason)
    return carried


def _swap(fleet: Fleet, here: list[SessionInput], giver: str, taker: str, amount: float, reason: Reason) -> float:
    there = fleet.candidates(taker)
    if not there or len(there) > _SWAP_LIMIT:
        return 0.0
    pairs = [(fleet.hashrate(one) - fleet.hashrate(other), one, other) for one in here for other in there]
    best = min(pairs, key=lambda pair: abs(amount - pair[0]), default=None)
    if best is None or abs(amount - best[0]) > amount / 2 or best[0] > fleet.room(taker):
        return 0.0
    fleet.move(best[1], taker, reason)
    fleet.move(best[2], giver, reason)
    return best[0]


def relieve(fleet: Fleet) -> None:
    """Take from each source that is over its cap, if others have room: one miner that is enough, else the largest."""
    for source in fleet.force:
        while fleet.room(source.name) < 0:
            over = -fleet.room(source.name)
            session = _relief(fleet, source.name, over)
            if session is None:
                break
            fleet.move(session[0], session[1], Reason.CAP)


def _relief(fleet: Fleet, name: str, over: float) -> tuple[SessionInput, str] | None:
    others = [source.name for source in fleet.force if source.name != name]
    here = fleet.candidates(name, settled=False)
    enough = [session for session in reversed(here) if fleet.hashrate(session) >= over]
    for session in (*enough, *here):
        fits = [other for other in others if fleet.room(other) >= fleet.hashrate(session)]
        if fits:
            return session, max(fits, key=lambda other: (min(fleet.room(other), 1e30), other))
    return None
