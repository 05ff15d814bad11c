"""The whole server as a child process, for tests.

Responsible for: writing its configuration file, starting `headframe run`, waiting until it serves, ending it in order or
as `kill -9` does, starting it again on the same data and ports; reading its log, its health, its metrics and its ledger.
Not responsible for: what it ought to do: tests say that. Nothing of the server is imported here.
Read next: `testing.client`, `testing.bitcoind`.

Bounds: the last `KEPT_LINES` log lines are kept; every wait has a deadline.
"""

import contextlib
import http.client
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from headframe.testing.client import ClientTrouble, Sv1Client, wait_for
from headframe.testing.ports import free_port

KEPT_LINES = 200_000
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 60.0

Labels = frozenset[tuple[str, str]]


class ServerFailed(Exception):
    """The server ended, or did not do in time what it should; with the end of its log."""


class Metrics:
    """One scrape. `value` of a sample that is not there is 0."""

    def __init__(self, text: str) -> None:
        self._samples: dict[tuple[str, Labels], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """The sample of exactly these labels."""
        return self._samples.get((name, frozenset(labels.items())), 0.0)

    def by(self, label: str, name: str, **others: str) -> dict[str, float]:
        """Samples that have `others` among their labels, summed by `label`; zeros are left out."""
        found: dict[str, float] = {}
        for (sample, labels), value in self._samples.items():
            if sample == name and value and labels >= others.items():
                key = dict(labels)[label]
                found[key] = found.get(key, 0.0) + value
        return found


class ServerProcess:
    """One server: a folder, a configuration, two ports of loopback, and the child process while there is one.

    directory  holds the configuration file and the data
    settings   TOML after the ports, folder and log, which are given here: [payout], [difficulty], [[source]] and so on
    level      of the log
    """

    def __init__(self, directory: Path, settings: str, *, level: str = "info") -> None:
        self.directory = directory
        self.data = directory / "data"
        self.file = directory / "headframe.toml"
        self.stratum_port, self.web_port = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log: deque[dict[str, Any]] = deque(maxlen=KEPT_LINES)
        self.words: deque[str] = deque(maxlen=KEPT_LINES)
        self._level = level
        self._listener: threading.Thread | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self.configure(settings)

    def configure(self, settings: str) -> None:
        """Write the configuration file anew; it holds from the next start on."""
        self.file.write_text(
            f"""[stratum]
listen = ["127.0.0.1:{self.stratum_port}"]
[web]
listen = "127.0.0.1:{self.web_port}"
[data]
dir = "{self.data}"
[logging]
level = "{self._level}"
format = "json"
{settings}
"""
        )

    def words_to_start(self) -> list[str]:
        """The command."""
        return ["run", "--config", str(self.file), "--no-live"]

    def environment(self) -> dict[str, str]:
        """What surrounds it: nothing that would overrule its file."""
        return {name: value for name, value in os.environ.items() if not name.startswith("HEADFRAME_")}

    # Life

    def launch(self) -> None:
        """Start the process and return at once."""
        if self.process is not None:
            raise ServerFailed("it is running already")
        self.process = process = subprocess.Popen(
            [sys.executable, "-m", "headframe", *self.words_to_start()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self.environment(),
            cwd=self.directory,
        )
        # A pipe, not a file: a test that bounds the size of the server's files must not bound its log.
        self._listener = threading.Thread(target=self._listen, args=(process,), name="server log", daemon=True)
        self._listener.start()

    def start(self, *, healthy: bool = True) -> "ServerProcess":
        """Start and wait until /healthz says 200; with `healthy=False`, until it says anything at all."""
        self.launch()
        try:
            wait_for(lambda: self._serves(healthy=healthy), START_TIMEOUT_S, what="the server to be ready", every=0.05)
        except (ClientTrouble, ServerFailed) as trouble:
            self.kill()
            raise ServerFailed(f"{trouble}\n{self.tail()}") from None
        return self

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """SIGTERM; returns the exit code. Raises ServerFailed (and kills it) when it does not go."""
        process = self.process
        if process is None:
            raise ServerFailed("it is not running")
        process.send_signal(signal.SIGTERM)
        try:
            return self._ended(process.wait(timeout_s))
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerFailed(f"it did not stop within {timeout_s} s\n{self.tail()}") from None

    def kill(self) -> None:
        """As `kill -9` does. Harmless when it is not running."""
        if self.process is not None:
            self.process.kill()
            self._ended(self.process.wait())

    def restart(self) -> "ServerProcess":
        """Stop in order and start again."""
        self.stop()
        return self.start()

    def _ended(self, code: int) -> int:
        process, self.process = self.process, None
        if self._listener is not None:
            self._listener.join(STOP_TIMEOUT_S)
        if process is not None and process.stderr is not None:
            process.stderr.close()
        return code

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr is not None
        for line in process.stderr:
            text = line.decode(errors="replace").rstrip("\n")
            try:
                entry = json.loads(text)
            except ValueError:
                entry = None
            if isinstance(entry, dict):
                self.log.append(entry)
            elif text:
                self.words.append(text)

    def _serves(self, *, healthy: bool) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise ServerFailed("it ended while it should have started")
        try:
            status, _ = self.healthz()
        except (OSError, http.client.HTTPException):
            return False
        return status == 200 or not healthy

    # What it says

    def events(self, name: str, **keys: object) -> list[dict[str, Any]]:
        """Log entries of this event with these values, of all runs so far."""
        return [
            entry
            for entry in list(self.log)
            if entry.get("event") == name and all(entry.get(key) == value for key, value in keys.items())
        ]

    def wait_event(self, name: str, *, count: int = 1, timeout_s: float = 20.0, **keys: object) -> dict[str, Any]:
        """The newest of at least `count` such entries. Raises ServerFailed when they do not come."""
        try:
            wait_for(lambda: len(self.events(name, **keys)) >= count, timeout_s, what=f"{name} in the log")
        except ClientTrouble as trouble:
            raise ServerFailed(f"{trouble}\n{self.tail()}") from None
        return self.events(name, **keys)[-1]

    def faults(self) -> list[str]:
        """What a server never says unless it has a bug: events named so, and words that are no log entries."""
        return [json.dumps(entry) for entry in list(self.log) if entry.get("event") == "bug"] + list(self.words)

    def tail(self, lines: int = 30) -> str:
        """The end of the log, for messages."""
        return "\n".join([*(json.dumps(entry) for entry in list(self.log)[-lines:]), *list(self.words)[-lines:]])

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of the web port's answer. Raises OSError when there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=10)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def healthz(self) -> tuple[int, dict[str, Any]]:
        status, body = self.get("/healthz")
        return status, json.loads(body)

    def metrics(self) -> Metrics:
        status, body = self.get("/metrics")
        if status != 200:
            raise ServerFailed(f"/metrics says {status}")
        return Metrics(body.decode())

    def totals(self) -> dict[str, Any]:
        """`headframe ledger totals --json`, in a process of its own, whether the server runs or not."""
        done = self.command("ledger", "totals", "--json")
        if done.returncode:
            raise ServerFailed(f"ledger totals ended with {done.returncode}: {done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Another `headframe` command with the same configuration."""
        return subprocess.run(
            [sys.executable, "-m", "headframe", *words, "--config", str(self.file)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    # What surrounds it

    @property
    def pid(self) -> int:
        if self.process is None:
            raise ServerFailed("it is not running")
        return self.process.pid

    @property
    def memory_bytes(self) -> int:
        """What it really occupies now (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def bound_file_sizes(self, most_bytes: int | None) -> None:
        """From now on no file of the running server may grow beyond this (None: no bound): a full disk (Linux)."""
        hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (hard if most_bytes is None else most_bytes, hard))

    @contextlib.contextmanager
    def client(self, *, tls: bool = False, timeout: float = 30.0) -> Iterator[Sv1Client]:
        """An independent miner, connected."""
        with Sv1Client("127.0.0.1", self.stratum_port, tls=tls, timeout=timeout) as client:
            yield client


@contextlib.contextmanager
def serving(directory: Path, settings: str, *, healthy: bool = True, level: str = "info") -> Iterator[ServerProcess]:
    """A started server; killed at the end if the test has not ended it. Raises ServerFailed if its log holds a fault."""
    server = ServerProcess(directory, settings, level=level)
    try:
        yield server.start(healthy=healthy)
    finally:
        server.kill()
    if faults := server.faults():
        raise ServerFailed("faults in the log:\n" + "\n".join(faults))


def node_source(
    rpc: Sequence[str], *, name: str = "home", user: str = "u", password: str = "p", zmq: Sequence[str] = ()
) -> str:
    """A [[source]] of regtest nodes, as the configuration file says it."""
    return f"""
[[source]]
name = "{name}"
network = "regtest"
rpc = {json.dumps(list(rpc))}
user = "{user}"
password = "{password}"
zmq_hashblock = {json.dumps(list(zmq))}
"""


def payout(address: str = "", *, fees: Mapping[str, int] | None = None) -> str:
    """[payout]: to an operator's address, or in miner mode when there is none; `fees`: address to basis points."""
    parts = ", ".join(f'{{ address = "{each}", basis_points = {points} }}' for each, points in (fees or {}).items())
    mode = f'mode = "operator"\naddress = "{address}"' if address else 'mode = "miner"'
    return f"\n[payout]\n{mode}\nfee = [{parts}]\n"


def fixed_difficulty(difficulty: float) -> str:
    """[difficulty] that never changes."""
    return f"\n[difficulty]\nstart = {difficulty}\nmin = {difficulty}\nmax = {difficulty}\n"
