"""The node source works with the embedded node as it does with a real one."""

from pathlib import Path
from typing import Any

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.net.clock import SystemClock
from headframe.sources.base import Down, JobReady, Settled, Up
from headframe.sources.node.settings import NodeSettings as SourceSettings
from headframe.sources.node.source import NodeSource
from headframe.testing.chain import Chain
from headframe.testing.node_settings import NodeSettings, SubmitFault
from headframe.testing.pace import PacedBits
from headframe.testing.regtest_node import EmbeddedNode
from headframe.testing.source_rig import PAYOUT, job_of, running, solve


def source_of(node: EmbeddedNode, folder: Path) -> NodeSource:
    values: dict[str, Any] = {
        "rpc": (node.url,),
        "user": node.settings.user,
        "password": node.settings.password,
        "zmq": (node.zmq_endpoint,) if node.zmq_endpoint else (),
        "retry_s": 0.1,
        "poll_s": 0.5,
        "follow_s": 0.2,
    }
    return NodeSource(SourceSettings("embedded", NETWORKS["regtest"], **values), SystemClock(), folder)


@pytest.mark.parametrize("announce", [True, False])
@pytest.mark.parametrize("mempool_size", [0, 40])
async def test_blocks_of_its_jobs_are_taken_and_pay_what_the_payout_set_says(
    tmp_path: Path, announce: bool, mempool_size: int
) -> None:
    async with EmbeddedNode(Chain(), NodeSettings(announce=announce, mempool_size=mempool_size)) as node:
        source = source_of(node, tmp_path)
        async with running(source) as log:
            for height in range(1, 20):
                work = await log.until(JobReady, lambda job, height=height: job.work.height == height)  # type: ignore[misc]
                token = source.submit(solve(job_of(work)))
                settled = await log.until(Settled, lambda event, token=token: event.token == token)  # type: ignore[misc]
                assert settled.outcome == "accepted", settled.reason
                assert node.chain.tip.height == height
                paid = node.chain.tip.block.transactions[0].outputs
                assert (paid[0].script, len(paid)) == (PAYOUT.remainder_script, 2)
        assert [each.answer for each in node.submitted] == [None] * 19


async def test_somebody_elses_block_is_heard(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as node, running(source_of(node, tmp_path)) as log:
        await log.until(JobReady)
        tip = node.extend(3)
        job = await log.until(JobReady, lambda event: event.work.height == 4)
        assert job_of(job).prev_hash == tip.hash
        assert job.work.clean


async def test_its_faults_are_seen_as_trouble_with_a_remedy(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as node:
        node.faults.warming_up = "Loading block index…"
        async with running(source_of(node, tmp_path)) as log:
            down = await log.until(Down)
            assert down.remedy
            node.faults.warming_up = ""
            await log.until(Up)
            await log.until(JobReady)


async def test_a_block_whose_answer_was_lost_is_settled_as_accepted(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as node:
        source = source_of(node, tmp_path)
        async with running(source) as log:
            work = await log.until(JobReady)
            node.faults.submit = SubmitFault.UNANSWERED
            token = source.submit(solve(job_of(work)))
            await log.until(JobReady, lambda event: event.work.height == 2)
            node.faults.submit = SubmitFault.NONE
            settled = await log.until(Settled, lambda event: event.token == token)
            assert settled.outcome == "accepted"


async def test_a_paced_chain_keeps_taking_our_blocks_while_its_difficulty_moves(tmp_path: Path) -> None:
    born_at = SystemClock().unix_ms() // 1000 - 60
    chain = Chain(pace=PacedBits(first_work=1 << 8, easiest_work=1 << 6), born_at=born_at)
    async with EmbeddedNode(chain) as node:
        source = source_of(node, tmp_path)
        async with running(source) as log:
            for height in range(1, 9):
                work = await log.until(JobReady, lambda job, height=height: job.work.height == height)  # type: ignore[misc]
                token = source.submit(solve(job_of(work)))
                settled = await log.until(Settled, lambda event, token=token: event.token == token)  # type: ignore[misc]
                assert settled.outcome == "accepted", settled.reason
        assert len({block.header.bits for height in range(1, 9) if (block := chain.at(height))}) > 4
