"""Work that a pool offers."""

from dataclasses import replace

import pytest

from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.splice import PoolOffer, RoomTooSmall
from headframe.sources.pool.work import MAX_SPACES, PoolWork, SearchSpaces, pool_work

OFFER = PoolOffer(
    "1", bytes(32), b"\x01" * 50, b"\x02" * 20, (), 0x20000000, 0x1D00FFFF, 1_000, 2**225, b"\xf1", 12, 0x1FFFE000
)
LAYOUT = ExtranonceLayout(4, 4)


def work(spaces: SearchSpaces, offer: PoolOffer = OFFER, now: float = 0.0) -> PoolWork:
    return pool_work(offer, spaces, source="ocean", generation=1, lane="ocean#1", clean=False, now=now)


def search(job: Job) -> tuple[bytes, int]:
    return job.coinbase1, job.ntime


def test_payout_and_number_go_with_the_job_and_change_nothing_else() -> None:
    made = work(SearchSpaces())
    one, other = made.job(PayoutSet(1, b"\x51"), LAYOUT, 5), made.job(PayoutSet(2, b"\x52"), LAYOUT, 6)
    assert (one.payout_set, other.payout_set, one.seq, other.seq) == (1, 2, 5, 6)
    assert (search(one), one.coinbase2) == (search(other), other.coinbase2)
    assert (one.source, one.lane, one.generation) == ("ocean", "ocean#1", 1)


def test_an_offer_made_again_goes_on_where_it_was_left() -> None:
    spaces = SearchSpaces()
    first = work(spaces)
    searches = [search(first.job(PayoutSet(1, b"\x51"), LAYOUT, seq, seq)) for seq in range(3)]
    again = work(spaces, replace(OFFER, target=2**220, job_id="9", connection=2))
    searches += [search(again.job(PayoutSet(1, b"\x51"), LAYOUT, 10 + seq, seq)) for seq in range(3)]
    assert len(set(searches)) == 6


def test_time_never_goes_back_within_one_search_space() -> None:
    spaces = SearchSpaces()
    work(spaces)
    earlier = work(spaces, replace(OFFER, ntime=990))
    assert earlier.job(PayoutSet(1, b"\x51"), LAYOUT, 1).ntime == 1_000


def test_an_offer_made_again_begins_beyond_what_the_clock_has_reached() -> None:
    """Without spare bytes a visit is told by its time, which miners roll by the clock."""
    spaces, tight = SearchSpaces(), replace(OFFER, room=LAYOUT.size)
    first = work(spaces, tight).job(PayoutSet(1, b"\x51"), LAYOUT, 1)
    again = work(spaces, tight, now=7.9).job(PayoutSet(1, b"\x51"), LAYOUT, 2)
    later = work(spaces, tight, now=20.0).job(PayoutSet(1, b"\x51"), LAYOUT, 3)
    assert again.ntime > first.ntime + 7.9
    assert later.ntime > again.ntime + 20.0 - 7.9


def test_another_extranonce_is_another_search_space() -> None:
    spaces = SearchSpaces()
    work(spaces).job(PayoutSet(1, b"\x51"), LAYOUT, 1)
    assert work(spaces, replace(OFFER, extranonce1=b"\xf2")).first_visit == 0
    assert work(spaces).first_visit == 1


def test_spaces_are_bounded_and_the_one_offered_longest_ago_is_forgotten() -> None:
    spaces = SearchSpaces()
    work(spaces).job(PayoutSet(1, b"\x51"), LAYOUT, 1)
    for number in range(MAX_SPACES):
        work(spaces, replace(OFFER, extranonce1=number.to_bytes(2, "big")))
    assert work(spaces).first_visit == 0


@pytest.mark.parametrize("room", [LAYOUT.size, 12])
def test_looking_uses_up_no_visit_and_shows_what_would_be_searched_next(room: int) -> None:
    spaces, offer = SearchSpaces(), replace(OFFER, room=room)
    for now in range(5):
        made = work(spaces, offer, now=float(now))
        looks = {search(made.look(PayoutSet(1, b"\x51"), LAYOUT, 0)) for _ in range(100)}
    job = made.job(PayoutSet(1, b"\x51"), LAYOUT, 1)
    assert looks == {search(job)} == {search(work(SearchSpaces(), offer).job(PayoutSet(1, b"\x51"), LAYOUT, 1))}


def test_only_a_job_that_was_made_counts_for_the_room_that_sessions_need() -> None:
    spaces = SearchSpaces()
    made = work(spaces)
    made.look(PayoutSet(1, b"\x51"), ExtranonceLayout(4, 8), 0)
    for make in (made.look, made.job):
        with pytest.raises(RoomTooSmall):
            make(PayoutSet(1, b"\x51"), ExtranonceLayout(4, 9), 1)
    assert (spaces.largest, made.space.used) == (0, 0)
    made.job(PayoutSet(1, b"\x51"), LAYOUT, 2)
    assert (spaces.largest, made.space.used) == (LAYOUT.size, 1)
