"""Single behaviours of the SV1 session that no transcript shows well: bounds, floods, our own questions."""

import json

import pytest

from headframe.mining.submission import Accepted
from headframe.stratum.session import DownstreamSession
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import METHODS, VERSION_ID, NotOutstanding, Phase, V1Session
from headframe.testing.transcripts import sample_job

PING = b'{"id":1,"method":"mining.ping"}\n'


def test_it_is_a_downstream_session(talk):
    session: DownstreamSession = talk.session
    assert session.protocol == "sv1"


def test_the_phase_goes_one_way(talk):
    assert talk.session.phase is Phase.CONNECTED
    talk.send(b'{"id":1,"method":"mining.subscribe"}\n')
    assert talk.session.phase is Phase.SUBSCRIBED


def test_every_method_of_the_table_has_a_handler():
    assert all(callable(getattr(V1Session, method.handler)) for method in METHODS.values())


# Bounds


def test_a_long_line_costs_itself_and_nothing_else(talk_within):
    talk = talk_within(V1Limits(line_bytes=100))
    replies = talk.send(b'{"id":0,"method":"' + b"x" * 500 + b'"}\n' + PING)
    assert talk.seen == ["PeerMisbehaved 'line too long'"]
    assert [reply["result"] for reply in replies] == ["pong"]


def test_a_line_of_exactly_the_bound_is_read(talk_within):
    talk = talk_within(V1Limits(line_bytes=100))
    line = b'{"id":1,"method":"mining.ping"}'
    assert talk.send(line.ljust(100) + b"\n")
    assert not talk.send(line.ljust(101) + b"\n")


def test_who_asks_faster_than_it_reads_is_not_answered_until_it_does(talk_within):
    session = talk_within(V1Limits(output_bytes=1000)).session
    events = list(session.receive(b"x\n" * 10_000))
    assert [event.what for event in events].count("asks faster than it reads") == 1
    assert events[-1].what == "asks faster than it reads"
    assert len(session.take_output()) < 1200
    assert list(session.receive(PING)) == []
    assert session.take_output() == b'{"id":1,"result":"pong","error":null}\n'


def test_jobs_go_out_even_to_who_asks_too_much(talk_within):
    session = talk_within(V1Limits(output_bytes=10)).session
    for _ in session.receive(b'{"id":1,"method":"mining.subscribe"}\n'):
        session.subscribed("5e55", b"\x00\x00\x00\x01", 8)
    session.offer(sample_job(1), 1 << 220, clean=True)
    assert b"mining.notify" in session.take_output().splitlines()[-1]


def test_one_worker_more_than_allowed_is_refused_and_the_others_stay(talk_within):
    talk = talk_within(V1Limits(workers=2))
    assert talk.ask("mining.authorize", "a.1")["result"] is True
    assert talk.ask("mining.authorize", "a.2")["result"] is True
    refused = talk.ask("mining.authorize", "a.3")
    assert refused["result"] is False
    assert refused["error"] == [24, "Too many workers on this connection", None]
    # again, with another password, is no new worker
    assert talk.ask("mining.authorize", "a.2", "d=5")["result"] is True


def test_a_name_that_is_too_long_is_refused(talk_within):
    talk = talk_within(V1Limits(name_chars=10))
    assert talk.ask("mining.authorize", "0123456789")["result"] is True
    assert talk.ask("mining.authorize", "0123456789x")["error"][1] == "Worker name too long"


def test_texts_of_a_peer_are_cut_and_stripped_of_control_characters(talk_within):
    talk = talk_within(V1Limits(text_chars=20))
    talk.send(json.dumps({"id": 1, "method": "mining.subscribe", "params": ["\x1b[2J" + "a" * 100]}).encode() + b"\n")
    assert talk.session.user_agent == "[2J" + "a" * 16
    talk.send(json.dumps({"id": 2, "method": "mining.authorize", "params": ["a", "p" * 100]}).encode() + b"\n")
    assert talk.seen == [f"Authorizing 'a' {'p' * 20!r}"]


@pytest.mark.parametrize("resume", ["", "x" * 65, "é", "a\nb", 5, None])
def test_a_session_id_that_cannot_be_ours_is_none(talk, resume):
    talk.send(json.dumps({"id": 1, "method": "mining.subscribe", "params": ["agent", resume]}).encode() + b"\n")
    assert talk.seen == ["Subscribing 'agent' ''"]


@pytest.mark.parametrize(
    "value", [b"[" * 5000 + b"]" * 5000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b"9" * 6000, b"1e999", b'"\\ud800"']
)
@pytest.mark.parametrize("key", [b"id", b"params", b"x"])
def test_hostile_json_gets_at_most_one_error(talk, key, value):
    replies = talk.send(b'{"method":"mining.ping","' + key + b'":' + value + b"}\n" + PING)
    assert replies[-1]["result"] == "pong"
    assert len(replies) <= 2


# Whose worker


def test_a_worker_that_is_refused_later_is_one_no_longer(talk):
    talk.send(b'{"id":1,"method":"mining.subscribe"}\n')
    session = talk.session
    for grant in (True, False):
        for event in session.receive(b'{"id":2,"method":"mining.authorize","params":["farm.1"]}\n'):
            if grant:
                session.authorized(event.token)
            else:
                session.refuse_worker(event.token, "gone")
        line = b'{"id":3,"method":"mining.submit","params":["farm.1","01","00","65000001","00000001"]}\n'
        (event,) = session.receive(line)
        assert event.authorized is grant


# Our own questions


def test_the_firmware_names_itself_when_asked_and_only_then(talk):
    session = talk.session
    answer = json.dumps({"id": VERSION_ID, "result": "cgminer/4.12", "error": None}).encode() + b"\n"
    assert talk.send(answer) == []
    assert session.user_agent == ""
    session.ask_version()
    assert json.loads(session.take_output()) == {"id": VERSION_ID, "method": "client.get_version", "params": []}
    talk.send(answer)
    assert session.user_agent == "cgminer/4.12"
    talk.send(answer.replace(b"cgminer", b"another"))
    assert session.user_agent == "cgminer/4.12"


def test_info_names_the_firmware_until_the_subscription_does(talk):
    talk.send(b'{"id":1,"method":"mining.configure","params":[["info"],{"info.sw-version":"x1"}]}\n')
    assert talk.session.user_agent == "x1"
    talk.send(b'{"id":2,"method":"mining.subscribe","params":["real/2"]}\n')
    assert talk.session.user_agent == "real/2"


# Our own bugs


def test_an_answer_of_the_wrong_kind_raises(talk):
    session = talk.session
    with pytest.raises(NotOutstanding):
        session.subscribed("5e55", b"\x00\x00\x00\x01", 8)
    for event in session.receive(b'{"id":2,"method":"mining.authorize","params":["farm.1"]}\n'):
        with pytest.raises(NotOutstanding):
            session.answer(event.token, Accepted(1, bytes(32), False))
        session.authorized(event.token)
        with pytest.raises(NotOutstanding):
            session.refuse_worker(event.token, "too late")


def test_one_job_alone_leaves_as_the_object_that_all_share(talk):
    talk.send(b'{"id":1,"method":"mining.subscribe"}\n')
    job = sample_job(2)
    talk.session.offer(job, talk.hub.target, clean=False)
    first = talk.session.take_output()
    other = type(talk)(V1Limits())
    other.send(b'{"id":1,"method":"mining.subscribe"}\n')
    other.session.offer(job, other.hub.target, clean=False)
    assert other.session.take_output() is first
