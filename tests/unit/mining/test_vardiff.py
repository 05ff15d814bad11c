"""How hard the shares of one session should be."""

from __future__ import annotations

import random
import sys

import pytest

from headframe.bitcoin.target import MAX_TARGET, difficulty_of_target, target_of_bits, target_of_difficulty
from headframe.mining.units import Target
from headframe.mining.vardiff import Change, Vardiff, VardiffPolicy, round_target, scaled_target, whole_target

MAINNET = target_of_difficulty(1.2e14)
REGTEST = target_of_bits(0x207FFFFF)


def target(difficulty: float) -> Target:
    return target_of_difficulty(difficulty)


def started(difficulty: float, *, policy: VardiffPolicy | None = None, shown: bool = False) -> Vardiff:
    """A session whose first job is out at time 0; `shown`: its first share has come, at time 0 too."""
    vardiff = Vardiff(policy or VardiffPolicy(), start=target(difficulty), now=0.0)
    issued = vardiff.issue(MAINNET, 0.0)
    if shown:
        vardiff.credited(issued, 0.0)
    return vardiff


def feed(
    vardiff: Vardiff, *, share_every_s: float, begin: float, end: float, source: Target = MAINNET
) -> list[tuple[float, Change]]:
    """Evenly spaced shares of the session's latest job, a sweep every 5 s, a job every 30 s; changes as they came."""
    changes: list[tuple[float, Change]] = []
    issued = vardiff.issue(source, begin)
    now, share_at, sweep_at, job_at = begin, begin + share_every_s, begin + 5.0, begin + 30.0
    while (now := min(share_at, sweep_at, job_at)) < end:
        change = None
        if now == share_at:
            share_at += share_every_s
            if vardiff.credited(issued, now):
                change = vardiff.review(now, source)
        elif now == sweep_at:
            sweep_at += 5.0
            change = vardiff.review(now, source)
        else:
            job_at += 30.0
            issued = vardiff.issue(source, now)
        if change is not None:
            changes.append((now, change))
            if change.urgent:
                return changes
    return changes


class TestFollowing:
    def test_the_first_job_carries_the_start(self) -> None:
        assert started(1024).target == target(1000)  # two digits
        assert Vardiff(VardiffPolicy(), start=target(2000), now=0.0).issue(MAINNET, 0.0) == target(2000)

    def test_a_flood_is_answered_within_a_handful_of_shares_by_the_measured_ratio(self) -> None:
        vardiff = started(1000)
        ((at, change),) = feed(vardiff, share_every_s=0.01, begin=0.0, end=5.0)
        assert change.urgent
        assert at <= 0.3
        # 100 shares a second where one in 10 s is wanted is 1000 times too many; a quarter second is too short to
        # believe all of it.
        assert 50_000 <= difficulty_of_target(change.target) <= 1_000_000

    def test_a_flood_of_a_settled_miner_is_noticed_in_seconds(self) -> None:
        vardiff = started(1000)
        assert feed(vardiff, share_every_s=10.0, begin=0.0, end=1200.0) == []
        ((at, change),) = feed(vardiff, share_every_s=0.1, begin=1200.0, end=1300.0)
        assert change.urgent
        assert at < 1203.0

    def test_a_start_that_was_much_too_high_comes_down_without_a_share(self) -> None:
        vardiff = started(1e6)
        ((at, change),) = feed(vardiff, share_every_s=1e9, begin=0.0, end=120.0)
        assert change == Change(target(31_000), urgent=True)
        assert at <= 40.0

    def test_silence_of_a_proven_miner_is_followed_down_in_moderate_steps(self) -> None:
        vardiff = started(8000)
        feed(vardiff, share_every_s=10.0, begin=0.0, end=1800.0)
        ((at, change),) = feed(vardiff, share_every_s=1e9, begin=1800.0, end=2200.0)
        assert change == Change(target(1000), urgent=True)
        assert 1890 <= at <= 1930

    def test_half_the_hashrate_is_followed_with_the_next_job(self) -> None:
        vardiff = started(8000)
        feed(vardiff, share_every_s=10.0, begin=0.0, end=1800.0)
        changes = feed(vardiff, share_every_s=20.0, begin=1800.0, end=3000.0)
        assert changes
        assert not any(change.urgent for _, change in changes)
        assert 3000 <= difficulty_of_target(vardiff.target) <= 5300

    def test_a_small_lasting_error_is_corrected_in_an_hour(self) -> None:
        vardiff = started(1000)
        changes = feed(vardiff, share_every_s=6.5, begin=0.0, end=3600.0)
        assert not changes[0][1].urgent
        assert 1300 <= difficulty_of_target(changes[0][1].target) <= 1700

    def test_an_error_within_the_noise_is_left_alone(self) -> None:
        vardiff = started(1000)
        assert feed(vardiff, share_every_s=9.0, begin=0.0, end=7200.0) == []
        assert feed(vardiff, share_every_s=11.0, begin=7200.0, end=14400.0) == []

    def test_a_burst_that_the_network_held_back_is_not_a_flood(self) -> None:
        vardiff = started(1000)
        feed(vardiff, share_every_s=10.0, begin=0.0, end=1800.0)
        for _ in range(4):  # 40 s of shares arrive at once
            if vardiff.credited(vardiff.target, 1840.0):
                assert vardiff.review(1840.0, MAINNET) is None

    def test_the_time_before_the_first_share_is_not_held_against_the_miner(self) -> None:
        vardiff = started(1000)
        assert not vardiff.credited(vardiff.target, 25.0)
        assert feed(vardiff, share_every_s=10.0, begin=25.0, end=1800.0) == []

    def test_time_without_work_is_no_evidence(self) -> None:
        vardiff = started(1000, shown=True)
        for now in range(5, 3600, 5):
            vardiff.pause(float(now))
        assert vardiff.review(3600.0, MAINNET) is None
        assert vardiff.target == target(1000)

    def test_a_clock_that_stands_still_is_harmless(self) -> None:
        vardiff = started(1000, shown=True)
        for _ in range(50):
            if vardiff.credited(vardiff.target, 0.0):
                vardiff.review(0.0, MAINNET)
        assert difficulty_of_target(vardiff.target) < 1e8


