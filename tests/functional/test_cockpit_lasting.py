"""What the operator decides of miners stands in the file: it outlasts a restart, and a file changed by hand applies it, over
real connections and with nobody disturbed."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from headframe.testing.client import Sv1Client, wait_for
from headframe.testing.cockpit_client import CockpitClient
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.pace import MAINNET_LIKE_BITS
from headframe.testing.server import ServerProcess, node_source, payout

MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
START, FIXED = 1e-7, 3e-7
OTHER_HOME = "127.0.0.2"
SETTINGS = f"\n[difficulty]\nstart = {START}\nmin = 1e-9\nmax = 1e-5\n# Nobody is exempt here.\n[limits]\nexempt = []\n"


@pytest.fixture(scope="module")
def node() -> Iterator[NodeThread]:
    with embedded_node(bits=MAINNET_LIKE_BITS) as made:
        yield made


@pytest.fixture
def server(make_server: MakeServer, node: NodeThread) -> ServerProcess:
    return make_server(payout(PAYEE) + SETTINGS + node_source([node.url], user="demo", password="demo"))


def owner_of(server: ServerProcess) -> CockpitClient:
    return CockpitClient(server.web_port).own(server.wait_event("first_visit")["link"], "ada")


def keys(owner: CockpitClient, count: int) -> dict[str, str]:
    """Of the workers that are there, when so many are."""
    found = wait_for(lambda: (page := owner.get("workers"))["total"] >= count and page, what="the miners to be listed")
    return {one["worker"]: one["key"] for one in found["miners"]}


def is_let_in(server: ServerProcess, home: str) -> bool:
    """Whether a miner of this address is answered."""
    with socket.create_connection(("127.0.0.1", server.stratum_port), timeout=20, source_address=(home, 0)) as wire:
        try:
            wire.sendall(b'{"id":1,"method":"mining.subscribe","params":["test/1.0"]}\n')
            return bool(wire.recv(1))
        except ConnectionError:
            return False


@contextmanager
def joined(server: ServerProcess, worker: str, password: str = "x") -> Iterator[Sv1Client]:
    with server.client() as client:
        client.begin(f"{PAYEE}.{worker}", password)
        client.wait_job()
        yield client


def mine(client: Sv1Client) -> None:
    assert client.submit(client.solve(client.wait_job())).accepted


def reread(server: ServerProcess) -> list[str]:
    before = len(server.events("reloaded"))
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)
    changed: list[str] = server.wait_event("reloaded", count=before + 1)["changed"]
    return changed


def in_an_hour() -> str:
    return f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"


def test_a_fixed_difficulty_and_a_ban_outlast_a_restart_until_they_are_taken_back(server: ServerProcess) -> None:
    owner = owner_of(server)
    with joined(server, "garage", "d=2e-7") as client:
        key = keys(owner, 1)["garage"]
        owner.act("PUT", f"workers/{key}/difficulty", {"difficulty": FIXED})
        wait_for(lambda: client.wait_job().difficulty == FIXED, what="the fixed difficulty")
        mine(client)
        assert is_let_in(server, OTHER_HOME)
        owner.act("POST", "bans", {"address": OTHER_HOME, "seconds": 3600})
        assert not is_let_in(server, OTHER_HOME)

    server.restart()
    assert not is_let_in(server, OTHER_HOME)
    with joined(server, "garage", "d=2e-7") as client, joined(server, "attic") as other:
        assert (client.wait_job().difficulty, other.wait_job().difficulty) == (FIXED, START)
        mine(client)
        (ban,) = owner.get("bans")
        assert (ban["address"], ban["reason"]) == (OTHER_HOME, "operator")
        assert keys(owner, 2)["garage"] == key
        assert {one["worker"]: one["fixed_difficulty"] for one in owner.get("workers")["miners"]} == {
            "garage": FIXED,
            "attic": None,
        }
        owner.act("DELETE", f"bans/{OTHER_HOME}")
        assert is_let_in(server, OTHER_HOME)
        owner.act("PUT", f"workers/{key}/difficulty", {"difficulty": None})
        mine(client)
    text = server.file.read_text()
    assert "[[ban]]" not in text
    assert "[[fixed_difficulty]]" not in text
    assert "# Nobody is exempt here." in text


def test_a_file_changed_by_hand_fixes_and_bans_and_disturbs_nobody(server: ServerProcess) -> None:
    owner = owner_of(server)
    before = server.file.read_text()
    with joined(server, "garage") as client, joined(server, "attic") as other:
        server.file.write_text(
            f'{before}\n[[fixed_difficulty]]\nworker = "garage"\ndifficulty = {FIXED}\n'
            f'\n[[ban]]\naddress = "{OTHER_HOME}"\nuntil = {in_an_hour()}\n'
            '\n[[ban]]\naddress = "127.0.0.1"\nuntil = 2001-01-01T00:00:00Z\n'
        )
        assert reread(server) == ["fixed_difficulty", "ban"]
        wait_for(lambda: client.wait_job().difficulty == FIXED, what="the fixed difficulty")
        assert not is_let_in(server, OTHER_HOME)
        for each in (client, other):
            mine(each)
        assert other.wait_job().difficulty == START

        server.file.write_text(f'{before}\n[[fixed_difficulty]]\nworker = "garage"\ndifficulty = 1\n')
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)
        assert "difficulty.min and max" in server.wait_event("reload_refused")["problem"]
        assert not is_let_in(server, OTHER_HOME)

        server.file.write_text(before)
        assert reread(server) == ["fixed_difficulty", "ban"]
        assert is_let_in(server, OTHER_HOME)
        for each in (client, other):
            mine(each)
        assert owner.get("bans") == []
    assert server.events("session_closed", reason="banned by the operator") == []


def test_acts_on_many_miners_are_one_change_each_and_say_who_was_left_out(server: ServerProcess) -> None:
    owner = owner_of(server)
    with joined(server, "garage") as first, joined(server, "attic") as second, joined(server, "shed") as third:
        known = keys(owner, 3)
        chosen = [known["garage"], known["attic"], "0123456789"]
        said = owner.act("POST", "acts/difficulty", {"keys": chosen, "difficulty": FIXED})
        assert said["done"] == chosen[:2]
        assert [(one["key"], one["code"]) for one in said["left_out"]] == [("0123456789", "not_found")]
        for client in (first, second):
            wait_for(lambda client=client: client.wait_job().difficulty == FIXED, what="the fixed difficulty")  # type: ignore[misc]
            mine(client)
        mine(third)
        assert third.wait_job().difficulty == START
        said = owner.act("POST", "acts/pin", {"keys": list(known.values()), "source": "home"})
        assert said["left_out"] == []
        assert owner.ask("POST", "acts/pin", {"keys": chosen, "source": "nowhere"}).status == 422
        said = owner.act("POST", "acts/disconnect", {"keys": chosen})
        assert said["done"] == chosen[:2]
        assert first.closed_by_server()
        assert second.closed_by_server()
        mine(third)
        said = owner.act("POST", "acts/ban", {"keys": [known["shed"]], "seconds": 3600})
        assert said["done"] == [known["shed"]]
        assert third.closed_by_server()
        assert not is_let_in(server, "127.0.0.1")
    entries = [one for one in owner.get("audit") if one["action"].startswith("miner.")]
    assert [(one["action"], one["target"]) for one in reversed(entries)] == [
        ("miner.difficulty", f"{PAYEE}.garage, {PAYEE}.attic"),
        ("miner.pin", ", ".join(f"{PAYEE}.{worker}" for worker in known)),
        ("miner.disconnect", f"{PAYEE}.garage, {PAYEE}.attic"),
        ("miner.ban", f"{PAYEE}.shed"),
    ]
    assert len(list(server.directory.glob("headframe.toml.bak-*"))) == 3
