"""What is known of a miner before its first share."""

from __future__ import annotations

from itertools import pairwise

import pytest

from headframe.bitcoin.target import difficulty_of_target, target_of_difficulty
from headframe.mining.devices import (
    DEVICES,
    MAX_NAME_CHARACTERS,
    UNKNOWN,
    class_of,
    normalise_user_agent,
    policy_for,
    start_target,
)
from headframe.mining.vardiff import VardiffPolicy

CONFIGURED = VardiffPolicy()
START = target_of_difficulty(1024)
BITAXE, NERDMINER, ANTMINER = (class_of(name) for name in ("bitaxe/BM1370/v2.9.1", "NerdMinerV2/1.8", "Antminer S19"))


class TestRecognising:
    @pytest.mark.parametrize(
        ("user_agent", "name"),
        [
            ("NerdMinerV2/V1.8.1", "NerdMiner"),
            ("HAN_SOLOminer/1.0", "NerdMiner"),
            ("NerdAxe/BM1366/v1.0.30", "NerdAxe"),
            ("NerdAxeGamma/BM1370/v1.0.31", "NerdAxe"),
            ("NerdNOS/BM1397/v1.0.9", "NerdAxe"),
            ("NerdQAxe++/BM1370/v1.0.31", "NerdQAxe"),
            ("NerdOCTAXE-Gamma/BM1370/v1.0.31", "NerdQAxe"),
            ("bitaxe/BM1370/v2.9.1", "Bitaxe"),
            ("bitaxe v2.2", "Bitaxe"),
            ("Avalon Nano3s/1.0", "Avalon Nano"),
            ("Avalon Q/25.1", "Avalon Q"),
            ("Avalon 1566/4.1", "Avalon"),
            ("Antminer S19 Pro/Tue Apr 4", "Antminer"),
            ("Antminer S19k Pro|LUXminer 2024.5.1.155432-f2e22a8c", "LuxOS"),
            ("Antminer S21/Tue Apr 4", "Antminer S21"),
            ("Antminer S21 Hyd./Tue Apr 4", "hydro"),
            ("Antminer S21 XP/1", "hydro"),
            ("bosminer-plus-tuner 0.2.0-86d1e7", "BraiinsOS"),
            ("PowerPlay-BM/1.2.3", "ePIC"),
            ("xminer-1.2.6", "Vnish"),
            ("whatsminer/v1.1", "Whatsminer"),
            ("NiceHash/1.0.0", "NiceHash"),
            ("Braiins Hashpower", "rental"),
            ("stratum-proxy/1.1", "proxy"),
            ("cpuminer-opt-3.23.4-linux", "cpuminer"),
            ("minerd/2.5.1", "cpuminer"),
            ("cgminer/4.11.1", "unknown"),
            ("", "unknown"),
            ("\x00" * 500, "unknown"),
        ],
    )
    def test_by_what_it_says(self, user_agent: str, name: str) -> None:
        assert class_of(user_agent).name == name

    def test_only_the_beginning_of_an_endless_user_agent_is_read(self) -> None:
        assert class_of("x" * 10_000 + "bitaxe") is UNKNOWN


class TestTable:
    def test_names_are_unique_and_patterns_in_lower_case(self) -> None:
        assert len({device.name for device in DEVICES}) == len(DEVICES)
        for device in DEVICES:
            assert device.patterns
            assert all(pattern == pattern.lower() for pattern in device.patterns)

    def test_no_pattern_is_hidden_by_an_earlier_one(self) -> None:
        for device in DEVICES:
            for pattern in device.patterns:
                assert class_of(pattern) is device, pattern

    @pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
    def test_there_is_room_below_and_above_every_start(self, device) -> None:  # type: ignore[no-untyped-def]
        # A minimum equal to the start leaves a device that is slower than thought nowhere to go.
        assert device.lowest * 2 <= device.start <= device.highest / 100
        assert 0 < device.pace <= 1
        assert device.coinbase_limit_bytes >= 384

    def test_the_unknown_are_bound_by_the_configuration_alone(self) -> None:
        assert policy_for(UNKNOWN, CONFIGURED) == CONFIGURED
        assert start_target(CONFIGURED, UNKNOWN, START) == target_of_difficulty(1000)