class TestJobs:
    def test_a_change_takes_effect_only_by_being_issued(self) -> None:
        vardiff = started(8000)
        feed(vardiff, share_every_s=10.0, begin=0.0, end=1800.0)
        assert vardiff.review(1890.0, MAINNET) is None
        pending = vardiff.review(1930.0, MAINNET)
        assert pending is not None
        assert vardiff.issue(MAINNET, 1931.0) == pending.target == vardiff.target

    def test_what_is_no_longer_surprising_is_given_up_before_it_was_issued(self) -> None:
        vardiff = started(1000)
        feed(vardiff, share_every_s=10.0, begin=0.0, end=1800.0)
        assert vardiff.review(1930.0, MAINNET) is not None
        for _ in range(4):
            vardiff.credited(target(1000), 1931.0)
        back = vardiff.review(1931.0, MAINNET)
        assert back == Change(target(1000), urgent=False)

    def test_shares_of_an_easier_superseded_job_count_by_their_work(self) -> None:
        vardiff = started(1000, shown=True)
        feed(vardiff, share_every_s=0.01, begin=0.0, end=5.0)
        harder = vardiff.issue(MAINNET, 1.0)
        assert difficulty_of_target(harder) > 20_000
        # A second of the same flood is still in flight: it is the same hashrate, so nothing more is to be done.
        for index in range(20):
            if vardiff.credited(target(1000), 1.0 + index / 100):
                assert vardiff.review(1.0 + index / 100, MAINNET) is None
        assert vardiff.issue(MAINNET, 1.2) == harder

    def test_a_late_share_of_a_harder_job_does_not_look_like_a_flood(self) -> None:
        vardiff = started(8000)
        feed(vardiff, share_every_s=10.0, begin=0.0, end=1800.0)
        feed(vardiff, share_every_s=1e9, begin=1800.0, end=2200.0)
        lowered = vardiff.issue(MAINNET, 1930.0)
        assert lowered == target(1000)
        vardiff.credited(target(8000), 1931.0)
        assert vardiff.review(1932.0, MAINNET) is None

    def test_no_job_is_harder_than_its_source(self) -> None:
        vardiff = started(1000)
        assert vardiff.issue(target(512), 0.0) == target(512)
        assert vardiff.issue(REGTEST, 0.0) == REGTEST
        assert vardiff.issue(MAINNET, 0.0) == target(1000)

    def test_a_source_with_a_fractional_difficulty_is_met_by_the_whole_one_below(self) -> None:
        assert started(1000).issue(target(512.7), 0.0) == target(512)
        assert started(1000).issue(target(0.7), 0.0) == target(0.7)

    def test_an_easy_source_changes_nothing_about_what_is_wanted(self) -> None:
        vardiff = started(8000)
        feed(vardiff, share_every_s=10.0, begin=0.0, end=1800.0)
        # A pool of difficulty 500: 16 times the shares, each worth a sixteenth.
        changes = feed(vardiff, share_every_s=10.0 / 16, begin=1800.0, end=3600.0, source=target(500))
        assert changes == []
        assert vardiff.issue(MAINNET, 3600.0) == target(8000)

    def test_on_regtest_nothing_is_ever_changed(self) -> None:
        vardiff = started(1000)
        assert feed(vardiff, share_every_s=0.005, begin=0.0, end=20.0, source=REGTEST) == []


