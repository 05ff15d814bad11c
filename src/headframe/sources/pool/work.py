"""Work that a pool offers.

Responsible for: the `Work` of a pool source, and remembering which visits of a search space were used, so that the same
offer can be issued again (another difficulty, a resumed connection) without repeating a search.
Not responsible for: which bytes go where (`mining.splice`), when there is new work (`sources.pool.lane`).
Read next: `mining.splice`.
"""

from collections import OrderedDict
from dataclasses import dataclass

from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.splice import JobPlace, PoolOffer, height_in, spliced_job

MAX_SPACES = 64
"""Search spaces remembered of one source: more than a pool keeps jobs alive."""


class SearchSpace:
    """What was used of one search space so far. Mutable; shared by the works made of it."""

    __slots__ = ("latest_ntime", "offered_at", "used")

    def __init__(self, now: float) -> None:
        self.offered_at = now
        """When it was last offered."""
        self.used = 0
        """Visits below this are taken, or passed over."""
        self.latest_ntime = 0


class SearchSpaces:
    """The search spaces that a source's pools offered. Bound: MAX_SPACES; the one offered longest ago is forgotten.

    `largest` is the size of the largest layout that jobs were made for: what a pool must not take back unseen."""

    def __init__(self) -> None:
        self.largest = 0
        self._spaces: OrderedDict[tuple[object, ...], SearchSpace] = OrderedDict()

    def of(self, offer: PoolOffer, now: float) -> SearchSpace:
        """The space that this offer opens, or opens again."""
        key = offer.searched
        space = self._spaces.get(key)
        if space is None:
            space = self._spaces[key] = SearchSpace(now)
            if len(self._spaces) > MAX_SPACES:
                self._spaces.popitem(last=False)
        self._spaces.move_to_end(key)
        return space


@dataclass(frozen=True, slots=True, eq=False)
class PoolWork:
    """One offer of a pool on one lane; a job for each layout. The pool decides who is paid: payout sets change nothing.

    first_visit   visits of its search space that earlier works of it used
    base_ntime    what visits add their seconds to: the time of the offer, but never before an earlier one's
    """

    offer: PoolOffer
    source: str
    generation: int
    lane: str
    height: int
    clean: bool
    spaces: SearchSpaces
    space: SearchSpace
    first_visit: int
    base_ntime: int

    def job(self, payout: PayoutSet, layout: ExtranonceLayout, seq: int, visit: int = 0) -> Job:
        """See `sources.base.Work.job`. Raises mining.splice.RoomTooSmall for a layout that does not fit the pool's
        room: whoever leases must look at `extranonce_room` first.

        That a visit was used is noted in the space, and the layout, once there is such a job; the job itself depends on
        the arguments alone."""
        at = self.first_visit + visit
        job = self._spliced(payout, layout, seq, at)
        self.space.used = max(self.space.used, at + 1)
        self.spaces.largest = max(self.spaces.largest, layout.size)
        return job

    def look(self, payout: PayoutSet, layout: ExtranonceLayout, seq: int) -> Job:
        """See `sources.base.Work.look`. Raises as `job` does, and notes nothing: nobody searches what is only shown."""
        return self._spliced(payout, layout, seq, self.first_visit)

    def _spliced(self, payout: PayoutSet, layout: ExtranonceLayout, seq: int, at: int) -> Job:
        place = JobPlace(self.source, self.generation, self.lane, self.height, payout.number, seq, self.clean)
        return spliced_job(self.offer, layout, at, place, ntime=self.base_ntime)


def pool_work(
    offer: PoolOffer, spaces: SearchSpaces, *, source: str, generation: int, lane: str, clean: bool, now: float
) -> PoolWork:
    """Work on this offer that begins where earlier works on the same search space ended; `now` in monotonic seconds.

    Where visits are told by the time alone, that is beyond what miners who roll it by the clock have reached since."""
    space = spaces.of(offer, now)
    if space.used:
        space.used += max(0, int(now - space.offered_at))
    space.offered_at = now
    space.latest_ntime = max(space.latest_ntime, offer.ntime)
    height = height_in(offer.coinbase1)
    return PoolWork(offer, source, generation, lane, height, clean, spaces, space, space.used, space.latest_ntime)
