"""Each trouble of a node has its words and its remedy."""

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.sources.condition import condition
from headframe.sources.node.answers import ChainInfo, NetworkInfo, Publisher
from headframe.sources.node.health import NodeState, notes_of, of_chain, of_trouble
from headframe.sources.node.rpc import (
    RpcCredentials,
    RpcError,
    RpcNonsense,
    RpcSilent,
    RpcTrouble,
    RpcUnreachable,
    RpcWarmingUp,
)

MAINNET, REGTEST, SIGNET = NETWORKS["mainnet"], NETWORKS["regtest"], NETWORKS["signet"]


@pytest.mark.parametrize("state", NodeState)
def test_every_state_says_what_to_do(state: NodeState) -> None:
    found = condition(state, endpoint="127.0.0.1:8332", detail="some detail")
    assert found.text
    assert "{" not in found.text
    assert len(found.remedy) > 20
    assert found.name == state.name.lower()


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (RpcUnreachable("refused"), NodeState.UNREACHABLE),
        (RpcSilent("20 s"), NodeState.UNREACHABLE),
        (RpcCredentials("401"), NodeState.WRONG_CREDENTIALS),
        (RpcWarmingUp("Loading block index…"), NodeState.WARMING_UP),
        (RpcNonsense("<html>"), NodeState.NOT_A_NODE),
        (RpcError(-9, "Bitcoin is not connected!"), NodeState.NO_TEMPLATE),
    ],
)
def test_a_failed_call_tells_the_state(trouble: RpcTrouble, state: NodeState) -> None:
    found = of_trouble(trouble, "127.0.0.1:8332")
    assert found.state is state
    assert str(trouble) in found.text


def info(chain: str, *, blocks: int = 100, headers: int = 100, ibd: bool = False, pruned: bool = False) -> ChainInfo:
    return ChainInfo(chain, blocks, headers, "00" * 32, ibd, pruned)


def test_another_chain_is_no_use() -> None:
    found = of_chain(info("test"), MAINNET, "n")
    assert found is not None
    assert found.state is NodeState.WRONG_CHAIN
    assert "'test', not 'main'" in found.text


def test_a_node_that_downloads_the_chain_gives_no_work() -> None:
    found = of_chain(info("main", blocks=10, headers=900_000, ibd=True), MAINNET, "n")
    assert found is not None
    assert found.state is NodeState.SYNCING
    assert "10 of 900000" in found.text
    assert of_chain(info("main"), MAINNET, "n") is None


def test_quiet_test_chains_may_be_mined_on() -> None:
    assert of_chain(info("regtest", blocks=0, headers=0, ibd=True), REGTEST, "n") is None
    assert of_chain(info("signet", ibd=True), SIGNET, "n") is None
    behind = of_chain(info("signet", blocks=1, headers=200, ibd=True), SIGNET, "n")
    assert behind is not None
    assert behind.state is NodeState.SYNCING


PUBLISHER = Publisher("pubhashblock", "tcp://127.0.0.1:28332")


@pytest.mark.parametrize(
    ("peers", "pruned", "publishers", "configured", "states"),
    [
        (10, False, [PUBLISHER], True, set()),
        (0, False, [PUBLISHER], True, {NodeState.NO_PEERS}),
        (3, False, [PUBLISHER], True, {NodeState.FEW_PEERS}),
        (10, True, [PUBLISHER], True, {NodeState.PRUNED}),
        (10, False, [], False, {NodeState.NO_ZMQ}),
        (10, False, None, False, {NodeState.NO_ZMQ}),
        (10, False, [PUBLISHER], False, {NodeState.ZMQ_NOT_USED}),
        (10, False, [Publisher("pubhashtx", "tcp://127.0.0.1:1")], True, {NodeState.ZMQ_SILENT}),
        (10, False, None, True, set()),
    ],
)
def test_notes_about_a_node_that_works(
    peers: int, pruned: bool, publishers: list[Publisher] | None, configured: bool, states: set[NodeState]
) -> None:
    notes = notes_of(
        info("main", pruned=pruned),
        NetworkInfo(peers),
        publishers,
        network=MAINNET,
        zmq_configured=configured,
        endpoint="n",
    )
    assert {note.state for note in notes.values()} == states


def test_a_lonely_regtest_node_is_as_it_should_be() -> None:
    assert not notes_of(
        info("regtest"), NetworkInfo(0), [PUBLISHER], network=REGTEST, zmq_configured=True, endpoint="n"
    )
