"""CPU per accepted share: 200 connections, 1 and 8 in flight, beside the minimal server in the same run."""

import re
import shutil
import statistics
import subprocess
from pathlib import Path

from bench.processes import EASIEST, ROOT, Server, baseline, headframe, on_core, stand_in_node

ROUNDS = 3
CONNECTIONS = 200
WARM_S, MEASURE_S = 2, 3
BUDGET_US = {1: 30.0, 8: 20.0}


def load_generator() -> Path | None:
    """The C load generator, built on first use; None where there is no C compiler."""
    binary = ROOT / "bench" / "sv1load"
    source = ROOT / "bench" / "sv1load.c"
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            return None
        subprocess.run([compiler, "-O2", "-o", str(binary), str(source)], check=True, stderr=subprocess.DEVNULL)
    return binary


def measure(binary: Path, server: Server, depth: int) -> dict[str, float]:
    command = [*on_core(1), str(binary), "127.0.0.1", str(server.port), str(CONNECTIONS), str(depth)]
    command += [str(WARM_S), str(MEASURE_S), "bench.rig", str(server.pid)]
    out = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout
    found = {key: float(value) for key, value in re.findall(r"(\S+) ([0-9.]+)", out.splitlines()[0] if out else "")}
    # The easiest difficulty, rounded up for the wire, still refuses one hash in 100,000.
    if not found.get("accepted/s") or found.get("rejected/s", 0) > found["accepted/s"] / 1000:
        raise RuntimeError(f"{server.name}: shares were refused: {out}")
    return found


def main() -> None:
    binary = load_generator()
    if binary is None:
        print("SKIPPED share cost: no C compiler for the load generator")
        return
    print(f"\nCPU per accepted share: {CONNECTIONS} connections, 3,000 transactions, medians of {ROUNDS} rounds")
    print(f"{'server':<12}{'in flight':>10}{'us/share':>10}{'shares/s':>10}{'p50 ms':>9}{'p99 ms':>9}")
    figures: dict[tuple[str, int], list[dict[str, float]]] = {}
    fixed = f"start = {EASIEST}\nmin = {EASIEST}\nmax = {EASIEST}"
    with stand_in_node() as node:
        for _ in range(ROUNDS):
            for depth in (1, 8):
                with baseline(node) as server:
                    figures.setdefault(("baseline", depth), []).append(measure(binary, server, depth))
                with headframe(node, difficulty=fixed) as server:
                    figures.setdefault(("headframe", depth), []).append(measure(binary, server, depth))
    medians = {}
    for (name, depth), runs in sorted(figures.items()):
        cost = medians[name, depth] = statistics.median(run["cpu_us/share"] for run in runs)
        rate = statistics.median(run["accepted/s"] for run in runs)
        p50, p99 = (statistics.median(run[key] for run in runs) / 1000 for key in ("p50_us", "p99_us"))
        print(f"{name:<12}{depth:>10}{cost:>10.1f}{rate:>10.0f}{p50:>9.2f}{p99:>9.2f}")
    for depth, budget in BUDGET_US.items():
        cost, ruler = medians["headframe", depth], medians["baseline", depth]
        verdict = "kept" if cost <= budget else "MISSED"
        print(
            f"budget {budget:.0f} us at {depth} in flight: {cost:.1f} us, {verdict}; {ruler / cost:.2f}x the baseline"
        )


if __name__ == "__main__":
    main()
