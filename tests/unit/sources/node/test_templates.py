"""What of a node's templates is used, and what is refused."""

from typing import Any

import pytest

from headframe.bitcoin.coinbase import witness_commitment
from headframe.bitcoin.merkle import coinbase_branch
from headframe.bitcoin.networks import NETWORKS
from headframe.sources.node.answers import HeaderAnswer
from headframe.sources.node.chain import ChainRules, chain_rules
from headframe.sources.node.templates import CheckedTemplate, TemplateRefused, empty_template, glance, read_template
from headframe.sources.node.transactions import KnownTransactions
from headframe.testing.template_answers import (
    FEE_SATS,
    PREV_HASH_HEX,
    SUBSIDY_SATS,
    answer_body,
    some_transactions,
    template_answer,
)

RULES = ChainRules(halving_interval=150, retarget_interval=0)


def read(answer: object, known: KnownTransactions | None = None) -> CheckedTemplate:
    return read_template(answer_body(answer), RULES, KnownTransactions() if known is None else known)


def test_a_template_carries_what_the_node_said() -> None:
    transactions = some_transactions(7)
    checked = read(template_answer(transactions))
    template = checked.template
    assert checked.dropped == 0
    assert template.height == 1
    assert template.prev_hash[::-1].hex() == PREV_HASH_HEX
    assert template.bits == 0x207FFFFF
    assert (template.time, template.min_time) == (1_700_000_600, 1_700_000_000)
    assert template.reward_sats == SUBSIDY_SATS + 7 * FEE_SATS
    assert template.transactions == tuple(transaction.serialize(witness=True) for transaction in transactions)
    assert template.branch == coinbase_branch([transaction.txid for transaction in transactions])
    assert template.commitment == witness_commitment([transaction.wtxid for transaction in transactions])


def test_a_negative_version_is_the_same_32_bits() -> None:
    assert read(template_answer(version=-1)).template.version == 0xFFFFFFFF


TRANSACTIONS = some_transactions(3)


def spoiled(place: int, **changes: Any) -> dict[str, Any]:
    answer = template_answer(TRANSACTIONS)
    answer["transactions"][place] |= changes
    return answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (template_answer(rules=["!segwit", "!futurefork"]), "futurefork"),
        (template_answer(vbrequired=1 << 20), "version bits"),
        (template_answer(signet_challenge="5121ab"), "signature"),
        (template_answer(bits="207ffffe"), "disagree"),
        (template_answer(bits="00000000"), "no sense"),
        (template_answer(bits="xyz"), "no sense"),
        (template_answer(target="7f ff" + "0" * 59), "no sense"),
        (template_answer(mintime=1_700_009_000, curtime=1_700_000_000), "clock"),
        (template_answer(previousblockhash="00" * 31), "previousblockhash"),
        (template_answer(coinbasevalue=SUBSIDY_SATS + 1), "exceeds"),
        (template_answer(height=150, coinbasevalue=SUBSIDY_SATS), "exceeds"),
        (template_answer(height=0), "not a block template"),
        (template_answer(coinbasevalue=1.5), "not a block template"),
        (template_answer(default_witness_commitment="6a24aa21a9ed" + "00" * 32), "commitment"),
        (template_answer(TRANSACTIONS, default_witness_commitment=None), "no witness commitment"),
        (template_answer([*TRANSACTIONS, TRANSACTIONS[0]]), "twice"),
        (spoiled(1, data="00"), "no transaction"),
        (spoiled(1, data="zz"), "no transaction"),
        (spoiled(1, txid="11" * 32), "hash to its id"),
        (spoiled(0, hash="11" * 32), "hash to its id"),
        (spoiled(1, weight=4), "weight"),
        (spoiled(1, depends=[2]), "before"),
        (spoiled(1, depends=[0]), "before"),
        (template_answer(TRANSACTIONS, weightlimit=100), "no room"),
    ],
)
def test_what_would_make_invalid_blocks_is_refused_in_words(answer: dict[str, Any], words: str) -> None:
    with pytest.raises(TemplateRefused, match=words):
        read(answer)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"\xff"', b"[" * 5000, answer_body(None, {"code": -1})])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(TemplateRefused):
        read_template(body, RULES, KnownTransactions())
    with pytest.raises(TemplateRefused):
        glance(body)


