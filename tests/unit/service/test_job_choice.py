"""Which job is shown: by what the operator wants, and also while nobody mines yet."""

from types import SimpleNamespace
from typing import Any

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.gateway.jobbook import JobBook
from headframe.gateway.payouts import PayoutBook, PayoutPolicy
from headframe.gateway.sourcebook import SourceBook, SourceSeat, Usage
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.service.job_choice import UNMINED, job_of_most, miners_of, newest_job, shown_source
from headframe.sources.scripted import ScriptedSource
from headframe.testing.fake_clock import FakeClock

LAYOUT = ExtranonceLayout(4, 4)
PAYEE = bytes.fromhex("0014") + bytes(20)


class House:
    """A hub with sources by script, and nobody who mines."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.issued: list[PayoutSet] = []
        payouts = PayoutBook(PayoutPolicy(NETWORKS["regtest"], PAYEE, ()), self.issued.append)
        self.hub: Any = SimpleNamespace(seats=[], sources=SourceBook(), book=JobBook(9), payouts=payouts)

    def source(self, name: str, kind: str = "node", **usage: Any) -> SourceSeat:
        """One that has work."""
        source = ScriptedSource(self.clock, name)
        source.kind = kind
        self.hub.sources.add(source, Usage(**usage))
        source.up()
        self.hub.sources.went_up(name)
        self.work(name)
        seat = self.hub.sources.get(name)
        assert isinstance(seat, SourceSeat)
        return seat

    def work(self, name: str) -> None:
        work = self.hub.sources.get(name).source.new_block()
        self.hub.sources.has(name, work, self.clock.monotonic())
        self.hub.book.begin(work, self.clock.monotonic())

    def mines(self, name: str) -> Job:
        """Somebody mines for it; the job."""
        (work,) = self.hub.sources.get(name).works.values()
        job: Job = self.hub.book.job(work, PayoutSet(1, PAYEE), LAYOUT, self.clock.monotonic())
        self.hub.seats.append(SimpleNamespace(last_job=job))
        return job

    def shown(self) -> str:
        seat = shown_source(self.hub)
        return seat.name if seat is not None else ""


@pytest.fixture
def house() -> House:
    return House()


def test_our_own_node_comes_before_any_pool_wherever_miners_happen_to_be(house: House) -> None:
    house.source("larch", "pool", weight=90)
    house.source("home", weight=10)
    for _ in range(3):
        house.mines("larch")
    assert house.shown() == "home"


@pytest.mark.parametrize("unused", [{"paused": True}, {"weight": 0}])
def test_a_node_that_is_not_used_comes_after_a_pool_that_is(house: House, unused: dict[str, Any]) -> None:
    house.source("home", **unused)
    house.source("larch", "pool")
    assert house.shown() == "larch"


def test_a_node_that_is_down_comes_after_a_pool_that_works(house: House) -> None:
    house.source("home")
    house.source("larch", "pool")
    house.hub.sources.went_down("home")
    assert house.shown() == "larch"


def test_of_several_the_lower_tier_and_then_the_weight_decide_and_moves_change_nothing(house: House) -> None:
    house.source("birch", "pool", weight=30)
    house.source("larch", "pool", weight=50)
    house.source("reserve", "pool", weight=900, tier=2)
    assert house.shown() == "larch"
    house.mines("birch")
    house.work("birch")
    assert house.shown() == "larch"


def test_without_any_work_none_is_shown(house: House) -> None:
    assert shown_source(house.hub) is None


def test_a_pool_that_nobody_mines_for_yet_has_a_job_all_the_same(house: House) -> None:
    seat = house.source("larch", "pool")
    job = job_of_most(house.hub, seat)
    assert job is not None
    assert (job.source, job.seq, job.height) == ("larch", UNMINED, next(iter(seat.works.values())).height)
    assert miners_of(house.hub, seat) == 0


def test_looking_at_a_job_books_and_records_nothing(house: House) -> None:
    seat = house.source("home")
    assert newest_job(house.hub, seat) is not None
    assert (len(house.hub.book), house.issued) == (0, [])


def test_a_job_that_is_mined_is_shown_until_its_source_has_newer_work(house: House) -> None:
    seat = house.source("home")
    job = house.mines("home")
    assert job_of_most(house.hub, seat) is newest_job(house.hub, seat) is job
    house.hub.seats.clear()
    house.work("home")
    newer = job_of_most(house.hub, seat)
    assert newer is not None
    assert (newer.height, newer.seq) == (job.height + 1, UNMINED)


def test_the_job_that_most_miners_of_the_source_have_is_shown_and_of_equals_the_newest(house: House) -> None:
    seat = house.source("home")
    house.source("larch", "pool")
    old = house.mines("home")
    house.mines("larch")
    house.mines("larch")
    house.work("home")
    new = house.mines("home")
    assert job_of_most(house.hub, seat) is new
    house.hub.seats.append(SimpleNamespace(last_job=old))
    assert job_of_most(house.hub, seat) is old
    house.hub.seats.append(SimpleNamespace(last_job=None))
    assert miners_of(house.hub, seat) == 3
