"""Any change of the settings: the file means exactly the changed configuration, and keeps every comment."""

import asyncio
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from headframe.app.desk import Desk, text_of
from headframe.app.desk_document import REMOVED, Edit, applied, edited
from headframe.app.desk_weights import Standing
from headframe.app.reload import LISTS, Reload, diff
from headframe.config import Config, parse
from headframe.config.settings import settings as known_settings
from headframe.service.refusals import Invalid
from headframe.service.settings_views import Change
from headframe.testing.fake_clock import FakeClock

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
EXAMPLES = sorted((Path(__file__).parents[2] / "config-examples").glob("*.toml"))

FILE = f"""\
# top
[payout]
mode = "miner" # how
# about logs
[logging]
level = "info"

# home
[[source]]
name = "home" # its name
network = "regtest"
rpc = [
  "http://127.0.0.1:18443", # first
]
user = "u"
password = "p"

# ocean
[[source]]
name = "ocean"
kind = "pool"
network = "regtest"
url = "stratum+tcp://127.0.0.1:3334"
wallet = "{ADDRESS}"

# pinned
[[pin]]
worker = "garage"
source = "ocean"
"""
COMMENTS = ("# top", "# how", "# about logs", "# its name")

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)
scalars = st.one_of(
    texts, st.integers(-(2**53), 2**53), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
)
plain = st.one_of(scalars, st.lists(texts, max_size=4), st.dictionaries(st.sampled_from("abc"), texts, max_size=3))
keys = st.sampled_from(["a", "b", "listen", "tls", "level", "user", "name"])
tables_of_texts = st.lists(st.dictionaries(st.sampled_from(["worker", "source"]), texts, min_size=1), max_size=4)


@st.composite
def edits(draw: st.DrawFn) -> list[Edit]:
    made: list[Edit] = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["plain", "deep", "source", "sources", "pins", "fees"]))
        value: Any = draw(st.one_of(plain, st.just(REMOVED)))
        if kind == "plain":
            made.append(Edit((draw(st.sampled_from(["logging", "payout", "limits"])), draw(keys)), value))
        elif kind == "deep":
            made.append(Edit(("stratum", "inner", draw(keys)), value))
        elif kind == "source":
            made.append(Edit(("source", draw(st.integers(0, 1)), draw(keys)), value))
        elif kind == "sources":
            made.append(Edit(("source", 2), draw(st.dictionaries(keys, plain, min_size=1))))
            made.append(Edit(("source", draw(st.integers(0, 2))), REMOVED))
        else:
            path = ("pin",) if kind == "pins" else ("payout", "fee")
            made.append(Edit(path, draw(tables_of_texts)))
    return made


@given(edits())
@settings(max_examples=150, deadline=None)
def test_a_file_that_was_edited_means_what_the_edits_mean(made: list[Edit]) -> None:
    tree = tomllib.loads(FILE)
    text = FILE
    for edit in made:
        text = edited(text, [edit])
        gone = edit.value == [] and edit.path in (("pin",), ("payout", "fee"))
        tree = applied(tree, Edit(edit.path, REMOVED) if gone and _there(tree, edit.path) else edit)
    assert tomllib.loads(text) == tree
    replaced = {edit.path[-1] for edit in made}
    assert "# top" in text
    assert "mode" in replaced or "# how" in text


def _there(tree: dict[str, Any], path: Sequence[Any]) -> bool:
    here: Any = tree
    for part in path:
        if part not in here:
            return False
        here = here[part]
    return bool(here)


class NoFleet:
    def standing(self) -> Sequence[Standing]:
        return ()


def _values(shape: str, choices: tuple[str, ...], low: float | None, high: float | None) -> st.SearchStrategy[Any]:
    least, most = low or 0, min(high or 1e6, 1e15)
    match shape:
        case "bool":
            return st.booleans()
        case "int":
            return st.integers(int(least), int(most))
        case "float":
            return st.floats(least, most, allow_nan=False, exclude_min=True)
        case "choice":
            return st.sampled_from(choices)
        case _:
            return st.nothing()


ASKED = [
    (".".join(setting.path), _values(setting.shape, setting.choices, setting.minimum, setting.maximum) | st.none())
    for setting in known_settings()
    if setting.path[0] not in ("source", *LISTS)
    and setting.path[:2] not in (("payout", "fee"), ("routing", "feed"))
    and setting.shape in ("bool", "int", "float", "choice")
] + [
    ("source.home.weight", st.integers(0, 1_000_000) | st.none()),
    ("source.ocean.paused", st.booleans()),
    ("source.ocean.tier", st.integers(1, 16)),
    ("source.ocean.cap", st.sampled_from(["1 TH/s", "2.5 PH/s"]) | st.none()),
    ("payout.fee", st.lists(st.just({"address": ADDRESS, "basis_points": 5}), max_size=3)),
    (
        "pin",
        st.lists(st.sampled_from("abcd"), unique=True).map(lambda ws: [{"worker": w, "source": "home"} for w in ws]),
    ),
    (
        "fixed_difficulty",
        st.lists(st.sampled_from("abcd"), unique=True).map(lambda ws: [{"worker": w, "difficulty": 8} for w in ws]),
    ),
    ("stratum.listen", st.lists(st.sampled_from(["127.0.0.1:1", "[::1]:2", "0.0.0.0:3"]), unique=True, min_size=1)),
    ("web.explorer", st.just({"btc": "https://explorer.example/{hash}"}) | st.none()),
]
changes = st.lists(
    st.sampled_from(ASKED).flatmap(lambda one: st.builds(Change, st.just(one[0]), one[1])), min_size=1, max_size=5
)


@given(changes)
@settings(max_examples=100, deadline=None)
def test_a_change_is_taken_just_when_the_whole_is_right_and_then_the_file_says_it(made: list[Change]) -> None:
    """The file, parsed, is the configuration that was applied, and each value asked for is in it."""
    given_to: list[Config] = []
    running = parse(FILE, {})

    async def apply(config: Config) -> Reload:
        given_to.append(config)
        return diff(running, config)

    desk = Desk(None, {}, lambda: running, apply, NoFleet(), FakeClock(), text=FILE)
    refused = False
    try:
        asyncio.run(desk.change(made))
    except Invalid as error:
        refused = bool(error.problems)
    event(f"refused: {refused}")
    if refused:
        assert given_to == []
        assert desk.export() == FILE.replace('password = "p"\n', "")
        return
    text = desk._file.read()
    assert given_to == [parse(text, {})]
    rows = {row.path: row for row in desk.settings().settings}
    for path, value in {change.path: change.value for change in made}.items():
        assert rows[path].value == (rows[path].default if value is None else value)
    assert all(comment in text for comment in COMMENTS)
    assert parse(text_of(given_to[0]), {}) == given_to[0], "what is kept in memory means the same"


def test_every_example_can_be_edited_and_keeps_its_comments(tmp_path: Path) -> None:
    (tmp_path / "rpc_password").write_text("p")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert EXAMPLES
    for example in EXAMPLES:
        text = example.read_text()
        name = parse(text, environment).source[0].name
        made = edited(
            text,
            [
                Edit(("source", 0, "weight"), 17),
                Edit(("limits", "connections"), 99),
                Edit(("pin", 0), {"worker": "w", "source": name}),
            ],
        )
        config = parse(made, environment)
        assert (config.source[0].weight, config.limits.connections) == (17, 99)
        assert [line for line in text.splitlines() if line.startswith("#")] == [
            line for line in made.splitlines() if line.startswith("#")
        ]
