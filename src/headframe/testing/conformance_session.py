"""The law of downstream sessions, as tests.

Responsible for: what every `DownstreamSession` must do, whatever protocol it speaks.
Not responsible for: how one protocol spells it (a `SessionDriver` for each), what firmware does (transcripts).
Read next: `stratum.session`, and `tests/unit/stratum/v1/test_conformance.py` for how to run it.

To run it, derive a test class from `SessionConformance` and give it a driver:

    class TestV1Conformance(SessionConformance):
        driver = V1Driver()
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from headframe.mining.job import Job
from headframe.mining.submission import Accepted, Rejected, RejectReason, Submission, Verdict
from headframe.mining.units import Target
from headframe.stratum.session import (
    Authorizing,
    DownstreamSession,
    Event,
    PeerMisbehaved,
    Submitted,
    Subscribing,
    TargetSuggested,
)
from headframe.testing.transcripts import EXTRANONCE1, LAYOUT, SESSION_ID, sample_job

EASY: Target = 1 << 230
HARD: Target = 1 << 210
SHARE = Submission(bytes(7) + b"\x01", 0x65000001, 0xDEADBEEF, 0x2000)
GOOD = Accepted(1, bytes(32), False)


@dataclass(frozen=True, slots=True)
class SeenSubscription:
    extranonce1: bytes
    extranonce2_size: int


@dataclass(frozen=True, slots=True)
class SeenAuthorization:
    granted: bool


@dataclass(frozen=True, slots=True)
class SeenTarget:
    """`target` is what the device will mine for, which may be a hair harder than what was set."""

    target: Target


@dataclass(frozen=True, slots=True)
class SeenJob:
    seq: int
    clean: bool


@dataclass(frozen=True, slots=True)
class SeenVerdict:
    """`reason` is empty for an accepted share, else the text that the device can show."""

    reason: str


Seen: TypeAlias = SeenSubscription | SeenAuthorization | SeenTarget | SeenJob | SeenVerdict


class SessionDriver(ABC):
    """One protocol from the miner's end: what it says as bytes, and what it reads of ours."""

    @abstractmethod
    def new_session(self) -> DownstreamSession: ...

    @abstractmethod
    def subscribe(self, *, user_agent: str = "conformance/1", resume: str = "") -> bytes: ...

    @abstractmethod
    def authorize(self, user: str, password: str = "x") -> bytes: ...

    @abstractmethod
    def submit(self, user: str, seq: int, share: Submission) -> bytes:
        """A share for the job that was offered as `seq`."""

    @abstractmethod
    def suggest(self, target: Target) -> bytes | None:
        """A proposed target; None where the protocol has no way."""

    @abstractmethod
    def nonsense(self) -> bytes:
        """Bytes that are not the protocol, after which the protocol may go on."""

    @abstractmethod
    def read(self, output: bytes) -> list[Seen]:
        """What the miner understands of these bytes, in order; AssertionError if it cannot."""


