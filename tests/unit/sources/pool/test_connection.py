"""One connection to a pool, in memory: deadlines, names, shares, and a pool's odd ways."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from headframe.mining.job import Job
from headframe.mining.splice import PoolOffer
from headframe.sources.base import Share
from headframe.sources.condition import Condition
from headframe.sources.pool.connection import BURST_OFFERS, MAX_EARLY_BYTES, Phase, UpstreamConnection
from headframe.sources.pool.names import NameLore
from headframe.sources.pool.pending import Sent
from headframe.sources.pool.work import SearchSpaces, pool_work
from headframe.testing.fake_clock import FakeClock
from headframe.testing.fake_pool_core import FakePoolCore
from headframe.testing.fake_pool_manners import Manners
from headframe.testing.pool_rig import LAYOUT, PAYOUT, Mine, pool_settings, pool_source
from headframe.testing.source_rig import EventLog


class Wire(asyncio.Transport):
    """The transport of our end, and the line of the pool's; bytes move when the test says so."""

    def __init__(self, pool: FakePoolCore) -> None:
        super().__init__()
        self.pool = pool
        self.down: list[bytes] = []
        self.writes: list[bytes] = []
        self.aborted = False
        self.ours: UpstreamConnection | None = None
        self.theirs = pool.connect(_Line(self))

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))
        self.pool.receive(self.theirs, bytes(data))

    def abort(self) -> None:
        self.aborted = True

    def pump(self) -> None:
        assert self.ours is not None
        while self.down:
            data, self.down = b"".join(self.down), []
            self.ours.data_received(data)


@dataclass
class _Line:
    wire: Wire

    def write(self, data: bytes, *, greeted: bool) -> None:
        self.wire.down.append(data)

    def cut(self) -> None:
        self.wire.aborted = True