class TestWishes:
    def test_a_floor_holds_for_a_miner_that_is_slower(self) -> None:
        vardiff = started(1000)
        change = vardiff.set_floor(target(5000), MAINNET)
        assert change == Change(target(5000), urgent=True)
        vardiff.issue(MAINNET, 0.0)
        assert feed(vardiff, share_every_s=100.0, begin=0.0, end=7200.0) == []

    def test_a_floor_that_waits_for_its_job_survives_a_review(self) -> None:
        vardiff = started(1000)
        assert vardiff.set_floor(target(2000), MAINNET) == Change(target(2000), urgent=False)
        vardiff.review(5.0, MAINNET)
        assert vardiff.issue(MAINNET, 10.0) == target(2000)

    def test_a_floor_does_not_hold_a_faster_miner_back(self) -> None:
        vardiff = started(1000)
        vardiff.set_floor(target(500), MAINNET)
        ((_, change),) = feed(vardiff, share_every_s=0.1, begin=0.0, end=60.0)
        assert difficulty_of_target(change.target) > 20_000

    def test_a_suggested_floor_gives_way_to_a_much_slower_miner(self) -> None:
        vardiff = started(1000)
        vardiff.set_floor(target(1000), MAINNET, binding=False)
        assert feed(vardiff, share_every_s=25.0, begin=0.0, end=3600.0) == []
        assert vardiff.target == target(1000)
        changes = feed(vardiff, share_every_s=1e9, begin=3600.0, end=4000.0)
        assert changes[-1][1].target > target(1000)

    def test_a_suggestion_does_not_replace_the_floor_of_a_password(self) -> None:
        vardiff = started(1000)
        vardiff.set_floor(target(5000), MAINNET)
        assert vardiff.set_floor(target(1), MAINNET, binding=False) is None
        assert vardiff.target == target(5000)

    def test_a_fixed_difficulty_stays_whatever_comes(self) -> None:
        vardiff = started(1000)
        assert vardiff.fix(target(777), MAINNET) == Change(target(777), urgent=False)
        vardiff.issue(MAINNET, 0.0)
        assert feed(vardiff, share_every_s=0.05, begin=0.0, end=60.0) == []
        assert feed(vardiff, share_every_s=1e9, begin=60.0, end=7200.0) == []
        assert vardiff.issue(MAINNET, 7200.0) == target(777)

    def test_a_fixed_difficulty_can_be_given_from_the_start_and_taken_back(self) -> None:
        vardiff = Vardiff(VardiffPolicy(), start=target(1000), fixed=target(777), now=0.0)
        assert vardiff.issue(MAINNET, 0.0) == target(777)
        vardiff.fix(None, MAINNET)
        assert feed(vardiff, share_every_s=0.05, begin=0.0, end=60.0)

    def test_a_share_never_asks_for_a_review_while_fixed(self) -> None:
        vardiff = started(1000)
        vardiff.fix(target(1000), MAINNET)
        assert not any(vardiff.credited(target(1000), index / 100) for index in range(1000))

    def test_wishes_are_held_to_the_operators_bounds_only(self) -> None:
        policy = VardiffPolicy(
            easiest_target=target(64),
            hardest_target=target(1e6),
            easiest_wish_target=target(1),
            hardest_wish_target=target(1e9),
        )
        assert Vardiff(policy, start=target(1000), fixed=target(8), now=0.0).target == target(8)
        assert Vardiff(policy, start=target(1000), fixed=target(0.1), now=0.0).target == target(1)
        assert Vardiff(policy, start=target(1000), floor=target(1e8), now=0.0).target == target(1e8)
        assert Vardiff(policy, start=target(1), now=0.0).target == target(64)

    def test_a_wish_with_a_fraction_above_one_is_cut_to_a_whole_difficulty(self) -> None:
        assert Vardiff(VardiffPolicy(), start=target(1), fixed=target(1500.5), now=0.0).target == target(1500)
        assert Vardiff(VardiffPolicy(), start=target(1), fixed=target(0.00015), now=0.0).target == target(0.00015)

    def test_a_better_guess_is_taken_until_shares_have_come(self) -> None:
        vardiff = started(1000)
        assert vardiff.guess(target(0.001), MAINNET) == Change(target(0.001), urgent=True)
        assert vardiff.review(5.0, MAINNET) is None
        assert vardiff.issue(MAINNET, 5.0) == target(0.001)
        vardiff.credited(target(0.001), 6.0)
        assert vardiff.guess(target(1000), MAINNET) is None

    def test_a_guess_that_is_repeated_does_not_keep_a_silent_miner_up(self) -> None:
        vardiff = started(1000)
        for now in range(0, 1800, 5):
            if now % 30 == 0:
                vardiff.guess(target(1000), MAINNET)
                vardiff.issue(MAINNET, float(now))
            vardiff.review(float(now), MAINNET)
        assert difficulty_of_target(vardiff.target) < 1e-3


