"""The log's form and places."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from headframe.cli.logs import KEPT_WARNINGS, LastWarnings, set_up
from headframe.service.logbook import Logbook, LogsAsk


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave logging as pytest had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_json_lines_have_time_level_event_logger_and_keys() -> None:
    out = io.StringIO()
    set_up(level="info", json_lines=True, stream=out)
    structlog.get_logger("headframe.net").info("listening", addresses=["127.0.0.1:1"])
    line = json.loads(out.getvalue())
    assert list(line)[:4] == ["time", "level", "event", "logger"]
    assert line["event"] == "listening"
    assert line["logger"] == "headframe.net"
    assert line["addresses"] == ["127.0.0.1:1"]
    assert datetime.fromisoformat(line["time"]).utcoffset() is not None


def test_other_libraries_log_in_the_same_form() -> None:
    out = io.StringIO()
    set_up(level="info", json_lines=True, stream=out)
    logging.getLogger("somebody").warning("%d things", 3, extra={"key": "value"})
    line = json.loads(out.getvalue())
    assert (line["event"], line["level"], line["key"]) == ("3 things", "warning", "value")


def test_levels_below_the_chosen_one_are_not_written() -> None:
    out = io.StringIO()
    set_up(level="warning", json_lines=True, stream=out)
    structlog.get_logger("headframe.net").info("listening")
    assert out.getvalue() == ""


def test_an_exception_is_one_line_with_its_traceback() -> None:
    out = io.StringIO()
    set_up(level="info", json_lines=True, stream=out)
    try:
        raise ValueError("no")
    except ValueError:
        structlog.get_logger("headframe.net").exception("bug")
    assert len(out.getvalue().splitlines()) == 1
    assert "ValueError: no" in json.loads(out.getvalue())["exception"]


@pytest.mark.parametrize("json_lines", [True, False])
def test_no_traceback_shows_what_was_in_hand(json_lines: bool) -> None:
    """A bug while somebody signs in must not write their password into the log."""
    out = io.StringIO()
    set_up(level="info", json_lines=json_lines, stream=out)

    def stumble(password: str) -> None:
        raise RuntimeError(f"{len(password)} letters")

    try:
        stumble("".join(("hun", "ter2")))
    except RuntimeError:
        structlog.get_logger("headframe.web").exception("bug")
    assert "7 letters" in out.getvalue()
    assert "hunter2" not in out.getvalue()


def test_what_peers_send_cannot_make_a_line_of_its_own() -> None:
    out = io.StringIO()
    set_up(level="info", json_lines=True, stream=out)
    structlog.get_logger("headframe.net").info("refused", agent='x"\n{"event": "forged"}\udc80', raw=b"\xff")
    assert len(out.getvalue().splitlines()) == 1
    assert json.loads(out.getvalue())["event"] == "refused"


def test_text_is_one_line_for_people() -> None:
    out = io.StringIO()
    set_up(level="info", json_lines=False, stream=out)
    structlog.get_logger("headframe.net").info("listening", port=1)
    assert "listening" in out.getvalue()
    assert "port=1" in out.getvalue()


def test_a_file_is_rotated_and_only_so_many_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "headframe.log"
    set_up(level="info", json_lines=False, file=path, rotate_bytes=1000, keep_files=2)
    log = structlog.get_logger("headframe.net")
    for number in range(100):
        log.info("listening", number=number)
    found = sorted(entry.name for entry in path.parent.iterdir())
    assert found == ["headframe.log", "headframe.log.1", "headframe.log.2"]
    assert all(entry.stat().st_size <= 1000 for entry in path.parent.iterdir())
    assert json.loads(path.read_text().splitlines()[-1])["number"] == 99


def test_a_display_keeps_the_last_warnings_and_the_stream_stays_silent() -> None:
    out, display = io.StringIO(), LastWarnings()
    set_up(level="info", json_lines=True, stream=out, display=display)
    log = structlog.get_logger("headframe.net")
    log.info("listening")
    for number in range(KEPT_WARNINGS + 3):
        log.warning("slow", number=number)
    assert out.getvalue() == ""
    assert len(display.lines) == KEPT_WARNINGS
    assert f"number={KEPT_WARNINGS + 2}" in display.lines[-1]


def test_setting_up_again_replaces_what_was() -> None:
    first, second = io.StringIO(), io.StringIO()
    set_up(level="info", json_lines=True, stream=first)
    set_up(level="info", json_lines=True, stream=second)
    structlog.get_logger("headframe.net").info("listening")
    assert first.getvalue() == ""
    assert second.getvalue() != ""


def test_every_line_goes_into_the_logbook_too_as_data() -> None:
    out, book = io.StringIO(), Logbook()
    set_up(level="info", json_lines=True, stream=out, logbook=book)
    structlog.get_logger("headframe.net").info("tls_failed", peer="203.0.113.9", password="hunter2", reasons=["a", "b"])
    structlog.get_logger("headframe.net").debug("not_this")
    logging.getLogger("aiohttp").warning("%s is slow", "it")
    try:
        raise ValueError("no")
    except ValueError:
        structlog.get_logger("headframe.app").exception("bug", message="x")
    first, second, third = book.entries(LogsAsk(redact=False)).entries
    assert (first.level, first.event, first.logger) == ("info", "tls_failed", "headframe.net")
    assert first.fields == {"peer": "203.0.113.9", "password": "***", "reasons": "['a', 'b']"}
    assert (second.level, second.event, second.logger, second.fields) == ("warning", "it is slow", "aiohttp", {})
    assert (third.level, third.event) == ("error", "bug")
    assert third.fields == {"message": "x", "exception": "ValueError('no')"}
    assert (
        abs(
            first.time_ms / 1000
            - datetime.fromisoformat(json.loads(out.getvalue().splitlines()[0])["time"]).timestamp()
        )
        < 5
    )


def test_a_line_that_cannot_be_formatted_stops_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    book = Logbook()
    set_up(level="info", json_lines=True, stream=io.StringIO(), logbook=book)
    logging.getLogger("x").info("%d", "no number")
    logging.getLogger("x").info("next")
    assert [entry.event for entry in book.entries(LogsAsk()).entries] == ["next"]
    assert "TypeError" in capsys.readouterr().err
