"""Every setting, as data.

Responsible for: name, type, default, bounds and help of each setting, in the shape of the TOML file.
Not responsible for: reading files and the environment (`config.load`), checks across settings (`config.checks`).
Read next: `config.sources`, `config.routing`, `config.workers`, `config.load`.

The classes are frozen pydantic models. A field's description is its help in the reference; `RESTART` marks the settings
that a running server does not take over: where it listens, where it writes, how much a line may hold. Secrets are `SecretStr` and show
as stars; each has a `*_file` sibling, which `config.load` reads into it.
"""

from typing import Literal

from pydantic import Field

from headframe.config.bans import MAX_BANS, Ban
from headframe.config.kinds import (
    CoinbaseTag,
    FilePath,
    HostNetworks,
    Listen,
    ListenAddress,
    ListenAddresses,
    Number,
    WholeNumber,
)
from headframe.config.routing import Routing
from headframe.config.section import RESTART, Section
from headframe.config.sources import AnySource
from headframe.config.web_kinds import Explorers, Origin
from headframe.config.workers import MAX_OF_WORKERS, FixedDifficulty, Pin
from headframe.net.limits import LOCAL_NETWORKS


class Tls(Section):
    """SV1 over TLS, on the same port as plain SV1 (the first bytes tell which it is)."""

    enabled: bool = Field(
        default=True, description="Whether TLS connections are taken at all.", json_schema_extra=RESTART
    )
    certificate: FilePath | None = Field(
        default=None,
        description="Certificate chain, PEM. Taken up again when the file changes. Without it a self-signed one is made "
        "on first use in the data directory.",
        json_schema_extra=RESTART,
    )
    key: FilePath | None = Field(
        default=None, description="Private key of the certificate, PEM.", json_schema_extra=RESTART
    )


class Stratum(Section):
    """Where miners connect."""

    listen: ListenAddresses = Field(
        default=(Listen("0.0.0.0", 3333),),
        description="Addresses to listen on, each address:port.",
        json_schema_extra=RESTART,
    )
    extranonce2_size: WholeNumber | None = Field(
        default=None,
        ge=2,
        le=8,
        description="Bytes that each miner varies itself. Unset, it is chosen to fit the sources (8 with own nodes only); "
        "rental markets ask for at least 4, some for 7. A change is for new connections: a miner keeps its own.",
    )
    when_no_work: Literal["hold", "close"] = Field(
        default="hold",
        description="What becomes of connected miners when no source has work. `hold`: they keep their last job; `close`: "
        "they are closed, so that they go to their own fallback. New ones are closed in either case.",
    )
    tls: Tls = Tls()


class WebTls(Section):
    """HTTPS on the web port. Without a certificate it speaks plain HTTP: right on loopback and behind a proxy that speaks
    HTTPS, elsewhere passwords cross the network readable."""

    certificate: FilePath | None = Field(
        default=None, description="Certificate chain, PEM. Unset: plain HTTP.", json_schema_extra=RESTART
    )
    key: FilePath | None = Field(
        default=None, description="Private key of the certificate, PEM.", json_schema_extra=RESTART
    )


class Web(Section):
    """Where people and monitoring look: the cockpit, its API, health, metrics."""

    enabled: bool = Field(default=True, description="Whether the web port is opened at all.", json_schema_extra=RESTART)
    listen: ListenAddress = Field(
        default=Listen("127.0.0.1", 8855),
        description="Address to listen on. People sign in; until the first owner exists it is loopback, whatever stands here.",
        json_schema_extra=RESTART,
    )
    privacy: Literal["nothing", "totals", "workers"] = Field(
        default="nothing",
        description="What visitors see who have not signed in. `nothing`; `totals`: a page with sums; `workers`: workers by "
        "name, too. Never addresses.",
    )
    explorer: Explorers = Field(
        default={},
        description='By chain, where blocks link to: { btc = "https://explorer.example/block/{hash}" }. Unset: no link. '
        "Headframe itself asks nothing there.",
    )
    origin: Origin | None = Field(
        default=None,
        description="The address under which people reach it when that is not web.listen, such as https://mining.example "
        "behind a proxy. Passkeys and cookies are bound to it.",
    )
    trusted_proxies: HostNetworks = Field(
        default=(),
        max_length=256,
        description="Networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Unset: nobody's.",
    )
    tls: WebTls = WebTls()


