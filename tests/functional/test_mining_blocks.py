"""Blocks on a real node, found over TCP by a client that shares no code with the server.

Every kind of payout address x version rolled or not x mempool empty or not x fee or not: the share becomes the tip, and
the tip's coinbase, read back from the node, is exactly what was configured.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from headframe.testing.bitcoind import RegtestNode, wait_for
from headframe.testing.client import ClientJob, Sv1Client
from headframe.testing.server import ServerProcess, node_source, payout, serving

pytestmark = pytest.mark.real_node

ADDRESSES = {
    "P2PKH": "mfcHP2WMCVLsVZA8yrovmhMgxNFW9r98xw",
    "P2SH": "2MsLZ5FqqYpjM1Q1W4X81zMVZTF9gdbhVwd",
    "P2WPKH": "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt",
    "P2WSH": "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5z5tpwxqergd3c8g7rusq7snjn6",
    "P2TR": "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6",
    "version 2": "bcrt1zqypqxpq9qcrsszg2pvxq6rs0zq8cs4a8",
    "version 16": "bcrt1sqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5z5tpwxqergd3c8g7rusqzqsrqszsvpcgjmpdg3",
}
OPERATOR = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
FEES = {"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080": 150, "2N8hwP1WmJrFF5QWABn38y63uYLhnJYJYTF": 333}
COMMITMENT = "6a24aa21a9ed"


class House(NamedTuple):
    """One node for all, and a server for each way of paying."""

    node: RegtestNode
    servers: dict[str, ServerProcess]


@pytest.fixture(scope="module")
def house(bitcoind_words: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    node = RegtestNode(tmp_path_factory.mktemp("node"))
    ways = {"no fee": payout(), "split": payout(fees=FEES), "operator": payout(OPERATOR, fees=FEES)}
    with ExitStack() as stack:
        stack.callback(node.kill)
        node.start().wallet()
        source = node_source([node.rpc_url], zmq=[node.zmq_hashblock])
        folder = tmp_path_factory.mktemp("servers")
        servers = {way: stack.enter_context(serving(folder / way, source + said)) for way, said in ways.items()}
        yield House(node, servers)


def fill_mempool(node: RegtestNode) -> set[str]:
    """Leave witness transactions in the mempool, behind a new block that did not take them. Their txids."""
    own = [node.new_address(kind) for kind in ("bech32", "bech32m", "p2sh-segwit")]
    # The legacy one is nobody's: spent later, it would make a transaction without witness.
    txids = {node.pay(address, 0.01) for address in (*own, ADDRESSES["P2PKH"])}
    node.rpc("generateblock", node.new_address(), [])
    return txids


def job_on_tip(client: Sv1Client, node: RegtestNode, transactions: bool) -> ClientJob:
    """The job that mines on the node's tip, with (or without) transactions."""
    tip = bytes.fromhex(node.tip_hex)[::-1]
    wanted = b"".join(tip[at : at + 4][::-1] for at in range(0, 32, 4)).hex()
    wait_for(
        lambda: (job := client.wait_job()).prev_hash_hex == wanted and bool(job.branch_hex) is transactions,
        what="a job on the tip",
    )
    return client.wait_job()


