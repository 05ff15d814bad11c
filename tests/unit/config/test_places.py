"""Lines of keys in a TOML text."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from headframe.config.places import line_of, lines_of

TEXT = '''\
top = 1
# [not.a.table]
[a]
x = """
y = 2
"""
z = [
  "[b]",   # ]
  { q = 1 },
]
b.c = 2
"quoted key" = "a # b"
[[list]]
n = 1
[list.inner]
m = 2
[[list]]
n = 3
[list.inner]
m = 4
[[list.deep]]
k = 5
[[list.deep]]
k = 6
'''


def test_keys_tables_and_lists_of_tables_are_found() -> None:
    tomllib.loads(TEXT)
    assert lines_of(TEXT) == {
        ("top",): 1,
        ("a",): 3,
        ("a", "x"): 4,
        ("a", "z"): 7,
        ("a", "b"): 11,
        ("a", "b", "c"): 11,
        ("a", "quoted key"): 12,
        ("list", 0): 13,
        ("list", 0, "n"): 14,
        ("list", 0, "inner"): 15,
        ("list", 0, "inner", "m"): 16,
        ("list", 1): 17,
        ("list", 1, "n"): 18,
        ("list", 1, "inner"): 19,
        ("list", 1, "inner", "m"): 20,
        ("list", 1, "deep", 0): 21,
        ("list", 1, "deep", 0, "k"): 22,
        ("list", 1, "deep", 1): 23,
        ("list", 1, "deep", 1, "k"): 24,
    }


def test_what_has_no_line_is_found_where_what_holds_it_stands() -> None:
    found = lines_of(TEXT)
    assert line_of(found, ("a", "z", 1, "q")) == 7
    assert line_of(found, ("nowhere",)) is None


@given(st.text(max_size=200))
def test_any_text_gives_lines_within_it_and_never_an_error(text: str) -> None:
    assert all(1 <= line <= len(text.splitlines()) for line in lines_of(text).values())
