"""The law of work sources, as tests.

Responsible for: what every source must do, real or scripted, whatever it gets its work from.
Not responsible for: what only one kind does (their own tests).
Read next: `sources.base`.

A test module subclasses `SourceLaw` and provides a fixture `bench`, a `SourceBench` around the source under test:

    class TestScripted(SourceLaw):
        @pytest.fixture
        def bench(self): ...
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol

from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.sources.base import Down, JobReady, LaneLost, Settled, SourceEvent, Up, WorkSource
from headframe.testing.source_rig import LAYOUT, PAYOUT, EventLog, job_of, running, solve

OTHER_PAYOUT = PayoutSet(2, bytes.fromhex("0014") + bytes(20), ((bytes.fromhex("0014") + b"\x11" * 20, 250),))


class SourceBench(Protocol):
    """A source and the levers of its world."""

    @property
    def source(self) -> WorkSource: ...

    async def begin(self) -> None:
        """Called once `run` has started: make the source come up with work, unless it does so by itself."""
        ...

    async def new_block(self) -> None:
        """Somebody else finds a block."""
        ...

    async def sever(self) -> None:
        """Cut the source off from where its work comes from."""
        ...

    async def mend(self) -> None:
        """Undo `sever`."""
        ...

    async def settle(self, token: int) -> None:
        """See to it that the submission with this token is settled, unless that happens by itself."""
        ...


def breaches(events: Sequence[SourceEvent], name: str, layout: ExtranonceLayout = LAYOUT) -> list[str]:
    """What in a run's events breaks the law; empty when nothing does. `layout` must fit the source's room."""
    found: list[str] = []
    up = False
    generation = 0
    tips: dict[str, bytes] = {}
    for place, event in enumerate(events):
        if event.source != name:
            found.append(f"event {place} is of {event.source!r}")
        match event:
            case Up():
                if up:
                    found.append(f"event {place}: up while up")
                if event.generation <= generation:
                    found.append(f"event {place}: generation {event.generation} after {generation}")
                up, generation, tips = True, event.generation, {}
            case Down():
                if event.generation != generation:
                    found.append(f"event {place}: down of generation {event.generation} in {generation}")
                if not event.reason or not event.remedy:
                    found.append(f"event {place}: down without a reason or a remedy")
                up = False
            case JobReady():
                job = job_of(event, layout=layout)
                if not up:
                    found.append(f"event {place}: work while down")
                if not event.generation == event.work.generation == job.generation == generation:
                    found.append(f"event {place}: work of another generation")
                lane = event.work.lane
                if not lane or job.lane != lane:
                    found.append(f"event {place}: a job of lane {job.lane!r} in work of lane {lane!r}")
                fresh = job.prev_hash != tips.get(lane)
                # A pool may void its jobs without a new block; a source with one lane, named like itself, has no such say.
                if (fresh and not event.work.clean) or (lane == name and event.work.clean and not fresh):
                    found.append(f"event {place}: clean is {event.work.clean}")
                if job.clean != event.work.clean:
                    found.append(f"event {place}: work and job differ about clean")
                tips[lane] = job.prev_hash
            case LaneLost():
                if tips.pop(event.lane, None) is None:
                    found.append(f"event {place}: a lane lost that had no work: {event.lane!r}")
            case _:
                pass
    return found


async def started(bench: SourceBench, log: EventLog) -> JobReady:
    """The source's first work."""
    await bench.begin()
    return await log.until(JobReady)