def expected_outputs(reward_sats: int, payee: str, fees: dict[str, int]) -> dict[str, int]:
    """Script to amount. Shares are rounded down; what is left is the payee's."""
    parts = {address: reward_sats * points // 10_000 for address, points in fees.items()}
    return {payee: reward_sats - sum(parts.values()), **parts}


def script_hex(node: RegtestNode, address: str) -> str:
    """The node's own opinion of an address."""
    said: dict[str, Any] = node.rpc("validateaddress", address)
    assert said["isvalid"], said
    script: str = said["scriptPubKey"]
    return script


def script_number(value: int) -> bytes:
    """BIP34: little-endian, with room for the sign bit. For values above 16."""
    return value.to_bytes(value.bit_length() // 8 + 1, "little")


def check_coinbase(node: RegtestNode, block: dict[str, Any], payee: str, fees: dict[str, int]) -> None:
    """The coinbase of a block as the node decoded it, to the last output."""
    coinbase, *others = block["tx"]
    height: int = block["height"]
    reward_sats = (5_000_000_000 >> height // 150) + sum(round(tx["fee"] * 100_000_000) for tx in others)
    *paid, commitment = [(out["scriptPubKey"]["hex"], round(out["value"] * 100_000_000)) for out in coinbase["vout"]]
    expected = expected_outputs(reward_sats, payee, fees)
    assert dict(paid) == {script_hex(node, address): sats for address, sats in expected.items()}
    assert len(paid) == len(expected)
    assert sum(sats for _, sats in paid) == reward_sats
    assert commitment[0].startswith(COMMITMENT)
    assert commitment[1] == 0
    script_sig = bytes.fromhex(coinbase["vin"][0]["coinbase"])
    assert script_sig.startswith(bytes([len(number := script_number(height))]) + number)
    assert b"/Headframe/" in script_sig
    assert coinbase["locktime"] == height - 1
    assert coinbase["vin"][0]["sequence"] == 0xFFFFFFFE


def find_block(client: Sv1Client, job: ClientJob, *, rolled: bool) -> str:
    """Solve a block of this job and submit it; its hash as nodes show it."""
    bits = client.version_mask & 0x0AAAA000 if rolled else None
    share = client.solve(job, job.network_target, version_bits=bits)
    assert client.submit(share).accepted
    return share.hash_hex


@pytest.mark.parametrize("way", ["no fee", "split"])
@pytest.mark.parametrize("transactions", [False, True], ids=["empty", "witness"])
@pytest.mark.parametrize("rolled", [False, True], ids=["plain", "rolled"])
@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_share_becomes_the_tip_and_pays_what_was_configured(
    house: House, kind: str, rolled: bool, transactions: bool, way: str
) -> None:
    node, server = house.node, house.servers[way]
    txids = fill_mempool(node) if transactions else set()
    with server.client() as client:
        client.begin(f"{ADDRESSES[kind]}.rig", roll=rolled)
        found = find_block(client, job_on_tip(client, node, transactions), rolled=rolled)
        wait_for(lambda: node.tip_hex == found, what="the block to be the tip")
    block = node.rpc("getblock", found, 2)
    check_coinbase(node, block, ADDRESSES[kind], FEES if way == "split" else {})
    assert {tx["txid"] for tx in block["tx"][1:]} == txids
    assert any(tx["hash"] != tx["txid"] for tx in block["tx"][1:]) is transactions
    assert bool(block["version"] & 0x1FFFE000) is rolled


@pytest.mark.parametrize("user", ["rig1", "anything at all", ADDRESSES["P2TR"]])
def test_in_operator_mode_every_name_mines_for_the_operator(house: House, user: str) -> None:
    node, server = house.node, house.servers["operator"]
    fill_mempool(node)
    with server.client() as client:
        client.begin(user)
        found = find_block(client, job_on_tip(client, node, transactions=True), rolled=True)
        wait_for(lambda: node.tip_hex == found, what="the block to be the tip")
    # The operator is one of the two who get a fee here: two outputs for one address.
    block = node.rpc("getblock", found, 2)
    reward_sats = sum(round(out["value"] * 100_000_000) for out in block["tx"][0]["vout"])
    operator = script_hex(node, OPERATOR)
    own = [out["value"] for out in block["tx"][0]["vout"] if out["scriptPubKey"]["hex"] == operator]
    assert round(sum(own) * 100_000_000) == reward_sats - reward_sats * 333 // 10_000


def test_a_block_is_a_block_at_any_difficulty_that_the_miner_asked_for(house: House) -> None:
    """A fixed difficulty that no share of regtest meets: the share is refused or counted, the block is submitted."""
    node, server = house.node, house.servers["no fee"]
    with server.client() as client:
        client.subscribe()
        client.authorize(ADDRESSES["P2WPKH"], "d=1e6")
        job = job_on_tip(client, node, transactions=False)
        found = client.solve(job, job.network_target)
        client.submit(found)
        wait_for(lambda: node.tip_hex == found.hash_hex, what="the block to be the tip")
