"""Starting and stopping the measured processes.

Every server gets a free port, its own folder and one core; only processes started here are ever ended, by their id.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headframe.testing.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = "bc1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5z5tpwxqergd3c8g7rusqyp0mu0"
EASIEST = 2.3283064365386963e-10
"""A difficulty that every hash meets."""


@dataclass(frozen=True)
class Server:
    """A running server under measurement."""

    name: str
    pid: int
    port: int
    web: int | None
    folder: Path | None = None


def on_core(core: int) -> list[str]:
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[core % len(cores)])] if shutil.which("taskset") else []


def cpu_s(pid: int) -> float:
    """User and system time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def wait_for_port(port: int, process: subprocess.Popen, timeout_s: float = 60) -> None:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


def wait_until_healthy(web: int, timeout_s: float = 60) -> None:
    """Until miners would be given work."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{web}/healthz", timeout=5):
            return
        time.sleep(0.05)
    raise TimeoutError("the server has no work")


@contextlib.contextmanager
def running(command: list[str], port: int, log: Path, **options) -> Iterator[subprocess.Popen]:
    with log.open("ab") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, cwd=ROOT, **options)
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def stand_in_node(transactions: int = 3000, *, news_every_s: float = 60) -> Iterator[int]:
    """The stand-in node, with a mainnet-size template and news of another one every so often; yields its port."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(
            [*on_core(1), sys.executable, "bench/fakenode.py", str(port), str(transactions)],
            port,
            Path(folder) / "node.log",
            env={**os.environ, "FAKENODE_LONGPOLL_S": str(news_every_s)},
        ),
    ):
        yield port


CONFIG = """
[stratum]
listen = ["127.0.0.1:{port}"]
[web]
listen = "127.0.0.1:{web}"
[data]
dir = "{folder}/data"
[payout]
address = "{address}"
[limits]
connections = 20000
connections_per_ip = 20000
[difficulty]
{difficulty}
[logging]
level = "info"
[[source]]
name = "home"
kind = "node"
network = "{network}"
weight = 100
rpc = ["http://127.0.0.1:{node}"]
user = "{user}"
password = "{password}"
{zmq}
"""


@contextlib.contextmanager
def headframe(
    node: int,
    *,
    difficulty: str = "",
    network: str = "mainnet",
    address: str = ADDRESS,
    user: str = "u",
    password: str = "p",
    zmq: str = "",
) -> Iterator[Server]:
    """`headframe run` on core 0 with everything on: vardiff, journal, limits, metrics."""
    port, web = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "headframe.toml"
        config.write_text(
            CONFIG.format(
                port=port,
                web=web,
                folder=folder,
                address=address,
                difficulty=difficulty,
                network=network,
                node=node,
                user=user,
                password=password,
                zmq=f'zmq_hashblock = "{zmq}"' if zmq else "",
            )
        )
        command = [*on_core(0), sys.executable, "-m", "headframe", "run", "--config", str(config), "--no-live"]
        log = Path(folder) / "headframe.log"
        try:
            with running(command, port, log) as process:
                wait_until_healthy(web)
                yield Server("headframe", process.pid, port, web, Path(folder))
        except Exception:
            sys.stderr.write(log.read_text()[-4000:])
            raise


@contextlib.contextmanager
def baseline(node: int) -> Iterator[Server]:
    """The minimal asyncio + json + hashlib server on core 0."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(
            [*on_core(0), sys.executable, "bench/baseline.py", str(port), str(node)], port, Path(folder) / "base.log"
        ) as process,
    ):
        yield Server("baseline", process.pid, port, None)


def metric(server: Server, name: str) -> float:
    """One number off /metrics (the sum over its labels)."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.web}/metrics", timeout=10) as reply:
        text = reply.read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}(\{{|\s)", line))
