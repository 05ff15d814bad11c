"""What each audience is told, and that nothing private stays in any view."""

import typing
from functools import cache
from types import NoneType, UnionType

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headframe.service import earning_views, history_views, miner_views, views
from headframe.service.history_views import ActivityView, Flow, Shaft
from headframe.service.miner_views import MinerDetail, MinersView, MinerView, MoveView, ShareView
from headframe.service.veil import Audience, veiled
from headframe.service.views import Hashrates, SessionView
from headframe.testing import cockpit_samples as samples

ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
OTHER = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
SECRETS = (ADDRESS, OTHER, "203.0.113.77", "2001:db8::77", "198.51.100.9")
OTHERS = [audience for audience in Audience if audience is not Audience.PRIVATE]

VIEWS = [
    struct
    for module in (views, history_views, earning_views, miner_views)
    for struct in vars(module).values()
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct.__module__ == module.__name__
]
NOT_SHOWN_VEILED = {"WireLog", "WireLine", "BanView"}
"""Asked for with a permission that sees everything, or not at all."""

TEXTS = st.sampled_from(["", "home", "rig.one", *SECRETS, *(f"from {one}:3333 to" for one in SECRETS)])


@cache
def strategy_of(kind):
    """Anything that a field of this type may hold, with secrets wherever there is text."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, UnionType):
        return st.one_of(*map(strategy_of, arguments))
    if origin is tuple:
        return st.lists(strategy_of(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(strategy_of(arguments[0]), strategy_of(arguments[1]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        fields = {name: strategy_of(hints[name]) for name in kind.__struct_fields__}
        if kind is ActivityView:
            fields["kind"] = st.sampled_from(["session", "move", "source", "job", "block", "alert", "command"])
        return st.builds(kind, **fields)
    return {
        str: TEXTS,
        int: st.integers(0, 10),
        float: st.floats(0, 10),
        bool: st.booleans(),
        NoneType: st.none(),
    }[kind]


@pytest.mark.parametrize("audience", OTHERS)
@pytest.mark.parametrize(
    "kind", [one for one in VIEWS if one.__name__ not in NOT_SHOWN_VEILED], ids=lambda k: k.__name__
)
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_no_address_and_no_ip_stays_in_any_view(kind, audience, data):
    view = data.draw(strategy_of(kind))
    seen = veiled(view, audience)
    said = msgspec.json.encode(seen).decode()
    assert [secret for secret in SECRETS if secret in said] == []
    if seen is not None:
        assert type(seen) is kind


@pytest.mark.parametrize("kind", VIEWS, ids=lambda k: k.__name__)
@settings(max_examples=2, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_who_may_see_everything_sees_it(kind, data):
    view = data.draw(strategy_of(kind))
    assert veiled(view, Audience.PRIVATE) is view


RATES = Hashrates(1.0, 2.0, 3.0, 4.0, 5.0)


def miner():
    return MinerView(
        key="k" * 18,
        alias="kitchen",
        identity=ADDRESS,
        worker="kitchen",
        state="mining",
        sessions=1,
        sources=("home",),
        pinned_to="home",
        hashrate=RATES,
        difficulty=512.0,
        accepted=9,
        rejected=1,
        refusals={"stale": 1},
        best_difficulty_today=5.0,
        best_difficulty=6.0,
        first_seen_ms=1,
        last_share_ms=2,
        connected_ms=3,
        firmware="bitaxe/BM1370/v2.4.2",
        device_class="bitaxe",
        protocol="V1",
    )


def detail():
    session = SessionView(
        "s" * 16, "203.0.113.77", "tcp", "sv1", "bitaxe", "bitaxe", ("kitchen",), "home", 1.0, 1.0, None, 1, 0
    )
    share = ShareView(1, "k", "kitchen", "s" * 16, "home", "0a", 1.0, None, "unauthorized", {"user": ADDRESS})
    move = MoveView(1, "k", "kitchen", "s" * 16, "home", "pool", "slice")
    return MinerDetail(miner(), (session,), (share,), (move,))


def test_a_viewer_sees_miners_without_peers_and_with_short_identities():
    seen = veiled(detail(), Audience.VIEWER)
    assert seen.miner == msgspec.structs.replace(miner(), identity="bc1qw5…f3t4")
    assert seen.sessions[0] == msgspec.structs.replace(detail().sessions[0], peer="")
    assert seen.shares[0].explanation == {"user": "[address]"}
    assert seen.moves == detail().moves


def test_visitors_who_may_see_workers_see_aliases():
    seen = veiled(detail(), Audience.WORKERS)
    assert (seen.miner.alias, seen.miner.identity, seen.miner.worker, seen.miner.firmware) == ("kitchen", "", "", "")
    assert seen.miner.hashrate == RATES
    assert seen.sessions == ()
    assert seen.shares[0].explanation == {}
    assert seen.shares[0].session_id == seen.moves[0].session_id == ""
    assert seen.moves[0].to_source == "pool"


def test_visitors_who_may_see_totals_see_no_miner():
    everybody = MinersView(1, 2, 2, (miner(),), {"mining": 2}, {"home": 2}, {"bitaxe": 2})
    assert veiled(everybody, Audience.TOTALS) == MinersView(1, 2, 2, (), {"mining": 2}, {}, {})
    assert veiled(detail(), Audience.TOTALS) is None
    shaft = Shaft(1, (Flow("k", "kitchen", "home", 5.0), Flow("", "", "pool", 7.0, 3)))
    assert veiled(shaft, Audience.TOTALS) == Shaft(1, (Flow("", "", "", 12.0, 4),))
    twice = Shaft(
        1, (Flow("k", "kitchen", "home", 5.0), Flow("k", "kitchen", "pool", 1.0), Flow("n", "new", "home", None))
    )
    assert veiled(twice, Audience.TOTALS) == Shaft(1, (Flow("", "", "", 6.0, 2),)), (
        "a miner is one, however many ribbons"
    )


def test_a_worker_named_by_an_address_gets_an_alias_in_blocks():
    block = views.BlockView(1, "00ff" * 16, 7, "home", OTHER, ADDRESS, 1, "accepted", "", 3)
    seen = veiled(block, Audience.VIEWER)
    assert seen.worker == miner_views.miner_alias(OTHER, ADDRESS)
    assert seen.hash_hex == block.hash_hex
    assert veiled(block, Audience.WORKERS).identity == ""


def test_activity_that_is_not_for_them_is_left_out_of_a_list():
    events = tuple(
        ActivityView(f"a-{n}", 1, kind, "x", {}) for n, kind in enumerate(("command", "alert", "move", "block"))
    )
    kinds = {audience: [event.kind for event in veiled(events, audience)] for audience in Audience}
    assert kinds == {
        Audience.PRIVATE: ["command", "alert", "move", "block"],
        Audience.VIEWER: ["alert", "move", "block"],
        Audience.WORKERS: ["move", "block"],
        Audience.TOTALS: ["block"],
    }


def test_a_session_in_the_feed_has_no_peer_for_a_viewer():
    event = ActivityView(
        "a-1",
        1,
        "session",
        "session_opened",
        {"peer": "203.0.113.77", "identity": ADDRESS, "worker": ADDRESS, "agent": "x"},
    )
    fields = veiled(event, Audience.VIEWER).fields
    assert set(fields) == {"identity", "worker", "agent"}
    assert fields["identity"] == "bc1qw5…f3t4"


@pytest.mark.parametrize("audience", [Audience.WORKERS, Audience.TOTALS])
def test_what_the_house_earns_is_not_for_visitors(audience):
    known = samples.sample_dashboard(samples.sample_miners())
    shown = veiled(known, audience)
    assert known.earned
    assert known.expected
    assert (shown.earned, shown.expected) == ((), ())
    blocks = samples.sample_blocks(samples.sample_miners()[0])
    assert veiled(blocks, audience).earned == ()
    assert veiled(blocks, Audience.VIEWER).earned == blocks.earned
