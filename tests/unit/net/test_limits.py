"""The arithmetic of limits: counts, accounts, bans, exemptions, eviction, log budgets."""

import pytest

from headframe.net.limits import (
    LOCAL_NETWORKS,
    NOTHING,
    Address,
    Limits,
    LimitSettings,
    LogBudget,
    Measure,
    Refusal,
    address_key,
    address_text,
)

NOW = 1_000.0


def admitted(limits: Limits, peer: str, now: float = NOW) -> Address:
    account = limits.admit(peer, now)
    assert isinstance(account, Address)
    return account


def charge_until(limits: Limits, account: Address, measure: Measure, now: float) -> float:
    for _ in range(1_000):
        sentence = limits.charge(account, 100, now)
        if sentence.measure is measure:
            return sentence.seconds
    raise AssertionError(f"never came to {measure}")


def test_the_total_is_bounded_and_a_leaver_makes_room() -> None:
    limits = Limits(LimitSettings(connections=2))
    first = admitted(limits, "203.0.113.1")
    admitted(limits, "203.0.113.2")
    assert limits.admit("203.0.113.3", NOW) is Refusal.FULL
    limits.release(first, NOW)
    admitted(limits, "203.0.113.3")


def test_an_address_is_bounded_also_on_loopback() -> None:
    limits = Limits(LimitSettings(connections_per_ip=2))
    for peer in ("127.0.0.1", "203.0.113.1"):
        admitted(limits, peer)
        admitted(limits, peer)
        assert limits.admit(peer, NOW) is Refusal.ADDRESS_FULL
    assert limits.connections == 4


def test_an_ipv6_household_counts_as_one_and_a_neighbour_as_another() -> None:
    limits = Limits(LimitSettings(connections_per_ip=1))
    admitted(limits, "2001:db8:0:1::1")
    assert limits.admit("2001:db8:0:1:ffff::2", NOW) is Refusal.ADDRESS_FULL
    admitted(limits, "2001:db8:0:2::1")


def test_an_ipv4_address_mapped_into_ipv6_is_the_ipv4_address() -> None:
    assert address_key("::ffff:203.0.113.7") == address_key("203.0.113.7")
    assert Limits(LimitSettings()).admit("::ffff:192.168.1.5", NOW).exempt is True  # type: ignore[union-attr]


def test_a_scope_is_no_part_of_the_address() -> None:
    assert address_key("fe80::1%eth0") == address_key("fe80::2%wlan0")


def test_keys_of_ipv4_and_ipv6_never_meet() -> None:
    assert address_key("0.0.0.1") != address_key("::1")
    assert address_key("::") != address_key("0.0.0.0")


@pytest.mark.parametrize(
    ("peer", "text"),
    [("203.0.113.9", "203.0.113.9"), ("2001:db8::7", "2001:db8::/64"), ("what", "unknown")],
)
def test_keys_have_a_name_for_people(peer: str, text: str) -> None:
    assert address_text(address_key(peer)) == text


def test_a_failover_probe_every_minute_for_a_week_costs_nothing() -> None:
    # ESP-Miner on its fallback pool: connect, subscribe, authorize, close within a second, once a minute.
    limits = Limits(LimitSettings(exempt=()))
    for minute in range(7 * 24 * 60):
        account = admitted(limits, "203.0.113.1", NOW + minute * 60)
        limits.release(account, NOW + minute * 60 + 1)
    assert limits.bans(NOW) == {}
    assert limits.addresses == 0


def test_cost_fades_with_time() -> None:
    limits = Limits(LimitSettings(cost_soft=100, cost_hard=1_000, cost_decay_per_s=10, exempt=()))
    account = admitted(limits, "203.0.113.1")
    for second in range(10_000):  # 9 a second is less than what fades
        assert limits.charge(account, 9, NOW + second) == NOTHING


def test_a_flood_is_slowed_before_it_is_banned_and_ever_longer() -> None:
    limits = Limits(LimitSettings(cost_soft=100, cost_hard=1_000, slow_s=10.0, exempt=()))
    account = admitted(limits, "203.0.113.1")
    sentences = [limits.charge(account, 100, NOW) for _ in range(10)]
    assert [s.measure for s in sentences] == [Measure.SLOW] * 9 + [Measure.BAN]
    pauses = [s.seconds for s in sentences[:-1]]
    assert pauses == sorted(pauses)
    assert max(pauses) <= 10.0


