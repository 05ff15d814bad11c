"""The arithmetic of limits under any sequence of comings, goings and offences."""

from hypothesis import given
from hypothesis import strategies as st

from headframe.net.limits import Address, Limits, LimitSettings, Measure, Refusal, address_key, address_text

PEERS = st.one_of(
    st.integers(0, 5).map(lambda n: f"203.0.113.{n}"),
    st.integers(0, 5).map(lambda n: f"2001:db8:0:{n % 3}::{n}"),
    st.integers(0, 3).map(lambda n: f"::ffff:203.0.113.{n}"),
    st.sampled_from(["127.0.0.1", "192.168.0.7", "", "nonsense"]),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["admit", "admit", "release", "charge", "wait", "forgive", "pardon", "order"]),
        PEERS,
        st.integers(0, 500),
    ),
    max_size=120,
)


@given(
    steps=STEPS,
    connections=st.integers(1, 8),
    per_ip=st.integers(1, 4),
    max_addresses=st.integers(1, 6),
)
def test_counts_stay_within_their_bounds_whatever_happens(
    steps: list[tuple[str, str, int]], connections: int, per_ip: int, max_addresses: int
) -> None:
    settings = LimitSettings(
        connections=connections,
        connections_per_ip=per_ip,
        max_addresses=max_addresses,
        cost_soft=100,
        cost_hard=1_000,
        ban_s=50.0,
        ban_max_s=400.0,
        ban_memory_s=300.0,
    )
    limits = Limits(settings)
    now = 0.0
    inside: list[tuple[str, Address]] = []
    for what, peer, number in steps:
        if what == "admit":
            account = limits.admit(peer, now)
            if isinstance(account, Address):
                assert account.banned_until <= now
                inside.append((peer, account))
            elif account is Refusal.FULL:
                assert len(inside) == connections
            elif account is Refusal.ADDRESS_FULL:
                assert sum(address_key(p) == address_key(peer) for p, _ in inside) == per_ip
            elif account is Refusal.BANNED:
                assert limits.bans(now)
            else:
                assert len({address_key(p) for p, _ in inside}) == max_addresses
        elif what == "release" and inside:
            _, account = inside.pop(number % len(inside))
            limits.release(account, now)
        elif what == "charge" and inside:
            _, account = inside[number % len(inside)]
            sentence = limits.charge(account, number, now)
            assert 0.0 <= sentence.seconds <= settings.ban_max_s
            assert not (account.exempt and sentence.measure is Measure.BAN)
            assert 0.0 <= account.cost <= settings.cost_hard
        elif what == "wait":
            now += number
        elif what == "forgive":
            limits.forgive(now)
        elif what == "pardon":
            limits.pardon(peer, now)
            assert limits.is_ordered(peer) or address_text(address_key(peer)) not in limits.bans(now)
        elif what == "order":
            limits.use_bans({peer: float(number % 400)}, now)
            ordered = [other for other, _ in inside if limits.is_ordered(other)]
            assert {address_key(other) for other in ordered} <= {address_key(peer)}
            assert not (limits.is_exempt(peer) and limits.is_ordered(peer))
            assert limits.is_exempt(peer) or not number % 400 or limits.admit(peer, now) is Refusal.BANNED
        assert limits.connections == len(inside) <= connections
        assert limits.addresses <= max_addresses
        assert all(0 < seconds <= settings.ban_max_s for seconds in limits.bans(now).values())
        for _, account in inside:
            assert account.connections == sum(other is account for _, other in inside) <= per_ip
    for _, account in inside:
        limits.release(account, now)
    assert limits.connections == 0
    now += 1_000_000
    limits.forgive(now, most=max_addresses)
    assert limits.addresses == 0


@given(st.ip_addresses())
def test_an_address_and_its_key_name_the_same_place(address: object) -> None:
    text = str(address)
    assert address_key(address_text(address_key(text)).removesuffix("/64")) == address_key(text)


@given(costs=st.lists(st.integers(1, 100), max_size=60), gap_s=st.floats(0.0, 20.0))
def test_offences_further_apart_are_never_punished_more(costs: list[int], gap_s: float) -> None:
    def worst(gap: float) -> float:
        limits = Limits(LimitSettings(cost_soft=200, cost_hard=10_000, exempt=()))
        account = limits.admit("203.0.113.1", 0.0)
        assert isinstance(account, Address)
        return max((limits.charge(account, cost, n * gap).seconds for n, cost in enumerate(costs)), default=0.0)

    assert worst(gap_s + 1.0) <= worst(gap_s)
