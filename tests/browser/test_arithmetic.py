"""The cockpit's arithmetic, run where it runs: in the browser. Modules that touch no page and ask nobody."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

import headframe.web

STATIC = Path(headframe.web.__file__).parent / "static"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        # Browsers ask for this by themselves; a 404 would count as an error of the page.
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    """Where the cockpit's files are served, and nothing else."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(STATIC)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(files: str, open_browser: Any) -> Page:
    page: Page = open_browser()
    page.goto(f"{files}/manifest.webmanifest")
    return page


def test_shares_always_sum_up_and_locked_ones_stay(page: Page) -> None:
    """2,000 random changes of up to seven sources: nobody below nothing, the sum whole, the locks kept."""
    faults = page.evaluate(
        """async () => {
          const { WHOLE, boundsOf, give, sharesOf } = await import("/pages/sources/balance.js");
          let seed = 1;
          const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
          const faults = [];
          for (let round = 0; round < 2000; round++) {
            const names = [..."abcdefg"].slice(0, 1 + random(7));
            const weights = Object.fromEntries(names.map((name) => [name, random(3) ? random(1000) : 0]));
            weights.a ||= 1;
            const before = sharesOf(weights);
            const locked = new Set(names.filter(() => random(4) === 0));
            const name = names[random(names.length)];
            const wanted = random(1400) - 200;
            const after = give(before, locked, name, wanted);
            const [least, most] = boundsOf(before, locked, name);
            const values = Object.values(after);
            const wrong = [
              values.reduce((sum, each) => sum + each, 0) !== WHOLE && "sum",
              values.some((each) => each < 0 || !Number.isInteger(each)) && "share",
              [...locked].some((each) => each !== name && after[each] !== before[each]) && "lock",
              after[name] !== Math.min(most, Math.max(least, wanted)) && "wanted",
              Object.keys(after).join() !== names.join() && "order",
            ].filter(Boolean);
            if (wrong.length) faults.push({ wrong, before, locked: [...locked], name, wanted, after });
          }
          return faults.slice(0, 3);
        }"""
    )
    assert faults == []


def test_what_one_source_gets_more_the_others_give_by_their_ratio(page: Page) -> None:
    after = page.evaluate(
        """async () => {
          const { give, sharesOf, weightsOf } = await import("/pages/sources/balance.js");
          const shares = sharesOf({ home: 40, ocean: 40, spare: 20 });
          return [give(shares, new Set(), "home", 700), give(shares, new Set(["spare"]), "home", 700),
            weightsOf(sharesOf({ home: 7, ocean: 3 })), give(sharesOf({ home: 1, ocean: 0, spare: 0 }), new Set(), "home", 0)];
        }"""
    )
    assert after == [
        {"home": 700, "ocean": 200, "spare": 100},
        {"home": 700, "ocean": 100, "spare": 200},
        {"home": 70, "ocean": 30},
        {"home": 0, "ocean": 500, "spare": 500},
    ]


