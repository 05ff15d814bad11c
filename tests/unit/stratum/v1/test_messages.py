"""The lines that we write."""

import json

import pytest

from headframe.bitcoin.target import target_of_difficulty
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.submission import RejectReason
from headframe.stratum.v1 import messages
from headframe.stratum.v1.messages import Raw
from headframe.testing.transcripts import sample_job


def params_of(line):
    message = json.loads(line)
    assert message["id"] is None
    return message["params"]


def test_a_job_has_nine_parameters_of_even_hex_and_a_boolean():
    line, job_id = messages.notify(sample_job(0x123, siblings=12), True)
    params = params_of(line)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(params) == 9
    assert params[0] == job_id == "0123"
    for text in (*params[:4], *params[4], *params[5:8]):
        assert len(text) % 2 == 0
        assert bytes.fromhex(text).hex() == text
    assert params[8] is True
    assert len(params[4]) == 12


def test_the_previous_hash_has_its_words_turned_around():
    # block 0's hash, as headers hold it and as every SV1 pool writes it
    internal = bytes.fromhex("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")[::-1]
    assert messages.swap_words(internal).hex() == "0a8ce26f72b3f1b646a2a6c14ff763ae65831e939c085ae10019d66800000000"


def test_version_bits_and_time_keep_their_leading_zeros():
    job = sample_job(1)
    params = params_of(messages.notify(job, False)[0])
    assert params[5:] == ["20000000", "1d00ffff", "65000000", False]
    assert [len(text) for text in params[5:8]] == [8, 8, 8]


def test_everybody_gets_the_same_object_of_the_same_job():
    job = sample_job(1)
    assert messages.notify(job, True)[0] is messages.notify(job, True)[0]
    assert messages.notify(job, False)[0] != messages.notify(job, True)[0]


def test_jobs_that_share_a_number_are_not_mistaken_for_each_other():
    one, other = sample_job(1, siblings=1), sample_job(1, siblings=2)
    assert messages.notify(one, True)[0] != messages.notify(other, True)[0]


def test_a_job_without_siblings_has_an_empty_branch():
    assert params_of(messages.notify(sample_job(1, siblings=0), True)[0])[4] == []


def test_a_difficulty_is_a_bare_number():
    assert messages.set_difficulty(target_of_difficulty(4)) == (
        b'{"id":null,"method":"mining.set_difficulty","params":[4]}\n'
    )


@pytest.mark.parametrize("reason", RejectReason)
def test_every_refusal_is_code_text_null(reason):
    reply = json.loads(messages.refused_share(Raw(b"4"), reason))
    assert reply == {"id": 4, "result": None, "error": [reason.code, reason.text, None]}
    # AxeOS keeps 63 characters of a reason
    assert len(reason.text) <= 63


def test_texts_are_escaped():
    reply = json.loads(messages.refusal(Raw(b"1"), 20, 'say "no"\n'))
    assert reply["error"][1] == 'say "no"\n'


def test_the_subscription_names_notify_within_the_first_read_of_a_probe():
    line = messages.subscription(
        Raw(b"1"), "5e55104e5e55104e", b"\x00\x00\x00\x01", ExtranonceLayout(4, 8).extranonce2_size
    )
    assert b"mining.notify" in line[:1023]
    assert json.loads(line)["result"][1:] == ["00000001", 8]
