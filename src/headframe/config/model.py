"""Every setting, as data.

Responsible for: name, type, default, bounds and help of each setting, in the shape of the TOML file.
Not responsible for: reading files and the environment (`config.load`), checks across settings (`config.checks`).
Read next: `config.kinds`, `config.load`.

The classes are frozen pydantic models. A field's description is its help in the reference; `LIVE` marks the settings
that a running server may take over without a restart. Secrets are `SecretStr` and show as stars; each has a `*_file`
sibling, which `config.load` reads into it.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from headframe.config.kinds import (
    CoinbaseTag,
    FilePath,
    HostNetworks,
    Listen,
    ListenAddress,
    ListenAddresses,
    Number,
    RpcUrls,
    WholeNumber,
    ZmqEndpoints,
)
from headframe.net.limits import LOCAL_NETWORKS

LIVE: dict[str, Any] = {"needs_restart": False}
"""Mark of a setting that can change while the server runs."""


class Section(BaseModel):
    """A part of the file: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)


class Tls(Section):
    """SV1 over TLS, on the same port as plain SV1 (the first bytes tell which it is)."""

    enabled: bool = Field(default=True, description="Whether TLS connections are taken at all.")
    certificate: FilePath | None = Field(
        default=None,
        description="Certificate chain, PEM. Taken up again when the file changes. Without it a self-signed one is made "
        "on first use in the data directory.",
    )
    key: FilePath | None = Field(default=None, description="Private key of the certificate, PEM.")


class Stratum(Section):
    """Where miners connect."""

    listen: ListenAddresses = Field(
        default=(Listen("0.0.0.0", 3333),), description="Addresses to listen on, each address:port."
    )
    extranonce2_size: WholeNumber | None = Field(
        default=None,
        ge=2,
        le=8,
        description="Bytes that each miner varies itself. Unset, it is chosen to fit the sources (8 with own nodes only); "
        "rental markets ask for at least 4, some for 7.",
    )
    tls: Tls = Tls()


class Web(Section):
    """Where people and monitoring look: health, metrics."""

    enabled: bool = Field(default=True, description="Whether the web port is opened at all.")
    listen: ListenAddress = Field(
        default=Listen("127.0.0.1", 8855),
        description="Address to listen on. It has no password yet: keep it on loopback or a private network.",
    )


class Data(Section):
    """What is kept on disk."""

    dir: FilePath = Field(
        # type: ignore[assignment]  # the default is validated into a Path
        default="~/.local/share/headframe",
        description="Directory of the journal, the database, blocks and certificates.",
    )
    sync_s: Number = Field(
        default=1.0,
        gt=0,
        le=60,
        description="Seconds between forced writes to the disk. A killed process loses nothing; a power cut loses at most "
        "this much of the shares, never a block.",
    )


class Fee(Section):
    """One fixed part of every block's reward."""

    address: str = Field(description="Who is paid.")
    basis_points: WholeNumber = Field(ge=1, le=10000, description="Hundredths of a percent: 100 is 1 %.")


class Payout(Section):
    """Who is paid when a block is found. Everything is paid by the block itself; Headframe never holds coins."""

    mode: Literal["operator", "miner"] = Field(
        default="operator",
        description="`operator`: all to payout.address. `miner`: to the address that the miner gives as its user name.",
    )
    address: str | None = Field(
        default=None, description="The operator's address; required in operator mode, not used in miner mode."
    )
    fee: tuple[Fee, ...] = Field(
        default=(),
        max_length=16,
        description="Parts of the reward that go elsewhere first: a list of { address, basis_points }.",
    )
    tag: CoinbaseTag = Field(
        default="/Headframe/", description="Text in the coinbase of our blocks, at most 60 bytes of ASCII."
    )


