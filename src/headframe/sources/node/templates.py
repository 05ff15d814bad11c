"""A node's answer to getblocktemplate, checked and turned into a template.

Responsible for: refusing an answer that would make invalid blocks, leaving room for our coinbase, and the empty
template that a new tip's header alone allows.
Not responsible for: asking the node (`sources.node.endpoint`), making jobs (`mining.jobmaker`).
Read next: `mining.template`, `sources.node.feed`.

Pure, though not quick: with thousands of transactions it takes tens of milliseconds and belongs in a thread.
Whatever a node answers gives a Template or TemplateRefused, nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from headframe.bitcoin.coinbase import witness_commitment
from headframe.bitcoin.merkle import coinbase_branch
from headframe.bitcoin.target import target_of_bits
from headframe.mining.jobmaker import VERSION_MASK
from headframe.mining.template import Template
from headframe.mining.units import Sats
from headframe.sources.node.answers import Envelope, HeaderAnswer, TemplateAnswer, TemplateGlance, TemplateTransaction
from headframe.sources.node.chain import ChainRules
from headframe.sources.node.transactions import BadTransaction, KnownTransaction, KnownTransactions

T = TypeVar("T")

UNDERSTOOD_RULES = frozenset({"csv", "segwit", "taproot", "signet", "testdummy"})
"""Consensus rules that change nothing about how a block is put together beyond what this module does."""

OPEN_SIGNET_CHALLENGE = "51"
"""OP_TRUE: the only signet whose blocks need no signature."""

MAX_CLOCK_LAG_S = 7200
"""A header may not be further than this in the future, so a node whose clock is further behind its chain is no use."""


class TemplateRefused(Exception):
    """The answer cannot be mined; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class CoinbaseRoom:
    """What is left free of the block's limits: for header, transaction count and coinbase. bitcoind's own defaults
    leave at least as much, so transactions are dropped only for nodes configured to leave less."""

    weight: int = 4000
    sigops: int = 400


DEFAULT_ROOM = CoinbaseRoom()


@dataclass(frozen=True, slots=True, eq=False)
class CheckedTemplate:
    """A template, the id to long-poll with, and how many transactions had to make room."""

    template: Template
    longpollid: str
    dropped: int


_decode_answer = msgspec.json.Decoder(Envelope[TemplateAnswer]).decode
_decode_glance = msgspec.json.Decoder(Envelope[TemplateGlance]).decode


def glance(body: bytes) -> TemplateGlance:
    """Which tip an answer builds on, and its id. Raises TemplateRefused."""
    return _decoded(_decode_glance, body)


def read_template(
    body: bytes, rules: ChainRules, known: KnownTransactions, room: CoinbaseRoom = DEFAULT_ROOM
) -> CheckedTemplate:
    """The template in a JSON-RPC answer's body. Raises TemplateRefused."""
    return check_template(_decoded(_decode_answer, body), rules, known, room)


def _decoded(decode: Callable[[bytes], Envelope[T]], body: bytes) -> T:
    try:
        envelope = decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TemplateRefused(f"the answer is not a block template: {error}") from error
    if envelope.result is None:
        raise TemplateRefused(f"the answer holds no template: {envelope.error}")
    return envelope.result


def check_template(
    answer: TemplateAnswer, rules: ChainRules, known: KnownTransactions, room: CoinbaseRoom
) -> CheckedTemplate:
    """The checked template. Raises TemplateRefused."""
    _check_rules(answer)
    bits = _checked_bits(answer)
    if answer.mintime > answer.curtime + MAX_CLOCK_LAG_S:
        raise TemplateRefused("the node's clock is more than two hours behind its chain")
    try:
        transactions = known.resolve(answer.transactions)
    except BadTransaction as trouble:
        raise TemplateRefused(str(trouble)) from trouble
    _check_transactions(answer.transactions, transactions)
    _check_commitment(answer, transactions)
    reward = _checked_reward(answer, rules)
    kept = _how_many_fit(answer, room)
    dropped = answer.transactions[kept:]
    chosen = transactions[:kept]
    template = Template(
        height=answer.height,
        version=answer.version & 0xFFFFFFFF,
        prev_hash=_hash(answer.previousblockhash, "previousblockhash"),
        bits=bits,
        time=answer.curtime,
        min_time=answer.mintime,
        reward_sats=reward - sum(entry.fee for entry in dropped),
        transactions=tuple(transaction.raw for transaction in chosen),
        branch=coinbase_branch([transaction.txid for transaction in chosen]),
        commitment=None
        if answer.default_witness_commitment is None
        else witness_commitment([transaction.wtxid for transaction in chosen]),
    )
    return CheckedTemplate(template, answer.longpollid, len(dropped))


