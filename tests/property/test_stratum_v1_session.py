"""Whatever bytes a peer sends, however they are split: events and whole lines of JSON, never an exception."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.mining.jobmaker import VERSION_MASK
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import METHODS, V1Session
from headframe.testing.transcripts import ScriptedHub

LIMITS = V1Limits(line_bytes=300, output_bytes=2000, offers=4, workers=3, name_chars=40, text_chars=30)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=6)  # fmt: skip
methods = st.sampled_from([*METHODS, "client.reconnect", "mining.notify", ""]) | st.text(max_size=8) | values
hex_words = st.sampled_from(
    ["65000001", "00002000", "01", "1", "0000000000000001", "FFFFFFFF", "", " 1", "0x", "g" * 8]
)
names = st.sampled_from(["farm.1", "farm.2", "FARM.1", "bad.1", "x" * 63, "x" * 80])

messages = st.fixed_dictionaries(
    {},
    optional={
        "id": values,
        "method": methods,
        "params": st.lists(names | hex_words | values, max_size=8) | values,
        "result": values,
        "error": values,
    },
)
honest = st.one_of(
    st.builds(lambda agent: {"id": 1, "method": "mining.subscribe", "params": agent}, st.lists(st.text(max_size=8), max_size=2)),
    st.builds(lambda name: {"id": 2, "method": "mining.authorize", "params": [name, "x"]}, names),
    st.builds(lambda name, a, b, c, d, e: {"id": 3, "method": "mining.submit", "params": [name, a, b, c, d, e]}, names, *[hex_words] * 5),
    st.builds(lambda number: {"id": "s", "method": "mining.suggest_difficulty", "params": [number]}, st.floats(1e-9, 1e15)),
    st.builds(lambda exts: {"id": 5, "method": "mining.configure", "params": [exts, {}]}, st.lists(st.sampled_from(["version-rolling", "minimum-difficulty", "info", "x"]))),
)  # fmt: skip


def encode(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")


lines = st.one_of(
    honest.map(encode),
    messages.map(encode),
    values.map(encode),
    st.binary(max_size=40),
    st.binary(min_size=290, max_size=320),
    st.builds(lambda message, at: encode(message)[:at], honest, st.integers(0, 80)),
)
streams = st.lists(lines, max_size=12).map(lambda parts: b"\n".join(parts) + b"\n")


def play(pieces: list[bytes]) -> tuple[list[str], bytes]:
    """All events, and all that is sent: taken once, at the end, so that the bound on output is met alike."""
    hub = ScriptedHub(lambda: V1Session(version_mask=VERSION_MASK, limits=LIMITS, server_name="t"))
    for piece in pieces:
        hub.hear(piece)
    return hub.seen, hub.session.take_output()


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(edges)]


def check_lines(output: bytes) -> None:
    assert output == b"" or output.endswith(b"\n")
    for line in output.split(b"\n")[:-1]:
        message = json.loads(line)
        assert "method" in message or ("result" in message and "error" in message)
        error = message.get("error")
        assert error is None or (
            isinstance(error, list) and len(error) == 3 and isinstance(error[0], int) and isinstance(error[1], str)
        )


cuts = st.lists(st.integers(0, 10_000), max_size=12)


@given(streams | st.binary(max_size=600), cuts)
def test_any_bytes_give_events_and_whole_lines_however_they_are_split(data, cuts):
    events, output = play([data])
    check_lines(output)
    assert play(split(data, cuts)) == (events, output)


@given(st.lists(honest | messages, max_size=8))
def test_a_conversation_is_the_same_whole_and_byte_by_byte(conversation):
    data = b"".join(encode(message) + b"\n" for message in conversation)
    assert play([data]) == play([bytes([byte]) for byte in data])


@given(streams)
def test_output_and_memory_stay_within_their_bounds(data):
    hub = ScriptedHub(lambda: V1Session(version_mask=VERSION_MASK, limits=LIMITS, server_name="t"))
    for _ in range(3):
        hub.hear(data)
    # the last reply may pass the bound by one line; offers are not counted
    offers = 3 * 1000
    assert len(hub.session.take_output()) <= LIMITS.output_bytes + 2 * LIMITS.line_bytes + offers
    assert len(hub.session._lines._tail) <= LIMITS.line_bytes
    assert len(hub.session._workers) <= LIMITS.workers
    assert len(hub.session._offers) <= LIMITS.offers


@given(st.lists(st.sampled_from([b'{"id":1,"method":"mining.ping"}\n', b"junk\n", b"[" * 400 + b"\n"]), max_size=20))
def test_one_bad_line_never_loses_the_session(parts):
    hub = ScriptedHub(lambda: V1Session(version_mask=VERSION_MASK, limits=LIMITS, server_name="t"))
    hub.receive(b"".join(parts))
    hub.output = b""
    hub.receive(b'{"id":"last","method":"mining.ping"}\n')
    assert hub.output == b'{"id":"last","result":"pong","error":null}\n'


@pytest.mark.parametrize("method", METHODS)
@given(request_id=values, params=values)
def test_ids_come_back_as_the_bytes_that_they_were(method, request_id, params):
    try:
        raw = json.dumps(request_id, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, UnicodeEncodeError):
        return  # no JSON at all
    hub = ScriptedHub(lambda: V1Session(version_mask=VERSION_MASK, limits=V1Limits(), server_name="t"))
    try:
        rest = json.dumps(params, allow_nan=False).encode()
    except ValueError:
        return
    hub.receive(b'{"params":' + rest + b',"id":' + raw + b',"method":"' + method.encode() + b'"}\n')
    for line in hub.output.split(b"\n")[:-1]:
        if b'"method"' not in line[:30] and b"-32600" not in line and b"-32700" not in line:
            assert line.startswith(b'{"id":' + raw + b',"result":')
