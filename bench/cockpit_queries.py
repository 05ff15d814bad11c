"""What the cockpit's questions cost: 1,000 workers with a year of days, a week of hours and a day of minutes.

Run: `python -m bench.cockpit_queries`. Makes a database of some 250 MB in a temporary folder and prints, for each question,
the first and the median CPU time of five.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

from headframe.service.dashboard import DashboardDesk
from headframe.service.history import History
from headframe.service.history_views import RANGES
from headframe.service.miners import Miners
from headframe.service.queries import MinersAsk
from headframe.store.ledger_store import Store
from headframe.store.past import Past
from headframe.store.worker_table import WorkerTable

WORKERS = 1_000
NOW_S = 1_700_000_000
LEVELS = ((86_400, 365), (3_600, 168), (60, 1_440))


class Clock:
    """Stands at NOW_S, and measures."""

    def monotonic(self) -> float:
        return time.monotonic()

    def unix_ms(self) -> int:
        return NOW_S * 1000 + 30_000


def fill(store: Store) -> None:
    """Rows as the fold would write them."""
    rnd = random.Random(1)
    first_ms = (NOW_S - 365 * 86_400) * 1000

    finder = ("home", 1, "identity1", "worker1", "sv1", 1, 50)
    fate = ("matured", NOW_S, "", 100)

    def times(worker: int) -> tuple[int, ...]:
        return first_ms, NOW_S * 1000 - worker, NOW_S * 1000, 1, NOW_S * 1000, 2

    def some_hash() -> bytes:
        return rnd.randbytes(28) + bytes(4)

    with store.database.writing() as connection:

        def insert(table: str, rows: list[tuple[Any, ...]]) -> None:
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)

        insert(
            "sources", [(n, name, 10**6, str(2**90), some_hash(), first_ms) for n, name in ((1, "home"), (2, "ocean"))]
        )
        today = NOW_S // 86_400
        insert(
            "workers",
            [
                (
                    n,
                    f"identity{n % 50}",
                    f"worker{n}",
                    10**5,
                    100,
                    str(2**80 + n),
                    some_hash(),
                    today,
                    some_hash(),
                    *times(n),
                )
                for n in range(1, WORKERS + 1)
            ],
        )
        for level, count in LEVELS:
            for start in range(NOW_S - NOW_S % level - (count - 1) * level, NOW_S + 1, level):
                works = [str(rnd.getrandbits(60) * level) for _ in range(WORKERS)]
                insert(
                    "rollups",
                    [(level, start, n, 1 + n % 2, works[n - 1], 6, 0, some_hash()) for n in range(1, WORKERS + 1)],
                )
                insert(
                    "source_rollups",
                    [(level, start, n, str(rnd.getrandbits(70) * level), 3_000, 3, some_hash(), 7) for n in (1, 2)],
                )
                insert(
                    "source_refusal_rollups",
                    [(level, start, n, reason, 2) for n in (1, 2) for reason in ("stale", "duplicate")],
                )
                insert("worker_refusal_rollups", [(n, level, start, "stale", 1) for n in range(1, WORKERS + 1, 10)])
        insert("worker_refusals", [(n, reason, 5) for n in range(1, WORKERS + 1) for reason in ("stale", "duplicate")])
        insert(
            "blocks",
            [
                (rnd.randbytes(32), (NOW_S - n * 3_600) * 1000, n, *finder, 0x1D00FFFF, *fate, str((2_000 - n) * 2**40))
                for n in range(1_000)
            ],
        )


def questions(store: Store) -> dict[str, Callable[[], Awaitable[object]]]:
    clock, past = Clock(), Past(store)

    def fresh() -> Miners:
        return Miners(WorkerTable(store), dict, lambda identity, worker: None, clock)

    warm, table = fresh(), WorkerTable(store)
    history = History(
        past,
        warm,
        clock,
        chains=dict,
        explorers=dict,
        moved_ms=lambda account: [],
        needed=dict,
    )
    desk = DashboardDesk(past, warm, cast("Any", None), cast("Any", None), dict, clock)
    key = ""
    keys: list[str] = []

    async def know() -> None:
        nonlocal key
        page = await warm.page(MinersAsk(limit=200))
        keys.extend(miner.key for miner in page.miners)
        key = keys[5]

    asyncio.run(know())
    found: dict[str, Callable[[], Awaitable[object]]] = {
        "miners, nothing read before": lambda: fresh().page(MinersAsk()),
        "rows of miners, every two seconds": lambda: asyncio.to_thread(table.rows, clock.unix_ms()),
        "sparklines of 200": lambda: history.sparklines(keys),
        "best of the day": lambda: history.best_shares("day"),
        "best of all time": lambda: history.best_shares("all"),
        "50 of 1,000 blocks": lambda: history.found_blocks(),
        "dashboard": lambda: asyncio.to_thread(desk._read, {}, {}),
    }
    for span in RANGES:
        found[f"hashrate {span} by source"] = lambda at=span: history.hashrate(at, by_source=True)  # type: ignore[misc]
        found[f"hashrate {span} of a miner"] = lambda at=span: history.hashrate(at, key=key)  # type: ignore[misc]
        found[f"history of a source {span}"] = lambda at=span: history.source_history("home", at, 0.5)  # type: ignore[misc]
    return found


async def measured(question: Callable[[], Awaitable[object]]) -> list[float]:
    times = []
    for _ in range(5):
        began = time.process_time()
        await question()
        times.append((time.process_time() - began) * 1e3)
    return times


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        fill(store)
        for name, question in questions(store).items():
            times = asyncio.run(measured(question))
            print(f"{name:36} first {times[0]:6.1f} ms   median {statistics.median(times):6.1f} ms")
        store.close()


if __name__ == "__main__":
    main()