def test_quantiles_of_a_histogram_lie_in_their_bucket(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const { quantile } = await import("/pages/sources/quantile.js");
          const one = { bounds: [0.1, 0.2, 0.4], counts: [0, 50, 90], sum: 20, count: 100 };
          return [quantile(one, 0.25), quantile(one, 0.7), String(quantile(one, 0.95)), quantile({ ...one, count: 0 }, 0.5), quantile(null, 0.5)];
        }"""
    )
    assert found[0] == pytest.approx(0.15)
    assert found[1] == pytest.approx(0.3)
    assert found[2:] == ["Infinity", None, None]


def test_a_coinbase_is_cut_into_all_its_bytes_and_no_others(page: Page) -> None:
    begin = "01000000" + "01" + "00" * 32 + "ffffffff"
    script = "03244b0d" + b"/Headframe/".hex() + "00" * 12 + "fabe"
    rest = "ffffffff" + "01" + "00f2052a01000000" + "160014" + "ab" * 20 + "00000000"
    whole = begin + f"{len(script) // 2:02x}" + script + rest
    at = len(begin) // 2 + 1 + 4 + 11
    dissect = """async ([hex, at, size]) => (await import("/pages/blocks/coinbase.js")).dissect(hex, at, size)"""
    pieces = page.evaluate(dissect, [whole, at, 12])
    assert [one["kind"] for one in pieces] == [
        "begin",
        "height",
        "tag",
        "extranonce",
        "script",
        "sequence",
        "outputs",
        "locktime",
    ]
    assert "".join(one["hex"] for one in pieces) == whole
    assert bytes.fromhex(pieces[2]["hex"]) == b"/Headframe/"
    for strange in ("", "00" * 20, "ff" * 60, whole[:100]):
        pieces = page.evaluate(dissect, [strange, 60, 8])
        assert "".join(one["hex"] for one in pieces) == strange, "what cannot be read is shown as it is"


def test_a_long_list_fetches_what_is_looked_at_and_holds_still_when_asked_to(page: Page) -> None:
    seen = page.evaluate(
        """async () => {
          const { windowed } = await import("/parts/table_window.js");
          const asked = [];
          let turn = 0;
          const ask = async (offset, limit) => {
            asked.push([offset, limit]);
            const rows = Array.from({ length: Math.min(limit, 1000 - offset) }, (_, at) => ({ key: String(turn ? 999 - offset - at : offset + at), turn }));
            return { matching: 1000, rows };
          };
          const data = windowed({ ask, size: 100 });
          const settle = () => new Promise((done) => setTimeout(done, 0));
          await data.reset();
          data.want(250, 320);
          await settle();
          const fetched = asked.map(([offset]) => offset);
          const unknown = data.at(700);
          data.want(0, 40);
          turn = 1;
          await data.renew(true);
          const held = [data.at(0).key, data.at(0).turn];
          await data.renew(false);
          const renewed = [data.at(0).key, data.at(0).turn];
          return { fetched, unknown: unknown === undefined, count: data.count(), held, renewed, all: (await data.all(250)).length };
        }"""
    )
    assert seen == {
        "fetched": [0, 200, 300],
        "unknown": True,
        "count": 1000,
        "held": ["0", 0],
        "renewed": ["999", 1],
        "all": 250,
    }


def test_whole_percents_add_up_as_the_shares_do(page: Page) -> None:
    """52.5, 27.5 and 20 are 53, 27 and 20; none is a whole percent away from what it is, and unknown stays unknown."""
    seen = page.evaluate(
        """async () => {
          const { percents } = await import("/parts/shaft-layout.js");
          let seed = 7;
          const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
          const faults = [];
          for (let round = 0; round < 2000; round++) {
            const parts = Array.from({ length: 1 + random(7) }, () => random(1000));
            const sum = parts.reduce((all, each) => all + each, 0) || 1;
            const shares = parts.map((each) => each / sum);
            const whole = percents(shares).map((each) => each * 100);
            const added = whole.reduce((all, each) => all + each, 0);
            if (Math.abs(added - (parts.some(Boolean) ? 100 : 0)) > 1e-6) faults.push([shares, whole, "sum"]);
            if (whole.some((each, at) => Math.abs(each - shares[at] * 100) >= 1)) faults.push([shares, whole, "far"]);
          }
          return { faults, known: percents([0.525, 0.275, 0.2]), some: percents([1, null, undefined]), none: percents([]) };
        }"""
    )
    assert seen == {"faults": [], "known": [0.53, 0.27, 0.2], "some": [1, None, None], "none": []}


def test_the_shaft_has_room_for_who_was_not_measured_yet(page: Page) -> None:
    seen = page.evaluate(
        """async () => {
          const { arrange, memory } = await import("/parts/shaft-layout.js");
          const flow = (key, source, hashrate) => ({ key, alias: key, source, hashrate, miners: 1 });
          const said = (flows) => {
            const plan = arrange(flows, ["home", "larch", "birch"], memory());
            const rates = (list, name) => Object.fromEntries(list.map((each) => [each[name], each.rate]));
            return { sources: rates(plan.sources, "name"), miners: rates(plan.miners, "key"), ribbons: plan.ribbons.length };
          };
          return [said([flow("a", "home", null)]), said([flow("a", "home", 6), flow("a", "larch", 2), flow("b", "larch", null)])];
        }"""
    )
    assert seen == [
        {"sources": {"home": None, "larch": 0, "birch": 0}, "miners": {"a": None}, "ribbons": 1},
        {"sources": {"home": 6, "larch": 2, "birch": 0}, "miners": {"a": 8, "b": None}, "ribbons": 3},
    ]


def test_whole_percents_stay_whole_and_nobody_is_rounded_away(page: Page) -> None:
    """2,000 random houses in whole percents, asked for whole percents: weights that sum to 100, unless somebody who has a
    part would be left with nothing; tenths sum to 1000."""
    faults = page.evaluate(
        """async () => {
          const { WHOLE, give, sharesOf, weightsOf } = await import("/pages/sources/balance.js");
          let seed = 7;
          const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
          const faults = [];
          for (let round = 0; round < 2000; round++) {
            const names = [..."abcde"].slice(0, 2 + random(4));
            let left = 100;
            const before = Object.fromEntries(names.map((name, at) => {
              const part = at === names.length - 1 ? left : random(left + 1);
              left -= part;
              return [name, part * 10];
            }));
            const locked = new Set(names.slice(1).filter(() => random(5) === 0));
            const after = give(before, locked, "a", random(4) ? random(101) * 10 : random(1001));
            const sent = weightsOf(after);
            const sum = Object.values(sent).reduce((all, each) => all + each, 0);
            const whole = after.a % 10 === 0;
            const lost = names.some((name) => name !== "a" && before[name] && !after[name] && after.a < WHOLE && !locked.has(name));
            const free = names.filter((name) => name !== "a" && !locked.has(name) && after[name]);
            const rest = free.reduce((all, name) => all + after[name], 0);
            const wrong = [
              sum !== 100 && sum !== WHOLE && "sum",
              whole && sum !== 100 && free.every((name) => after[name] >= 10) && rest >= 10 * free.length * 10 && "tenths without need",
              whole && lost && rest >= 10 * names.length && "lost",
              JSON.stringify(sharesOf(sent)) !== JSON.stringify(after) && "other shares",
            ].filter(Boolean);
            if (wrong.length) faults.push({ wrong, before, locked: [...locked], after, sent });
          }
          return faults.slice(0, 3);
        }"""
    )
    assert faults == []


def test_a_share_that_is_moved_to_and_fro_leaves_no_trace(page: Page) -> None:
    """1,000 gestures of up to thirty steps that come back to where they began."""
    faults = page.evaluate(
        """async () => {
          const { follow, sharesOf } = await import("/pages/sources/balance.js");
          let seed = 3;
          const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
          const faults = [];
          for (let round = 0; round < 1000; round++) {
            const names = [..."abcde"].slice(0, 2 + random(4));
            const before = sharesOf(Object.fromEntries(names.map((name) => [name, 1 + random(500)])));
            const locked = new Set(names.slice(2).filter(() => random(4) === 0));
            let [shares, last] = [before, null];
            const go = (wanted) => ((last = follow(last, shares, locked, "a", wanted)), (shares = last.shares));
            for (let step = random(30); step >= 0; step--) go(random(1001));
            go(before.a);
            if (JSON.stringify(shares) !== JSON.stringify(before)) faults.push({ before, shares });
          }
          return faults.slice(0, 3);
        }"""
    )
    assert faults == []


def test_a_weight_says_its_part_and_one_more_source_is_offered_what_fits(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const { fitting, follow, give, partOf, sharesOf, weightsOf } = await import("/pages/sources/balance.js");
          const shares = sharesOf({ home: 50, larch: 30, birch: 20 });
          const moved = follow(null, shares, new Set(), "home", 530);
          const other = follow(moved, moved.shares, new Set(), "larch", 300);
          return [weightsOf(moved.shares), other.from === moved.shares, weightsOf(give(shares, new Set(), "home", 525)),
            partOf(275, [525, 200]), partOf(0, []), fitting([525, 275, 200]), fitting([50, 0, 30]), fitting([0, 0]), fitting([])];
        }"""
    )
    assert found[0] == {"home": 53, "larch": 28, "birch": 19}
    assert found[1], "another slider begins where this one ended"
    assert found[2] == {"home": 525, "larch": 285, "birch": 190}
    assert found[3:] == [0.275, None, 333, 40, None, None]


