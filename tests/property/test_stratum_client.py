"""Whatever bytes a pool sends, however they are split: events, never an exception, and bounded memory."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from headframe.stratum.v1.client import METHODS, ClientPhase, V1Client
from headframe.stratum.v1.client_domain import same_domain
from headframe.stratum.v1.client_events import (
    Authorized,
    AuthorizeRefused,
    ClientEvent,
    ClientLimits,
    Configured,
    PoolJob,
    PoolMisbehaved,
    SubmitSettled,
    SubscribedUpstream,
)
from headframe.stratum.v1.client_messages import MIN_TARGET
from headframe.testing.fake_pool_absurd import ABSURD, GOOD_JOB

LIMITS = ClientLimits(
    line_bytes=900, coinbase_bytes=200, siblings=4, submits=4, requests=6, reply_bytes=600, oddities=12
)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=6)  # fmt: skip
methods = st.sampled_from([*METHODS, "mining.submit", ""]) | st.text(max_size=8) | values
words = st.sampled_from(
    ["65000001", "1fffe000", "00" * 32, "ff" * 32, "aabb", "", "1", " 1", "0x", "g" * 8, "1024", "-5", "1e5"]
)
ids = st.integers(-1, 12) | st.sampled_from(["3", "5", None, 4.0]) | values

messages = st.fixed_dictionaries(
    {},
    optional={
        "id": ids,
        "method": methods,
        "params": st.lists(words | values, max_size=9) | values,
        "result": values,
        "error": values,
    },
)


def jobs_with(at: int, value: object) -> dict[str, object]:
    params = [*GOOD_JOB]
    params[at] = value
    return {"id": None, "method": "mining.notify", "params": params}


honest = st.one_of(
    st.builds(lambda mask: {"id": 1, "result": {"version-rolling": True, "version-rolling.mask": mask}}, words),
    st.builds(lambda en1, size: {"id": 2, "result": [[["mining.notify", "s"]], en1, size]}, st.sampled_from(["aabb", "", "00" * 8]), st.integers(1, 32)),
    st.builds(lambda number, result, error: {"id": number, "result": result, "error": error}, ids, st.sampled_from([True, False, None]), st.none() | st.just([21, "Stale", None])),
    st.builds(lambda number: {"method": "mining.set_difficulty", "params": [number]}, st.floats(1e-9, 1e15)),
    st.builds(jobs_with, st.just(0), st.sampled_from(["a", "b", "7"])),
    st.builds(jobs_with, st.integers(0, 8), words | values),
    st.builds(lambda en1, size: {"method": "mining.set_extranonce", "params": [en1, size]}, st.sampled_from(["aabb", "0011"]), st.integers(1, 12)),
    st.builds(lambda mask: {"method": "mining.set_version_mask", "params": [mask]}, words),
    st.builds(lambda number, method: {"id": number, "method": method}, ids, st.sampled_from(["mining.ping", "client.get_version", "client.reconnect", "x"])),
)  # fmt: skip


def encode(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")


lines = st.one_of(
    honest.map(encode),
    messages.map(encode),
    values.map(encode),
    st.binary(max_size=40),
    st.binary(min_size=890, max_size=920),
    st.builds(lambda message, at: encode(message)[:at], honest, st.integers(0, 80)),
    st.sampled_from([data[:2000] for data in ABSURD.values()]),
)
streams = st.lists(lines, max_size=14).map(lambda parts: b"\n".join(parts) + b"\n")
friendly = st.lists(honest.map(encode), max_size=14).map(lambda parts: b"\n".join(parts) + b"\n")
HANDSHAKE = b"".join(
    encode(message) + b"\n"
    for message in (
        {"id": 1, "result": {"version-rolling": True, "version-rolling.mask": "1fffe000"}},
        {"id": 2, "result": [[["mining.notify", "s"]], "aabb", 4]},
    )
)
begun = friendly.map(HANDSHAKE.__add__)
cuts = st.lists(st.integers(0, 10_000), max_size=12)


def busy_client() -> V1Client:
    """One that has asked a good deal, more than its limits allow to be open."""
    client = V1Client(host="pool.example", user_agent="t", limits=LIMITS)
    client.begin(extranonce_changes=True, suggest_difficulty=3)
    client.authorize("w", "x")
    for nonce in range(6):
        client.submit("w", "j", b"abcd", 1, nonce, 0)
    return client


def play(pieces: list[bytes]) -> tuple[list[ClientEvent], bytes, list[SubmitSettled]]:
    client = busy_client()
    events = [event for piece in pieces for event in client.receive(piece)]
    return events, client.take_output(), client.end()


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(edges)] or [b""]


def check(events: list[ClientEvent], output: bytes, lost: list[SubmitSettled]) -> None:
    for line in output.split(b"\n")[:-1]:
        message = json.loads(line, parse_int=len)
        assert "method" in message or ("result" in message and "error" in message)
    assert output.endswith(b"\n")
    # Nothing comes after what is fatal, and configure is settled once, before the first job.
    fatal = [at for at, event in enumerate(events) if isinstance(event, PoolMisbehaved) and event.fatal]
    assert fatal in ([], [len(events) - 1])
    kinds = [type(event) for event in events]
    assert kinds.count(Configured) <= 1
    if PoolJob in kinds:
        assert Configured in kinds[: kinds.index(PoolJob)]
        assert SubscribedUpstream in kinds[: kinds.index(PoolJob)]
    # Every submit and every worker is settled once at most, and every submit by the end.
    settled = [event.token for event in [*events, *lost] if isinstance(event, SubmitSettled)]
    assert len(settled) == len(set(settled)) == 6
    workers = [event.token for event in events if isinstance(event, Authorized | AuthorizeRefused)]
    assert len(workers) == len(set(workers)) <= 1
    for event in events:
        if isinstance(event, PoolJob):
            assert MIN_TARGET <= event.target < 2**256
            assert 1 <= event.extranonce2_size <= 32
            assert len(event.extranonce1) <= 32
            assert len(event.prev_hash) == 32
            assert {len(sibling) for sibling in event.branch} <= {32}
            assert len(event.coinbase1) + len(event.coinbase2) <= LIMITS.coinbase_bytes
            assert event.version_mask & ~0x1FFFE000 == 0


@given(streams | friendly | begun | st.binary(max_size=600), cuts)
def test_any_bytes_give_events_however_they_are_split(data, cuts):
    whole = play([data])
    check(*whole)
    assert play(split(data, cuts)) == whole


@given(friendly | begun)
def test_a_conversation_is_the_same_whole_and_byte_by_byte(data):
    assert play([data]) == play([bytes([byte]) for byte in data] or [b""])


@given(streams)
def test_memory_stays_within_its_bounds(data):
    client = busy_client()
    for _ in range(3):
        for _event in client.receive(data):
            client.submit("w", "j", b"abcd", 1, 2, 0)
            client.authorize("w", "x")
        assert client.unsettled <= LIMITS.submits
        assert len(client._requests._others) <= LIMITS.requests
        assert len(client._pushed) <= LIMITS.submits + LIMITS.requests
        assert len(client._lines._tail) <= LIMITS.line_bytes
        assert client._reply_bytes <= LIMITS.reply_bytes + LIMITS.line_bytes + 200
        assert client.oddities <= LIMITS.oddities + 1
    assert client.phase in ClientPhase


labels = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9]", fullmatch=True)
names = st.lists(labels, min_size=1, max_size=5).map(".".join)


@given(names, names)
def test_following_is_symmetric_and_strangers_stay_strangers(old, new):
    assert same_domain(old, new) == same_domain(new, old)
    assert same_domain(old, old)
    if same_domain(old, new):
        assert old.split(".")[-2:] == new.split(".")[-2:]


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_a_host_or_nobodys(old, new):
    assert isinstance(same_domain(old, new), bool)
