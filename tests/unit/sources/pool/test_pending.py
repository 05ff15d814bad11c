"""Shares that wait for their answer."""

from headframe.mining.splice import PoolOffer
from headframe.sources.pool.pending import BOUNDS_S, AnswerTimes, Pending, Sent

OFFER = PoolOffer("1", bytes(32), b"", b"", (), 0x20000000, 0x1D00FFFF, 0, 1, b"", 8, 0)


def sent(token: int, at: float) -> Sent:
    return Sent(token, at, "w.rig", OFFER, b"", 0)


def test_a_share_is_taken_once() -> None:
    pending = Pending()
    pending.add(11, sent(1, 0.0))
    found = pending.take(11)
    assert found is not None
    assert found.token == 1
    assert pending.take(11) is None
    assert len(pending) == 0


def test_the_overdue_are_those_that_left_before() -> None:
    pending = Pending()
    for number in range(4):
        pending.add(10 + number, sent(number, float(number)))
    assert [(client, share.token) for client, share in pending.overdue(2.0)] == [(10, 0), (11, 1)]
    assert len(pending) == 2


def test_answer_times_are_cumulative_and_the_slow_ones_count_in_the_sum_only() -> None:
    times = AnswerTimes()
    for seconds in (0.005, 0.2, 99.0):
        times.add(seconds)
    stats = times.stats(2)
    assert stats.connections == 2
    assert stats.latency_bounds == BOUNDS_S
    assert dict(zip(BOUNDS_S, stats.latency_counts, strict=True)) == {
        bound: (1 if bound < 0.25 else 2) for bound in BOUNDS_S
    }
    assert (stats.latency_count, round(stats.latency_sum_s, 3)) == (3, 99.205)
