"""The current job, taken apart: ours to the last output, a pool's as far as it can be read."""

from collections.abc import Sequence
from typing import Any

import pytest

from headframe.bitcoin.coinbase import Output, coinbase_halves
from headframe.bitcoin.networks import NETWORKS
from headframe.bitcoin.subsidy import subsidy_sats
from headframe.bitcoin.transaction import Transaction, TransactionInput, TransactionOutput
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.jobmaker import JobStyle, block_coinbase, make_job
from headframe.mining.splice import JobPlace, PoolOffer, spliced_job
from headframe.mining.template import Template
from headframe.service.current_job import job_view, readable, reward_of, transactions_weight

LAYOUT = ExtranonceLayout(4, 4)
PAYEE = bytes.fromhex("0014") + bytes(20)
FEE = bytes.fromhex("0014") + b"\x01" * 20
COMMITMENT = bytes.fromhex("6a24aa21a9ed") + b"\x22" * 32
BITS = 0x1D00FFFF


def template(height: int = 840_000, **changes: Any) -> Template:
    known: dict[str, Any] = {
        "height": height,
        "version": 0x20000000,
        "prev_hash": bytes(31) + b"\x07",
        "bits": BITS,
        "time": 1_700_000_000,
        "min_time": 1_600_000_000,
        "reward_sats": subsidy_sats(height, NETWORKS["mainnet"]) + 12_345,
        "transactions": (),
        "branch": (),
        "commitment": COMMITMENT,
    }
    return Template(**known | changes)


def node_job(seq: int = 0x1F, **changes: Any) -> Job:
    payout = PayoutSet(1, PAYEE, ((FEE, 250),))
    style = JobStyle("home", b"/Headframe/")
    return make_job(template(**changes), style, payout, LAYOUT, generation=1, seq=seq, clean=True)


def pool_job(coinbase1: bytes, coinbase2: bytes) -> Job:
    offer = PoolOffer(
        "a1", bytes(32), coinbase1, coinbase2, (), 0x20000000, BITS, 1_700_000_000, 2**220, b"\xf8\x00\x00\x01", 8, 0
    )
    return spliced_job(offer, LAYOUT, 0, JobPlace("ocean", 1, "ocean#1", 840_000, 1, 7, True), ntime=1_700_000_000)


def test_our_own_coinbase_is_told_output_by_output() -> None:
    job = node_job()
    view = job_view(job, kind="node", network="mainnet", age_s=3.0, weight=1000)
    reward = 312_500_000 + 12_345
    fee = reward * 250 // 10_000
    assert [(each.kind, each.sats) for each in view.outputs] == [
        ("payout", reward - fee),
        ("fee", fee),
        ("commitment", 0),
    ]
    assert view.outputs[0].address.startswith("bc1q")
    assert (view.outputs[2].address, view.commitment_hex) == ("", "22" * 32)
    assert (view.reward_sats, view.fees_sats, view.transactions) == (reward, 12_345, 0)
    assert (view.tag, view.height, view.job_id, view.network_difficulty) == ("/Headframe/", 840_000, "1f", 1.0)
    assert view.prev_hash_hex == "07" + "00" * 31
    coinbase = bytes.fromhex(view.coinbase_hex)
    varied = coinbase[view.extranonce_at : view.extranonce_at + LAYOUT.size]
    assert (coinbase[: view.extranonce_at], varied) == (job.coinbase1, bytes(LAYOUT.size))


def test_the_weight_is_that_of_the_block() -> None:
    """BIP141: four times the bytes without witness, and once those of the witness."""
    job = node_job()
    view = job_view(job, kind="node", network="mainnet", age_s=0.0, weight=0)
    stripped = bytes.fromhex(view.coinbase_hex)
    block = 80 + 1 + len(stripped)
    witness = len(block_coinbase(template(), stripped)) - len(stripped)
    assert view.weight == 4 * block + witness
    assert job_view(job, kind="node", network="mainnet", age_s=0.0, weight=None).weight is None


