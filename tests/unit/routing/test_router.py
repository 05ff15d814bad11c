"""Which session mines for which source."""

import msgspec
import pytest

from headframe.routing.horizon import Horizon
from headframe.routing.moves import Move, Reason, SessionInput, SourceInput
from headframe.routing.router import Router

A, B, C = SourceInput("a", 50), SourceInput("b", 50), SourceInput("c", 50)
change = msgspec.structs.replace
DOWN = {"can_work": False}


class Bench:
    """A router and the sessions that do what it says."""

    def __init__(self, *sources, **hashrates):
        self.router, self.horizon, self.now = Router(), Horizon(), 0.0
        self.sources = list(sources)
        self.sessions = {key: SessionInput(key, "", float(rate)) for key, rate in hashrates.items()}

    def plan(self, now=None):
        self.now = self.now if now is None else now
        moves = self.router.plan(self.now, self.sources, list(self.sessions.values()), self.horizon)
        for move in moves:
            self.sessions[move.key] = change(self.sessions[move.key], source=move.to, since=self.now)
        return moves

    def mine(self, seconds):
        """Deliver exactly what the hashrates promise, planning every second."""
        moves = []
        for _ in range(seconds):
            for session in self.sessions.values():
                self.horizon.add(self.now, session.source, int(session.hashrate))
            moves += self.plan(self.now + 1)
        return moves

    def tell(self, name, **changes):
        self.sources = [change(s, **changes) if s.name == name else s for s in self.sources]

    def session(self, key, **changes):
        self.sessions[key] = change(self.sessions[key], **changes)

    @property
    def at(self):
        return {key: session.source for key, session in self.sessions.items()}


def test_sessions_without_a_source_are_placed_to_fit_the_weights():
    bench = Bench(SourceInput("a", 75), SourceInput("b", 25), big=200, mid=100, small=60, tiny=40)
    assert {move.reason for move in bench.plan()} == {Reason.ASSIGN}
    assert bench.at == {"big": "a", "mid": "b", "small": "a", "tiny": "a"}


def test_a_hashrate_that_is_not_known_counts_as_an_average_miner():
    bench = Bench(A, B, p=300, q=0, r=0)
    bench.sessions["known"] = SessionInput("known", "", 100.0)
    bench.plan()
    assert bench.at["p"] != bench.at["q"] == bench.at["r"]


def test_where_nothing_is_known_miners_are_counted():
    bench = Bench(SourceInput("a", 70), SourceInput("b", 30), **{f"s{n}": 0 for n in range(10)})
    bench.plan()
    assert list(bench.at.values()).count("a") == 7
    assert bench.mine(120) == []


def test_a_lost_source_loses_its_sessions_at_once_and_by_weight():
    bench = Bench(SourceInput("a", 50), SourceInput("b", 30), SourceInput("c", 20), **{f"s{n}": 10 for n in range(10)})
    bench.plan()
    bench.tell("a", **DOWN)
    moves = bench.plan()
    assert {move.reason for move in moves} == {Reason.FAILOVER}
    assert sorted(bench.at.values()) == ["b"] * 6 + ["c"] * 4


def test_it_gets_the_same_sessions_back_once_it_is_trusted():
    bench = Bench(A, B, **{f"s{n}": 10 + n for n in range(10)})
    bench.plan()
    before = dict(bench.at)
    bench.tell("a", **DOWN)
    bench.plan(100)
    bench.tell("a", can_work=True)
    assert bench.plan(200) == []
    assert bench.plan(214) == []
    assert {move.reason for move in bench.plan(215)} == {Reason.RETURN}
    assert bench.at == before


