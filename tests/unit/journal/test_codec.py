"""Facts come back from their payload as they went in; names are written once per segment."""

import pytest

from headframe.journal.codec import MAX_NAMES, CodecError, PayloadDecoder, PayloadEncoder
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

ANNA = Account("anna", "rig1", "sv1")
TERMS = Terms("home", 3, 840_000, 0x17034219, 7, 2**200 + 1)
EVERY_KIND: list[Fact] = [
    ShareBatch(1, [Credit(ANNA, TERMS, 2, b"\x01" * 32)], [Refusal(ANNA, "", "job_not_found", 3)]),
    PayoutSetIssued(2, 7, b"\x51", [(b"\x52", 100), (b"\x53", 9_900)]),
    BlockFound(3, b"\x02" * 32, 840_000, "home", 3, ANNA, 7, 312_500_000, 0x17034219),
    BlockSettled(4, b"\x02" * 32, "rejected", "bad-txnmrklroot", 0),
    UpstreamSettled(5, "ocean", "refused", "stale-work", 3, 2**200 + 1),
]


def test_every_kind_of_fact_comes_back_as_it_was() -> None:
    payload = PayloadEncoder().encode(9, EVERY_KIND)
    assert PayloadDecoder().decode(payload) == (9, EVERY_KIND)


def test_work_may_exceed_64_bits_and_may_be_zero() -> None:
    for work in (0, 1, 2**64, 2**256):
        facts: list[Fact] = [
            ShareBatch(1, [Credit(ANNA, Terms("s", 1, 1, 1, 1, work), 1, b"")], []),
            UpstreamSettled(1, "s", "accepted", "", 1, work),
        ]
        assert PayloadDecoder().decode(PayloadEncoder().encode(1, facts))[1] == facts


def test_names_are_written_once() -> None:
    encoder, decoder = PayloadEncoder(), PayloadDecoder()
    facts = EVERY_KIND[:1]
    first = encoder.encode(1, facts)
    encoder.keep()
    second = encoder.encode(2, facts)
    assert b"anna" in first
    assert b"anna" not in second
    assert decoder.decode(first)[1] == decoder.decode(second)[1] == facts


def test_what_a_failed_append_defined_is_defined_again() -> None:
    encoder, decoder = PayloadEncoder(), PayloadDecoder()
    encoder.encode(1, EVERY_KIND)
    encoder.forget()
    assert decoder.decode(encoder.encode(1, EVERY_KIND)) == (1, EVERY_KIND)


def test_a_skipped_frame_still_defines() -> None:
    encoder, decoder = PayloadEncoder(), PayloadDecoder()
    first = encoder.encode(1, EVERY_KIND)
    encoder.keep()
    assert decoder.decode(first, wanted=False) == (1, [])
    assert decoder.decode(encoder.encode(2, EVERY_KIND))[1] == EVERY_KIND


def test_an_undefined_number_is_refused() -> None:
    encoder = PayloadEncoder()
    encoder.encode(1, EVERY_KIND)
    encoder.keep()
    with pytest.raises(CodecError):
        PayloadDecoder().decode(encoder.encode(2, EVERY_KIND))


@pytest.mark.parametrize("payload", [b"\x00", b"\x93\x01\x90\x90", b"\xff" * 20])
def test_a_foreign_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(CodecError):
        PayloadDecoder().decode(payload)


def test_the_map_of_names_says_when_it_is_full() -> None:
    encoder = PayloadEncoder()
    refusals = [Refusal(Account("x", str(n), "sv1"), "", "stale", 1) for n in range(MAX_NAMES)]
    encoder.encode(1, [ShareBatch(1, [], refusals[:-1])])
    assert not encoder.full
    encoder.encode(2, [ShareBatch(1, [], refusals[-1:])])
    assert encoder.full
