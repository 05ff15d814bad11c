"""Whole miners, placed to fit.

Responsible for: moving the fewest whole miners that leave little to be sliced; caps.
Not responsible for: the remainder, which is less than a miner (`routing.slices`).
Read next: `routing.slices`.

What an arrangement is worth is its price at each boundary (`price`): how fast a debt would swing while the best miner
for it is sliced there. A few miners are arranged by trying all ways; many by moving the largest that fit.
"""

from collections.abc import Mapping, Sequence

from headframe.routing.fleet import Fleet
from headframe.routing.moves import Reason, SessionInput

_OVERSHOOT = 4 / 3
"""A miner may be a third larger than what is missing: two thirds of the error are then gone with one move."""

_FEW = 10
"""So many miners at a boundary are arranged by trying all ways (1,024)."""

_MOVE_COSTS = 0.01
"""A move has to improve the price by this part of the fleet to be worth it."""


def price(excess: float, sizes: Sequence[float]) -> float:
    """What it costs to slice away an excess (>= 0) with the best of the miners there, in hashes per second.

    With a miner of size h away for the part x/h of the time, the debt swings by x * (1 - x/h) per second of a cycle. The
    smallest miner that is large enough is the best. With none large enough the excess stays.
    """
    enough = [size for size in sizes if size >= excess]
    return excess * (1 - excess / min(enough)) if enough and excess > 0 else excess


def edge_price(fleet: Fleet, wanted: Mapping[str, float], index: int, eager: float = 0.0) -> float:
    """The price of the boundary after the source at `index`, as the fleet stands; `eager`: see `balance`."""
    surplus = fleet.surplus(wanted, index + 1)
    left, right = fleet.force[index].name, fleet.force[index + 1].name
    sizes = fleet.sizes(left, right) if surplus > 0 else fleet.sizes(right, left)
    return price(abs(surplus), sizes) + eager * abs(surplus)


def balance(fleet: Fleet, wanted: Mapping[str, float], tolerance: float, reason: Reason, *, eager: float = 0.0) -> None:
    """Rearrange whole miners where a boundary's price is above `tolerance` (hashes per second).

    eager  how much of the present excess is counted into the price: slicing would take it away too, but only once a
           debt has grown; 0 while nothing has changed, or a miner that is sliced would be put back
    """
    many = False
    for index in range(len(fleet.force) - 1):
        if edge_price(fleet, wanted, index, eager) <= tolerance:
            continue
        left, right = fleet.force[index].name, fleet.force[index + 1].name
        movable = [(session, left) for session in fleet.candidates(left, right)]
        movable += [(session, right) for session in fleet.candidates(right, left)]
        if len(movable) <= _FEW:
            _arrange(fleet, wanted, index, movable, tolerance, reason, eager)
        else:
            many = True
    if many:
        _carry_all(fleet, wanted, tolerance, reason)


def _arrange(
    fleet: Fleet,
    wanted: Mapping[str, float],
    index: int,
    movable: list[tuple[SessionInput, str]],
    tolerance: float,
    reason: Reason,
    eager: float,
) -> None:
    """Try all ways for a few miners at one boundary; take the cheapest, counting moves."""
    left, right = fleet.force[index].name, fleet.force[index + 1].name
    surplus = fleet.surplus(wanted, index + 1)
    sizes = [fleet.hashrate(session) if side == left else -fleet.hashrate(session) for session, side in movable]
    fixed_left, fixed_right = fleet.fixed_sizes(left, right), fleet.fixed_sizes(right, left)
    each = fleet.total * _MOVE_COSTS
    rooms = fleet.room(left), fleet.room(right)
    best, best_ways = max(price_now := edge_price(fleet, wanted, index, eager), tolerance), 0
    for ways in range(1, 1 << len(sizes)):
        crossed = sum(size for bit, size in enumerate(sizes) if ways >> bit & 1)
        cost = each * ways.bit_count()
        if cost >= best or -crossed > rooms[0] or crossed > rooms[1]:
            continue
        excess = surplus - crossed
        on_left = excess > 0
        there = [abs(size) for bit, size in enumerate(sizes) if ((size > 0) != bool(ways >> bit & 1)) == on_left]
        swing = price(abs(excess), there + (fixed_left if on_left else fixed_right)) + eager * abs(excess)
        total = max(swing, tolerance / 2) + cost
        if total < best:
            best, best_ways = total, ways
    if best < price_now:
        for bit, (session, side) in enumerate(movable):
            if best_ways >> bit & 1:
                fleet.move(session, right if side == left else left, reason)


def _carry_all(fleet: Fleet, wanted: Mapping[str, float], tolerance: float, reason: Reason) -> None:
    """From where there is most too much to where most is missing, until little is."""
    for _ in range(2 * len(fleet.force)):
        missing = {source.name: wanted[source.name] - fleet.loads[source.name] for source in fleet.force}
        giver = min(missing, key=lambda name: (missing[name], name))
        taker = max(missing, key=lambda name: (missing[name], name))
        amount = min(-missing[giver], missing[taker])
        if amount <= tolerance or not _carry(fleet, giver, taker, amount, tolerance, reason):
            return


def _carry(fleet: Fleet, giver: str, taker: str, amount: float, tolerance: float, reason: Reason) -> bool:
    """Move about `amount`, in as few miners as there are; False if that cannot be halved."""
    fitting = [session for session in fleet.candidates(giver, taker) if fleet.hashrate(session) <= amount * _OVERSHOOT]
    if sum(map(fleet.hashrate, fitting)) < amount / 2:
        return False
    carried = 0.0
    for session in fitting:
        hashrate = fleet.hashrate(session)
        if hashrate <= (amount - carried) * _OVERSHOOT and hashrate <= fleet.room(taker):
            fleet.move(session, taker, reason)
            carried += hashrate
            if amount - carried <= tolerance / 2:
                break
    return carried > 0


def relieve(fleet: Fleet) -> None:
    """Take from each source that is over its cap, if others have room: one miner that is enough, else the largest."""
    for source in fleet.force:
        while fleet.room(source.name) < 0:
            chosen = _relief(fleet, source.name, -fleet.room(source.name))
            if chosen is None:
                break
            fleet.move(*chosen, Reason.CAP)


def _relief(fleet: Fleet, name: str, over: float) -> tuple[SessionInput, str] | None:
    others = [source.name for source in fleet.force if source.name != name]
    here = fleet.candidates(name, None, settled=False)
    enough = [session for session in reversed(here) if fleet.hashrate(session) >= over]
    for session in (*enough, *here):
        fits = [o for o in others if session.can_go(o) and fleet.room(o) >= fleet.hashrate(session)]
        if fits:
            return session, max(fits, key=lambda other: (min(fleet.room(other), 1e30), other))
    return None
