"""The block flow against real nodes: whatever happens to nodes and to us, a found block reaches the chain."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.net.clock import SystemClock
from headframe.sources.base import JobReady, Settled, Share
from headframe.sources.node.settings import NodeSettings
from headframe.sources.node.source import NodeSource, pending_folder
from headframe.testing.bitcoind import RegtestNode, wait_for
from headframe.testing.source_rig import EventLog, job_of, running, solve

pytestmark = pytest.mark.real_node

MakeNode = Callable[..., RegtestNode]


def source_of(nodes: list[RegtestNode], data_dir: Path) -> NodeSource:
    settings = NodeSettings(
        "home",
        NETWORKS["regtest"],
        tuple(node.rpc_url for node in nodes),
        "u",
        "p",
        zmq=tuple(node.zmq_hashblock for node in nodes),
        retry_s=0.1,
        return_s=60.0,
        poll_s=0.5,
        follow_s=0.5,
    )
    return NodeSource(settings, SystemClock(), data_dir)


async def off_loop(function: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.to_thread(function, *arguments)


async def found_by(source: NodeSource, log: EventLog) -> tuple[Share, int]:
    share = solve(job_of(await log.until(JobReady)))
    return share, source.submit(share)


def hash_hex(share: Share) -> str:
    assert share.solution is not None
    return share.solution.hash[::-1].hex()


async def test_the_block_is_on_disk_until_it_is_mature_and_then_forgotten(
    bitcoind: RegtestNode, tmp_path: Path
) -> None:
    source = source_of([bitcoind], tmp_path)
    folder = pending_folder(tmp_path)
    async with running(source) as log:
        share, token = await found_by(source, log)
        settled = await log.until(Settled)
        assert (settled.token, settled.outcome, settled.confirmations) == (token, "accepted", 1)
        await off_loop(wait_for, lambda: (folder / f"{hash_hex(share)}.blk").exists())
        raw = (folder / f"{hash_hex(share)}.blk").read_bytes()
        assert raw.hex() == bitcoind.rpc("getblock", hash_hex(share), 0)
        await off_loop(bitcoind.generate, 5)
        await log.until(Settled, lambda event: event.confirmations == 6)
        await off_loop(bitcoind.generate, 94)
        matured = await log.until(Settled, lambda event: event.outcome == "matured")
        assert matured.confirmations >= 100
        assert matured.token == token
        await off_loop(wait_for, lambda: not list(folder.iterdir()))


async def test_a_block_found_while_its_node_is_down_is_delivered_after_a_restart_of_both(
    bitcoind: RegtestNode, tmp_path: Path
) -> None:
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        work = await log.until(JobReady)
        bitcoind.kill()
        share = solve(job_of(work))
        source.submit(share)
        await off_loop(wait_for, lambda: list(pending_folder(tmp_path).glob("*.json")))
        assert not log.of(Settled)
    # Our process is gone (another source object knows only the disk); so was the node.
    again = source_of([bitcoind], tmp_path)
    async with running(again) as log:
        await off_loop(bitcoind.start)
        settled = await log.until(Settled)
        assert settled.outcome == "accepted"
        assert settled.block_hash[::-1].hex() == hash_hex(share) == bitcoind.tip_hex


async def test_two_nodes_one_dies_between_template_and_block(make_node: MakeNode, tmp_path: Path) -> None:
    first, second = make_node(), make_node()
    await off_loop(second.connect, first)
    source = source_of([first, second], tmp_path)
    async with running(source) as log:
        work = await log.until(JobReady)
        share = solve(job_of(work))
        first.kill()
        source.submit(share)
        assert (await log.until(Settled)).outcome == "accepted"
        assert second.tip_hex == hash_hex(share)


async def test_a_block_goes_to_every_node_at_once(make_node: MakeNode, tmp_path: Path) -> None:
    """The nodes are not connected: each can only have it from us."""
    nodes = [make_node(), make_node()]
    source = source_of(nodes, tmp_path)
    async with running(source) as log:
        share, _ = await found_by(source, log)
        for node in nodes:
            await off_loop(wait_for, lambda node=node: node.tip_hex == hash_hex(share))


async def test_duplicate_is_success(bitcoind: RegtestNode, tmp_path: Path) -> None:
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        share, first = await found_by(source, log)
        await log.until(Settled, lambda event: event.token == first)
        second = source.submit(share)
        assert (await log.until(Settled, lambda event: event.token == second)).outcome == "accepted"


async def test_the_loser_of_a_race_is_stale(bitcoind: RegtestNode, tmp_path: Path) -> None:
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        work = await log.until(JobReady)
        await off_loop(bitcoind.generate, 1)
        share = solve(job_of(work))
        token = source.submit(share)
        settled = await log.until(Settled)
        assert (settled.token, settled.outcome) == (token, "stale")
        assert settled.confirmations < 1


async def test_a_block_that_no_node_wants_is_rejected_with_the_nodes_reason(
    bitcoind: RegtestNode, tmp_path: Path
) -> None:
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        # The miner's time is before the median of the last blocks: valid work, an invalid block.
        await off_loop(bitcoind.generate, 12)
        work = await log.until(JobReady, lambda event: event.work.height == 13)
        source.submit(solve(job_of(work), ntime=1_300_000_000))
        settled = await log.until(Settled)
        assert (settled.outcome, settled.reason) == ("rejected", "time-too-old")
        await off_loop(wait_for, lambda: not list(pending_folder(tmp_path).iterdir()))


async def test_a_reorganisation_makes_it_an_orphan_and_back(bitcoind: RegtestNode, tmp_path: Path) -> None:
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        share, token = await found_by(source, log)
        await log.until(Settled, lambda event: event.outcome == "accepted")
        mark = log.mark()
        await off_loop(bitcoind.rpc, "invalidateblock", hash_hex(share))
        await off_loop(bitcoind.generate, 2)
        orphaned = await log.until(Settled, lambda event: event.outcome == "orphaned", after=mark)
        assert (orphaned.token, orphaned.confirmations) == (token, -1)
        rival = bitcoind.rpc("getblockhash", 1)
        await off_loop(bitcoind.rpc, "reconsiderblock", hash_hex(share))
        mark = log.mark()
        await off_loop(bitcoind.rpc, "invalidateblock", rival)
        back = await log.until(Settled, lambda event: event.outcome == "accepted", after=mark)
        assert back.confirmations == 1


async def test_following_goes_on_after_a_restart(bitcoind: RegtestNode, tmp_path: Path) -> None:
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        share, _ = await found_by(source, log)
        await log.until(Settled)
        record = pending_folder(tmp_path) / f"{hash_hex(share)}.json"
        await off_loop(wait_for, lambda: record.exists() and b'"accepted"' in record.read_bytes())
    await off_loop(bitcoind.generate, 3)
    again = source_of([bitcoind], tmp_path)
    async with running(again) as log:
        settled = await log.until(Settled)
        assert (settled.token, settled.outcome, settled.confirmations) == (0, "accepted", 4)
        assert settled.block_hash[::-1].hex() == hash_hex(share)


async def test_a_node_that_lost_the_block_in_a_crash_gets_it_again(bitcoind: RegtestNode, tmp_path: Path) -> None:
    """A restart on an older copy of the node's folder stands for a disk that lost the last writes."""
    source = source_of([bitcoind], tmp_path / "data")
    async with running(source) as log:
        share, _ = await found_by(source, log)
        await log.until(Settled)
        bitcoind.kill()
        await off_loop(_wipe_chain, bitcoind)
        await off_loop(bitcoind.start)
        await off_loop(wait_for, lambda: bitcoind.tip_hex == hash_hex(share))


def _wipe_chain(node: RegtestNode) -> None:
    for name in ("blocks", "chainstate"):
        shutil.rmtree(node.directory / "regtest" / name)
