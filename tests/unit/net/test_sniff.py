"""Choosing a protocol by the first bytes, however they are cut."""

import pytest

from headframe.net.endpoint import Endpoint
from headframe.net.sniff import (
    HTTP_ANSWER,
    HTTP_DOOR,
    MAX_HEAD_BYTES,
    Door,
    Layer,
    Match,
    Sniffer,
    choose,
    is_http,
    is_json_lines,
    is_tls,
)


class Recorder:
    """A layer, and the endpoint behind its doors."""

    peer = "127.0.0.1"
    transport_kind = "tcp"

    def __init__(self) -> None:
        self.happened: list[tuple[str, object]] = []
        self.endpoint: Endpoint | None = None

    def write(self, data: bytes) -> None:
        self.happened.append(("write", data))

    def close(self, reason: str) -> None:
        self.happened.append(("close", reason))

    def misbehaved(self, cost: int) -> None:
        self.happened.append(("misbehaved", cost))

    def adopt(self, endpoint: Endpoint, *, settled: bool) -> None:
        self.endpoint = endpoint
        self.happened.append(("adopt", settled))

    def receive(self, data: bytes) -> None:
        self.happened.append(("receive", data))

    def closed(self, reason: str) -> None:
        pass


def doors(recorder: Recorder) -> tuple[Door, ...]:
    return (
        Door("sv1", is_json_lines, lambda layer: recorder),
        HTTP_DOOR,
        Door("tls", is_tls, lambda layer: recorder, settled=False),
    )


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b'{"id":1', "sv1"),
        (b"\n{", "sv1"),
        (b" ", "sv1"),
        (b"[", "sv1"),
        (b"GET / HTTP/1.1\r\n", "http"),
        (b"POST /", "http"),
        (b"\x16\x03\x01\x02\x00", "tls"),
    ],
)
def test_each_protocol_is_known_by_its_beginning(head: bytes, name: str) -> None:
    door = choose(doors(Recorder()), head)
    assert isinstance(door, Door)
    assert door.name == name


@pytest.mark.parametrize("head", [b"\x00", b"GIT", b"\x16\x02", b"SSH-2.0-x", b"\xff" * 100, b"PROXY TCP4"])
def test_anything_else_is_nobody(head: bytes) -> None:
    assert choose(doors(Recorder()), head) is Match.NO


@pytest.mark.parametrize("head", [b"", b"G", b"\x16", b"OPTIO", b"P"])
def test_a_beginning_that_may_still_become_something_waits(head: bytes) -> None:
    assert choose(doors(Recorder()), head) is Match.MORE


def test_no_door_may_keep_a_connection_waiting_for_more_than_the_bound() -> None:
    undecided = (Door("slow", lambda head: Match.MORE, lambda layer: None),)
    assert choose(undecided, bytes(MAX_HEAD_BYTES - 1)) is Match.MORE
    assert choose(undecided, bytes(MAX_HEAD_BYTES)) is Match.NO


def test_all_bytes_seen_so_far_reach_the_endpoint_in_one_piece() -> None:
    recorder = Recorder()
    sniffer = Sniffer(recorder, doors(recorder))
    sniffer.receive(b"\x16")
    assert recorder.happened == []
    sniffer.receive(b"\x03\x01")
    assert recorder.happened == [("adopt", False), ("receive", b"\x16\x03\x01")]


def test_a_browser_gets_one_polite_answer_and_is_closed() -> None:
    recorder = Recorder()
    sniffer = Sniffer(recorder, doors(recorder))
    for byte in (b"G", b"E", b"T", b" "):
        sniffer.receive(byte)
    assert recorder.happened == [("write", HTTP_ANSWER), ("close", "not accepted")]
    head, _, body = HTTP_ANSWER.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert f"Content-Length: {len(body)}".encode() in head


def test_noise_is_charged_and_closed_unanswered() -> None:
    recorder = Recorder()
    Sniffer(recorder, doors(recorder)).receive(b"\x00\x01\x02")
    assert [what for what, _ in recorder.happened] == ["misbehaved", "close"]


def test_a_door_that_takes_nobody_closes_unanswered_and_uncharged() -> None:
    recorder = Recorder()
    Sniffer(recorder, (Door("sv1", is_json_lines, lambda layer: None),)).receive(b"{")
    assert recorder.happened == [("close", "not accepted")]


def test_predicates_agree_with_themselves_byte_by_byte() -> None:
    for predicate, sample in ((is_tls, b"\x16\x03\x03"), (is_http, b"DELETE /x"), (is_json_lines, b"{}")):
        decided = [predicate(sample[:n]) for n in range(1, len(sample) + 1)]
        assert Match.NO not in decided
        assert decided[-1] is Match.YES


def test_layer_is_what_a_connection_offers() -> None:
    layer: Layer = Recorder()
    assert layer.peer == "127.0.0.1"
