"""The commands as an operator runs them: real processes, real ports."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from headframe.cli.serving import DEMO_WEIGHTS
from headframe.testing.regtest_node import demo_node

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
WITHIN_S = 40


class Program:
    """`headframe ...` as a process; its standard error is read as JSON log lines as they come."""

    def __init__(self, *arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "headframe", *arguments],
            cwd=cwd,
            env=clean_environment() | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.events: list[dict[str, Any]] = []
        self.other: list[str] = []
        self.out = ""
        self._news = threading.Condition()
        self._threads = [threading.Thread(target=self._read_log), threading.Thread(target=self._read_out)]
        for thread in self._threads:
            thread.start()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                if line.startswith("{"):
                    self.events.append(json.loads(line))
                else:
                    self.other.append(line)
                self._news.notify_all()

    def _read_out(self) -> None:
        assert self.process.stdout is not None
        self.out = self.process.stdout.read()

    def event(self, name: str, *, matching: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The first such line of the log, waiting for it."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event["event"] == name and matching(event)]

        with self._news:
            assert self._news.wait_for(found, WITHIN_S), (name, self.other, self.events[-5:])
            return found()[0]

    def finish(self) -> int:
        code = self.process.wait(WITHIN_S)
        for thread in self._threads:
            thread.join(WITHIN_S)
        return code

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.finish()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HEADFRAME_")}


@contextmanager
def program(*arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> Iterator[Program]:
    started = Program(*arguments, cwd=cwd, environment=environment)
    try:
        yield started
    finally:
        started.end()


def command(*arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    return subprocess.run(
        [sys.executable, "-m", "headframe", *arguments],
        cwd=cwd,
        env=clean_environment() | (environment or {}),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    """The embedded node in a thread of its own; its URL."""
    import asyncio

    started, loop = threading.Event(), asyncio.new_event_loop()
    urls: list[str] = []
    stop = asyncio.Event()

    async def serve() -> None:
        async with demo_node() as running:
            urls.append(running.url)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(WITHIN_S)
    yield urls[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(WITHIN_S)
    loop.close()


@pytest.fixture
def house(tmp_path: Path, node: str) -> Path:
    """A folder with a configuration for that node, ports chosen by the machine."""
    (tmp_path / "headframe.toml").write_text(
        f"""
        [stratum]
        listen = ["127.0.0.1:0"]
        [web]
        listen = "127.0.0.1:0"
        [data]
        dir = "data"
        [payout]
        mode = "miner"
        [difficulty]
        start = 1e-5
        min = 1e-7
        [[source]]
        name = "embedded"
        network = "regtest"
        rpc = ["{node}"]
        user = "demo"
        password = "demo"
        """
    )
    return tmp_path


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def until(check: Callable[[], bool]) -> None:
    """Poll a condition that has no event, with a bound."""
    deadline = time.monotonic() + WITHIN_S
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_mined_shows_in_ledger_metrics_and_health_and_a_signal_ends_in_order(house: Path) -> None:
    with program("run", "--log-format", "json", cwd=house) as server:
        place = server.event("listening")["addresses"][0]
        web = server.event("ready")["web"]
        server.event("job_ready")
        mined = command("miner", place, f"{ADDRESS}.test", "--shares", "3", "--duration", "50", cwd=house)
        assert mined.returncode == 0, mined.stderr
        assert re.search(r"^[3-9] shares accepted, 0 rejected$", mined.stdout, re.MULTILINE)

        totals = json.loads(command("ledger", "totals", "--config", "headframe.toml", "--json", cwd=house).stdout)
        assert totals["shares_accepted"] >= 3
        assert totals["sources"]["embedded"]["work"] == totals["work"] > 0

        assert json.loads(fetch(f"{web}healthz")[1]) == {"healthy": True, "reasons": []}
        until(lambda: metric(web, "headframe_shares_total", source="embedded", verdict="accepted") >= 3)
        assert metric(web, "headframe_source_up", source="embedded") == 1
        assert metric(web, "headframe_submit_seconds_count") >= 3

        server.process.send_signal(signal.SIGTERM)
        assert server.finish() == 0
        assert server.event("stop_requested")["signal"] == "SIGTERM"
        assert server.events[-1]["event"] == "stopped"
        assert server.other == []
    again = json.loads(command("ledger", "totals", "--data-dir", "data", "--json", cwd=house).stdout)
    assert again["shares_accepted"] >= totals["shares_accepted"]
    told = command("ledger", "totals", cwd=house).stdout
    assert f"shares: {again['shares_accepted']} accepted" in told


def metric(web: str, name: str, **labels: str) -> float:
    _, text = fetch(f"{web}metrics")
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    return found[0] if found else 0.0


def test_a_port_that_is_taken_is_said_in_a_line_with_its_remedy(house: Path) -> None:
    with program("run", "--log-format", "json", cwd=house) as server:
        place = server.event("listening")["addresses"][0]
        second = command(
            "run", cwd=house, environment={"HEADFRAME_STRATUM__LISTEN": place, "HEADFRAME_DATA__DIR": "other"}
        )
    assert second.returncode == 2
    (line,) = [line for line in second.stderr.splitlines() if line.startswith("headframe: ")]
    assert f"cannot listen on {place}: the port is in use" in line
    assert "Traceback" not in second.stderr


def test_the_log_goes_to_a_file_when_one_is_named(house: Path) -> None:
    with program("run", cwd=house, environment={"HEADFRAME_LOGGING__FILE": "logs/headframe.log"}) as server:
        path = house / "logs" / "headframe.log"
        until(lambda: path.exists() and '"listening"' in path.read_text())
        server.process.send_signal(signal.SIGINT)
        assert server.finish() == 0
        assert server.events == []
    assert all(json.loads(line)["event"] for line in path.read_text().splitlines())


def test_check_says_that_it_would_work(house: Path) -> None:
    result = command("check", cwd=house)
    assert result.returncode == 0, result.stdout
    assert re.search(r"^ok +embedded node .* template: height \d+", result.stdout, re.MULTILINE)
    assert re.search(r"^ok +embedded node .* clock", result.stdout, re.MULTILINE)
    assert not (house / "data").exists()


def test_check_names_what_is_wrong_and_the_remedy(house: Path) -> None:
    wrong = {
        "HEADFRAME_SOURCE__EMBEDDED__PASSWORD": "wrong",
        "HEADFRAME_SOURCE__EMBEDDED__ZMQ_HASHBLOCK": "tcp://127.0.0.1:1",
    }
    result = command("check", "--json", cwd=house, environment=wrong)
    report = json.loads(result.stdout)
    assert result.returncode == 1
    assert report["ok"] is False
    (failed,) = [row for row in report["checks"] if row["state"] == "fail"]
    assert "refuses us" in failed["text"]
    assert "rpcauth" in failed["remedy"]
    assert [row["name"] for row in report["checks"] if row["state"] == "warn" and "zmq" in row["name"]]


def test_check_of_a_node_that_is_not_there_says_so(house: Path) -> None:
    result = command(
        "check", "--json", cwd=house, environment={"HEADFRAME_SOURCE__EMBEDDED__RPC": "http://127.0.0.1:1"}
    )
    assert result.returncode == 1
    assert any("cannot connect" in row["text"] for row in json.loads(result.stdout)["checks"])


def test_what_is_in_force_can_be_shown_and_hides_secrets(house: Path) -> None:
    secret = {"HEADFRAME_SOURCE__EMBEDDED__PASSWORD": "hunter2"}
    result = command("check", "--show", cwd=house, environment=secret)
    shown = result.stdout.partition("\nok ")[0]
    assert "hunter2" not in result.stdout + result.stderr
    assert tomllib.loads(shown)["source"][0]["password"] == "********"


def test_the_demo_finds_blocks_and_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    arguments = ("demo", "--duration", "20", "--port", "0", "--web-port", "0", "--log-format", "json")
    with program(*arguments, cwd=tmp_path, environment={"TMPDIR": str(temporary)}) as demo:
        demo.event("block_found")
        assert any(temporary.iterdir())
        demo.process.send_signal(signal.SIGINT)
        assert demo.finish() == 0
        assert re.search(r"demo: \d+ shares accepted, \d+ rejected, [1-9]\d* blocks found", demo.out)
        assert demo.other == []
    assert list(temporary.iterdir()) == []


def test_the_demo_with_pools_gives_all_three_work_and_nothing_is_refused(tmp_path: Path) -> None:
    arguments = ("demo", "--pools", "--duration", "60", "--port", "0", "--web-port", "0", "--log-format", "json")
    with program(*arguments, cwd=tmp_path) as demo:
        web = demo.event("ready")["web"]
        demo.event("block_found")
        until(lambda: all(metric(web, "headframe_source_work_total", source=name) > 0 for name in DEMO_WEIGHTS))
        pools = [name for name in DEMO_WEIGHTS if name != "embedded"]
        for name in pools:
            until(
                lambda name=name: metric(web, "headframe_upstream_shares_total", source=name, outcome="accepted") >= 10
            )
            assert metric(web, "headframe_upstream_shares_total", source=name, outcome="refused") == 0
        for name, weight in DEMO_WEIGHTS.items():
            assert metric(web, "headframe_source_target_share", source=name) == pytest.approx(weight / 100)
        demo.process.send_signal(signal.SIGINT)
        assert demo.finish() == 0
        assert demo.other == []
        assert [event for event in demo.events if event["event"] in ("bug", "pool_refuses")] == []
        for name in pools:
            assert re.search(
                rf"^{name}: [\d.]+ % of the work, \d+ shares accepted by the pool, 0 refused$", demo.out, re.M
            )


def test_the_demo_ends_by_itself_after_its_time(tmp_path: Path) -> None:
    result = command("demo", "--duration", "3", "--port", "0", "--web-port", "0", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "demo: " in result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
def test_in_a_terminal_the_demo_shows_a_live_view(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "headframe", "demo", "--duration", "5", "--port", "0", "--web-port", "0"],
        cwd=tmp_path,
        env=clean_environment() | {"TERM": "xterm", "COLUMNS": "140", "LINES": "50"},
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    seen = b""
    try:
        while True:
            seen += os.read(ours, 65536)
    except OSError:
        pass  # the terminal ends with its last user
    finally:
        _, errors = process.communicate(timeout=WITHIN_S)
        os.close(ours)
    assert process.returncode == 0
    text = seen.decode()
    for shown in ("Hashrate", "stratum+tcp://127.0.0.1:", "embedded", "Blocks found", "Ctrl-C stops"):
        assert shown in text
    assert b'"event"' not in seen + errors


def test_a_miner_that_is_tied_ends_with_its_parent(house: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "headframe", "miner", "127.0.0.1:1", "x", "--tied", "--quiet"],
        cwd=house,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(WITHIN_S) == 0
