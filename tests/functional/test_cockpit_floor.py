"""Acts on sessions over real connections, plain and TLS: watched, fixed, closed, banned."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from headframe.gateway.watch import WATCH_S
from headframe.net.certificates import self_signed
from headframe.net.limits import LimitSettings
from headframe.net.listener import Listener, split_address
from headframe.service.floor import LiveFloor
from headframe.service.miner_views import WireLog
from headframe.service.refusals import Conflict
from headframe.sources.base import JobReady
from headframe.sources.scripted import ScriptedSource
from headframe.testing.client import Sv1Client
from headframe.testing.fake_clock import FakeClock
from headframe.testing.hub_rig import EASY_BITS, HARD_BITS, House
from headframe.testing.loopback import LOOPS, eventually, run_on

LOOP_NAMES = sorted(LOOPS)


class Open:
    """A hub behind a listener on loopback, with work of this difficulty."""

    def __init__(self, directory: Path, bits: int, **limits: object) -> None:
        self.house = House(call_soon=asyncio.get_running_loop().call_soon)
        self.clock = FakeClock()
        self.clients: list[Sv1Client] = []
        self.listener = Listener(
            self.house.hub.accept,
            LimitSettings(**limits),  # type: ignore[arg-type]
            self.clock,
            self_signed(directory, ["localhost", "127.0.0.1"], 1_700_000_000),
        )
        self.floor = LiveFloor(self.house.hub, self.listener, self.house.clock)
        self.house.source()
        script = ScriptedSource(FakeClock(), "home", bits=bits)
        script.up()
        self.house.hub.on_source_event(JobReady("home", 1, script.new_block(), self.house.clock.at))

    def dial(self, tls: bool) -> Sv1Client:
        host, port = split_address(self.listener.addresses[0])
        client = Sv1Client(host, port, tls=tls)
        self.clients.append(client)
        return client

    async def joined(self, tls: bool = False) -> Sv1Client:
        client = await asyncio.to_thread(self.dial, tls)
        await asyncio.to_thread(client.begin, "rig.one", "hunter2")
        return client


@asynccontextmanager
async def opened(directory: Path, bits: int = EASY_BITS, **limits: object) -> AsyncIterator[Open]:
    made = Open(directory, bits, **limits)
    await made.listener.start(["127.0.0.1:0"])
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        await made.listener.close()


def texts(log: WireLog, *, from_miner: bool) -> list[str]:
    return [line.text for line in log.lines if line.from_miner is from_miner]


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("loop", LOOP_NAMES)
def test_a_watched_session_is_heard_goes_on_and_is_let_go(loop: str, tls: bool, tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(tmp_path) as here:
            client = await here.joined(tls)
            assert here.floor.watch(client.session_id).lines == ()
            share = await asyncio.to_thread(client.solve, client.wait_job())
            assert (await asyncio.to_thread(client.submit, share)).accepted
            await asyncio.to_thread(client.authorize, "rig.two", "hunter2")
            log = here.floor.watch(client.session_id)
            asked = [json.loads(text) for text in texts(log, from_miner=True)]
            assert [message["method"] for message in asked] == ["mining.submit", "mining.authorize"]
            answered = [json.loads(text) for text in texts(log, from_miner=False)]
            assert {message["id"] for message in asked} <= {message.get("id") for message in answered}
            assert "hunter2" not in str(log)
            here.house.clock.at += WATCH_S + 1
            here.house.hub.sweep(1.0)
            assert len(here.house.hub.watches) == 0
            share = await asyncio.to_thread(client.solve, client.wait_job())
            assert (await asyncio.to_thread(client.submit, share)).accepted
            assert here.floor.watch(client.session_id).lines == ()
            client.close()
            await eventually(lambda: not here.house.hub.seats, "the session to end")
            assert "connection over" in here.floor.watch(client.session_id).lines[-1].text

    run_on(loop, work())


@pytest.mark.parametrize("loop", LOOP_NAMES)
def test_a_fixed_difficulty_reaches_the_miner_at_once(loop: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(tmp_path, HARD_BITS) as here:
            client = await here.joined()
            here.house.clock.at += 5
            here.house.hub.use_fixed(lambda identity, worker: 0.5)
            await asyncio.to_thread(client.wait_job, None, fresh=True)
            assert client.difficulty == 0.5
            here.house.clock.at += 5
            here.house.hub.use_fixed(lambda identity, worker: 100.0)
            await asyncio.to_thread(client.wait_job, None, fresh=True)
            assert client.difficulty == 1.0  # no harder than its source asks

    run_on(loop, work())


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("loop", LOOP_NAMES)
def test_a_session_is_closed_by_the_operator_also_while_it_is_watched(loop: str, tls: bool, tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(tmp_path) as here:
            client = await here.joined(tls)
            here.floor.watch(client.session_id)
            assert here.floor.disconnect(client.session_id).startswith("rig.one from 127.0.0.1")
            assert await asyncio.to_thread(client.closed_by_server)
            await eventually(lambda: not here.house.hub.seats, "the session to end")
            (closed,) = [fields for event, fields in here.house.events if event == "session_closed"]
            assert closed["reason"] == "closed by the operator"

    run_on(loop, work())


@pytest.mark.parametrize("loop", LOOP_NAMES)
def test_a_banned_address_is_cut_off_until_it_is_pardoned(loop: str, tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(tmp_path, exempt=()) as here:
            first, second = await here.joined(), await here.joined()
            here.listener.use_bans({here.floor.bannable("127.0.0.1"): 60.0})
            for client in (first, second):
                assert await asyncio.to_thread(client.closed_by_server)
            refused = await asyncio.to_thread(here.dial, False)
            assert await asyncio.to_thread(refused.closed_by_server)
            here.listener.use_bans({})
            again = await here.joined()
            assert again.session_id

    run_on(loop, work())


def test_loopback_is_never_banned_by_default(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(tmp_path) as here:
            client = await here.joined()
            with pytest.raises(Conflict):
                here.floor.bannable("127.0.0.1")
            here.listener.use_bans({"127.0.0.1": 60.0})
            share = await asyncio.to_thread(client.solve, client.wait_job())
            assert (await asyncio.to_thread(client.submit, share)).accepted

    run_on(LOOP_NAMES[0], work())
