"""How hashrate is divided, as settings.

Responsible for: the settings of the router, of its automatic policies and of where their numbers come from.
Not responsible for: the weights themselves (`config.sources`), pins (`config.workers`), deciding (`routing`).
Read next: `config.checks`.
"""

from typing import Literal

from pydantic import Field

from headframe.config.kinds import Number
from headframe.config.pool_kinds import HttpUrl, JsonPointer
from headframe.config.section import Section


class Feed(Section):
    """Where one number of a policy comes from, when our own nodes do not know it: a list of { chain, what, url, pointer }.
    Nothing is asked unless it stands here."""

    chain: Literal["btc", "bch"] = Field(description="The chain that the number is of.")
    what: Literal["price", "difficulty", "reward", "blocks"] = Field(
        description="`price` of a coin (all chains in one currency), network `difficulty`, `reward` of a block in sats, or "
        "the latest `blocks`: a list of objects with time and difficulty."
    )
    url: HttpUrl = Field(description="Asked with GET; must answer with JSON.")
    pointer: JsonPointer = Field(
        default="", description='Where in the answer it is, as a JSON pointer such as "/data/0/price".'
    )


class ExpectedValue(Section):
    """policy = "expected_value": more hashrate for the chain where a hash earns more (reward x price / difficulty)."""

    max_deviation_percent: Number = Field(
        default=10.0,
        gt=0,
        le=100,
        description="How far a chain's share of the hashrate may go from that of its weights, in percentage points.",
    )
    smoothing_s: Number = Field(
        default=1800.0, ge=60, le=604_800, description="Seconds over which the numbers are averaged."
    )


class NetworkHashrate(Section):
    """policy = "network_hashrate": more hashrate for the chain whose network has lately less than it usually has."""

    max_deviation_percent: Number = Field(
        default=10.0,
        gt=0,
        le=100,
        description="How far a chain's share of the hashrate may go from that of its weights, in percentage points.",
    )
    smoothing_s: Number = Field(
        default=1800.0, ge=60, le=604_800, description="Seconds over which the numbers are averaged."
    )
    short_s: Number = Field(
        default=21_600.0, ge=600, le=604_800, description="What lately means: so many seconds of blocks."
    )
    long_s: Number = Field(
        default=1_209_600.0, ge=3600, le=7_776_000, description="What usually means: so many seconds of blocks."
    )


class Routing(Section):
    """How the hashrate is divided among the sources. What is divided is delivered work, of all miners together."""

    policy: Literal["weights", "expected_value", "network_hashrate"] = Field(
        default="weights",
        description="`weights`: as the sources' weights say; the others go from there by what their sections say.",
    )
    horizon_s: Number = Field(
        default=3600.0,
        ge=60,
        le=604_800,
        description="Delivered work is measured over the last so many seconds; what is older is neither owed nor due. "
        "With less than an hour the split is as close sooner, at the price of more moves.",
    )
    dwell_s: Number = Field(
        default=60.0,
        ge=1,
        le=86_400,
        description="Seconds that a miner stays with a source at least, unless the source goes down.",
    )
    refresh_s: Number = Field(
        default=60.0, ge=10, le=86_400, description="Seconds between two questions to each of the feeds."
    )
    stale_s: Number = Field(
        default=900.0, ge=60, le=604_800, description="Age at which a policy's numbers are too old to be used."
    )
    hold_s: Number = Field(
        default=3600.0,
        ge=0,
        le=604_800,
        description="Seconds that a policy's last decision holds without usable numbers; then the weights alone decide.",
    )
    expected_value: ExpectedValue = ExpectedValue()
    network_hashrate: NetworkHashrate = NetworkHashrate()
    feed: tuple[Feed, ...] = Field(
        default=(),
        max_length=64,
        description="Where policies get their numbers: a list of { chain, what, url, pointer }.",
    )


POLICY_NEEDS: dict[str, tuple[str, ...]] = {
    "weights": (),
    "expected_value": ("price", "difficulty", "reward"),
    "network_hashrate": ("blocks",),
}
"""What each policy must know of each chain; an own node knows all but the price of its chain."""

MIN_RATIO_OF_SPANS = 2
"""The long span of network_hashrate is at least so many times the short one."""
