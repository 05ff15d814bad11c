"""What a node source must be told.

Responsible for: its settings as plain values.
Not responsible for: reading them from anywhere (`config`).
Read next: `sources.node.source`.
"""

from dataclasses import dataclass, field
from pathlib import Path

from headframe.bitcoin.networks import Network
from headframe.sources.node.rpc import RpcAddress
from headframe.sources.node.templates import DEFAULT_ROOM, CoinbaseRoom


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """One source made of one or more nodes.

    rpc          URLs, in order of preference; all share the credentials
    zmq          hashblock and rawblock addresses of any of the nodes; may be empty
    tag          what the coinbase says, at most mining.jobmaker.MAX_TAG_SIZE bytes
    room         what templates must leave free for our coinbase
    poll_s       between polls of the tip, the net below ZMQ and long polling; 0 chooses by network
    refresh_s    between full templates
    retry_s      between attempts while no node works
    return_s     between looks at preferred nodes while a spare one works
    follow_s     between looks at found blocks, when no tip changed
    stale_s      a template older than this is worth a warning
    """

    name: str
    network: Network
    rpc: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    cookie_file: Path | None = None
    zmq: tuple[str, ...] = ()
    tag: bytes = b"/headframe/"
    room: CoinbaseRoom = DEFAULT_ROOM
    poll_s: float = 0.0
    refresh_s: float = 30.0
    retry_s: float = 2.0
    return_s: float = 15.0
    follow_s: float = 30.0
    stale_s: float = 60.0
    timeout_s: float = 20.0

    def addresses(self) -> list[RpcAddress]:
        """Where the nodes are."""
        return [RpcAddress(url, self.user, self.password, self.cookie_file) for url in self.rpc]

    @property
    def effective_poll_s(self) -> float:
        """1 s on regtest, where blocks come at any time; 5 s else."""
        return self.poll_s or (1.0 if self.network.name == "regtest" else 5.0)