class Limits(Section):
    """Bounds on what any peer may take."""

    connections: WholeNumber = Field(
        default=20000, ge=1, le=1_000_000, description="Connections in all.", json_schema_extra=LIVE
    )
    connections_per_ip: WholeNumber = Field(
        default=256,
        ge=1,
        le=1_000_000,
        description="Connections per IPv4 address or IPv6 /64, loopback too.",
        json_schema_extra=LIVE,
    )
    handshake_s: Number = Field(
        default=30.0,
        ge=1,
        le=600,
        description="Seconds a new connection has until it speaks a protocol that we know (and TLS is set up).",
        json_schema_extra=LIVE,
    )
    idle_s: Number = Field(
        default=900.0,
        ge=30,
        le=86400,
        description="Seconds without a byte from a miner before it is taken for dead and closed.",
        json_schema_extra=LIVE,
    )
    line_bytes: WholeNumber = Field(
        default=8192, ge=1024, le=1_048_576, description="Longest line that is read; a longer one is dropped."
    )
    workers_per_connection: WholeNumber = Field(
        default=64, ge=1, le=10000, description="Worker names that one connection may authorise."
    )
    write_buffer_bytes: WholeNumber = Field(
        default=262_144,
        ge=16_384,
        le=67_108_864,
        description="Bytes that may wait for a slow reader before it is closed.",
    )
    ban_s: Number = Field(
        default=900.0,
        ge=1,
        le=86_400,
        description="Seconds that an address is banned after a flood of invalid requests, twice as long each time. "
        "Stale shares never count.",
        json_schema_extra=LIVE,
    )
    exempt: HostNetworks = Field(
        default=LOCAL_NETWORKS,
        max_length=256,
        description="Networks that are slowed but never banned: loopback and private ones, unless you say otherwise.",
        json_schema_extra=LIVE,
    )


class Difficulty(Section):
    """What difficulty miners get; it follows each one's hashrate."""

    start: Number = Field(
        default=1024.0,
        gt=0,
        le=1e15,
        description="Difficulty of a worker never seen before and not recognised by its user agent.",
        json_schema_extra=LIVE,
    )
    min: Number = Field(
        default=1e-6, gt=0, le=1e15, description="Lowest difficulty ever given.", json_schema_extra=LIVE
    )
    max: Number = Field(
        default=1e12, gt=0, le=1e15, description="Highest difficulty ever given.", json_schema_extra=LIVE
    )
    shares_per_minute: Number = Field(
        default=6.0,
        ge=0.1,
        le=600,
        description="Shares per minute that each miner is steered to.",
        json_schema_extra=LIVE,
    )


class Logging(Section):
    """What is logged, how and where."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is logged.", json_schema_extra=LIVE
    )
    format: Literal["auto", "json", "text"] = Field(
        default="auto",
        description="`json`: one object per line; `text`: for people; `auto`: text in a terminal, else json.",
    )
    file: FilePath | None = Field(default=None, description="Log to this file (always JSON) instead of standard error.")
    rotate_bytes: WholeNumber = Field(
        default=16_777_216, ge=65_536, le=4_294_967_296, description="Size at which the file is rotated."
    )
    keep_files: WholeNumber = Field(default=5, ge=1, le=1000, description="Rotated files that are kept.")


class Source(Section):
    """Where work comes from: one [[source]] each."""

    name: str = Field(
        min_length=1,
        max_length=32,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        description="Its name in views, metrics and the ledger; totals are kept by it, so choose once.",
    )
    kind: Literal["node"] = Field(default="node", description="`node`: a Bitcoin node of your own.")
    network: Literal["mainnet", "testnet3", "testnet4", "signet", "regtest"] = Field(
        default="mainnet", description="The network it must be on; all sources share one."
    )
    weight: WholeNumber = Field(
        default=100,
        ge=0,
        le=1_000_000,
        description="Its part of the hashrate among the sources that are up; 0 for none.",
        json_schema_extra=LIVE,
    )
    rpc: RpcUrls = Field(
        default=(), max_length=16, description="JSON-RPC addresses of the node, or of several in order of preference."
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


class Config(Section):
    """The whole configuration."""

    stratum: Stratum = Stratum()
    web: Web = Web()
    data: Data = Data()
    payout: Payout = Payout()
    limits: Limits = Limits()
    difficulty: Difficulty = Difficulty()
    logging: Logging = Logging()
    source: tuple[Source, ...] = Field(default=(), max_length=64)