def test_a_banned_address_is_refused_until_the_ban_ends() -> None:
    limits = Limits(LimitSettings(ban_s=900.0, exempt=()))
    account = admitted(limits, "203.0.113.1")
    seconds = charge_until(limits, account, Measure.BAN, NOW)
    limits.release(account, NOW)
    assert seconds == 900.0
    assert limits.bans(NOW + 100) == {"203.0.113.1": 800.0}
    assert limits.admit("203.0.113.1", NOW + 899.9) is Refusal.BANNED
    assert isinstance(limits.admit("203.0.113.2", NOW), Address)
    admitted(limits, "203.0.113.1", NOW + 900.0)


def test_each_ban_is_twice_as_long_up_to_the_longest_and_a_good_day_forgets() -> None:
    limits = Limits(LimitSettings(ban_s=900.0, ban_max_s=3_000.0, ban_memory_s=86_400.0, exempt=()))
    now, lengths = NOW, []
    for _ in range(4):
        account = admitted(limits, "203.0.113.1", now)
        lengths.append(charge_until(limits, account, Measure.BAN, now))
        limits.release(account, now)
        now += lengths[-1]
    assert lengths == [900.0, 1_800.0, 3_000.0, 3_000.0]
    account = admitted(limits, "203.0.113.1", now + 86_401)
    assert charge_until(limits, account, Measure.BAN, now + 86_401) == 900.0


def test_another_connection_of_a_banned_address_goes_too_when_it_offends_but_does_not_lengthen_the_ban() -> None:
    limits = Limits(LimitSettings(exempt=()))
    guilty, neighbour = admitted(limits, "203.0.113.1"), admitted(limits, "203.0.113.1")
    charge_until(limits, guilty, Measure.BAN, NOW)
    later = limits.charge(neighbour, 1, NOW + 10)
    assert (later.measure, later.fresh) == (Measure.BAN, False)
    assert later.seconds == pytest.approx(890.0)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "192.168.1.7", "10.1.2.3", "172.31.0.1", "fd00::1", "fe80::1"])
def test_the_lan_is_slowed_but_never_banned(peer: str) -> None:
    limits = Limits(LimitSettings(exempt=LOCAL_NETWORKS))
    account = admitted(limits, peer)
    measures = {limits.charge(account, 100, NOW).measure for _ in range(1_000)}
    assert measures == {Measure.NONE, Measure.SLOW}


def test_public_addresses_are_not_exempt() -> None:
    limits = Limits(LimitSettings(exempt=LOCAL_NETWORKS))
    assert not admitted(limits, "172.32.0.1").exempt
    assert not admitted(limits, "2001:db8::1").exempt


def test_a_pardon_lifts_the_ban_and_the_strikes() -> None:
    limits = Limits(LimitSettings(exempt=()))
    account = admitted(limits, "203.0.113.1")
    charge_until(limits, account, Measure.BAN, NOW)
    limits.release(account, NOW)
    assert limits.pardon("203.0.113.1", NOW)
    assert not limits.pardon("203.0.113.1", NOW)
    assert limits.addresses == 0


def test_a_full_table_drops_the_oldest_unconnected_account() -> None:
    limits = Limits(LimitSettings(max_addresses=2, exempt=()))
    for peer in ("203.0.113.1", "203.0.113.2"):
        account = admitted(limits, peer)
        charge_until(limits, account, Measure.BAN, NOW)
        limits.release(account, NOW)
    admitted(limits, "203.0.113.3")
    assert limits.addresses == 2
    assert list(limits.bans(NOW)) == ["203.0.113.2"]


def test_a_table_full_of_connected_addresses_refuses_a_further_one() -> None:
    limits = Limits(LimitSettings(max_addresses=1))
    admitted(limits, "203.0.113.1")
    assert limits.admit("203.0.113.2", NOW) is Refusal.TABLE_FULL


def test_accounts_that_have_become_clean_are_dropped_in_time() -> None:
    limits = Limits(LimitSettings(exempt=()))
    account = admitted(limits, "203.0.113.1")
    limits.charge(account, 100, NOW)
    limits.release(account, NOW)
    limits.forgive(NOW + 5)
    assert limits.addresses == 1
    limits.forgive(NOW + 10)
    assert limits.addresses == 0


