"""Whatever a node answers gives a template or a refusal, never another exception."""

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.bitcoin.transaction import Transaction
from headframe.sources.node.answers import ChainInfo, HeaderAnswer
from headframe.sources.node.chain import ChainRules
from headframe.sources.node.dispatch import Reply, understand
from headframe.sources.node.rpc import RpcAddress, RpcTrouble, read_answer
from headframe.sources.node.templates import CheckedTemplate, CoinbaseRoom, TemplateRefused, glance, read_template
from headframe.sources.node.transactions import KnownTransactions, strip_witness
from headframe.testing.template_answers import FEE_SATS, SUBSIDY_SATS, answer_body, some_transactions, template_answer

RULES = ChainRules(150, 0)
KEYS = sorted(template_answer())
TRANSACTION_KEYS = ["data", "txid", "hash", "depends", "fee", "sigops", "weight"]
HEX = st.text("0123456789abcdef", max_size=70)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12) | HEX,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*KEYS, "result", "error"]), inner),
    max_leaves=8,
)


def outcome(body: bytes) -> CheckedTemplate | None:
    """A template or None for a refusal; anything else is an exception that fails the test."""
    try:
        checked = read_template(body, RULES, KnownTransactions())
    except TemplateRefused:
        return None
    glance(body)
    return checked


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()) | JSON.map(answer_body))
def test_any_bytes(body: bytes) -> None:
    assert outcome(body) is None


@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, min_size=1, max_size=3), st.integers(0, 4))
def test_any_field_may_be_anything(changes: dict[str, Any], count: int) -> None:
    outcome(answer_body(template_answer(some_transactions(count)) | changes))


@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(TRANSACTION_KEYS), JSON | st.integers(), min_size=1, max_size=3))
def test_any_transaction_may_be_anything(changes: dict[str, Any]) -> None:
    answer = template_answer(some_transactions(3))
    answer["transactions"][1] |= changes
    outcome(answer_body(answer))


@given(st.binary(max_size=300))
def test_any_transaction_bytes(data: bytes) -> None:
    answer = template_answer(some_transactions(2))
    answer["transactions"][0]["data"] = data.hex()
    assert outcome(answer_body(answer)) is None


@given(
    st.integers(0, 40),
    st.integers(1, 10**6),
    st.integers(1, 200_000),
    st.integers(0, 1000),
    st.integers(0, 2**16),
)
def test_what_is_kept_fits_and_what_is_paid_is_what_is_kept(
    count: int, seed: int, weight_limit: int, sigop_limit: int, room: int
) -> None:
    transactions = some_transactions(count, seed)
    answer = template_answer(transactions, weightlimit=weight_limit, sigoplimit=sigop_limit)
    try:
        checked = read_template(answer_body(answer), RULES, KnownTransactions(), CoinbaseRoom(room, 40))
    except TemplateRefused:
        assert room > weight_limit or sigop_limit < 40 or room // 4 > 4_000_000
        return
    kept = len(checked.template.transactions)
    weights = [entry["weight"] for entry in answer["transactions"]]
    assert checked.dropped == count - kept
    assert sum(weights[:kept]) + room <= weight_limit
    assert 4 * kept + 40 <= sigop_limit
    assert checked.template.reward_sats == SUBSIDY_SATS + kept * FEE_SATS
    if kept < count:
        assert sum(weights[: kept + 1]) + room > weight_limit or 4 * (kept + 1) + 40 > sigop_limit


@given(st.integers(0, 2**32))
def test_stripping_agrees_with_reading(seed: int) -> None:
    for transaction in some_transactions(4, seed):
        raw = transaction.serialize(witness=True)
        assert strip_witness(raw) == Transaction.parse(raw).serialize(witness=False)


@given(st.integers(100, 600), st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_answer_to_a_call_is_a_value_or_trouble(status: int, body: bytes) -> None:
    for kind in (ChainInfo, HeaderAnswer, str):
        with contextlib.suppress(RpcTrouble):
            read_answer(status, body, kind)
    assert isinstance(understand(RpcAddress("http://localhost"), status, body), Reply)