def _check_rules(answer: TemplateAnswer) -> None:
    for rule in answer.rules:
        if rule.startswith("!") and rule[1:] not in UNDERSTOOD_RULES:
            raise TemplateRefused(f"the template demands rule {rule[1:41]!r}, which this version does not understand")
    if answer.vbrequired & VERSION_MASK:
        raise TemplateRefused("the template demands version bits that miners roll")
    if answer.signet_challenge is not None and answer.signet_challenge != OPEN_SIGNET_CHALLENGE:
        raise TemplateRefused("this signet's blocks need a signature that only its operators can make")


def _checked_bits(answer: TemplateAnswer) -> int:
    try:
        bits = int.from_bytes(_sized_hex(answer.bits, 4), "big")
        stated = int.from_bytes(_sized_hex(answer.target, 32), "big")
        meant = target_of_bits(bits)
    except ValueError as error:
        raise TemplateRefused(f"bits or target make no sense: {error}") from error
    if meant != stated:
        raise TemplateRefused("bits and target disagree")
    return bits


def _check_transactions(listed: list[TemplateTransaction], transactions: list[KnownTransaction]) -> None:
    for place, (entry, transaction) in enumerate(zip(listed, transactions, strict=True)):
        if entry.weight != transaction.weight:
            raise TemplateRefused(f"transaction {entry.txid} has another weight than the template says")
        if any(not 1 <= parent <= place for parent in entry.depends):
            raise TemplateRefused(f"transaction {entry.txid} stands before one that it depends on")


def _check_commitment(answer: TemplateAnswer, transactions: list[KnownTransaction]) -> None:
    stated = answer.default_witness_commitment
    if stated is None:
        if any(transaction.txid != transaction.wtxid for transaction in transactions):
            raise TemplateRefused("transactions carry witnesses but there is no witness commitment")
        return
    if witness_commitment([transaction.wtxid for transaction in transactions]).hex() != stated:
        raise TemplateRefused("the witness commitment does not match the transactions")


def _checked_reward(answer: TemplateAnswer, rules: ChainRules) -> Sats:
    most = rules.most_subsidy_sats(answer.height) + sum(entry.fee for entry in answer.transactions)
    if answer.coinbasevalue > most:
        raise TemplateRefused(f"coinbasevalue {answer.coinbasevalue} exceeds subsidy and fees, {most}")
    return answer.coinbasevalue


def _how_many_fit(answer: TemplateAnswer, room: CoinbaseRoom) -> int:
    """How many transactions fit beside our coinbase. Parents come first, so cutting the end cuts no child's parent."""
    kept = len(answer.transactions)
    weight = room.weight + sum(entry.weight for entry in answer.transactions)
    sigops = room.sigops + sum(entry.sigops for entry in answer.transactions)
    size = room.weight // 4 + sum(len(entry.data) // 2 for entry in answer.transactions)
    while weight > answer.weightlimit or sigops > answer.sigoplimit or size > answer.sizelimit:
        if kept == 0:
            raise TemplateRefused("the limits leave no room for a coinbase")
        kept -= 1
        weight -= answer.transactions[kept].weight
        sigops -= answer.transactions[kept].sigops
        size -= len(answer.transactions[kept].data) // 2
    cut = answer.transactions[kept:]
    if answer.coinbasevalue < sum(entry.fee for entry in cut):
        raise TemplateRefused("coinbasevalue is less than the fees of the transactions that make room")
    return kept


def empty_template(header: HeaderAnswer, last: Template, rules: ChainRules, now_unix_s: int) -> Template | None:
    """A block with nothing but a coinbase on top of `header`, long before the node has put a full one together.

    None where the parent does not tell the next bits (retargets, the testnets), or the header is not the tip. The
    version is that of `last`: deployments change state only at retargets. Raises TemplateRefused.
    """
    height = header.height + 1
    if header.confirmations != 1 or not rules.keeps_bits(height):
        return None
    try:
        bits = int.from_bytes(_sized_hex(header.bits, 4), "big")
        target_of_bits(bits)
    except ValueError as error:
        raise TemplateRefused(f"the header's bits make no sense: {error}") from error
    return Template(
        height=height,
        version=last.version,
        prev_hash=_hash(header.hash, "hash"),
        bits=bits,
        time=max(now_unix_s, header.mediantime + 1),
        min_time=header.mediantime + 1,
        reward_sats=rules.subsidy_sats(height),
        transactions=(),
        branch=(),
        commitment=None if last.commitment is None else witness_commitment([]),
    )


def _sized_hex(text: str, size: int) -> bytes:
    if len(text) != 2 * size:
        raise ValueError(f"{2 * size} hex digits expected")
    data = bytes.fromhex(text)
    if len(data) != size:
        raise ValueError(f"{2 * size} hex digits expected")
    return data


def _hash(text: str, what: str) -> bytes:
    try:
        return _sized_hex(text, 32)[::-1]
    except ValueError as error:
        raise TemplateRefused(f"{what} is not a hash") from error