@pytest.mark.parametrize("inputs", [1, 3])
@pytest.mark.parametrize("witnesses", [(), (b"\x30" * 72, b"\x02" * 33)])
def test_weights_of_transactions_are_those_of_their_parts(inputs: int, witnesses: Sequence[bytes]) -> None:
    spent = tuple(TransactionInput(bytes([n]) * 32, n, b"\x51" * 300 * n, 0xFFFFFFFE) for n in range(inputs))
    paid = tuple(TransactionOutput(5, b"\x6a" * size) for size in (1, 80, 300))
    stacks = tuple(tuple(witnesses) for _ in spent) if witnesses else ()
    made = Transaction(2, spent, paid, stacks, 9)
    raw, stripped = made.serialize(witness=True), made.serialize(witness=False)
    assert transactions_weight([raw]) == 3 * len(stripped) + len(raw)
    assert transactions_weight([raw, raw]) == 2 * (3 * len(stripped) + len(raw))


def test_what_is_no_transaction_has_no_weight() -> None:
    with pytest.raises(ValueError, match="truncated"):
        transactions_weight([b"\x02\x00\x00\x00\x00\x01\x05"])


def test_fees_are_unknown_where_a_chain_pays_less_than_bitcoins_rules_say() -> None:
    view = job_view(node_job(reward_sats=1), kind="node", network="mainnet", age_s=0.0, weight=None)
    assert view.fees_sats is None
    assert job_view(node_job(), kind="node", network="", age_s=0.0, weight=None).fees_sats is None


def test_a_pools_coinbase_is_told_as_far_as_it_can_be_read() -> None:
    data = bytes.fromhex("6a0548656c6c6f")
    first, second = coinbase_halves(
        height=840_000,
        tag=b"mined by ocean",
        visit=b"",
        extranonce_size=4 + 8,
        outputs=[Output(300_000_000, PAYEE), Output(12_500_000, FEE), Output(0, data)],
        commitment=COMMITMENT,
    )
    view = job_view(pool_job(first, second), kind="pool", network="mainnet", age_s=0.0, weight=None)
    assert [each.kind for each in view.outputs] == ["pool", "pool", "data", "commitment"]
    assert (view.reward_sats, view.fees_sats, view.transactions, view.weight) == (312_500_000, None, None, None)
    assert (view.tag, view.source_kind, view.commitment_hex) == ("mined by ocean", "pool", "22" * 32)
    assert view.extranonce_at == len(first) + 4


@pytest.mark.parametrize(
    "halves", [(b"", b""), (b"\xff" * 50, b"\xff" * 50), (b"\x01\x00\x00\x00\x01" + bytes(40), b"")]
)
def test_what_no_transaction_is_is_shown_as_bytes_alone(halves: tuple[bytes, bytes]) -> None:
    view = job_view(pool_job(*halves), kind="pool", network="mainnet", age_s=0.0, weight=None)
    assert (view.outputs, view.reward_sats, view.commitment_hex) == ((), None, "")
    assert bytes.fromhex(view.coinbase_hex).startswith(halves[0])


def test_readable_bytes_are_runs_of_printable_ones() -> None:
    assert readable(b"\x04/slush/\x00\x01ab\xff<script>\x00") == "/slush/ <script>"
    assert readable("ключ".encode()) == ""


@pytest.mark.parametrize(
    ("network", "height", "sats"),
    [
        ("mainnet", 0, 5_000_000_000),
        ("mainnet", 209_999, 5_000_000_000),
        ("mainnet", 210_000, 2_500_000_000),
        ("mainnet", 840_000, 312_500_000),
        ("mainnet", 33 * 210_000, 0),
        ("mainnet", 70 * 210_000, 0),
        ("regtest", 149, 5_000_000_000),
        ("regtest", 150, 2_500_000_000),
        ("signet", 210_000, 2_500_000_000),
    ],
)
def test_the_subsidy_halves(network: str, height: int, sats: int) -> None:
    assert subsidy_sats(height, NETWORKS[network]) == sats


def test_a_reward_is_the_templates_or_what_a_pools_coinbase_can_be_read_to_pay() -> None:
    def halves(sats: int) -> tuple[bytes, bytes]:
        return coinbase_halves(
            height=840_000,
            tag=b"",
            visit=b"",
            extranonce_size=12,
            outputs=[Output(sats, PAYEE), Output(5, FEE)],
            commitment=None,
        )

    assert reward_of(node_job()) == 312_512_345
    assert reward_of(pool_job(*halves(312_000_000))) == 312_000_005
    assert reward_of(pool_job(*halves(2**62))) is None, "more than there will ever be"
    assert reward_of(pool_job(b"", b"")) is None
