"""What is written on the SV1 wire means what it should."""

import json
import re
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from headframe.bitcoin.target import DIFFICULTY_1_TARGET, MAX_TARGET, target_of_difficulty
from headframe.mining.submission import Submission
from headframe.stratum.v1 import messages
from headframe.stratum.v1.difficulty import decimal_of_target
from headframe.stratum.v1.submit import read_submission
from headframe.testing.transcripts import sample_job

targets = st.integers(1, 256).flatmap(lambda bits: st.integers(1, 2**bits - 1))
difficulties = st.floats(1e-9, 1e18) | st.integers(1, 10**15).map(float)


@given(targets | difficulties.map(target_of_difficulty))
def test_no_miner_takes_the_difficulty_for_an_easier_target(target):
    text = decimal_of_target(target)
    assert re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", text)
    for difficulty in (Fraction(text), Fraction(float(text)), Fraction(json.loads(text))):
        implied = DIFFICULTY_1_TARGET / difficulty
        assert int(implied) <= target
        # ... and asks for hardly more than what is credited; the hardest targets are whole numbers of few bits
        assert implied > target - Fraction(target, 10**13)


@given(st.integers(1, 10**14))
def test_whole_numbers_stay_whole(number):
    assert decimal_of_target(target_of_difficulty(number)) == str(number)


@given(st.integers(0, 2**40), st.integers(0, 32), st.booleans())
def test_a_notify_says_what_the_job_says(seq, siblings, clean):
    job = sample_job(seq, siblings=siblings)
    line, _ = messages.notify(job, clean)
    job_id, prev, coinbase1, coinbase2, branch, version, bits, ntime, flag = json.loads(line)["params"]
    words = bytes.fromhex(prev)
    assert int(job_id, 16) == seq
    assert b"".join(words[at : at + 4][::-1] for at in range(0, 32, 4)) == job.prev_hash
    assert (bytes.fromhex(coinbase1), bytes.fromhex(coinbase2)) == (job.coinbase1, job.coinbase2)
    assert tuple(bytes.fromhex(one) for one in branch) == job.branch
    assert (int(version, 16), int(bits, 16), int(ntime, 16), flag) == (job.version, job.bits, job.ntime, clean)


digits = st.text("0123456789abcdefABCDEFgx _+-é٣\n\x00", max_size=18)
words = digits | st.text("0123456789abcdefABCDEF", min_size=8, max_size=8)


@given(digits | st.text("0123456789abcdefABCDEF", min_size=2, max_size=66), words, words, words)
def test_a_share_is_read_exactly_when_every_field_is_plain_hex_of_its_length(extranonce2, ntime, nonce, bits):
    plain = re.compile(r"[0-9a-fA-F]{8}")
    good = (
        re.fullmatch(r"([0-9a-fA-F]{2}){1,32}", extranonce2)
        and plain.fullmatch(ntime)
        and plain.fullmatch(nonce)
        and (plain.fullmatch(bits) or bits == "")
    )
    share = read_submission(extranonce2, ntime, nonce, bits)
    assert isinstance(share, Submission) == bool(good)
    if isinstance(share, Submission):
        assert share.extranonce2.hex() == extranonce2.lower()
        assert (share.ntime, share.nonce) == (int(ntime, 16), int(nonce, 16))
        assert share.version_bits == int(bits or "0", 16)


def test_the_scale_has_no_holes():
    assert float(decimal_of_target(MAX_TARGET)) > 2.3e-10
    assert decimal_of_target(DIFFICULTY_1_TARGET) == "1"
