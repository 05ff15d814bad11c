"""The embedded chain: branches, reorganisations, its mempool, and what it offers."""

import random

import pytest

from headframe.bitcoin.transaction import Transaction
from headframe.testing import chain as chain_module
from headframe.testing.chain import Chain
from headframe.testing.mempool import Mempool, invent
from headframe.testing.pace import FixedBits
from headframe.testing.rival import draft_block

NOW = 1_750_000_000


def extend(chain: Chain, count: int = 1, *, now: int = NOW) -> None:
    for _ in range(count):
        assert chain.submit(draft_block(chain, now).seal(), now) is None


def test_the_default_genesis_is_regtests() -> None:
    assert Chain().tip.hash[::-1].hex() == "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"


def test_an_offer_is_everything_that_waits_with_its_fees() -> None:
    chain = Chain()
    chain.invent_transactions(30)
    offer = chain.offer(NOW)
    assert len(offer.transactions) == 30
    assert offer.reward_sats == 50 * 10**8 + sum(each.fee_sats for each in offer.transactions)
    assert (offer.height, offer.prev_hash, offer.time) == (1, chain.tip.hash, NOW)
    earlier: set[bytes] = set()
    for transaction in offer.transactions:
        assert earlier.issuperset(transaction.parents)
        earlier.add(transaction.txid)
    assert any(transaction.parents for transaction in offer.transactions)


def test_the_offered_time_is_after_the_median_even_when_the_clock_is_behind() -> None:
    chain = Chain()
    extend(chain, 12)
    offer = chain.offer(NOW - 5_000)
    assert offer.time == offer.min_time == chain.median_time(chain.tip) + 1


def test_a_block_takes_its_transactions_out_of_the_mempool_and_leaves_the_rest() -> None:
    chain = Chain()
    chain.invent_transactions(10)
    offered = chain.offer(NOW).transactions
    kept = [Transaction.parse(each.raw) for each in offered[:4]]
    draft = draft_block(chain, NOW, transactions=kept, fees_sats=sum(each.fee_sats for each in offered[:4]))
    assert chain.submit(draft.seal(), NOW) is None
    assert [each.txid for each in chain.offer(NOW).transactions] == [each.txid for each in offered[4:]]
    assert [each.txid for each in chain.tip.transactions] == [each.txid for each in offered[:4]]


def test_a_child_without_its_parent_is_refused() -> None:
    chain = Chain()
    parent = invent(random.Random(1))
    child = invent(random.Random(2), (parent,))
    chain.mempool.add(parent)
    chain.mempool.add(child)
    draft = draft_block(chain, NOW, transactions=[Transaction.parse(child.raw)], fees_sats=child.fee_sats)
    assert chain.submit(draft.seal(), NOW) == "bad-txns-inputs-missingorspent"
    both = [Transaction.parse(parent.raw), Transaction.parse(child.raw)]
    swapped = draft_block(chain, NOW, transactions=both[::-1], fees_sats=parent.fee_sats + child.fee_sats)
    assert chain.submit(swapped.seal(), NOW) == "bad-txns-inputs-missingorspent"
    good = draft_block(chain, NOW, transactions=both, fees_sats=parent.fee_sats + child.fee_sats)
    assert chain.submit(good.seal(), NOW) is None


def test_a_second_block_on_the_same_parent_is_inconclusive_until_it_has_more_work() -> None:
    chain = Chain()
    chain.invent_transactions(6)
    base = chain.tip
    waiting = {each.txid for each in chain.offer(NOW).transactions}
    extend(chain)
    loser = chain.tip
    assert len(chain.mempool) == 0
    side = draft_block(chain, NOW, parent=base, mark=b"side")
    assert chain.submit(side.seal(), NOW) == "inconclusive"
    assert chain.tip is loser
    side_block = chain.find(side_hash(side.seal()))
    assert side_block is not None
    assert chain.confirmations(side_block) == -1
    assert chain.submit(draft_block(chain, NOW, parent=side_block).seal(), NOW) is None
    assert chain.tip.height == 2
    assert (chain.confirmations(loser), chain.confirmations(side_block)) == (-1, 2)
    # What the loser had confirmed waits again, and may be mined again.
    assert {each.txid for each in chain.mempool} == waiting
    extend(chain)
    assert {each.txid for each in chain.tip.transactions} == waiting


def side_hash(raw: bytes) -> bytes:
    from headframe.bitcoin.header import Header

    return Header.parse(raw).hash


def test_a_transaction_may_be_confirmed_on_two_branches_but_not_twice_on_one() -> None:
    chain = Chain()
    chain.invent_transactions(1)
    (only,) = chain.offer(NOW).transactions
    again = [Transaction.parse(only.raw)]
    base = chain.tip
    extend(chain)
    on_top = draft_block(chain, NOW, transactions=again, fees_sats=only.fee_sats)
    assert chain.submit(on_top.seal(), NOW) == "bad-txns-inputs-missingorspent"
    beside = draft_block(chain, NOW, parent=base, transactions=again, fees_sats=only.fee_sats, mark=b"side")
    assert chain.submit(beside.seal(), NOW) == "inconclusive"
    side_block = chain.find(side_hash(beside.seal()))
    assert side_block is not None
    above = draft_block(chain, NOW, parent=side_block, transactions=again, fees_sats=only.fee_sats)
    assert chain.submit(above.seal(), NOW) == "bad-txns-inputs-missingorspent"


def test_the_subsidy_halves() -> None:
    chain = Chain(halving_interval=2)
    assert [chain.subsidy(height) for height in (1, 2, 4, 128)] == [50 * 10**8, 25 * 10**8, 1_250_000_000, 0]
    extend(chain, 4)
    assert chain.tip.block.transactions[0].outputs[0].value_sats == 1_250_000_000


def test_what_lies_deep_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_module, "KEEP", 12)
    chain = Chain()
    first = chain.tip
    for _ in range(30):
        chain.invent_transactions(2)
        extend(chain)
    assert chain.tip.height == 30
    assert chain.at(0) is None
    assert chain.find(first.hash) is None
    assert chain.at(18) is not None
    assert chain.submit(draft_block(chain, NOW, parent=first).seal(), NOW) == "prev-blk-not-found"


def test_work_can_be_left_out_only_when_asked() -> None:
    chain = Chain(pace=FixedBits(0x1D00FFFF))
    raw = draft_block(chain, NOW).seal(work=False)
    assert chain.submit(raw, NOW) == "high-hash"
    assert chain.submit(raw, NOW, check_work=False) is None


def test_a_mempool_is_bounded_and_selects_by_weight_without_orphans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mempool, "MAX", 5)
    pool = Mempool()
    pool.fill(random.Random(3), 100)
    assert len(pool) == 5
    assert not pool.add(invent(random.Random(4)))
    waiting = list(pool)
    pool.remove(waiting[0].txid)
    child = invent(random.Random(5), (waiting[1],))
    assert pool.add(child)
    assert not pool.add(child)
    chosen = pool.select(waiting[1].weight - 1)
    assert waiting[1] not in chosen
    assert child not in chosen


def test_invented_transactions_read_back_as_they_were_written() -> None:
    rng = random.Random(11)
    invented = [invent(rng) for _ in range(50)]
    for each in invented:
        parsed = Transaction.parse(each.raw)
        assert (parsed.txid, parsed.wtxid) == (each.txid, each.wtxid)
        assert each.weight == 3 * len(parsed.serialize(witness=False)) + len(each.raw)
    assert {each.txid == each.wtxid for each in invented} == {True, False}
