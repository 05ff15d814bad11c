"""What pools say of the shares that were passed on."""

import pytest

from headframe.ledger.facts import UpstreamSettled
from headframe.ledger.totals import LedgerTotals, SourceSum
from headframe.ledger.upstream import MAX_REASON_CHARS, MAX_REASONS, OTHER, UNSAID, Passed, UpstreamSum


def said(outcome: str, reason: str = "", count: int = 1, work: int = 10, source: str = "pool") -> UpstreamSettled:
    return UpstreamSettled(1, source, outcome, reason, count, work)


def sum_of(*facts: UpstreamSettled) -> UpstreamSum:
    totals = LedgerTotals()
    totals.apply_all(facts)
    return totals.sources["pool"].upstream


def test_each_outcome_has_its_count_and_the_work_that_the_pool_should_have_credited() -> None:
    found = sum_of(said("accepted", count=3, work=2**200), said("accepted", work=5), said("refused", "stale"))
    assert found.shares == {"accepted": Passed(4, 2**200 + 5), "refused": Passed(1, 10), "lost": Passed()}
    assert found.reasons == {"stale": 1}


def test_what_a_pool_says_is_no_credit_and_no_refusal_of_ours() -> None:
    totals = LedgerTotals()
    totals.apply_all([said("accepted"), said("refused", "stale"), said("lost")])
    assert (totals.accepted, totals.work, totals.rejected, totals.workers) == (0, 0, {}, {})
    assert totals.sources["pool"] == SourceSum(upstream=totals.sources["pool"].upstream)


def test_sources_are_kept_apart() -> None:
    totals = LedgerTotals()
    totals.apply_all([said("refused", "stale"), said("refused", "stale", source="other")])
    assert [source.upstream.reasons for source in totals.sources.values()] == [{"stale": 1}, {"stale": 1}]


def test_only_refusals_have_reasons() -> None:
    assert sum_of(said("accepted", "thank you"), said("lost", "connection closed")).reasons == {}


def test_an_outcome_that_nobody_knows_counts_as_lost() -> None:
    assert sum_of(said("misplaced", count=2)).shares["lost"] == Passed(2, 10)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("stale", "stale"),
        ("", UNSAID),
        ("x" * 1000, "x" * MAX_REASON_CHARS),
        ("low\x1b[2Jdiff\n", "low?[2Jdiff?"),
        ("half \ud800", "half ?"),
    ],
)
def test_a_reason_is_made_fit_to_be_kept_and_shown(text: str, kept: str) -> None:
    assert sum_of(said("refused", text)).reasons == {kept: 1}


def test_what_is_said_often_keeps_its_name_beside_any_number_of_made_up_reasons() -> None:
    made_up = [said("refused", f"share number {n} came too late") for n in range(500)]
    found = sum_of(*made_up, said("refused", "stale", 7), *made_up, said("refused", "stale", 2))
    assert found.reasons["stale"] == 9
    assert len(found.reasons) <= MAX_REASONS + 1
    assert sum(found.reasons.values()) == found.shares["refused"].count == 1009


def test_beyond_the_bound_the_longest_are_others_whatever_the_order() -> None:
    reasons = ["a" * n for n in range(1, MAX_REASONS + 11)]
    for some in (reasons, reasons[::-1]):
        found = sum_of(*(said("refused", each) for each in some))
        assert found.reasons == {**dict.fromkeys(reasons[:MAX_REASONS], 1), OTHER: 10}


def test_empty_is_what_nothing_was_said_of() -> None:
    assert UpstreamSum().empty
    assert not sum_of(said("lost")).empty
