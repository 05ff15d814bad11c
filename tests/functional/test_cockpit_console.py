"""The command line as the cockpit's twin: the same acts on the same running server, by the door in its data directory."""

import json
import os
import signal
import stat
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headframe.testing.client import wait_for
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.server import ServerProcess, fixed_difficulty, node_source, payout

MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"


@pytest.fixture
def node() -> Iterator[NodeThread]:
    with embedded_node() as thread:
        yield thread


@pytest.fixture
def server(node: NodeThread, make_server: MakeServer) -> ServerProcess:
    """A server with two sources, which are the same node."""
    sources = [node_source([node.url], name=name, user="demo", password="demo") for name in ("home", "spare")]
    return make_server(payout(PAYEE) + fixed_difficulty(1e-7) + "".join(sources))


def said(server: ServerProcess, *words: str) -> Any:
    done = server.command(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def weights(server: ServerProcess) -> dict[str, int]:
    return {source["name"]: source["weight"] for source in said(server, "sources", "list")}


def test_status_tells_what_the_server_does_now(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.begin(f"{PAYEE}.rig1")
        assert client.submit(client.solve(job)).accepted
        wait_for(
            lambda: said(server, "status")["overview"]["totals"]["shares_accepted"] == 1,
            20,
            what="the share",
            every=0.3,
        )
    done = server.command("status")
    assert done.returncode == 0
    assert "1 accepted, 0 rejected" in done.stdout
    assert "home: up, weight 100" in done.stdout


def test_weights_that_are_set_are_in_force_and_in_the_file_and_nobody_is_disconnected(server: ServerProcess) -> None:
    with server.client() as client:
        job = client.begin(f"{PAYEE}.rig1")
        (result,) = said(server, "sources", "set-weights", "home=70", "spare=30")
        assert result["applied"]
        assert set(result["changed"]) == {"source.home.weight", "source.spare.weight"}
        assert weights(server) == {"home": 70, "spare": 30}
        assert client.submit(client.solve(job)).accepted
    written = tomllib.loads(server.file.read_text())
    assert {one["name"]: one["weight"] for one in written["source"]} == {"home": 70, "spare": 30}
    assert (server.directory / result["backup"]).exists()
    # What is read again afterwards is the same: there is one truth.
    os.kill(server.pid, signal.SIGHUP)
    server.wait_event("reloaded", count=2)
    assert weights(server) == {"home": 70, "spare": 30}


def test_a_preview_changes_nothing(server: ServerProcess) -> None:
    preview = said(server, "sources", "set-weights", "home=1", "spare=3", "--preview")
    assert preview["then"] == {"home": 0.25, "spare": 0.75}
    assert weights(server) == {"home": 100, "spare": 100}


def test_a_source_that_is_paused_gets_no_miner_until_it_is_resumed(server: ServerProcess) -> None:
    said(server, "sources", "pause", "home")
    with server.client() as client:
        client.begin(f"{PAYEE}.rig1")

        def spare_alone() -> bool:
            sources = {source["name"]: source for source in said(server, "sources", "list")}
            assert sources["home"]["paused"]
            return (sources["home"]["sessions"], sources["spare"]["sessions"]) == (0, 1)

        wait_for(spare_alone, 20, what="the miner on the source that is not paused", every=0.3)
    said(server, "sources", "resume", "home")
    assert not said(server, "sources", "list")[0]["paused"]


def test_what_is_refused_says_why_and_what_to_do(server: ServerProcess) -> None:
    done = server.command("sources", "set-weights", "nowhere=1")
    assert done.returncode == 2
    assert done.stderr.count("there are: home, spare") == 1
    done = server.command("sources", "set-weights", "home=5000000")
    assert done.returncode == 2
    assert "weights.home" in done.stderr


def test_accounts_are_made_by_the_running_server_and_by_the_file_while_it_does_not_run(server: ServerProcess) -> None:
    made = said(server, "users", "add", "ada", "--role", "owner")
    assert made["link"].startswith(f"http://127.0.0.1:{server.web_port}/login#")
    server.stop()
    said(server, "users", "add", "bob", "--role", "viewer")
    roles = {one["name"]: one["role"] for one in said(server, "users", "list")}
    assert roles == {"ada": "owner", "bob": "viewer"}
    done = server.command("users", "remove", "ada", "--yes")
    assert done.returncode == 2
    assert "owner" in done.stderr
    server.start()
    assert {one["name"] for one in said(server, "users", "list")} == {"ada", "bob"}
    assert server.command("users", "link", "nobody").returncode == 2


def test_the_door_is_for_the_user_of_the_data_directory_and_goes_with_the_server(server: ServerProcess) -> None:
    door = server.data / "console.json"
    assert stat.S_IMODE(door.stat().st_mode) == 0o600
    server.stop()
    assert not door.exists()
    done = server.command("status")
    assert done.returncode == 2
    assert "no server runs" in done.stderr


def test_a_door_that_a_killed_server_left_behind_is_told_as_such(server: ServerProcess) -> None:
    server.kill()
    assert (server.data / "console.json").exists()
    done = server.command("status")
    assert done.returncode == 2
    assert "does not answer" in done.stderr
    server.start()
    assert server.command("status").returncode == 0


def test_every_act_is_in_the_audit_under_the_consoles_name(server: ServerProcess) -> None:
    said(server, "sources", "set-weights", "home=70")
    from headframe.cli.console import Console

    entries = Console(server.data).ask("GET", "audit")
    found = next(entry for entry in entries if entry["action"] == "weights.set")
    assert (found["actor"], found["how"], found["outcome"]) == ("console", "console", "done")
    assert found["before"] == {"source.home.weight": 100}
    assert found["after"] == {"source.home.weight": 70}
