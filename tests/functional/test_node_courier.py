"""The courier where nodes answer badly: nothing is lost, nothing is counted twice, and nothing grows without end."""

import asyncio
import threading
from pathlib import Path

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.net.clock import SystemClock
from headframe.sources.base import JobReady, Settled
from headframe.sources.node import courier as courier_module
from headframe.sources.node.courier import Courier
from headframe.sources.node.settings import NodeSettings
from headframe.sources.node.source import NodeSource, pending_folder
from headframe.testing.bitcoind import wait_for
from headframe.testing.chain import Chain
from headframe.testing.node_settings import SubmitFault
from headframe.testing.regtest_node import EmbeddedNode
from headframe.testing.source_rig import job_of, running, solve


def source_of(node: EmbeddedNode, data_dir: Path, name: str = "home", courier: Courier | None = None) -> NodeSource:
    settings = NodeSettings(
        name,
        NETWORKS["regtest"],
        (node.url,),
        node.settings.user,
        node.settings.password,
        retry_s=0.05,
        poll_s=0.2,
        follow_s=0.2,
    )
    return NodeSource(settings, SystemClock(), data_dir, courier=courier)


@pytest.mark.parametrize("fault", [SubmitFault.UNREACHED, SubmitFault.UNANSWERED])
async def test_a_connection_that_dies_while_submitting_is_tried_again_until_it_is_known(
    fault: SubmitFault, tmp_path: Path
) -> None:
    async with EmbeddedNode(Chain()) as node, running(source := source_of(node, tmp_path)) as log:
        work = await log.until(JobReady)
        node.faults.submit = fault
        share = solve(job_of(work))
        token = source.submit(share)
        await asyncio.to_thread(wait_for, lambda: node.calls.get("submitblock", 0) >= 1)
        node.faults.submit = SubmitFault.NONE
        settled = await log.until(Settled)
        assert (settled.token, settled.outcome) == (token, "accepted")
        assert share.solution is not None
        assert node.chain.tip.hash == share.solution.hash


async def test_a_refusal_is_final_only_when_every_node_refuses(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as one, EmbeddedNode(Chain()) as other:
        courier = Courier(pending_folder(tmp_path), SystemClock(), retry_s=0.05, follow_s=0.2)
        sources = [source_of(one, tmp_path, "one", courier), source_of(other, tmp_path, "other", courier)]
        task = asyncio.create_task(courier.run())
        async with running(sources[0]) as log, running(sources[1]) as log_of_other:
            work = await log.until(JobReady)
            await log_of_other.until(JobReady)
            one.faults.submit_reply = "bad-something"
            token = sources[0].submit(solve(job_of(work)))
            settled = await log.until(Settled)
            # It went to the node of the other source too, which took it; the finder is told, and nobody else.
            assert (settled.token, settled.outcome) == (token, "accepted")
            assert not log_of_other.of(Settled)
            other.faults.submit_reply = "bad-otherwise"
            mark = log.mark()
            work = await log.until(JobReady)
            token = sources[0].submit(solve(job_of(work), extranonce2=b"another!"))
            refused = await log.until(Settled, lambda event: event.token == token, after=mark)
            assert refused.outcome == "rejected"
            assert refused.reason in ("bad-something", "bad-otherwise")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_node_that_hangs_does_not_keep_a_block_from_one_that_will_take_it_in_a_moment(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as behind, EmbeddedNode(Chain()) as stuck:
        courier = Courier(pending_folder(tmp_path), SystemClock(), retry_s=0.05, follow_s=0.2)
        sources = [source_of(behind, tmp_path, "behind", courier), source_of(stuck, tmp_path, "stuck", courier)]
        task = asyncio.create_task(courier.run())
        async with running(sources[0]) as log, running(sources[1]) as log_of_stuck:
            work = await log.until(JobReady)
            await log_of_stuck.until(JobReady)
            stuck.faults.hang = True
            behind.faults.submit_reply = "prev-blk-not-found"
            token = sources[0].submit(solve(job_of(work)))
            await asyncio.to_thread(wait_for, lambda: behind.calls.get("submitblock", 0) >= 1)
            behind.faults.submit_reply = ""
            settled = await log.until(Settled)
            assert (settled.token, settled.outcome) == (token, "accepted")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_number_of_blocks_is_bounded_and_a_new_one_always_gets_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier_module, "MAX_BLOCKS", 3)
    async with EmbeddedNode(Chain()) as node, running(source := source_of(node, tmp_path)) as log:
        hashes = []
        for height in range(1, 7):
            work = await log.until(JobReady, lambda event, height=height: event.work.height == height)  # type: ignore[misc]
            share = solve(job_of(work))
            assert share.solution is not None
            hashes.append(share.solution.hash)
            token = source.submit(share)
            await log.until(Settled, lambda event, token=token: event.token == token)  # type: ignore[misc]
        assert node.chain.tip.height == 6
        assert len(source.courier.pending()) <= 3
        assert hashes[-1] in {record.hash for record in source.courier.pending()}
        folder = pending_folder(tmp_path)
        await asyncio.to_thread(wait_for, lambda: len(list(folder.glob("*.blk"))) <= 3)


async def test_a_disk_that_refuses_does_not_keep_a_block_from_the_chain(tmp_path: Path) -> None:
    blocks = tmp_path / "blocks"
    blocks.write_text("a file where the folder should be")
    async with EmbeddedNode(Chain()) as node, running(source := source_of(node, tmp_path)) as log:
        share = solve(job_of(await log.until(JobReady)))
        source.submit(share)
        assert (await log.until(Settled)).outcome == "accepted"
        assert share.solution is not None
        assert node.chain.tip.hash == share.solution.hash


async def test_a_system_without_threads_to_give_delays_a_block_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with EmbeddedNode(Chain()) as node, running(source := source_of(node, tmp_path)) as log:
        share = solve(job_of(await log.until(JobReady)))
        assert share.solution is not None

        def no_thread(thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as broken:
            broken.setattr(threading.Thread, "start", no_thread)
            token = source.submit(share)
        kept = pending_folder(tmp_path) / f"{share.solution.hash[::-1].hex()}.blk.part"
        assert kept.exists()
        settled = await log.until(Settled)
        assert (settled.token, settled.outcome) == (token, "accepted")


async def test_drain_waits_until_a_block_is_with_a_node(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as node, running(source := source_of(node, tmp_path)) as log:
        work = await log.until(JobReady)
        node.faults.submit = SubmitFault.UNREACHED
        source.submit(solve(job_of(work)))
        assert not await source.courier.drain(0.1)
        node.faults.submit = SubmitFault.NONE
        assert await source.courier.drain(20.0)
