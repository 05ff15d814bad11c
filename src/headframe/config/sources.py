"""Where work comes from, as settings.

Responsible for: the settings of each kind of source: what all have, what a node has, what a pool has.
Not responsible for: checks across settings (`config.checks`), what is made of them (`app.parts`).
Read next: `config.routing`.

One [[source]] is one of the classes in `AnySource`; `kind` says which. Another kind is another class there.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, SecretStr, Tag

from headframe.config.kinds import FilePath, Number, RpcUrls, WholeNumber, ZmqEndpoints
from headframe.config.pool_kinds import CertificatePrint, HashrateCap, PoolUrls, UserTemplate
from headframe.config.section import ADJUSTS, RESTART, Section

MAX_TIER = 16


class Source(Section):
    """What every [[source]] has."""

    name: str = Field(
        min_length=1,
        max_length=32,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        description="Its name in views, metrics and the ledger; totals are kept by it, so choose once.",
    )
    kind: str = Field(description="What it is.")
    chain: str = Field(description="The chain that it mines.")
    network: Literal["mainnet", "testnet3", "testnet4", "signet", "regtest"] = Field(
        default="mainnet",
        description="The network of its chain; all sources of one chain share one.",
        json_schema_extra=RESTART,
    )
    weight: WholeNumber = Field(
        default=100,
        ge=0,
        le=1_000_000,
        description="Its part of the hashrate among the sources of its tier that are up; 0 for none but pinned workers.",
        json_schema_extra=ADJUSTS,
    )
    tier: WholeNumber = Field(
        default=1,
        ge=1,
        le=MAX_TIER,
        description="A source works only while every source of a lower tier is down or paused.",
        json_schema_extra=ADJUSTS,
    )
    cap: HashrateCap | None = Field(
        default=None,
        description="The most hashrate it is given, as 200 TH/s in quotes or as a number of hashes per second; what is "
        "above goes to the others.",
        json_schema_extra=ADJUSTS,
    )
    paused: bool = Field(
        default=False, description="Whether it gets no work for now; it stays connected.", json_schema_extra=ADJUSTS
    )


class NodeSource(Source):
    """Your own Bitcoin node: one [[source]] each."""

    kind: Literal["node"] = Field(default="node", description="`node`: a Bitcoin node of your own.")
    chain: Literal["btc"] = Field(
        default="btc", description="Nodes are of Bitcoin; reach another chain's node by a pool in front of it."
    )
    rpc: RpcUrls = Field(
        default=(),
        max_length=16,
        description="JSON-RPC address of the node, as host:port or a URL; or of several in order of preference.",
    )
    user: str | None = Field(default=None, description="RPC user.")
    password: SecretStr | None = Field(default=None, description="RPC password.")
    password_file: FilePath | None = Field(default=None, description="File to read the RPC password from.")
    cookie_file: FilePath | None = Field(
        default=None, description="The node's .cookie file, instead of user and password; read again when it changes."
    )
    zmq_hashblock: ZmqEndpoints = Field(
        default=(), max_length=16, description="Where the node publishes new block hashes: its -zmqpubhashblock."
    )
    zmq_rawblock: ZmqEndpoints = Field(
        default=(), max_length=16, description="Where the node publishes new blocks: its -zmqpubrawblock."
    )


class PoolSource(Source):
    """Another pool: one [[source]] each."""

    kind: Literal["pool"] = Field(description="`pool`: an upstream pool that speaks Stratum V1.")
    chain: Literal["btc", "bch"] = Field(
        default="btc", description="The chain that it mines: Bitcoin, or Bitcoin Cash (also SHA-256d)."
    )
    url: PoolUrls = Field(
        default=(),
        max_length=16,
        description="host:port or stratum+tcp://host:port, stratum+ssl://host:port for TLS; or several in order of preference.",
    )
    user: UserTemplate = Field(
        default="{wallet}.{worker}",
        description="User name at the pool, with {wallet} (the setting) and {worker} (the miner's worker name) filled in.",
    )
    wallet: str | None = Field(
        default=None,
        description="Your address at the pool, of its chain and network; required where user has {wallet}.",
    )
    password: SecretStr | None = Field(default=None, description="Password at the pool; most take anything. Unset: x.")
    password_file: FilePath | None = Field(default=None, description="File to read the password from.")
    mode: Literal["shared", "per_miner"] = Field(
        default="shared",
        description="`shared`: one connection to the pool carries all miners, more are made when room runs out; "
        "`per_miner`: one connection for each miner.",
    )
    max_connections: WholeNumber = Field(
        default=100, ge=1, le=100_000, description="Connections to the pool at once, at most."
    )
    version_rule: Literal["mask", "xor", "or"] = Field(
        default="mask",
        description="How the pool puts version bits that a miner rolled into its version: `mask` (BIP310, nearly all), `xor` or "
        "`or`. Try another only if it refuses every share of miners that roll.",
    )
    silent_s: Number = Field(
        default=120.0,
        ge=5,
        le=3600,
        description="Seconds without a job after which the pool is asked whether it lives. Without an answer, or after five "
        "times as long without a job, its miners go to the others.",
    )
    reply_s: Number = Field(
        default=30.0,
        ge=1,
        le=600,
        description="Seconds that the pool may take to answer a share or a question.",
    )
    tls_ca_file: FilePath | None = Field(
        default=None,
        description="Authorities to trust on stratum+ssl instead of the machine's, PEM; for a pool with its own.",
    )
    tls_fingerprint: CertificatePrint | None = Field(
        default=None,
        description="SHA-256 of the one certificate to take on stratum+ssl, in hex; no authority and no name is asked then.",
    )


def _kind(value: Any) -> str:
    given = value.get("kind", "node") if isinstance(value, dict) else getattr(value, "kind", "node")
    return given if isinstance(given, str) else repr(given)


AnySource: TypeAlias = Annotated[
    Annotated[NodeSource, Tag("node")] | Annotated[PoolSource, Tag("pool")], Discriminator(_kind)
]
