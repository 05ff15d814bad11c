"""The node source against a real node: news, failover, health."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.net.clock import SystemClock
from headframe.sources.base import Down, JobReady, Noted, Settled, Up
from headframe.sources.node.settings import NodeSettings
from headframe.sources.node.source import NodeSource, pending_folder
from headframe.testing.bitcoind import RegtestNode, wait_for
from headframe.testing.source_rig import PAYOUT, job_of, running, solve

pytestmark = pytest.mark.real_node

MakeNode = Callable[..., RegtestNode]
REGTEST = NETWORKS["regtest"]


def source_of(nodes: list[RegtestNode], data_dir: Path, **changes: Any) -> NodeSource:
    """A source over these nodes, quick to retry."""
    values: dict[str, Any] = {
        "rpc": tuple(node.rpc_url for node in nodes),
        "user": nodes[0].user,
        "password": nodes[0].password,
        "zmq": tuple(node.zmq_hashblock for node in nodes if node.zmq),
        "retry_s": 0.1,
        "return_s": 0.2,
        "poll_s": 0.5,
        "follow_s": 0.5,
    }
    return NodeSource(NodeSettings("home", REGTEST, **values | changes), SystemClock(), data_dir)


async def off_loop(function: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
    """The test's own calls to nodes block; the source must go on meanwhile."""
    return await asyncio.to_thread(function, *arguments, **settings)


@pytest.mark.parametrize("news", ["zmq_hashblock", "zmq_rawblock", "longpoll"])
async def test_a_new_block_is_heard_and_full_work_follows(bitcoind: RegtestNode, tmp_path: Path, news: str) -> None:
    """Whichever comes first, the empty job or (a small template is as quick) the full one, is the clean one."""
    wallet = await off_loop(bitcoind.wallet)
    zmq = () if news == "longpoll" else (getattr(bitcoind, news),)
    source = source_of([bitcoind], tmp_path, zmq=zmq, poll_s=600.0, refresh_s=600.0)
    async with running(source) as log:
        first = await log.until(JobReady)
        assert isinstance(log.events[0], Up)
        assert first.work.clean
        await off_loop(bitcoind.pay, bitcoind.new_address(wallet=wallet), 1.0)
        # A block that leaves the payment in the mempool: the full template carries it.
        mark = log.mark()
        block = await off_loop(bitcoind.rpc, "generateblock", bitcoind.new_address(wallet=wallet), [])
        full = await log.until(
            JobReady, lambda job: _prev_hex(job) == block["hash"] and bool(job_of(job).branch), after=mark
        )
        on_tip = [job for job in log.of(JobReady) if _prev_hex(job) == block["hash"]]
        assert [job.work.clean for job in on_tip] == [True, False][: len(on_tip)]
        assert on_tip[-1] is full
        assert all(job.work.height == bitcoind.height + 1 for job in on_tip)


def _prev_hex(event: JobReady) -> str:
    return job_of(event).prev_hash[::-1].hex()


async def test_mining_works_from_genesis_and_the_block_pays_what_the_payout_set_says(
    bitcoind: RegtestNode, tmp_path: Path
) -> None:
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        for height in (1, 2, 17):
            await off_loop(bitcoind.generate, height - 1 - bitcoind.height)
            work = await log.until(JobReady, lambda job, height=height: job.work.height == height)  # type: ignore[misc]
            token = source.submit(solve(job_of(work)))
            settled = await log.until(Settled, lambda event, token=token: event.token == token)  # type: ignore[misc]
            assert settled.outcome == "accepted"
            assert settled.block_hash[::-1].hex() == bitcoind.tip_hex
            block = bitcoind.rpc("getblock", bitcoind.tip_hex, 2)
            assert block["height"] == height
            assert block["tx"][0]["vout"][0]["scriptPubKey"]["hex"] == PAYOUT.remainder_script.hex()


async def test_transactions_of_the_template_are_in_the_block(bitcoind: RegtestNode, tmp_path: Path) -> None:
    wallet = await off_loop(bitcoind.wallet)
    txids = {await off_loop(bitcoind.pay, bitcoind.new_address(wallet=wallet), 0.1) for _ in range(5)}
    async with running(source_of([bitcoind], tmp_path)) as log:
        source_job = job_of(await log.until(JobReady))
        assert len(source_job.origin.transactions) == 5  # type: ignore[attr-defined]
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        work = await log.until(JobReady)
        source.submit(solve(job_of(work)))
        await log.until(Settled, lambda event: event.outcome == "accepted")
    block = bitcoind.rpc("getblock", bitcoind.tip_hex)
    assert set(block["tx"][1:]) == txids


