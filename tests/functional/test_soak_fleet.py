"""A minute with two hundred miners who misbehave in every way we know, and books that must agree to the share."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from headframe.store.ledger_store import Store
from headframe.testing.client import wait_for
from headframe.testing.fleet import MIX, FleetReport, run_fleet
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.server import Metrics, ServerProcess, fixed_difficulty, node_source, payout

MakeServer = Callable[..., ServerProcess]

MINERS = 200
SECONDS = 60.0
BLOCK_EVERY_S = 10.0
PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
GROWTH_BYTES = 24 * 1024 * 1024
"""How much more the second half may need than the first: far below what one leaked object per share would."""


def worker_counts(data: Path) -> dict[str, int]:
    """Accepted shares by name, from the database of a server that has stopped in order."""
    store = Store.open(data)
    try:
        rows = store.workers(0, limit=10 * MINERS)
        return {f"{row.identity}.{row.worker}": row.accepted for row in rows}
    finally:
        store.close()


async def watch(server: ServerProcess, node: NodeThread) -> list[int]:
    """Somebody else's block now and then, and the server's memory, until cancelled."""
    seen: list[int] = []
    try:
        while True:
            await asyncio.sleep(BLOCK_EVERY_S / 2)
            seen.append(server.memory_bytes)
            if len(seen) % 2:
                await asyncio.to_thread(node.do, node.node.extend)
    except asyncio.CancelledError:
        return seen


async def soak(server: ServerProcess, node: NodeThread) -> tuple[FleetReport, list[int]]:
    loop = asyncio.get_running_loop()
    watching = loop.create_task(watch(server, node))
    report = await run_fleet("127.0.0.1", server.stratum_port, miners=MINERS, seconds=SECONDS, seed=7, mix=MIX)
    watching.cancel()
    return report, await watching


def shares(metrics: Metrics) -> dict[str, float]:
    return metrics.by("verdict", "headframe_shares_total")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_two_hundred_unruly_miners_for_a_minute(make_server: MakeServer) -> None:
    with embedded_node(mempool_size=40) as node:
        server = make_server(
            payout(PAYEE) + fixed_difficulty(1e-7) + node_source([node.url], user="demo", password="demo")
        )
        report, memory = asyncio.run(soak(server, node))
        wait_for(
            lambda: shares(server.metrics()).get("accepted", 0) == server.totals()["shares_accepted"],
            what="metrics and ledger to agree",
        )
        metrics = server.metrics()
        totals = server.totals()
        assert shares(metrics) == {"accepted": totals["shares_accepted"], **totals["shares_rejected"]}
        assert metrics.value("headframe_work_total", source="home") == totals["work"]
        assert metrics.value("headframe_source_up", source="home") == 1
        wait_for(lambda: not server.metrics().by("state", "headframe_sessions"), what="all sessions to be gone")
        assert server.healthz()[0] == 200
        assert server.stop() == 0

    behaved = {tally.behaviour for tally in report.workers.values() if tally.accepted}
    assert behaved == {behaviour.name for behaviour in MIX}, "somebody never got a share in"
    assert report.accepted > MINERS * SECONDS / 4
    assert sum(tally.connections for tally in report.workers.values()) > 2 * MINERS
    assert sum(tally.garbage for tally in report.workers.values()) > 100
    assert not report.troubles
    assert not report.refused
    assert report.discrepancies(worker_counts(server.data)) == []
    after = server.totals()
    assert after["shares_accepted"] == totals["shares_accepted"]
    assert report.accepted <= after["shares_accepted"] <= report.accepted + report.unanswered
    assert report.rejected.total() <= sum(after["shares_rejected"].values())
    assert not server.events("journal_unavailable")
    half = len(memory) // 2
    growth = max(memory[half:]) - max(memory[:half])
    print(
        f"soak: {report.accepted} acknowledged, {report.unanswered} unanswered, {after['shares_accepted']} in the ledger, "
        f"{report.rejected.total()} refused, {sum(each.connections for each in report.workers.values())} connections; "
        f"memory {max(memory) >> 20} MiB, {growth >> 10} KiB more in the second half"
    )
    assert growth < GROWTH_BYTES