class SessionConformance:
    """See the module. Every method is a test."""

    driver: SessionDriver

    # -- a hub of the plainest kind

    def feed(self, session: DownstreamSession, data: bytes, verdict: Verdict = GOOD) -> list[Event]:
        """Every event that comes of `data`, each answered before the next is asked for."""
        events: list[Event] = []
        for event in session.receive(data):
            events.append(event)
            if isinstance(event, Subscribing):
                session.subscribed(SESSION_ID, EXTRANONCE1, LAYOUT.extranonce2_size)
            elif isinstance(event, Authorizing):
                session.authorized(event.token)
            elif isinstance(event, Submitted):
                session.answer(event.token, event.fault or verdict)
        return events

    def seen(self, session: DownstreamSession) -> list[Seen]:
        return self.driver.read(session.take_output())

    def ready(self) -> DownstreamSession:
        """A session that has subscribed and authorised "farm.1", with nothing left to send."""
        session = self.driver.new_session()
        self.feed(session, self.driver.subscribe() + self.driver.authorize("farm.1"))
        session.take_output()
        return session

    def share(self, session: DownstreamSession, seq: int, user: str = "farm.1", share: Submission = SHARE) -> Submitted:
        """What the session says of a share, which is accepted."""
        (event,) = self.feed(session, self.driver.submit(user, seq, share))
        assert isinstance(event, Submitted)
        return event

    # -- setting up

    def test_a_session_says_nothing_before_it_is_spoken_to(self) -> None:
        session = self.driver.new_session()
        assert session.take_output() == b""
        assert session.subscribed_as is None

    def test_the_miner_gets_the_extranonce_that_the_hub_chose(self) -> None:
        session = self.driver.new_session()
        (event,) = self.feed(session, self.driver.subscribe(user_agent="rig/7"))
        assert event == Subscribing("rig/7", "")
        assert session.user_agent == "rig/7"
        assert session.subscribed_as == EXTRANONCE1
        assert self.seen(session) == [SeenSubscription(EXTRANONCE1, LAYOUT.extranonce2_size)]

    def test_a_returning_miner_names_its_session(self) -> None:
        session = self.driver.new_session()
        (event,) = self.feed(session, self.driver.subscribe(resume=SESSION_ID))
        assert isinstance(event, Subscribing)
        assert event.resume == SESSION_ID

    def test_a_refused_worker_is_told_so_and_its_shares_are_marked(self) -> None:
        session = self.ready()
        session.offer(sample_job(1), EASY, clean=True)
        session.take_output()
        for event in session.receive(self.driver.authorize("farm.2")):
            assert isinstance(event, Authorizing)
            session.refuse_worker(event.token, "Invalid Bitcoin address")
        assert self.seen(session) == [SeenAuthorization(False)]
        assert not self.share(session, 1, "farm.2").authorized
        assert self.share(session, 1, "farm.1").authorized

    def test_replies_keep_the_order_of_the_requests(self) -> None:
        session = self.driver.new_session()
        everything = self.driver.subscribe() + self.driver.authorize("farm.1") + self.driver.submit("farm.1", 1, SHARE)
        self.feed(session, everything)
        kinds = [type(one) for one in self.seen(session)]
        assert kinds == [SeenSubscription, SeenAuthorization, SeenVerdict]

    def test_a_request_that_the_hub_passes_over_gets_no_reply(self) -> None:
        session = self.driver.new_session()
        for _ in session.receive(self.driver.subscribe()):
            pass
        assert session.take_output() == b""
        assert session.subscribed_as is None

    # -- offers

    def test_a_target_goes_before_its_job_and_only_when_it_changes(self) -> None:
        session = self.ready()
        session.offer(sample_job(1), EASY, clean=True)
        session.offer(sample_job(2), EASY, clean=False)
        session.offer(sample_job(3), HARD, clean=False)
        kinds = self.seen(session)
        assert [type(one) for one in kinds] == [SeenTarget, SeenJob, SeenJob, SeenTarget, SeenJob]
        assert [one for one in kinds if isinstance(one, SeenJob)] == [
            SeenJob(1, True),
            SeenJob(2, False),
            SeenJob(3, False),
        ]

    def test_no_target_on_the_wire_is_easier_than_the_one_set(self) -> None:
        session = self.ready()
        for seq, target in enumerate((EASY, HARD, (1 << 224) // 3, 0x7FFFFF << 232, (1 << 200) + 1), 1):
            session.offer(sample_job(seq), target, clean=False)
            (wire,) = [one for one in self.seen(session) if isinstance(one, SeenTarget)]
            assert wire.target <= target
            assert wire.target > target - target // 10**12

    def test_a_share_carries_the_job_and_the_target_it_was_issued_with(self) -> None:
        session = self.ready()
        jobs = [sample_job(seq) for seq in (1, 2, 3)]
        for job, target in zip(jobs, (EASY, HARD, EASY), strict=True):
            session.offer(job, target, clean=False)
        for job, target in zip(jobs, (EASY, HARD, EASY), strict=True):
            event = self.share(session, job.seq)
            assert event.job is job
            assert event.issued_target == target
            assert event.submission == SHARE

    def test_a_job_is_never_offered_twice(self) -> None:
        session = self.ready()
        session.offer(sample_job(2), EASY, clean=True)
        _raises(lambda: session.offer(sample_job(2), EASY, clean=True))
        _raises(lambda: session.offer(sample_job(1), EASY, clean=True))

    def test_there_is_no_job_before_the_subscription(self) -> None:
        session = self.driver.new_session()
        _raises(lambda: session.offer(sample_job(1), EASY, clean=True))

    def test_a_forgotten_job_is_unknown(self) -> None:
        session = self.ready()
        for seq in (1, 2, 3):
            session.offer(sample_job(seq), EASY, clean=False)
        session.forget(3)
        assert self.share(session, 2).job is None
        assert self.share(session, 3).job is not None

    def test_the_number_of_remembered_jobs_is_bounded(self) -> None:
        session = self.ready()
        for seq in range(1, 2001):
            session.offer(sample_job(seq), EASY, clean=False)
            session.take_output()
        assert self.share(session, 1).job is None
        assert self.share(session, 2000).job is not None

    def test_work_in_flight_counts_after_a_reconnect(self) -> None:
        first = self.ready()
        job: Job = sample_job(1)
        first.offer(job, HARD, clean=True)
        second = self.driver.new_session()
        for event in second.receive(self.driver.subscribe(resume=SESSION_ID)):
            assert isinstance(event, Subscribing)
            second.subscribed(SESSION_ID, EXTRANONCE1, LAYOUT.extranonce2_size, first.memory())
        self.feed(second, self.driver.authorize("farm.1"))
        event = self.share(second, 1)
        assert event.job is job
        assert event.issued_target == HARD
        second.take_output()
        second.offer(sample_job(2), HARD, clean=True)
        assert [type(one) for one in self.seen(second)] == [SeenTarget, SeenJob]

    def test_the_memory_of_another_kind_of_session_is_left_alone(self) -> None:
        session = self.driver.new_session()
        for _ in session.receive(self.driver.subscribe(resume=SESSION_ID)):
            session.subscribed(SESSION_ID, EXTRANONCE1, LAYOUT.extranonce2_size, object())
        assert session.subscribed_as == EXTRANONCE1

    # -- shares

    def test_every_verdict_reaches_the_miner_in_words(self) -> None:
        session = self.ready()
        session.offer(sample_job(1), EASY, clean=True)
        session.take_output()
        for reason in RejectReason:
            self.feed(session, self.driver.submit("farm.1", 1, SHARE), Rejected(reason))
        self.feed(session, self.driver.submit("farm.1", 1, SHARE))
        assert self.seen(session) == [*[SeenVerdict(reason.text) for reason in RejectReason], SeenVerdict("")]

    def test_a_share_before_the_subscription_is_refused_as_such(self) -> None:
        event = self.share(self.driver.new_session(), 1)
        assert event.job is None
        assert event.submission is None
        assert event.fault == Rejected(RejectReason.NOT_SUBSCRIBED)

    def test_answering_twice_or_out_of_turn_is_our_bug(self) -> None:
        session = self.ready()
        tokens: list[object] = []
        for event in session.receive(self.driver.submit("farm.1", 1, SHARE) + self.driver.submit("farm.1", 2, SHARE)):
            assert isinstance(event, Submitted)
            for stale in tokens:
                _raises(partial(session.answer, stale, GOOD))
            session.answer(event.token, GOOD)
            _raises(partial(session.answer, event.token, GOOD))
            tokens.append(event.token)
        _raises(lambda: session.answer(object(), GOOD))
        _raises(lambda: session.answer(None, GOOD))
        _raises(lambda: session.authorized(tokens[0]))
        assert self.seen(session) == [SeenVerdict(""), SeenVerdict("")]

    # -- the rest

    def test_a_suggestion_is_acknowledged_and_passed_on(self) -> None:
        session = self.ready()
        asked = self.driver.suggest(EASY)
        if asked is None:
            return
        (event,) = self.feed(session, asked)
        assert isinstance(event, TargetSuggested)
        assert abs(event.target - EASY) <= EASY // 10**12

    def test_nonsense_costs_something_but_not_the_session(self) -> None:
        session = self.ready()
        session.offer(sample_job(1), EASY, clean=True)
        session.take_output()
        events = self.feed(session, self.driver.nonsense() + self.driver.submit("farm.1", 1, SHARE))
        assert [type(event) for event in events] == [PeerMisbehaved, Submitted]
        assert all(0 < event.cost <= 100 for event in events if isinstance(event, PeerMisbehaved))

    def test_how_bytes_are_split_changes_nothing(self) -> None:
        data = (
            self.driver.subscribe()
            + self.driver.authorize("farm.1")
            + self.driver.nonsense()
            + self.driver.submit("farm.1", 1, SHARE)
        )
        whole = self.driver.new_session()
        wanted = [_plain(event) for event in self.feed(whole, data)]
        pieces = self.driver.new_session()
        got = [_plain(event) for byte in data for event in self.feed(pieces, bytes([byte]))]
        assert got == wanted
        assert pieces.take_output() == whole.take_output()

    def test_speaking_to_the_device_never_disturbs_the_session(self) -> None:
        session = self.ready()
        session.message('a "text"\nwith \x00 everything ' + "x" * 10_000)
        session.ping()
        session.ask_reconnect()
        assert len(session.take_output()) < 2000
        assert self.share(session, 1).job is None


def _plain(event: Event) -> object:
    """An event without its token, which is never the same."""
    if isinstance(event, Authorizing):
        return ("Authorizing", event.user, event.password)
    if isinstance(event, Submitted):
        return (
            "Submitted",
            event.user,
            event.authorized,
            event.job,
            event.issued_target,
            event.submission,
            event.fault,
        )
    return event


def _raises(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception:
        return
    raise AssertionError("this is our bug and must raise")
