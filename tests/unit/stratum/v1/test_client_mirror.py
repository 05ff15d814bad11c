"""What our own server says, our own client understands, and the other way round."""

from dataclasses import replace

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.jobmaker import VERSION_MASK
from headframe.mining.submission import Accepted, Rejected, RejectReason, Submission
from headframe.stratum.session import Authorizing, Submitted, Subscribing
from headframe.stratum.v1.client import V1Client
from headframe.stratum.v1.client_events import (
    Authorized,
    AuthorizeRefused,
    ClientEvent,
    Configured,
    Message,
    Ponged,
    PoolJob,
    PoolTarget,
    ReconnectAsked,
    SubmitSettled,
    SubscribedUpstream,
)
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import V1Session
from headframe.testing.transcripts import EXTRANONCE1, LAYOUT, SESSION_ID, ScriptedHub, sample_job


class Mirror:
    """A client, and a server of ours with the transcripts' small hub behind it."""

    def __init__(self, version_mask: int = VERSION_MASK) -> None:
        self.client = V1Client(host="pool.example", user_agent="headframe/1")
        self.hub = ScriptedHub(lambda: V1Session(version_mask=version_mask, limits=V1Limits(), server_name="headframe"))

    @property
    def session(self) -> V1Session:
        session = self.hub.session
        assert isinstance(session, V1Session)
        return session

    def exchange(self) -> list[ClientEvent]:
        """Until both have said all."""
        events: list[ClientEvent] = []
        for _ in range(10):
            self.hub.hear(self.client.take_output())
            events += self.client.receive(self.session.take_output())
        return events


@pytest.fixture
def mirror() -> Mirror:
    mirror = Mirror()
    mirror.client.begin()
    mirror.exchange()
    return mirror


def test_a_handshake_and_the_first_job():
    mirror = Mirror()
    mirror.client.begin(suggest_difficulty=512.0, extranonce_changes=True)
    token = mirror.client.authorize("farm.1", "x")
    configured, subscribed, target, job, authorized = mirror.exchange()
    assert configured == Configured(VERSION_MASK)
    assert subscribed == SubscribedUpstream(SESSION_ID, EXTRANONCE1, LAYOUT.extranonce2_size)
    assert target == PoolTarget(target_of_difficulty(1024))
    assert isinstance(job, PoolJob)
    assert authorized == Authorized(token)
    assert mirror.client.oddities == 0
    assert mirror.hub.seen == [
        "Subscribing 'headframe/1' ''",
        "TargetSuggested 512",
        "Authorizing 'farm.1' 'x'",
    ]


@pytest.mark.parametrize("mask", [0, 0x6000, 0x00FFE000, 0xFFFFFFFF])
def test_the_mask_is_what_both_have(mask):
    mirror = Mirror(mask)
    mirror.client.begin()
    assert mirror.exchange()[0] == Configured(mask & VERSION_MASK)


@pytest.mark.parametrize("siblings", [0, 1, 12])
@pytest.mark.parametrize("clean", [True, False])
def test_a_job_arrives_byte_for_byte(mirror, siblings, clean):
    job = replace(sample_job(300, siblings=siblings), version=0x3FFF_0001 & ~VERSION_MASK, bits=0x1B0404CB)
    mirror.session.offer(job, target_of_difficulty(2.5), clean=clean)
    target, got = mirror.exchange()
    assert target == PoolTarget(target_of_difficulty(2.5))
    assert isinstance(got, PoolJob)
    assert got == PoolJob(
        job_id=job.job_id,
        prev_hash=job.prev_hash,
        coinbase1=job.coinbase1,
        coinbase2=job.coinbase2,
        branch=job.branch,
        version=job.version,
        bits=job.bits,
        ntime=job.ntime,
        clean=clean,
        target=target.target,
        extranonce1=EXTRANONCE1,
        extranonce2_size=8,
        version_mask=VERSION_MASK,
    )


