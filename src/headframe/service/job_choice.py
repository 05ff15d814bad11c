"""Which job is shown.

Responsible for: the source whose job is told of when nobody asks for another; the job of a source, also of one that
nobody mines for.
Not responsible for: taking it apart (`service.current_job`), making what is mined (`gateway.jobbook`).
Read next: `service.current_job`.

The choice follows what the operator wants and never where miners happen to be, or the picture would swap with every
move: what can work and is used before what is not, our own node before a pool, a lower tier, a greater weight.
"""

from collections import Counter
from typing import Final

from headframe.gateway.hub import Hub
from headframe.gateway.sourcebook import SourceSeat
from headframe.mining.job import Job

POOL: Final = "pool"
UNMINED: Final = 0
"""The number of a job that was made to be looked at: it is in no book, and nobody can submit it."""


def shown_source(hub: Hub) -> SourceSeat | None:
    """The source whose job is shown; None while no source has work."""
    return max((seat for seat in hub.sources.all() if seat.works), key=_rank, default=None)


def newest_job(hub: Hub, seat: SourceSeat) -> Job | None:
    """The latest job of a source. Where nobody mines for it yet, what a miner would get; None where it has no work."""
    booked = hub.book.newest(seat.name)
    # Of several lanes (a pool's private connections) the one that is furthest.
    work = max(seat.works.values(), key=lambda each: each.height, default=None)
    if work is None or (booked is not None and booked.height >= work.height):
        return booked
    try:
        return work.look(hub.payouts.unnumbered, hub.sources.layout, UNMINED)
    except ValueError:
        return booked  # its room is too small for what sessions get; then nobody will mine for it


def job_of_most(hub: Hub, seat: SourceSeat) -> Job | None:
    """Of a source's jobs that as many miners have, the newest; without any miner its latest."""
    held: Counter[int] = Counter()
    jobs: dict[int, Job] = {}
    for each in hub.seats:
        job = each.last_job
        if job is not None and job.source == seat.name:
            held[job.seq] += 1
            jobs[job.seq] = job
    if held:
        return jobs[max(held, key=lambda seq: (held[seq], seq))]
    return newest_job(hub, seat)


def miners_of(hub: Hub, seat: SourceSeat) -> int:
    """Sessions that have a job of this source."""
    return sum(each.last_job is not None and each.last_job.source == seat.name for each in hub.seats)


def _rank(seat: SourceSeat) -> tuple[bool, bool, bool, int, int]:
    usage = seat.usage
    return (
        seat.can_work,
        not usage.paused and usage.weight > 0,
        seat.source.kind != POOL,
        -usage.tier,
        usage.weight,
    )
