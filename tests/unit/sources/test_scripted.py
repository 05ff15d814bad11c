"""The scripted source keeps the law, and does nothing that its script does not say."""

import asyncio

import pytest

from headframe.sources.base import JobReady, WorkSource
from headframe.sources.scripted import ScriptedSource
from headframe.testing.conformance_source import SourceLaw, breaches
from headframe.testing.fake_clock import FakeClock
from headframe.testing.source_rig import job_of, running, solve


class ScriptedBench:
    def __init__(self) -> None:
        self.scripted = ScriptedSource(FakeClock())

    @property
    def source(self) -> WorkSource:
        return self.scripted

    async def begin(self) -> None:
        await asyncio.sleep(0)
        self.scripted.up()
        self.scripted.new_block()

    async def new_block(self) -> None:
        self.scripted.new_block()

    async def sever(self) -> None:
        self.scripted.down()

    async def mend(self) -> None:
        self.scripted.up()
        self.scripted.refresh()

    async def settle(self, token: int) -> None:
        self.scripted.settle(token, "accepted")


class TestScriptedSource(SourceLaw):
    @pytest.fixture
    def bench(self) -> ScriptedBench:
        return ScriptedBench()


async def test_what_was_called_before_it_runs_comes_first_and_in_order() -> None:
    source = ScriptedSource(FakeClock())
    source.up()
    source.new_block()
    source.refresh()
    async with running(source) as log:
        await log.until(JobReady, lambda event: not event.work.clean)
    assert [type(event).__name__ for event in log.events] == ["Up", "JobReady", "JobReady"]
    assert not breaches(log.events, "scripted")


async def test_blocks_are_kept_for_the_test_to_look_at() -> None:
    source = ScriptedSource(FakeClock())
    source.up()
    share = solve(job_of(JobReady("scripted", 1, source.new_block(), 0.0)))
    assert [source.submit(share), source.submit(share)] == [1, 2]
    assert list(source.submitted) == [share, share]


def test_a_source_that_is_down_has_no_work() -> None:
    with pytest.raises(ValueError, match="down"):
        ScriptedSource(FakeClock()).new_block()
