"""What a node's answer to submitblock means."""

import json

import pytest

from headframe.sources.node.dispatch import Answer, submit_request, understand
from headframe.sources.node.rpc import RpcAddress
from headframe.testing.template_answers import answer_body

NODE = RpcAddress("http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("reason", "answer"),
    [
        (None, Answer.ACCEPTED),
        ("duplicate", Answer.HAS_IT),
        ("duplicate-inconclusive", Answer.HAS_IT),
        ("inconclusive", Answer.HAS_IT),
        ("prev-blk-not-found", Answer.UNSURE),
        ("duplicate-invalid", Answer.REFUSED),
        ("high-hash", Answer.REFUSED),
        ("bad-txnmrklroot", Answer.REFUSED),
        ("stale-prevblk", Answer.REFUSED),
        ("a reason of tomorrow", Answer.REFUSED),
    ],
)
def test_reasons_of_bip22(reason: str | None, answer: Answer) -> None:
    reply = understand(NODE, 200, answer_body(reason))
    assert reply.answer is answer
    assert reply.reason == (reason or "")


@pytest.mark.parametrize(
    ("code", "answer"), [(-22, Answer.REFUSED), (-28, Answer.UNSURE), (-1, Answer.UNSURE), (-32601, Answer.UNSURE)]
)
def test_an_error_is_final_only_when_the_node_could_not_read_the_block(code: int, answer: Answer) -> None:
    assert understand(NODE, 500, answer_body(None, {"code": code, "message": "m"})).answer is answer


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"result": 5}'])
def test_nonsense_is_asked_again(body: bytes) -> None:
    assert understand(NODE, 502, body).answer is Answer.UNSURE


def test_the_request_carries_the_block_as_hex() -> None:
    request = json.loads(submit_request(b"\x00\xffblock"))
    assert request["method"] == "submitblock"
    assert request["params"] == [b"\x00\xffblock".hex()]
