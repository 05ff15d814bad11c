"""The fleet's books against those of a server that counts for itself."""

import asyncio

from headframe.testing.fake_pool import FakePool, Manners
from headframe.testing.fleet import DEAF, DROPPING, EAGER, HONEST, MIX, SLOPPY, FleetReport, WorkerTally, run_fleet


async def test_miners_that_stay_connected_agree_with_the_server_to_the_share() -> None:
    async with FakePool(Manners(difficulty=1e-8)) as pool:
        report = await run_fleet(
            "127.0.0.1", pool.port, miners=12, seconds=3.0, mix=(HONEST, EAGER, DEAF, SLOPPY), rate=3.0
        )
    assert report.accepted > 20
    assert report.unanswered == 0
    assert {name: tally.accepted for name, tally in report.workers.items() if tally.accepted} == pool.accepted
    assert report.rejected == pool.rejected
    assert {"Job not found", "Invalid nonce2 length"} <= set(report.rejected)
    assert not report.troubles
    assert not report.discrepancies(pool.accepted)


async def test_torn_connections_leave_only_the_doubt_that_is_reported() -> None:
    async with FakePool(Manners(difficulty=1e-8)) as pool:
        report = await run_fleet("127.0.0.1", pool.port, miners=9, seconds=3.0, mix=(*MIX[:-1], DROPPING), rate=4.0)
    assert max(tally.connections for tally in report.workers.values()) >= 2
    assert report.accepted > 20
    assert not report.troubles
    assert not report.discrepancies(pool.accepted)


async def test_a_server_that_drops_everybody_is_come_back_to() -> None:
    async with FakePool(Manners(difficulty=1e-8)) as pool:
        fleet = asyncio.get_running_loop().create_task(
            run_fleet("127.0.0.1", pool.port, miners=4, seconds=3.0, mix=(HONEST,), rate=5.0)
        )
        async with asyncio.timeout(20):
            for round_number in (1, 2):
                while sum(pool.accepted.values()) < 5 * round_number:  # noqa: ASYNC110 - a counter has no event
                    await asyncio.sleep(0.01)
                pool.drop_all()
            report = await fleet
    assert all(tally.connections >= 2 for tally in report.workers.values())
    assert not report.discrepancies(pool.accepted)


def test_a_ledger_that_lost_or_invented_shares_is_caught() -> None:
    report = FleetReport(workers={"a.0": WorkerTally("honest", accepted=5, unanswered=1), "a.1": WorkerTally("honest")})
    assert report.discrepancies({"a.0": 5}) == []
    assert report.discrepancies({"a.0": 6}) == []
    assert len(report.discrepancies({"a.0": 4})) == 1
    assert len(report.discrepancies({"a.0": 7})) == 1
    assert len(report.discrepancies({"a.0": 5, "b.9": 1})) == 1
