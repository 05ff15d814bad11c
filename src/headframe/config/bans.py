"""Addresses that the operator keeps out, as settings.

Responsible for: the bans of the file, what stands against them.
Not responsible for: bans for misbehaviour (`net.limits`; they are kept in memory), changing them in the cockpit
(`app.desk_bans`).
Read next: `config.checks`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from headframe.config.kinds import HostAddress, Moment
from headframe.config.problems import Problem
from headframe.config.section import Section
from headframe.net.limits import within

if TYPE_CHECKING:
    from headframe.config.model import Config

MAX_BANS = 1_000
"""A longer list is a firewall's."""


class Ban(Section):
    """An address from which no miner may connect until then: one [[ban]] each. What is over is ignored, and goes with the next
    ban or pardon in the cockpit. A network in limits.exempt is never banned."""

    address: HostAddress = Field(description="An IPv4 address, or an IPv6 one: it stands for its whole /64.")
    until: Moment = Field(description="With its time zone: 2026-10-01T12:00:00Z.")


def check(config: "Config") -> Iterator[Problem]:
    """Every contradiction found, in the order of the file."""
    seen: set[str] = set()
    for index, ban in enumerate(config.ban):
        if ban.address in seen:
            yield Problem(("ban", index, "address"), f"{ban.address} is banned already", "keep one of the two")
        seen.add(ban.address)


def doubts(config: "Config") -> Iterator[Problem]:
    """What is allowed, yet hardly meant."""
    exempt = within(config.limits.exempt)
    for index, ban in enumerate(config.ban):
        if exempt(ban.address):
            yield Problem(
                ("ban", index, "address"),
                f"{ban.address} is in a network that is never banned",
                "take its network out of limits.exempt, or this ban out",
            )
