"""Editing a configuration file as text."""

import tomllib

import pytest

from headframe.app.desk_document import REMOVED, CannotEdit, Edit, applied, edited

FILE = """\
# The household's miners.

[web]
# where people look
listen = "127.0.0.1:1"  # loopback

# about stratum
[stratum]
listen = [
  "0.0.0.0:3333", # the garage
  "0.0.0.0:3334",
]
# extranonce2_size = 8

[stratum.tls]
enabled = true

# my own node
[[source]]
name = "home" # never changes
weight = 70

# the pool
# (fees are low)
[[source]]
name = "ocean"
weight = 30

# the garage is for the pool
[[pin]]
worker = "garage"
source = "ocean"

# the attic
[[pin]]
worker = "attic"
source = "home"
"""


def after(*edits: Edit, text: str = FILE) -> str:
    made = edited(text, edits)
    tree = tomllib.loads(text)
    for edit in edits:
        tree = applied(tree, Edit(edit.path, REMOVED) if edit.value == [] else edit)
    assert tomllib.loads(made) == tree
    return made


def test_another_value_leaves_all_else_as_it_is() -> None:
    made = after(Edit(("source", 1, "weight"), 45), Edit(("web", "listen"), "[::1]:1"))
    assert made == FILE.replace("weight = 30", "weight = 45").replace('"127.0.0.1:1"  #', '"[::1]:1"  #')


def test_the_same_value_changes_not_a_byte() -> None:
    spelt = 'a = [ 1,2 ]\nb = 0x10\nc = "x"\n[d]\n e="y"'
    assert edited(spelt, [Edit(("b",), 16), Edit(("c",), "x"), Edit(("d", "e"), "y"), Edit(("a",), [1, 2])]) == spelt


def test_a_new_key_stands_at_the_end_of_its_table_before_the_comments_of_the_next() -> None:
    made = after(Edit(("web", "privacy"), "totals"), Edit(("source", 0, "paused"), True))
    expected = FILE.replace("# loopback\n", '# loopback\nprivacy = "totals"\n')
    assert made == expected.replace("weight = 70\n", "weight = 70\npaused = true\n")


def test_a_key_that_goes_takes_nothing_with_it() -> None:
    made = after(Edit(("source", 0, "weight"), REMOVED), Edit(("web", "nothing"), REMOVED))
    assert made == FILE.replace("weight = 70\n", "")


def test_a_new_table_stands_before_the_lists_of_tables() -> None:
    made = after(Edit(("limits", "connections"), 7))
    assert made == FILE.replace("# my own node", "[limits]\nconnections = 7\n\n# my own node")
    made = after(Edit(("web", "tls", "key"), "k.pem"))
    assert made == FILE.replace("# about stratum", '[web.tls]\nkey = "k.pem"\n\n# about stratum')


def test_a_table_comes_after_its_like_and_goes_with_its_comments() -> None:
    made = after(Edit(("source", 2), {"name": "sol", "url": ["a", "b"], "weight": 5}))
    new = '[[source]]\nname = "sol"\nurl = ["a", "b"]\nweight = 5\n\n'
    assert made == FILE.replace("# the garage is", new + "# the garage is")
    assert after(Edit(("source", 2), REMOVED), text=made) == FILE
    made = after(Edit(("source", 0), REMOVED))
    assert made == FILE.replace('# my own node\n[[source]]\nname = "home" # never changes\nweight = 70\n\n', "")
    made = after(Edit(("source", 1), REMOVED))
    assert "fees" not in made
    assert "# the garage is for the pool" in made


def test_of_a_list_of_tables_those_that_stay_keep_their_comments() -> None:
    attic, garage = {"worker": "attic", "source": "home"}, {"worker": "garage", "source": "ocean"}
    shed = {"worker": "shed", "source": "home"}
    made = after(Edit(("pin",), [attic, shed]))
    assert "# the attic\n[[pin]]" in made
    assert "# the garage is" not in made
    assert after(Edit(("pin",), [attic, garage])).count("# the attic") == 1
    gone = after(Edit(("pin",), []))
    assert "pin" not in tomllib.loads(gone)
    assert after(Edit(("pin",), [shed]), text=gone).endswith('[[pin]]\nworker = "shed"\nsource = "home"\n')


