"""SIGHUP to the whole server: what another configuration changes of it, with a miner connected all the while.

The chains are too hard for blocks, so all is quiet but for what a reload does. Which chain a job is of shows in its
previous hash.
"""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headframe.testing.client import ClientJob, ClientTrouble, Sv1Client, wait_for
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.server import ServerProcess, fixed_difficulty, node_source, payout

MakeServer = Callable[..., ServerProcess]

EASY = 1e-7
PAYEE = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
PAYEE_SCRIPT_HEX = "0014751e76e8199196d454941c45d1b3a323f1433bd6"
OTHER = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
OTHER_SCRIPT_HEX = "00140102030405060708090a0b0c0d0e0f1011121314"
ROUTING = "\n[routing]\nhorizon_s = 60\ndwell_s = 1\n"


@pytest.fixture(scope="module")
def first() -> Iterator[NodeThread]:
    with embedded_node() as node:
        yield node


@pytest.fixture(scope="module")
def second() -> Iterator[NodeThread]:
    with embedded_node() as node:
        # Another tip than the first one's, also if both chains began in the same second.
        node.do(lambda: node.node.extend(2))
        yield node


def source(node: NodeThread, name: str, **settings: object) -> str:
    more = "".join(f"{key} = {str(value).lower()}\n" for key, value in settings.items())
    return node_source([node.url], name=name, user="demo", password="demo") + more


def settings(*sources: str, payee: str = PAYEE, difficulty: float = EASY, more: str = "") -> str:
    return payout(payee) + fixed_difficulty(difficulty) + ROUTING + more + "".join(sources)


def ask(server: ServerProcess) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)


def reload(server: ServerProcess, new: str) -> dict[str, Any]:
    """Make it so; what the server said of it."""
    before = len(server.events("reloaded"))
    server.configure(new)
    ask(server)
    return server.wait_event("reloaded", count=before + 1)


def is_of(job: ClientJob, node: NodeThread) -> bool:
    internal = node.do(lambda: node.node.chain.tip.hash)
    return job.prev_hash_hex == b"".join(internal[at : at + 4][::-1] for at in range(0, 32, 4)).hex()


def job_of(client: Sv1Client, node: NodeThread) -> ClientJob:
    wait_for(lambda: is_of(client.wait_job(), node), what="a job of that node")
    return client.wait_job()


def wait_accepted(server: ServerProcess, wanted: dict[str, int]) -> None:
    """Shares accepted by source become these, and have not been more."""

    def accepted() -> dict[str, float]:
        return server.metrics().by("source", "headframe_shares_total", verdict="accepted")

    wait_for(lambda: accepted() == wanted, what=f"accepted shares to be {wanted}")


def mine(client: Sv1Client) -> bool:
    return client.submit(client.solve(client.wait_job())).accepted


class Held:
    """A session that must stay: the same connection with the same extranonce, and never told to go elsewhere."""

    def __init__(self, client: Sv1Client) -> None:
        self._client = client
        self._at_first = self._now

    @property
    def _now(self) -> tuple[str, int, int]:
        return self._client.extranonce1_hex, self._client.extranonce2_size, self._client.version_mask

    def check(self) -> None:
        assert mine(self._client)
        assert self._now == self._at_first
        # A ping is what a session hears that is held while there is no work at all.
        kinds = {kind for kind, _ in self._client.notifications}
        assert kinds <= {"mining.notify", "mining.set_difficulty", "mining.ping"}


def test_another_weight_moves_the_miner_and_nothing_else(
    make_server: MakeServer, first: NodeThread, second: NodeThread
) -> None:
    server = make_server(settings(source(first, "one", weight=100), source(second, "two", weight=0)))
    with server.client() as client:
        assert is_of(client.begin(f"{PAYEE}.rig"), first)
        held = Held(client)
        late = client.solve(client.wait_job())
        said = reload(server, settings(source(first, "one", weight=0), source(second, "two", weight=100)))
        assert said["changed"] == ["source.one.weight", "source.two.weight"]
        assert said["needs_restart"] == []
        job = job_of(client, second)
        assert job.clean
        assert client.submit(late).accepted, "found for the source that it was mining for"
        held.check()
        wait_accepted(server, {"one": 1, "two": 1})
        assert server.metrics().by("reason", "headframe_moves_total", **{"from": "one", "to": "two"}) == {"weight": 1}


