"""The fields of a share: exact lengths, nothing but hex digits, the fitting refusal."""

import pytest

from headframe.mining.submission import Rejected, RejectReason, Submission
from headframe.stratum.v1.submit import read_submission

GOOD = ("0000000000000001", "65000001", "b2957c02", "1fffe000")


def test_a_share_is_read_most_significant_digit_first():
    assert read_submission(*GOOD) == Submission(bytes(7) + b"\x01", 0x65000001, 0xB2957C02, 0x1FFFE000)


def test_the_case_of_hex_digits_does_not_matter():
    assert read_submission(*(text.upper() for text in GOOD)) == read_submission(*GOOD)


def test_an_empty_version_means_no_rolled_bits():
    assert read_submission(*GOOD[:3], "") == read_submission(*GOOD[:3], "00000000")


def test_the_size_of_extranonce2_is_for_the_judge():
    assert read_submission("ab", *GOOD[1:]).extranonce2 == b"\xab"
    assert read_submission("ab" * 32, *GOOD[1:]).extranonce2 == b"\xab" * 32


BAD_WORDS = ["1", "1234567", "123456789", "0x123456", "1234 567", " 2345678", "1234567 ", "12 34 56", "12 34 56 78", "+1234567",
             "-1234567", "1_234567", "1234567g", "1234567\n", "١٢٣٤٥٦٧٨", "12345678é", "\x0012345678"[:8]]  # fmt: skip


WORDS = [(1, RejectReason.BAD_NTIME), (2, RejectReason.BAD_NONCE), (3, RejectReason.BAD_VERSION)]


@pytest.mark.parametrize("text", BAD_WORDS)
@pytest.mark.parametrize(("at", "reason"), WORDS)
def test_a_word_is_eight_hex_digits(text, at, reason):
    fields = list(GOOD)
    fields[at] = text
    assert read_submission(*fields) == Rejected(reason)


@pytest.mark.parametrize(("at", "reason"), WORDS[:2])
def test_time_and_nonce_are_needed(at, reason):
    fields = list(GOOD)
    fields[at] = ""
    assert read_submission(*fields) == Rejected(reason)


@pytest.mark.parametrize("text", ["", "1", "123", "0x12", "12 34", " 1234", "123g", "1_23", "ab" * 33, "١٢"])
def test_extranonce2_is_pairs_of_hex_digits(text):
    assert read_submission(text, *GOOD[1:]) == Rejected(RejectReason.BAD_EXTRANONCE2)


def test_lengths_that_only_fit_together_are_refused():
    # 7 + 9 digits are 16, as if both were right
    assert read_submission(GOOD[0], "6500000", "1b2957c02", GOOD[3]) == Rejected(RejectReason.BAD_NTIME)
    assert read_submission(GOOD[0], "650000012", "b2957c0", GOOD[3]) == Rejected(RejectReason.BAD_NTIME)


def test_the_first_thing_wrong_is_the_one_named():
    assert read_submission("x", "x", "x", "x") == Rejected(RejectReason.BAD_EXTRANONCE2)
    assert read_submission(GOOD[0], "x", "x", "x") == Rejected(RejectReason.BAD_NTIME)