def test_sessions_that_just_moved_return_after_their_dwell():
    bench = Bench(A, B, **{f"s{n}": 10 for n in range(10)})
    bench.plan()
    bench.tell("a", **DOWN)
    bench.plan(100)
    bench.tell("a", can_work=True)
    bench.plan(101)
    moves = [(now, move) for now in range(102, 200) for move in bench.plan(now)]
    assert moves
    lost = {move.key for now, move in moves if now < 160}
    assert lost == {key for now, move in moves if now < 160 for key in [move.key]}
    assert sorted(bench.at.values()) == ["a"] * 5 + ["b"] * 5


def test_without_any_source_sessions_keep_what_they_have():
    bench = Bench(A, B, p=10, q=10)
    bench.plan()
    before = dict(bench.at)
    bench.tell("a", **DOWN)
    bench.tell("b", **DOWN)
    assert bench.plan(10) == []
    bench.tell("b", can_work=True)
    assert {move.to for move in bench.plan(11)} == {"b"}
    assert before != bench.at == {"p": "b", "q": "b"}


def test_a_source_that_was_taken_out_of_the_configuration_is_left():
    bench = Bench(A, B, p=10, q=10)
    bench.plan()
    bench.sources = [B]
    assert [move.reason for move in bench.plan(1)] == [Reason.FAILOVER]
    assert set(bench.at.values()) == {"b"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"paused": True}, Reason.PAUSE), ({"weight": 0}, Reason.WEIGHT), ({"can_work": False}, Reason.FAILOVER)],
)
def test_moves_say_why(changes, reason):
    bench = Bench(A, B, p=10, q=10)
    bench.plan()
    bench.tell("a", **changes)
    assert [move.reason for move in bench.plan(1)] == [reason]


def test_a_source_that_comes_late_or_goes_is_no_return():
    """Sources come one by one when the program starts: nothing "works again" then."""
    late = SourceInput("c", 50, can_work=False)
    bench = Bench(A, B, late, **{f"s{n}": 10 for n in range(9)})
    bench.plan()
    bench.tell("c", can_work=True)
    came = [move for now in range(1, 200) for move in bench.plan(now)]
    assert {move.reason for move in came} == {Reason.BALANCE}
    assert sorted(bench.at.values()) == ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    bench.tell("c", **DOWN)
    gone = [move for now in range(200, 400) for move in bench.plan(now)]
    assert {move.reason for move in gone} <= {Reason.FAILOVER, Reason.BALANCE}


@pytest.mark.parametrize("away", [DOWN, {"paused": True}])
def test_only_a_source_that_had_gone_returns(away):
    bench = Bench(A, B, C, **{f"s{n}": 10 for n in range(9)})
    bench.plan()
    bench.tell("c", **away)
    for now in range(1, 400):
        bench.plan(now)
    bench.tell("c", can_work=True, paused=False)
    back = [move for now in range(400, 600) for move in bench.plan(now)]
    assert {move.reason for move in back} == {Reason.RETURN}


def test_a_better_tier_that_comes_for_the_first_time_is_no_return():
    bench = Bench(change(A, can_work=False), SourceInput("r", 1, tier=2), p=10, q=10)
    bench.plan()
    assert set(bench.at.values()) == {"r"}
    bench.tell("a", can_work=True)
    assert [move.reason for move in bench.plan(100)] == [Reason.BALANCE] * 2


def test_a_source_that_is_given_a_weight_gets_its_part_because_of_that():
    bench = Bench(A, B, SourceInput("c", 0), **{f"s{n}": 10 for n in range(9)})
    bench.plan()
    bench.tell("c", weight=50)
    assert {move.reason for now in range(1, 200) for move in bench.plan(now)} == {Reason.WEIGHT}


def test_a_reserve_serves_while_the_first_tier_is_down_and_gives_all_back():
    bench = Bench(A, SourceInput("r", 1, tier=2), p=10, q=10)
    bench.plan()
    assert set(bench.at.values()) == {"a"}
    bench.tell("a", **DOWN)
    bench.plan(100)
    assert set(bench.at.values()) == {"r"}
    bench.tell("a", can_work=True)
    bench.plan(200)
    assert set(bench.at.values()) == {"r"}, "on probation"
    assert [move.reason for move in bench.plan(216)] == [Reason.RETURN] * 2
    assert set(bench.at.values()) == {"a"}


