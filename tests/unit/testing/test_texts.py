"""Finding the texts that the cockpit translates."""

import json

from headframe.testing.texts import CATALOGUES, files, found_in, spoken


def test_what_is_filled_in_is_numbered_in_its_order() -> None:
    source = 'raise NotFound(f"no source is called {name!r} on {chain}", "look at the list again")'
    assert list(found_in(source)) == ["no source is called {0} on {1}", "look at the list again"]


def test_templates_of_str_format_are_numbered_too() -> None:
    assert list(found_in('DOWN = "fault", "the node at {endpoint} has no peers: {detail}"')) == [
        "the node at {0} has no peers: {1}"
    ]


def test_texts_inside_what_is_filled_in_are_found() -> None:
    source = 'say(f\'the address is of a kind: {"an old kind" if old else "a new kind"}\')'
    assert list(found_in(source)) == ["the address is of a kind: {0}", "an old kind", "a new kind"]


def test_docstrings_log_lines_and_single_words_are_none() -> None:
    source = '''
"""What this module is for."""
def act() -> None:
    """Does something good."""
    log.info("something_happened", reason="nobody reads this in the cockpit")
    answer("refused")
    answer(f"{one}: {other}")
'''
    assert list(found_in(source)) == []


def test_the_english_catalogue_is_what_the_sources_say() -> None:
    """Whoever adds a text: `make texts`, then translate what it says is lacking."""
    texts = spoken(files())
    assert json.loads((CATALOGUES / "en" / "said.json").read_text("utf-8")) == {text: text for text in texts}
    assert len(texts) > 500