def test_numbers_keep_three_digits_that_say_something_however_small_they_are(page: Page) -> None:
    """The difficulties of a test network are millionths; parts of a whole can be compared down a column."""
    told = page.evaluate(
        """async () => {
          const { difficulty, percent } = await import("/core/format.js");
          return {
            numbers: [0, 1e-12, 4.66e-10, 1e-6, 4.56e-5, 1e-4, 0.000999, 0.001, 0.0456, 1, 12.34, 999.7, 1.234e6].map(difficulty),
            parts: [0, 0.000123, 0.003, 0.0031, 0.01, 0.0999999, 0.125, 0.5, 0.99996, 1].map((part) => percent(part)),
          };
        }"""
    )
    numbers = [each.replace("\u202f", " ") for each in told["numbers"]]
    assert numbers == [
        *("0", "1 p", "466 p", "1 µ", "45.6 µ", "100 µ", "999 µ"),
        *("0.001", "0.0456", "1", "12.3", "1.00 k", "1.23 M"),
    ]
    assert told["parts"] == ["0%", "0.012%", "0.30%", "0.31%", "1%", "10.0%", "12.5%", "50%", "100.0%", "100%"]


def test_a_small_line_has_gaps_where_nothing_is_known(page: Page) -> None:
    paths = page.evaluate(
        """async () => {
          const { sparkPath } = await import("/parts/sparkline.js");
          return [[null, null, 5, 10], [null, 5, null, 10], [null, null, null, null]].map((values) => sparkPath(values, 34, 14).line);
        }"""
    )
    assert paths == ["M22.0 7.0L32.0 2.0", "M12.0 7.0h1.5M32.0 2.0h1.5", ""]
