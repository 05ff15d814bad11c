"""What one loop turn adds to the ledger."""

import pytest

from headframe.gateway.tally import MAX_KEPT, CreditLine, Tally
from headframe.journal.base import JournalUnavailable
from headframe.ledger.facts import Account, BlockSettled, ShareBatch, Terms

ALICE = Account("alice", "rig", "sv1")
BOB = Account("bob", "", "sv1")
TERMS = Terms("home", 1, 100, 0x1D00FFFF, 1, 2**32)


class Pages:
    """A journal in memory that can be told to refuse."""

    def __init__(self):
        self.facts = []
        self.refuses = False

    def append(self, facts):
        if self.refuses:
            raise JournalUnavailable("disk full", "free some space")
        self.facts.extend(facts)


def settled(number):
    return BlockSettled(0, number.to_bytes(32, "big"), "accepted")


def hash_of_value(value):
    return value.to_bytes(32, "little")


def test_shares_of_one_account_on_one_terms_are_one_row_with_the_best_hash():
    pages = Pages()
    tally = Tally(pages)
    line = CreditLine(ALICE, TERMS)
    for value in (900, 300, 500):
        tally.credit(line, hash_of_value(value))
    tally.credit(CreditLine(BOB, TERMS), hash_of_value(7))
    tally.write(1000)
    (batch,) = pages.facts
    assert isinstance(batch, ShareBatch)
    assert [(row.account, row.count, row.best_hash) for row in batch.credits] == [
        (ALICE, 3, hash_of_value(300)),
        (BOB, 1, hash_of_value(7)),
    ]


def test_a_line_starts_from_nothing_in_each_turn():
    pages = Pages()
    tally = Tally(pages)
    line = CreditLine(ALICE, TERMS)
    tally.credit(line, hash_of_value(5))
    tally.write(1)
    tally.credit(line, hash_of_value(9))
    tally.write(2)
    assert [batch.credits[0].count for batch in pages.facts] == [1, 1]
    assert pages.facts[1].credits[0].best_hash == hash_of_value(9)


def test_refusals_are_counted_by_account_source_and_reason():
    pages = Pages()
    tally = Tally(pages)
    for _ in range(3):
        tally.refuse(ALICE, "home", "stale")
    tally.refuse(ALICE, "home", "duplicate")
    tally.write(1)
    assert [(row.reason, row.count) for row in pages.facts[0].refusals] == [("stale", 3), ("duplicate", 1)]


def test_an_empty_turn_writes_nothing():
    pages = Pages()
    Tally(pages).write(1)
    assert pages.facts == []


def test_when_the_journal_refuses_shares_are_dropped_and_other_facts_wait():
    pages = Pages()
    tally = Tally(pages)
    tally.credit(CreditLine(ALICE, TERMS), hash_of_value(5))
    tally.note(settled(1))
    pages.refuses = True
    with pytest.raises(JournalUnavailable):
        tally.write(1)
    pages.refuses = False
    tally.write(2)
    assert pages.facts == [settled(1)]


def test_waiting_facts_are_bounded():
    pages = Pages()
    tally = Tally(pages)
    for number in range(MAX_KEPT + 5):
        tally.note(settled(number))
    tally.write(1)
    assert len(pages.facts) == MAX_KEPT
    assert pages.facts[0] == settled(5)
