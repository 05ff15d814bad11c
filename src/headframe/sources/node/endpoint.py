"""One node and the calls we make to it.

Responsible for: naming the RPC calls, with typed answers and hashes in internal order.
Not responsible for: transport (`sources.node.rpc`), meaning (`sources.node.templates`, `sources.node.health`).
Read next: `sources.node.feed`.
"""

from headframe.bitcoin.networks import Network
from headframe.sources.node.answers import ChainInfo, HeaderAnswer, NetworkInfo, Publisher, WaitedTip
from headframe.sources.node.rpc import Rpc, RpcAddress, RpcError, RpcNonsense

NOT_FOUND = (-5, -8)
"""bitcoind's codes for a block that it does not have, and for a height beyond its chain."""

METHOD_NOT_FOUND = -32601
LONGPOLL_TIMEOUT_S = 300.0
"""bitcoind answers a long poll at the latest when its mempool changed after a minute; a quiet one may take long."""


class NodeEndpoint:
    """One node. All methods raise RpcTrouble."""

    def __init__(self, address: RpcAddress, network: Network, *, timeout_s: float = 20.0) -> None:
        self.address = address
        self._rules = network.template_rules
        self._rpc = Rpc(address, timeout_s=timeout_s)

    @property
    def shown(self) -> str:
        return self.address.shown

    async def close(self) -> None:
        await self._rpc.close()

    async def chain_info(self, *, timeout_s: float | None = None) -> ChainInfo:
        return await self._rpc.call(ChainInfo, "getblockchaininfo", timeout_s=timeout_s)

    async def network_info(self) -> NetworkInfo:
        return await self._rpc.call(NetworkInfo, "getnetworkinfo")

    async def publishers(self) -> list[Publisher] | None:
        """What the node publishes over ZMQ; None when it was built without."""
        try:
            return await self._rpc.call(list[Publisher], "getzmqnotifications")
        except RpcError:
            return None

    async def template_body(self, longpollid: str = "") -> bytes:
        """getblocktemplate; with an id it answers when there is something newer."""
        request: dict[str, object] = {"rules": self._rules}
        if longpollid:
            request["longpollid"] = longpollid
            return await self._rpc.body("getblocktemplate", request, timeout_s=LONGPOLL_TIMEOUT_S)
        return await self._rpc.body("getblocktemplate", request)

    async def best_hash(self) -> bytes:
        return internal_hash(await self._rpc.call(str, "getbestblockhash"))

    async def wait_for_new_tip(self, timeout_s: float) -> bytes | None:
        """The tip once it changes, or as it is after `timeout_s`; None when the node knows no such call."""
        try:
            tip = await self._rpc.call(WaitedTip, "waitfornewblock", int(timeout_s * 1000), timeout_s=timeout_s + 15)
        except RpcError as error:
            if error.code == METHOD_NOT_FOUND:
                return None
            raise
        return internal_hash(tip.hash)

    async def header(self, block_hash: bytes) -> HeaderAnswer | None:
        """The node's view of a block, or None when it does not have it."""
        try:
            return await self._rpc.call(HeaderAnswer, "getblockheader", block_hash[::-1].hex())
        except RpcError as error:
            if error.code in NOT_FOUND:
                return None
            raise


def internal_hash(hash_hex: str) -> bytes:
    """Reversed hex to internal order. Raises RpcNonsense."""
    try:
        value = bytes.fromhex(hash_hex)
    except ValueError as error:
        raise RpcNonsense(f"{hash_hex[:80]!r} is no hash") from error
    if len(value) != 32:
        raise RpcNonsense(f"{hash_hex[:80]!r} is no hash")
    return value[::-1]