def test_a_paused_source_gets_no_work_until_it_is_not(
    make_server: MakeServer, first: NodeThread, second: NodeThread
) -> None:
    def paused(**which: bool) -> str:
        return settings(
            *(source(node, name, paused=which.get(name, False)) for name, node in (("one", first), ("two", second)))
        )

    server = make_server(paused(two=True))
    with server.client() as client:
        assert is_of(client.begin(f"{PAYEE}.rig"), first)
        held = Held(client)
        said = reload(server, paused(one=True))
        assert sorted(said["changed"]) == ["source.one.paused", "source.two.paused"]
        job_of(client, second)
        held.check()
        # It stays connected meanwhile, so that it can be used at once.
        assert server.metrics().value("headframe_source_up", source="one") == 1
        reload(server, paused(two=True))
        job_of(client, first)
        held.check()
        assert server.events("source_down") == []


def test_sources_come_and_go_under_the_miner(make_server: MakeServer, first: NodeThread, second: NodeThread) -> None:
    server = make_server(settings(source(first, "one")))
    with server.client() as client:
        assert is_of(client.begin(f"{PAYEE}.rig"), first)
        held = Held(client)
        said = reload(server, settings(source(first, "one", weight=0), source(second, "two")))
        assert sorted(said["changed"]) == ["source.one.weight", "source.two"]
        job_of(client, second)
        held.check()
        said = reload(server, settings(source(second, "two")))
        assert said["changed"] == ["source.one"]
        held.check()
        # The source in use is taken away in the same moment as another one comes.
        said = reload(server, settings(source(first, "three")))
        assert sorted(said["changed"]) == ["source.three", "source.two"]
        job_of(client, first)
        held.check()
        wait_accepted(server, {"two": 2, "three": 1})
    assert server.stop() == 0
    assert {name: sums["shares_accepted"] for name, sums in server.totals()["sources"].items()} == {
        "two": 2,
        "three": 1,
    }


def test_new_work_pays_the_new_address(make_server: MakeServer, first: NodeThread) -> None:
    server = make_server(settings(source(first, "one")))
    with server.client() as client:
        old = client.begin(f"{PAYEE}.rig")
        held = Held(client)
        assert PAYEE_SCRIPT_HEX in old.coinbase2_hex
        share = client.solve(old)
        said = reload(server, settings(source(first, "one"), payee=OTHER))
        assert said["changed"] == ["payout.address"]
        wait_for(lambda: OTHER_SCRIPT_HEX in client.wait_job().coinbase2_hex, what="work that pays the new address")
        assert PAYEE_SCRIPT_HEX not in client.wait_job().coinbase2_hex
        assert client.submit(share).accepted, "of work that still pays the old one"
        held.check()
        with server.client() as newcomer:
            assert OTHER_SCRIPT_HEX in newcomer.begin("another").coinbase2_hex


def test_new_limits_hold_for_newcomers_and_spare_who_is_there(make_server: MakeServer, first: NodeThread) -> None:
    server = make_server(settings(source(first, "one")))
    with server.client() as client, server.client() as other:
        client.begin(f"{PAYEE}.rig")
        other.begin(f"{PAYEE}.other")
        held = Held(client), Held(other)
        said = reload(server, settings(source(first, "one"), more="\n[limits]\nconnections = 2\n"))
        assert said["changed"] == ["limits.connections"]
        with server.client() as refused:
            assert refused.closed_by_server(5.0)
        for each in held:
            each.check()
        reload(server, settings(source(first, "one")))
        with server.client() as welcome:
            welcome.begin(f"{PAYEE}.third")
            assert mine(welcome)


