"""What goes up to the sources, and what they say of it."""

import pytest

from headframe.bitcoin.target import work_of_target
from headframe.gateway import outgoing
from headframe.gateway.outgoing import Outgoing
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.ledger.facts import Account, BlockFound, BlockSettled, UpstreamSettled
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import PayoutSet
from headframe.mining.submission import Solution, Submission
from headframe.sources.base import Settled

ALICE = Account("alice", "rig", "sv1")
SUBMISSION = Submission(bytes(8), 0, 0, 0)
PAYOUT = PayoutSet(1, b"\x51")


class Source:
    extranonce_room = 12
    version_mask = 0x1FFFE000

    def __init__(self, name, *, takes_shares):
        self.name = name
        self.takes_shares = takes_shares
        self.shares = []

    def wants(self, meets_source, is_block):
        return is_block or self.takes_shares

    def submit(self, share):
        self.shares.append(share)
        return len(self.shares)


class Desk:
    def __init__(self, *sources):
        book = SourceBook()
        self.sources = {source.name: source for source in sources}
        for source in sources:
            book.add(source, Usage())
        self.facts, self.events = [], []
        self.out = Outgoing(book, self.facts.append, lambda: 1000, self.say)

    def say(self, name, **fields):
        if name != "share_settled":
            self.events.append(name)


@pytest.fixture
def pool_job(work):
    offered = work(7, source="pool")
    return offered.job(PAYOUT, ExtranonceLayout(4, 8), 1)


def solution(number):
    return Solution(bytes(80), b"", number.to_bytes(32, "little"))


def test_a_block_goes_up_once_and_is_on_record_after_it_left(pool_job):
    desk = Desk(Source("pool", takes_shares=True))
    assert desk.out.solved(pool_job, b"1234", SUBMISSION, ALICE, solution(5))
    assert not desk.out.solved(pool_job, b"1234", SUBMISSION, ALICE, solution(5))
    assert len(desk.sources["pool"].shares) == 1
    (found,) = desk.facts
    assert isinstance(found, BlockFound)
    assert (found.hash, found.account) == (solution(5).hash, ALICE)


def test_a_block_counts_as_sent_only_if_it_was(pool_job):
    class Broken(Source):
        def submit(self, share):
            raise RuntimeError("our bug")

    desk = Desk(Broken("pool", takes_shares=True))
    for _ in range(2):
        with pytest.raises(RuntimeError):
            desk.out.solved(pool_job, b"1234", SUBMISSION, ALICE, solution(5))


def test_a_node_gets_no_shares_and_a_pool_does(pool_job, work):
    desk = Desk(Source("pool", takes_shares=True), Source("home", takes_shares=False))
    home_job = work(7, source="home").job(PAYOUT, ExtranonceLayout(4, 8), 2)
    desk.out.forward(pool_job, b"1234", SUBMISSION, ALICE)
    desk.out.forward(home_job, b"1234", SUBMISSION, ALICE)
    assert len(desk.sources["pool"].shares) == 1
    assert desk.sources["home"].shares == []


def test_answers_are_recorded_by_outcome_and_reason_with_the_work_they_stand_for(pool_job):
    desk = Desk(Source("pool", takes_shares=True))
    for _ in range(4):
        desk.out.forward(pool_job, b"1234", SUBMISSION, ALICE)
    each = work_of_target(pool_job.source_target)
    desk.out.settled(Settled("pool", 1, "accepted"))
    desk.out.settled(Settled("pool", 2, "accepted"))
    desk.out.settled(Settled("pool", 3, "refused", "Stale"))
    desk.out.settled(Settled("pool", 4, "lost", "no answer"))
    assert desk.out.facts() == [
        UpstreamSettled(1000, "pool", "accepted", "", 2, 2 * each),
        UpstreamSettled(1000, "pool", "refused", "Stale", 1, each),
        UpstreamSettled(1000, "pool", "lost", "", 1, each),
    ]
    assert desk.out.facts() == []


def test_an_answer_counts_once_and_one_to_nothing_counts_nothing(pool_job):
    desk = Desk(Source("pool", takes_shares=True))
    desk.out.forward(pool_job, b"1234", SUBMISSION, ALICE)
    for _ in range(2):
        desk.out.settled(Settled("pool", 1, "accepted"))
    desk.out.settled(Settled("pool", 99, "accepted"))
    assert [fact.count for fact in desk.out.facts()] == [1]


def test_what_a_removed_pool_did_not_answer_is_lost(pool_job):
    desk = Desk(Source("pool", takes_shares=True))
    for _ in range(3):
        desk.out.forward(pool_job, b"1234", SUBMISSION, ALICE)
    desk.out.settled(Settled("pool", 1, "accepted"))
    desk.out.abandon("pool")
    assert [(fact.outcome, fact.count) for fact in desk.out.facts()] == [("accepted", 1), ("lost", 2)]


def test_a_pool_that_refuses_what_we_found_good_raises_an_alarm_that_ends_when_it_stops(pool_job):
    desk = Desk(Source("pool", takes_shares=True))
    for token in range(1, 12):
        desk.out.forward(pool_job, b"1234", SUBMISSION, ALICE)
        desk.out.settled(Settled("pool", token, "refused", "no"))
    assert desk.out.alarmed == {"pool"}
    assert desk.events.count("pool_refuses") == 1
    for token in range(12, 12 + outgoing.ALARM_WINDOW):
        desk.out.forward(pool_job, b"1234", SUBMISSION, ALICE)
        desk.out.settled(Settled("pool", token, "accepted"))
    assert desk.out.alarmed == set()


def test_refusals_that_we_predicted_alarm_nobody(pool_job):
    desk = Desk(Source("pool", takes_shares=True))
    for token in range(1, 50):
        desk.out.forward(pool_job, b"1234", SUBMISSION, ALICE)
        desk.out.settled(Settled("pool", token, "refused", "low difficulty", predicted=True))
    assert desk.out.alarmed == set()


def test_what_becomes_of_a_block_is_recorded_each_time_and_said_once_per_outcome():
    desk = Desk(Source("home", takes_shares=False))
    block = bytes([7]) * 32
    for confirmations in (1, 2, 3):
        desk.out.settled(Settled("home", 0, "accepted", "", block, confirmations))
    desk.out.settled(Settled("home", 0, "refused", "high-hash", block))
    assert [(fact.outcome, fact.confirmations) for fact in desk.facts if isinstance(fact, BlockSettled)] == [
        ("accepted", 1),
        ("accepted", 2),
        ("accepted", 3),
        ("rejected", 0),
    ]
    assert desk.events == ["block_settled", "block_settled"]