class SourceLaw:
    """Subclass it with a fixture `bench`."""

    async def test_up_comes_first_then_clean_work(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            first = await started(bench, log)
            assert isinstance(next(event for event in log.events if isinstance(event, Up | JobReady | Down)), Up)
            assert first.work.clean
            assert first.work.source == bench.source.name
            assert first.work.height == job_of(first).height
            status = bench.source.status()
            assert (status.up, status.generation, status.reason) == (True, first.generation, "")
            assert status.height == first.work.height
        assert not breaches(log.events, bench.source.name)

    async def test_a_new_block_brings_clean_work_on_another_tip(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            first = await started(bench, log)
            mark = log.mark()
            await bench.new_block()
            tip = job_of(first).prev_hash
            second = await log.until(JobReady, lambda event: job_of(event).prev_hash != tip, after=mark)
            assert second.work.clean
            assert second.generation == first.generation
        assert not breaches(log.events, bench.source.name)

    async def test_a_job_is_a_function_of_payout_layout_and_seq(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            work = (await started(bench, log)).work
        one, same = work.job(PAYOUT, LAYOUT, 7), work.job(PAYOUT, LAYOUT, 7)
        assert (one.coinbase1, one.coinbase2, one.branch) == (same.coinbase1, same.coinbase2, same.branch)
        assert (one.version, one.bits, one.ntime, one.prev_hash) == (
            same.version,
            same.bits,
            same.ntime,
            same.prev_hash,
        )
        assert (one.seq, one.payout_set, one.layout) == (7, PAYOUT.number, LAYOUT)
        other = work.job(OTHER_PAYOUT, LAYOUT, 7)
        assert other.payout_set == OTHER_PAYOUT.number
        if one.reward_sats:  # else somebody else decides who is paid
            assert other.coinbase2 != one.coinbase2

    async def test_another_visit_of_the_same_work_is_another_search(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            work = (await started(bench, log)).work
        jobs = [work.job(PAYOUT, LAYOUT, 7 + visit, visit) for visit in range(300)]
        assert len({(job.coinbase1, job.ntime) for job in jobs}) == len(jobs)

    async def test_looking_at_work_shows_the_next_job_and_changes_nothing(self, bench: SourceBench) -> None:
        layouts = (LAYOUT, ExtranonceLayout(4, 8), ExtranonceLayout(4, 28))
        async with running(bench.source) as log:
            work = (await started(bench, log)).work
            for _ in range(3):
                for layout in layouts * 30:
                    with contextlib.suppress(ValueError):  # a pool has no place for the large ones
                        work.look(PAYOUT, layout, 7)
                looked, job = work.look(PAYOUT, LAYOUT, 7), work.job(PAYOUT, LAYOUT, 7)
                assert all(getattr(looked, part) == getattr(job, part) for part in Job.__slots__)
                mark = log.mark()
                await bench.new_block()
                work = (await log.until(JobReady, lambda event: event.work.clean, after=mark)).work
            assert not [event for event in log.events if isinstance(event, Down | LaneLost)]

    async def test_jobs_fit_the_room_and_keep_the_rolled_bits_clear(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            job = job_of(await started(bench, log))
        assert job.layout.size <= bench.source.extranonce_room
        assert job.version & job.version_mask == 0
        assert job.source_target >= job.network_target

    async def test_a_submission_returns_at_once_and_settles_under_its_token(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            share = solve(job_of(await started(bench, log)))
            assert bench.source.wants(True, True)
            token = bench.source.submit(share)
            assert token > 0
            assert not [event for event in log.of(Settled) if event.token == token]
            await bench.settle(token)
            settled = await log.until(Settled, lambda event: event.token == token)
            assert settled.outcome in ("accepted", "refused", "lost", "stale", "rejected")
        assert not breaches(log.events, bench.source.name)

    async def test_severed_is_down_with_words_and_mended_is_a_new_generation(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            first = await started(bench, log)
            await bench.sever()
            down = await log.until(Down)
            assert down.generation == first.generation
            status = bench.source.status()
            assert not status.up
            assert status.reason
            assert status.remedy
            mark = log.mark()
            await bench.mend()
            again = await log.until(JobReady, after=mark)
            assert again.generation == first.generation + 1
            assert again.work.clean
        assert not breaches(log.events, bench.source.name)

    async def test_what_is_leased_is_a_lane_that_has_work_or_will_have_it(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            await started(bench, log)
            lanes = [bench.source.lease(f"session{number}") for number in range(4)]
            assert bench.source.lease("session0") == lanes[0]
            for lane in lanes:
                await log.until(JobReady, lambda event, lane=lane: event.work.lane == lane)  # type: ignore[misc]
            for number in range(4):
                bench.source.release(f"session{number}")
            bench.source.release("session0")
            bench.source.release("never seen")
        assert not breaches(log.events, bench.source.name)

    async def test_nothing_is_said_after_cancellation(self, bench: SourceBench) -> None:
        async with running(bench.source) as log:
            await started(bench, log)
        heard = log.mark()
        await bench.new_block()
        for _ in range(20):
            await asyncio.sleep(0)
        assert log.mark() == heard
