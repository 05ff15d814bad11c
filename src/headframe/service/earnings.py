"""What is earned, and what may be expected.

Responsible for: sums of found blocks by chain; sats a day that hashrates are expected to bring.
Not responsible for: gathering rewards, hashrates and jobs (`service.dashboard`, `service.operator`).
Read next: docs/flows/cockpit-numbers.md.

A block takes `needed` hashes on average, so a hashrate finds `hashrate * 86,400 / needed` of them a day, and each pays the
reward of the block that is mined now. For a pool the same is counted of the work that it accepted: before its fee, and
whatever its own rules make of it.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

import msgspec

from headframe.mining.units import Sats, Work
from headframe.service.earning_views import Earned, Expected, ExpectedOfSource
from headframe.service.job_choice import POOL
from headframe.store.answers import RewardSum, SourceSums

DAY_S: Final = 86_400
MOST_SATS: Final = 21_000_000 * 100_000_000
"""More than all there will ever be is no estimate: a test chain, whose difficulty follows nobody's hashrate."""
_SPENDABLE, _MATURING, _PENDING = "matured", "accepted", "pending"


class Prospect(msgspec.Struct, frozen=True):
    """What a source's work promises: the hashes that a block takes, and what it pays; None where its job does not say."""

    kind: str
    chain: str
    needed: Work | None
    reward_sats: Sats | None


def earned(sums: Iterable[RewardSum], chains: Mapping[str, str]) -> tuple[Earned, ...]:
    """By chain, in their order. `chains` by source."""
    by_chain: dict[str, dict[str, tuple[int, int, int]]] = {}
    for each in sums:
        if each.outcome not in (_SPENDABLE, _MATURING, _PENDING):
            continue
        of = by_chain.setdefault(chains.get(each.source, ""), {})
        blocks, unknown, sats = of.get(each.outcome, (0, 0, 0))
        of[each.outcome] = blocks + each.blocks, unknown + each.unknown, sats + each.sats
    return tuple(_earned(chain, of) for chain, of in sorted(by_chain.items()))


def expected(
    hashrates: Mapping[str, float], prospects: Mapping[str, Prospect], sums: Mapping[str, SourceSums]
) -> tuple[Expected, ...]:
    """By chain, in their order: of the sources with a hashrate. `sums` says what pools accepted of what went to them."""
    by_chain: dict[str, list[ExpectedOfSource]] = {}
    for name, prospect in prospects.items():
        hashrate: float | None = hashrates.get(name, 0.0)
        if not hashrate:
            continue
        if prospect.kind == POOL:
            part = accepted_part(sums.get(name))
            hashrate = None if part is None else float(hashrate * part)
        needed, reward = _of_chain(prospect, prospects)
        per_day = sats_per_day(hashrate, needed, reward) if hashrate is not None else None
        one = ExpectedOfSource(name, prospect.kind, hashrates[name] if hashrate is None else hashrate, per_day)
        by_chain.setdefault(prospect.chain, []).append(one)
    return tuple(_expected(chain, each) for chain, each in sorted(by_chain.items()))


def needed_of(prospects: Mapping[str, Prospect]) -> dict[str, Work]:
    """What a block takes now, of each source whose blocks are ours."""
    return {name: each.needed for name, each in prospects.items() if each.kind != POOL and each.needed is not None}


def sats_per_day(hashrate: float, needed: Work | None, reward_sats: Sats | None) -> Sats | None:
    """Whole sats, rounded down; None where the network's difficulty or the reward is unknown."""
    if not needed or reward_sats is None:
        return None
    sats = Fraction(hashrate) * DAY_S * reward_sats // needed
    return int(sats) if sats <= MOST_SATS else None


def accepted_part(sums: SourceSums | None) -> Fraction | None:
    """Which part of the work that was passed on to a pool it accepted, ever; None before it has answered."""
    if sums is None or sums.upstream is None:
        return None
    shares = sums.upstream.shares
    whole = sum(each.work for each in shares.values())
    return Fraction(shares["accepted"].work, whole) if whole else None


def _of_chain(prospect: Prospect, prospects: Mapping[str, Prospect]) -> tuple[Work | None, Sats | None]:
    """What our own node says of a chain is believed before what a pool's job says."""
    own = [each for each in prospects.values() if each.chain == prospect.chain and each.kind != POOL]
    told = [prospect, *own] if prospect.kind != POOL else [*own, prospect]
    needed = next((each.needed for each in told if each.needed is not None), None)
    return needed, next((each.reward_sats for each in told if each.reward_sats is not None), None)


def _earned(chain: str, of: Mapping[str, tuple[int, int, int]]) -> Earned:
    spendable, maturing, pending = (of.get(outcome, (0, 0, 0)) for outcome in (_SPENDABLE, _MATURING, _PENDING))
    return Earned(
        chain,
        spendable_sats=spendable[2],
        maturing_sats=maturing[2],
        pending_sats=pending[2],
        spendable=spendable[0],
        maturing=maturing[0],
        pending=pending[0],
        unknown=spendable[1] + maturing[1] + pending[1],
    )


def _expected(chain: str, sources: list[ExpectedOfSource]) -> Expected:
    known = [each.sats_per_day for each in sources if each.sats_per_day is not None]
    return Expected(chain, sum(known) if known else None, len(known) == len(sources), tuple(sources))