@pytest.mark.parametrize(
    "target", [1 << 129, 3**140, target_of_difficulty(1e-7), target_of_difficulty(110e12), 2**256 - 1]
)
def test_a_target_never_arrives_easier_and_hardly_harder(mirror, target):
    mirror.session.offer(sample_job(9), target, clean=False)
    heard = mirror.exchange()[0]
    assert isinstance(heard, PoolTarget)
    assert target * (1 - 1e-13) < heard.target <= target


def submitted(mirror: Mirror) -> Submitted:
    (event,) = mirror.session.receive(mirror.client.take_output())
    assert isinstance(event, Submitted)
    return event


@pytest.mark.parametrize("bits", [None, 0, 0x2000, VERSION_MASK])
def test_a_share_arrives_as_it_was_submitted(mirror, bits):
    mirror.client.authorize("farm.1", "x")
    mirror.exchange()
    token = mirror.client.submit("farm.1", "01", bytes(range(8)), 0x65000001, 0xFFFFFFFE, bits)
    event = submitted(mirror)
    assert event.authorized
    assert event.job is not None
    assert event.submission == Submission(bytes(range(8)), 0x65000001, 0xFFFFFFFE, bits or 0)
    mirror.session.answer(event.token, Accepted(1, bytes(32), False))
    assert mirror.exchange() == [SubmitSettled(token, "accepted")]


@pytest.mark.parametrize("reason", RejectReason)
def test_every_refusal_arrives_with_code_and_text(mirror, reason):
    token = mirror.client.submit("farm.1", "01", bytes(8), 1, 2, None)
    mirror.session.answer(submitted(mirror).token, Rejected(reason))
    assert mirror.exchange() == [SubmitSettled(token, "refused", reason.code, reason.text)]


def test_a_refused_worker(mirror):
    token = mirror.client.authorize("bad.1", "x")
    assert mirror.exchange() == [AuthorizeRefused(token, "Invalid Bitcoin address")]


def test_pings_versions_messages_and_reconnects_go_both_ways(mirror):
    token = mirror.client.ping()
    mirror.session.ping()
    mirror.session.ask_version()
    mirror.session.message("maintenance at noon")
    mirror.session.ask_reconnect()
    events = mirror.exchange()
    assert events == [Message("maintenance at noon"), ReconnectAsked(None, None, 0.0), Ponged(token)]
    assert mirror.client.oddities == 0
    assert mirror.session.user_agent == "headframe/1"


def test_a_session_is_resumed_with_the_id_that_was_given():
    first = Mirror()
    first.client.begin()
    (subscribed,) = [event for event in first.exchange() if isinstance(event, SubscribedUpstream)]
    again = Mirror()
    again.client.begin(resume=subscribed.session_id)
    session = again.session
    asked = [event for event in session.receive(again.client.take_output()) if isinstance(event, Subscribing)]
    assert asked == [Subscribing("headframe/1", SESSION_ID)]


def test_several_workers_are_asked_for_one_by_one(mirror):
    tokens = [mirror.client.authorize(f"farm.{number}", "x") for number in range(3)]
    named = []
    for event in mirror.session.receive(mirror.client.take_output()):
        assert isinstance(event, Authorizing)
        named.append(event.user)
        mirror.session.authorized(event.token)
    assert named == ["farm.0", "farm.1", "farm.2"]
    assert mirror.exchange() == [Authorized(token) for token in tokens]


@pytest.mark.parametrize("size", [1, 4, 12, 32])
def test_every_size_of_extranonce2_that_we_would_give_is_taken(size):
    mirror = Mirror()
    mirror.client.begin()
    session = mirror.session
    for event in session.receive(mirror.client.take_output()):
        assert isinstance(event, Subscribing)
        session.subscribed("s", b"\x01", ExtranonceLayout(1, size).extranonce2_size)
    events = list(mirror.client.receive(session.take_output()))
    assert events[-1] == SubscribedUpstream("s", b"\x01", size)