def test_another_difficulty_is_for_newcomers_and_who_mines_keeps_the_old_rules(
    make_server: MakeServer, first: NodeThread
) -> None:
    server = make_server(settings(source(first, "one")))
    with server.client() as client:
        client.begin(f"{PAYEE}.rig")
        held = Held(client)
        assert client.difficulty == pytest.approx(EASY)
        said = reload(server, settings(source(first, "one"), difficulty=4 * EASY))
        assert sorted(said["changed"]) == ["difficulty.max", "difficulty.min", "difficulty.start"]
        with server.client() as newcomer:
            newcomer.begin("another")
            assert newcomer.difficulty == pytest.approx(4 * EASY)
            assert mine(newcomer)
        held.check()
        assert client.difficulty == pytest.approx(EASY)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda good: good + '\n[payout]\naddress = "again"\n', "payout"),
        (lambda good: good.replace("weight = 100", "weight = -1"), "weight"),
        (lambda good: good.replace(PAYEE, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), "address"),
        (lambda good: good.replace('name = "two"', 'name = "one"'), "one"),
    ],
    ids=["no TOML", "impossible weight", "address of another network", "name used twice"],
)
def test_a_refused_configuration_changes_nothing_and_says_why(
    make_server: MakeServer, first: NodeThread, second: NodeThread, wrong: Callable[[str], str], word: str
) -> None:
    good = settings(source(first, "one", weight=100), source(second, "two", weight=0))
    server = make_server(good)
    with server.client() as client:
        assert is_of(client.begin(f"{PAYEE}.rig"), first)
        held = Held(client)
        # Along with what is wrong, something that would be taken over.
        server.configure(wrong(good.replace("[difficulty]\n", "[difficulty]\nshares_per_minute = 30\n")))
        ask(server)
        refused = server.wait_event("reload_refused")
        assert refused["level"] == "error"
        assert word in refused["problem"]
        assert str(server.file) in refused["problem"]
        held.check()
        assert server.events("reloaded") == []
        wait_accepted(server, {"one": 1})
        # And the next good one is taken.
        assert reload(server, good)["changed"] == []
        held.check()


def test_another_listener_waits_for_the_restart_and_the_rest_is_taken(
    make_server: MakeServer, first: NodeThread, second: NodeThread
) -> None:
    server = make_server(settings(source(first, "one", weight=100), source(second, "two", weight=0)))
    with server.client() as client:
        client.begin(f"{PAYEE}.rig")
        held = Held(client)
        server.configure(settings(source(first, "one", weight=0), source(second, "two", weight=100)))
        written = server.file.read_text()
        server.file.write_text(written.replace(f"127.0.0.1:{server.stratum_port}", "127.0.0.1:1"))
        ask(server)
        said = server.wait_event("reloaded")
        assert said["needs_restart"] == ["stratum.listen"]
        assert said["changed"] == ["source.one.weight", "source.two.weight"]
        job_of(client, second)
        held.check()
        with server.client() as newcomer:
            newcomer.begin(f"{PAYEE}.newcomer")
        # `check` says the same to who asks before.
        checked = server.command("check")
        assert "takes over every change but of stratum.listen" in checked.stdout


def test_the_same_configuration_again_changes_nothing(make_server: MakeServer, first: NodeThread) -> None:
    same = settings(source(first, "one"))
    server = make_server(same)
    with server.client() as client:
        client.begin(f"{PAYEE}.rig")
        held = Held(client)
        before = len(client.jobs)
        for _ in range(5):
            assert reload(server, same)["changed"] == []
        held.check()
        assert len(client.jobs) == before
        with pytest.raises(ClientTrouble):
            client.wait_notification("client.show_message", 0.1)


def test_the_log_goes_where_the_new_file_says(make_server: MakeServer, first: NodeThread, tmp_path: Path) -> None:
    server = make_server(settings(source(first, "first")))
    moved = tmp_path / "moved.log"
    text = server.file.read_text().replace("[logging]\n", f'[logging]\nfile = "{moved}"\n')
    server.file.write_text(text)
    ask(server)
    wait_for(lambda: moved.exists() and '"reloaded"' in moved.read_text(), what="the log in its new place")
    with server.client() as client:
        client.begin("rig.one")
        assert mine(client)


def test_a_log_that_cannot_be_written_leaves_the_old_one(make_server: MakeServer, first: NodeThread) -> None:
    server = make_server(settings(source(first, "first")))
    server.file.write_text(server.file.read_text().replace("[logging]\n", '[logging]\nfile = "/proc/nowhere/x.log"\n'))
    ask(server)
    assert "log_unchanged" in server.wait_event("log_unchanged")["event"]


def test_a_pin_holds_from_the_start(make_server: MakeServer, first: NodeThread, second: NodeThread) -> None:
    pin = '\n[[pin]]\nworker = "rig"\nsource = "two"\n'
    server = make_server(settings(source(first, "one", weight=100), source(second, "two", weight=0), pin))
    wait_for(lambda: server.metrics().by("source", "headframe_source_up") == {"one": 1, "two": 1}, what="both sources")
    with server.client() as client:
        client.begin(f"{PAYEE}.rig")
        assert is_of(job_of(client, second), second)
