"""QR codes that the page makes itself (secrets of one-time codes), against those of another implementation."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import segno
from playwright.sync_api import Page

import headframe.web

STATIC = Path(headframe.web.__file__).parent / "static"

CAPACITIES = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412)
"""Bytes that fill versions 1 to 15 at level M to the last bit: no padding, which implementations do differently."""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def page(open_browser: Callable[..., Page], watched: Any) -> Iterator[Page]:
    """A page of the cockpit's files and nothing else."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(STATIC)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    watched.expect("favicon")  # browsers ask for one by themselves
    page = open_browser()
    page.goto(f"http://127.0.0.1:{server.server_port}/icon.svg")
    yield page
    page.close()
    server.shutdown()
    server.server_close()
    thread.join()


def _rows(page: Page, text: str) -> list[str]:
    made = 'async (text) => (await import("/parts/qr_code.js")).qrCode(text).map((row) => row.join(""))'
    rows = page.evaluate(made, text)
    assert isinstance(rows, list)
    return rows


def test_every_version_is_as_another_implementation_makes_it(page: Page) -> None:
    for version, length in enumerate(CAPACITIES, start=1):
        text = ("otpauth://totp/" * 40)[:length]
        rows = _rows(page, text)
        assert len(rows) == 17 + 4 * version
        masks = (
            segno.make(text, error="m", micro=False, boost_error=False, mode="byte", version=version, mask=mask)
            for mask in range(8)
        )
        assert rows in (["".join(map(str, row)) for row in code.matrix] for code in masks), f"version {version}"


def test_a_text_that_is_too_long_is_refused(page: Page) -> None:
    refused = page.evaluate(
        'async () => { try { (await import("/parts/qr_code.js")).qrCode("x".repeat(413)); } catch (e) { return e.name; } }'
    )
    assert refused == "RangeError"
