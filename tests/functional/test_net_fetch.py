"""One value out of the JSON of a web site, whatever the site does."""

import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from headframe.net.fetch import Answer, Fetched, Fetcher, Unusable
from headframe.testing.feed_site import DRIP, FLOOD, HANG, FeedSite, Page


@asynccontextmanager
async def fetcher(timeout_s: float = 5.0) -> AsyncIterator[Fetcher]:
    found = Fetcher(timeout_s=timeout_s)
    try:
        yield found
    finally:
        await found.close()


async def ask(page: Page, pointer: str = "", timeout_s: float = 5.0) -> Answer:
    async with FeedSite({"/x": page}) as site, fetcher(timeout_s) as one:
        return await one.get(f"{site.url}/x", pointer)


async def test_a_number_comes_out_of_its_place() -> None:
    assert await ask('{"data": [{"price": 61250.5}]}', "/data/0/price") == Fetched(61250.5)


@pytest.mark.parametrize("page", [HANG, DRIP])
async def test_who_does_not_come_to_an_end_is_left(page: str) -> None:
    assert await ask(page, timeout_s=0.3) == Unusable("no answer within 0.3 s")


async def test_an_answer_without_end_is_cut() -> None:
    assert await ask(FLOOD, timeout_s=20) == Unusable("an answer of more than 4 MiB")


async def test_a_compressed_answer_is_not_opened() -> None:
    bomb = web.Response(body=gzip.compress(b"1" * 2**20), headers={"Content-Encoding": "gzip"})
    found = await ask(bomb)
    assert isinstance(found, Unusable)
    assert "compressed" in found.reason


@pytest.mark.parametrize("page", ["<html>down for maintenance</html>", "NaN", "", b"\xff\x00"])
async def test_what_is_no_json_is_refused(page: Page) -> None:
    assert await ask(page) == Unusable("the answer is not JSON")


@pytest.mark.parametrize("status", [204, 403, 429, 500])
async def test_only_200_is_an_answer(status: int) -> None:
    assert await ask(web.Response(status=status)) == Unusable(f"HTTP status {status}")


def to(url: str, status: int = 302) -> web.Response:
    return web.Response(status=status, headers={"Location": url})


async def test_a_redirect_within_the_host_is_followed() -> None:
    async with FeedSite({"/x": to("/y", 301), "/y": to("z", 307), "/z": "5"}) as site, fetcher() as one:
        assert await one.get(f"{site.url}/x") == Fetched(5)


async def test_a_redirect_to_another_host_is_not_followed() -> None:
    async with FeedSite({"/y": "5"}) as other, FeedSite() as site, fetcher() as one:
        for target in (f"{other.url}/y", f"{other.url}/y".replace("127.0.0.1", "localhost"), "//[", "gopher://x/"):
            site.pages["/x"] = to(target)
            assert isinstance(await one.get(f"{site.url}/x"), Unusable)
        assert not other.asked


async def test_redirects_in_a_circle_come_to_an_end() -> None:
    async with FeedSite({"/x": to("/x")}) as site, fetcher() as one:
        assert await one.get(f"{site.url}/x") == Unusable("more than 3 redirects")
        assert len(site.asked) == 4


async def test_nobody_there_is_a_value_too() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with fetcher() as one:
            found = await one.get(f"http://127.0.0.1:{taken.getsockname()[1]}/secret-key")
    assert found == Unusable("no connection: connection refused")


@pytest.mark.parametrize("url", ["http://", "nonsense", "http://127.0.0.1:99999/", "http://a..b/", "http://[::1/"])
async def test_an_address_that_is_none_is_a_value_too(url: str) -> None:
    async with fetcher() as one:
        assert isinstance(await one.get(url), Unusable)