def test_a_table_of_a_list_that_only_changes_keeps_its_comments_and_its_place() -> None:
    scattered = FILE.replace("# the garage is", '[[fee]]\nto = "x"\n\n# the garage is').replace(
        "# the attic", '[[fee]]\nto = "y"\n\n# the attic'
    )
    garage, attic = {"worker": "garage", "source": "home"}, {"worker": "attic", "source": "home"}
    made = after(Edit(("pin",), [garage, attic]), text=scattered)
    assert made == scattered.replace('worker = "garage"\nsource = "ocean"', 'worker = "garage"\nsource = "home"')
    made = after(Edit(("pin",), [{"worker": "garage", "weight": 2}, attic]), text=scattered)
    assert made == scattered.replace('worker = "garage"\nsource = "ocean"', 'worker = "garage"\nweight = 2')


def test_new_tables_of_a_list_stand_behind_the_one_they_follow() -> None:
    garage, attic = {"worker": "garage", "source": "ocean"}, {"worker": "attic", "source": "home"}
    shed, hall = {"worker": "shed", "source": "home"}, {"worker": "hall", "source": "home"}
    made = after(Edit(("pin",), [garage, shed, attic, hall]))
    new = '[[pin]]\nworker = "{}"\nsource = "home"\n'
    assert made == FILE.replace("# the attic", new.format("shed") + "\n# the attic") + "\n" + new.format("hall")


def test_lists_keep_the_comments_of_what_stays() -> None:
    made = after(Edit(("stratum", "listen"), ["0.0.0.0:3333", "0.0.0.0:4444"]))
    assert '"0.0.0.0:3333", # the garage' in made
    made = after(Edit(("stratum", "listen"), ["0.0.0.0:5", "0.0.0.0:3333"]))
    assert tomllib.loads(made)["stratum"]["listen"] == ["0.0.0.0:5", "0.0.0.0:3333"]


def test_lists_of_tables_inside_a_section_are_written_in_braces() -> None:
    fees = [{"address": "a", "basis_points": 100}, {"address": "b", "basis_points": 50}]
    made = after(Edit(("payout", "fee"), fees[:1]))
    assert '[payout]\nfee = [{address = "a", basis_points = 100}]\n' in made
    made = after(Edit(("payout", "fee"), fees), text=made)
    after(Edit(("payout", "fee"), []), text=made)
    after(Edit(("payout", "fee"), REMOVED), text=made)
    tables = '[payout]\nmode = "miner"\n[[payout.fee]]\naddress = "a"\nbasis_points = 100\n'
    assert after(Edit(("payout", "fee"), fees), text=tables).startswith(tables)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "web = { listen = 'x' }\n",
        "web.listen = 'x'\nstratum.tls.enabled = false\n",
        "[web]\n[stratum.tls]\nkey = 'a'\n[limits]\n[stratum]\n",
        "source = [{ name = 'a' }, { name = 'b' }]\n",
        "source = [\n  { name = 'a' }, # first\n  { name = 'b' },\n]\n[web]\n",
        "[web]\nlisten = '''a\n[source]\n# x\n'''\n[[source]]\nname = 'a'\n[[source]]\nname='b'",
        "[[source]]\r\nname = 'a'\r\n[[source]]\r\nname = 'b'\r\n",
        "[ web ] # c\n  listen='x'\n[[ source ]]\n  name='a'\n  [[source]]\n  name='b' # no end of line",
    ],
)
def test_other_ways_to_write_the_same_can_be_edited_too(text: str) -> None:
    made = after(Edit(("web", "privacy"), "totals"), Edit(("web", "listen"), "y"), text=text)
    made = after(Edit(("stratum", "tls", "enabled"), True), Edit(("stratum", "listen"), ["a"]), text=made)
    made = after(Edit(("limits", "connections"), 8), Edit(("source", 2, "weight"), 9), text=made)
    made = after(Edit(("source", 1, "weight"), 4), Edit(("source", 0), REMOVED), text=made)
    made = after(Edit(("web", "privacy"), REMOVED), Edit(("pin",), [{"worker": "w", "source": "s"}]), text=made)
    assert "\n\n\n\n" not in made


def test_windows_line_ends_stay() -> None:
    made = after(Edit(("web", "listen"), "x"), Edit(("source", 0, "weight"), 5), text="[[source]]\r\nname = 'a'\r\n")
    assert made.count("\n") == made.count("\r\n")


def test_what_cannot_be_written_is_refused_and_not_guessed() -> None:
    with pytest.raises(CannotEdit, match=r"web\.listen\.host"):
        edited("[web]\nlisten = 'x'\n", [Edit(("web", "listen", "host"), "y")])
    with pytest.raises(tomllib.TOMLDecodeError):
        edited("[web\n", [Edit(("web", "listen"), "y")])