def test_releasing_twice_is_a_bug_and_raises() -> None:
    limits = Limits(LimitSettings())
    account = admitted(limits, "203.0.113.1")
    limits.release(account, NOW)
    with pytest.raises(AssertionError, match="released twice"):
        limits.release(account, NOW)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"connections": 0}, "connections"),
        ({"connections_per_ip": 0}, "connections_per_ip"),
        ({"idle_s": 0.0}, "idle_s"),
        ({"cost_soft": 10, "cost_hard": 5}, "cost_soft"),
        ({"cost_decay_per_s": 0}, "cost_decay_per_s"),
        ({"ban_s": 10.0, "ban_max_s": 5.0}, "ban_max_s"),
        ({"exempt": ("192.168.1.7/24",)}, "192.168.1.7/24"),
        ({"exempt": ("home",)}, "home"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(settings: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        LimitSettings(**settings)  # type: ignore[arg-type]


def test_a_flood_of_events_writes_a_few_lines_and_one_number() -> None:
    budget = LogBudget(lines=3, window_s=60.0)
    assert list(budget.suppressed(NOW)) == []
    permitted = [budget.permit("connection_refused") for _ in range(1_000)]
    assert permitted == [True] * 3 + [False] * 997
    assert budget.permit("address_banned")
    assert list(budget.suppressed(NOW + 59)) == []
    assert list(budget.suppressed(NOW + 61)) == [("connection_refused", 997)]
    assert budget.permit("connection_refused")
    assert list(budget.suppressed(NOW + 200)) == []


def test_a_log_budget_is_bounded_in_names() -> None:
    budget = LogBudget(max_names=2)
    assert [budget.permit(name) for name in ("a", "b", "c", "a")] == [True, True, False, True]


def test_the_operator_bans_an_address_that_never_connected_for_as_long_as_said() -> None:
    limits = Limits(LimitSettings())
    assert limits.use_bans({"203.0.113.9": 60.0}, NOW) == {address_key("203.0.113.9"): 60.0}
    assert limits.bans(NOW) == {"203.0.113.9": 60.0}
    assert limits.is_ordered("203.0.113.9")
    assert limits.admit("203.0.113.9", NOW + 59) is Refusal.BANNED
    admitted(limits, "203.0.113.9", NOW + 60)


def test_an_exempt_address_is_not_banned_until_it_is_exempt_no_more() -> None:
    limits = Limits(LimitSettings())
    peers = {"127.0.0.1": 60.0, "::ffff:192.168.1.5": 60.0}
    assert limits.use_bans(peers, NOW) == {}
    assert limits.is_exempt("127.0.0.1")
    assert limits.bans(NOW) == {}
    limits.use(LimitSettings(exempt=()))
    assert len(limits.use_bans(peers, NOW)) == 2
    assert limits.admit("192.168.1.5", NOW) is Refusal.BANNED


def test_an_exempt_address_within_a_banned_network_is_admitted_and_its_neighbours_are_not() -> None:
    limits = Limits(LimitSettings(exempt=("2001:db8::7/128",)))
    limits.use_bans({"2001:db8::8": 60.0}, NOW)
    admitted(limits, "2001:db8::7")
    assert limits.admit("2001:db8::8", NOW) is Refusal.BANNED


def test_whom_the_operator_bans_is_what_was_said_last() -> None:
    limits = Limits(LimitSettings())
    limits.use_bans({"203.0.113.8": 60.0, "2001:db8::7": 60.0}, NOW)
    assert limits.use_bans({"2001:db8::/64": 90.0, "203.0.113.7": 60.0}, NOW) == {address_key("203.0.113.7"): 60.0}
    assert limits.bans(NOW) == {"2001:db8::/64": 90.0, "203.0.113.7": 60.0}
    admitted(limits, "203.0.113.8")


def test_a_ban_for_misbehaviour_is_not_the_operators_and_each_is_lifted_alone() -> None:
    limits = Limits(LimitSettings())
    account = admitted(limits, "203.0.113.9")
    charge_until(limits, account, Measure.BAN, NOW)
    limits.release(account, NOW)
    assert not limits.is_ordered("203.0.113.9")
    limits.use_bans({"203.0.113.9": 1.0}, NOW)
    assert limits.bans(NOW) == {"203.0.113.9": LimitSettings().ban_s}
    limits.use_bans({}, NOW)
    assert limits.admit("203.0.113.9", NOW) is Refusal.BANNED
    limits.use_bans({"203.0.113.9": 1.0}, NOW)
    assert limits.pardon("203.0.113.9", NOW)
    assert limits.bans(NOW) == {"203.0.113.9": 1.0}
    assert not limits.pardon("203.0.113.9", NOW)


def test_no_flood_of_addresses_pushes_a_ban_by_the_operator_out() -> None:
    limits = Limits(LimitSettings(max_addresses=1))
    limits.use_bans({"203.0.113.1": 60.0}, NOW)
    for number in range(2, 9):
        limits.release(admitted(limits, f"203.0.113.{number}"), NOW)
    assert limits.admit("203.0.113.1", NOW) is Refusal.BANNED


def test_a_ban_that_is_over_is_forgotten() -> None:
    limits = Limits(LimitSettings())
    limits.use_bans({"203.0.113.1": 60.0}, NOW)
    limits.forgive(NOW + 60)
    assert not limits.is_ordered("203.0.113.1")
