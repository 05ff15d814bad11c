"""What a session remembers of its offers."""

import pytest

from headframe.stratum.v1.offers import NO_TARGET, Offers
from headframe.testing.transcripts import sample_job


@pytest.fixture
def offers():
    made = Offers(4)
    for seq in (0x0A, 0x0C, 0x1E):
        job = sample_job(seq)
        made.add(job, job.job_id, seq * 100)
    return made


@pytest.mark.parametrize(("job_id", "seq"), [("0a", 0x0A), ("a", 0x0A), ("0C", 0x0C), ("000c", 0x0C), ("1e", 0x1E)])
def test_a_job_is_found_by_the_hex_of_its_number(offers, job_id, seq):
    job, target = offers.find(job_id)
    assert job is not None
    assert (job.seq, target) == (seq, seq * 100)


@pytest.mark.parametrize(
    "job_id", ["", "0b", "ff", "0x0a", " 0a", "0a ", "+a", "-a", "0_a", "zz", "é", "١", "0" * 16 + "a", "f" * 9999]
)
def test_anything_else_is_unknown(offers, job_id):
    assert offers.find(job_id) == (None, NO_TARGET)


def test_nothing_is_found_in_an_empty_memory():
    assert Offers(4).find("") == (None, NO_TARGET)
    assert Offers(4).find("01") == (None, NO_TARGET)


def test_one_more_than_the_bound_pushes_the_oldest_out(offers):
    for seq in (0x20, 0x21):
        offers.add(sample_job(seq), f"{seq:x}", 1)
    assert len(offers) == 4
    assert offers.find("0a")[0] is None
    assert offers.find("0c")[1] == 0x0C * 100


def test_numbers_only_grow(offers):
    with pytest.raises(ValueError, match="offered after"):
        offers.add(sample_job(0x1E), "1e", 1)


def test_forgetting_takes_everything_below(offers):
    offers.forget(0x0C)
    assert offers.find("0a")[0] is None
    assert offers.find("0c")[0] is not None
    offers.forget(0x100)
    assert len(offers) == 0
    assert offers.find("1e") == (None, NO_TARGET)


def test_memory_goes_over_to_the_next_connection_within_its_bound(offers):
    heir = Offers(2)
    heir.restore(offers.memory())
    assert len(heir) == 2
    assert heir.find("0a")[0] is None
    assert heir.find("1e") == offers.find("1e")
    assert heir.find("") == (None, NO_TARGET)
    with pytest.raises(ValueError, match="of its own"):
        heir.restore(offers.memory())
