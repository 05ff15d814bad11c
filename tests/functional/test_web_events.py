"""The event stream over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from headframe.service.permissions import Privacy, Role, console
from headframe.service.web_settings import WebSettings
from headframe.testing.scripted_web import ScriptedHouse
from headframe.web import WebServer, stream

WITHIN_S = 20
STREAM = "api/v1/events"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ScriptedHouse]:
    made = ScriptedHouse(tmp_path, miners=3)
    yield made
    made.close()


@asynccontextmanager
async def serving(house: ScriptedHouse) -> AsyncIterator[str]:
    """The house serves meanwhile; gives its address. It must end by itself, whatever is open."""
    cockpit, stop = house.application(), asyncio.Event()
    web = WebServer(cockpit, "127.0.0.1", 0, closing=cockpit.close_streams)
    web.bind()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
        group.create_task(web.serve(stop))
        yield web.url
        stop.set()


def signed_in(house: ScriptedHouse, role: str) -> dict[str, str]:
    return {"cookie": f"headframe={house.cookie(role)}"}


class Listener:
    """Reads one stream, event by event."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def event(self, *names: str) -> tuple[str, str, Any]:
        """The next event of one of these names: (name, id, data)."""
        while True:
            lines = [line for line in (await self._answer.content.readuntil(b"\n\n")).decode().splitlines() if line]
            fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
            if fields.get("event") in names:
                return fields["event"], fields.get("id", ""), json.loads(fields["data"])

    async def begun(self) -> None:
        """Until the stream stands."""
        assert (await self._answer.content.readuntil(b"\n\n")).startswith(b"retry:")

    async def ended(self) -> bool:
        """Read to its end."""
        async for _ in self._answer.content:
            pass
        return self._answer.content.at_eof()


@asynccontextmanager
async def listening(client: aiohttp.ClientSession, url: str, **headers: str) -> AsyncIterator[Listener]:
    async with client.get(url + STREAM, headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        reader = Listener(answer)
        await reader.begun()
        yield reader


async def test_ticks_and_what_happens_come_by_themselves(house: ScriptedHouse) -> None:
    async with (
        serving(house) as url,
        aiohttp.ClientSession(headers=signed_in(house, "viewer")) as client,
        listening(client, url) as reader,
    ):
        house.beat(0)
        _, _, tick = await reader.event("tick")
        assert tick["overview"]["version"]
        assert tick["dashboard"]["miners"]
        house.beat(0)
        _, event_id, moved = await reader.event("move")
        assert (moved["name"], moved["id"]) == ("moved", event_id)


async def test_who_comes_back_gets_what_was_missed(house: ScriptedHouse) -> None:
    async with serving(house) as url, aiohttp.ClientSession(headers=signed_in(house, "viewer")) as client:
        async with listening(client, url) as reader:
            house.beat(0)
            _, last, _ = await reader.event("move")
        for number in (3, 6):
            house.beat(number)
        async with listening(client, url, **{"Last-Event-ID": last}) as reader:
            first, second = await reader.event("move"), await reader.event("move")
            assert [last < one for one in (first[1], second[1])] == [True, True]
            assert first[2]["fields"]["alias"] == house.world.rigs.rigs[1].alias
        async with listening(client, url, **{"Last-Event-ID": "of another life"}) as reader:
            assert (await reader.event("reset", "move"))[0] == "reset"


async def test_a_stream_ends_with_its_session(house: ScriptedHouse) -> None:
    headers = signed_in(house, "viewer")
    async with (
        serving(house) as url,
        aiohttp.ClientSession(headers=headers) as client,
        listening(client, url) as reader,
    ):
        await asyncio.to_thread(house.accounts.sign_out, headers["cookie"].partition("=")[2])
        house.beat(0)
        assert await reader.ended()


async def test_a_stream_ends_when_its_reader_may_see_less_or_more(house: ScriptedHouse) -> None:
    async with (
        serving(house) as url,
        aiohttp.ClientSession(headers=signed_in(house, "viewer")) as client,
        listening(client, url) as reader,
    ):
        (viewer,) = (one for one in house.accounts.accounts(console()) if one.name == "viewer")
        await asyncio.to_thread(house.accounts.change_account, console(), viewer.id, role=Role.OPERATOR)
        house.beat(0)
        assert await reader.ended()


async def test_visitors_listen_while_privacy_lets_them(house: ScriptedHouse) -> None:
    async with serving(house) as url, aiohttp.ClientSession() as client:
        async with client.get(url + STREAM) as answer:
            assert answer.status == 401
        house.settings = WebSettings(privacy=Privacy.TOTALS)
        async with listening(client, url) as reader:
            house.beat(0)
            _, _, tick = await reader.event("tick")
            assert tick["overview"]["hashrate"]["h1m"] > 0
            assert tick["overview"]["sources"] in ([], ())
            house.settings = WebSettings()
            house.beat(1)
            assert await reader.ended()


async def test_one_session_cannot_take_all_streams(house: ScriptedHouse) -> None:
    async with serving(house) as url, aiohttp.ClientSession(headers=signed_in(house, "viewer")) as client:
        opened = [listening(client, url) for _ in range(stream.MAX_STREAMS_EACH)]
        for one in opened:
            await one.__aenter__()
        async with client.get(url + STREAM) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "10")
        async with (
            aiohttp.ClientSession(headers=signed_in(house, "admin")) as other,
            listening(other, url) as reader,
        ):
            house.beat(0)
            await reader.event("tick")
        for one in opened:
            await one.__aexit__(None, None, None)


async def test_who_goes_away_leaves_its_place(house: ScriptedHouse) -> None:
    async with serving(house) as url, aiohttp.ClientSession(headers=signed_in(house, "viewer")) as client:
        for _ in range(2 * stream.MAX_STREAMS_EACH):
            async with listening(client, url):
                assert len(house.feed) == 1
            for _ in range(1000):
                if not len(house.feed):
                    break
                await asyncio.sleep(0.005)
            assert len(house.feed) == 0


async def test_open_streams_do_not_hold_up_the_end(house: ScriptedHouse) -> None:
    async with aiohttp.ClientSession(headers=signed_in(house, "viewer")) as client:
        async with serving(house) as url:
            standing = listening(client, url)
            reader = await standing.__aenter__()
            began = asyncio.get_running_loop().time()
        assert await reader.ended()
        assert asyncio.get_running_loop().time() - began < 1.9  # STOP_S is 2: nobody had to be cut off
        await standing.__aexit__(None, None, None)


async def test_head_of_the_stream_ends_at_once(house: ScriptedHouse) -> None:
    async with (
        serving(house) as url,
        aiohttp.ClientSession(headers=signed_in(house, "viewer")) as client,
        client.head(url + STREAM) as answer,
    ):
        assert answer.status == 200
        assert await answer.read() == b""


async def test_logs_are_told_live_to_who_may_see_them_only(house: ScriptedHouse) -> None:
    async with serving(house) as url:
        for role, first in (("operator", "logs"), ("viewer", "tick")):
            async with (
                aiohttp.ClientSession(headers=signed_in(house, role)) as client,
                client.get(url + STREAM + "?logs=true") as answer,
            ):
                reader = Listener(answer)
                await reader.begun()
                house.beat(0)
                house.beat(1)
                assert (await reader.event("logs", "tick"))[0] == first
                if role == "operator":
                    continue
                house.beat(2)
                assert (await reader.event("logs", "tick"))[0] == "tick"