def test_a_pin_holds_against_weight_and_tier_and_comes_back_after_a_failure():
    bench = Bench(A, SourceInput("r", 1, tier=2), p=10, q=10)
    bench.session("p", pinned="r")
    assert {move.key: move.reason for move in bench.plan()} == {"p": Reason.PIN, "q": Reason.ASSIGN}
    assert bench.at == {"p": "r", "q": "a"}
    bench.tell("r", **DOWN)
    assert bench.plan(100) == [Move("p", "a", Reason.FAILOVER)]
    bench.tell("r", can_work=True)
    assert bench.plan(101) == []
    assert bench.plan(116) == [Move("p", "r", Reason.PIN)]


def test_what_is_pinned_counts_towards_its_sources_weight():
    bench = Bench(A, B, pinned=100, p=40, q=60)
    bench.session("pinned", pinned="a")
    bench.plan()
    assert bench.at == {"pinned": "a", "p": "b", "q": "b"}


def test_a_session_that_cannot_be_moved_is_left_alone():
    bench = Bench(A, B, p=10, q=10)
    bench.plan()
    for key in bench.sessions:
        bench.session(key, movable=False)
    bench.tell("a", **DOWN)
    assert bench.plan(1) == []


def test_a_cap_is_kept_and_relieved_when_a_miner_grows():
    bench = Bench(SourceInput("a", 50, cap_hashes_per_s=100), B, **{f"s{n}": 30 for n in range(10)})
    bench.plan()
    assert list(bench.at.values()).count("a") == 3
    grown = next(key for key, source in bench.at.items() if source == "a")
    bench.session(grown, hashrate=50.0)
    assert [move.reason for move in bench.plan(1)] == [Reason.CAP], "at once: a cap does not wait for a dwell"
    assert sum(s.hashrate for s in bench.sessions.values() if s.source == "a") <= 100


def test_when_all_are_full_sessions_are_served_all_the_same():
    bench = Bench(
        SourceInput("a", 50, cap_hashes_per_s=10), SourceInput("b", 50, cap_hashes_per_s=10), p=20, q=20, r=20
    )
    bench.plan()
    assert "" not in bench.at.values()
    assert bench.plan(1) == []


def test_new_weights_move_the_fewest_miners_that_fit():
    bench = Bench(A, B, **{f"s{n}": 10 for n in range(10)})
    bench.plan()
    bench.tell("a", weight=70)
    bench.tell("b", weight=30)
    moves = bench.plan(100)
    assert [move.reason for move in moves] == [Reason.WEIGHT] * 2
    assert list(bench.at.values()).count("a") == 7
    assert bench.mine(600) == []


def test_a_miner_that_just_came_waits_for_its_dwell_before_it_is_rearranged():
    bench = Bench(A, B, **{f"s{n}": 10 for n in range(10)})
    bench.plan()
    bench.tell("a", weight=70)
    bench.tell("b", weight=30)
    assert [now for now in range(1, 100) if bench.plan(now)] == [61]


def test_at_a_boundary_one_miner_is_sliced_and_the_split_comes_out():
    bench = Bench(A, B, p=100, q=100, r=100)
    bench.plan()
    moves = bench.mine(4 * 3600)
    assert {move.reason for move in moves} == {Reason.SLICE}
    assert len({move.key for move in moves}) == 1, "always the same miner"
    assert set(bench.router.sliced) == {("a", "b")}
    assert bench.horizon.shares(bench.now) == pytest.approx({"a": 0.5, "b": 0.5}, abs=0.01)


