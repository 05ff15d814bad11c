"""Who is paid if a session's job makes a block."""

import pytest

from headframe.bitcoin.address import script_of_address
from headframe.bitcoin.networks import NETWORKS
from headframe.gateway import payouts
from headframe.gateway.payouts import PayoutBook, PayoutPolicy, PayoutRefused
from headframe.ledger.facts import PayoutSetIssued

REGTEST = NETWORKS["regtest"]
ALICE = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
BOB = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"
MAINNET_ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
FEE = (b"\x51", 100)


def book(operator=None, parts=()):
    issued = []
    return PayoutBook(PayoutPolicy(REGTEST, operator, parts), issued.append), issued


def test_in_operator_mode_everybody_mines_for_the_operator_whatever_the_name():
    desk, issued = book(operator=b"\x52", parts=(FEE,))
    assert desk.default() is desk.for_identity("anything") is desk.for_identity("")
    assert desk.default().remainder_script == b"\x52"
    assert desk.default().parts == (FEE,)
    assert issued == [desk.default()]
    assert not desk.depends_on_user


def test_in_miner_mode_each_address_is_paid_by_its_own_set():
    desk, issued = book(parts=(FEE,))
    found = desk.for_identity(ALICE)
    assert found.remainder_script == script_of_address(ALICE, REGTEST)
    assert found.parts == (FEE,)
    assert desk.for_identity(ALICE) is found
    assert desk.default() is None
    assert desk.depends_on_user
    assert issued == [found]


@pytest.mark.parametrize("name", ["", "bob", MAINNET_ADDRESS, ALICE[:-1] + "q"])
def test_in_miner_mode_a_name_that_cannot_be_paid_is_refused_in_words_a_device_explains(name):
    desk, issued = book()
    assert desk.for_identity(name) == PayoutRefused("Invalid Bitcoin address")
    assert issued == []


def test_numbers_go_on_where_the_last_run_ended_and_known_sets_keep_theirs():
    desk, issued = book()
    script = script_of_address(ALICE, REGTEST)
    desk.restore([PayoutSetIssued(0, 7, script, [])])
    assert desk.for_identity(ALICE).number == 7
    assert issued == []
    assert desk.for_identity(BOB).number == 8


def test_payout_sets_are_bounded_and_the_one_asked_for_longest_ago_goes(monkeypatch):
    monkeypatch.setattr(payouts, "MAX_PAYOUT_SETS", 1)
    desk, issued = book()
    first = desk.for_identity(ALICE)
    assert desk.for_identity(BOB).number == 2
    assert desk.for_identity(ALICE).number == 3, "a number is never given twice"
    assert [one.number for one in issued] == [1, 2, 3]
    assert first.number == 1


def test_another_address_on_a_connection_is_refused_before_anything_is_numbered():
    desk, issued = book()
    bound = desk.for_identity(ALICE)
    assert desk.for_identity(ALICE, bound) is bound
    assert desk.for_identity(BOB, bound) == PayoutRefused("One payout address per connection")
    assert issued == [bound]
