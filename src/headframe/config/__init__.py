"""Configuration: every setting as data, read once, checked whole, then frozen.

Responsible for: turning a TOML file, the environment and secret files into one frozen `Config`, or one `ConfigError`
that lists everything to put right.
Not responsible for: whether the world agrees with it (`headframe check`), what is done with it (`app`).
Read next: `config.model`, `config.load`.
"""

from headframe.config.bans import Ban
from headframe.config.effective import effective
from headframe.config.kinds import Listen
from headframe.config.load import MAX_FILE_BYTES, Loaded, load, load_with_doubts, parse, parse_with_doubts
from headframe.config.model import (
    Config,
    Data,
    Difficulty,
    Fee,
    Limits,
    Logging,
    Payout,
    Stratum,
    Tls,
    Web,
    WebTls,
)
from headframe.config.problems import ConfigError, Problem, dotted
from headframe.config.routing import Feed, Routing
from headframe.config.sources import AnySource, NodeSource, PoolSource, Source
from headframe.config.workers import FixedDifficulty, Pin

__all__ = [
    "MAX_FILE_BYTES",
    "AnySource",
    "Ban",
    "Config",
    "ConfigError",
    "Data",
    "Difficulty",
    "Fee",
    "Feed",
    "FixedDifficulty",
    "Limits",
    "Listen",
    "Loaded",
    "Logging",
    "NodeSource",
    "Payout",
    "Pin",
    "PoolSource",
    "Problem",
    "Routing",
    "Source",
    "Stratum",
    "Tls",
    "Web",
    "WebTls",
    "dotted",
    "effective",
    "load",
    "load_with_doubts",
    "parse",
    "parse_with_doubts",
]
