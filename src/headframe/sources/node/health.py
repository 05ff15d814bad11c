"""What state a node is in, and what the operator can do about it.

Responsible for: one table of states with their words, and deciding from a node's answers which apply.
Not responsible for: asking (`sources.node.endpoint`), acting on it (`sources.node.source`).
Read next: `sources.node.source`.

Pure. A state that stops work makes a source `Down`; the others are `Noted` while it works.
"""

from headframe.bitcoin.networks import Network
from headframe.sources.condition import Condition, State, condition
from headframe.sources.node.answers import ChainInfo, NetworkInfo, Publisher
from headframe.sources.node.rpc import (
    RpcCredentials,
    RpcError,
    RpcNonsense,
    RpcTrouble,
    RpcUnreachable,
    RpcWarmingUp,
)


class NodeState(State):
    """(kind of note, text, remedy): one state of each kind at a time; braces are filled from the details given."""

    UNREACHABLE = (
        "node",
        "cannot connect to the node at {endpoint}: {detail}",
        "Start bitcoind with server=1, and check the address and port in `rpc`, rpcbind and any firewall between.",
    )
    WRONG_CREDENTIALS = (
        "node",
        "the node at {endpoint} refuses us: {detail}",
        "Check `user` and `password` against the node's rpcauth (or rpcuser/rpcpassword), or `cookie_file` against its "
        "data folder and that this user may read it; for 403 add this machine to its rpcallowip.",
    )
    WARMING_UP = (
        "node",
        "the node at {endpoint} is starting: {detail}",
        "Nothing to do: work begins by itself when it is ready.",
    )
    NOT_A_NODE = (
        "node",
        "what answers at {endpoint} is not a Bitcoin node: {detail}",
        "Check the address and port in `rpc`: it must be bitcoind's RPC port.",
    )
    WRONG_CHAIN = (
        "node",
        "the node at {endpoint} is on chain {detail}",
        "Set `network` to the node's chain, or point `rpc` at a node of the configured network.",
    )
    SYNCING = (
        "node",
        "the node at {endpoint} is still downloading the chain: {detail}",
        "Wait until it has caught up: blocks mined on an old tip are worth nothing.",
    )
    NO_TEMPLATE = (
        "node",
        "the node at {endpoint} gives no block template: {detail}",
        "See the node's debug.log; it says why it cannot put a block together.",
    )
    BAD_TEMPLATE = (
        "node",
        "the template of the node at {endpoint} cannot be mined: {detail}",
        "Update this program or the node; until then another node or pool must give work.",
    )
    NO_PEERS = (
        "peers",
        "the node at {endpoint} has no peers",
        "Check the node's network connection: a block that it cannot pass on earns nothing.",
    )
    FEW_PEERS = (
        "peers",
        "the node at {endpoint} has only {detail} peers",
        "More peers spread a found block faster: allow outgoing connections, or open port 8333 to let peers in.",
    )
    PRUNED = (
        "pruned",
        "the node at {endpoint} is pruned",
        "Nothing to do: a pruned node mines as well as any.",
    )
    NO_ZMQ = (
        "zmq",
        "no ZMQ address is configured: new blocks are heard by long polling alone",
        "For the fastest news set `zmqpubhashblock` in bitcoin.conf (tcp:// and the loopback address, port 28332) and the "
        "same address here as `zmq_hashblock`.",
    )
    ZMQ_NOT_USED = (
        "zmq",
        "the node at {endpoint} publishes blocks at {detail}, but it is not configured here",
        "Set zmq_hashblock to that address (with the node's host name) for the fastest news of blocks.",
    )
    ZMQ_SILENT = (
        "zmq",
        "the node at {endpoint} publishes no blocks over ZMQ, though an address is configured here",
        "Set zmqpubhashblock in bitcoin.conf to the configured address and restart the node; long polling serves until then.",
    )
    STALE_TEMPLATE = (
        "template",
        "the newest template is {detail} s old",
        "See whether the node is overloaded or its disk slow; miners keep working on what they have.",
    )
    ROOM_MADE = (
        "room",
        "{detail} transactions were left out to make room for the coinbase",
        "Raise the node's blockreservedweight: it then chooses itself what to leave out.",
    )
    SPARE_NODE = (
        "spare",
        "working with the spare node at {endpoint}: {detail}",
        "Look after the preferred node; work returns to it by itself.",
    )


def of_trouble(trouble: RpcTrouble, endpoint: str) -> Condition:
    """The state behind a failed call."""
    table: tuple[tuple[type[RpcTrouble], NodeState], ...] = (
        (RpcUnreachable, NodeState.UNREACHABLE),
        (RpcCredentials, NodeState.WRONG_CREDENTIALS),
        (RpcWarmingUp, NodeState.WARMING_UP),
        (RpcNonsense, NodeState.NOT_A_NODE),
        (RpcError, NodeState.NO_TEMPLATE),
    )
    state = next((state for kind, state in table if isinstance(trouble, kind)), NodeState.UNREACHABLE)
    return condition(state, endpoint=endpoint, detail=trouble)


def of_chain(info: ChainInfo, network: Network, endpoint: str) -> Condition | None:
    """What keeps the node from giving work, or None.

    Test chains say "initial block download" for as long as nobody mines on them; there a node counts as caught up when
    it has the blocks of all headers it knows. bitcoind itself then gives templates too.
    """
    if info.chain != network.chain:
        return condition(NodeState.WRONG_CHAIN, endpoint=endpoint, detail=f"{info.chain!r}, not {network.chain!r}")
    behind = info.headers - info.blocks
    syncing = info.initialblockdownload and (network.name == "mainnet" or behind > 0)
    if network.name == "regtest" or not syncing:
        return None
    share = f"{info.blocks} of {max(info.headers, info.blocks)} known blocks, {info.verificationprogress:.1%} verified"
    return condition(NodeState.SYNCING, endpoint=endpoint, detail=share)


def notes_of(
    info: ChainInfo,
    peers: NetworkInfo,
    publishers: list[Publisher] | None,
    *,
    network: Network,
    zmq_configured: bool,
    endpoint: str,
) -> dict[str, Condition]:
    """What to tell the operator of a node that works, by kind."""
    found: list[Condition] = []
    if network.name != "regtest" and peers.connections == 0:
        found.append(condition(NodeState.NO_PEERS, endpoint=endpoint))
    elif network.name == "mainnet" and peers.connections < 8:
        found.append(condition(NodeState.FEW_PEERS, endpoint=endpoint, detail=peers.connections))
    if info.pruned:
        found.append(condition(NodeState.PRUNED, endpoint=endpoint))
    addresses = [entry.address for entry in publishers or [] if entry.type in ("pubhashblock", "pubrawblock")]
    if not zmq_configured:
        state = NodeState.ZMQ_NOT_USED if addresses else NodeState.NO_ZMQ
        found.append(condition(state, endpoint=endpoint, detail=addresses[0] if addresses else ""))
    elif publishers is not None and not addresses:
        found.append(condition(NodeState.ZMQ_SILENT, endpoint=endpoint))
    return {item.kind: item for item in found}
