"""The embedded node over real HTTP: it answers, refuses and misbehaves as bitcoind does."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import zmq
import zmq.asyncio

from headframe.net.clock import SystemClock
from headframe.testing.chain import Chain
from headframe.testing.node_settings import NodeSettings, SubmitFault
from headframe.testing.pace import MAINNET_LIKE_BITS, FixedBits
from headframe.testing.regtest_node import EmbeddedNode, demo_node
from headframe.testing.rival import draft_block

RULES = {"rules": ["segwit"]}


class Rpc:
    """Raw calls, so that statuses and errors are seen as they are."""

    def __init__(self, session: aiohttp.ClientSession, node: EmbeddedNode) -> None:
        self._session = session
        self._node = node
        self.credentials = f"{node.settings.user}:{node.settings.password}"

    async def post(self, body: object) -> tuple[int, Any]:
        headers = {"Authorization": "Basic " + base64.b64encode(self.credentials.encode()).decode()}
        async with self._session.post(self._node.url, json=body, headers=headers) as response:
            return response.status, await response.json() if response.content_length else None

    async def __call__(self, method: str, *params: object) -> Any:
        _, answer = await self.post({"method": method, "params": list(params), "id": 1})
        return answer["error"] or answer["result"]


@pytest.fixture
async def node() -> AsyncIterator[EmbeddedNode]:
    async with EmbeddedNode(Chain()) as node:
        yield node


@pytest.fixture
async def rpc(node: EmbeddedNode) -> AsyncIterator[Rpc]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield Rpc(session, node)


def now() -> int:
    return SystemClock().unix_ms() // 1000


async def test_a_block_handed_in_becomes_the_tip_and_a_second_time_is_a_duplicate(node: EmbeddedNode, rpc: Rpc) -> None:
    template = await rpc("getblocktemplate", RULES)
    assert len(template["transactions"]) > 0
    raw = draft_block(node.chain, now()).seal()
    assert await rpc("submitblock", raw.hex()) is None
    assert await rpc("getblockcount") == 1
    best = await rpc("getbestblockhash")
    assert await rpc("getblockhash", 1) == best
    assert await rpc("getblock", best, 0) == raw.hex()
    header = await rpc("getblockheader", best)
    assert (header["confirmations"], header["nTx"]) == (1, 1 + len(template["transactions"]))
    assert header["previousblockhash"] == template["previousblockhash"]
    assert (await rpc("getblock", best))["tx"][1] == template["transactions"][0]["txid"]
    assert (await rpc("getblock", best, 2))["tx"][0]["vout"][0]["value"] > 50
    assert await rpc("submitblock", raw.hex()) == "duplicate"
    assert [each.answer for each in node.submitted] == [None, "duplicate"]


async def test_a_bad_block_is_refused_in_bitcoinds_words(node: EmbeddedNode, rpc: Rpc) -> None:
    draft = draft_block(node.chain, now())
    assert await rpc("submitblock", draft.seal(work=False).hex()) == "high-hash"
    assert await rpc("submitblock", draft.seal(root=bytes(32)).hex()) == "bad-txnmrklroot"
    assert (await rpc("submitblock", "00"))["code"] == -22
    assert (await rpc("submitblock", "zz"))["code"] == -22
    assert await rpc("getblockcount") == 0


async def test_a_proposal_is_judged_without_its_work(node: EmbeddedNode, rpc: Rpc) -> None:
    draft = draft_block(node.chain, now())
    propose = {"mode": "proposal", "data": draft.seal(work=False).hex(), **RULES}
    assert await rpc("getblocktemplate", propose) is None
    draft.ntime = 1
    propose = {"mode": "proposal", "data": draft.seal(work=False).hex(), **RULES}
    assert await rpc("getblocktemplate", propose) == "time-too-old"
    assert await rpc("getblockcount") == 0


async def test_a_longpoll_returns_when_the_tip_changes_and_not_before(node: EmbeddedNode, rpc: Rpc) -> None:
    template = await rpc("getblocktemplate", RULES)
    waiting = asyncio.get_running_loop().create_task(
        rpc("getblocktemplate", {**RULES, "longpollid": template["longpollid"]})
    )
    # A call answered after the longpoll was sent, while that still waits.
    async with asyncio.timeout(10):
        while node.calls["getblocktemplate"] < 2:
            await rpc("getblockcount")
    assert not waiting.done()
    node.extend()
    assert (await waiting)["height"] == 2


async def test_a_longpoll_returns_for_new_transactions_after_a_while() -> None:
    settings = NodeSettings(mempool_poll_s=0.05)
    async with EmbeddedNode(Chain(), settings) as node, aiohttp.ClientSession() as session:
        rpc = Rpc(session, node)
        template = await rpc("getblocktemplate", RULES)
        later = await rpc("getblocktemplate", {**RULES, "longpollid": template["longpollid"]})
        assert later["height"] == template["height"]
        assert len(later["transactions"]) > len(template["transactions"])


async def test_waiting_for_a_block_ends_with_it_or_with_the_time(node: EmbeddedNode, rpc: Rpc) -> None:
    assert (await rpc("waitfornewblock", 10))["height"] == 0
    waiting = asyncio.get_running_loop().create_task(rpc("waitfornewblock", 20_000))
    async with asyncio.timeout(10):
        while node.calls["waitfornewblock"] < 2:
            await rpc("getblockcount")
    tip = node.extend()
    assert await waiting == {"hash": tip.hash[::-1].hex(), "height": 1}


async def test_segwit_must_be_asked_for(rpc: Rpc) -> None:
    assert (await rpc("getblocktemplate"))["code"] == -8


async def test_errors_have_bitcoinds_statuses(rpc: Rpc) -> None:
    assert (await rpc.post({"method": "nosuch", "id": 7}))[0] == 404
    assert (await rpc.post({"method": "getblockhash", "params": [99], "id": 7}))[0] == 500
    assert (await rpc.post({"id": 7}))[0] == 400
    status, answer = await rpc.post({"jsonrpc": "2.0", "method": "nosuch", "id": 7})
    assert (status, answer["error"]["code"], "result" in answer) == (200, -32601, False)
    status, answers = await rpc.post([{"method": "getblockcount", "id": 1}, {"method": "uptime", "id": 2}])
    assert (status, [each["id"] for each in answers]) == (200, [1, 2])


async def test_a_wrong_password_is_401_with_nothing_said(rpc: Rpc) -> None:
    rpc.credentials = "demo:wrong"
    assert await rpc.post({"method": "getblockcount", "id": 1}) == (401, None)


async def test_a_restart_writes_another_cookie_and_keeps_port_and_chain(tmp_path: Path) -> None:
    cookie = tmp_path / ".cookie"
    async with EmbeddedNode(Chain(), NodeSettings(cookie_file=cookie)) as node:
        url, first = node.url, cookie.read_text()
        node.extend()
        await node.stop()
        await node.start()
        assert node.url == url
        assert cookie.read_text() != first
        async with aiohttp.ClientSession() as session:
            rpc = Rpc(session, node)
            rpc.credentials = first
            assert (await rpc.post({"method": "getblockcount", "id": 1}))[0] == 401
            rpc.credentials = cookie.read_text()
            assert await rpc("getblockcount") == 1


async def test_addresses_are_checked(rpc: Rpc) -> None:
    good = await rpc("validateaddress", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
    assert (good["isvalid"], good["scriptPubKey"]) == (True, "0014751e76e8199196d454941c45d1b3a323f1433bd6")
    assert not (await rpc("validateaddress", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"))["isvalid"]


async def test_warming_up_is_error_28(node: EmbeddedNode, rpc: Rpc) -> None:
    node.faults.warming_up = "Verifying blocks…"
    assert await rpc("getblockchaininfo") == {"code": -28, "message": "Verifying blocks…"}


async def test_submissions_that_get_lost_on_either_side_of_the_node(node: EmbeddedNode, rpc: Rpc) -> None:
    raw = draft_block(node.chain, now()).seal()
    node.faults.submit = SubmitFault.UNREACHED
    with pytest.raises(aiohttp.ClientError):
        await rpc("submitblock", raw.hex())
    assert node.chain.tip.height == 0
    node.faults.submit = SubmitFault.UNANSWERED
    with pytest.raises(aiohttp.ClientError):
        await rpc("submitblock", raw.hex())
    assert node.chain.tip.height == 1
    node.faults.submit = SubmitFault.NONE
    assert await rpc("submitblock", raw.hex()) == "duplicate"


async def test_other_faults_show(node: EmbeddedNode, rpc: Rpc) -> None:
    before = await rpc("getblocktemplate", RULES)
    node.faults.stale_template = True
    node.extend()
    assert (await rpc("getblocktemplate", RULES))["height"] == before["height"]
    node.faults.stale_template = False
    node.faults.spoil_template = lambda template: {**template, "coinbasevalue": 1}
    assert (await rpc("getblocktemplate", RULES))["coinbasevalue"] == 1
    node.faults.initial_block_download = node.faults.pruned = True
    node.faults.peers = 0
    info = await rpc("getblockchaininfo")
    assert (info["initialblockdownload"], info["pruned"]) == (True, True)
    assert (await rpc("getnetworkinfo"))["connections"] == 0
    assert await rpc("getpeerinfo") == []


async def test_a_hanging_node_hangs_until_it_is_stopped(node: EmbeddedNode, rpc: Rpc) -> None:
    node.faults.hang = True
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await rpc("getblockcount")


async def test_new_tips_are_announced_over_zmq_in_display_order() -> None:
    async with EmbeddedNode(Chain(), NodeSettings(announce=True)) as node, aiohttp.ClientSession() as session:
        shown = await Rpc(session, node)("getzmqnotifications")
        assert {each["address"] for each in shown} == {node.zmq_endpoint}
        with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as subscriber:
            subscriber.connect(node.zmq_endpoint)
            subscriber.subscribe(b"hashblock")
            async with asyncio.timeout(10):
                # A subscription takes effect a moment after it was made.
                while True:
                    tip = node.extend()
                    if await subscriber.poll(100):
                        break
                topic, shown_hash, _ = await subscriber.recv_multipart()
        assert topic == b"hashblock"
        assert shown_hash == tip.hash[::-1]


async def test_a_chain_too_hard_to_mine_still_moves_on_when_told() -> None:
    async with EmbeddedNode(Chain(pace=FixedBits(MAINNET_LIKE_BITS))) as node:
        raw = draft_block(node.chain, now()).seal(work=False)
        assert node.chain.submit(raw, now()) == "high-hash"
        assert node.extend(2).height == 2


async def test_the_demos_node_begins_easy_and_says_what_comes_next() -> None:
    async with demo_node() as node, aiohttp.ClientSession() as session:
        rpc = Rpc(session, node)
        node.extend()
        coming = (await rpc("getmininginfo"))["next"]
        template = await rpc("getblocktemplate", RULES)
        assert (coming["height"], coming["bits"]) == (template["height"], template["bits"])
        assert template["bits"] != (await rpc("getblockheader", template["previousblockhash"]))["bits"]