async def test_wrong_password_is_down_with_its_remedy_and_a_rotated_cookie_is_read_again(
    make_node: MakeNode, tmp_path: Path
) -> None:
    node = make_node(user="", zmq=False)
    wrong = source_of([node], tmp_path, user="x", password="wrong")
    async with running(wrong) as log:
        down = await log.until(Down)
        assert "refuses" in down.reason
        assert "password" in down.remedy
    right = source_of([node], tmp_path, cookie_file=node.cookie_file)
    async with running(right) as log:
        assert (await log.until(Up)).generation == 1
        before = node.cookie_file.read_text()
        mark = log.mark()
        await off_loop(node.restart)
        assert node.cookie_file.read_text() != before
        assert (await log.until(Up, after=mark)).generation == 2


async def test_a_killed_node_is_down_at_once_and_comes_back_as_a_new_generation(
    bitcoind: RegtestNode, tmp_path: Path
) -> None:
    source = source_of([bitcoind], tmp_path)
    async with running(source) as log:
        await log.until(JobReady)
        bitcoind.kill()
        down = await log.until(Down)
        assert "cannot connect" in down.reason
        assert not source.status().up
        mark = log.mark()
        await off_loop(bitcoind.start)
        up = await log.until(Up, after=mark)
        assert up.generation == 2
        work = await log.until(JobReady, after=mark)
        assert work.generation == 2
        assert work.work.clean
        assert source.status().reason == ""


async def test_the_wrong_chain_is_named(bitcoind: RegtestNode, tmp_path: Path) -> None:
    source = NodeSource(
        NodeSettings("home", NETWORKS["signet"], (bitcoind.rpc_url,), "u", "p"), SystemClock(), tmp_path
    )
    async with running(source) as log:
        down = await log.until(Down)
        assert "'regtest', not 'signet'" in down.reason
        assert not log.of(JobReady)


async def test_initial_block_download_on_mainnet_gives_no_work(make_node: MakeNode, tmp_path: Path) -> None:
    node = make_node(chain="main", extra_args=("-connect=0",), zmq=False)
    settings = NodeSettings("home", NETWORKS["mainnet"], (node.rpc_url,), "u", "p")
    async with running(NodeSource(settings, SystemClock(), tmp_path)) as log:
        down = await log.until(Down)
        assert "still downloading the chain" in down.reason


async def test_without_zmq_the_operator_is_told_the_address_that_the_node_offers(
    bitcoind: RegtestNode, tmp_path: Path
) -> None:
    async with running(source_of([bitcoind], tmp_path, zmq=())) as log:
        note = await log.until(Noted, lambda event: event.kind == "zmq")
        assert note.state == "zmq_not_used"
        assert bitcoind.zmq_hashblock in note.text or bitcoind.zmq_rawblock in note.text


async def test_work_goes_on_with_the_spare_node_and_returns(make_node: MakeNode, tmp_path: Path) -> None:
    preferred, spare = make_node(), make_node()
    await off_loop(spare.connect, preferred)
    source = source_of([preferred, spare], tmp_path)
    async with running(source) as log:
        await log.until(JobReady)
        mark = log.mark()
        preferred.kill()
        await log.until(Noted, lambda event: event.kind == "spare" and event.state == "spare_node", after=mark)
        work = await log.until(JobReady, after=mark)
        assert work.generation == 1
        assert not log.of(Down)
        mark = log.mark()
        await off_loop(preferred.start)
        await log.until(Noted, lambda event: event.kind == "spare" and event.state == "", after=mark)
        await log.until(JobReady, after=mark)
        assert not log.of(Down)


async def test_a_refresh_is_not_clean_and_never_the_same_job(bitcoind: RegtestNode, tmp_path: Path) -> None:
    async with running(source_of([bitcoind], tmp_path, refresh_s=0.2)) as log:
        first = await log.until(JobReady)
        mark = log.mark()
        second = await log.until(JobReady, after=mark)
        assert not second.work.clean
        assert job_of(second, 2).coinbase1 != job_of(first, 1).coinbase1


async def test_a_kept_folder_is_empty_when_there_is_nothing_to_deliver(bitcoind: RegtestNode, tmp_path: Path) -> None:
    async with running(source_of([bitcoind], tmp_path)) as log:
        await log.until(JobReady)
    assert not list(pending_folder(tmp_path).glob("*"))
    wait_for(lambda: bitcoind.height == 0, what="nothing to have been mined")
