"""Weights, pauses, pins and sources changed by the desk in the file of a running server, with a miner connected all the
while: what the file says is in force, and nobody is dropped.

Here the desk stands outside of the server and lets it read the file again; inside it hands the configuration over.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from headframe.app.desk import Desk
from headframe.app.desk_weights import Standing
from headframe.app.reload import Reload, diff
from headframe.config import Config, load
from headframe.net.clock import SystemClock
from headframe.service.refusals import Invalid
from headframe.service.settings_views import Change
from headframe.testing.client import ClientJob, Sv1Client, wait_for
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.server import ServerProcess, fixed_difficulty, node_source, payout

MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
ROUTING = "\n# A short look back.\n[routing]\nhorizon_s = 60\ndwell_s = 1\n"


@pytest.fixture(scope="module")
def first() -> Iterator[NodeThread]:
    with embedded_node() as node:
        yield node


@pytest.fixture(scope="module")
def second() -> Iterator[NodeThread]:
    with embedded_node() as node:
        node.do(lambda: node.node.extend(2))
        yield node


class NoFleet:
    def standing(self) -> Sequence[Standing]:
        return ()


class DeskOf:
    """A desk over the file of a server; `said` is what the server logged of each change."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._config = load(server.file, {})
        self.desk = Desk(server.file, {}, lambda: self._config, self._apply, NoFleet(), SystemClock())
        self.said: list[list[str]] = []

    async def _apply(self, config: Config) -> Reload:
        reload = diff(self._config, config)
        before = len(self._server.events("reloaded"))
        assert self._server.process is not None
        self._server.process.send_signal(signal.SIGHUP)
        self.said.append(self._server.wait_event("reloaded", count=before + 1)["changed"])
        self._config = reload.in_force
        return reload


def source(node: NodeThread, name: str, weight: int) -> str:
    return node_source([node.url], name=name, user="demo", password="demo") + f"weight = {weight}\n"


def wait_work_of(client: Sv1Client, node: NodeThread) -> ClientJob:
    internal = node.do(lambda: node.node.chain.tip.hash)
    swapped = b"".join(internal[at : at + 4][::-1] for at in range(0, 32, 4)).hex()
    wait_for(lambda: client.wait_job().prev_hash_hex == swapped, what="a job of that node")
    return client.wait_job()


def mine(client: Sv1Client) -> None:
    assert client.submit(client.solve(client.wait_job())).accepted


async def test_the_desk_steers_a_running_server_and_the_miner_never_reconnects(
    make_server: MakeServer, first: NodeThread, second: NodeThread, tmp_path: Path
) -> None:
    settings = payout(PAYEE) + fixed_difficulty(1e-7) + ROUTING + source(first, "one", 100) + source(second, "two", 0)
    server = make_server(settings)
    here = DeskOf(server)
    with server.client() as client:
        client.begin(f"{PAYEE}.rig")
        wait_work_of(client, first)
        at_first = client.extranonce1_hex

        done = await here.desk.change([Change("source.one.weight", 0), Change("source.two.weight", 100)])
        assert here.said == [["source.one.weight", "source.two.weight"]] == [list(done.changed)]
        wait_work_of(client, second)
        mine(client)

        await here.desk.pin([(PAYEE, "rig")], "one")
        wait_work_of(client, first)
        mine(client)
        await here.desk.pin([(PAYEE, "rig")], None)
        wait_work_of(client, second)

        await here.desk.change([Change("source.one.weight", 100), Change("source.two.paused", True)])
        wait_work_of(client, first)
        mine(client)

        with pytest.raises(Invalid):
            await here.desk.change([Change("source.one.weight", 0), Change("source.two.weight", 0)])
        values = {"name": "three", "network": "regtest", "rpc": [second.url], "user": "demo", "password": "demo"}
        await here.desk.add_source(values)
        await here.desk.remove_source("one")
        wait_work_of(client, second)
        mine(client)
        assert client.extranonce1_hex == at_first

    assert server.events("reload_refused") == []
    assert "# A short look back." in server.file.read_text()
    assert [one.name for one in load(server.file, {}).source] == ["two", "three"]
    assert len(list(server.directory.glob("headframe.toml.bak-*"))) == 6
