"""Configuration: every setting as data, read once, checked whole, then frozen.

Responsible for: turning a TOML file, the environment and secret files into one frozen `Config`, or one `ConfigError`
that lists everything to put right.
Not responsible for: whether the world agrees with it (`headframe check`), what is done with it (`app`).
Read next: `config.model`, `config.load`.
"""

from headframe.config.effective import effective
from headframe.config.kinds import Listen
from headframe.config.load import load, parse
from headframe.config.model import (
    Config,
    Data,
    Difficulty,
    Fee,
    Limits,
    Logging,
    Payout,
    Source,
    Stratum,
    Tls,
    Web,
)
from headframe.config.problems import ConfigError, Problem, dotted

__all__ = [
    "Config",
    "ConfigError",
    "Data",
    "Difficulty",
    "Fee",
    "Limits",
    "Listen",
    "Logging",
    "Payout",
    "Problem",
    "Source",
    "Stratum",
    "Tls",
    "Web",
    "dotted",
    "effective",
    "load",
    "parse",
]
