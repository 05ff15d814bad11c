"""The test kit's real node does what tests rely on."""

from collections.abc import Callable

import pytest

from headframe.testing.bitcoind import RegtestNode, wait_for

pytestmark = pytest.mark.real_node


def test_a_node_mines_pays_and_survives_kill(bitcoind: RegtestNode) -> None:
    wallet = bitcoind.wallet()
    bitcoind.pay(bitcoind.new_address(wallet=wallet), 1.0)
    tip = bitcoind.generate(1)[0]
    assert bitcoind.rpc("getblock", tip)["nTx"] == 2
    bitcoind.restart()
    assert bitcoind.tip_hex == tip
    bitcoind.kill()
    assert bitcoind.start().height <= 102


def test_two_nodes_share_blocks_and_a_cookie_opens_the_door(make_node: Callable[..., RegtestNode]) -> None:
    first, second = make_node(), make_node(user="", zmq=False)
    second.connect(first)
    tip = first.generate(1)[0]
    wait_for(lambda: second.tip_hex == tip, what="the block to arrive")
