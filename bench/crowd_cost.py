"""10,000 idle sessions: memory each, and a new job to all of them, beside a loop that only sends, in the same run."""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.processes import (
    ROOT,
    Server,
    headframe,
    metric,
    on_core,
    rss_bytes,
    running,
    stand_in_node,
)
from headframe.testing.ports import free_port

SESSIONS = 10_000
ROUNDS = 8
NEWS_S = 2
NOTIFY_BYTES = 1_400
MEMORY_BUDGET = 6 * 1024
FANOUT_BUDGET = 1.3


@contextlib.contextmanager
def crowd(port: int) -> Iterator[subprocess.Popen]:
    """SESSIONS miners in a process on core 1, all subscribed and given a job when this yields."""
    command = [*on_core(1), sys.executable, "bench/crowd.py", str(port), str(SESSIONS)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        if said != "ready":
            raise RuntimeError(f"the crowd said {said!r}")
        yield process
    finally:
        process.kill()
        process.wait()


def round_s(process: subprocess.Popen) -> float:
    """The next round of notifies: seconds from the first to the last miner that got one."""
    assert process.stdout is not None
    return float(process.stdout.readline().split()[1])


def measure_headframe() -> tuple[float, list[float]]:
    """Bytes per session; seconds per fan-out as the server sees it."""
    quiet = "start = 1000000\nshares_per_minute = 0.1"
    with stand_in_node(news_every_s=NEWS_S) as node, headframe(node, difficulty=quiet) as server:
        before = rss_bytes(server.pid)
        with crowd(server.port) as process:
            memory = (rss_bytes(server.pid) - before) / SESSIONS
            spans = []
            for _ in range(ROUNDS):
                before_s = fanouts(server)
                round_s(process)
                time.sleep(NEWS_S / 4)  # for the server's own number to be written
                spans.append(fanouts(server) - before_s)
    return memory, spans


def fanouts(server: Server) -> float:
    return metric(server, "headframe_job_fanout_seconds_sum")


def measure_ruler() -> list[float]:
    """Seconds per broadcast of the loop that only sends."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "ruler.log"
        command = [*on_core(0), sys.executable, "bench/sendloop.py", str(port), str(SESSIONS), str(NOTIFY_BYTES)]
        with running(command, port, log), crowd(port) as process:
            for _ in range(ROUNDS):
                round_s(process)
        return [float(line.split()[1]) for line in log.read_text().splitlines() if line.startswith("sent")]


def in_ms(spans: list[float]) -> str:
    low, middle, high = statistics.quantiles(spans, n=4)
    return f"{middle * 1000:.0f} ms ({low * 1000:.0f} to {high * 1000:.0f})"


def main() -> None:
    ruler_spans = measure_ruler()
    memory, spans = measure_headframe()
    ruler_spans += measure_ruler()
    _, more = measure_headframe()
    spans += more
    fanout, ruler = statistics.median(spans), statistics.median(ruler_spans)
    verdict = "kept" if memory <= MEMORY_BUDGET else "MISSED"
    print(f"\n{SESSIONS} idle sessions: {memory:.0f} bytes each; budget {MEMORY_BUDGET}: {verdict}")
    verdict = "kept" if fanout <= FANOUT_BUDGET * ruler else "MISSED"
    print(
        f"a new job to all: {in_ms(spans)}; the loop that only sends: {in_ms(ruler_spans)} (median, quartiles); "
        f"{fanout / ruler:.2f}x, budget {FANOUT_BUDGET}x: {verdict}"
    )


if __name__ == "__main__":
    main()