class Data(Section):
    """What is kept on disk."""

    dir: FilePath = Field(
        # type: ignore[assignment]  # the default is validated into a Path
        default="~/.local/share/headframe",
        description="Directory of the journal, the database, blocks and certificates.",
        json_schema_extra=RESTART,
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
    """Who is paid when a block of our own node is found. The block itself pays; Headframe never holds coins. Pools pay by
    their own rules, to the wallet of their [[source]]."""

    mode: Literal["operator", "miner"] = Field(
        default="operator",
        description="`operator`: all to payout.address. `miner`: to the address that the miner gives as its user name.",
    )
    address: str | None = Field(
        default=None,
        description="The operator's address; required in operator mode with a node, not used in miner mode.",
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

    connections: WholeNumber = Field(default=20000, ge=1, le=1_000_000, description="Connections in all.")
    connections_per_ip: WholeNumber = Field(
        default=256,
        ge=1,
        le=1_000_000,
        description="Connections per IPv4 address or IPv6 /64, loopback too.",
    )
    handshake_s: Number = Field(
        default=30.0,
        ge=1,
        le=600,
        description="Seconds a new connection has until it speaks a protocol that we know (and TLS is set up).",
    )
    idle_s: Number = Field(
        default=900.0,
        ge=30,
        le=86400,
        description="Seconds without a byte from a miner before it is taken for dead and closed.",
    )
    line_bytes: WholeNumber = Field(
        default=8192,
        ge=1024,
        le=1_048_576,
        description="Longest line that is read; a longer one is dropped. Holds for connections that come after.",
    )
    workers_per_connection: WholeNumber = Field(
        default=64,
        ge=1,
        le=10000,
        description="Worker names that one connection may authorise.",
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
    )
    exempt: HostNetworks = Field(
        default=LOCAL_NETWORKS,
        max_length=256,
        description="Networks that are slowed but never banned: loopback and private ones, unless you say otherwise.",
    )


class Difficulty(Section):
    """What difficulty miners get; it follows each one's hashrate."""

    start: Number = Field(
        default=1024.0,
        gt=0,
        le=1e15,
        description="Difficulty of a worker never seen before and not recognised by its user agent.",
    )
    min: Number = Field(default=1e-6, gt=0, le=1e15, description="Lowest difficulty ever given.")
    max: Number = Field(default=1e12, gt=0, le=1e15, description="Highest difficulty ever given.")
    shares_per_minute: Number = Field(
        default=6.0,
        ge=0.1,
        le=600,
        description="Shares per minute that each miner is steered to.",
    )


class Logging(Section):
    """What is logged, how and where."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is logged."
    )
    format: Literal["auto", "json", "text"] = Field(
        default="auto",
        description="`json`: one object per line; `text`: for people; `auto`: text in a terminal, else json.",
    )
    file: FilePath | None = Field(default=None, description="Log to this file (always JSON) instead of standard error.")
    rotate_bytes: WholeNumber = Field(
        default=16_777_216,
        ge=65_536,
        le=4_294_967_296,
        description="Size at which the file is rotated.",
    )
    keep_files: WholeNumber = Field(default=5, ge=1, le=1000, description="Rotated files that are kept.")


class Config(Section):
    """The whole configuration."""

    stratum: Stratum = Stratum()
    web: Web = Web()
    data: Data = Data()
    payout: Payout = Payout()
    limits: Limits = Limits()
    difficulty: Difficulty = Difficulty()
    logging: Logging = Logging()
    routing: Routing = Routing()
    source: tuple[AnySource, ...] = Field(default=(), max_length=64)
    pin: tuple[Pin, ...] = Field(default=(), max_length=MAX_OF_WORKERS)
    fixed_difficulty: tuple[FixedDifficulty, ...] = Field(default=(), max_length=MAX_OF_WORKERS)
    ban: tuple[Ban, ...] = Field(default=(), max_length=MAX_BANS)
