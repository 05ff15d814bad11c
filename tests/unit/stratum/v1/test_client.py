"""The client against what pools say, line by line."""

import json
from typing import Any

import pytest

from headframe.bitcoin.target import DIFFICULTY_1_TARGET
from headframe.stratum.v1.client import METHODS, ClientPhase, V1Client
from headframe.stratum.v1.client_events import (
    Authorized,
    AuthorizeRefused,
    ClientEvent,
    ClientLimits,
    Configured,
    ExtranonceChanged,
    Message,
    Ponged,
    PoolJob,
    PoolMisbehaved,
    PoolTarget,
    ReconnectAsked,
    SubmitSettled,
    SubscribedUpstream,
    SubscribeRefused,
    VersionMaskChanged,
)
from headframe.testing.fake_pool_absurd import ABSURD, GOOD_JOB

NOTIFY = ["j1", "03020100" * 8, "c1" * 60, "c2" * 60, ["b0" * 32], "20000000", "1d00ffff", "65000000", True]


def say(**message: Any) -> bytes:
    return json.dumps({"id": None, **message}).encode() + b"\n"


def tell(method: str, *params: Any) -> bytes:
    return say(method=method, params=list(params))


def answer(request_id: object, result: object, error: object = None) -> bytes:
    return say(id=request_id, result=result, error=error)


CONFIGURED = answer(1, {"version-rolling": True, "version-rolling.mask": "1fffe000"})
SUBSCRIPTION = [[["mining.set_difficulty", "d1"], ["mining.notify", "s1"]], "08000002", 4]
SUBSCRIBED = answer(2, SUBSCRIPTION)


def new_client(**settings: Any) -> V1Client:
    client = V1Client(**{"host": "eu.pool.example", "user_agent": "headframe/1", **settings})
    client.begin()
    return client


def hear(client: V1Client, *lines: bytes) -> list[ClientEvent]:
    return list(client.receive(b"".join(lines)))


def asked(client: V1Client) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.take_output().splitlines()]


@pytest.fixture
def client() -> V1Client:
    """Past the handshake, without work; nothing waits to be sent."""
    client = new_client()
    assert hear(client, CONFIGURED, SUBSCRIBED) == [
        Configured(0x1FFFE000),
        SubscribedUpstream("s1", bytes.fromhex("08000002"), 4),
    ]
    client.take_output()
    return client


# What we say


def test_the_handshake_asks_for_everything_in_one_go():
    client = V1Client(host="pool.example", user_agent="headframe/1")
    client.begin(resume="s0", suggest_difficulty=1000.0, extranonce_changes=True)
    client.authorize("wallet.rig", "x")
    assert [(each["id"], each["method"], each["params"]) for each in asked(client)] == [
        (
            1,
            "mining.configure",
            [["version-rolling"], {"version-rolling.mask": "1fffe000", "version-rolling.min-bit-count": 2}],
        ),
        (2, "mining.subscribe", ["headframe/1", "s0"]),
        (3, "mining.extranonce.subscribe", []),
        (4, "mining.suggest_difficulty", [1000]),
        (5, "mining.authorize", ["wallet.rig", "x"]),
    ]


def test_without_a_wanted_mask_configure_is_not_asked_and_known_to_be_none():
    client = new_client(version_mask=0)
    assert [each["method"] for each in asked(client)] == ["mining.subscribe"]
    assert hear(client) == [Configured(0)]


def test_a_connection_begins_once():
    with pytest.raises(RuntimeError):
        new_client().begin()


@pytest.mark.parametrize(("bits", "more"), [(None, []), (0, ["00000000"]), (0x2000, ["00002000"])])
def test_a_submit_is_zero_padded_hex(client, bits, more):
    token = client.submit("w", "j1", b"\x00\x01\xff\xfe", 0x65000001, 0xAB, bits)
    assert asked(client) == [
        {"id": token, "method": "mining.submit", "params": ["w", "j1", "0001fffe", "65000001", "000000ab", *more]}
    ]