class TestProven:
    def test_nothing_is_proven_before_shares_came(self) -> None:
        assert started(1000).proven is None

    def test_a_dozen_shares_prove_a_target_and_silence_does_not_unprove_it(self) -> None:
        vardiff = started(1000)
        feed(vardiff, share_every_s=10.0, begin=0.0, end=200.0)
        assert vardiff.proven == target(1000)
        for begin in range(200, 3200, 300):
            feed(vardiff, share_every_s=1e9, begin=float(begin), end=begin + 300.0)
        assert difficulty_of_target(vardiff.target) < 1
        assert vardiff.proven == target(1000)


class TestCost:
    def test_evidence_of_a_week_takes_no_more_room_than_that_of_an_hour(self) -> None:
        vardiff = started(1000)
        rng = random.Random(3)
        largest, now, share_at = 0, 0.0, 0.0
        for _ in range(7 * 24 * 720):
            now += 5.0
            while share_at < now:
                vardiff.credited(vardiff.issue(MAINNET, now), share_at)
                share_at += rng.expovariate(0.1)
            vardiff.review(now, MAINNET)
            largest = max(largest, footprint_bytes(vardiff))
        assert largest < 1500


def footprint_bytes(vardiff: Vardiff) -> int:
    parts = (getattr(vardiff, name) for name in Vardiff.__slots__ if name != "_policy")
    return sys.getsizeof(vardiff) + sum(sys.getsizeof(part) for part in parts)


class TestRounding:
    @pytest.mark.parametrize(
        ("difficulty", "rounded"),
        [
            (123_456, 120_000),
            (1.26e12, 1.3e12),
            (15, 15),
            (9.4, 9),
            (1.4, 1),
            (0.97, 1),
            (0.944, 0.94),
            (0.0020023, 0.0020),
            (1.26e-6, 1.3e-6),
        ],
    )
    def test_difficulties_have_two_digits_and_are_whole_from_one_on(self, difficulty: float, rounded: float) -> None:
        assert round_target(target(difficulty)) == target(rounded)

    def test_rounding_twice_changes_nothing(self) -> None:
        for exponent in range(-60, 130):
            once = round_target(target(1.17 * 10 ** (exponent / 10)))
            assert round_target(once) == once
            assert whole_target(once) == once
            assert scaled_target(once, 1.0) == once

    def test_the_ends_of_the_scale_hold(self) -> None:
        assert 0 < scaled_target(1, 1e9) <= MAX_TARGET
        assert 0 < scaled_target(MAX_TARGET, 1e-9) <= MAX_TARGET
        assert whole_target(MAX_TARGET) == MAX_TARGET


class TestPolicy:
    def test_bounds_the_wrong_way_round_are_refused(self) -> None:
        with pytest.raises(ValueError, match="easier"):
            VardiffPolicy(easiest_target=target(100), hardest_target=target(10))
        with pytest.raises(ValueError, match="easier"):
            VardiffPolicy(easiest_wish_target=target(100), hardest_wish_target=target(10))

    @pytest.mark.parametrize("rate", [0.0, -1.0, float("inf"), float("nan")])
    def test_a_rate_that_is_no_rate_is_refused(self, rate: float) -> None:
        with pytest.raises(ValueError, match="positive"):
            VardiffPolicy(shares_per_minute=rate)

    def test_a_known_hashrate_gives_its_difficulty(self) -> None:
        # 1.2 TH/s for 10 s is 1.2e13 hashes; difficulty 1 is 2**32 of them
        assert VardiffPolicy().target_for_hashrate(1.2e12) == target(2800)
        assert VardiffPolicy().target_for_hashrate(1e-9) == target(1e-6)
        assert VardiffPolicy().target_for_hashrate(1e60) == target(1e12)