def test_transactions_at_the_end_make_room_for_the_coinbase() -> None:
    transactions = some_transactions(10)
    answer = template_answer(transactions)
    weights = [entry["weight"] for entry in answer["transactions"]]
    answer["weightlimit"] = 4000 + sum(weights[:8]) + 1
    checked = read(answer)
    assert checked.dropped == 2
    assert len(checked.template.transactions) == 8
    assert checked.template.reward_sats == SUBSIDY_SATS + 8 * FEE_SATS
    assert checked.template.commitment == witness_commitment([transaction.wtxid for transaction in transactions[:8]])
    assert checked.template.branch == coinbase_branch([transaction.txid for transaction in transactions[:8]])


def test_sigops_and_size_make_room_too() -> None:
    transactions = some_transactions(10)
    assert read(template_answer(transactions, sigoplimit=400 + 4 * 9)).dropped == 1
    sizes = [len(transaction.serialize(witness=True)) for transaction in transactions]
    assert read(template_answer(transactions, sizelimit=1000 + sum(sizes) - 1)).dropped == 1


def test_successive_templates_share_their_transactions() -> None:
    known = KnownTransactions()
    transactions = some_transactions(20)
    first = read(template_answer(transactions[:15]), known=known).template
    second = read(template_answer(transactions[3:]), known=known).template
    assert all(one is other for one, other in zip(first.transactions[3:], second.transactions[:12], strict=True))
    read(template_answer(transactions[:1]), known=known)
    read(template_answer(transactions[1:2]), known=known)
    assert len(known) == 2, "only what the last two templates hold is remembered"


def header(**changes: Any) -> HeaderAnswer:
    values: dict[str, Any] = {
        "hash": "ab" * 32,
        "confirmations": 1,
        "height": 9,
        "mediantime": 1_700_000_100,
        "bits": "207fffff",
    }
    return HeaderAnswer(**values | changes)


def test_a_header_alone_makes_an_empty_template() -> None:
    last = read(template_answer(TRANSACTIONS)).template
    empty = empty_template(header(), last, RULES, 1_700_000_500)
    assert empty is not None
    assert (empty.height, empty.prev_hash, empty.bits) == (10, bytes.fromhex("ab" * 32), 0x207FFFFF)
    assert (empty.transactions, empty.branch) == ((), ())
    assert empty.reward_sats == SUBSIDY_SATS
    assert (empty.time, empty.min_time) == (1_700_000_500, 1_700_000_101)
    assert empty.commitment == witness_commitment([])
    behind = empty_template(header(), last, RULES, 0)
    assert behind is not None
    assert behind.time == 1_700_000_101


def test_the_empty_template_knows_the_halving() -> None:
    last = read(template_answer()).template
    empty = empty_template(header(height=149), last, RULES, 0)
    assert empty is not None
    assert empty.reward_sats == SUBSIDY_SATS // 2


@pytest.mark.parametrize(
    ("rules", "changes"),
    [
        (RULES, {"confirmations": 2}),
        (RULES, {"confirmations": -1}),
        (chain_rules(NETWORKS["mainnet"]), {"height": 2015}),
        (chain_rules(NETWORKS["testnet3"]), {}),
        (chain_rules(NETWORKS["testnet4"]), {}),
    ],
)
def test_no_empty_template_where_the_next_bits_are_unknown(rules: ChainRules, changes: dict[str, Any]) -> None:
    last = read(template_answer()).template
    assert empty_template(header(**changes), last, rules, 0) is None


def test_a_nonsense_header_is_refused() -> None:
    last = read(template_answer()).template
    for changes in ({"bits": "zz"}, {"hash": "00"}, {"bits": "ff7fffff"}):
        with pytest.raises(TemplateRefused):
            empty_template(header(**changes), last, RULES, 0)