@dataclass
class Owner:
    offers: list[tuple[PoolOffer, bool]] = field(default_factory=list)
    settlements: list[tuple[int, str, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    ends: list[Condition] = field(default_factory=list)

    def offered(self, connection: UpstreamConnection, offer: PoolOffer, clean: bool, heard_at: float) -> None:
        self.offers.append((offer, clean))

    def settled(
        self, connection: UpstreamConnection, sent: Sent, outcome: str, reason: str, *, predicted: bool
    ) -> None:
        self.settlements.append((sent.token, outcome, predicted))

    def noted(self, connection: UpstreamConnection, found: Condition) -> None:
        self.notes.append(found.name)

    def said(self, connection: UpstreamConnection, text: str) -> None:
        self.texts.append(text)

    def left(self, connection: UpstreamConnection, why: Condition) -> None:
        self.ends.append(why)


@dataclass
class Rig:
    pool: FakePoolCore
    clock: FakeClock
    owner: Owner
    wire: Wire
    connection: UpstreamConnection
    soon: list[Callable[[], None]]
    mine: Mine

    def turn(self) -> None:
        """The end of a loop turn, and the pool's answers."""
        waiting, self.soon[:] = self.soon[:], []
        for call in waiting:
            call()
        self.wire.pump()

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.connection.tick(self.clock.monotonic())
        self.wire.pump()

    def job(self) -> Job:
        assert self.connection.offer is not None
        work = pool_work(
            self.connection.offer, SearchSpaces(), source="ocean", generation=1, lane="ocean#1", clean=True, now=0.0
        )
        return work.job(PAYOUT, LAYOUT, 1)

    def submit(self, token: int, share: Share) -> None:
        offer = share.job.origin
        assert isinstance(offer, PoolOffer)
        self.connection.submit(share, offer, token)


def rig(manners: Manners | None = None, *, begin: bool = True, **changes: Any) -> Rig:
    pool = FakePoolCore(manners or Manners())
    clock, owner, wire = FakeClock(), Owner(), Wire(pool)
    soon: list[Callable[[], None]] = []
    settings = pool_settings("stratum+tcp://pool.example:3333", **{"reply_s": 30.0, **changes})
    connection = UpstreamConnection(7, settings, settings.urls[0], NameLore(), clock, owner, call_soon=soon.append)
    wire.ours = connection
    connection.connection_made(wire)
    mine = Mine(pool_source("stratum+tcp://pool.example:3333"), EventLog())
    made = Rig(pool, clock, owner, wire, connection, soon, mine)
    if begin:
        connection.begin()
        wire.pump()
    return made


async def test_it_is_ready_with_a_name_and_a_job_and_says_so_once() -> None:
    working = rig()
    assert working.connection.phase is Phase.WORKING
    assert working.connection.ready.done()
    assert working.connection.offer is not None
    assert working.connection.offer.connection == 7
    assert working.owner.offers == []


async def test_everything_that_is_asked_first_leaves_in_one_write() -> None:
    working = rig()
    assert len(working.wire.writes) == 1
    assert working.wire.writes[0].count(b"\n") == 4


async def test_work_before_the_name_is_taken_waits() -> None:
    early = rig(Manners(work_first=True), begin=False)
    early.wire.pump()
    assert early.connection.phase is Phase.NEW
    early.connection.begin()
    early.wire.pump()
    assert early.connection.phase is Phase.WORKING


async def test_who_talks_on_and_on_before_being_asked_is_no_pool() -> None:
    odd = rig(begin=False)
    odd.connection.data_received(b"x" * (MAX_EARLY_BYTES + 1))
    assert [end.name for end in odd.owner.ends] == ["misbehaves"]
    assert odd.wire.aborted
    odd.connection.begin()
    assert odd.wire.writes == []


async def test_shares_of_one_turn_leave_in_one_write_and_a_block_at_once() -> None:
    working = rig()
    job = working.job()
    writes = len(working.wire.writes)
    working.submit(1, working.mine.share(job))
    working.submit(2, working.mine.share(job))
    assert len(working.wire.writes) == writes
    working.turn()
    assert len(working.wire.writes) == writes + 1
    assert working.owner.settlements == [(1, "accepted", False), (2, "accepted", False)]


async def test_a_share_unanswered_for_too_long_is_lost_once_and_its_late_answer_changes_nothing() -> None:
    slow = rig(Manners(hold_verdicts=2), no_job_s=1e6, max_job_age_s=1e6)
    slow.submit(1, slow.mine.share(slow.job()))
    slow.turn()
    slow.later(10.0)
    slow.pool.refresh()
    slow.wire.pump()
    slow.later(21.0)
    assert slow.owner.settlements == [(1, "lost", False)]
    assert slow.owner.ends == []
    slow.submit(2, slow.mine.share(slow.job()))
    slow.turn()
    assert slow.owner.settlements == [(1, "lost", False), (2, "accepted", False)]


async def test_silence_after_a_share_ends_it() -> None:
    silent = rig()
    silent.pool.manners.mute = True
    silent.submit(1, silent.mine.share(silent.job()))
    silent.turn()
    silent.later(31.0)
    assert silent.owner.settlements == [(1, "lost", False)]
    assert [end.name for end in silent.owner.ends] == ["silent"]


async def test_without_jobs_it_asks_and_without_an_answer_it_leaves() -> None:
    silent = rig(no_job_s=120.0)
    silent.pool.manners.mute = True
    silent.later(121.0)
    assert b"mining.ping" in silent.wire.writes[-1]
    silent.later(29.0)
    assert silent.owner.ends == []
    silent.later(2.0)
    assert "no answer when asked" in silent.owner.ends[0].text


async def test_an_answer_buys_time_until_the_job_is_too_old() -> None:
    lazy = rig(no_job_s=120.0, max_job_age_s=600.0)
    for _ in range(59):
        lazy.later(10.0)
    assert lazy.owner.ends == []
    lazy.later(20.0)
    assert "no job for" in lazy.owner.ends[0].text


async def test_leaving_settles_what_was_open_and_happens_once() -> None:
    working = rig(Manners(hold_verdicts=10))
    for token in (1, 2):
        working.submit(token, working.mine.share(working.job()))
    working.turn()
    working.connection.connection_lost(None)
    working.connection.connection_lost(ConnectionResetError(104, "reset"))
    assert working.owner.settlements == [(1, "lost", False), (2, "lost", False)]
    assert [end.text for end in working.owner.ends] == [
        "the pool at stratum+tcp://pool.example:3333 closed the connection: peer closed"
    ]
    assert working.connection.gone.result() is working.owner.ends[0]


async def test_a_pool_that_does_not_read_is_left() -> None:
    deaf = rig()
    deaf.connection.pause_writing()
    assert "does not read" in deaf.owner.ends[0].text


async def test_a_harder_difficulty_offers_the_same_job_again_and_is_not_clean() -> None:
    working = rig()
    before = working.connection.offer
    assert before is not None
    working.pool.set_difficulty(1e-5)
    working.wire.pump()
    ((offer, clean),) = working.owner.offers
    assert (offer.job_id, clean) == (before.job_id, False)
    assert offer.target < before.target


async def test_the_same_difficulty_again_is_no_news() -> None:
    working = rig()
    for _ in range(10):
        working.pool.set_difficulty(working.pool.difficulty)
        working.wire.pump()
    assert working.owner.offers == []


async def test_a_difficulty_and_its_job_in_the_same_bytes_are_one_offer() -> None:
    working = rig()
    working.pool.set_difficulty(1e-5)
    working.pool.new_block()
    working.wire.pump()
    assert [clean for _, clean in working.owner.offers] == [True]


async def test_a_flood_of_clean_jobs_is_told_at_a_bearable_pace_and_nothing_clean_is_forgotten() -> None:
    working = rig()
    for number in range(200):
        working.pool.refresh(clean=number == 100)
        working.wire.pump()
    told = len(working.owner.offers)
    assert told == BURST_OFFERS
    working.later(1.0)
    assert len(working.owner.offers) == told + 1
    offer, clean = working.owner.offers[-1]
    assert (offer.job_id, clean) == (working.pool.current.job_id, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda pool: pool.set_difficulty(1e-4),
        lambda pool: pool.refresh(clean=True),
        lambda pool: pool.new_block(),
    ],
    ids=["difficulty raised", "jobs voided", "new block"],
)
async def test_a_refusal_of_a_share_that_crossed_with_a_change_was_to_be_expected(
    change: Callable[[FakePoolCore], object],
) -> None:
    working = rig(Manners(strict_difficulty=True))
    share = working.mine.share(working.job())
    change(working.pool)
    working.wire.pump()
    working.submit(1, share)
    working.turn()
    assert working.owner.settlements == [(1, "refused", True)]


async def test_expected_refusals_do_not_make_us_leave() -> None:
    working = rig(refusals_in_row=2)
    shares = [working.mine.share(working.job()) for _ in range(5)]
    working.pool.new_block()
    working.wire.pump()
    for token, share in enumerate(shares, 1):
        working.submit(token, share)
    working.turn()
    assert [outcome for _, outcome, _ in working.owner.settlements] == ["refused"] * 5
    assert working.owner.ends == []


async def test_an_accepted_share_between_refusals_makes_us_stay() -> None:
    working = rig(refusals_in_row=3)
    for token in range(1, 9):
        working.pool.manners.verdict = "honest" if token % 3 == 0 else "refuse good"
        working.submit(token, working.mine.share(working.job()))
        working.turn()
    assert working.owner.ends == []


async def test_a_job_with_bits_that_no_header_has_is_misbehaviour() -> None:
    working = rig()
    params = working.pool.current.params(True)
    params[6] = "ff123456"
    working.pool.tell_all("mining.notify", params)
    working.wire.pump()
    assert [end.name for end in working.owner.ends] == ["misbehaves"]


async def test_room_below_the_least_is_not_used_also_when_it_shrinks_later() -> None:
    working = rig()
    working.pool.set_extranonce(2)
    working.wire.pump()
    assert working.owner.ends == []
    working.pool.refresh()
    working.wire.pump()
    assert [end.name for end in working.owner.ends] == ["no_room"]


async def test_a_pools_texts_go_to_the_operator() -> None:
    working = rig()
    working.pool.tell_all("client.show_message", ["back at noon"])
    working.wire.pump()
    assert working.owner.texts == ["back at noon"]


async def test_after_the_end_nothing_more_happens() -> None:
    working = rig()
    working.connection.connection_lost(None)
    writes = len(working.wire.writes)
    working.connection.data_received(b'{"id":null,"method":"mining.ping","params":[]}\n')
    working.later(1000.0)
    assert len(working.wire.writes) == writes
    assert len(working.owner.ends) == 1
