"""CashAddr against the vectors of its specification."""

import contextlib

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headframe.bitcoin.address import AddressError
from headframe.bitcoin.cashaddr import _DIGITS, checksum, looks_like_cash_address, read_cash_address

SAME_HASH = [
    ("1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
    ("1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR", "bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy"),
    ("16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb", "bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r"),
    ("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC", "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"),
    ("3LDsS579y7sruadqu11beEJoTjdFiFCdX4", "bitcoincash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e"),
    ("31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw", "bitcoincash:pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37"),
]
CHECKSUMS = [
    "prefix:x64nx6hz",
    "p:gpf8m4h7",
    "bitcoincash:qpzry9x8gf2tvdw0s3jn54khce6mua7lcw20ayyn",
    "bchtest:testnetaddress4d6njnut",
    "bchreg:555555555555555555555555555555555555555555555udxmlmrz",
]
ONE = SAME_HASH[0][1]


@pytest.mark.parametrize("text", CHECKSUMS)
def test_the_checksums_of_the_specification_hold(text: str) -> None:
    prefix, _, digits = text.partition(":")
    assert checksum(prefix, [_DIGITS[letter] for letter in digits]) == 0


@pytest.mark.parametrize(("legacy", "cash"), SAME_HASH)
def test_both_forms_of_an_address_hold_the_same_hash(legacy: str, cash: str) -> None:
    payload = base58.b58decode_check(legacy)
    found = read_cash_address(cash, "mainnet")
    assert found.digest == payload[1:]
    assert found.kind == {0: "p2pkh", 5: "p2sh"}[payload[0]]


@pytest.mark.parametrize("written", [ONE, ONE.upper(), ONE.partition(":")[2], ONE.partition(":")[2].upper()])
def test_the_prefix_may_be_left_out_and_capitals_are_the_same(written: str) -> None:
    assert read_cash_address(written, "mainnet") == read_cash_address(ONE, "mainnet")
    assert looks_like_cash_address(written)


@pytest.mark.parametrize(
    ("address", "network", "words"),
    [
        ("", "mainnet", "no CashAddr"),
        ("bitcoincash:", "mainnet", "no CashAddr"),
        (ONE, "regtest", "this is a mainnet address"),
        (ONE.partition(":")[2], "regtest", "checksum is wrong"),
        ("ecash:" + ONE.partition(":")[2], "mainnet", "another currency"),
        (ONE[:-1] + "q", "mainnet", "checksum is wrong"),
        (ONE.replace("q", "Q", 1), "mainnet", "mixed"),
        (ONE[:-1] + "b", "mainnet", "no CashAddr"),
        ("bitcoincash:qpzry9x8gf2tvdw0s3jn54khce6mua7lcw20ayyn", "mainnet", "of a kind"),
        ("bitcoincash:" + "q" * 200, "mainnet", "no CashAddr"),
    ],
)
def test_what_is_no_address_is_refused_in_words_that_do_not_repeat_it(address: str, network: str, words: str) -> None:
    with pytest.raises(AddressError, match=words) as caught:
        read_cash_address(address, network)
    assert len(address) < 20 or address not in str(caught.value)


@given(position=st.integers(12, len(ONE) - 1), letter=st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_one_wrong_letter_is_always_found(position: int, letter: str) -> None:
    changed = ONE[:position] + letter + ONE[position + 1 :]
    if changed != ONE:
        with pytest.raises(AddressError):
            read_cash_address(changed, "mainnet")


@given(st.text(max_size=160))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    with contextlib.suppress(AddressError):
        read_cash_address(text, "mainnet")
