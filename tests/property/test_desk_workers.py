"""Decisions on workers, whatever is decided in whatever order: the file says just that, and what runs by it does."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.app import parts
from headframe.app.desk_bans import banned, pardoned
from headframe.app.desk_values import Tree
from headframe.app.desk_workers import DIFFICULTY, PIN, Decision, decided
from headframe.config import parse
from headframe.net.limits import address_key, address_text
from headframe.service.refusals import Conflict, NotFound

FILE = """\
# what there is
[payout]
mode = "miner"

[[source]]
name = "home"
network = "regtest"
rpc = "http://127.0.0.1:1"
user = "u"
password = "p"

# for everybody of that name
[[fixed_difficulty]]
worker = "shed"
difficulty = 9
"""

workers = st.tuples(st.sampled_from(["", "alice", "bob"]), st.sampled_from(["", "attic", "shed", "a.b"]))
steps = st.lists(
    st.tuples(
        st.sampled_from([PIN, DIFFICULTY]), st.lists(workers, min_size=1, max_size=6, unique=True), st.booleans()
    ),
    max_size=8,
)


def after(text: str, decision: Decision, chosen: list[tuple[str, str]], value: Any) -> tuple[str, set[tuple[str, str]]]:
    """The new text, and whom it was refused for."""
    try:
        text, why = decided(text, Tree.of(text, {}), decision, chosen, value)
    except (NotFound, Conflict):  # of one alone
        return text, set(chosen)
    return text, set(why)


@given(steps)
@settings(max_examples=100, deadline=None)
def test_what_runs_is_what_was_decided_last_of_each_worker(
    made: list[tuple[Decision, list[tuple[str, str]], bool]],
) -> None:
    text = FILE
    known: dict[tuple[str, str, str], Any] = {(DIFFICULTY.table, "shed", ""): 9.0}
    for number, (decision, chosen, taken_back) in enumerate(made):
        value: Any = None if taken_back else "home" if decision is PIN else number + 1
        text, refused = after(text, decision, chosen, value)
        for one in set(chosen) - refused:
            known.pop((decision.table, *one), None)
            if value is not None:
                known[decision.table, *one] = value
        config = parse(text, {})
        assert len(config.pin) + len(config.fixed_difficulty) == len(known)
        finders: dict[str, Callable[[str, str], Any]] = {
            PIN.table: parts.pins(config),
            DIFFICULTY.table: parts.fixed_difficulties(config),
        }
        for table, find in finders.items():
            for identity in ("", "alice", "bob"):
                for worker in ("", "attic", "shed", "a.b"):
                    exact = known.get((table, identity, worker))
                    by_name = known.get((table, worker or identity, ""))
                    assert find(identity, worker) == (exact if exact is not None else by_name)
    assert "# what there is" in text


NOW_MS = 1_900_000_000_000
peers = st.sampled_from(["203.0.113.1", "203.0.113.2", "::ffff:203.0.113.2", "2001:db8::1", "2001:db8::2"])
acts = st.lists(
    st.tuples(st.booleans(), st.lists(peers, min_size=1, max_size=3), st.integers(1, 100), st.integers(0, 60)),
    max_size=8,
)


@given(acts)
@settings(max_examples=100, deadline=None)
def test_whoever_is_banned_is_so_until_the_last_word_or_the_end(
    made: list[tuple[bool, list[str], int, int]],
) -> None:
    text, until, now_ms = FILE, dict[str, int](), NOW_MS
    for banning, addresses, seconds, later in made:
        now_ms += later * 1000
        if banning:
            text = banned(text, Tree.of(text, {}), addresses, now_ms + seconds * 1000, now_ms)
            until |= {address_text(address_key(each)): now_ms + seconds * 1000 for each in addresses}
        else:
            text = pardoned(text, Tree.of(text, {}), addresses[0], now_ms)
            until.pop(address_text(address_key(addresses[0])), None)
        until = {address: end for address, end in until.items() if end > now_ms}
        config = parse(text, {})
        assert len(config.ban) == len(until)
        assert parts.bans(config, now_ms) == {address: (end - now_ms) / 1000 for address, end in until.items()}
    assert "# what there is" in text
