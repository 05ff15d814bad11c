"""What open browsers cost the miners: CPU per accepted share and the latency of replies, with the cockpit open in five
pages of Chromium and without, in turns on the same server.

The browser and the miners' stand-in share a core, so that what the stand-in sees grows with the browser's own work;
"inside" is from a submission's arrival in the server to its answer, by the server's own histogram (ms)."""

import contextlib
import json
import re
import statistics
import urllib.request
from collections.abc import Iterator

from bench.processes import EASIEST, Server, cpu_s, headframe, stand_in_node
from bench.share_cost import load_generator, measure

ROUNDS = 5
PAGES = ("/", "/miners", "/sources", "/blocks", "/leaderboard")
BUDGET = 0.05
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]


def sign_in_link(server: Server) -> str:
    """A link for an owner that is made for this, by the door that the server leaves open on its own machine."""
    assert server.folder is not None
    door = json.loads((server.folder / "data" / "console.json").read_text())
    request = urllib.request.Request(
        f"{door['url']}api/v1/accounts",
        data=json.dumps({"name": "bench", "role": "owner"}).encode(),
        headers={"authorization": f"Bearer {door['secret']}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return str(json.load(reply)["link"])


def submit_counts(server: Server) -> dict[float, float]:
    """How many submissions the server has answered within each of its bounds (seconds), by its own clock."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.web}/metrics", timeout=10) as reply:
        text = reply.read().decode()
    found = re.findall(r'^headframe_submit_seconds_bucket\{le="([^"]+)"\} (\S+)', text, re.M)
    return {float(bound): float(count) for bound, count in found}


def within(server: Server, before: dict[float, float], part: float) -> float:
    """The bound within which this part of the answers since `before` were given."""
    since = {bound: count - before[bound] for bound, count in submit_counts(server).items()}
    return next(bound for bound in sorted(since) if since[bound] >= part * since[float("inf")])


class Browser:
    """Chromium with one profile; its pages can be opened and closed as often as wanted."""

    def __init__(self, context, link: str) -> None:
        self._context = context
        self._address = link.split("/login")[0]
        page = context.new_page()
        page.goto(link)
        page.wait_for_selector("nav")
        page.close()

    @contextlib.contextmanager
    def pages(self) -> Iterator[None]:
        opened = [self._context.new_page() for _ in PAGES]
        for page, path in zip(opened, PAGES, strict=True):
            page.goto(self._address + path)
            page.wait_for_selector("main h1, main h2")
        try:
            yield
        finally:
            for page in opened:
                page.close()


def main() -> None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("SKIPPED cost of open browsers: playwright is not installed")
        return
    from shutil import which

    binary, chromium = load_generator(), which("chromium")
    if binary is None or chromium is None:
        print("SKIPPED cost of open browsers: no C compiler, or no Chromium")
        return
    fixed = f"start = {EASIEST}\nmin = {EASIEST}\nmax = {EASIEST}"
    print(f"\nFive open pages of the cockpit: CPU per accepted share, 200 connections, medians of {ROUNDS} turns")
    print(f"{'in flight':>10}{'pages':>7}{'us/share':>10}{'shares/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'inside p99':>12}")
    with sync_playwright() as playwright, stand_in_node() as node:
        engine = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for depth in (1, 8):
            runs: dict[int, list[dict[str, float]]] = {0: [], len(PAGES): []}
            with headframe(node, difficulty=fixed) as server:
                context = engine.new_context()
                browser = Browser(context, sign_in_link(server))
                measure(binary, server, depth)
                for _ in range(ROUNDS):
                    for pages, open_pages in ((0, contextlib.nullcontext), (len(PAGES), browser.pages)):
                        with open_pages():
                            before = submit_counts(server)
                            run = measure(binary, server, depth)
                            runs[pages].append({**run, "inside_p99_s": within(server, before, 0.99)})
                if depth == 1:
                    with browser.pages():
                        idle = idle_cost(server)
                context.close()
            told = {}
            for pages, found in runs.items():
                names = ("cpu_us/share", "accepted/s", "p50_us", "p99_us", "inside_p99_s")
                middle = told[pages] = [statistics.median(run[name] for run in found) for name in names]
                cost, rate, p50, p99, inside = middle
                print(
                    f"{depth:>10}{pages:>7}{cost:>10.2f}{rate:>10.0f}{p50 / 1000:>9.2f}{p99 / 1000:>9.2f}"
                    f"{f'<= {inside * 1000:g}':>12}"
                )
            more = told[len(PAGES)][0] / told[0][0] - 1
            print(f"budget {BUDGET:.0%} at {depth} in flight: {more:+.1%}, {'kept' if more <= BUDGET else 'MISSED'}")
        print(f"with nobody mining, five pages take {idle * 1000:.0f} ms of CPU a second")
        engine.close()


def idle_cost(server: Server, seconds: float = 10.0) -> float:
    """CPU seconds per second while no share comes."""
    import time

    time.sleep(1)
    before, began = cpu_s(server.pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_s(server.pid) - before) / (time.monotonic() - began)


if __name__ == "__main__":
    main()