# Work


def test_a_job_carries_all_that_held_when_it_came(client):
    events = hear(client, tell("mining.set_difficulty", 1024), tell("mining.notify", *NOTIFY))
    assert events == [
        PoolTarget(DIFFICULTY_1_TARGET // 1024),
        PoolJob(
            job_id="j1",
            prev_hash=bytes(range(4)) * 8,
            coinbase1=b"\xc1" * 60,
            coinbase2=b"\xc2" * 60,
            branch=(b"\xb0" * 32,),
            version=0x20000000,
            bits=0x1D00FFFF,
            ntime=0x65000000,
            clean=True,
            target=DIFFICULTY_1_TARGET // 1024,
            extranonce1=bytes.fromhex("08000002"),
            extranonce2_size=4,
            version_mask=0x1FFFE000,
        ),
    ]


def test_a_pool_that_sets_no_difficulty_means_one(client):
    (job,) = hear(client, tell("mining.notify", *NOTIFY))
    assert isinstance(job, PoolJob)
    assert job.target == DIFFICULTY_1_TARGET


def test_changes_hold_for_the_jobs_after_them(client):
    events = hear(
        client,
        tell("mining.notify", *NOTIFY),
        tell("mining.set_target", f"{DIFFICULTY_1_TARGET // 7:064x}"),
        tell("mining.set_extranonce", "aabb", 6),
        tell("mining.set_version_mask", "00ffe000"),
        tell("mining.notify", *NOTIFY),
    )
    first, target, extranonce, mask, second = events
    assert target == PoolTarget(DIFFICULTY_1_TARGET // 7)
    assert extranonce == ExtranonceChanged(b"\xaa\xbb", 6)
    assert mask == VersionMaskChanged(0x00FFE000)
    assert isinstance(first, PoolJob)
    assert isinstance(second, PoolJob)
    assert (first.target, first.extranonce1, first.extranonce2_size, first.version_mask) == (
        DIFFICULTY_1_TARGET,
        bytes.fromhex("08000002"),
        4,
        0x1FFFE000,
    )
    assert (second.target, second.extranonce1, second.extranonce2_size, second.version_mask) == (
        DIFFICULTY_1_TARGET // 7,
        b"\xaa\xbb",
        6,
        0x00FFE000,
    )


@pytest.mark.parametrize("value", [1024, 1024.0, "1024", "1024.0", "1.024e3"])
def test_a_difficulty_may_be_any_kind_of_number(client, value):
    assert hear(client, tell("mining.set_difficulty", value)) == [PoolTarget(DIFFICULTY_1_TARGET // 1024)]


def test_a_mask_never_has_bits_that_were_not_asked_for():
    client = new_client(version_mask=0x00006000)
    events = hear(client, answer(1, {"version-rolling": True, "version-rolling.mask": "ffffffff"}), SUBSCRIBED)
    assert events[0] == Configured(0x00006000)
    assert hear(client, tell("mining.set_version_mask", "1fff2000")) == [VersionMaskChanged(0x2000)]


# The order of the handshake


def test_work_before_subscribes_answer_is_held_back_and_only_the_newest():
    client = new_client()
    second = ["j2", *NOTIFY[1:8], False]
    events = hear(
        client, tell("mining.set_difficulty", 2), tell("mining.notify", *NOTIFY), tell("mining.notify", *second)
    )
    assert events == [PoolTarget(DIFFICULTY_1_TARGET // 2)]
    assert hear(client, CONFIGURED) == [Configured(0x1FFFE000)]
    subscribed, job = hear(client, SUBSCRIBED)
    assert isinstance(subscribed, SubscribedUpstream)
    assert isinstance(job, PoolJob)
    assert job.job_id == "j2"
    assert job.clean  # the one that was passed over was
    assert job.target == DIFFICULTY_1_TARGET // 2


def test_work_waits_for_configures_answer():
    client = new_client()
    assert [type(event) for event in hear(client, SUBSCRIBED, tell("mining.notify", *NOTIFY))] == [SubscribedUpstream]
    configured, job = hear(client, CONFIGURED)
    assert configured == Configured(0x1FFFE000)
    assert isinstance(job, PoolJob)
    assert job.version_mask == 0x1FFFE000


def test_a_pool_that_passes_configure_over_grants_nothing():
    client = new_client()
    token = client.authorize("w", "x")
    assert hear(client, SUBSCRIBED, tell("mining.notify", *NOTIFY))[1:] == []
    configured, job, authorized = hear(client, answer(token, True))
    assert configured == Configured(0)
    assert isinstance(job, PoolJob)
    assert job.version_mask == 0
    assert authorized == Authorized(token)
    assert hear(client, CONFIGURED) == [VersionMaskChanged(0x1FFFE000)]


@pytest.mark.parametrize(
    "reply",
    [
        answer(1, {"version-rolling": False}),
        answer(1, {"version-rolling": "no such extension"}),
        answer(1, {"version-rolling": True}),
        answer(1, {"version-rolling": True, "version-rolling.mask": "0x1fffe000"}),
        answer(1, {}),
        answer(1, True),
        answer(1, None, [-3, "Method not found", None]),
        answer(1, None, "unknown method"),
        answer(None, None, [20, "Not supported", None]),
    ],
)
def test_a_refused_configure_is_no_mask_and_no_trouble(reply):
    assert hear(new_client(), reply) == [Configured(0)]


@pytest.mark.parametrize(
    ("result", "session_id"),
    [
        ([[["mining.set_difficulty", "d"], ["mining.notify", "s"]], "0800", 4], "s"),
        ([[["mining.notify", "s"]], "0800", 4], "s"),
        ([[["mining.notify", "s"], ["mining.set_difficulty", "d"]], "0800", "4"], "s"),
        ([["mining.notify", "s"], "0800", 4.0], "s"),
        ([[[["mining.set_difficulty", "d"], ["mining.notify", "s"]]], "0800", 4], "s"),
        ([[[["mining.notify", "s"]], "0800", 4]], "s"),
        ([[["mining.set_difficulty", "d"]], "0800", 4], "d"),
        (["s", "0800", 4], "s"),
        ([[], "0800", 4], ""),
        ([None, "0800", 4], ""),
        ([[["mining.notify", None]], "0800", 4, "more"], ""),
    ],
)
def test_every_shape_of_a_subscription_is_understood(result, session_id):
    assert hear(new_client(), answer(2, result)) == [SubscribedUpstream(session_id, b"\x08\x00", 4)]


def test_an_empty_extranonce1_is_one():
    assert hear(new_client(), answer(2, [[], "", 12])) == [SubscribedUpstream("", b"", 12)]


@pytest.mark.parametrize(
    "result", [[[], "0800"], [[], "080", 4], [[], "0800", 0], [[], "0800", -1], [[], "0800", 33], [[], 5, 4], [[], "0800", None], "yes"]
)  # fmt: skip
def test_a_subscription_that_makes_no_sense_is_fatal(result):
    (event,) = hear(new_client(), answer(2, result))
    assert isinstance(event, PoolMisbehaved)
    assert event.fatal


def test_a_refused_subscription_says_why():
    assert hear(new_client(), answer(2, None, [24, "Failed subscription", None])) == [
        SubscribeRefused(24, "Failed subscription")
    ]


# Workers


@pytest.mark.parametrize(
    ("result", "error", "reason"),
    [
        (False, None, "refused without a reason"),
        (None, [24, "Unauthorized worker", None], "Unauthorized worker"),
        (False, {"code": 24, "message": "no such wallet"}, "no such wallet"),
        (False, "Invalid address", "Invalid address"),
        (None, None, "refused without a reason"),
        (True, [24, "and yet no", None], "and yet no"),
    ],
)
def test_a_refused_worker_is_refused_with_the_pools_words(client, result, error, reason):
    token = client.authorize("w", "x")
    assert hear(client, answer(token, result, error)) == [AuthorizeRefused(token, reason)]


def test_many_workers_are_authorised_in_any_order(client):
    tokens = [client.authorize(f"w{number}", "x") for number in range(3)]
    replies = [answer(tokens[2], True), answer(tokens[0], False), answer(tokens[1], True)]
    events = hear(client, *replies)
    assert [event.token for event in events if isinstance(event, Authorized | AuthorizeRefused)] == [
        tokens[2],
        tokens[0],
        tokens[1],
    ]


# Verdicts


def submits(client: V1Client, count: int) -> list[int]:
    return [client.submit("w", "j", b"abcd", 1, nonce, None) for nonce in range(count)]


@pytest.mark.parametrize(
    ("result", "error", "code", "reason"),
    [
        (None, [23, "Difficulty too low", None], 23, "Difficulty too low"),
        (False, [21, "Stale"], 21, "Stale"),
        (False, {"code": 22, "message": "Duplicate"}, 22, "Duplicate"),
        (False, {"code": "x", "msg": "odd"}, 0, "odd"),
        (False, "Above target", 0, "Above target"),
        (False, ["Above target"], 0, "Above target"),
        (False, 23, 23, "refused without a reason"),
        (False, [], 0, "refused without a reason"),
        (None, None, 0, "refused without a reason"),
        (False, [10**30, ["deep"]], 0, "refused without a reason"),
        (False, [20, "bell\x07 and\nline", None], 20, "bell andline"),
        (False, [20, "x" * 1000, None], 20, "x" * 255),
    ],
)
def test_a_refusal_of_any_shape_has_a_code_and_a_reason(client, result, error, code, reason):
    (token,) = submits(client, 1)
    assert hear(client, answer(token, result, error)) == [SubmitSettled(token, "refused", code, reason)]


def test_a_reason_beside_the_error_is_read(client):
    (token,) = submits(client, 1)
    reply = say(id=token, result=False, error=None, **{"reject-reason": "high-hash"})
    assert hear(client, reply) == [SubmitSettled(token, "refused", 0, "high-hash")]


@pytest.mark.parametrize("nothing", [None, False, [], {}, "", 0])
@pytest.mark.parametrize("result", [True, "OK", {"status": "OK"}, 1])
def test_whatever_says_yes_is_accepted(client, result, nothing):
    (token,) = submits(client, 1)
    (event,) = hear(client, answer(token, result, nothing))
    assert event == SubmitSettled(token, "accepted")
    assert event.accepted


@pytest.mark.parametrize("spelling", [int, str, float])
def test_ids_are_recognised_however_they_are_spelled_and_in_any_order(client, spelling):
    tokens = submits(client, 4)
    replies = [answer(spelling(token), token != tokens[1]) for token in reversed(tokens)]
    settled = hear(client, *replies)
    assert [(event.token, event.accepted) for event in settled] == [
        (tokens[3], True),
        (tokens[2], True),
        (tokens[1], False),
        (tokens[0], True),
    ]


@pytest.mark.parametrize("constant", [None, 0, 2, 4000, "submit", [1], 10**40, 1.5])
def test_a_pool_that_answers_all_with_one_id_is_matched_oldest_first(client, constant):
    tokens = submits(client, 5)
    settled = hear(client, *(answer(constant, number != 2) for number in range(5)))
    assert [(event.token, event.accepted) for event in settled] == [(token, at != 2) for at, token in enumerate(tokens)]


def test_a_constant_id_that_happens_to_be_an_open_one_still_settles_each_once(client):
    tokens = submits(client, 5)
    settled = hear(client, *[answer(tokens[1], True)] * 5)
    assert sorted(event.token for event in settled) == tokens


@pytest.mark.parametrize("constant", [None, 1, 2, 3])
def test_a_handshake_without_ids_is_understood(constant):
    client = new_client()
    token = client.authorize("w", "x")
    replies = [{"version-rolling": True, "version-rolling.mask": "1fffe000"}, SUBSCRIPTION, True]
    events = hear(client, *(answer(constant, result) for result in replies))
    assert [type(event) for event in events] == [Configured, SubscribedUpstream, Authorized]
    assert events[2] == Authorized(token)


def test_what_a_pool_without_ids_leaves_unanswered_takes_no_answer_away():
    client = V1Client(host="pool.example", user_agent="h")
    client.begin(extranonce_changes=True, suggest_difficulty=5)
    worker = client.authorize("w", "x")
    hear(client, CONFIGURED, SUBSCRIBED, answer(worker, True))
    (token,) = submits(client, 1)
    assert hear(client, answer(None, False)) == [SubmitSettled(token, "refused", 0, "refused without a reason")]


def test_an_answer_said_twice_settles_nothing_else_once_ids_are_known_to_be_echoed(client):
    first, second, third = submits(client, 3)
    hear(client, answer(first, True), answer(second, True))
    (event,) = hear(client, answer(second, True))
    assert event == PoolMisbehaved("an answer to nothing that we asked", fatal=False)
    assert hear(client, answer(third, True)) == [SubmitSettled(third, "accepted")]


def test_an_answer_to_what_was_given_up_is_no_verdict(client):
    first, second, third = submits(client, 3)
    hear(client, answer(first, True), answer(second, True))
    assert client.give_up(third)
    assert not client.give_up(third)
    assert client.unsettled == 0
    (event,) = hear(client, answer(third, True))
    assert isinstance(event, PoolMisbehaved)


def test_too_many_unanswered_submits_push_the_oldest_out():
    client = new_client(limits=ClientLimits(submits=3))
    hear(client, CONFIGURED, SUBSCRIBED)
    tokens = submits(client, 5)
    assert client.unsettled == 3
    assert hear(client) == [
        SubmitSettled(token, "lost", 0, "too many submits without an answer") for token in tokens[:2]
    ]
    assert hear(client) == []


def test_when_the_connection_ends_every_open_submit_is_lost_once(client):
    first, second, third = submits(client, 3)
    hear(client, answer(second, True))
    assert client.end() == [
        SubmitSettled(first, "lost", 0, "the connection ended"),
        SubmitSettled(third, "lost", 0, "the connection ended"),
    ]
    assert client.end() == []
    assert client.phase is ClientPhase.CLOSED
    assert hear(client, answer(first, True)) == []


# Control traffic


def test_questions_are_answered_here_and_yield_nothing(client):
    assert hear(client, say(id="v", method="client.get_version", params=[]), say(id=7, method="mining.ping")) == []
    assert asked(client) == [
        {"id": "v", "result": "headframe/1", "error": None},
        {"id": 7, "result": "pong", "error": None},
    ]


def test_our_ping_is_answered_by_a_result_a_refusal_or_a_pong(client):
    tokens = [client.ping() for _ in range(3)]
    replies = [answer(tokens[0], "pong"), answer(tokens[1], None, [-3, "Method not found", None])]
    events = hear(client, *replies, say(id=tokens[2], method="pong", params=[]))
    assert events == [Ponged(token) for token in tokens]
    assert hear(client, say(id=tokens[2], method="pong", params=[])) == []


def test_a_message_is_cut_and_printable(client):
    assert hear(client, tell("client.show_message", "maintenance\x1b[2J at\n noon" + "!" * 999)) == [
        Message(("maintenance\x1b[2J at\n noon" + "!" * 999)[:255].replace("\x1b", "").replace("\n", ""))
    ]
    assert hear(client, tell("client.show_message", 5), tell("client.show_message")) == []


@pytest.mark.parametrize(
    ("params", "event"),
    [
        ([], ReconnectAsked(None, None, 0.0)),
        (None, ReconnectAsked(None, None, 0.0)),
        (["us.pool.example", 3334, 5], ReconnectAsked("us.pool.example", 3334, 5.0)),
        (["us.pool.example", "3334", "5.5"], ReconnectAsked("us.pool.example", 3334, 5.5)),
        (["", 3334], ReconnectAsked(None, 3334, 0.0)),
        (["eu.pool.example", None, -5], ReconnectAsked("eu.pool.example", None, 0.0)),
        (["eu.pool.example", 0, 1e300], ReconnectAsked("eu.pool.example", None, 3600.0)),
        ([None, None, "soon"], ReconnectAsked(None, None, 0.0)),
    ],
)
def test_a_reconnect_within_the_domain_is_passed_on(client, params, event):
    assert hear(client, say(method="client.reconnect", params=params)) == [event]


@pytest.mark.parametrize("params", [["evil.example.net", 3333], ["10.0.0.1", 3333], ["eu.pool.example", 70000], ["eu.pool.example", -1], ["eu.pool.example", "x"]])  # fmt: skip
def test_a_reconnect_to_strangers_is_not(client, params):
    (event,) = hear(client, tell("client.reconnect", *params))
    assert isinstance(event, PoolMisbehaved)
    assert not event.fatal
    assert hear(client, tell("mining.notify", *NOTIFY))


@pytest.mark.parametrize("method", ["mining.get_job", "", "mining.submit", "client.show", "x" * 1000])
def test_an_unknown_method_is_refused_if_it_waits_for_an_answer_and_counted(client, method):
    (event,) = hear(client, say(id=9, method=method, params=[]))
    assert event == PoolMisbehaved("a method that we do not know", fatal=False)
    assert asked(client) == [{"id": 9, "result": None, "error": [-3, "Method not found", None]}]
    assert len(hear(client, say(method=method))) == 1
    assert asked(client) == []
    assert client.oddities == 2


def test_nothing_that_is_in_the_table_is_unknown(client):
    for method in METHODS:
        events = hear(client, say(id=1, method=method, params=[]))
        assert PoolMisbehaved("a method that we do not know", fatal=False) not in events
        client = new_client()
        hear(client, CONFIGURED, SUBSCRIBED)


# Misbehaviour


@pytest.mark.parametrize("name", ABSURD)
def test_what_is_absurd_is_fatal_with_a_reason_and_nothing_follows(client, name):
    token = client.submit("w", "j", b"abcd", 1, 2, None)
    events = hear(client, ABSURD[name], answer(token, True), tell("mining.notify", *NOTIFY))
    assert len(events) == 1
    assert isinstance(events[0], PoolMisbehaved)
    assert events[0].fatal
    assert 5 < len(events[0].reason) < 100
    assert client.phase is ClientPhase.CLOSED
    assert hear(client, answer(token, True)) == []
    assert [settled.token for settled in client.end()] == [token]


def test_the_good_job_that_the_absurd_ones_are_made_of_is_taken(client):
    assert isinstance(hear(client, tell("mining.notify", *GOOD_JOB))[0], PoolJob)


def test_the_largest_job_fits(client):
    half = "ab" * (50 * 1024)
    params = ["j" * 128, NOTIFY[1], half, half, ["b0" * 32] * 32, *NOTIFY[5:]]
    assert isinstance(hear(client, tell("mining.notify", *params))[0], PoolJob)


def test_too_many_oddities_are_fatal():
    client = new_client(limits=ClientLimits(oddities=3))
    events = hear(client, *[tell("who.knows")] * 5)
    assert [event.fatal for event in events if isinstance(event, PoolMisbehaved)] == [False, False, False, True]


def test_a_pool_that_asks_faster_than_it_reads_is_fatal():
    client = new_client(limits=ClientLimits(reply_bytes=200))
    events = hear(client, *[say(id=1, method="mining.ping", params=[])] * 50)
    assert events == [PoolMisbehaved("asks faster than it reads", fatal=True)]
    assert len(client.take_output()) < 1000


def test_blank_lines_are_nothing(client):
    assert hear(client, b"\n\r\n  \n") == []
    assert client.oddities == 0
