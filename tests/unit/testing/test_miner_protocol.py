"""The miner's end of Stratum V1, on bytes alone."""

import json
from typing import Any

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.testing import miner_protocol
from headframe.testing.miner_protocol import (
    Authorized,
    FoundShare,
    JobArrived,
    MessageShown,
    MinerEvent,
    MinerJob,
    MinerProtocol,
    ProtocolTrouble,
    ReconnectAsked,
    ShareAnswered,
)

PREV_ON_WIRE = "".join(f"{word:08x}" for word in range(1, 9))
NOTIFY = ["1f", PREV_ON_WIRE, "aa", "bb", ["cc" * 32], "20000000", "207fffff", "665f0000", True]


def line(**message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


def said(protocol: MinerProtocol) -> list[dict[str, Any]]:
    return [json.loads(each) for each in protocol.take_output().splitlines()]


def feed(protocol: MinerProtocol, *lines: bytes) -> list[MinerEvent]:
    return [event for each in lines for event in protocol.receive(each)]


def subscribed(**options: Any) -> MinerProtocol:
    protocol = MinerProtocol("u.w", **options)
    protocol.hello()
    ids = {request["method"]: request["id"] for request in said(protocol)}
    feed(
        protocol,
        line(
            id=ids.get("mining.configure", 0),
            result={"version-rolling": True, "version-rolling.mask": "1fffe000"},
            error=None,
        ),
        line(id=ids["mining.subscribe"], result=[[["mining.notify", "sess"]], "01020304", 8], error=None),
        line(id=ids["mining.authorize"], result=True, error=None),
        line(id=ids["mining.extranonce.subscribe"], result=True, error=None),
        line(id=None, method="mining.set_difficulty", params=[0.5]),
    )
    return protocol


def job_of(protocol: MinerProtocol, params: list[Any] | None = None) -> MinerJob:
    (event,) = feed(protocol, line(id=None, method="mining.notify", params=params or NOTIFY))
    assert isinstance(event, JobArrived)
    return event.job


def test_hello_is_everything_at_once_in_order() -> None:
    protocol = MinerProtocol("u.w", "d=1", session_id="old")
    protocol.hello()
    requests = said(protocol)
    assert [request["method"] for request in requests] == [
        "mining.configure",
        "mining.subscribe",
        "mining.authorize",
        "mining.extranonce.subscribe",
    ]
    assert requests[1]["params"] == ["headframe-cpu/0.1", "old"]
    assert requests[2]["params"] == ["u.w", "d=1"]
    assert len({request["id"] for request in requests}) == 4


def test_a_job_carries_what_held_when_it_came() -> None:
    protocol = subscribed()
    job = job_of(protocol)
    assert protocol.authorized
    assert protocol.session_id == "sess"
    assert job.coinbase1 == bytes.fromhex("aa01020304")
    assert job.prev_hash == b"".join(word.to_bytes(4, "little") for word in range(1, 9))
    assert (job.extranonce2_size, job.version_mask, job.clean) == (8, 0x1FFFE000, True)
    assert job.target == target_of_difficulty(0.5)
    feed(
        protocol,
        line(id=None, method="mining.set_difficulty", params=[2]),
        line(id=None, method="mining.set_extranonce", params=["ff", 4]),
        line(id=None, method="mining.set_version_mask", params=["00ffe000"]),
    )
    assert (job.target, job.extranonce2_size) == (target_of_difficulty(0.5), 8)
    later = job_of(protocol)
    assert (later.target, later.coinbase1, later.extranonce2_size) == (target_of_difficulty(2), b"\xaa\xff", 4)
    assert later.version_mask == 0x00FFE000


@pytest.mark.parametrize("roll", [True, False])
def test_a_submit_has_six_parameters_only_when_versions_are_rolled(roll: bool) -> None:
    protocol = subscribed(roll_version=roll)
    job = job_of(protocol)
    protocol.submit(job, FoundShare(bytes(8), 0x665F0001, 0xAB, 0x2000))
    (request,) = said(protocol)
    assert request["method"] == "mining.submit"
    expected = ["u.w", "1f", "00" * 8, "665f0001", "000000ab"]
    assert request["params"] == ([*expected, "00002000"] if roll else expected)


def test_answers_are_matched_to_their_shares() -> None:
    protocol = subscribed()
    job = job_of(protocol)
    shares = [FoundShare(bytes(8), 1, nonce, 0) for nonce in range(5)]
    for share in shares:
        protocol.submit(job, share)
    ids = [request["id"] for request in said(protocol)]
    assert protocol.unanswered == 5
    events = feed(
        protocol,
        line(id=ids[1], result=None, error=[23, "Difficulty too low", None]),
        line(id=ids[0], result=True, error=None),
        line(id=ids[2], result=False, error="Stale"),
        line(id=ids[3], result=None, error={"code": 21, "message": "Job not found"}),
        line(id=ids[4], result=False, error=None),
        line(id=ids[0], result=True, error=None),
        line(id=None, result=True, error=None),
    )
    assert protocol.unanswered == 0
    assert [(event.share, event.accepted, event.reason) for event in events if isinstance(event, ShareAnswered)] == [
        (shares[1], False, "Difficulty too low"),
        (shares[0], True, ""),
        (shares[2], False, "Stale"),
        (shares[3], False, "Job not found"),
        (shares[4], False, "refused without a reason"),
    ]


def test_it_answers_what_it_is_asked_and_reports_what_it_is_told() -> None:
    protocol = subscribed()
    events = feed(
        protocol,
        line(id=9, method="mining.ping", params=[]),
        line(id="v", method="client.get_version", params=[]),
        line(id=None, method="client.show_message", params=["hi"]),
        line(id=None, method="client.reconnect", params=["elsewhere", 3333, 5]),
        line(id=None, method="client.reconnect", params=[]),
        line(id=None, method="something.new", params=[1]),
    )
    assert events == [MessageShown("hi"), ReconnectAsked("elsewhere", 3333, 5.0), ReconnectAsked("", 0, 0.0)]
    assert [(each["id"], each["result"]) for each in said(protocol)] == [(9, "pong"), ("v", "headframe-cpu/0.1")]


def test_a_refused_worker_is_told_why() -> None:
    protocol = MinerProtocol("u.w", roll_version=False)
    protocol.hello()
    authorize = said(protocol)[1]["id"]
    assert feed(protocol, line(id=authorize, result=False, error=[24, "Unauthorized worker", None])) == [
        Authorized(False, "Unauthorized worker")
    ]


def test_lines_may_be_split_anywhere_and_come_together() -> None:
    whole = line(id=None, method="client.show_message", params=["a"]) + line(
        id=None, method="client.show_message", params=["b"]
    )
    for cut in range(len(whole)):
        protocol = MinerProtocol("u")
        assert feed(protocol, whole[:cut], whole[cut:]) == [MessageShown("a"), MessageShown("b")]


@pytest.mark.parametrize(
    "bad",
    [
        b"nonsense\n",
        b"[]\n",
        line(id=None, method="mining.notify", params=["1"]),
        line(id=None, method="mining.notify", params=[*NOTIFY[:5], "zz", *NOTIFY[6:]]),
        line(id=None, method="mining.set_difficulty", params=[0]),
        line(id=None, method="mining.set_difficulty", params=["x"]),
        line(id=None, method="mining.set_extranonce", params=["01", 99]),
        line(id=2, result=[[], "01"], error=None),
        line(id=2, result=None, error=[20, "no", None]),
    ],
)
def test_what_no_miner_can_work_with_is_trouble(bad: bytes) -> None:
    protocol = MinerProtocol("u")
    protocol.hello()
    with pytest.raises(ProtocolTrouble):
        feed(protocol, line(id=None, method="client.show_message", params=["a"]), bad)


def test_a_job_before_an_extranonce_is_trouble() -> None:
    with pytest.raises(ProtocolTrouble, match="before an extranonce"):
        feed(MinerProtocol("u"), line(id=None, method="mining.notify", params=NOTIFY))


def test_bounds_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(miner_protocol, "MAX_LINE", 100)
    monkeypatch.setattr(miner_protocol, "MAX_PENDING", 2)
    with pytest.raises(ProtocolTrouble, match="endless"):
        feed(MinerProtocol("u"), b"x" * 101)
    with pytest.raises(ProtocolTrouble, match="too many requests"):
        MinerProtocol("u").hello()
