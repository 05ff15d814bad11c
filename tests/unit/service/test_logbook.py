"""The log's last lines: bounds, filters, packing, and what never comes out."""

import io
import json
import zipfile

import msgspec
import pytest

from headframe.service.logbook import KEPT, MAX_CHARACTERS, MAX_FIELDS, Logbook, LogsAsk

ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


@pytest.fixture
def book():
    book = Logbook()
    book.add(1, "debug", "session_closed", "headframe.gateway", {"worker": "one", "peer": "192.168.1.20"})
    book.add(2, "info", "session_moved", "headframe.gateway", {"worker": "two", "source": "home", "to": "pool"})
    book.add(3, "warning", "source_down", "headframe.gateway", {"source": "pool", "reason": "Connection refused"})
    book.add(4, "error", "bug", "headframe.app", {"error": f"no output for {ADDRESS}"})
    return book


def ids(view):
    return [entry.id for entry in view.entries]


@pytest.mark.parametrize(
    ("ask", "found"),
    [
        (LogsAsk(), [1, 2, 3, 4]),
        (LogsAsk(level="warning"), [3, 4]),
        (LogsAsk(event="bug"), [4]),
        (LogsAsk(worker="two"), [2]),
        (LogsAsk(source="pool"), [2, 3]),
        (LogsAsk(text="REFUSED"), [3]),
        (LogsAsk(text="worker=one"), [1]),
        (LogsAsk(text="headframe.app"), [4]),
        (LogsAsk(limit=2), [3, 4]),
        (LogsAsk(after=2), [3, 4]),
        (LogsAsk(after=1, limit=2), [2, 3]),
        (LogsAsk(after=99), []),
        (LogsAsk(level="warning", source="home"), []),
    ],
)
def test_filters(book, ask, found):
    assert ids(book.entries(ask)) == found


def test_a_reader_goes_on_from_what_it_saw_last(book):
    first = book.entries(LogsAsk(after=0, limit=3))
    assert (ids(first), first.last_id, first.missed) == ([1, 2, 3], 3, False)
    second = book.entries(LogsAsk(after=first.last_id, limit=3))
    assert (ids(second), second.last_id) == ([4], 4)


def test_what_matches_nothing_is_not_looked_at_again(book):
    assert book.entries(LogsAsk(after=0, event="nothing")).last_id == 4


def test_there_are_choices_to_filter_by(book):
    view = book.entries(LogsAsk(limit=1))
    assert view.events == ("bug", "session_closed", "session_moved", "source_down")
    assert view.sources == ("home", "pool")


def test_the_ring_is_bounded_and_says_what_was_missed():
    book = Logbook()
    for number in range(KEPT + 10):
        book.add(number, "info", "x", "y", {})
    view = book.entries(LogsAsk(after=5, limit=1))
    assert (ids(view), view.missed) == ([11], True)
    assert not book.entries(LogsAsk(after=10, limit=1)).missed


def test_a_line_is_bounded_and_never_refused():
    class Unspeakable:
        def __str__(self):
            raise RuntimeError

    book = Logbook()
    fields = {f"f{number}": "x" * 10_000 for number in range(100)} | {}
    book.add(1, "info", "e" * 10_000, "y", {"bad": Unspeakable(), "list": [1, 2], **fields})
    (entry,) = book.entries(LogsAsk()).entries
    assert len(entry.fields) == MAX_FIELDS
    assert entry.fields["bad"] == "<RuntimeError>"
    assert entry.fields["list"] == "[1, 2]"
    assert max(len(value) for value in entry.fields.values()) == len(entry.event) == MAX_CHARACTERS


def test_addresses_are_redacted_unless_it_is_asked_not_to(book):
    redacted, plain = (book.entries(LogsAsk(redact=redact)).entries for redact in (True, False))
    assert redacted[0].fields["peer"] == "[ip]"
    assert redacted[3].fields["error"] == "no output for [address]"
    assert plain[0].fields["peer"] == "192.168.1.20"
    assert ADDRESS in plain[3].fields["error"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2"),
        ("rpc_passwd", "hunter2"),
        ("token", "hunter2"),
        ("Authorization", "hunter2"),
        ("url", "http://user:hunter2@node:8332/"),
        ("text", "tried password=hunter2, again"),
        ("text", '{"password": "hunter2"}'),
        ("text", "Authorization: Bearer hunter2"),
    ],
)
def test_secrets_are_never_kept(name, value):
    book = Logbook()
    book.add(1, "info", f"{name}: {value}", "x", {name: value})
    assert "hunter2" not in str(book.entries(LogsAsk(redact=False)).entries[0])


def test_it_packs_all_that_matches_as_json_lines(book):
    packed = book.zipped(LogsAsk(level="info", limit=1))
    assert packed == book.zipped(LogsAsk(level="info", limit=1))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        lines = [json.loads(line) for line in archive.read("headframe.jsonl").splitlines()]
    assert [line["id"] for line in lines] == [2, 3, 4]
    assert lines[2]["fields"]["error"] == "no output for [address]"


def test_a_number_that_json_of_ours_cannot_carry_is_text() -> None:
    book = Logbook()
    book.add(0, "info", "said", "headframe.sources", {"id": 10**30, "less": -(2**63), "most": 2**63 - 1})
    (entry,) = book.entries(LogsAsk()).entries
    assert entry.fields == {"id": str(10**30), "less": str(-(2**63)), "most": 2**63 - 1}
    assert msgspec.json.encode(entry)
