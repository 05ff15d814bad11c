"""New-block latency with the real node: from its tip change to the last of 100 miners having the new job.

The tip change is taken from the node's own log (UpdateTip, in microseconds), the jobs from the miners' sockets.
"""

import datetime
import json
import re
import select
import socket
import tempfile
import threading
import time
from pathlib import Path

from bench.processes import headframe
from headframe.testing.bitcoind import NodeUnavailable, RegtestNode, bitcoind_command, wait_for

MINERS = 100
BLOCKS = 60
TRANSACTIONS = 10
"""Paid before each block, so that templates are not empty."""
ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


class Miners:
    """MINERS connections that only listen, in a thread; for each previous hash, when each first got a job on it."""

    def __init__(self, port: int) -> None:
        self.arrivals: dict[str, list[float]] = {}
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._rest: dict[int, bytes] = {}
        self._on: dict[int, str] = {}
        for _ in range(MINERS):
            connection = socket.create_connection(("127.0.0.1", port), 10)
            connection.sendall(
                b'{"id":1,"method":"mining.subscribe","params":["bench/1.0"]}\n'
                b'{"id":2,"method":"mining.authorize","params":["bench.rig","x"]}\n'
            )
            connection.setblocking(False)
            self._sockets[connection.fileno()] = connection
            self._rest[connection.fileno()] = b""
            self._poll.register(connection, select.EPOLLIN)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            for fd, _ in self._poll.poll():
                data = self._sockets[fd].recv(1 << 20)
                now = time.time()
                if not data:
                    self._poll.unregister(fd)
                    continue
                *lines, self._rest[fd] = (self._rest[fd] + data).split(b"\n")
                for line in lines:
                    message = json.loads(line)
                    if message.get("method") == "mining.notify" and self._on.get(fd) != message["params"][1]:
                        self._on[fd] = previous = message["params"][1]
                        self.arrivals.setdefault(previous, []).append(now)

    def all_on(self, previous: str) -> bool:
        return len(self.arrivals.get(previous, ())) == MINERS


def as_notify_writes(hash_hex: str) -> str:
    return "".join(hash_hex[i : i + 8] for i in range(56, -1, -8))


def tip_times(log: str) -> dict[str, float]:
    """Block hash -> Unix seconds of the node's UpdateTip ("[*]" marks lines after others were left out)."""
    found = re.findall(r"^(?:\[\*\] )?(\S+)Z .*UpdateTip: new best=([0-9a-f]{64})", log, re.MULTILINE)
    return {tip: datetime.datetime.fromisoformat(stamp + "+00:00").timestamp() for stamp, tip in found}


def measure(node: RegtestNode, port: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the first and to the last miner, for each block."""
    miners = Miners(port)
    wait_for(lambda: miners.all_on(as_notify_writes(node.tip_hex)), what="first jobs")
    node.wallet()
    target = node.new_address()
    tips = []
    for _ in range(BLOCKS):
        for _ in range(TRANSACTIONS):
            node.pay(target, 0.001)
        (tip,) = node.generate(1)
        wait_for(lambda tip=tip: miners.all_on(as_notify_writes(tip)), what="jobs on the new tip")
        tips.append(tip)
    log = node.directory / node.chain / "debug.log"
    wait_for(lambda: tips[-1] in tip_times(log.read_text()), what="the node's log")
    changed = tip_times(log.read_text())
    delays = [[(at - changed[tip]) * 1000 for at in miners.arrivals[as_notify_writes(tip)]] for tip in tips]
    return [min(each) for each in delays], [max(each) for each in delays]


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def main() -> None:
    try:
        bitcoind_command()
    except NodeUnavailable as reason:
        print(f"SKIPPED new-block latency: no real node: {reason}")
        return
    print(f"\nnew block, real node: from its tip change to {MINERS} miners having a job on it, {BLOCKS} blocks, ms")
    print(f"{'news by':<12}{'first p50':>11}{'first p99':>11}{'last p50':>11}{'last p99':>11}")
    with tempfile.TemporaryDirectory() as folder:
        node = RegtestNode(Path(folder) / "node", extra_args=("-logtimemicros",))
        node.start()
        try:
            node.generate(101)
            for name, zmq in (("ZMQ", node.zmq_hashblock), ("longpoll", "")):
                with headframe(node.rpc_port, network="regtest", address=ADDRESS, zmq=zmq) as server:
                    firsts, lasts = measure(node, server.port)
                figures = [percentile(values, part) for values in (firsts, lasts) for part in (0.5, 0.99)]
                print(f"{name:<12}" + "".join(f"{figure:>11.1f}" for figure in figures))
        finally:
            node.stop()


if __name__ == "__main__":
    main()