class TestPolicy:
    def test_a_class_narrows_the_bounds_and_slows_the_pace(self) -> None:
        policy = policy_for(BITAXE, CONFIGURED)
        assert policy.easiest_target == target_of_difficulty(64)
        assert policy.hardest_target == target_of_difficulty(1e6)
        assert policy.shares_per_minute == pytest.approx(4)

    def test_the_pace_follows_the_configured_one(self) -> None:
        assert policy_for(NERDMINER, VardiffPolicy(shares_per_minute=20)).shares_per_minute == pytest.approx(10)

    def test_the_operators_bounds_always_hold(self) -> None:
        configured = VardiffPolicy(easiest_target=target_of_difficulty(500), hardest_target=target_of_difficulty(5000))
        for device in (*DEVICES, UNKNOWN):
            policy = policy_for(device, configured)
            assert configured.bounded(policy.easiest_target) == policy.easiest_target
            assert configured.bounded(policy.hardest_target) == policy.hardest_target
            start = start_target(policy, device, START)
            assert configured.bounded(start) == start

    def test_wishes_are_bound_by_the_operator_not_by_the_class(self) -> None:
        policy = policy_for(BITAXE, CONFIGURED)
        assert policy.bounded_wish(target_of_difficulty(8)) == target_of_difficulty(8)


class TestStart:
    def test_a_recognised_device_starts_as_its_class_others_as_configured(self) -> None:
        assert start_target(policy_for(BITAXE, CONFIGURED), BITAXE, START) == target_of_difficulty(2000)
        assert start_target(policy_for(NERDMINER, CONFIGURED), NERDMINER, START) == target_of_difficulty(0.001)

    def test_a_hashrate_in_the_password_tells_most(self) -> None:
        start = start_target(
            CONFIGURED, UNKNOWN, START, hashrate=100e12, suggested=START, remembered=target_of_difficulty(7)
        )
        assert difficulty_of_target(start) == 230_000

    def test_a_suggestion_is_a_start_within_the_class(self) -> None:
        assert start_target(CONFIGURED, UNKNOWN, START, suggested=target_of_difficulty(0.00015)) == (
            target_of_difficulty(0.00015)
        )
        policy = policy_for(BITAXE, CONFIGURED)
        assert start_target(policy, BITAXE, START, suggested=target_of_difficulty(1)) == target_of_difficulty(64)

    def test_a_worker_that_is_soon_back_starts_where_it_was(self) -> None:
        policy = policy_for(ANTMINER, CONFIGURED)
        remembered = target_of_difficulty(220_000)
        assert start_target(policy, ANTMINER, START, remembered=remembered, away_s=60) == remembered

    def test_a_remembered_difficulty_halves_for_every_eight_missed_shares(self) -> None:
        remembered = target_of_difficulty(80_000)
        start = start_target(CONFIGURED, UNKNOWN, START, remembered=remembered, away_s=170)
        assert start == target_of_difficulty(20_000)

    def test_it_ages_no_further_than_the_start_of_a_stranger(self) -> None:
        remembered = target_of_difficulty(80_000)
        starts = [
            start_target(CONFIGURED, UNKNOWN, START, remembered=remembered, away_s=away_s)
            for away_s in (0, 80, 800, 8e4, 8e8, 8e20)
        ]
        assert all(earlier <= later for earlier, later in pairwise(starts))
        assert starts[-1] == target_of_difficulty(1000)

    def test_a_slow_miner_is_remembered_however_long_it_was_away(self) -> None:
        slow = target_of_difficulty(0.002)
        assert start_target(CONFIGURED, UNKNOWN, START, remembered=slow, away_s=1e7) == slow

    def test_a_remembered_difficulty_is_held_to_the_bounds(self) -> None:
        policy = policy_for(BITAXE, CONFIGURED)
        assert start_target(policy, BITAXE, START, remembered=target_of_difficulty(1e9)) == target_of_difficulty(1e6)


class TestNames:
    @pytest.mark.parametrize(
        ("user_agent", "name"),
        [
            ("bitaxe/BM1370/v2.9.1", "bitaxe"),
            ("bitaxe BM1366", "bitaxe"),
            ("NerdQAxe++/BM1370/v1.0.31", "NerdQAxe++"),
            ("cpuminer-opt-3.23.4", "cpuminer"),
            ("cpuminer/2.5.1", "cpuminer"),
            ("xminer-1.2.6", "xminer"),
            ("bosminer-plus-tuner 0.2.0-86d1e7", "bosminer-plus-tuner"),
            ("Antminer S19k Pro|LUXminer 2024.5.1.155432-f2e22a8c", "Antminer S19k Pro"),
            ("LUXminer 2024.5.1.155432-f2e22a8c", "LUXminer"),
            ("Antminer S21 Hyd. (x)", "Antminer S21 Hyd."),
            ("cgminer/4.11.1", "cgminer"),
            ("bitaxe v2.2", "bitaxe"),
            ("3.14", "3.14"),
            ("  ", "unknown"),
            ("/v1", "unknown"),
            ("", "unknown"),
            ("\x1b[31mred\x00", "[31mred"),
        ],
    )
    def test_lose_versions_and_chips(self, user_agent: str, name: str) -> None:
        assert normalise_user_agent(user_agent) == name

    def test_are_bounded(self) -> None:
        assert len(normalise_user_agent("m" * 5000)) == MAX_NAME_CHARACTERS
