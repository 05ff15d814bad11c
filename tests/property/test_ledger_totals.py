"""The sums of the ledger agree with each other and with any way to fold them."""

from collections import Counter
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.ledger import upstream
from headframe.ledger.facts import (
    Account,
    BlockFound,
    BlockSettled,
    Credit,
    Fact,
    PayoutSetIssued,
    Refusal,
    ShareBatch,
    Terms,
    UpstreamSettled,
)
from headframe.ledger.rollup import Level, coarser, minute_buckets
from headframe.ledger.totals import LedgerTotals, better_hash
from headframe.ledger.upstream import Passed

accounts = st.builds(
    Account, st.sampled_from(["anna", "bert", "carl"]), st.sampled_from(["", "a", "b"]), st.sampled_from(["sv1", "sv2"])
)
terms = st.builds(
    Terms,
    st.sampled_from(["home", "pool"]),
    st.integers(1, 3),
    st.integers(1, 900_000),
    st.just(0x17034219),
    st.integers(1, 3),
    st.integers(1, 2**256),
)
hashes = st.binary(min_size=32, max_size=32)
times = st.integers(1, 4 * 86_400_000)
credit_rows = st.builds(Credit, accounts, terms, st.integers(1, 9), hashes)
refusals = st.builds(
    Refusal, accounts, st.sampled_from(["home", "pool", ""]), st.sampled_from(["stale", "duplicate"]), st.integers(1, 9)
)
batches = st.builds(ShareBatch, times, st.lists(credit_rows, max_size=4), st.lists(refusals, max_size=3))
block_hashes = st.sampled_from([bytes([n]) * 32 for n in range(3)])
found = st.builds(
    BlockFound,
    times,
    block_hashes,
    st.integers(1, 9),
    st.sampled_from(["home", "pool"]),
    st.integers(1, 3),
    accounts,
    st.integers(1, 3),
    st.integers(0, 50),
    st.just(0x17034219),
)
settled = st.builds(BlockSettled, times, block_hashes, st.sampled_from(["accepted", "stale", "orphaned", "matured"]))
payout_sets = st.builds(
    PayoutSetIssued,
    times,
    st.integers(1, 3),
    st.binary(max_size=3),
    st.lists(st.tuples(st.binary(max_size=3), st.integers(0, 9)), max_size=2),
)
said = st.builds(
    UpstreamSettled,
    times,
    st.sampled_from(["pool", "other"]),
    st.sampled_from(["accepted", "refused", "refused", "lost"]),
    st.text(max_size=3),
    st.integers(1, 9),
    st.integers(1, 2**256),
)
keyed = st.one_of(found, settled, payout_sets)
journals = st.lists(st.one_of(batches, batches, keyed, said), max_size=12)


def fold(facts: list[Fact]) -> LedgerTotals:
    totals = LedgerTotals()
    totals.apply_all(facts)
    return totals


@given(journals)
def test_workers_identities_sources_time_and_the_whole_hold_the_same_sums(facts: list[Fact]) -> None:
    totals = fold(facts)
    shares = [fact for fact in facts if isinstance(fact, ShareBatch)]
    work = sum(row.terms.work * row.count for batch in shares for row in batch.credits)
    accepted = sum(row.count for batch in shares for row in batch.credits)
    rejected = sum(row.count for batch in shares for row in batch.refusals)
    assert (totals.work, totals.accepted, sum(totals.rejected.values())) == (work, accepted, rejected)

    identities: Counter[str] = Counter()
    for (identity, _), worker in totals.workers.items():
        identities[identity] += worker.work
    minutes = minute_buckets(facts)
    for parts in (
        [worker.work for worker in totals.workers.values()],
        [source.work for source in totals.sources.values()],
        list(identities.values()),
        *([bucket.work for bucket in coarser(minutes, level).values()] for level in Level),
    ):
        assert sum(parts) == work
    assert sum(worker.accepted for worker in totals.workers.values()) == accepted
    assert sum(source.accepted for source in totals.sources.values()) == accepted
    assert sum(bucket.accepted for bucket in minutes.values()) == accepted
    assert sum(worker.rejected for worker in totals.workers.values()) == rejected
    assert sum(bucket.rejected for bucket in minutes.values()) == rejected
    by_source: Counter[str] = Counter()
    for source in totals.sources.values():
        by_source.update(source.rejected)
    assert by_source == totals.rejected


@given(journals)
def test_every_best_is_the_best_of_its_hashes(facts: list[Fact]) -> None:
    totals = fold(facts)
    rows = [row for fact in facts if isinstance(fact, ShareBatch) for row in fact.credits]

    def best(some: list[Credit]) -> bytes:
        return reduce(better_hash, (row.best_hash for row in some), b"")

    assert totals.best == best(rows)
    for name, source in totals.sources.items():
        assert source.best == best([row for row in rows if row.terms.source == name])
    for key, worker in totals.workers.items():
        assert worker.best == best([row for row in rows if (row.account.identity, row.account.worker) == key])


@given(journals, st.data())
def test_totals_of_two_pieces_add_up_to_the_totals_of_both(facts: list[Fact], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(facts)))
    totals = fold(facts[:at])
    totals.add(fold(facts[at:]))
    assert totals == fold(facts)


@given(st.lists(said, max_size=40), st.data())
def test_what_pools_say_adds_up_in_any_order_however_many_reasons_they_have(
    facts: list[UpstreamSettled], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(facts)))
    with pytest.MonkeyPatch.context() as few:
        few.setattr(upstream, "MAX_REASONS", 3)
        totals = fold([*facts[at:]])
        totals.add(fold([*facts[:at]]))
        whole = fold([*facts])
    assert totals == whole
    for name, source in whole.sources.items():
        of_source = [fact for fact in facts if fact.source == name]
        for outcome, passed in source.upstream.shares.items():
            some = [fact for fact in of_source if fact.outcome == outcome]
            assert passed == Passed(sum(fact.count for fact in some), sum(fact.work for fact in some))
        assert sum(source.upstream.reasons.values()) == source.upstream.shares["refused"].count
        assert len(source.upstream.reasons) <= 4


@given(journals, st.data())
def test_buckets_of_two_pieces_add_up_to_the_buckets_of_both(facts: list[Fact], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(facts)))
    together = minute_buckets(facts[:at])
    for key, bucket in minute_buckets(facts[at:]).items():
        if key in together:
            together[key].add(bucket)
        else:
            together[key] = bucket
    assert together == minute_buckets(facts)
    assert coarser(coarser(together, Level.HOUR), Level.DAY) == coarser(together, Level.DAY)


@settings(max_examples=200)
@given(st.lists(keyed, max_size=12), st.data())
def test_keyed_facts_delivered_again_from_any_earlier_place_change_nothing(
    facts: list[Fact], data: st.DataObject
) -> None:
    totals, again_from = fold(facts), data.draw(st.integers(0, len(facts)))
    totals.apply_all(facts[again_from:])
    assert totals == fold(facts)