def test_between_three_sources_at_most_two_are_sliced():
    bench = Bench(A, B, C, **{f"s{n}": 100 for n in range(5)})
    bench.plan()
    moves = bench.mine(4 * 3600)
    assert {move.reason for move in moves} <= {Reason.SLICE, Reason.BALANCE}
    last_hour = bench.mine(3600)
    assert len({move.key for move in last_hour if move.reason is Reason.SLICE}) <= 2
    assert bench.horizon.shares(bench.now) == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, abs=0.015)


def test_one_miner_serves_three_sources_in_turn():
    bench = Bench(A, B, C, only=100)
    bench.plan()
    bench.mine(2 * 3600)
    assert bench.horizon.shares(bench.now) == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, abs=0.02)


def test_a_slice_prefers_the_moment_of_a_clean_job():
    def first_slice(fresh_at):
        bench = Bench(SourceInput("a", 80), SourceInput("b", 20), only=100)
        bench.plan()
        other = "b" if bench.at["only"] == "a" else "a"
        for second in range(1, 1000):
            bench.tell(other, fresh_at=float(second) if second == fresh_at else None)
            if bench.mine(1):
                return second
        raise AssertionError("never sliced")

    usual = first_slice(None)
    assert first_slice(usual - 10) == usual - 10
    assert first_slice(30) == usual, "but not before a dwell and a debt worth it"


def test_a_new_session_is_placed_as_the_plan_would():
    bench = Bench(SourceInput("a", 70), SourceInput("b", 30), p=10, q=10)
    assert bench.router.place_new(0, bench.sources) == "a"
    bench.plan()
    counts = {"a": 0, "b": 0}
    for _ in range(98):
        placed = bench.router.place_new(1, bench.sources)
        assert placed is not None
        counts[placed] += 1
    assert counts["a"] + list(bench.at.values()).count("a") == 70


def test_a_new_session_goes_to_its_pin_or_nowhere_when_nothing_works():
    router = Router()
    assert router.place_new(0, [A, B], pinned="b") == "b"
    assert router.place_new(0, [A, change(B, can_work=False)], pinned="b") == "a"
    assert router.place_new(0, [change(A, paused=True)]) is None
    assert router.place_new(0, []) is None


def test_homes_are_remembered_only_for_sessions_there_are():
    bench = Bench(A, B, **{f"s{n}": 10 for n in range(10)})
    bench.plan()
    bench.tell("a", **DOWN)
    bench.plan(1)
    assert len(bench.router._homes) == 5
    bench.sessions = {}
    bench.plan(1000)
    assert bench.router._homes == {}


def test_a_session_that_a_source_does_not_suit_goes_to_and_between_the_others():
    bench = Bench(A, B, SourceInput("tight", 1), p=10, q=10)
    for key in bench.sessions:
        bench.session(key, suits=frozenset({"a", "b"}))
    bench.plan()
    assert set(bench.at.values()) <= {"a", "b"}
    bench.tell("a", weight=0)
    bench.plan(100)
    assert set(bench.at.values()) == {"b"}, "a source that does not suit it holds nobody fast"
    bench.tell("a", weight=50)
    bench.tell("b", weight=0)
    bench.plan(200)
    assert set(bench.at.values()) == {"a"}
    bench.tell("a", can_work=False)
    bench.tell("b", paused=True)
    assert bench.plan(300) == [], "where nothing suits it, it stays"


def test_sessions_that_suit_two_of_three_sources_are_balanced_between_the_two():
    bench = Bench(A, B, SourceInput("tight", 1), **{f"s{n}": 10 for n in range(6)})
    for key in bench.sessions:
        bench.session(key, suits=frozenset({"a", "b"}), source="a")
    bench.plan()
    bench.mine(300)
    assert 2 <= sorted(bench.at.values()).count("b") <= 4, "half, give or take the one that is sliced"


def test_a_pin_to_a_source_that_does_not_suit_is_no_pin():
    bench = Bench(A, B, p=10)
    bench.session("p", suits=frozenset({"a"}), pinned="b")
    bench.plan()
    assert bench.at == {"p": "a"}
